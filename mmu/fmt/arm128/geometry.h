/*
 * arm128: geometry of Arm's second stage with descriptors of 128 bits (FEAT_D128).
 *
 * An entry has 16 bytes, so a page holds 256 and a level decodes 8 bits: leaves are 4 KiB, 1 MiB, 256 MiB and 64 GiB.
 * Arm's level 3 is level 0 here, its 0 is 3, its -1 is 4.
 * Hardware: [ARM-ARM] "Translation using the VMSAv9-128 translation system".
 */
#ifndef ARM128_GEOMETRY_H
#define ARM128_GEOMETRY_H

#define PT_FORMAT "arm128"

typedef struct { unsigned __int128 raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     8
#define PT_LEVELS_MIN     3
#define PT_LEVELS_MAX     5
#define PT_ROOT_EXTRA_MIN 0 /* tables are not concatenated in this system */
#define PT_ROOT_EXTRA_MAX 0
#define PT_IA_BITS_MAX    52 /* hardware: 56, with a root of 16 entries above these */
#define PT_OA_BITS        56
#define PT_LEAF_LEVEL_MAX 3
#define PT_MMIO_BITS      64
#define PT_ID_BITS        16

/* As in fmt/arm64. */
#define PT_EMPTY_MAY_BE_CACHED 0
#define PT_LESS_MAY_BE_CACHED  1
#define PT_BREAK_BEFORE_MAKE   1
/* Hardware: [ARM-ARM] "Hardware management of the dirty state": VTCR_EL2.HA and HD are 1. */
#define PT_HW_SETS_AD 1

#endif
