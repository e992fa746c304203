/*
 * arm64: geometry of Arm's second stage, with pages of 4 KiB and descriptors of 64 bits.
 *
 * Arm numbers levels from the root down and begins anywhere: its level 3 is level 0 here, its 0 is 3.
 * Hardware: [ARM-ARM] "Concatenated translation tables", "VMSAv8-64 translation using the 4KB granule".
 */
#ifndef ARM64_GEOMETRY_H
#define ARM64_GEOMETRY_H

#define PT_FORMAT "arm64"

typedef struct { uint64_t raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     2 /* VTCR_EL2.SL0 says where the walk begins */
#define PT_LEVELS_MAX     4
#define PT_ROOT_EXTRA_MIN 0
#define PT_ROOT_EXTRA_MAX 4 /* up to 16 tables side by side, aligned to their sum */
#define PT_IA_BITS_MAX    48 /* so four levels go with one root page alone; VTCR_EL2.T0SZ */
#define PT_OA_BITS        48 /* 52 with FEAT_LPA2, which moves bits; not used */
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      52
#define PT_ID_BITS        16 /* VMID; 8 without FEAT_VMID16 */

/* Hardware: [ARM-ARM] "Translation table walk": an entry whose use faults is not cached, AF = 0 included. */
#define PT_EMPTY_MAY_BE_CACHED 0
/* But one that allows less than it could is, and goes on refusing. */
#define PT_LESS_MAY_BE_CACHED 1
/*
 * FEAT_HAFDBS is an option, so accessed and dirty are software's affair: VTCR_EL2.HA and HD are 0, and hardware faults.
 * Hardware: [ARM-ARM] "The Access flag", "Hardware management of the dirty state".
 */
#define PT_HW_SETS_AD 0
/* Hardware: [ARM-ARM] "Using break-before-make when updating translation table entries". */
#define PT_BREAK_BEFORE_MAKE 1

#endif
