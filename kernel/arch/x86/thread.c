/*
 * Threads' registers: at their first switch, at their start in user mode, and floating point.
 *
 * Floating point is lazy.  CR0.TS is set but while the FP registers are the running thread's; then arch_cpu.fp_on is
 * true.  Hardware: [SDM3] "Using the TS Flag to Control the Saving of the x87 FPU and SSE State".
 */
#include "arch/arch.h"
#include "x86.h"

#define CR0_FP_OFF (CR0_PG | CR0_WP | CR0_NE | CR0_TS | CR0_MP | CR0_PE)

/* ---- The first switch ---------------------------------------------------------------------------------- */

/* What arch_context_switch() pops.  Behind it the stack is 16-aligned for the call in x86_first_switch. */
struct switch_frame {
	u64 r15, r14, r13, r12, rbx, rbp;
	u64 return_address;
	u64 end;
};

void arch_context_init(struct arch_context *ctx, void *stack_top, void (*entry)(void *), void *arg)
{
	struct switch_frame *frame = (struct switch_frame *)stack_top - 1;

	*frame = (struct switch_frame){
		.r12 = (u64)entry,
		.r13 = (u64)arg,
		.return_address = (u64)x86_first_switch,
	};
	ctx->rsp = (u64)frame;
}

/* ---- Floating point ------------------------------------------------------------------------------------ */

/* Hardware: [SDM1] "FXSAVE Area": the control words, as FNINIT and a reset leave them. */
enum { FXSAVE_FCW = 0, FXSAVE_MXCSR = 24, FCW_DEFAULT = 0x37f, MXCSR_DEFAULT = 0x1f80 };

void arch_fp_init(struct arch_fp *fp)
{
	u16 fcw = FCW_DEFAULT;
	u32 mxcsr = MXCSR_DEFAULT;

	memset(fp, 0, sizeof(*fp));
	memcpy(fp->fxsave + FXSAVE_FCW, &fcw, sizeof(fcw));
	memcpy(fp->fxsave + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

void arch_fp_save_and_disable(struct arch_fp *fp)
{
	struct arch_cpu *arch = &this_cpu()->arch;

	if (!arch->fp_on)
		return;
	__asm__ volatile("fxsaveq %0" : "=m"(*fp));
	cr0_write(CR0_FP_OFF);
	arch->fp_on = false;
}

void arch_fp_restore(const struct arch_fp *fp)
{
	__asm__ volatile("clts");
	__asm__ volatile("fxrstorq %0" : : "m"(*fp));
	this_cpu()->arch.fp_on = true;
}

/* ---- User mode ----------------------------------------------------------------------------------------- */

static bool is_canonical(u64 address)
{
	return (s64)(address << 16) >> 16 == (s64)address;
}

/*
 * Hardware: [SDM2] "IRET": a rip that is not canonical faults in the kernel.  The program gets its fault at the first
 * page behind its addresses instead.
 */
void arch_user_frame(struct trapframe *tf, u64 pc, u64 sp, u64 arg)
{
	*tf = (struct trapframe){
		.rdi = arg,
		.rip = is_canonical(pc) ? pc : USER_END,
		.cs = SELECTOR_USER_CODE,
		.rflags = RFLAGS_FIXED | RFLAGS_IF,
		.rsp = sp,
		.ss = SELECTOR_USER_DATA,
	};
}

void arch_user_return(struct trapframe *tf)
{
	arch_irq_disable();
	x86_user_return(tf);
}

void arch_set_kernel_stack(void *stack_top)
{
	struct arch_cpu *arch = &this_cpu()->arch;

	arch->kernel_stack = (u64)stack_top;
	arch->tss.rsp[0] = (u64)stack_top;
}
