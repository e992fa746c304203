/*
 * Register sets, read and written by the monitor.  A vCPU's thread has it alone; the local APIC, pending NMIs and the
 * state are under irq_lock all the same, since other vCPUs may run.
 */
#include "hyp_x86.h"

#define EFER_LMA 0x400
#define MXCSR_AT 24

/* ---- Core and system ----------------------------------------------------------------------------------- */

static void get_core(struct vcpu *vcpu, struct vm_x86_core *core)
{
	core->reserved = 0;
	for (u32 i = 0; i < GPR_COUNT; i++)
		core->gpr[i] = *x86_register(vcpu, i);
	core->rip = vcpu->arch.vmcb->rip;
	core->rflags = vcpu->arch.vmcb->rflags;
}

/* What the last exit waited for is not waited for any more. */
static void forget_unfinished(struct vcpu *vcpu)
{
	vcpu->has_unfinished = false;
	memset(&vcpu->arch.m.unfinished, 0, sizeof(vcpu->arch.m.unfinished));
}

static int set_core(struct vcpu *vcpu, const struct vm_x86_core *core)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	if (!x86_core_is_valid(core, vmcb->efer, x86_mode(vmcb)))
		return -EINVAL;
	for (u32 i = 0; i < GPR_COUNT; i++)
		*x86_register(vcpu, i) = core->gpr[i];
	vmcb->rip = core->rip;
	vmcb->rflags = core->rflags;
	forget_unfinished(vcpu);
	return 0;
}

static struct vm_x86_segment to_abi(const struct vmcb_segment *s)
{
	return (struct vm_x86_segment){ s->base, s->limit, s->selector, s->attributes };
}

static struct vmcb_segment to_vmcb(const struct vm_x86_segment *s)
{
	return (struct vmcb_segment){ s->selector, s->attributes, s->limit, s->base };
}

static void get_system(struct vcpu *vcpu, struct vm_x86_system *system)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;

	*system = (struct vm_x86_system){
		.size = system->size,
		.es = to_abi(&vmcb->es), .cs = to_abi(&vmcb->cs), .ss = to_abi(&vmcb->ss), .ds = to_abi(&vmcb->ds),
		.fs = to_abi(&vmcb->fs), .gs = to_abi(&vmcb->gs), .gdtr = to_abi(&vmcb->gdtr),
		.ldtr = to_abi(&vmcb->ldtr), .idtr = to_abi(&vmcb->idtr), .tr = to_abi(&vmcb->tr),
		.cr0 = vmcb->cr0, .cr2 = vmcb->cr2, .cr3 = vmcb->cr3, .cr4 = vmcb->cr4,
		.cr8 = vcpu->arch.m.lapic.reg[LAPIC_TPR / 16] >> 4,
		.efer = vmcb->efer & ~(u64)EFER_SVME,
	};
	system->ss.attributes = (system->ss.attributes & ~0x60) | vmcb->cpl << 5;
}

static void set_segments(struct vmcb *vmcb, const struct vm_x86_system *system)
{
	vmcb->es = to_vmcb(&system->es);
	vmcb->cs = to_vmcb(&system->cs);
	vmcb->ss = to_vmcb(&system->ss);
	vmcb->ds = to_vmcb(&system->ds);
	vmcb->fs = to_vmcb(&system->fs);
	vmcb->gs = to_vmcb(&system->gs);
	vmcb->gdtr = to_vmcb(&system->gdtr);
	vmcb->ldtr = to_vmcb(&system->ldtr);
	vmcb->idtr = to_vmcb(&system->idtr);
	vmcb->tr = to_vmcb(&system->tr);
	vmcb->cpl = system->ss.attributes >> 5 & 3;
}

/* ET is set in every processor of our days. */
static int set_system(struct vcpu *vcpu, const struct vm_x86_system *system)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	u32 *tpr = &vcpu->arch.m.lapic.reg[LAPIC_TPR / 16];

	if (!x86_system_is_valid(system, &vcpu->arch.m.cpuid, vcpu->vm->gpa_bits))
		return -EINVAL;
	set_segments(vmcb, system);
	vmcb->cr0 = system->cr0 | 0x10;
	vmcb->cr2 = system->cr2;
	vmcb->cr3 = system->cr3;
	vmcb->cr4 = system->cr4;
	vmcb->efer = system->efer | EFER_SVME;
	if (*tpr >> 4 != system->cr8)
		*tpr = system->cr8 << 4;
	x86_apic_show_tpr(vcpu);
	x86_forget_translations(vcpu);
	return 0;
}

/* ---- MSRs, floating point, debug registers ------------------------------------------------------------- */

static void get_msr(struct vcpu *vcpu, struct vm_x86_msr *msr)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;

	*msr = (struct vm_x86_msr){
		.size = msr->size,
		.star = vmcb->star, .lstar = vmcb->lstar, .cstar = vmcb->cstar, .sfmask = vmcb->sfmask,
		.kernel_gs_base = vmcb->kernel_gs_base, .sysenter_cs = vmcb->sysenter_cs,
		.sysenter_esp = vmcb->sysenter_esp, .sysenter_eip = vmcb->sysenter_eip,
		.pat = vmcb->pat, .apic_base = x86_apic_base(vcpu), .tsc = tsc_read() + vmcb->tsc_offset,
	};
}

