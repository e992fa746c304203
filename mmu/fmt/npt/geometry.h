/*
 * npt: geometry of AMD's nested page tables.
 * Hardware: [APM2] "Nested Paging" and "4-Level Paging", "5-Level Paging" (of "Long-Mode Page Translation").
 */
#ifndef NPT_GEOMETRY_H
#define NPT_GEOMETRY_H

#define PT_FORMAT "npt"

typedef struct { uint64_t raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     4
#define PT_LEVELS_MAX     5 /* not a choice: the nested walk uses the paging mode that the host has at VMRUN */
#define PT_ROOT_EXTRA_MIN 0
#define PT_ROOT_EXTRA_MAX 0
#define PT_IA_BITS_MAX    57
#define PT_OA_BITS        52 /* of the entry; a processor may have fewer, and the bits above its own are reserved */
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      52
#define PT_ID_BITS        15 /* the VMCB has 32 bits; CPUID Fn8000_000A says how many IDs there are */

/* Hardware: [APM2] "TLB Management": what is not present is not cached. */
#define PT_EMPTY_MAY_BE_CACHED 0
/*
 * Hardware: [APM2] "Use of Cached Entries When Reporting a Page Fault Exception": before a fault is reported, what was
 * cached is dropped and the tables are walked again, so that rights can be added without a flush.
 */
#define PT_LESS_MAY_BE_CACHED 0
#define PT_HW_SETS_AD 1
#define PT_BREAK_BEFORE_MAKE 0

#endif
