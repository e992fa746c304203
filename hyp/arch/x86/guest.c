/*
 * A vCPU's registers, exceptions and memory, for those who execute instructions in its place: see hyp_x86.h.
 */
#include "hyp_x86.h"

#define CODE_LONG      0x200 /* of a segment's attributes */
#define CODE_32        0x400
#define EFER_LMA       0x400
#define DR6_SINGLE     0x4000
#define RFLAGS_RF      0x10000

u64 *x86_register(struct vcpu *vcpu, u32 number)
{
	switch (number) {
	case GPR_RAX: return &vcpu->arch.vmcb->rax;
	case GPR_RSP: return &vcpu->arch.vmcb->rsp;
	default: return &vcpu->arch.gpr[number];
	}
}

enum insn_mode x86_mode(const struct vmcb *vmcb)
{
	if (vmcb->efer & EFER_LMA && vmcb->cs.attributes & CODE_LONG)
		return INSN_64;
	return vmcb->cs.attributes & CODE_32 ? INSN_32 : INSN_16;
}

/* ---- Exceptions ---------------------------------------------------------------------------------------- */

bool x86_has_event(const struct vcpu *vcpu)
{
	return vcpu->arch.vmcb->event_inject & EVENT_VALID;
}

void x86_raise(struct vcpu *vcpu, u8 vector)
{
	vcpu->arch.vmcb->event_inject = EVENT_VALID | EVENT_EXCEPTION | vector;
}

void x86_raise_with_error(struct vcpu *vcpu, u8 vector, u32 error)
{
	vcpu->arch.vmcb->event_inject = EVENT_VALID | EVENT_EXCEPTION | EVENT_HAS_ERROR | vector | (u64)error << 32;
}

void x86_raise_page_fault(struct vcpu *vcpu, u64 address, u32 error)
{
	vcpu->arch.vmcb->cr2 = address;
	x86_raise_with_error(vcpu, EXCEPTION_PF, error);
}

/* ---- Going on ------------------------------------------------------------------------------------------ */

static u64 cut_rip(const struct vmcb *vmcb, u64 rip)
{
	return x86_mode(vmcb) == INSN_64 ? rip : rip & 0xffffffff;
}

/* What the processor does at the end of an instruction. */
void x86_advance(struct vcpu *vcpu, u32 length)
{
	struct vmcb *vmcb = vcpu->arch.vmcb;

	vmcb->rip = cut_rip(vmcb, vmcb->rip + length);
	vmcb->interrupt_shadow = 0;
	vmcb->rflags &= ~(u64)RFLAGS_RF;
	if (vmcb->rflags & RFLAGS_TF) {
		vmcb->dr6 |= DR6_SINGLE;
		x86_raise(vcpu, EXCEPTION_DB);
	}
}

/*
 * To read an instruction costs ten times what the exit does.  So what a place had once it is taken to have: a guest
 * that puts the same instruction with other prefixes there goes on in the middle of its own bytes.
 */
static struct x86_seen_length *seen_at(struct vcpu *vcpu)
{
	return &vcpu->arch.m.seen[(arch_vcpu_pc(vcpu) >> 1) % ARRAY_SIZE(vcpu->arch.m.seen)];
}

static bool is_seen(const struct x86_seen_length *seen, const struct vmcb *vmcb)
{
	return seen->length && seen->rip == vmcb->rip && seen->cr3 == vmcb->cr3 && seen->exit == (u32)vmcb->exitcode;
}

static u32 read_length(struct vcpu *vcpu, u32 length)
{
	struct insn_prefixes prefixes;
	struct insn_bytes bytes;

	x86_fetch(vcpu, &bytes);
	if (!insn_prefixes(&bytes, x86_mode(vcpu->arch.vmcb), &prefixes)) {
		x86_forget_translations(vcpu);
		return 0;
	}
	return prefixes.count + length;
}

/* Tests of the world switch have no memory to read, and no prefixes. */
u32 x86_length(struct vcpu *vcpu, u32 length)
{
	struct x86_seen_length *seen = seen_at(vcpu);
	const struct vmcb *vmcb = vcpu->arch.vmcb;

	if (!vcpu->vm)
		return length;
	if (is_seen(seen, vmcb))
		return seen->length;
	length = read_length(vcpu, length);
	*seen = (struct x86_seen_length){ vmcb->rip, vmcb->cr3, vmcb->exitcode, length };
	return length;
}

bool x86_skip(struct vcpu *vcpu, u32 length)
{
	length = x86_length(vcpu, length);
	if (length)
		x86_advance(vcpu, length);
	return length != 0;
}

/* ---- Memory -------------------------------------------------------------------------------------------- */

static bool read_entry(void *vm, gpa_t at, u32 size, u64 *entry)
{
	*entry = 0;
	return guest_read(vm, at, entry, size) == 0;
}

