/*
 * The decoder: see insn.h.
 *
 * A cursor moves over the bytes; beyond their end it reads zeros and says so at the end, so that nothing in between has
 * to ask.
 */
#include "insn.h"

struct cursor {
	const struct insn_bytes *bytes;
	u32 at;
};

static u8 next_byte(struct cursor *c)
{
	u32 at = c->at++;

	return at < c->bytes->count ? c->bytes->byte[at] : 0;
}

static u64 next_signed(struct cursor *c, u32 size)
{
	u64 value = 0;

	for (u32 i = 0; i < size; i++)
		value |= (u64)next_byte(c) << 8 * i;
	return insn_sign_extend(value, size);
}

static bool is_whole(const struct cursor *c)
{
	return c->at <= c->bytes->count && c->at <= INSN_BYTES_MAX;
}

/* ---- Prefixes ------------------------------------------------------------------------------------------ */

static bool is_rex(u8 byte, enum insn_mode mode)
{
	return mode == INSN_64 && (byte & 0xf0) == 0x40;
}

/* False: it is none. */
static bool take_prefix(struct insn_prefixes *p, u8 byte)
{
	switch (byte) {
	case 0x26: p->segment = INSN_ES; return true;
	case 0x2e: p->segment = INSN_CS; return true;
	case 0x36: p->segment = INSN_SS; return true;
	case 0x3e: p->segment = INSN_DS; return true;
	case 0x64: p->segment = INSN_FS; return true;
	case 0x65: p->segment = INSN_GS; return true;
	case 0x66: p->operand = true; return true;
	case 0x67: p->address = true; return true;
	case 0xf0: p->lock = true; return true;
	case 0xf2:
	case 0xf3:
		p->repeat = true;
		p->repeat_unequal = byte == 0xf2;
		return true;
	default: return false;
	}
}

/* A REX that another prefix follows means nothing. */
static void read_prefixes(struct cursor *c, enum insn_mode mode, struct insn_prefixes *p)
{
	*p = (struct insn_prefixes){ .segment = INSN_NO_SEGMENT };
	for (; c->at < c->bytes->count; c->at++) {
		u8 byte = c->bytes->byte[c->at];

		if (is_rex(byte, mode))
			p->rex = byte;
		else if (take_prefix(p, byte))
			p->rex = 0;
		else
			break;
	}
	p->count = c->at;
}

bool insn_prefixes(const struct insn_bytes *bytes, enum insn_mode mode, struct insn_prefixes *prefixes)
{
	struct cursor c = { bytes, 0 };

	read_prefixes(&c, mode, prefixes);
	return prefixes->count < bytes->count;
}

#define REX_B(p) ((p)->rex & 1 ? 8 : 0)
#define REX_X(p) ((p)->rex & 2 ? 8 : 0)
#define REX_R(p) ((p)->rex & 4 ? 8 : 0)
#define REX_W(p) ((p)->rex & 8)

static u8 operand_size(const struct insn_prefixes *p, enum insn_mode mode)
{
	if (REX_W(p))
		return 8;
	return (mode == INSN_16) != p->operand ? 2 : 4;
}

u8 insn_address_size(const struct insn_prefixes *p, enum insn_mode mode)
{
	switch (mode) {
	case INSN_64: return p->address ? 4 : 8;
	case INSN_32: return p->address ? 2 : 4;
	default: return p->address ? 4 : 2;
	}
}

/* ---- Addresses ----------------------------------------------------------------------------------------- */

enum { RM_SIB = 4, RM_RIP = 5, INDEX_NONE = 4, BASE_RBP = 5, REG_RSP = 4, REG_RBP = 5 };

static void read_sib(struct cursor *c, struct insn *i, u8 mod)
{
	u8 sib = next_byte(c);

	i->scale = sib >> 6;
	if ((sib >> 3 & 7) != INDEX_NONE || REX_X(&i->prefixes))
		i->index = (sib >> 3 & 7) | REX_X(&i->prefixes);
	if ((sib & 7) == BASE_RBP && mod == 0)
		i->displacement = next_signed(c, 4);
	else
		i->base = (sib & 7) | REX_B(&i->prefixes);
}

static void read_base(struct cursor *c, struct insn *i, enum insn_mode mode, u8 modrm)
{
	u8 mod = modrm >> 6, rm = modrm & 7;

	if (rm == RM_SIB) {
		read_sib(c, i, mod);
	} else if (rm == RM_RIP && mod == 0) {
		i->rip_relative = mode == INSN_64;
		i->displacement = next_signed(c, 4);
	} else {
		i->base = rm | REX_B(&i->prefixes);
	}
	if (mod == 1)
		i->displacement = next_signed(c, 1);
	else if (mod == 2)
		i->displacement = next_signed(c, 4);
}