static int set_msr(struct vcpu *vcpu, const struct vm_x86_msr *msr)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	int mode = x86_apic_base_mode(vcpu, msr->apic_base);

	if (mode < 0 || !x86_msrs_are_valid(msr))
		return -EINVAL;
	vmcb->star = msr->star;
	vmcb->lstar = msr->lstar;
	vmcb->cstar = msr->cstar;
	vmcb->sfmask = msr->sfmask;
	vmcb->kernel_gs_base = msr->kernel_gs_base;
	vmcb->sysenter_cs = msr->sysenter_cs;
	vmcb->sysenter_esp = msr->sysenter_esp;
	vmcb->sysenter_eip = msr->sysenter_eip;
	vmcb->pat = msr->pat;
	vmcb->tsc_offset = msr->tsc - tsc_read();
	spin_lock(&vcpu->vm->irq_lock);
	vcpu->arch.m.lapic.mode = mode;
	spin_unlock(&vcpu->vm->irq_lock);
	return 0;
}

static void get_fp(struct vcpu *vcpu, struct vm_x86_fp *fp)
{
	memset(fp->reserved, 0, sizeof(fp->reserved));
	memcpy(fp->fxsave, vcpu->arch.fp.fxsave, sizeof(fp->fxsave));
}

/* Reserved bits of MXCSR would be #GP in the kernel. */
static int set_fp(struct vcpu *vcpu, const struct vm_x86_fp *fp)
{
	u8 *to = vcpu->arch.fp.fxsave;

	if (fp->reserved[0] || fp->reserved[1] || fp->reserved[2])
		return -EINVAL;
	memcpy(to, fp->fxsave, sizeof(fp->fxsave));
	to[MXCSR_AT + 2] = to[MXCSR_AT + 3] = 0;
	return 0;
}

static void get_debug(struct vcpu *vcpu, struct vm_x86_debug *debug)
{
	debug->reserved = 0;
	memcpy(debug->dr, vcpu->arch.m.dr, sizeof(debug->dr));
	debug->dr6 = vcpu->arch.vmcb->dr6;
	debug->dr7 = vcpu->arch.vmcb->dr7;
}

static int set_debug(struct vcpu *vcpu, const struct vm_x86_debug *debug)
{
	if (!x86_debug_is_valid(debug))
		return -EINVAL;
	memcpy(vcpu->arch.m.dr, debug->dr, sizeof(debug->dr));
	vcpu->arch.vmcb->dr6 = debug->dr6;
	vcpu->arch.vmcb->dr7 = debug->dr7;
	return 0;
}

/* ---- Events -------------------------------------------------------------------------------------------- */

static u32 abi_state(enum vcpu_state state)
{
	switch (state) {
	case VCPU_STOPPED: return VM_X86_WAITS_FOR_SIPI;
	case VCPU_HALTED: return VM_X86_HALTED;
	default: return VM_X86_RUNS;
	}
}

static void get_events(struct vcpu *vcpu, struct vm_x86_events *events)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;
	u64 event = vmcb->event_inject & EVENT_VALID ? vmcb->event_inject : 0;

	*events = (struct vm_x86_events){
		.size = events->size,
		.injected = event & EVENT_HAS_ERROR || !event ? event : (u32)event,
		.injected_error = event & EVENT_HAS_ERROR ? event >> 32 : 0,
		.nmi_masked = vcpu->arch.m.nmi_masked,
		.shadow = vmcb->interrupt_shadow & 1,
	};
	spin_lock(&vcpu->vm->irq_lock);
	events->state = abi_state(vcpu->state);
	events->nmi_pending = vcpu->arch.m.nmi_pending != 0;
	spin_unlock(&vcpu->vm->irq_lock);
}

/* It goes on with the registers that it has, so it is not told to take those of a start. */
static void set_run_state_locked(struct vcpu *vcpu, u32 state)
{
	if (state == VM_X86_WAITS_FOR_SIPI) {
		vcpu_stop_locked(vcpu);
		return;
	}
	vcpu_start_locked(vcpu);
	vcpu->start_asked = false;
	vcpu->state = state == VM_X86_HALTED ? VCPU_HALTED : VCPU_RUNS;
}

static int set_events(struct vcpu *vcpu, const struct vm_x86_events *events)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	if (!x86_events_are_valid(events))
		return -EINVAL;
	vcpu->arch.vmcb->event_inject = events->injected | (u64)events->injected_error << 32;
	vcpu->arch.vmcb->interrupt_shadow = events->shadow;
	m->nmi_masked = events->nmi_masked;
	m->at_iret = m->is_stepping = false;
	spin_lock(&vcpu->vm->irq_lock);
	m->nmi_pending = events->nmi_pending;
	set_run_state_locked(vcpu, events->state);
	spin_unlock(&vcpu->vm->irq_lock);
	return 0;
}

