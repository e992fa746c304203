/*
 * MOV to CR4 and CR8, and to and from the debug registers, in the guest's place.
 *
 * VMRUN switches DR6 and DR7 but not DR0-3.  The kernel uses none, so they are loaded only while DR7 switches a
 * breakpoint on, and never read by a guest: all its accesses end here.
 *
 * Bits of CR4 that CPUID does not show are reserved, whatever this processor has: QEMU would set them, and VMRUN refuse
 * them or, worse, not.
 * Hardware: [SDM3] "Debug Registers".
 */
#include "hyp_x86.h"

enum { MOV_FROM_DR = 0x21, MOV_TO_CR = 0x22, MOV_TO_DR = 0x23 };

#define CR4_DE       0x008
#define EFER_LMA     0x400
#define DR6_FIXED    0xffff0ff0ull
#define DR6_WRITABLE 0x0000e00full
#define DR7_FIXED    0x00000400ull
#define DR7_WRITABLE 0xffff03ffull /* but for GD */
#define DR7_ENABLED  0x000000ffull

static enum vm_next refuse(struct vcpu *vcpu, u8 vector)
{
	if (vector == EXCEPTION_UD)
		x86_raise(vcpu, vector);
	else
		x86_raise_with_error(vcpu, vector, 0);
	return VM_NEXT_ENTER;
}

static u64 value_of(struct vcpu *vcpu, u32 reg)
{
	u64 value = *x86_register(vcpu, reg);

	return x86_mode(vcpu->arch.vmcb) == INSN_64 ? value : value & 0xffffffff;
}

/* Without CR4.DE, 4 and 5 are 6 and 7. */
static bool debug_register(const struct vmcb *vmcb, u32 *number)
{
	if (*number == 4 || *number == 5) {
		if (vmcb->cr4 & CR4_DE)
			return false;
		*number += 2;
	}
	return *number < 8;
}

static enum vm_next read_debug(struct vcpu *vcpu, const struct insn_control *c, u32 number)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	*x86_register(vcpu, c->reg) = number < 4  ? vcpu->arch.m.dr[number] :
				      number == 6 ? vmcb->dr6 :
						    vmcb->dr7;
	x86_advance(vcpu, c->length);
	return VM_NEXT_ENTER;
}

static enum vm_next write_debug(struct vcpu *vcpu, const struct insn_control *c, u32 number)
{
	u64 value = value_of(vcpu, c->reg);

	if (number >= 6 && value >> 32)
		return refuse(vcpu, EXCEPTION_GP);
	if (number < 4)
		vcpu->arch.m.dr[number] = value;
	else if (number == 6)
		vcpu->arch.vmcb->dr6 = DR6_FIXED | (value & DR6_WRITABLE);
	else
		vcpu->arch.vmcb->dr7 = DR7_FIXED | (value & DR7_WRITABLE);
	x86_advance(vcpu, c->length);
	return VM_NEXT_ENTER;
}

static enum vm_next access_debug(struct vcpu *vcpu, const struct insn_control *c)
{
	u32 number = c->special;

	if (!debug_register(vcpu->arch.vmcb, &number))
		return refuse(vcpu, EXCEPTION_UD);
	return c->opcode == MOV_TO_DR ? write_debug(vcpu, c, number) : read_debug(vcpu, c, number);
}

static enum vm_next write_cr8(struct vcpu *vcpu, const struct insn_control *c)
{
	u64 value = value_of(vcpu, c->reg);

	if (value > 15)
		return refuse(vcpu, EXCEPTION_GP);
	x86_apic_set_tpr(vcpu, value << 4);
	x86_advance(vcpu, c->length);
	return VM_NEXT_ENTER;
}

/* What tables mean may have changed too. */
static enum vm_next write_cr4(struct vcpu *vcpu, const struct insn_control *c)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;
	u64 value = value_of(vcpu, c->reg);

	if (value & ~cpuid_cr4(&vcpu->arch.m.cpuid) || (vmcb->efer & EFER_LMA && !(value & CR4_PAE)))
		return refuse(vcpu, EXCEPTION_GP);
	vmcb->cr4 = value;
	x86_forget_translations(vcpu);
	x86_advance(vcpu, c->length);
	return VM_NEXT_ENTER;
}

/* What it is now may be something else than what ended the guest. */
enum vm_next x86_handle_control(struct vcpu *vcpu)
{
	struct insn_control c;
	struct insn_bytes bytes = { .count = 0 };

	x86_fetch(vcpu, &bytes);
	if (bytes.count == 0) {
		x86_forget_translations(vcpu);
		return VM_NEXT_ENTER;
	}
	if (!insn_decode_control(&bytes, x86_mode(vcpu->arch.vmcb), &c))
		return x86_fail_emulate(vcpu, &bytes);
	if (c.opcode == MOV_TO_CR && c.special == 4)
		return write_cr4(vcpu, &c);
	if (c.opcode == MOV_TO_CR && c.special == 8)
		return write_cr8(vcpu, &c);
	if (c.opcode == MOV_TO_DR || c.opcode == MOV_FROM_DR)
		return access_debug(vcpu, &c);
	return x86_fail_emulate(vcpu, &bytes);
}

#define DR_WRITE(n, value) __asm__ volatile("mov %0, %%dr" #n : : "r"(value))

void x86_breakpoints_load(const struct vcpu *vcpu)
{
	const u64 *dr = vcpu->arch.m.dr;

	if (!(vcpu->arch.vmcb->dr7 & DR7_ENABLED))
		return;
	DR_WRITE(0, dr[0]);
	DR_WRITE(1, dr[1]);
	DR_WRITE(2, dr[2]);
	DR_WRITE(3, dr[3]);
}
