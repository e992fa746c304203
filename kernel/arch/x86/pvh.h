/*
 * What a PVH loader hands over.
 * Hardware: [PVH] "x86/HVM direct boot ABI" and the header start_info.h that it names.  All addresses are physical.
 */
#ifndef X86_PVH_H
#define X86_PVH_H

#include "abi/types.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
	u32 magic;
	u32 version; /* 0: the memory map is missing */
	u32 flags;
	u32 module_count;
	u64 modules;      /* struct pvh_module[] */
	u64 command_line; /* a string; 0: none */
	u64 rsdp;         /* ACPI's first table; 0: none */
	u64 memory_map;   /* struct pvh_memory[] */
	u32 memory_count;
	u32 reserved;
};
_Static_assert(sizeof(struct pvh_start_info) == 56, "[PVH] hvm_start_info");

struct pvh_module {
	u64 start, size;
	u64 command_line;
	u64 reserved;
};

enum { PVH_MEMORY_RAM = 1 };

struct pvh_memory {
	u64 start, size;
	u32 type; /* as in ACPI's address ranges */
	u32 reserved;
};

#endif
