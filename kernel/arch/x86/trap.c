/*
 * Traps: from the vector to the functions of arch.h.
 *
 * Exceptions are vectors 0 to 31; all above are interrupts, which interrupt.c serves.
 */
#include "arch/arch.h"
#include "interrupt.h"
#include "paging.h"
#include "processor.h"
#include "protection.h"
#include "sched.h"
#include "x86.h"

/* Hardware: [SDM3] "Exception and Interrupt Reference". */
enum {
	EXCEPTION_DIVIDE = 0,
	EXCEPTION_DEBUG = 1,
	EXCEPTION_BREAKPOINT = 3,
	EXCEPTION_OVERFLOW = 4,
	EXCEPTION_BOUND = 5,
	EXCEPTION_INVALID_OPCODE = 6,
	EXCEPTION_NO_FP = 7,
	EXCEPTION_STACK = 12,
	EXCEPTION_PROTECTION = 13,
	EXCEPTION_PAGE_FAULT = 14,
	EXCEPTION_X87 = 16,
	EXCEPTION_ALIGNMENT = 17,
	EXCEPTION_SSE = 19,
};

static const char *exception_name(u64 vector)
{
	static const char *const name[VECTOR_EXCEPTION_END] = {
		[0] = "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow",
		"bound range exceeded", "invalid opcode", "floating point in the kernel", "double fault",
		[10] = "invalid TSS", "segment not present", "stack fault", "general protection fault", "page fault",
		[16] = "x87 error", "misaligned access", "machine check", "SSE error",
	};

	return vector < VECTOR_EXCEPTION_END && name[vector] ? name[vector] : "unknown exception";
}

/* ---- Page faults --------------------------------------------------------------------------------------- */

/* Hardware: [SDM3] "Interrupt 14: Page-Fault Exception (#PF)": bits of the error code. */
enum { FAULT_WRITE = 1 << 1, FAULT_RESERVED = 1 << 3, FAULT_FETCH = 1 << 4 };

