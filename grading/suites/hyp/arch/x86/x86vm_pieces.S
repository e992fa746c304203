/*
 * What the machines of tests run, on x86-64: x86vm.h says where.
 *
 * CALL gives its argument in rax; the result is in rax too.
 */
#define REPORT 0x100
#define HOLE   0x30000000
#define DATA   0x300000
#define APIC   0xfee00000
#define RAM_END 0x400000

.macro PIECE name
	.balign	16
	.globl	piece_\name
piece_\name:
.endm

.macro CALL argument
	mov	\argument, %rax
	vmmcall
.endm

	.section .rodata
	.balign	16
	.globl	x86vm_code
x86vm_code:

/* A stub for each vector, 16 bytes apart, with an error code on the stack in any case. */
	.globl	x86vm_stubs
x86vm_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector != 8 && vector != 17 && (vector < 10 || vector > 14)
	push	$0
	.endif
	push	$vector
	jmp	report
	.set	vector, vector + 1
	.endr

report:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	mov	32(%rsp), %rbx
	mov	40(%rsp), %rcx
	mov	48(%rsp), %rdx
	mov	$REPORT, %eax
	vmmcall
	add	%rax, 48(%rsp)
	cmp	$0x30, %rbx
	jb	1f
	mov	$APIC, %ecx
	movl	$0, 0xb0(%rcx)
1:	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

/* For ever: CPUID of the result. */
PIECE cpuid
	xor	%eax, %eax
1:	xor	%ecx, %ecx
	cpuid
	vmmcall
	jmp	1b

PIECE prefixes
	mov	$0, %eax
	.byte	0x66, 0xf2, 0x2e, 0x0f, 0xa2	/* CPUID */
	mov	$0xc0000080, %ecx
	.byte	0x3e, 0x48, 0x0f, 0x32		/* RDMSR */
	.byte	0x66, 0x0f, 0x01, 0xd9		/* VMMCALL */
	CALL	$7

PIECE rdmsr
1:	vmmcall
	mov	%eax, %ecx
	rdmsr
	jmp	1b

/* ecx, then eax; edx is 0. */
PIECE wrmsr
1:	mov	$1, %eax
	vmmcall
	mov	%eax, %esi
	mov	$2, %eax
	vmmcall
	mov	%esi, %ecx
	mov	%eax, %edi
	xor	%edx, %edx
	wrmsr
	rdmsr
	vmmcall
	jmp	1b

PIECE ports
	mov	$0x1234, %edx
	mov	$0xaabbccdd, %eax
	out	%al, %dx
	out	%ax, %dx
	out	%eax, $0x99
	mov	$0xffffffff11111111, %rax
	in	%dx, %al
	CALL	%rax
	mov	$0xffffffff11111111, %rax
	in	%dx, %ax
	CALL	%rax
	mov	$0xffffffff11111111, %rax
	in	%dx, %eax
	CALL	%rax
	mov	$0x55, %al
	out	%al, $0x21
	xor	%eax, %eax
	in	$0x21, %al
	CALL	%rax

PIECE strings
	mov	$0x777, %edx
	mov	$DATA, %esi
	mov	$3, %ecx
	cld
	rep	outsb
	CALL	%rsi
	mov	$DATA + 0xffe, %edi
	mov	$2, %ecx
	rep	insl
	CALL	%rdi
	xor	%ecx, %ecx
	rep	outsb
	mov	$DATA + 8, %edi
	std
	insw
	cld
	CALL	%rdi
	mov	$0x6000000000000000, %rdi
	insb
	CALL	$1

PIECE mmio
	mov	$HOLE, %ebx
	mov	$0x1122334455667788, %rax
	mov	%rax, (%rbx)
	mov	%ax, 2(%rbx)
	movb	$0x5a, 5(%rbx)
	movl	$-2, 8(%rbx,%rcx)
	mov	$-1, %rax
	mov	0x10(%rbx), %eax
	CALL	%rax
	mov	$-1, %rax
	movzbl	0x14(%rbx), %eax
	CALL	%rax
	movslq	0x18(%rbx), %rax
	CALL	%rax
	xor	%eax, %eax
	mov	0x19(%rbx), %ah
	CALL	%rax
	orl	$0x100, 0x20(%rbx)
	pushfq
	pop	%rax
	CALL	%rax
	mov	$0x30, %rcx
	xchg	%ecx, 0x24(%rbx)
	CALL	%rcx
	mov	$9, %edx
	add	0x28(%rbx), %rdx
	CALL	%rdx
	btsl	$4, 0x30(%rbx)
	setc	%al
	movzbl	%al, %eax
	vmmcall
	lea	0x40(%rbx), %rdi
	mov	$2, %ecx
	mov	$0x0102030405060708, %rax
	cld
	rep	stosq
	CALL	%rdi
	movaps	(%rbx), %xmm0

