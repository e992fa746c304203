/*
 * What a PVH loader hands over.
 * Hardware: [PVH] "x86/HVM direct boot ABI".  All addresses are physical.
 */
#ifndef VM_PVH_H
#define VM_PVH_H

#include "abi/types.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start {
	u32 magic, version, flags, module_count;
	u64 modules, command_line, rsdp, memory_map;
	u32 memory_count, reserved;
};

struct pvh_module {
	u64 start, size, command_line, reserved;
};

struct pvh_memory {
	u64 start, size;
	u32 type, reserved; /* MEMORY_: layout.h */
};

#endif
