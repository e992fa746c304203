/*
 * RDMSR and WRMSR in the guest's place.  One that is not here is #GP.
 * Hardware: [APM2] "Model-Specific Registers (MSRs)"; [SDM3] "x2APIC Register Address Space".
 */
#include "hyp_x86.h"

enum {
	MSR_TSC = 0x10, MSR_BIOS_SIGNATURE = 0x8b, MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
	MSR_MCG_CAP = 0x179, MSR_PAT = 0x277, MSR_X2APIC = 0x800, MSR_X2APIC_END = 0x840, MSR_CSTAR = 0xc0000083,
	MSR_PERF_FIRST = 0xc0010000, MSR_PERF_LAST = 0xc0010007, MSR_HWCR = 0xc0010015,
	LENGTH_MSR = 2,
};
#define EFER_LMA 0x400

/* ---- Registers in the VMCB ----------------------------------------------------------------------------- */

enum { ANY_VALUE, CANONICAL };

/* Those that are nothing but a place; NULL: not one of them. */
static u64 *plain_register(struct vmcb *vmcb, u32 msr, u32 *rule)
{
	*rule = CANONICAL;
	switch (msr) {
	case MSR_FS_BASE: return &vmcb->fs.base;
	case MSR_GS_BASE: return &vmcb->gs.base;
	case MSR_KERNEL_GS_BASE: return &vmcb->kernel_gs_base;
	case MSR_LSTAR: return &vmcb->lstar;
	case MSR_CSTAR: return &vmcb->cstar;
	case MSR_SYSENTER_ESP: return &vmcb->sysenter_esp;
	case MSR_SYSENTER_EIP: return &vmcb->sysenter_eip;
	default: break;
	}
	*rule = ANY_VALUE;
	switch (msr) {
	case MSR_STAR: return &vmcb->star;
	case MSR_FMASK: return &vmcb->sfmask;
	case MSR_SYSENTER_CS: return &vmcb->sysenter_cs;
	default: return NULL;
	}
}

static bool write_plain(struct vmcb *vmcb, u32 msr, u64 value)
{
	u32 rule;
	u64 *place = plain_register(vmcb, msr, &rule);

	if (!place || (rule == CANONICAL && !x86_is_canonical(value)))
		return false;
	*place = msr == MSR_FMASK ? (u32)value : value;
	return true;
}

/* LMA follows CR0.PG, and LME must not change under it. */
static bool write_efer(struct vcpu *vcpu, u64 value)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	u64 allowed = cpuid_efer(&vcpu->arch.m.cpuid);

	if (value & ~(allowed | EFER_LMA))
		return false;
	if (vmcb->cr0 & CR0_PG && (value ^ vmcb->efer) & EFER_LME)
		return false;
	vmcb->efer = (value & allowed) | (vmcb->efer & EFER_LMA) | EFER_SVME;
	return true;
}

static bool write_pat(struct vmcb *vmcb, u64 value)
{
	if (!x86_is_pat(value))
		return false;
	vmcb->pat = value;
	return true;
}

/* ---- x2APIC -------------------------------------------------------------------------------------------- */

static bool is_x2apic(const struct vcpu *vcpu, u32 msr)
{
	return vcpu->arch.m.lapic.mode == VM_X86_APIC_X2APIC && msr >= MSR_X2APIC && msr < MSR_X2APIC_END &&
	       vlapic_has_x2apic_register((msr - MSR_X2APIC) << 4);
}

static bool read_x2apic(struct vcpu *vcpu, u32 msr, u64 *value)
{
	u32 reg = (msr - MSR_X2APIC) << 4;

	if (reg == LAPIC_EOI || reg == LAPIC_SELF_IPI)
		return false;
	*value = x86_apic_read(vcpu, reg);
	if (reg == LAPIC_ICR)
		*value |= (u64)x86_apic_read(vcpu, LAPIC_ICR_HIGH) << 32;
	return true;
}

static bool is_read_only(u32 reg)
{
	switch (reg) {
	case LAPIC_ID:
	case LAPIC_VERSION:
	case LAPIC_PPR:
	case LAPIC_LDR:
	case LAPIC_CURRENT: return true;
	default: return reg >= LAPIC_ISR && reg < LAPIC_ESR;
	}
}

static bool write_x2apic(struct vcpu *vcpu, u32 msr, u64 value)
{
	u32 reg = (msr - MSR_X2APIC) << 4;

	if (is_read_only(reg) || (reg != LAPIC_ICR && value >> 32))
		return false;
	if ((reg == LAPIC_EOI || reg == LAPIC_ESR) && value)
		return false;
	x86_apic_write(vcpu, reg, value);
	return true;
}

/* ---- All ----------------------------------------------------------------------------------------------- */

/*
 * Registers that every processor of this vendor has, whatever CPUID says, so that guests use them unasked.  They read
 * as 0 and ignore what is written: there is no microcode, no bank of machine checks; performance counters stand still.
 */
static bool is_empty(u32 msr)
{
	switch (msr) {
	case MSR_BIOS_SIGNATURE:
	case MSR_MCG_CAP:
	case MSR_HWCR: return true;
	default: return msr >= MSR_PERF_FIRST && msr <= MSR_PERF_LAST;
	}
}

static bool read_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	u32 rule;
	u64 *place = plain_register(vmcb, msr, &rule);

	if (place) {
		*value = *place;
		return true;
	}
	if (is_x2apic(vcpu, msr))
		return read_x2apic(vcpu, msr, value);
	switch (msr) {
	case MSR_EFER: *value = vmcb->efer & ~(u64)EFER_SVME; return true;
	case MSR_APIC_BASE: *value = x86_apic_base(vcpu); return true;
	case MSR_TSC: *value = tsc_read() + vmcb->tsc_offset; return true;
	case MSR_PAT: *value = vmcb->pat; return true;
	default: *value = 0; return is_empty(msr);
	}
}

static bool write_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	if (is_x2apic(vcpu, msr))
		return write_x2apic(vcpu, msr, value);
	switch (msr) {
	case MSR_EFER: return write_efer(vcpu, value);
	case MSR_APIC_BASE: return x86_apic_set_base(vcpu, value);
	case MSR_TSC: vmcb->tsc_offset = value - tsc_read(); return true;
	case MSR_PAT: return write_pat(vmcb, value);
	default: return is_empty(msr) || write_plain(vmcb, msr, value);
	}
}

static bool read(struct vcpu *vcpu, u32 msr)
{
	u64 value;

	if (!read_msr(vcpu, msr, &value))
		return false;
	*x86_register(vcpu, GPR_RAX) = (u32)value;
	*x86_register(vcpu, GPR_RDX) = value >> 32;
	return true;
}

static bool write(struct vcpu *vcpu, u32 msr)
{
	return write_msr(vcpu, msr, (u32)*x86_register(vcpu, GPR_RAX) | *x86_register(vcpu, GPR_RDX) << 32);
}

/* The length comes first: a register may have been read or written only if the guest can go on. */
enum vm_next x86_handle_msr(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	u32 msr = *x86_register(vcpu, GPR_RCX);
	u32 length = x86_length(vcpu, LENGTH_MSR);

	if (length == 0)
		return VM_NEXT_ENTER;
	if (vmcb->exitinfo1 & 1 ? write(vcpu, msr) : read(vcpu, msr))
		x86_advance(vcpu, length);
	else
		x86_raise_with_error(vcpu, EXCEPTION_GP, 0);
	return VM_NEXT_ENTER;
}
