/*
 * 64-bit ELF files: what a loader of kernels needs.
 * Hardware: [ELF] "ELF Header", "Program Header", "Note Section".
 */
#ifndef VM_ELF_H
#define VM_ELF_H

#include "abi/types.h"

enum { ELF_PT_LOAD = 1, ELF_PT_NOTE = 4, ELF_MACHINE_X86 = 62, ELF_MACHINE_RISCV = 243 };

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

/* 64-bit, little-endian, for this machine, with headers as they are here. */
bool elf_is_program(const struct elf_header *header, u16 machine);

/* Notes of a segment: does one name a PVH entry?  Then *entry is it.  [PVH] "XEN_ELFNOTE_PHYS32_ENTRY". */
bool elf_find_pvh_entry(const u8 *notes, u64 size, u64 *entry);

#endif
