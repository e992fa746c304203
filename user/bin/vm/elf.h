/*
 * ELF files: what a loader of kernels needs.  Headers of 32-bit files are read as 64-bit ones.
 * Hardware: [ELF] "ELF Header", "Program Header", "Note Section".
 */
#ifndef VM_ELF_H
#define VM_ELF_H

#include "abi/types.h"

enum { ELF_PT_LOAD = 1, ELF_PT_NOTE = 4, ELF_MACHINE_386 = 3, ELF_MACHINE_X86 = 62, ELF_MACHINE_RISCV = 243,
	ELF_MACHINE_NONE = 0xffff };
enum { ELF_CLASS_32 = 1, ELF_CLASS_64 };

struct elf_header {
	u8 magic[4], class, data, unused[10];
	u16 type, machine;
	u32 version;
	u64 entry, program_headers, section_headers;
	u32 flags;
	u16 header_size, program_header_size, program_header_count;
	u16 section_header_size, section_header_count, section_names;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, virtual_address, physical_address, file_size, memory_size, alignment;
};

/* Read the header of a little-endian file from the file's first bytes.  False: this is none, or too short for one. */
bool elf_read_header(struct elf_header *header, const u8 *bytes, u64 size);

/* For this machine, with program headers as they are here? */
bool elf_is_program(const struct elf_header *header, u16 machine);

/* Read a program header: header->program_header_size bytes, of a program. */
void elf_read_segment(struct elf_segment *segment, const struct elf_header *header, const u8 *bytes);

/* Notes of a segment: does one name a PVH entry?  Then *entry is it.  [PVH] "XEN_ELFNOTE_PHYS32_ENTRY". */
bool elf_find_pvh_entry(const u8 *notes, u64 size, u64 *entry);

#endif
