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
	u64 size;
	u8 head[IMAGE_HEAD];
	u64 head_size;
};

static void read_at(const struct file *file, u64 offset, void *to, u64 size)
{
	s64 n = lseek(file->fd, offset, SEEK_SET);

	if (n >= 0)
		n = read_all(file->fd, to, size);
	if (n != size)
		die(file->path, n < 0 ? n : -ENOEXEC);
}

static void open_file(struct file *file, const char *path)
{
	struct stat stat;
	int error;

	file->path = path;
	file->fd = open(path, O_RDONLY);
	error = file->fd < 0 ? file->fd : fstat(file->fd, &stat);
	if (error)
		die(path, error);
	file->size = stat.size;
	file->head_size = stat.size < IMAGE_HEAD ? stat.size : IMAGE_HEAD;
	read_at(file, 0, file->head, file->head_size);
}

static void load_segment(struct image *image, const struct file *file, const struct elf_segment *s)
{
	u8 *to = ram_at(s->physical_address, s->memory_size);

	if (!to || !arch_may_load(s->physical_address, s->physical_address + s->memory_size) ||
	    s->file_size > s->memory_size) {
		dprintf(2, "vm: %s: no RAM at guest address %#lx for %#lx bytes\n", file->path, s->physical_address,
			s->memory_size);
		exit(1);
	}
	read_at(file, s->offset, to, s->file_size);
	if (image->end < s->physical_address + s->memory_size)
		image->end = s->physical_address + s->memory_size;
}

/* ---- ELF ----------------------------------------------------------------------------------------------- */

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

static void read_segments(struct elf_segment *segments, const struct file *file, const struct elf_header *h)
{
	static u8 bytes[SEGMENTS_MAX * sizeof(struct elf_segment)];

	if (h->program_header_count > SEGMENTS_MAX)
		die(file->path, -ENOEXEC);
	read_at(file, h->program_headers, bytes, h->program_header_count * h->program_header_size);
	for (u32 i = 0; i < h->program_header_count; i++)
		elf_read_segment(&segments[i], h, bytes + i * h->program_header_size);
}

static void load_elf(struct image *image, const struct file *file, const struct elf_header *h)
{
	static struct elf_segment segments[SEGMENTS_MAX];
	u64 pvh;

	if (!elf_is_program(h, arch_elf_machine[h->class]))
		die(file->path, -ENOEXEC);
	read_segments(segments, file, h);
	image->entry = h->entry;
	for (u32 i = 0; i < h->program_header_count; i++)
		if (segments[i].type == ELF_PT_LOAD && segments[i].memory_size) {
			load_segment(image, file, &segments[i]);
			note_entry(image, h, &segments[i]);
		}
	for (u32 i = 0; i < h->program_header_count; i++)
		if (segments[i].type == ELF_PT_NOTE && read_notes(file, &segments[i], &pvh)) {
			image->entry = pvh;
			image->has_pvh_entry = true;
		}
}

/* ---- All ----------------------------------------------------------------------------------------------- */

static void load_flat(struct image *image, const struct file *file)
{
	struct elf_segment all = { .file_size = file->size, .memory_size = file->size };
	u64 size;

	if (!arch_is_flat(file->head, file->head_size, &all.physical_address, &size))
		die(file->path, -ENOEXEC);
	if (all.memory_size < size)
		all.memory_size = size;
	load_segment(image, file, &all);
	image->entry = all.physical_address;
}

void image_load(struct image *image, const char *path)
{
	static struct file file;
	struct elf_header header;

	open_file(&file, path);
	image->head = file.head;
	image->head_size = file.head_size;
	if (elf_read_header(&header, file.head, file.head_size))
		load_elf(image, &file, &header);
	else
		load_flat(image, &file);
	close(file.fd);
}

void image_load_initrd(struct image *image, const char *path)
{
	static struct file file;
	u64 top = ram[0].guest + ram[0].size;

	if (!path)
		return;
	open_file(&file, path);
	if (top < image->end + IMAGE_TAIL || file.size > top - IMAGE_TAIL - image->end)
		die("no room for the RAM disk; give the guest more memory with -m", 0);
	image->initrd_size = file.size;
	image->initrd = (top - IMAGE_TAIL - file.size) & ~4095ul;
	if (image->initrd < image->end)
		die("no room for the RAM disk: give the guest more memory with -m", 0);
	read_at(&file, 0, ram_at(image->initrd, file.size), file.size);
	close(file.fd);
}
