/*
 * Reading guest memory by the guest's own translation.
 *
 * The instruction may fault, for whatever the guest has done to its tables; section .fixup says where it goes on then.
 * Hardware: [RV-PRIV] "Hypervisor Virtual-Machine Load and Store Instructions".  Written as a number, because
 * assemblers know the name only when they are told of the H extension.
 */
	.text
	.globl riscv_hlvx_hu
riscv_hlvx_hu:				/* a0 = address, a1 = where the value goes */
1:	.insn	r 0x73, 4, 0x32, t0, a0, x3	/* hlvx.hu t0, (a0) */
	sh	t0, 0(a1)
	li	a0, 0
2:	ret				/* from a trap with a0 = its cause, which is never 0 here */

	.section .fixup, "a"
	.balign	8
	.dword	1b, 2b
