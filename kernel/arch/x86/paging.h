/*
 * The bits of a table entry, and the kernel's own part of the tables.
 * Hardware: [SDM3] "4-Level Paging and 5-Level Paging"; [APM2] "Long-Mode Page Translation".
 *
 *   63  62        52 51                      12 11    9 8 7  6 5 4   3   2   1   0
 *   [NX|  software  |          address         |softw. |G|PS|D|A|PCD|PWT|U/S|R/W|P]
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#define PTE_P   0x001 /* present: without it the hardware looks at no other bit */
#define PTE_W   0x002
#define PTE_U   0x004 /* user */
#define PTE_PWT 0x008 /* PWT and PCD: uncached, for device registers */
#define PTE_PCD 0x010
#define PTE_A   0x020
#define PTE_D   0x040
#define PTE_PS  0x080 /* above level 0: a leaf */
#define PTE_G   0x100 /* global: stays in the TLB when the root changes */

#define PTE_ADDRESS 0x000ffffffffff000

#ifndef __ASSEMBLER__

#include "boot_info.h"

#define PTE_NX (1ull << 63)

/* PTE_NX, or 0 on a processor that does not know it.  Set by cpu_init(). */
extern u64 pte_nx;

/* Every table has this many entries. */
#define PT_ENTRIES 512

/* The end of what boot.S maps; nothing beyond is readable before paging_init(). */
#define BOOT_MAPPED_END (4ull << 30)

/*
 * Build the kernel's half of the tables - the direct map, and the image with its final rights - and use them here.
 * Takes RAM for them, adds it to info->reserved.  Once, on the boot CPU, after cpu_init().
 */
void paging_init(struct boot_info *info);

/* The physical address of something in the kernel's image. */
hpa_t paging_image_hpa(const void *p);

#endif
#endif
