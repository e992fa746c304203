/*
 * 64-bit ELF files: see elf.h.
 */
#include "elf.h"
#include "string.h"

bool elf_is_program(const struct elf_header *h, u16 machine)
{
	static const u8 magic[4] = { 0x7f, 'E', 'L', 'F' };

	return memcmp(h->magic, magic, 4) == 0 && h->class == 2 && h->data == 1 && h->machine == machine &&
	       h->program_header_size == sizeof(struct elf_segment);
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
