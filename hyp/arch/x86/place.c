/*
 * An operand in memory, wherever that is: RAM, the local APIC's page, or nothing, which is the monitor's.
 *
 * An operand that goes over the end of a page has two parts, which may be different things.  A part that is the
 * monitor's is read by leaving: the answer is kept, and with it the guest comes back, faults again, and the instruction
 * is executed from its beginning, until it needs nothing more.  Nothing is injected in between.  Of two parts that the
 * monitor has to write, the second leaves when the monitor runs the vCPU again.
 *
 * I1 Answers are kept in the order in which they were asked for, for the instruction at unfinished.rip.
 */
#include "hyp_x86.h"

/* ---- The local APIC's page ----------------------------------------------------------------------------- */

static bool is_apic(const struct vcpu *vcpu, gpa_t at)
{
	return ALIGN_DOWN(at.raw, PAGE_SIZE) == LAPIC_PAGE && vcpu->arch.m.lapic.mode == VM_X86_APIC_XAPIC;
}

/* Registers are read and written whole; parts of one are read, but nothing between them. */
static u64 read_apic(struct vcpu *vcpu, gpa_t at)
{
	u32 reg = at.raw & 0xff0, inside = at.raw & 15;

	return inside < 4 ? x86_apic_read(vcpu, reg) >> 8 * inside : 0;
}

static void write_apic(struct vcpu *vcpu, gpa_t at, u64 value, u32 size)
{
	if (size >= 4 && !(at.raw & 15))
		x86_apic_write(vcpu, at.raw & 0xff0, (u32)value);
}

/* ---- The monitor's ------------------------------------------------------------------------------------- */

void x86_answers_begin(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	m->unfinished.used = 0;
	if (m->unfinished.rip != arch_vcpu_pc(vcpu))
		m->unfinished.answers = 0;
}

void x86_answers_forget(struct vcpu *vcpu)
{
	vcpu->arch.m.unfinished.answers = 0;
}

void x86_finish_read(struct vcpu *vcpu, u64 data)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;
	u32 n = m->unfinished.answers++;

	ASSERT(n < ARRAY_SIZE(m->unfinished.answer), "place: an instruction that reads %u times", n + 1);
	m->unfinished.answer[n].address = m->unfinished.address;
	m->unfinished.answer[n].data = data;
}

static bool take_answer(struct vcpu *vcpu, gpa_t at, u64 *value)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;
	u32 n = m->unfinished.used;

	if (n == m->unfinished.answers || m->unfinished.answer[n].address != at.raw)
		return false;
	*value = m->unfinished.answer[n].data;
	m->unfinished.used++;
	return true;
}

static void leave_mmio(struct vcpu *vcpu, gpa_t at, u32 size)
{
	struct memslot unused;
	bool has_slot = memslot_find(&vcpu->vm->slots, at, &unused) == MEMSLOT_FOUND;

	vcpu->run->mmio.address = at.raw;
	vcpu->run->mmio.bytes = size;
	vcpu->run->mmio.why = has_slot ? VM_MMIO_READ_ONLY : VM_MMIO_NO_SLOT;
	vm_leave(vcpu, VM_EXIT_MMIO);
}

static enum x86_memory leave_to_read(struct vcpu *vcpu, gpa_t at, u32 size)
{
	u32 used = vcpu->arch.m.unfinished.used;

	x86_expect(vcpu, UNFINISHED_READ, at.raw, size);
	vcpu->arch.m.unfinished.answers = used;
	vcpu->run->mmio.data = 0;
	vcpu->run->mmio.is_write = 0;
	leave_mmio(vcpu, at, size);
	return X86_MEMORY_MONITOR;
}

static enum x86_memory leave_to_write(struct vcpu *vcpu, gpa_t at, u64 value, u32 size)
{
	vcpu->run->mmio.data = value & insn_mask(size);
	vcpu->run->mmio.is_write = 1;
	leave_mmio(vcpu, at, size);
	return X86_MEMORY_MONITOR;
}

/* ---- Parts --------------------------------------------------------------------------------------------- */

