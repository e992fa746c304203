/*
 * Accesses to memory that is not there: the local APIC's page, the monitor's devices, and what is beyond the width.
 *
 * The instruction is decoded and executed here.  Where it both reads and writes memory that is the monitor's, it is
 * executed twice: first it leaves to read; the answer is kept, and with it the guest comes back, faults again, and
 * leaves to write.  Nothing is injected in between.
 *
 * The page that faulted is the hardware's word: guest tables are walked only for a second operand.
 */
#include "hyp_x86.h"

enum memory { MEMORY_DONE, MEMORY_MONITOR, MEMORY_AGAIN };

static enum vm_next next_of(enum memory memory)
{
	return memory == MEMORY_MONITOR ? VM_NEXT_MONITOR : VM_NEXT_ENTER;
}

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

/* ---- The monitor's -------------------------------------------------------------------------------------- */

static u64 take_data(struct vcpu *vcpu)
{
	vcpu->arch.m.unfinished.has_data = false;
	return vcpu->arch.m.unfinished.data;
}

static bool has_data_for(const struct vcpu *vcpu, gpa_t at)
{
	const struct x86_machine_cpu *m = &vcpu->arch.m;

	return m->unfinished.has_data && m->unfinished.address == at.raw && m->unfinished.rip == arch_vcpu_pc(vcpu);
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

static enum memory leave_to_read(struct vcpu *vcpu, gpa_t at, u32 size)
{
	x86_expect(vcpu, UNFINISHED_READ, at.raw, size);
	vcpu->run->mmio.data = 0;
	vcpu->run->mmio.is_write = 0;
	leave_mmio(vcpu, at, size);
	return MEMORY_MONITOR;
}

/* The guest has executed it all, where it leaves to write. */
static enum memory leave_to_write(struct vcpu *vcpu, gpa_t at, u64 value, u32 size)
{
	vcpu->run->mmio.data = value & insn_mask(size);
	vcpu->run->mmio.is_write = 1;
	leave_mmio(vcpu, at, size);
	return MEMORY_MONITOR;
}

/* ---- Memory, whatever it is ---------------------------------------------------------------------------- */

static enum memory read_memory(struct vcpu *vcpu, gpa_t at, u32 size, u64 *value)
{
	enum memslot_found found;
	struct memslot slot;

	*value = 0;
	if (is_apic(vcpu, at)) {
		*value = read_apic(vcpu, at);
		return MEMORY_DONE;
	}
	if (has_data_for(vcpu, at)) {
		*value = take_data(vcpu);
		return MEMORY_DONE;
	}
	found = memslot_find(&vcpu->vm->slots, at, &slot);
	if (found == MEMSLOT_BUSY)
		return MEMORY_AGAIN;
	if (found == MEMSLOT_FOUND && guest_read(vcpu->vm, at, value, size) == 0)
		return MEMORY_DONE;
	return leave_to_read(vcpu, at, size);
}

/* Can it be written without an end in the middle?  Then write_memory() does not ask for it again. */
static bool is_busy(struct vcpu *vcpu, gpa_t at)
{
	struct memslot slot;

	return memslot_find(&vcpu->vm->slots, at, &slot) == MEMSLOT_BUSY;
}

static enum memory write_memory(struct vcpu *vcpu, gpa_t at, u32 size, u64 value)
{
	struct memslot slot;

	if (is_apic(vcpu, at)) {
		write_apic(vcpu, at, value, size);
		return MEMORY_DONE;
	}
	if (memslot_find(&vcpu->vm->slots, at, &slot) == MEMSLOT_FOUND && !(slot.flags & VM_SLOT_READ_ONLY) &&
	    guest_write(vcpu->vm, at, &value, size) == 0)
		return MEMORY_DONE;
	return leave_to_write(vcpu, at, value, size);
}

/* ---- Instructions with one operand in memory ----------------------------------------------------------- */

static bool reads_memory(const struct insn *insn)
{
	return insn->op != INSN_STORE && insn->op != INSN_STOS;
}

static bool writes_memory(const struct insn *insn)
{
	return insn->op != INSN_LOAD && insn->op != INSN_LOAD_SIGNED && insn_writes_result(insn->op) &&
	       !insn->to_register;
}

static void load(struct vcpu *vcpu, const struct insn *insn, u64 value)
{
	value &= insn_mask(insn->size);
	if (insn->op == INSN_LOAD_SIGNED)
		value = insn_sign_extend(value, insn->size);
	x86_set_operand(vcpu, insn, value);
	x86_advance(vcpu, insn->length);
}

/* All that an instruction does to registers, when its value in memory is known; returns what goes to memory. */
static u64 compute(struct vcpu *vcpu, const struct insn *insn, u64 value)
{
	u64 operand = x86_operand(vcpu, insn), *rflags = &vcpu->arch.vmcb->rflags;
	u64 a = insn->to_register ? operand : value, b = insn->to_register ? value : operand;
	u64 result = insn_compute(insn->op, insn->size, a, b, rflags);

	if (insn->op == INSN_XCHG)
		x86_set_operand(vcpu, insn, value);
	else if (insn->to_register && insn_writes_result(insn->op))
		x86_set_operand(vcpu, insn, result);
	return result;
}

static void end_instruction(struct vcpu *vcpu, const struct insn *insn)
{
	if (insn->op == INSN_STOS) {
		x86_string_step(vcpu, insn, GPR_RDI, insn->size);
		x86_string_end(vcpu, insn);
	} else {
		x86_advance(vcpu, insn->length);
	}
}

static enum vm_next execute(struct vcpu *vcpu, const struct insn *insn, gpa_t at)
{
	enum memory memory;
	u64 value = 0;

	if (reads_memory(insn)) {
		memory = read_memory(vcpu, at, insn->size, &value);
		if (memory == MEMORY_MONITOR && (insn->op == INSN_LOAD || insn->op == INSN_LOAD_SIGNED)) {
			vcpu->arch.m.unfinished.kind = UNFINISHED_LOAD;
			vcpu->arch.m.unfinished.insn = *insn;
		}
		if (memory != MEMORY_DONE)
			return next_of(memory);
	}
	if (insn->op == INSN_LOAD || insn->op == INSN_LOAD_SIGNED) {
		load(vcpu, insn, value);
		return VM_NEXT_ENTER;
	}
	value = compute(vcpu, insn, value);
	end_instruction(vcpu, insn);
	return writes_memory(insn) ? next_of(write_memory(vcpu, at, insn->size, value)) : VM_NEXT_ENTER;
}

void x86_finish_load(struct vcpu *vcpu, u64 data)
{
	load(vcpu, &vcpu->arch.m.unfinished.insn, data);
}

/* ---- MOVS ---------------------------------------------------------------------------------------------- */

static bool crosses_page(u64 address, u32 size)
{
	return (address & (PAGE_SIZE - 1)) + size > PAGE_SIZE;
}

static enum vm_next execute_movs(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes)
{
	enum insn_segment segment = insn->segment == INSN_NO_SEGMENT ? INSN_DS : insn->segment;
	u64 from = x86_string_address(vcpu, insn, segment, GPR_RSI);
	u64 to = x86_string_address(vcpu, insn, INSN_ES, GPR_RDI), value;
	enum memory memory;
	gpa_t source, destination;

	if (crosses_page(from, insn->size) || crosses_page(to, insn->size))
		return x86_fail_emulate(vcpu, bytes);
	if (x86_translate(vcpu, from, ACCESS_READ, &source) != WALK_DONE ||
	    x86_translate(vcpu, to, ACCESS_WRITE, &destination) != WALK_DONE)
		return x86_has_event(vcpu) ? VM_NEXT_ENTER : x86_fail_emulate(vcpu, bytes);
	memory = read_memory(vcpu, source, insn->size, &value);
	if (memory != MEMORY_DONE)
		return next_of(memory);
	x86_string_step(vcpu, insn, GPR_RSI, insn->size);
	x86_string_step(vcpu, insn, GPR_RDI, insn->size);
	x86_string_end(vcpu, insn);
	return next_of(write_memory(vcpu, destination, insn->size, value));
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

static u64 address_of(struct vcpu *vcpu, const struct insn *insn)
{
	if (insn->op == INSN_STOS)
		return x86_string_address(vcpu, insn, INSN_ES, GPR_RDI);
	return x86_operand_address(vcpu, insn);
}

/*
 * Where hardware's width is larger than the guest's, an entry that leads beyond it has not been refused, and a table
 * that is not there has been read as if it were.  The guest's own walk says what the guest gets.
 */
static enum vm_next refuse_walk(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes)
{
	enum access access = writes_memory(insn) ? ACCESS_WRITE : ACCESS_READ;
	gpa_t unused;

	if (insn->op != INSN_MOVS) {
		x86_translate(vcpu, address_of(vcpu, insn), access, &unused);
	} else {
		x86_translate(vcpu, x86_string_address(vcpu, insn, INSN_DS, GPR_RSI), ACCESS_READ, &unused);
		if (!x86_has_event(vcpu))
			x86_translate(vcpu, x86_string_address(vcpu, insn, INSN_ES, GPR_RDI), ACCESS_WRITE, &unused);
	}
	return x86_has_event(vcpu) ? VM_NEXT_ENTER : x86_fail_emulate(vcpu, bytes);
}

/* Nothing is there to be executed: all ones, which is no instruction. */
static enum vm_next refuse_fetch(struct vcpu *vcpu)
{
	gpa_t unused;

	x86_translate(vcpu, x86_code_address(vcpu), ACCESS_EXEC, &unused);
	if (!x86_has_event(vcpu))
		x86_raise(vcpu, EXCEPTION_UD);
	return VM_NEXT_ENTER;
}

static bool is_at(const struct vcpu *vcpu, u64 address, u32 size)
{
	return !crosses_page(address, size) && (address & (PAGE_SIZE - 1)) == (vcpu->fault.gpa.raw & (PAGE_SIZE - 1));
}

static enum vm_next emulate(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes, u32 why)
{
	if (why == MMU_WHY_BEYOND || vcpu->fault.flags & TDP_FAULT_ON_WALK)
		return refuse_walk(vcpu, insn, bytes);
	if (insn->op == INSN_STOS || insn->op == INSN_MOVS)
		if (x86_string_is_over(vcpu, insn))
			return VM_NEXT_ENTER;
	if (insn->op == INSN_MOVS)
		return execute_movs(vcpu, insn, bytes);
	if (!is_at(vcpu, address_of(vcpu, insn), insn->size) || is_busy(vcpu, vcpu->fault.gpa))
		return is_busy(vcpu, vcpu->fault.gpa) ? VM_NEXT_ENTER : x86_fail_emulate(vcpu, bytes);
	return execute(vcpu, insn, vcpu->fault.gpa);
}

/* In the middle of an event's delivery there is no instruction. */
enum vm_next arch_vcpu_emulate(struct vcpu *vcpu, u32 why)
{
	struct insn_bytes bytes = { .count = 0 };
	struct insn insn;
	gpa_t unused;

	if (x86_has_event(vcpu))
		return x86_fail_emulate(vcpu, &bytes);
	if (vcpu->fault.access == TDP_ACCESS_EXEC)
		return refuse_fetch(vcpu);
	x86_fetch(vcpu, &bytes);
	if (bytes.count == 0) {
		x86_translate(vcpu, x86_code_address(vcpu), ACCESS_EXEC, &unused);
		x86_forget_translations(vcpu);
		return VM_NEXT_ENTER;
	}
	if (!insn_decode(&bytes, x86_mode(vcpu->arch.vmcb), &insn))
		return x86_fail_emulate(vcpu, &bytes);
	return emulate(vcpu, &insn, &bytes, why);
}