static enum access fault_access(u64 error)
{
	if (error & FAULT_FETCH)
		return ACCESS_EXEC;
	return error & FAULT_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

/* A table entry with reserved bits is our own mistake. */
static void user_page_fault(struct trapframe *tf)
{
	u64 address = cr2_read();

	if (tf->error & FAULT_RESERVED)
		trap_kernel_fatal("reserved bits in a user table", tf->rip, address, 0);
	trap_user_fault(tf, hva(address), fault_access(tf->error));
}

/* Stands for every address that is not canonical: the processor does not say which one it was. */
#define NOT_CANONICAL 0x0000800000000000ull

/* An error code means a segment selector, or an INT with a gate that is not for users. */
static void user_protection_fault(struct trapframe *tf)
{
	bool privileged = tf->error != 0;

	if (!privileged) {
		arch_irq_enable();
		privileged = protection_is_privileged(hva(tf->rip));
		arch_irq_disable();
	}
	if (privileged)
		trap_user_other(tf, TRAP_ILLEGAL, tf->rip);
	else
		trap_user_fault(tf, hva(NOT_CANONICAL), ACCESS_READ);
}

/* ---- From user mode ------------------------------------------------------------------------------------ */

static void user_exception(struct trapframe *tf)
{
	switch (tf->vector) {
	case EXCEPTION_PAGE_FAULT: user_page_fault(tf); break;
	case EXCEPTION_NO_FP: arch_fp_restore(&this_cpu()->thread->fp); break;
	case EXCEPTION_DEBUG:
	case EXCEPTION_BREAKPOINT: trap_user_other(tf, TRAP_BREAKPOINT, tf->rip); break;
	case EXCEPTION_INVALID_OPCODE: trap_user_other(tf, TRAP_ILLEGAL, tf->rip); break;
	case EXCEPTION_STACK:
	case EXCEPTION_PROTECTION: user_protection_fault(tf); break;
	case EXCEPTION_ALIGNMENT: trap_user_other(tf, TRAP_MISALIGNED, tf->rip); break;
	case EXCEPTION_DIVIDE:
	case EXCEPTION_OVERFLOW:
	case EXCEPTION_BOUND:
	case EXCEPTION_X87:
	case EXCEPTION_SSE: trap_user_other(tf, TRAP_ARITHMETIC, tf->vector); break;
	default: trap_user_other(tf, TRAP_OTHER, tf->vector); break;
	}
}

/* Hardware: [SDM3] "Access Rights": a program's RFLAGS.AC would switch SMAP off; SYSCALL clears it, a trap does not. */
static void forbid_user_access(void)
{
	if (processor_control.cr4 & CR4_SMAP)
		__asm__ volatile("clac" : : : "memory");
}

void x86_trap_user(struct trapframe *tf)
{
	if (tf->vector != VECTOR_SYSCALL)
		forbid_user_access();
	if (tf->vector == VECTOR_SYSCALL)
		trap_syscall(tf);
	else if (tf->vector < VECTOR_EXCEPTION_END)
		user_exception(tf);
	else
		interrupt_serve(tf->vector);
	trap_return_check(tf);
	if (tf->rip >= USER_END)
		tf->vector = 0; /* not by SYSRET */
}

/* ---- From the kernel ----------------------------------------------------------------------------------- */

static void __attribute__((noreturn)) kernel_exception(struct trapframe *tf)
{
	u64 address = tf->vector == EXCEPTION_PAGE_FAULT ? cr2_read() : tf->error;

	arch_trapframe_print(tf);
	trap_kernel_fatal(exception_name(tf->vector), tf->rip, address, tf->rbp);
}

void x86_trap_kernel(struct trapframe *tf)
{
	if (tf->vector < VECTOR_EXCEPTION_END)
		kernel_exception(tf);
	interrupt_serve(tf->vector);
	trap_kernel_preempt();
}

/*
 * NMI, double fault, machine check: on their own stacks, in the middle of anything, maybe with the lock held that
 * printing takes.  So an NMI is only counted, and reported by the next ordinary interrupt.
 */
void x86_trap_anywhere(struct trapframe *tf)
{
	if (tf->vector != VECTOR_NMI)
		kernel_exception(tf);
	this_cpu()->arch.nmi_count++;
}

/* ---- Registers ----------------------------------------------------------------------------------------- */

void arch_trapframe_print(const struct trapframe *tf)
{
	printk("  vector %lu  error %lx  cr2 %016lx  cr3 %lx\n", tf->vector, tf->error, cr2_read(), cr3_read());
	printk("  rip %04lx:%016lx  rsp %04lx:%016lx  rflags %lx\n", tf->cs, tf->rip, tf->ss, tf->rsp, tf->rflags);
	printk("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", tf->rax, tf->rbx, tf->rcx, tf->rdx);
	printk("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", tf->rsi, tf->rdi, tf->rbp, tf->r8);
	printk("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", tf->r9, tf->r10, tf->r11, tf->r12);
	printk("  r13 %016lx  r14 %016lx  r15 %016lx\n", tf->r13, tf->r14, tf->r15);
}

/* ---- Calling chains ------------------------------------------------------------------------------------ */

/*
 * A function stores its caller's frame pointer at rbp and its return address behind it.  This one's own frame is gone
 * when it returns, so the answer is the caller's.
 */
u64 arch_frame_pointer(void)
{
	return *(u64 *)__builtin_frame_address(0);
}

/* Callers have higher addresses: anything else is the end, or a damaged stack. */
bool arch_frame_next(u64 *fp, u64 *pc, u64 stack_start, u64 stack_end)
{
	const u64 *frame = (const u64 *)*fp;

	if (*fp < stack_start || *fp + 16 > stack_end || *fp % 8 != 0)
		return false;
	*fp = frame[0] > *fp ? frame[0] : 0;
	*pc = frame[1];
	return *pc != 0;
}