static bool is_stack_register(u8 base)
{
	return base == REG_RSP || base == REG_RBP;
}

/* ModRM and what belongs to it; its middle field goes to *middle.  False: both operands are registers. */
static bool read_modrm(struct cursor *c, struct insn *i, enum insn_mode mode, u8 *middle)
{
	u8 modrm = next_byte(c);

	*middle = modrm >> 3 & 7;
	if (modrm >> 6 == 3 || i->address_size == 2)
		return false;
	read_base(c, i, mode, modrm);
	if (i->segment == INSN_NO_SEGMENT)
		i->segment = is_stack_register(i->base) ? INSN_SS : INSN_DS;
	return true;
}

/* Without REX the byte registers 4-7 are the second bytes of 0-3. */
static void set_register(struct insn *i, u8 number, u8 size)
{
	i->source = INSN_REGISTER;
	i->reg_size = size;
	i->reg_is_high = size == 1 && !i->prefixes.rex && number >= 4;
	i->reg = i->reg_is_high ? number - 4 : number;
}

static bool read_with_register(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 middle;

	if (!read_modrm(c, i, mode, &middle))
		return false;
	set_register(i, middle | REX_R(&i->prefixes), i->size);
	return true;
}

static void read_immediate(struct cursor *c, struct insn *i, u8 size)
{
	i->source = INSN_IMMEDIATE;
	i->immediate = next_signed(c, MIN(size, 4));
}

/* ---- Opcodes of one byte ------------------------------------------------------------------------------- */

/* 00-3B, the four forms between memory and a register. */
static bool decode_arithmetic(struct cursor *c, struct insn *i, enum insn_mode mode, u8 opcode)
{
	i->op = opcode >> 3;
	i->to_register = opcode & 2;
	return (opcode & 7) < 4 && read_with_register(c, i, mode);
}

/* 80-83: an operation by number, with an immediate. */
static bool decode_group_1(struct cursor *c, struct insn *i, enum insn_mode mode, u8 opcode)
{
	u8 number;

	if (!read_modrm(c, i, mode, &number))
		return false;
	i->op = number;
	read_immediate(c, i, opcode == 0x81 ? i->size : 1);
	return opcode != 0x82;
}

/* C6, C7: MOV of an immediate. */
static bool decode_store_immediate(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 number;

	if (!read_modrm(c, i, mode, &number))
		return false;
	i->op = INSN_STORE;
	read_immediate(c, i, i->size);
	return number == 0;
}

/* F6, F7. */
static bool decode_group_3(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 number;

	if (!read_modrm(c, i, mode, &number))
		return false;
	switch (number) {
	case 0:
	case 1:
		i->op = INSN_TEST;
		read_immediate(c, i, i->size);
		return true;
	case 2: i->op = INSN_NOT; return true;
	case 3: i->op = INSN_NEG; return true;
	default: return false;
	}
}

/* FE, FF. */
static bool decode_group_4(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 number;

	if (!read_modrm(c, i, mode, &number))
		return false;
	i->op = number == 0 ? INSN_INC : INSN_DEC;
	return number <= 1;
}

/* A0-A3: between the accumulator and an address in the instruction. */
static bool decode_offset(struct cursor *c, struct insn *i, u8 opcode)
{
	i->op = opcode & 2 ? INSN_STORE : INSN_LOAD;
	i->displacement = next_signed(c, i->address_size) & insn_mask(i->address_size);
	if (i->segment == INSN_NO_SEGMENT)
		i->segment = INSN_DS;
	set_register(i, 0, i->size);
	return true;
}

static bool decode_string(struct insn *i, enum insn_op op)
{
	i->op = op;
	set_register(i, 0, i->size);
	return true;
}

static bool decode_63(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 register_size = i->size;

	i->op = INSN_LOAD_SIGNED;
	i->size = MIN(register_size, 4);
	if (mode != INSN_64 || !read_with_register(c, i, mode))
		return false;
	i->reg_size = register_size;
	return true;
}