static enum walk_outcome walk_guest(struct vcpu *vcpu, u64 address, enum access access, struct walk *w)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;
	struct walk_state state = {
		.cr0 = vmcb->cr0, .cr3 = vmcb->cr3, .cr4 = vmcb->cr4, .efer = vmcb->efer, .rflags = vmcb->rflags,
		.cpl = vmcb->cpl,
		.gpa_bits = vcpu->vm->gpa_bits,
		.has_gib = cpuid_has_gib(&vcpu->arch.m.cpuid),
		.read = read_entry, .arg = vcpu->vm,
	};

	return walk(&state, address, access, w);
}

/* Where no memory is, all bits are read as ones: an entry with reserved bits. */
static enum walk_outcome report(struct vcpu *vcpu, u64 address, enum walk_outcome outcome, const struct walk *w)
{
	switch (outcome) {
	case WALK_FAULT:
		x86_raise_page_fault(vcpu, address, w->error);
		return WALK_FAULT;
	case WALK_NO_MEMORY:
		x86_raise_page_fault(vcpu, address, w->error | PF_PRESENT | PF_RESERVED);
		return WALK_FAULT;
	case WALK_NOT_CANONICAL:
		x86_raise_with_error(vcpu, EXCEPTION_GP, 0);
		return WALK_FAULT;
	default:
		return outcome;
	}
}

#define ENTRY_ACCESSED_DIRTY 0x60

/* As the processor would.  Only this byte of the entry, which others hardly change at the same time. */
static void note_write(struct vcpu *vcpu, const struct walk *w)
{
	u8 low = w->entry | ENTRY_ACCESSED_DIRTY;

	if (w->has_entry && (u8)w->entry != low)
		guest_write(vcpu->vm, w->entry_at, &low, sizeof(low));
}

enum walk_outcome x86_translate(struct vcpu *vcpu, u64 address, enum access access, gpa_t *at)
{
	struct walk w;
	enum walk_outcome outcome = walk_guest(vcpu, address, access, &w);

	*at = w.gpa;
	if (outcome == WALK_DONE && access == ACCESS_WRITE)
		note_write(vcpu, &w);
	return report(vcpu, address, outcome, &w);
}

/* How many of `size` bytes are in the page of the first. */
static u32 in_page(u64 address, u32 size)
{
	return MIN(size, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
}

static bool fetch_part(struct vcpu *vcpu, u64 address, u8 *to, u32 size)
{
	struct walk w;

	return walk_guest(vcpu, address, ACCESS_EXEC, &w) == WALK_DONE && guest_read(vcpu->vm, w.gpa, to, size) == 0;
}

u64 x86_code_address(const struct vcpu *vcpu)
{
	const struct vmcb *vmcb = vcpu->arch.vmcb;

	return x86_mode(vmcb) == INSN_64 ? vmcb->rip : (vmcb->cs.base + vmcb->rip) & 0xffffffff;
}

void x86_fetch(struct vcpu *vcpu, struct insn_bytes *bytes)
{
	u64 address = x86_code_address(vcpu);
	u32 first = in_page(address, INSN_BYTES_MAX);

	bytes->count = 0;
	if (!fetch_part(vcpu, address, bytes->byte, first))
		return;
	bytes->count = first;
	if (first < INSN_BYTES_MAX && fetch_part(vcpu, address + first, bytes->byte + first, INSN_BYTES_MAX - first))
		bytes->count = INSN_BYTES_MAX;
}

static bool copy_part(struct vcpu *vcpu, u64 address, void *data, u32 size, enum access access)
{
	enum walk_outcome outcome;
	struct walk w;
	int error;

	outcome = report(vcpu, address, walk_guest(vcpu, address, access, &w), &w);
	if (outcome != WALK_DONE)
		return false;
	error = access == ACCESS_WRITE ? guest_write(vcpu->vm, w.gpa, data, size) :
					 guest_read(vcpu->vm, w.gpa, data, size);
	if (!error && access == ACCESS_WRITE)
		note_write(vcpu, &w);
	return !error;
}

static bool copy_linear(struct vcpu *vcpu, u64 address, void *data, u32 size, enum access access)
{
	u32 first = in_page(address, size);

	return copy_part(vcpu, address, data, first, access) &&
	       (first == size || copy_part(vcpu, address + first, (u8 *)data + first, size - first, access));
}

bool x86_read_linear(struct vcpu *vcpu, u64 address, void *to, u32 size)
{
	return copy_linear(vcpu, address, to, size, ACCESS_READ);
}

bool x86_write_linear(struct vcpu *vcpu, u64 address, const void *from, u32 size)
{
	return copy_linear(vcpu, address, (void *)from, size, ACCESS_WRITE);
}
