/*
 * ept: geometry of Intel's extended page tables.
 * Hardware: [SDM3] "The Extended Page Table Mechanism (EPT)".
 */
#ifndef EPT_GEOMETRY_H
#define EPT_GEOMETRY_H

#define PT_FORMAT "ept"

typedef struct { uint64_t raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     4
#define PT_LEVELS_MAX     5 /* bits 5:3 of the EPT pointer say which, where the processor has both */
#define PT_ROOT_EXTRA_MIN 0
#define PT_ROOT_EXTRA_MAX 0
#define PT_IA_BITS_MAX    57
#define PT_OA_BITS        52 /* of the entry; a processor may have fewer, and the bits above its own are reserved */
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      51
#define PT_ID_BITS        16 /* VPID */

/* Hardware: [SDM3] "Information That May Be Cached": only from entries that are present. */
#define PT_EMPTY_MAY_BE_CACHED 0
/*
 * Hardware: [SDM3] "Operations that Invalidate Cached Mappings": an EPT violation drops what was cached for its
 * address, so an access that is refused by old knowledge succeeds when it is tried again.
 */
#define PT_LESS_MAY_BE_CACHED 0
/* Hardware: [SDM3] "Accessed and Dirty Flags for EPT": with bit 6 of the EPT pointer, which Flatland's model sets. */
#define PT_HW_SETS_AD 1
#define PT_BREAK_BEFORE_MAKE 0

#endif