static bool decode_one(struct cursor *c, struct insn *i, enum insn_mode mode, u8 opcode)
{
	if (opcode != 0x63 && !(opcode & 1))
		i->size = 1;
	if (opcode < 0x40)
		return decode_arithmetic(c, i, mode, opcode);
	switch (opcode) {
	case 0x63: return decode_63(c, i, mode);
	case 0x80:
	case 0x81:
	case 0x82:
	case 0x83: return decode_group_1(c, i, mode, opcode);
	case 0x84:
	case 0x85: i->op = INSN_TEST; return read_with_register(c, i, mode);
	case 0x86:
	case 0x87: i->op = INSN_XCHG; return read_with_register(c, i, mode);
	case 0x88:
	case 0x89: i->op = INSN_STORE; return read_with_register(c, i, mode);
	case 0x8a:
	case 0x8b: i->op = INSN_LOAD; return read_with_register(c, i, mode);
	case 0xa0:
	case 0xa1:
	case 0xa2:
	case 0xa3: return decode_offset(c, i, opcode);
	case 0xa4:
	case 0xa5: return decode_string(i, INSN_MOVS);
	case 0xa6:
	case 0xa7: return decode_string(i, INSN_CMPS);
	case 0xaa:
	case 0xab: return decode_string(i, INSN_STOS);
	case 0xac:
	case 0xad: return decode_string(i, INSN_LODS);
	case 0xae:
	case 0xaf: return decode_string(i, INSN_SCAS);
	case 0xc6:
	case 0xc7: return decode_store_immediate(c, i, mode);
	case 0xf6:
	case 0xf7: return decode_group_3(c, i, mode);
	case 0xfe:
	case 0xff: return decode_group_4(c, i, mode);
	default: return false;
	}
}

/* ---- Opcodes of two bytes ------------------------------------------------------------------------------ */

/* MOVZX, MOVSX: memory is narrower than the register. */
static bool decode_extending(struct cursor *c, struct insn *i, enum insn_mode mode, u8 opcode)
{
	u8 register_size = i->size, middle;

	i->op = opcode >= 0xbe ? INSN_LOAD_SIGNED : INSN_LOAD;
	i->size = opcode & 1 ? 2 : 1;
	if (!read_modrm(c, i, mode, &middle))
		return false;
	set_register(i, middle | REX_R(&i->prefixes), register_size);
	return true;
}

/* 0F BA: a bit by its number. */
static bool decode_bit(struct cursor *c, struct insn *i, enum insn_mode mode)
{
	u8 number;

	if (!read_modrm(c, i, mode, &number))
		return false;
	i->op = INSN_BT + (number & 3);
	read_immediate(c, i, 1);
	return number >= 4;
}

static bool decode_two(struct cursor *c, struct insn *i, enum insn_mode mode, u8 opcode)
{
	switch (opcode) {
	case 0xb6:
	case 0xb7:
	case 0xbe:
	case 0xbf: return decode_extending(c, i, mode, opcode);
	case 0xba: return decode_bit(c, i, mode);
	case 0xc3: i->op = INSN_STORE; return i->size >= 4 && read_with_register(c, i, mode);
	default: return false;
	}
}

/* ---- Instructions -------------------------------------------------------------------------------------- */

#define ESCAPE 0x0f

bool insn_decode(const struct insn_bytes *bytes, enum insn_mode mode, struct insn *insn)
{
	struct cursor c = { bytes, 0 };
	bool known;
	u8 opcode;

	*insn = (struct insn){ .base = INSN_NONE, .index = INSN_NONE };
	read_prefixes(&c, mode, &insn->prefixes);
	insn->segment = insn->prefixes.segment;
	insn->size = operand_size(&insn->prefixes, mode);
	insn->address_size = insn_address_size(&insn->prefixes, mode);
	opcode = next_byte(&c);
	known = opcode == ESCAPE ? decode_two(&c, insn, mode, next_byte(&c)) : decode_one(&c, insn, mode, opcode);
	insn->length = c.at;
	return known && is_whole(&c);
}

/* The other operand is a register, whatever the first two bits of ModRM are. */
bool insn_decode_control(const struct insn_bytes *bytes, enum insn_mode mode, struct insn_control *control)
{
	struct cursor c = { bytes, 0 };
	struct insn_prefixes p;
	u8 modrm;

	read_prefixes(&c, mode, &p);
	if (next_byte(&c) != ESCAPE)
		return false;
	control->opcode = next_byte(&c);
	modrm = next_byte(&c);
	control->special = (modrm >> 3 & 7) | REX_R(&p);
	control->reg = (modrm & 7) | REX_B(&p);
	control->length = c.at;
	return is_whole(&c) && (control->opcode & 0xfc) == 0x20;
}