/* From the device to memory, from memory to the device, from device to device. */
PIECE movs
	cld
	mov	$HOLE, %esi
	mov	$DATA, %edi
	movsl
	mov	$DATA, %esi
	mov	$HOLE + 0x100, %edi
	mov	$2, %ecx
	rep	movsb
	mov	$HOLE + 8, %esi
	mov	$HOLE + 0x18, %edi
	movsw
	CALL	%rdi

/* Over the end of a page: both the device's; from RAM to nothing, and from nothing to RAM. */
PIECE split
	mov	$HOLE, %ebx
	mov	$0x1122334455667788, %rax
	mov	%rax, 0xffd(%rbx)
	mov	0xffe(%rbx), %ecx
	CALL	%rcx
	orl	$0x01000080, 0xfff(%rbx)
	pushfq
	pop	%rax
	CALL	%rax
	mov	$RAM_END, %ebx
	mov	-3(%rbx), %rcx
	CALL	%rcx
	movl	$0x44332211, -1(%rbx)
	mov	$HOLE + 0x10000, %ebx
	mov	-2(%rbx), %ecx
	CALL	%rcx
	movw	$0x6655, -1(%rbx)
	mov	$HOLE + 0xffe, %esi
	mov	$HOLE + 0x1fff, %edi
	cld
	cmpsl
	setb	%al
	movzbl	%al, %eax
	vmmcall
	mov	$HOLE + 0xfff, %esi
	mov	$HOLE + 0x2fff, %edi
	movsw
	CALL	%rdi

/* What compares, until it differs, or does not; and into the accumulator. */
PIECE compare
	cld
	mov	$HOLE, %edi
	mov	$4, %ecx
	mov	$5, %eax
	repne	scasb
	CALL	%rcx
	CALL	%rdi
	mov	$DATA, %edi
	mov	$HOLE, %esi
	mov	$3, %ecx
	repe	cmpsl
	seta	%al
	movzbl	%al, %eax
	vmmcall
	CALL	%rcx
	mov	$2, %ecx
	mov	$HOLE, %esi
	mov	$HOLE + 0x100, %edi
	repe	cmpsb
	CALL	%rdi
	mov	$-1, %rax
	mov	$HOLE + 3, %esi
	std
	lodsl
	cld
	vmmcall
	CALL	%rsi

/* The local APIC's timer, once, while halted; then without a halt. */
PIECE timer
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	movl	$0xb, 0x3e0(%rbx)
	movl	$0x40, 0x320(%rbx)
	movl	$1000000, 0x380(%rbx)
	sti
	hlt
	CALL	$1
	movl	$1000000, 0x380(%rbx)
1:	cmpl	$0, 0x390(%rbx)
	jne	1b
	nop
	nop
	CALL	$2
	movl	$0x20041, 0x320(%rbx)
	movl	$2000000, 0x380(%rbx)
1:	hlt
	jmp	1b

/* An interrupt of the PICs, in a loop with interrupts off first. */
PIECE interrupt
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	movl	$0x700, 0x350(%rbx)
	mov	$0x11, %al
	out	%al, $0x20
	mov	$0x28, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	mov	$1, %al
	out	%al, $0x21
	mov	$0, %al
	out	%al, $0x21
	CALL	$1
	sti
	nop
	CALL	$2
	mov	$0x20, %al
	out	%al, $0x20
	nop
	CALL	$3
	hlt
	mov	$0x20, %al
	out	%al, $0x20
	CALL	$4

