/*
 * toy: geometry.  pte.h has the machine's manual.
 */
#ifndef TOY_GEOMETRY_H
#define TOY_GEOMETRY_H

#define PT_FORMAT "toy"

typedef struct { uint64_t raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     3
#define PT_LEVELS_MAX     3
#define PT_ROOT_EXTRA_MIN 2 /* four pages, always */
#define PT_ROOT_EXTRA_MAX 2
#define PT_IA_BITS_MAX    41
#define PT_OA_BITS        44
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      40
#define PT_ID_BITS        2

#define PT_EMPTY_MAY_BE_CACHED 1
#define PT_LESS_MAY_BE_CACHED  1
#define PT_HW_SETS_AD          1
#define PT_BREAK_BEFORE_MAKE   0

#endif
