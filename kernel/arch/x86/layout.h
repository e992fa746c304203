/*
 * Numbers that C and assembly must agree on: memory, segments, vectors, offsets in structures.
 *
 * machine.h asserts the offsets; kernel.ld and paging.c check the rest.
 *
 * Address map (4-level paging; the upper half is the kernel's):
 *   0x0000000000000000  user programs
 *   0xffff800000000000  all physical memory and devices below 512 GiB ("direct map"): one root entry
 *   KBASE               the kernel's image, in the top 2 GiB; KBASE + x is physical x
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

/* ---- Memory -------------------------------------------------------------------------------------------- */

#define DIRECT_BASE 0xffff800000000000
#define DIRECT_SIZE 0x0000008000000000

#define IMAGE_START 0x200000  /* physical; a multiple of 2 MiB */
#define IMAGE_LIMIT 0x1000000 /* physical; the image ends below it */

#define BOOT_STACK_SIZE 16384 /* and aligned to it, as every kernel stack */

/* Where the other CPUs start, in 16-bit mode: a page below 1 MiB that real PCs leave free. */
#define TRAMPOLINE 0x8000

/* ---- Segments ------------------------------------------------------------------------------------------ */

/*
 * Hardware: [APM2] "SYSCALL and SYSRET": SYSCALL takes the kernel's code selector and the one behind it as stack,
 * SYSRET the user's stack selector and the one behind it as 64-bit code.  So the order is fixed.
 */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA   0x1b
#define SELECTOR_USER_CODE   0x23
#define SELECTOR_TSS         0x28 /* takes two places */
#define GDT_ENTRIES          7

#define SYSRET_SELECTOR_BASE (SELECTOR_USER_DATA - 8)

#define SEGMENT_KERNEL_CODE 0x00209b0000000000 /* 64-bit, present, accessed */
#define SEGMENT_KERNEL_DATA 0x0000930000000000
#define SEGMENT_USER_DATA   0x0000f30000000000
#define SEGMENT_USER_CODE   0x0020fb0000000000

/* ---- Vectors ------------------------------------------------------------------------------------------- */

#define VECTOR_NMI           2
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_EXCEPTION_END 32
#define VECTOR_LINE          0x30 /* of interrupt line 0; a multiple of 8 for the PIC */
#define VECTOR_TIMER         0xf0
#define VECTOR_IPI           0xf1
#define VECTOR_APIC_ERROR    0xfe
#define VECTOR_SPURIOUS      0xff
#define VECTOR_COUNT         256

/* Not a vector of the hardware: marks a trap frame that SYSCALL made, and that SYSRET may leave. */
#define VECTOR_SYSCALL 0x100

#define TRAP_STUB_SIZE 16

/* ---- Offsets ------------------------------------------------------------------------------------------- */

/* In struct cpu, which starts with struct arch_cpu.  gs points there while the kernel runs. */
#define CPU_SELF         0
#define CPU_KERNEL_STACK 8
#define CPU_USER_RSP     16

/* In struct trapframe. */
#define TF_R11    48
#define TF_RCX    88
#define TF_VECTOR 120
#define TF_RIP    136
#define TF_RFLAGS 152
#define TF_SIZE   176

/* From the end of the general registers, where `vector` lies, to the words that the hardware pushed. */
#define TF_TAIL_CS  24
#define TF_TAIL_RSP 40

#endif
