/*
 * System-call stubs, RISC-V: number in a7, arguments already where the kernel wants them, answer in a0.
 */
#include "sys.h"

#define X(number, name)                                                                                                \
	__asm__(".text\n"                                                                                              \
		".globl sys_" #name "\n"                                                                               \
		".type sys_" #name ", @function\n"                                                                     \
		"sys_" #name ": li a7, " #number "; ecall; ret\n"                                                      \
		".size sys_" #name ", . - sys_" #name "\n");
SYSCALL_LIST(X)
#undef X

/* syscall(number, a, ...): the arguments move down by one register. */
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	mv	a7, a0\n"
	"	mv	a0, a1\n"
	"	mv	a1, a2\n"
	"	mv	a2, a3\n"
	"	mv	a3, a4\n"
	"	mv	a4, a5\n"
	"	mv	a5, a6\n"
	"	ecall\n"
	"	ret\n"
	".size syscall, . - syscall\n");
