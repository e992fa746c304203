/*
 * ELF files: see elf.h.
 */
#include "elf.h"
#include "string.h"

struct elf_header_32 {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u32 entry, program_headers, section_headers;
	u32 flags;
	u16 counts[6]; /* as the last six of struct elf_header */
};

struct elf_segment_32 {
	u32 type, offset, virtual_address, physical_address, file_size, memory_size, flags, alignment;
};

static void widen_header(struct elf_header *h, const struct elf_header_32 *narrow)
{
	memcpy(h, narrow->ident, sizeof(narrow->ident));
	h->type = narrow->type;
	h->machine = narrow->machine;
	h->version = narrow->version;
	h->entry = narrow->entry;
	h->program_headers = narrow->program_headers;
	h->section_headers = narrow->section_headers;
	h->flags = narrow->flags;
	memcpy(&h->header_size, narrow->counts, sizeof(narrow->counts));
}

static bool is_elf(const u8 *bytes, u64 size)
{
	enum { CLASS = 4, DATA = 5, DATA_LOW_FIRST = 1 };
	static const u8 magic[4] = { 0x7f, 'E', 'L', 'F' };

	return size >= sizeof(struct elf_header_32) && memcmp(bytes, magic, 4) == 0 && bytes[DATA] == DATA_LOW_FIRST &&
	       (bytes[CLASS] == ELF_CLASS_32 || (bytes[CLASS] == ELF_CLASS_64 && size >= sizeof(struct elf_header)));
}

bool elf_read_header(struct elf_header *h, const u8 *bytes, u64 size)
{
	struct elf_header_32 narrow;

	if (!is_elf(bytes, size))
		return false;
	memcpy(h, bytes, sizeof(narrow));
	if (h->class == ELF_CLASS_64) {
		memcpy(h, bytes, sizeof(*h));
		return true;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	widen_header(h, &narrow);
	return true;
}

bool elf_is_program(const struct elf_header *h, u16 machine)
{
	return h->machine == machine && h->program_header_size == (h->class == ELF_CLASS_64 ?
		sizeof(struct elf_segment) : sizeof(struct elf_segment_32));
}

void elf_read_segment(struct elf_segment *s, const struct elf_header *h, const u8 *bytes)
{
	struct elf_segment_32 narrow;

	if (h->class == ELF_CLASS_64) {
		memcpy(s, bytes, sizeof(*s));
		return;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	*s = (struct elf_segment){
		.type = narrow.type,
		.flags = narrow.flags,
		.offset = narrow.offset,
		.virtual_address = narrow.virtual_address,
		.physical_address = narrow.physical_address,
		.file_size = narrow.file_size,
		.memory_size = narrow.memory_size,
		.alignment = narrow.alignment,
	};
}

struct note {
	u32 name_size, desc_size, type;
};

static u64 aligned(u32 size)
{
	return ((u64)size + 3) & ~3ull;
}

static bool is_pvh(const struct note *note, const u8 *name)
{
	enum { PHYS32_ENTRY = 18 };

	return note->type == PHYS32_ENTRY && note->name_size == 4 && memcmp(name, "Xen", 4) == 0 &&
	       (note->desc_size == 4 || note->desc_size == 8);
}

bool elf_find_pvh_entry(const u8 *notes, u64 size, u64 *entry)
{
	struct note note;

	for (u64 at = 0; size - at >= sizeof(note);) {
		u64 name, desc;

		memcpy(&note, notes + at, sizeof(note));
		name = at + sizeof(note);
		desc = name + aligned(note.name_size);
		at = desc + aligned(note.desc_size);
		if (at > size)
			return false;
		if (is_pvh(&note, notes + name)) {
			*entry = 0;
			memcpy(entry, notes + desc, note.desc_size);
			return true;
		}
	}
	return false;
}