static enum x86_memory read_part(struct vcpu *vcpu, gpa_t at, u32 size, u64 *value)
{
	enum memslot_found found;
	struct memslot slot;

	*value = 0;
	if (is_apic(vcpu, at)) {
		*value = read_apic(vcpu, at);
		return X86_MEMORY_DONE;
	}
	if (take_answer(vcpu, at, value))
		return X86_MEMORY_DONE;
	found = memslot_find(&vcpu->vm->slots, at, &slot);
	if (found == MEMSLOT_BUSY)
		return X86_MEMORY_AGAIN;
	if (found == MEMSLOT_FOUND && guest_read(vcpu->vm, at, value, size) == 0)
		return X86_MEMORY_DONE;
	return leave_to_read(vcpu, at, size);
}

static enum x86_memory write_part(struct vcpu *vcpu, gpa_t at, u32 size, u64 value)
{
	struct memslot slot;

	if (is_apic(vcpu, at)) {
		write_apic(vcpu, at, value, size);
		return X86_MEMORY_DONE;
	}
	if (memslot_find(&vcpu->vm->slots, at, &slot) == MEMSLOT_FOUND && !(slot.flags & VM_SLOT_READ_ONLY) &&
	    guest_write(vcpu->vm, at, &value, size) == 0)
		return X86_MEMORY_DONE;
	return leave_to_write(vcpu, at, value, size);
}

enum x86_memory x86_finish_write(struct vcpu *vcpu)
{
	const struct x86_machine_cpu *m = &vcpu->arch.m;

	return write_part(vcpu, gpa(m->unfinished.address), m->unfinished.size, m->unfinished.data);
}

/* ---- Places -------------------------------------------------------------------------------------------- */

static u64 cut(struct vcpu *vcpu, u64 address)
{
	return x86_mode(vcpu->arch.vmcb) == INSN_64 ? address : address & 0xffffffff;
}

bool x86_place_find(struct vcpu *vcpu, struct x86_operand_at at, struct x86_place *place)
{
	u32 first = MIN(at.size, PAGE_SIZE - (at.address & (PAGE_SIZE - 1)));

	*place = (struct x86_place){ .size = { first, at.size - first } };
	if (x86_translate(vcpu, at.address, at.access, &place->at[0]) != WALK_DONE)
		return false;
	return !place->size[1] ||
	       x86_translate(vcpu, cut(vcpu, at.address + first), at.access, &place->at[1]) == WALK_DONE;
}

static bool part_is_busy(struct vcpu *vcpu, gpa_t at)
{
	struct memslot slot;

	return memslot_find(&vcpu->vm->slots, at, &slot) == MEMSLOT_BUSY;
}

bool x86_place_is_busy(struct vcpu *vcpu, const struct x86_place *place)
{
	return part_is_busy(vcpu, place->at[0]) || (place->size[1] && part_is_busy(vcpu, place->at[1]));
}

enum x86_memory x86_place_read(struct vcpu *vcpu, const struct x86_place *place, u64 *value)
{
	enum x86_memory memory = read_part(vcpu, place->at[0], place->size[0], value);
	u64 upper;

	*value &= insn_mask(place->size[0]);
	if (memory != X86_MEMORY_DONE || !place->size[1])
		return memory;
	memory = read_part(vcpu, place->at[1], place->size[1], &upper);
	*value |= (upper & insn_mask(place->size[1])) << 8 * place->size[0];
	return memory;
}

enum x86_memory x86_place_write(struct vcpu *vcpu, const struct x86_place *place, u64 value)
{
	enum x86_memory memory = write_part(vcpu, place->at[0], place->size[0], value);
	u64 upper;

	if (!place->size[1])
		return memory;
	upper = value >> 8 * place->size[0];
	if (memory == X86_MEMORY_DONE)
		return write_part(vcpu, place->at[1], place->size[1], upper);
	x86_expect(vcpu, UNFINISHED_WRITE, place->at[1].raw, place->size[1]);
	vcpu->arch.m.unfinished.data = upper;
	return memory;
}
