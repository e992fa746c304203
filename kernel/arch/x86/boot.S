/*
 * The first instructions of the boot CPU: from 32-bit mode without paging to 64-bit mode in the high half.
 *
 * A PVH loader has put the image at its physical addresses, cleared what the file does not hold, and enters pvh_entry
 * with flat 32-bit segments, interrupts off, and ebx = physical address of its struct hvm_start_info.
 * Hardware: [PVH] "x86/HVM direct boot ABI"; [SDM3] "Initializing IA-32e Mode".
 *
 * The first tables are data, filled in by the linker.  They map the first 4 GiB where they are and at DIRECT_BASE, and
 * 16 MiB at KBASE.  paging.c later completes the upper half; other CPUs start with boot_root, for its identity map.
 */
#include "layout.h"
#include "paging.h"
#include "regs.h"

#define PHYSICAL(symbol) ((symbol) - KBASE)

#define NOTE_PHYS32_ENTRY 18	/* [PVH] XEN_ELFNOTE_PHYS32_ENTRY */

	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, NOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.quad	PHYSICAL(pvh_entry)

	.text
	.code32
	.globl	pvh_entry
pvh_entry:
	cld
	mov	%ebx, %edi			/* x86_boot's argument; nothing below changes it */
	lgdtl	PHYSICAL(boot_gdt_pointer)

	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PHYSICAL(boot_root), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$(CR0_PG | CR0_WP | CR0_PE), %eax
	mov	%eax, %cr0
	ljmpl	$SELECTOR_KERNEL_CODE, $PHYSICAL(boot_low64)

	.code64
boot_low64:
	movabs	$boot_high64, %rax
	jmp	*%rax
boot_high64:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$boot_stack_end, %rsp
	xor	%ebp, %ebp			/* backtraces end here */
	mov	%edi, %edi			/* the upper half of rdi is undefined so far */
	call	x86_boot
	ud2

/* ---- Read-only data ------------------------------------------------------------------------------------ */

	.section .rodata
	.balign	8
boot_gdt:
	.quad	0, SEGMENT_KERNEL_CODE
boot_gdt_pointer:
	.word	. - boot_gdt - 1
	.long	PHYSICAL(boot_gdt)

/* ---- The first tables ---------------------------------------------------------------------------------- */

#define INDEX(address, level) (((address) >> (12 + 9 * (level))) & 511)
#define TABLE(symbol)         (PHYSICAL(symbol) + PTE_P + PTE_W)
#define LEAF_2M               (PTE_P + PTE_W + PTE_PS)
#define SIZE_2M               0x200000

	.data
	.balign	4096
	.globl	boot_root
boot_root:
	.quad	TABLE(boot_direct_2)
	.fill	INDEX(DIRECT_BASE, 3) - 1, 8, 0
	.quad	TABLE(boot_direct_2)
	.fill	INDEX(KBASE, 3) - INDEX(DIRECT_BASE, 3) - 1, 8, 0
	.quad	TABLE(boot_image_2)

	.balign	4096
	.globl	boot_direct_2
boot_direct_2:
	.quad	TABLE(boot_direct_1), TABLE(boot_direct_1 + 4096)
	.quad	TABLE(boot_direct_1 + 2 * 4096), TABLE(boot_direct_1 + 3 * 4096)

	.balign	4096
	.globl	boot_direct_1
boot_direct_1:
	.set	address, 0
	.rept	4 * 512
	.quad	address + LEAF_2M
	.set	address, address + SIZE_2M
	.endr

	.balign	4096
boot_image_2:
	.fill	INDEX(KBASE, 2), 8, 0
	.quad	TABLE(boot_image_1)

	.balign	4096
	.globl	boot_image_1
boot_image_1:
	.fill	INDEX(KBASE, 1), 8, 0
	.set	address, 0
	.rept	IMAGE_LIMIT / SIZE_2M
	.quad	address + LEAF_2M
	.set	address, address + SIZE_2M
	.endr
	.balign	4096

	.bss
	.balign	BOOT_STACK_SIZE
boot_stack:
	.space	BOOT_STACK_SIZE
	.globl	boot_stack_end
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
