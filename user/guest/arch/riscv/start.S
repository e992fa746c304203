/*
 * Where a guest's harts begin, and where they come when they trap.
 * Hardware: [SBI] "Hart State Management Extension".
 */
#define STACK_SIZE 16384

	.section .text.entry, "ax"
	.globl _start
_start:
	lla	t0, trap_entry
	csrw	stvec, t0
	lla	sp, first_stack + STACK_SIZE
	lla	t0, boot_hart
	sd	a0, 0(t0)
	lla	t0, device_tree
	sd	a1, 0(t0)
	call	machine_init
	call	guest_main
	tail	done

	/* a0 = hart, a1 = top of its stack, as cpu_start() asked the firmware. */
	.globl start_other
start_other:
	lla	t0, trap_entry
	csrw	stvec, t0
	mv	sp, a1
	tail	run_other

/* All registers that a C function may change, on the stack of whoever was interrupted. */
#define FRAME 128
	.text
	.balign	4
trap_entry:
	addi	sp, sp, -FRAME
	sd	ra, 0(sp)
	sd	t0, 8(sp)
	sd	t1, 16(sp)
	sd	t2, 24(sp)
	sd	a0, 32(sp)
	sd	a1, 40(sp)
	sd	a2, 48(sp)
	sd	a3, 56(sp)
	sd	a4, 64(sp)
	sd	a5, 72(sp)
	sd	a6, 80(sp)
	sd	a7, 88(sp)
	sd	t3, 96(sp)
	sd	t4, 104(sp)
	sd	t5, 112(sp)
	sd	t6, 120(sp)
	call	trap
	ld	ra, 0(sp)
	ld	t0, 8(sp)
	ld	t1, 16(sp)
	ld	t2, 24(sp)
	ld	a0, 32(sp)
	ld	a1, 40(sp)
	ld	a2, 48(sp)
	ld	a3, 56(sp)
	ld	a4, 64(sp)
	ld	a5, 72(sp)
	ld	a6, 80(sp)
	ld	a7, 88(sp)
	ld	t3, 96(sp)
	ld	t4, 104(sp)
	ld	t5, 112(sp)
	ld	t6, 120(sp)
	addi	sp, sp, FRAME
	sret

	.bss
	.balign	16
first_stack:
	.space	STACK_SIZE

	.section .note.GNU-stack, "", @progbits
