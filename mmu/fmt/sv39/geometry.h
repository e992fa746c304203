/*
 * sv39: geometry of RISC-V's first stage, in the mode with three levels.
 * Hardware: [RV-PRIV] "Sv39: Page-Based 39-bit Virtual-Memory System".
 */
#ifndef SV39_GEOMETRY_H
#define SV39_GEOMETRY_H

#define PT_FORMAT "sv39"

typedef struct { uint64_t raw; } pte_t;
/* An address of the upper half has bits 63:39 set; a tree sees bits 38:0 alone. */
PT_INPUT_ADDRESS(hva)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     3
#define PT_LEVELS_MAX     3
#define PT_ROOT_EXTRA_MIN 0
#define PT_ROOT_EXTRA_MAX 0
#define PT_IA_BITS_MAX    39
#define PT_OA_BITS        56
#define PT_LEAF_LEVEL_MAX 2
#define PT_MMIO_BITS      54
#define PT_ID_BITS        16 /* ASID */

/* As in fmt/riscv: the second stage took its rules from here. */
#define PT_EMPTY_MAY_BE_CACHED 1
#define PT_LESS_MAY_BE_CACHED  1
#define PT_HW_SETS_AD          1
#define PT_BREAK_BEFORE_MAKE   0

#endif
