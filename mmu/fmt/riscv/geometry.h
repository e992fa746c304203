/*
 * riscv: geometry of G-stage trees, Sv39x4, Sv48x4 and Sv57x4.
 * Hardware: [RV-PRIV] "Guest Physical Address Translation".
 */
#ifndef RISCV_GEOMETRY_H
#define RISCV_GEOMETRY_H

#define PT_FORMAT "riscv"

typedef struct { uint64_t raw; } pte_t;
PT_INPUT_ADDRESS(gpa)

#define PT_PAGE_SHIFT     12
#define PT_INDEX_BITS     9
#define PT_LEVELS_MIN     3 /* Sv39x4; hgatp.MODE says which */
#define PT_LEVELS_MAX     5 /* Sv57x4 */
#define PT_ROOT_EXTRA_MIN 2 /* "x4": the root has four pages, aligned to 16 KiB */
#define PT_ROOT_EXTRA_MAX 2
#define PT_IA_BITS_MAX    59
#define PT_OA_BITS        56
#define PT_LEAF_LEVEL_MAX 4 /* any level may have leaves */
#define PT_MMIO_BITS      54
#define PT_ID_BITS        14 /* VMIDMAX; a hart may have fewer */

/* Hardware: [RV-PRIV] "Supervisor Memory-Management Fence Instruction": entries with V = 0 may be cached. */
#define PT_EMPTY_MAY_BE_CACHED 1
/* The same section: until the fence the old rights may be used, and then the access faults. */
#define PT_LESS_MAY_BE_CACHED 1
/* Hardware: [RV-PRIV] "Addressing and Memory Protection": unless it has Svade, which faults instead. */
#define PT_HW_SETS_AD 1
/* The fence instruction again: until it, a leaf and a table in its place may both be used, each as it is. */
#define PT_BREAK_BEFORE_MAKE 0

#endif