/* To itself, by all ways. */
PIECE ipi
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	movl	$0x40050, 0x300(%rbx)
	CALL	$1
	sti
	nop
	cli
	CALL	$2
	movl	$0, 0x310(%rbx)
	movl	$0x51, 0x300(%rbx)
	sti
	nop
	CALL	$3
	mov	$0x1b, %ecx
	rdmsr
	or	$0x400, %eax
	wrmsr
	mov	$0x83f, %ecx
	mov	$0x52, %eax
	xor	%edx, %edx
	cli
	wrmsr
	mov	$0x80a, %ecx
	mov	$0x822, %ecx
	rdmsr
	CALL	%rax

/* INIT and two SIPIs for APIC 1; then waits until it has counted. */
PIECE start_ap
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	movl	$0x01000000, 0x310(%rbx)
	movl	$0x4500, 0x300(%rbx)
	movl	$0x4608, 0x300(%rbx)
	movl	$0x4608, 0x300(%rbx)
1:	pause
	cmpl	$0, 0x9000
	je	1b
	CALL	$1

/* Each is #UD or #GP; the report's result skips it. */
PIECE privileged
	vmrun	%rax
	vmload	%rax
	vmsave	%rax
	stgi
	clgi
	skinit	%eax
	invlpga	%rax, %ecx
	monitor	%rax, %ecx, %edx
	mwait	%eax, %ecx
	xsetbv
	rdtscp
	rsm
	wbinvd
	invd
	CALL	$1

/* Of the counter that the result names; then rdx is the upper half. */
PIECE rdpmc
1:	mov	$1, %eax
	vmmcall
	mov	%eax, %ecx
	mov	$-1, %rax
	mov	$-1, %rdx
	rdpmc
	vmmcall
	jmp	1b

PIECE debug
	mov	$0x123456789abc, %rax
	mov	%rax, %dr0
	mov	%dr0, %rcx
	CALL	%rcx
	mov	%dr6, %rax
	CALL	%rax
	mov	$DATA, %eax
	mov	%rax, %dr1
	mov	$0x00d0040c, %eax
	mov	%rax, %dr7
	movl	$1, DATA
	xor	%eax, %eax
	mov	%rax, %dr7
	pushfq
	orl	$0x100, (%rsp)
	popfq
	cpuid
	pushfq
	andl	$~0x100, (%rsp)
	popfq
	CALL	$3

PIECE nmi
	CALL	$1
	nop
	CALL	$2
	jmp	piece_nmi

/* Reads where the result says. */
PIECE touch
1:	vmmcall
	mov	(%rax), %rcx
	jmp	1b

/* CR4 gets what the result has set or cleared more; then rdx is CR4. */
PIECE cr4
1:	mov	$1, %eax
	vmmcall
	mov	%cr4, %rdx
	xor	%rdx, %rax
	mov	%rax, %cr4
	mov	%cr4, %rdx
	mov	$2, %eax
	vmmcall
	jmp	1b

PIECE cr8
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	mov	$6, %eax
	mov	%rax, %cr8
	sti
	movl	$0x40050, 0x300(%rbx)
	nop
	mov	0x80(%rbx), %eax
	CALL	%rax
	mov	$4, %eax
	mov	%rax, %cr8
	nop
	mov	%cr8, %rax
	CALL	%rax
	mov	0xa0(%rbx), %eax
	CALL	%rax

PIECE cr8_closed
	mov	$APIC, %ebx
	movl	$0x1ff, 0xf0(%rbx)
	movl	$0x40050, 0x300(%rbx)
	xor	%eax, %eax
	mov	%rax, %cr8
	CALL	$1
	sti
	nop
	CALL	$2

PIECE shutdown
	lidt	zero_table(%rip)
	ud2
	.balign	8
zero_table:
	.quad	0, 0

/* In 32 bits. */
	.code32
PIECE legacy
	xor	%eax, %eax
	xor	%ecx, %ecx
	.byte	0x66, 0x0f, 0xa2		/* CPUID */
	vmmcall
	mov	HOLE, %eax
	vmmcall
	.code64

	.balign	16
	.globl	x86vm_code_end
x86vm_code_end:

/* At 0x8000, with cs = 0x800. */
	.code16
	.globl	x86vm_trampoline
x86vm_trampoline:
	mov	%cs, %ax
	shl	$4, %ax
	xor	%bx, %bx
	mov	%bx, %ds
	mov	%ax, 0x9008
	lock incl 0x9000
1:	hlt
	jmp	1b
	.globl	x86vm_trampoline_end
x86vm_trampoline_end:
	.code64

	.section .note.GNU-stack, "", @progbits
