/*
 * Accesses to memory that is not there: the local APIC's page, the monitor's devices, and what is beyond the width.
 *
 * The instruction is decoded and executed here; place.c says how its operands are reached, and why it may be executed
 * several times before it is done.
 *
 * The page that faulted is the hardware's word: guest tables are walked only for strings, and for operands that go over
 * the end of a page.
 */
#include "hyp_x86.h"

enum vm_next x86_next_of(enum x86_memory memory)
{
	return memory == X86_MEMORY_MONITOR ? VM_NEXT_MONITOR : VM_NEXT_ENTER;
}

/* ---- Instructions with one operand in memory ----------------------------------------------------------- */

static bool is_load(const struct insn *insn)
{
	return insn->op == INSN_LOAD || insn->op == INSN_LOAD_SIGNED;
}

static bool writes_memory(const struct insn *insn)
{
	return !is_load(insn) && insn_writes_result(insn->op) && !insn->to_register;
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

/* A load that lacks one answer is finished by it. */
static void finish_later(struct vcpu *vcpu, const struct insn *insn, const struct x86_place *place)
{
	if (!is_load(insn) || place->size[1])
		return;
	vcpu->arch.m.unfinished.kind = UNFINISHED_LOAD;
	vcpu->arch.m.unfinished.insn = *insn;
}

static enum vm_next execute(struct vcpu *vcpu, const struct insn *insn, const struct x86_place *place)
{
	enum x86_memory memory = X86_MEMORY_DONE;
	u64 value = 0;

	if (insn->op != INSN_STORE)
		memory = x86_place_read(vcpu, place, &value);
	if (memory == X86_MEMORY_MONITOR)
		finish_later(vcpu, insn, place);
	if (memory != X86_MEMORY_DONE)
		return x86_next_of(memory);
	x86_answers_forget(vcpu);
	if (is_load(insn)) {
		load(vcpu, insn, value);
		return VM_NEXT_ENTER;
	}
	value = compute(vcpu, insn, value);
	x86_advance(vcpu, insn->length);
	return writes_memory(insn) ? x86_next_of(x86_place_write(vcpu, place, value)) : VM_NEXT_ENTER;
}

void x86_finish_load(struct vcpu *vcpu, u64 data)
{
	load(vcpu, &vcpu->arch.m.unfinished.insn, data);
}

/* ---- Strings ------------------------------------------------------------------------------------------- */

static bool has_source(enum insn_op op)
{
	return op == INSN_MOVS || op == INSN_CMPS || op == INSN_LODS;
}

static bool compares(enum insn_op op)
{
	return op == INSN_CMPS || op == INSN_SCAS;
}

struct string {
	struct x86_place source, destination;
	u64 value, other; /* what is moved, or compared with what is at the destination */
};

/* False: an exception is raised. */
static bool find_string(struct vcpu *vcpu, const struct insn *insn, struct string *s)
{
	enum insn_segment segment = insn->segment == INSN_NO_SEGMENT ? INSN_DS : insn->segment;
	enum access access = compares(insn->op) ? ACCESS_READ : ACCESS_WRITE;
	struct x86_operand_at from = { x86_string_address(vcpu, insn, segment, GPR_RSI), insn->size, ACCESS_READ };
	struct x86_operand_at to = { x86_string_address(vcpu, insn, INSN_ES, GPR_RDI), insn->size, access };

	if (has_source(insn->op) && !x86_place_find(vcpu, from, &s->source))
		return false;
	return insn->op == INSN_LODS || x86_place_find(vcpu, to, &s->destination);
}

static bool string_is_busy(struct vcpu *vcpu, const struct insn *insn, const struct string *s)
{
	return (has_source(insn->op) && x86_place_is_busy(vcpu, &s->source)) ||
	       (insn->op != INSN_LODS && x86_place_is_busy(vcpu, &s->destination));
}

static enum x86_memory read_string(struct vcpu *vcpu, const struct insn *insn, struct string *s)
{
	enum x86_memory memory = X86_MEMORY_DONE;

	s->value = x86_operand(vcpu, insn);
	if (has_source(insn->op))
		memory = x86_place_read(vcpu, &s->source, &s->value);
	if (memory == X86_MEMORY_DONE && compares(insn->op))
		memory = x86_place_read(vcpu, &s->destination, &s->other);
	return memory;
}

/* All of the element but what goes to memory. */
static void end_string(struct vcpu *vcpu, const struct insn *insn, const struct string *s)
{
	if (has_source(insn->op))
		x86_string_step(vcpu, insn, GPR_RSI, insn->size);
	if (insn->op == INSN_LODS)
		x86_set_operand(vcpu, insn, s->value);
	else
		x86_string_step(vcpu, insn, GPR_RDI, insn->size);
	if (compares(insn->op)) {
		insn_compute(INSN_CMP, insn->size, s->value, s->other, &vcpu->arch.vmcb->rflags);
		x86_string_end_compared(vcpu, insn);
	} else {
		x86_string_end(vcpu, insn);
	}
}

static enum vm_next execute_string(struct vcpu *vcpu, const struct insn *insn)
{
	enum x86_memory memory;
	struct string s;

	if (x86_string_is_over(vcpu, insn))
		return VM_NEXT_ENTER;
	if (!find_string(vcpu, insn, &s)) {
		x86_answers_forget(vcpu);
		return VM_NEXT_ENTER;
	}
	if (string_is_busy(vcpu, insn, &s))
		return VM_NEXT_ENTER;
	memory = read_string(vcpu, insn, &s);
	if (memory != X86_MEMORY_DONE)
		return x86_next_of(memory);
	x86_answers_forget(vcpu);
	end_string(vcpu, insn, &s);
	if (compares(insn->op) || insn->op == INSN_LODS)
		return VM_NEXT_ENTER;
	return x86_next_of(x86_place_write(vcpu, &s.destination, s.value));
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

static bool is_string(const struct insn *insn)
{
	return insn->op >= INSN_STOS;
}

static struct x86_operand_at operand_of(struct vcpu *vcpu, const struct insn *insn)
{
	return (struct x86_operand_at){ x86_operand_address(vcpu, insn), insn->size,
					writes_memory(insn) ? ACCESS_WRITE : ACCESS_READ };
}

/*
 * Where hardware's width is larger than the guest's, an entry that leads beyond it has not been refused, and a table
 * that is not there has been read as if it were.  The guest's own walk says what the guest gets.
 */
static enum vm_next refuse_walk(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes)
{
	struct x86_place unused;
	struct string s;
	bool found = is_string(insn) ? find_string(vcpu, insn, &s) :
				       x86_place_find(vcpu, operand_of(vcpu, insn), &unused);

	return found ? x86_fail_emulate(vcpu, bytes) : VM_NEXT_ENTER;
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

static u64 in_page(u64 address)
{
	return address & (PAGE_SIZE - 1);
}

/* The access that faulted may be none of the operand's: then nothing is executed, and that is a failure. */
static enum vm_next execute_operand(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes)
{
	struct x86_operand_at at = operand_of(vcpu, insn);
	struct x86_place place = { { vcpu->fault.gpa }, { insn->size } };
	bool is_split = in_page(at.address) + at.size > PAGE_SIZE;
	u64 fault = in_page(vcpu->fault.gpa.raw);

	if (in_page(at.address) != fault && !(is_split && fault == 0))
		return x86_fail_emulate(vcpu, bytes);
	if (is_split && !x86_place_find(vcpu, at, &place)) {
		x86_answers_forget(vcpu);
		return VM_NEXT_ENTER;
	}
	return x86_place_is_busy(vcpu, &place) ? VM_NEXT_ENTER : execute(vcpu, insn, &place);
}

static enum vm_next emulate(struct vcpu *vcpu, const struct insn *insn, const struct insn_bytes *bytes, u32 why)
{
	if (why == MMU_WHY_BEYOND || vcpu->fault.flags & TDP_FAULT_ON_WALK)
		return refuse_walk(vcpu, insn, bytes);
	x86_answers_begin(vcpu);
	return is_string(insn) ? execute_string(vcpu, insn) : execute_operand(vcpu, insn, bytes);
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
