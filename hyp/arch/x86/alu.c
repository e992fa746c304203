/*
 * What arithmetic does to a value and to the flags: see insn.h.
 * Hardware: [SDM1] "EFLAGS Register", and [SDM2] at each instruction.
 */
#include "insn.h"

enum { CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11 };
#define ALL_FLAGS (CF | PF | AF | ZF | SF | OF)

static u64 sign_bit(u32 size)
{
	return 1ull << (8 * size - 1);
}

static bool has_even_parity(u8 byte)
{
	byte ^= byte >> 4;
	byte ^= byte >> 2;
	byte ^= byte >> 1;
	return !(byte & 1);
}

static u64 flags_of(u64 result, u32 size)
{
	return (has_even_parity(result) ? PF : 0) | (result ? 0 : ZF) | (result & sign_bit(size) ? SF : 0);
}

static void set_flags(u64 *rflags, u64 which, u64 flags)
{
	*rflags = (*rflags & ~which) | (flags & which);
}

/* AF and OF: where a carry into the bit differs from what the operands' bits alone would give. */
static u64 add(u32 size, u64 a, u64 b, u64 carry, u64 *rflags)
{
	u64 mask = insn_mask(size), result = (a + b + carry) & mask;
	u64 carries = (a & b) | ((a | b) & ~result);

	set_flags(rflags, ALL_FLAGS, flags_of(result, size) | (carries & sign_bit(size) ? CF : 0) |
		  (carries & 8 ? AF : 0) | ((a ^ result) & (b ^ result) & sign_bit(size) ? OF : 0));
	return result;
}

static u64 subtract(u32 size, u64 a, u64 b, u64 borrow, u64 *rflags)
{
	u64 mask = insn_mask(size), result = (a - b - borrow) & mask;
	u64 borrows = (~a & b) | ((~a | b) & result);

	set_flags(rflags, ALL_FLAGS, flags_of(result, size) | (borrows & sign_bit(size) ? CF : 0) |
		  (borrows & 8 ? AF : 0) | ((a ^ b) & (a ^ result) & sign_bit(size) ? OF : 0));
	return result;
}

static u64 logic(u32 size, u64 result, u64 *rflags)
{
	set_flags(rflags, ALL_FLAGS, flags_of(result, size));
	return result;
}

static u64 change_bit(enum insn_op op, u32 size, u64 a, u64 number, u64 *rflags)
{
	u64 bit = 1ull << (number & (8 * size - 1));

	set_flags(rflags, CF, a & bit ? CF : 0);
	switch (op) {
	case INSN_BTS: return a | bit;
	case INSN_BTR: return a & ~bit;
	case INSN_BTC: return a ^ bit;
	default: return a;
	}
}

/* INC and DEC leave CF as it is. */
static u64 step(enum insn_op op, u32 size, u64 a, u64 *rflags)
{
	u64 flags = *rflags, result;

	result = op == INSN_INC ? add(size, a, 1, 0, &flags) : subtract(size, a, 1, 0, &flags);
	set_flags(rflags, ALL_FLAGS & ~CF, flags);
	return result;
}

u64 insn_compute(enum insn_op op, u32 size, u64 a, u64 b, u64 *rflags)
{
	u64 mask = insn_mask(size), carry = *rflags & CF;

	a &= mask;
	b &= mask;
	switch (op) {
	case INSN_ADD: return add(size, a, b, 0, rflags);
	case INSN_ADC: return add(size, a, b, carry, rflags);
	case INSN_SBB: return subtract(size, a, b, carry, rflags);
	case INSN_SUB:
	case INSN_CMP: return subtract(size, a, b, 0, rflags);
	case INSN_NEG: return subtract(size, 0, a, 0, rflags);
	case INSN_OR: return logic(size, a | b, rflags);
	case INSN_XOR: return logic(size, a ^ b, rflags);
	case INSN_AND:
	case INSN_TEST: return logic(size, a & b, rflags);
	case INSN_INC:
	case INSN_DEC: return step(op, size, a, rflags);
	case INSN_NOT: return ~a & mask;
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC: return change_bit(op, size, a, b, rflags);
	default: return b; /* LOAD, STORE, XCHG and the strings: the other operand */
	}
}
