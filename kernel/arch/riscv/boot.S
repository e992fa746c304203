/*
 * The first instructions of every hart, in physical addresses with translation off.
 *
 * OpenSBI enters the boot hart at _start with a0 = hart id and a1 = the device tree (physical).  It enters the others
 * at _start_secondary when arch_cpu_start() asked for them; riscv_starting is their struct cpu (virtual).
 * Hardware: [SBI] "Hart State Management Extension"; docs/platform.md, "RISC-V: virt", for why a hart that is being
 * started may come to _start as well, and why its a1 says nothing.
 *
 * The step into the high half: stvec gets the virtual address of the next instruction, then satp is written; the
 * fetch of the following (physical) address faults and the trap lands where stvec points.
 */
#include "machine.h"

#define BOOT_STACK_SIZE 16384

	.section .text.entry, "ax"
	.globl _start
_start:
	csrw	sie, zero
	csrw	sscratch, zero

	/* The first to come boots; any other is one that was started. */
	lla	t0, boot_taken
	li	t1, 1
	amoswap.w.aq t1, t1, (t0)
	bnez	t1, _start_secondary
	mv	s0, a0
	mv	s1, a1

	/* Clear bss, by physical address. */
	lla	t0, bss_start
	lla	t1, bss_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	/* s2 = virtual minus physical address of the image. */
	lla	t0, kernel_start
	lla	t1, kernel_start_virtual
	ld	t1, 0(t1)
	sub	s2, t1, t0

	/* Direct map: 128 entries of 1 GiB from root entry 256 on. */
	lla	a0, boot_root
	li	t0, 256 * 8
	add	t0, a0, t0
	li	t1, 0xef		/* D A G X W R V, X for nobody: boot.c takes it away */
	li	t2, 128
	li	t3, (1 << 30) >> 2
1:	sd	t1, 0(t0)
	add	t1, t1, t3
	addi	t0, t0, 8
	addi	t2, t2, -1
	bnez	t2, 1b

	/* The image: 2 MiB leaves for 16 MiB from KBASE's 2 MiB page on. */
	lla	t0, boot_level1
	lla	t1, kernel_start
	srli	t1, t1, 21
	slli	t1, t1, 19		/* PPN of its 2 MiB page, in place */
	ori	t1, t1, 0xef
	lla	t2, kernel_start
	add	t2, t2, s2		/* virtual */
	srli	t3, t2, 21
	andi	t3, t3, 511		/* index in level 1 */
	slli	t3, t3, 3
	add	t0, t0, t3
	li	t4, 8
	li	t5, 1 << 19
1:	sd	t1, 0(t0)
	add	t1, t1, t5
	addi	t0, t0, 8
	addi	t4, t4, -1
	bnez	t4, 1b

	lla	t0, boot_level1
	srli	t0, t0, 2
	ori	t0, t0, 1
	srli	t3, t2, 30
	andi	t3, t3, 511
	slli	t3, t3, 3
	add	t3, a0, t3
	sd	t0, 0(t3)

	mv	a1, s2
	jal	enter_high_half

	/* From here on in virtual addresses. */
	lla	sp, boot_stack + BOOT_STACK_SIZE
	mv	a0, s0
	mv	a1, s1
	mv	a2, s2
	li	fp, 0
	call	riscv_boot
1:	wfi
	j	1b

	.globl _start_secondary
_start_secondary:
	csrw	sie, zero
	csrw	sscratch, zero
	lla	t0, riscv_starting
	ld	s1, 0(t0)
	lla	t0, riscv_image_offset
	ld	a1, 0(t0)
	lla	t0, riscv_root_physical
	ld	a0, 0(t0)
	jal	enter_high_half
	mv	tp, s1
	ld	sp, CPU_KERNEL_STACK(tp)
	li	fp, 0
	mv	a0, tp
	call	riscv_secondary
1:	wfi
	j	1b

/* a0 = physical root, a1 = virtual minus physical; returns to the virtual alias of ra. */
	.balign 4
enter_high_half:
	add	ra, ra, a1
	lla	t0, 1f
	add	t0, t0, a1
	csrw	stvec, t0
	srli	a0, a0, 12
	li	t0, 8 << 60		/* Sv39 */
	or	a0, a0, t0
	sfence.vma
	csrw	satp, a0
	nop
	.balign 4
1:	sfence.vma
	ret

	.section .rodata
	.balign 8
kernel_start_virtual:
	.dword	kernel_start

	/* In data: bss is cleared after the first of them is set. */
	.section .data
	.balign 8
boot_taken:
	.dword	0
	.globl riscv_starting
riscv_starting:
	.dword	0

	.section .bss
	.balign 4096
	.globl boot_root
boot_root:
	.space	4096
	.globl boot_level1
boot_level1:
	.space	4096
	.globl boot_stack
boot_stack:
	.space	BOOT_STACK_SIZE
