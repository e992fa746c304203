/*
 * Where a guest's CPUs begin, and where they come when they trap.  The first begins in 32-bit protected mode, ebx =
 * PVH start info; the others in real mode, in the copy of `trampoline` at TRAMPOLINE.
 * Hardware: [PVH] "x86/HVM direct boot ABI"; [APM2] "Processor Initialization and Long Mode Activation".
 */
#include "layout.h"

#define STACK_SIZE 16384

	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, 18
	.asciz	"Xen"
	.quad	pvh_entry

	.text
	.code32
	.globl	pvh_entry
pvh_entry:
	cld
	mov	%ebx, start_info
	mov	$first_stack + STACK_SIZE, %esp
	mov	$first_main, %edi
	jmp	enter_long_mode

/* esp = the stack, edi = where to go then. */
enter_long_mode:
	lgdtl	gdt_pointer
	mov	%cr4, %eax
	or	$0x220, %eax		/* PAE, OSFXSR */
	mov	%eax, %cr4
	mov	$boot_root, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER: LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80010001, %eax	/* PG, WP, PE */
	mov	%eax, %cr0
	ljmpl	$CODE64, $long_mode
	.code64
long_mode:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%edi, %edi
	jmp	*%rdi

first_main:
	call	machine_init
	call	guest_main
	call	done

other_main_entry:
	mov	next_cpu, %edi
	call	run_other
	ud2

/* ---- Other CPUs ---------------------------------------------------------------------------------------- */

	.code16
	.globl	trampoline, trampoline_end
trampoline:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	TRAMPOLINE + trampoline_gdt_pointer - trampoline
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmpl	$CODE32, $other_protected
trampoline_gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
trampoline_end:

	.code32
other_protected:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	next_stack, %esp
	mov	$other_main_entry, %edi
	jmp	enter_long_mode

/* ---- Traps: a stub for each vector pushes an error code, if the processor does not, and the number --------- */

	.code64
	.globl	trap_stubs
	.balign	16
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

trap_common:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	72(%rsp), %rdi		/* vector */
	mov	88(%rsp), %rsi		/* rip */
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	cld
	call	trap
	mov	%rbp, %rsp
	pop	%rbp
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

/* ---- Tables -------------------------------------------------------------------------------------------- */

	.section .rodata
	.balign	8
gdt:
	.quad	0, 0x00af9b000000ffff, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt

/* The first 4 GiB where they are, in 2 MiB pages. */
	.data
	.balign	4096
	.globl	boot_root
boot_root:
	.quad	boot_level2 + 3
	.fill	511, 8, 0
	.globl	boot_level2
boot_level2:
	.quad	boot_level1 + 3, boot_level1 + 0x1003, boot_level1 + 0x2003, boot_level1 + 0x3003
	.fill	508, 8, 0
boot_level1:
	.set	address, 0
	.rept	4 * 512
	.quad	address + 0x83
	.set	address, address + 0x200000
	.endr

	.globl	start_info, next_stack, next_cpu
start_info:
	.quad	0
next_stack:
	.quad	0
next_cpu:
	.quad	0

	.bss
	.balign	16
first_stack:
	.space	STACK_SIZE

	.section .note.GNU-stack, "", @progbits
