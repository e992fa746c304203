/*
 * Operands of an instruction that is executed in the guest's place: registers, addresses, and the counting of strings.
 */
#include "hyp_x86.h"

#define RFLAGS_ZF 0x40

/* ---- Registers ----------------------------------------------------------------------------------------- */

u64 x86_operand(struct vcpu *vcpu, const struct insn *insn)
{
	u64 value;

	if (insn->source == INSN_IMMEDIATE)
		return insn->immediate & insn_mask(insn->size);
	value = *x86_register(vcpu, insn->reg);
	return (insn->reg_is_high ? value >> 8 : value) & insn_mask(insn->size);
}

/* 4 bytes clear the upper half, fewer leave the rest as it is. */
static void merge(u64 *reg, u64 value, u32 size)
{
	u64 mask = insn_mask(size);

	*reg = size == 4 ? (u32)value : (*reg & ~mask) | (value & mask);
}

void x86_set_operand(struct vcpu *vcpu, const struct insn *insn, u64 value)
{
	u64 *reg = x86_register(vcpu, insn->reg);

	if (insn->reg_is_high)
		*reg = (*reg & ~0xff00ull) | (value & 0xff) << 8;
	else
		merge(reg, value, insn->reg_size);
}

/* ---- Addresses ----------------------------------------------------------------------------------------- */

static u64 segment_base(const struct vmcb *vmcb, enum insn_segment segment)
{
	switch (segment) {
	case INSN_FS: return vmcb->fs.base;
	case INSN_GS: return vmcb->gs.base;
	default: break;
	}
	if (x86_mode(vmcb) == INSN_64)
		return 0;
	switch (segment) {
	case INSN_ES: return vmcb->es.base;
	case INSN_CS: return vmcb->cs.base;
	case INSN_SS: return vmcb->ss.base;
	default: return vmcb->ds.base;
	}
}

static u64 linear(const struct vmcb *vmcb, enum insn_segment segment, u64 offset)
{
	u64 address = segment_base(vmcb, segment) + offset;

	return x86_mode(vmcb) == INSN_64 ? address : address & 0xffffffff;
}

u64 x86_operand_address(struct vcpu *vcpu, const struct insn *insn)
{
	u64 offset = insn->displacement;

	if (insn->base != INSN_NONE)
		offset += *x86_register(vcpu, insn->base);
	if (insn->index != INSN_NONE)
		offset += *x86_register(vcpu, insn->index) << insn->scale;
	if (insn->rip_relative)
		offset += vcpu->arch.vmcb->rip + insn->length;
	return linear(vcpu->arch.vmcb, insn->segment, offset & insn_mask(insn->address_size));
}

/* ---- Strings ------------------------------------------------------------------------------------------- */

u64 x86_string_address(struct vcpu *vcpu, const struct insn *insn, enum insn_segment segment, u32 reg)
{
	return linear(vcpu->arch.vmcb, segment, *x86_register(vcpu, reg) & insn_mask(insn->address_size));
}

void x86_string_step(struct vcpu *vcpu, const struct insn *insn, u32 reg, u32 size)
{
	u64 *place = x86_register(vcpu, reg);

	merge(place, vcpu->arch.vmcb->rflags & RFLAGS_DF ? *place - size : *place + size, insn->address_size);
}

bool x86_string_is_over(struct vcpu *vcpu, const struct insn *insn)
{
	if (!insn->prefixes.repeat || *x86_register(vcpu, GPR_RCX) & insn_mask(insn->address_size))
		return false;
	x86_advance(vcpu, insn->length);
	return true;
}

/* True: there are more. */
static bool count_element(struct vcpu *vcpu, const struct insn *insn)
{
	u64 *rcx = x86_register(vcpu, GPR_RCX);

	if (!insn->prefixes.repeat)
		return false;
	merge(rcx, *rcx - 1, insn->address_size);
	return *rcx & insn_mask(insn->address_size);
}

void x86_string_end(struct vcpu *vcpu, const struct insn *insn)
{
	if (!count_element(vcpu, insn))
		x86_advance(vcpu, insn->length);
}

/* REPE goes on while they are equal, REPNE while they are not. */
void x86_string_end_compared(struct vcpu *vcpu, const struct insn *insn)
{
	bool are_equal = vcpu->arch.vmcb->rflags & RFLAGS_ZF;

	if (!count_element(vcpu, insn) || are_equal == insn->prefixes.repeat_unequal)
		x86_advance(vcpu, insn->length);
}
