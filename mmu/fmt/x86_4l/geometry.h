/*
 * x86_4l: geometry of x86-64's own tables, with four levels.
 * Hardware: [APM2] "4-Level Paging"; [SDM3] "4-Level Paging and 5-Level Paging".
 */
#ifndef X86_4L_GEOMETRY_H
#define X86_4L_GEOMETRY_H

#define PT_FORMAT "x86_4l"

typedef struct { uint64_t raw; } pte_t;
/* An address of the upper half has bits 63:48 set; a tree sees bits 47:0 alone. */
PT_INPUT_ADDRESS(hva)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     4
#define PT_LEVELS_MAX     4
#define PT_ROOT_EXTRA_MIN 0
#define PT_ROOT_EXTRA_MAX 0
#define PT_IA_BITS_MAX    48
#define PT_OA_BITS        52
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      52
#define PT_ID_BITS        12 /* PCID */

/* As in fmt/npt: the nested tables took their rules from here. */
#define PT_EMPTY_MAY_BE_CACHED 0
#define PT_LESS_MAY_BE_CACHED  0
#define PT_HW_SETS_AD          1
#define PT_BREAK_BEFORE_MAKE   0

#endif
