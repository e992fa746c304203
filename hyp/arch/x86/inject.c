/*
 * What is pending for a vCPU, and how hardware tells the guest.
 *
 *   NMI          at the next entry, unless one is being handled: until its IRET, which ends the guest,
 *                as does a step over it if another NMI waits
 *   interrupt    at the next entry, if the guest takes interrupts; else V_IRQ is set with nothing behind it, and ends
 *                the guest as soon as it does ("window")
 *   priority     while something is pending, MOV to CR8 ends the guest: the task's priority may be in the way
 *
 * An interrupt is taken from its controller when it goes into EVENTINJ.  If its delivery ends in the middle, svm.c puts
 * it there again: so it is neither lost nor doubled.
 *
 * I1 `look` is set, under irq_lock, by whoever makes something pending; while it is false, nothing waits for an entry.
 *
 * Locking: vm->irq_lock.
 */
#include "hyp_x86.h"

#define TIMER_NS_MIN 10000 /* a guest's timers interrupt us no faster */
#define NMI_NS       20000 /* after so long we look whether the guest has left its IRET */
#define DR6_STEP     0x4000
#define BIT(name)    (1u << INTERCEPT_##name)

void x86_look_locked(struct vcpu *vcpu, struct vcpu *by)
{
	WRITE_ONCE(vcpu->arch.m.look, true);
	if (vcpu != by)
		vcpu_ask_locked(vcpu, VCPU_REQUEST_LOOK);
}

/* ---- PICs and PIT -------------------------------------------------------------------------------------- */

static bool pic_asks_for(const struct vcpu *vcpu)
{
	return vcpu->index == 0 && vlapic_hears_pic(&vcpu->arch.m.lapic) && vpic_asks(&vcpu->vm->arch.pic);
}

/* The boot CPU's thread looks after the PIT too. */
void x86_pic_changed_locked(struct vm *vm, struct vcpu *by)
{
	if (vm->vcpu[0])
		x86_look_locked(vm->vcpu[0], by);
}

/* A processor takes one at once and remembers a second: two that come before ours gets at them are two. */
void x86_post_nmi_locked(struct vcpu *vcpu)
{
	u32 count = vcpu->arch.m.nmi_pending + 1;

	WRITE_ONCE(vcpu->arch.m.nmi_pending, MIN(count, 2));
}

static void raise_nmi_locked(struct vcpu *vcpu)
{
	if (!vlapic_hears_nmi(&vcpu->arch.m.lapic))
		return;
	x86_post_nmi_locked(vcpu);
	x86_look_locked(vcpu, NULL);
}

#define PIC_LINES 16

void arch_vm_line_locked(struct vm *vm, u32 line, u32 level)
{
	u32 index = line - PIC_LINES;

	if (line < PIC_LINES) {
		vpic_set_line(&vm->arch.pic, line, level);
		x86_pic_changed_locked(vm, NULL);
		return;
	}
	if (level && !(vm->arch.nmi_lines & 1u << index) && vm->vcpu[index])
		raise_nmi_locked(vm->vcpu[index]);
	vm->arch.nmi_lines = (vm->arch.nmi_lines & ~(1u << index)) | level << index;
}

/* ---- Timers -------------------------------------------------------------------------------------------- */

static u64 next_deadline(const struct vcpu *vcpu)
{
	u64 deadline = vlapic_deadline(&vcpu->arch.m.lapic);

	if (vcpu->index == 0)
		deadline = MIN(deadline, vpit_deadline(&vcpu->vm->arch.pit));
	return deadline == NO_DEADLINE ? deadline : MAX(deadline, arch_clock() + TIMER_NS_MIN);
}

/* The PIT's line goes up and down again: its edge is all that counts. */
static void run_timers_locked(struct vcpu *vcpu)
{
	struct arch_vm *arch = &vcpu->vm->arch;
	u64 now = arch_clock();

	vlapic_run_timer(&vcpu->arch.m.lapic, now);
	if (vcpu->index == 0 && vpit_run(&arch->pit, now)) {
		vpic_set_line(&arch->pic, 0, 1);
		vpic_set_line(&arch->pic, 0, 0);
	}
	vcpu->arch.m.deadline = next_deadline(vcpu);
}

static bool timers_are_due(const struct vcpu *vcpu)
{
	u64 deadline = vcpu->arch.m.deadline;

	return deadline != NO_DEADLINE && arch_clock() >= deadline;
}

u64 arch_vcpu_halt_deadline(const struct vcpu *vcpu)
{
	return vcpu->arch.m.deadline;
}

u64 arch_vcpu_run_deadline(const struct vcpu *vcpu)
{
	u64 deadline = vcpu->arch.m.deadline;

	if (READ_ONCE(vcpu->arch.m.nmi_pending) || (vcpu->arch.vmcb->interrupt_shadow & VMCB_SHADOW))
		deadline = MIN(deadline, arch_clock() + NMI_NS);
	return deadline;
}

/* ---- NMIs ---------------------------------------------------------------------------------------------- */

static void set_intercept(struct vcpu *vcpu, u32 bit, bool (*is_wanted)(const struct vcpu *vcpu))
{
	if (is_wanted(vcpu))
		vcpu->arch.vmcb->intercept_1 |= bit;
	else
		vcpu->arch.vmcb->intercept_1 &= ~bit;
}

/* IRET has not been executed yet: it ends the masking when rip is elsewhere. */
void x86_nmi_returns(struct vcpu *vcpu)
{
	vcpu->arch.m.at_iret = true;
	vcpu->arch.m.iret_rip = arch_vcpu_pc(vcpu);
	WRITE_ONCE(vcpu->arch.m.look, true);
}

