/*
 * The first instructions of every CPU but the boot CPU.
 *
 * A start-up interrupt makes it run in 16-bit mode at the page TRAMPOLINE, to which ap.c has copied the code between
 * trampoline_start and trampoline_end.  It goes to 64-bit mode in one step, finds its stack and its struct cpu by its
 * APIC id, so that any number of CPUs may be here at once, and calls x86_secondary(cpu).
 * Hardware: [SDM3] "Multiple-Processor (MP) Initialization", "Initializing IA-32e Mode".
 */
#include "layout.h"
#include "regs.h"

#define PHYSICAL(symbol) ((symbol) - KBASE)

/* Offset in the page, for addresses relative to cs = ds = TRAMPOLINE >> 4; and the linear address. */
#define OFFSET(label) ((label) - trampoline_start)
#define LINEAR(label) (TRAMPOLINE + OFFSET(label))

	.section .rodata
	.balign	16
	.globl	trampoline_start, trampoline_end, trampoline_efer
	.code16
trampoline_start:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	OFFSET(gdt_pointer)

	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PHYSICAL(boot_root), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	OFFSET(trampoline_efer), %eax
	xor	%edx, %edx
	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_PE), %eax	/* and with caches on: CD and NW are clear */
	mov	%eax, %cr0
	ljmpl	$SELECTOR_KERNEL_CODE, $LINEAR(trampoline_64)

	.code64
trampoline_64:
	movabs	$ap_entry, %rax
	jmp	*%rax

	.balign	8
gdt:
	.quad	0, SEGMENT_KERNEL_CODE
gdt_pointer:
	.word	. - gdt - 1
	.long	LINEAR(gdt)
	/* With NXE, where the processor has it: the kernel's tables use NX.  ap.c fills it in, in the copy. */
	.balign	4
trampoline_efer:
	.long	0
trampoline_end:

	.text
ap_entry:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$1, %eax				/* CPUID_FEATURES */
	cpuid
	shr	$24, %ebx				/* CPUID_1_EBX_APIC_ID_SHIFT */
	shl	$4, %ebx				/* sizeof(struct ap_start) */
	mov	ap_start(%rbx), %rdi			/* .cpu */
	mov	ap_start + 8(%rbx), %rsp		/* .stack_top */
	xor	%ebp, %ebp				/* backtraces end here */
	call	x86_secondary
	ud2

	.section .note.GNU-stack, "", @progbits
