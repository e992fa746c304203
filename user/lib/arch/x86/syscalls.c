/*
 * System-call stubs, x86-64: number in rax, arguments as in a C call but for the fourth, which is in r10 because the
 * instruction itself overwrites rcx; answer in rax.
 */
#include "sys.h"

#define X(number, name)                                                                                                \
	__asm__(".text\n"                                                                                              \
		".globl sys_" #name "\n"                                                                               \
		".type sys_" #name ", @function\n"                                                                     \
		"sys_" #name ": movl $" #number ", %eax; movq %rcx, %r10; syscall; ret\n"                              \
		".size sys_" #name ", . - sys_" #name "\n");
SYSCALL_LIST(X)
#undef X

/* syscall(number, a, ...): the arguments move down by one register; the last one comes from the stack. */
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	movq	%rdx, %rsi\n"
	"	movq	%rcx, %rdx\n"
	"	movq	%r8, %r10\n"
	"	movq	%r9, %r8\n"
	"	movq	8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"
	".size syscall, . - syscall\n");
