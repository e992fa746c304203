/*
 * Which registers a monitor may give to a vCPU.  Hardware checks a part of it, QEMU less (docs/platform.md), so all is
 * checked here.  Pure functions.
 */
#ifndef X86_STATE_CHECK_H
#define X86_STATE_CHECK_H

#include "kernel.h"
#include "abi/vm.h"
#include "cpuid.h"
#include "insn.h"

/* With this EFER, and this kind of code segment. */
bool x86_core_is_valid(const struct vm_x86_core *core, u64 efer, enum insn_mode mode);
bool x86_system_is_valid(const struct vm_x86_system *system, const struct cpuid_table *table, u32 gpa_bits);
bool x86_msrs_are_valid(const struct vm_x86_msr *msr);
bool x86_debug_is_valid(const struct vm_x86_debug *debug);
bool x86_events_are_valid(const struct vm_x86_events *events);

static inline bool x86_is_canonical(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

/* A value of the PAT: eight of the memory types 0, 1, 4 to 7. */
static inline bool x86_is_pat(u64 value)
{
	u64 above_1 = value >> 1 & 0x0101010101010101, is_4_to_7 = value >> 2 & 0x0101010101010101;

	return !(value & 0xf8f8f8f8f8f8f8f8) && !(above_1 & ~is_4_to_7);
}

#endif
