/*
 * From files to guest memory: see image.h.
 *
 * Fresh memory is zero, so what a segment has beyond its file is not written.
 */
#include "image.h"
#include "elf.h"
#include "io.h"
#include "ram.h"
#include "stdio.h"
#include "stdlib.h"

#define SEGMENTS_MAX 32
#define NOTES_MAX    4096

struct file {
	const char *path;
	int fd;
};

static void read_at(const struct file *file, u64 offset, void *to, u64 size)
{
	s64 n = lseek(file->fd, offset, SEEK_SET);

	if (n >= 0)
		n = read_all(file->fd, to, size);
	if (n != size)
		die(file->path, n < 0 ? n : -ENOEXEC);
}

static void load_segment(struct image *image, const struct file *file, const struct elf_segment *s)
{
	u8 *to = ram_at(s->physical_address, s->memory_size);

	if (!to || s->physical_address < arch_load_start || s->file_size > s->memory_size) {
		dprintf(2, "vm: %s: no RAM at guest address %#lx for %#lx bytes\n", file->path, s->physical_address,
			s->memory_size);
		exit(1);
	}
	read_at(file, s->offset, to, s->file_size);
	if (image->end < s->physical_address + s->memory_size)
		image->end = s->physical_address + s->memory_size;
}

/* The entry is a virtual address if it is one of this segment's. */
static void note_entry(struct image *image, const struct elf_header *h, const struct elf_segment *s)
{
	if (h->entry - s->virtual_address < s->memory_size)
		image->entry = h->entry - s->virtual_address + s->physical_address;
}

static bool read_notes(const struct file *file, const struct elf_segment *s, u64 *entry)
{
	static u8 notes[NOTES_MAX];

	if (s->file_size > NOTES_MAX)
		return false;
	read_at(file, s->offset, notes, s->file_size);
	return elf_find_pvh_entry(notes, s->file_size, entry);
}

void image_load(struct image *image, const char *path)
{
	static struct elf_segment segments[SEGMENTS_MAX];
	struct file file = { path, open(path, O_RDONLY) };
	struct elf_header header;
	u64 pvh;

	if (file.fd < 0)
		die(path, file.fd);
	read_at(&file, 0, &header, sizeof(header));
	if (!elf_is_program(&header, arch_elf_machine) || header.program_header_count > SEGMENTS_MAX)
		die(path, -ENOEXEC);
	read_at(&file, header.program_headers, segments, header.program_header_count * sizeof(segments[0]));
	image->entry = header.entry;
	for (u32 i = 0; i < header.program_header_count; i++)
		if (segments[i].type == ELF_PT_LOAD && segments[i].memory_size) {
			load_segment(image, &file, &segments[i]);
			note_entry(image, &header, &segments[i]);
		}
	for (u32 i = 0; i < header.program_header_count; i++)
		if (segments[i].type == ELF_PT_NOTE && read_notes(&file, &segments[i], &pvh))
			image->entry = pvh;
	close(file.fd);
}

void image_load_initrd(struct image *image, const char *path)
{
	struct file file = { path, -1 };
	struct stat stat;
	u64 top = ram[0].guest + ram[0].size;
	int error;

	if (!path)
		return;
	file.fd = open(path, O_RDONLY);
	error = file.fd < 0 ? file.fd : fstat(file.fd, &stat);
	if (error)
		die(path, error);
	if (top < image->end + IMAGE_TAIL || stat.size > top - IMAGE_TAIL - image->end)
		die("no room for the RAM disk; give the guest more memory with -m", 0);
	image->initrd_size = stat.size;
	image->initrd = (top - IMAGE_TAIL - stat.size) & ~4095ul;
	if (image->initrd < image->end)
		die("no room for the RAM disk: give the guest more memory with -m", 0);
	read_at(&file, 0, ram_at(image->initrd, stat.size), stat.size);
	close(file.fd);
}