/* ---- Local APIC and CPUID ------------------------------------------------------------------------------ */

static void get_lapic(struct vcpu *vcpu, struct vm_x86_lapic *state)
{
	spin_lock(&vcpu->vm->irq_lock);
	vlapic_get_state(&vcpu->arch.m.lapic, arch_clock(), state);
	spin_unlock(&vcpu->vm->irq_lock);
}

static int set_lapic(struct vcpu *vcpu, const struct vm_x86_lapic *state)
{
	int error;

	spin_lock(&vcpu->vm->irq_lock);
	error = vlapic_set_state(&vcpu->arch.m.lapic, arch_clock(), state);
	spin_unlock(&vcpu->vm->irq_lock);
	x86_apic_show_tpr(vcpu);
	return error;
}

static void get_cpuid(struct vcpu *vcpu, struct vm_x86_cpuid *state)
{
	struct cpuid_view view = x86_cpuid_view(vcpu);

	memset(state->entry, 0, sizeof(state->entry));
	cpuid_get_state(&vcpu->arch.m.cpuid, &view, state);
}

static int set_cpuid(struct vcpu *vcpu, const struct vm_x86_cpuid *state)
{
	return vcpu->arch.m.has_run ? -EBUSY : cpuid_set_state(&vcpu->arch.m.cpuid, state);
}

/* ---- Sets ---------------------------------------------------------------------------------------------- */

u32 arch_vcpu_state_size(u32 set)
{
	switch (set) {
	case VM_SET_X86_CORE: return sizeof(struct vm_x86_core);
	case VM_SET_X86_SYSTEM: return sizeof(struct vm_x86_system);
	case VM_SET_X86_MSR: return sizeof(struct vm_x86_msr);
	case VM_SET_X86_FP: return sizeof(struct vm_x86_fp);
	case VM_SET_X86_DEBUG: return sizeof(struct vm_x86_debug);
	case VM_SET_X86_EVENTS: return sizeof(struct vm_x86_events);
	case VM_SET_X86_LAPIC: return sizeof(struct vm_x86_lapic);
	case VM_SET_X86_CPUID: return sizeof(struct vm_x86_cpuid);
	default: return 0;
	}
}

void arch_vcpu_state_get(struct vcpu *vcpu, u32 set, void *data)
{
	switch (set) {
	case VM_SET_X86_CORE: get_core(vcpu, data); break;
	case VM_SET_X86_SYSTEM: get_system(vcpu, data); break;
	case VM_SET_X86_MSR: get_msr(vcpu, data); break;
	case VM_SET_X86_FP: get_fp(vcpu, data); break;
	case VM_SET_X86_DEBUG: get_debug(vcpu, data); break;
	case VM_SET_X86_EVENTS: get_events(vcpu, data); break;
	case VM_SET_X86_LAPIC: get_lapic(vcpu, data); break;
	case VM_SET_X86_CPUID: get_cpuid(vcpu, data); break;
	}
}

static int set_state(struct vcpu *vcpu, u32 set, const void *data)
{
	switch (set) {
	case VM_SET_X86_CORE: return set_core(vcpu, data);
	case VM_SET_X86_SYSTEM: return set_system(vcpu, data);
	case VM_SET_X86_MSR: return set_msr(vcpu, data);
	case VM_SET_X86_FP: return set_fp(vcpu, data);
	case VM_SET_X86_DEBUG: return set_debug(vcpu, data);
	case VM_SET_X86_EVENTS: return set_events(vcpu, data);
	case VM_SET_X86_LAPIC: return set_lapic(vcpu, data);
	case VM_SET_X86_CPUID: return set_cpuid(vcpu, data);
	default: return -ENOENT;
	}
}

int arch_vcpu_state_set(struct vcpu *vcpu, u32 set, const void *data)
{
	int error = set_state(vcpu, set, data);

	WRITE_ONCE(vcpu->arch.m.look, true);
	return error;
}

u32 arch_vm_state_size(u32 set)
{
	switch (set) {
	case VM_SET_X86_PIC: return sizeof(struct vm_x86_pic);
	case VM_SET_X86_PIT: return sizeof(struct vm_x86_pit);
	default: return 0;
	}
}

void arch_vm_state_get(struct vm *vm, u32 set, void *data)
{
	spin_lock(&vm->irq_lock);
	if (set == VM_SET_X86_PIC)
		vpic_get_state(&vm->arch.pic, data);
	else
		vpit_get_state(&vm->arch.pit, arch_clock(), data);
	spin_unlock(&vm->irq_lock);
}

int arch_vm_state_set(struct vm *vm, u32 set, const void *data)
{
	int error;

	spin_lock(&vm->irq_lock);
	if (set == VM_SET_X86_PIC)
		error = vpic_set_state(&vm->arch.pic, data);
	else
		error = vpit_set_state(&vm->arch.pit, arch_clock(), data);
	x86_pic_changed_locked(vm, NULL);
	spin_unlock(&vm->irq_lock);
	return error;
}
