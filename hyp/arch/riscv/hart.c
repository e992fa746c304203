/*
 * What a vCPU waits for, and how it begins: interrupts, the timer, starting.
 *
 * Where a pending interrupt is:
 *
 *   software   in hvip, and only there, once the vCPU has it: the guest clears VSSIP by itself, and no other copy may
 *              bring it back.  Others cannot write the hart's hvip, so they leave it in `posted`, ask the vCPU to look,
 *              and arch_vcpu_inject() moves it.  While not loaded, `pending` is what hvip was
 *   external   the level of the machine's line; hvip has a copy
 *   timer      with Sstc the hart compares by itself, while it is loaded.  Without: hvip has what we have compared
 *
 * The guest's copies in vsip are never read: QEMU shows too little there (docs/platform.md, "Guests on RISC-V").
 *
 * Ordering: has_news is set before vcpu_ask_locked() sets the request, and arch_vcpu_inject() reads it after the
 * requests were taken.  So either it sees the news, or the request keeps the vCPU from entering.
 *
 * Locking: vm->irq_lock for `posted`, `start`, `is_suspended` and the lines; the rest is the vCPU's thread's.
 */
#include "hyp_riscv.h"
#include "hyp/vm.h"
#include "riscv.h"
#include "sched.h"

/* sip and sie have a bit one lower than hvip, because there the supervisor's own stand below. */
#define HIP_OF_SIP(sip) ((sip) << 1)
#define SIP_OF_HIP(hip) ((hip) >> 1)

/* ---- The timer ----------------------------------------------------------------------------------------- */

static u64 timer_get(const struct arch_vcpu *arch)
{
	return riscv_guest_sstc ? csr_read(vstimecmp) : arch->vs.timecmp;
}

void riscv_timer_set(struct arch_vcpu *arch, u64 ticks)
{
	if (riscv_guest_sstc)
		csr_write(vstimecmp, ticks);
	else
		arch->vs.timecmp = ticks;
}

/* Hardware: [RV-PRIV] "Supervisor Timer (stimecmp) Register": numbers without a sign. */
static bool timer_is_due(const struct arch_vcpu *arch)
{
	return csr_read(time) + arch->timedelta >= timer_get(arch);
}

/* 0 if it is due.  The same difference lies ahead in our time. */
static u64 timer_deadline(const struct arch_vcpu *arch)
{
	u64 now = csr_read(time), guest_now = now + arch->timedelta, at = timer_get(arch);

	if (guest_now >= at)
		return 0;
	if (now + (at - guest_now) < now)
		return NO_DEADLINE;
	return riscv_clock_at(now + (at - guest_now));
}

u64 arch_vcpu_run_deadline(const struct vcpu *vcpu)
{
	if (riscv_guest_sstc || (vcpu->arch.pending & HIP_VSTIP))
		return NO_DEADLINE;
	return timer_deadline(&vcpu->arch);
}

u64 arch_vcpu_halt_deadline(const struct vcpu *vcpu)
{
	return csr_read(vsie) & SIE_TIMER ? timer_deadline(&vcpu->arch) : NO_DEADLINE;
}

/* ---- Pending interrupts -------------------------------------------------------------------------------- */

static u64 line_locked(const struct vcpu *vcpu)
{
	return vcpu->vm->arch.lines >> vcpu->index & 1 ? HIP_VSEIP : 0;
}

static void tell_locked(struct vcpu *vcpu)
{
	WRITE_ONCE(vcpu->arch.has_news, true);
	vcpu_ask_locked(vcpu, VCPU_REQUEST_LOOK);
}

void riscv_post_ipi_locked(struct vcpu *vcpu)
{
	vcpu->arch.posted |= HIP_VSSIP;
	tell_locked(vcpu);
}

void arch_vm_line_locked(struct vm *vm, u32 line, u32 level)
{
	u64 bit = 1ull << line;

	vm->arch.lines = level ? vm->arch.lines | bit : vm->arch.lines & ~bit;
	if (vm->vcpu[line])
		tell_locked(vm->vcpu[line]);
}

