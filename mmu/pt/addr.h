/*
 * Address types: gva, gpa, hva, hpa.
 *
 * Each is a one-field struct, so that passing one for another is a compile error and costs nothing at run time.
 *
 *   gva  guest virtual      what a guest's program uses
 *   gpa  guest physical     what a guest's own tables yield, and what stage 2 translates
 *   hva  host virtual       a user address of this kernel: the monitor's memory
 *   hpa  host physical      what a table entry holds
 *
 * All are byte addresses.  Kernel pointers are C pointers and have no type here.
 */
#ifndef MMU_PT_ADDR_H
#define MMU_PT_ADDR_H

#include <stdint.h>

typedef struct { uint64_t raw; } gva_t;
typedef struct { uint64_t raw; } gpa_t;
typedef struct { uint64_t raw; } hva_t;
typedef struct { uint64_t raw; } hpa_t;

#define ADDR_FUNCTIONS(kind)                                                                       \
	static inline kind##_t kind(uint64_t raw)                                                  \
	{                                                                                          \
		return (kind##_t){ raw };                                                          \
	}                                                                                          \
	static inline kind##_t kind##_add(kind##_t a, uint64_t bytes)                              \
	{                                                                                          \
		return (kind##_t){ a.raw + bytes };                                                \
	}

ADDR_FUNCTIONS(gva)
ADDR_FUNCTIONS(gpa)
ADDR_FUNCTIONS(hva)
ADDR_FUNCTIONS(hpa)

#undef ADDR_FUNCTIONS

/* Half-open: [start, end). */
struct hva_range {
	hva_t start, end;
};

struct hpa_range {
	hpa_t start, end;
};

#endif
