/*
 * The guest's own translation, by software: from a guest-virtual address to a guest-physical one.
 *
 * All that a guest can be in: no paging, two levels, PAE, four levels.  CR4.LA57 is refused (cpuid.c).
 *
 * Does not set accessed and dirty bits: entry_at says where they are.  Knows no vCPU: the tables are read through a
 * function, so that tests can make them by hand.
 *
 * Hardware: [APM2] "Long-Mode Page Translation", "Page-Translation-Table Entry Fields"; [SDM3] "Page-Fault Exceptions".
 */
#ifndef X86_WALK_H
#define X86_WALK_H

#include "kernel.h"
#include "arch/arch.h"

/* Read the entry of 4 or 8 bytes at this address, its upper bits 0.  False: there is no memory. */
typedef bool walk_read(void *arg, gpa_t at, u32 size, u64 *entry);

/* The registers that say how to translate, and the memory that tables are read from. */
struct walk_state {
	u64 cr0, cr3, cr4, efer, rflags;
	u32 cpl;
	u32 gpa_bits;
	bool has_gib; /* leaves of 1 GiB exist */
	walk_read *read;
	void *arg; /* of read() */
};

enum walk_outcome {
	WALK_DONE,        /* gpa */
	WALK_FAULT,       /* #PF with `error` */
	WALK_NO_MEMORY,   /* the entry at `entry_at` cannot be read */
	WALK_NOT_CANONICAL,
};

struct walk {
	gpa_t gpa;
	u32 error;
	bool has_entry;
	gpa_t entry_at; /* of the last entry that was looked at */
	u64 entry;
};

/* Bits of a page fault's error code. */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

enum walk_outcome walk(const struct walk_state *state, u64 at, enum access access, struct walk *result);

#endif
