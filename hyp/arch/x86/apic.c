/*
 * A vCPU's local APIC as the guest reaches it, and the messages between local APICs.
 *
 * Locking: vm->irq_lock, since others deliver into a local APIC and look at its destination registers; the task
 * priority alone is its thread's own.
 */
#include "hyp_x86.h"

/* ---- Messages ------------------------------------------------------------------------------------------ */

enum {
	ICR_VECTOR = 0xff, ICR_LOGICAL = 0x800, ICR_LEVEL = 0x4000, ICR_TRIGGER = 0x8000,
	DELIVER_FIXED = 0, DELIVER_LOWEST = 1, DELIVER_NMI = 4, DELIVER_INIT = 5, DELIVER_SIPI = 6,
	TO_DESTINATION = 0, TO_SELF = 1, TO_ALL = 2, TO_OTHERS = 3,
};

static u32 delivery_mode(u32 icr)
{
	return icr >> 8 & 7;
}

static bool is_receiver(const struct vcpu *vcpu, const struct vcpu *by, u32 icr, u32 destination)
{
	switch (icr >> 18 & 3) {
	case TO_SELF: return vcpu == by;
	case TO_ALL: return true;
	case TO_OTHERS: return vcpu != by;
	default:
		return vlapic_matches(&vcpu->arch.m.lapic, icr & ICR_LOGICAL ? LAPIC_LOGICAL : LAPIC_PHYSICAL,
				     destination);
	}
}

/* It has stopped, and starts when a SIPI comes. */
static void start_locked(struct vcpu *vcpu, u8 vector)
{
	if (vcpu_start_locked(vcpu))
		vcpu->arch.m.sipi_vector = vector;
}

/* False: it does not take the interrupt. */
static bool deliver_locked(struct vcpu *vcpu, struct vcpu *by, u32 icr)
{
	switch (delivery_mode(icr)) {
	case DELIVER_FIXED:
	case DELIVER_LOWEST:
		if (!vlapic_accept(&vcpu->arch.m.lapic, icr & ICR_VECTOR))
			return false;
		break;
	case DELIVER_NMI:
		x86_post_nmi_locked(vcpu);
		break;
	case DELIVER_INIT:
		vcpu_stop_locked(vcpu);
		return true;
	case DELIVER_SIPI:
		start_locked(vcpu, icr & ICR_VECTOR);
		return true;
	default:
		return true;
	}
	x86_look_locked(vcpu, by);
	return true;
}

/* INIT as a level that goes away again is nothing. */
static bool is_deassert(u32 icr)
{
	return delivery_mode(icr) == DELIVER_INIT && icr & ICR_TRIGGER && !(icr & ICR_LEVEL);
}

/* Of several that would take the one with the lowest priority, it is the first. */
static void send_locked(struct vcpu *by, u32 icr, u32 destination)
{
	struct vm *vm = by->vm;

	if (is_deassert(icr))
		return;
	for (u32 i = 0; i < VM_VCPU_MAX; i++) {
		struct vcpu *vcpu = vm->vcpu[i];

		if (vcpu && is_receiver(vcpu, by, icr, destination) && deliver_locked(vcpu, by, icr) &&
		    delivery_mode(icr) == DELIVER_LOWEST)
			return;
	}
}

/* ---- Registers ----------------------------------------------------------------------------------------- */

u32 x86_apic_read(struct vcpu *vcpu, u32 reg)
{
	u32 value;

	spin_lock(&vcpu->vm->irq_lock);
	value = vlapic_read(&vcpu->arch.m.lapic, reg, arch_clock());
	spin_unlock(&vcpu->vm->irq_lock);
	return value;
}

/* With x2APIC the destination is the upper half of ICR. */
static void write_locked(struct vcpu *vcpu, u32 reg, u64 value)
{
	struct vlapic *lapic = &vcpu->arch.m.lapic;
	bool is_wide = lapic->mode == VM_X86_APIC_X2APIC;

	if (is_wide && reg == LAPIC_ICR)
		lapic->reg[LAPIC_ICR_HIGH / 16] = value >> 32;
	if (vlapic_write(lapic, reg, value, arch_clock()))
		send_locked(vcpu, lapic->reg[LAPIC_ICR / 16],
			    lapic->reg[LAPIC_ICR_HIGH / 16] >> (is_wide ? 0 : 24));
}

void x86_apic_show_tpr(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	vmcb->virtual_interrupt &= ~VMCB_TPR;
	vmcb->virtual_interrupt |= vcpu->arch.m.lapic.reg[LAPIC_TPR / 16] >> 4;
}

void x86_apic_write(struct vcpu *vcpu, u32 reg, u64 value)
{
	spin_lock(&vcpu->vm->irq_lock);
	write_locked(vcpu, reg, value);
	WRITE_ONCE(vcpu->arch.m.look, true);
	spin_unlock(&vcpu->vm->irq_lock);
	x86_apic_show_tpr(vcpu);
}

void x86_apic_set_tpr(struct vcpu *vcpu, u8 tpr)
{
	x86_apic_write(vcpu, LAPIC_TPR, tpr);
}

/* ---- Where it is, and how -------------------------------------------------------------------------------- */

enum { BASE_BOOT_CPU = 0x100, BASE_X2APIC = 0x400, BASE_ENABLE = 0x800 };

u64 x86_apic_base(const struct vcpu *vcpu)
{
	static const u64 bits[] = {
		[VM_X86_APIC_OFF] = 0,
		[VM_X86_APIC_XAPIC] = BASE_ENABLE,
		[VM_X86_APIC_X2APIC] = BASE_ENABLE | BASE_X2APIC,
	};

	return LAPIC_PAGE | bits[vcpu->arch.m.lapic.mode] | (vcpu->index == 0 ? BASE_BOOT_CPU : 0);
}

int x86_apic_base_mode(const struct vcpu *vcpu, u64 base)
{
	u64 fixed = LAPIC_PAGE | (vcpu->index == 0 ? BASE_BOOT_CPU : 0);

	if ((base & ~(u64)(BASE_ENABLE | BASE_X2APIC)) != fixed)
		return -1;
	switch (base & (BASE_ENABLE | BASE_X2APIC)) {
	case 0: return VM_X86_APIC_OFF;
	case BASE_ENABLE: return VM_X86_APIC_XAPIC;
	case BASE_ENABLE | BASE_X2APIC: return VM_X86_APIC_X2APIC;
	default: return -1;
	}
}

/* Hardware: [SDM3] "x2APIC State Transitions": from x2APIC only off, from off only to xAPIC. */
static bool may_become(u32 from, u32 to)
{
	return from == to || to == VM_X86_APIC_OFF || (from == VM_X86_APIC_OFF && to == VM_X86_APIC_XAPIC) ||
	       (from == VM_X86_APIC_XAPIC && to == VM_X86_APIC_X2APIC);
}

bool x86_apic_set_base(struct vcpu *vcpu, u64 base)
{
	struct vlapic *lapic = &vcpu->arch.m.lapic;
	int mode = x86_apic_base_mode(vcpu, base);

	if (mode < 0 || !may_become(lapic->mode, mode))
		return false;
	spin_lock(&vcpu->vm->irq_lock);
	vlapic_set_mode(lapic, mode);
	WRITE_ONCE(vcpu->arch.m.look, true);
	spin_unlock(&vcpu->vm->irq_lock);
	x86_apic_show_tpr(vcpu);
	return true;
}