/* In memory first: who is switched out between the two comes back with what is there. */
static void show(struct arch_vcpu *arch, u64 bit, u64 pending)
{
	arch->pending = (arch->pending & ~bit) | pending;
	if (pending)
		csr_set(hvip, bit);
	else
		csr_clear(hvip, bit);
}

static void take_news(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	spin_lock(&vcpu->vm->irq_lock);
	WRITE_ONCE(arch->has_news, false);
	show(arch, HIP_VSEIP, line_locked(vcpu));
	csr_set(hvip, arch->posted);
	arch->posted = 0;
	arch->is_suspended = false;
	spin_unlock(&vcpu->vm->irq_lock);
}

void arch_vcpu_inject(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	if (READ_ONCE(arch->has_news))
		take_news(vcpu);
	if (!riscv_guest_sstc)
		show(arch, HIP_VSTIP, timer_is_due(arch) ? HIP_VSTIP : 0);
}

/* Hardware: [RV-PRIV] "Wait for Interrupt": those that sie enables, whatever sstatus.SIE says. */
bool arch_vcpu_wakes_locked(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;
	u64 pending = arch->posted | (csr_read(hvip) & HIP_VSSIP) | line_locked(vcpu);

	if (timer_is_due(arch))
		pending |= HIP_VSTIP;
	return pending & HIP_OF_SIP(csr_read(vsie));
}

u64 riscv_sip_get(struct vcpu *vcpu)
{
	u64 pending;

	spin_lock(&vcpu->vm->irq_lock);
	pending = (vcpu->arch.pending & HIP_VSSIP) | vcpu->arch.posted | line_locked(vcpu);
	spin_unlock(&vcpu->vm->irq_lock);
	return SIP_OF_HIP(pending);
}

void riscv_sip_set(struct vcpu *vcpu, u64 sip)
{
	struct arch_vcpu *arch = &vcpu->arch;

	spin_lock(&vcpu->vm->irq_lock);
	arch->posted = 0;
	arch->pending = (arch->pending & ~HIP_VSSIP) | (HIP_OF_SIP(sip) & HIP_VSSIP);
	arch_vm_line_locked(vcpu->vm, vcpu->index, sip & SIE_EXTERNAL ? 1 : 0);
	spin_unlock(&vcpu->vm->irq_lock);
}

/* ---- Starting ------------------------------------------------------------------------------------------ */

bool riscv_start_locked(struct vcpu *vcpu, u64 pc, u64 arg)
{
	if (!vcpu_start_locked(vcpu))
		return false;
	vcpu->arch.start = (struct riscv_start){ .is_asked = true, .pc = pc, .arg = arg };
	return true;
}

/* What the guest has sent to a hart that was stopped, it has sent to nobody. */
static bool start_is_asked(struct vcpu *vcpu, struct riscv_start *start)
{
	spin_lock(&vcpu->vm->irq_lock);
	*start = vcpu->arch.start;
	vcpu->arch.start.is_asked = false;
	if (start->is_asked)
		vcpu->arch.posted = 0;
	spin_unlock(&vcpu->vm->irq_lock);
	return start->is_asked;
}

/*
 * Hardware: [SBI] "Function: Hart start": the registers.  The code may have just been written, by another hart: as if
 * the vCPU came from a CPU elsewhere, its next entry forgets all that this one remembers.
 */
bool riscv_take_start(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;
	struct riscv_start start;

	if (!start_is_asked(vcpu, &start))
		return false;
	riscv_vcpu_reset(arch);
	arch->pc = start.pc;
	arch->x[REG_A0] = vcpu->index;
	arch->x[REG_A0 + 1] = start.arg;
	arch->has_news = true;
	vcpu->last_cpu = VCPU_NO_CPU;
	return true;
}

/* What was in the hart's CSRs is not written to memory in between, by a switch of threads. */
void arch_vcpu_started(struct vcpu *vcpu)
{
	irq_push();
	if (riscv_take_start(vcpu))
		riscv_csrs_write(&vcpu->arch);
	irq_pop();
}