/* The guest's own step would be none of ours: is_stepping is only set without. */
bool x86_step_is_ours(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;
	struct vmcb *vmcb = vcpu->arch.vmcb;

	if (!m->is_stepping || !(vmcb->dr6 & DR6_STEP))
		return false;
	m->is_stepping = false;
	vmcb->dr6 = m->step_dr6;
	WRITE_ONCE(m->look, true);
	return true;
}

static void unmask_nmi(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	if (!m->at_iret || m->iret_rip == arch_vcpu_pc(vcpu))
		return;
	m->at_iret = false;
	m->nmi_masked = false;
}

static bool wants_iret(const struct vcpu *vcpu)
{
	return vcpu->arch.m.nmi_masked && !vcpu->arch.m.at_iret;
}

/* While one is handled, only one is remembered. */
static void forget_nmis_locked(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	if (m->nmi_masked && m->nmi_pending > 1)
		m->nmi_pending = 1;
}

static bool may_take_nmi(const struct vcpu *vcpu)
{
	return vcpu->arch.m.nmi_pending && !vcpu->arch.m.nmi_masked;
}

static void inject_nmi(struct vcpu *vcpu)
{
	vcpu->arch.vmcb->event_inject = EVENT_VALID | EVENT_NMI | EXCEPTION_NMI;
	vcpu->arch.m.nmi_pending--;
	vcpu->arch.m.nmi_masked = true;
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

static bool has_interrupt(const struct vcpu *vcpu)
{
	return pic_asks_for(vcpu) || vlapic_pending(&vcpu->arch.m.lapic) != LAPIC_NOTHING;
}

static u8 take_interrupt(struct vcpu *vcpu)
{
	struct vlapic *lapic = &vcpu->arch.m.lapic;
	u8 vector;

	if (pic_asks_for(vcpu))
		return vpic_acknowledge(&vcpu->vm->arch.pic);
	vector = vlapic_pending(lapic);
	vlapic_acknowledge(lapic, vector);
	return vector;
}

static bool takes_interrupts(const struct vcpu *vcpu)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;

	return vmcb->rflags & RFLAGS_IF && !(vmcb->interrupt_shadow & VMCB_SHADOW);
}

static void inject_locked(struct vcpu *vcpu)
{
	if (x86_has_event(vcpu))
		return;
	if (may_take_nmi(vcpu) && !(vcpu->arch.vmcb->interrupt_shadow & VMCB_SHADOW))
		inject_nmi(vcpu);
	else if (has_interrupt(vcpu) && takes_interrupts(vcpu))
		vcpu->arch.vmcb->event_inject = EVENT_VALID | EVENT_EXTERNAL | take_interrupt(vcpu);
}

/*
 * Not in the shadow of STI: QEMU 7.2 enters without it, and between STI and HLT the interrupt would come too early:
 * what it wakes would wait for ever.  The HLT ends the guest, or else the deadline does soon.
 */
static void set_window(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	if (has_interrupt(vcpu) && !(vmcb->interrupt_shadow & VMCB_SHADOW))
		vmcb->virtual_interrupt |= VMCB_IRQ | VMCB_IGNORE_TPR;
	else
		vmcb->virtual_interrupt &= ~(VMCB_IRQ | VMCB_IGNORE_TPR);
}

/* Also while V_IRQ is set: QEMU aborts where MOV to CR8 finds it (docs/platform.md, "Guests on x86-64"). */
static void set_cr8_intercept(struct vcpu *vcpu)
{
	const struct vlapic *lapic = &vcpu->arch.m.lapic;

	if (has_interrupt(vcpu) || vlapic_pending_for_any_task(lapic) != LAPIC_NOTHING)
		vcpu->arch.vmcb->intercept_cr |= INTERCEPT_CR8_WRITE;
	else
		vcpu->arch.vmcb->intercept_cr &= ~INTERCEPT_CR8_WRITE;
}

/* Keeps I1: what could not be injected is looked for again. */
static void tell_locked(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	run_timers_locked(vcpu);
	unmask_nmi(vcpu);
	forget_nmis_locked(vcpu);
	inject_locked(vcpu);
	set_window(vcpu);
	set_intercept(vcpu, BIT(VINTR), has_interrupt);
	set_intercept(vcpu, BIT(IRET), wants_iret);
	set_cr8_intercept(vcpu);
	WRITE_ONCE(m->look, has_interrupt(vcpu) || m->nmi_pending || m->at_iret);
}

/* In the middle of an instruction that has read from the monitor: see place.c. */
static bool is_in_instruction(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	if (m->unfinished.rip != arch_vcpu_pc(vcpu))
		x86_answers_forget(vcpu);
	return m->unfinished.answers != 0;
}

void arch_vcpu_inject(struct vcpu *vcpu)
{
	vcpu->arch.m.has_run = true;
	if (!READ_ONCE(vcpu->arch.m.look) && !timers_are_due(vcpu))
		return;
	if (is_in_instruction(vcpu))
		return;
	spin_lock(&vcpu->vm->irq_lock);
	tell_locked(vcpu);
	spin_unlock(&vcpu->vm->irq_lock);
}

bool arch_vcpu_wakes_locked(struct vcpu *vcpu)
{
	run_timers_locked(vcpu);
	unmask_nmi(vcpu);
	if (!may_take_nmi(vcpu) && !(vcpu->arch.vmcb->rflags & RFLAGS_IF && has_interrupt(vcpu)) &&
	    !x86_has_event(vcpu))
		return false;
	WRITE_ONCE(vcpu->arch.m.look, true);
	return true;
}
