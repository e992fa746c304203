/*
 * Rights of a leaf, for those who have no format: mmu/mmu.h and who calls it.
 */
#ifndef MMU_PT_PROT_H
#define MMU_PT_PROT_H

#include <stdint.h>

/* Rights of a leaf, and two properties that travel with them. */
typedef uint32_t pt_prot_t;
enum {
	PT_READ = 1,
	PT_WRITE = 2,
	PT_EXEC = 4,
	PT_USER = 8,    /* stage 1 only: for user mode too */
	PT_DEVICE = 16, /* not cacheable, for devices */
	PT_LOGGED = 32, /* would be writable, but writes are being logged; never together with PT_WRITE */
};
#define PT_RWX (PT_READ | PT_WRITE | PT_EXEC)

/* What a leaf has seen. */
enum { PT_ACCESSED = 1, PT_DIRTY = 2 };

#endif
