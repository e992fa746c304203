/*
 * Instructions of a guest, from their bytes: how long they are, and which access to memory one makes.
 *
 * Pure functions on bytes: they know no vCPU.  What is not known is an access that no device needs: floating point,
 * vectors, CMPXCHG and the like, bit offsets in registers, and 16-bit addresses.
 *
 * Hardware: [SDM2] "Instruction Format", "Opcode Map".
 */
#ifndef X86_INSN_H
#define X86_INSN_H

#include "kernel.h"

#define INSN_BYTES_MAX 15

/* What the code segment makes of operands and addresses: bits of the default size. */
enum insn_mode { INSN_16 = 16, INSN_32 = 32, INSN_64 = 64 };

enum insn_segment { INSN_ES, INSN_CS, INSN_SS, INSN_DS, INSN_FS, INSN_GS, INSN_NO_SEGMENT };

struct insn_bytes {
	u8 byte[INSN_BYTES_MAX];
	u32 count; /* those that could be read */
};

struct insn_prefixes {
	u32 count; /* how many, REX included */
	u8 rex;
	bool operand, address, repeat, lock;
	bool repeat_unequal; /* of the two that repeat, REPNE */
	enum insn_segment segment; /* INSN_NO_SEGMENT: the instruction's own */
};

/* The first eight are numbered as in opcodes. */
enum insn_op {
	INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR, INSN_CMP,
	INSN_LOAD, INSN_LOAD_SIGNED, /* register = memory, extended */
	INSN_STORE,                  /* memory = source */
	INSN_TEST, INSN_XCHG, INSN_NOT, INSN_NEG, INSN_INC, INSN_DEC,
	INSN_BT, INSN_BTS, INSN_BTR, INSN_BTC,
	INSN_STOS, INSN_MOVS, INSN_CMPS, INSN_LODS, INSN_SCAS, /* strings are the last */
};

enum insn_source { INSN_REGISTER, INSN_IMMEDIATE };

#define INSN_NONE 0xff /* no such register */

struct insn {
	struct insn_prefixes prefixes;
	enum insn_op op;
	enum insn_source source; /* the operand that is not in memory */
	u8 length;
	u8 size;                 /* bytes in memory */
	bool to_register;        /* of ADD to CMP: the register is changed */
	u8 reg, reg_size;
	bool reg_is_high;        /* AH, CH, DH, BH: bits 8-15 of register `reg` */
	u64 immediate;           /* sign-extended to 64 bits */

	/* the address */
	u8 address_size, base, index, scale; /* base, index: INSN_NONE; scale: shift */
	bool rip_relative;                   /* to the end of the instruction */
	enum insn_segment segment;
	u64 displacement;
};

/* False: they do not end within the bytes. */
bool insn_prefixes(const struct insn_bytes *bytes, enum insn_mode mode, struct insn_prefixes *prefixes);

/* Bytes of an address. */
u8 insn_address_size(const struct insn_prefixes *prefixes, enum insn_mode mode);

/* False: it is unknown, accesses no memory, or does not end within the bytes. */
bool insn_decode(const struct insn_bytes *bytes, enum insn_mode mode, struct insn *insn);

/*
 * MOV between a general register and a control or debug register: 0F 20-23.  The opcode's last byte, or 0: it is none.
 */
struct insn_control {
	u8 opcode, length, special, reg;
};
bool insn_decode_control(const struct insn_bytes *bytes, enum insn_mode mode, struct insn_control *control);

/* ---- Arithmetic (alu.c) -------------------------------------------------------------------------------- */

/*
 * The result of `a op b` in `size` bytes; *rflags gets the flags as the processor sets them.  For NOT, NEG, INC and DEC
 * `b` is not used; for BT and its kind it is a bit number.
 */
u64 insn_compute(enum insn_op op, u32 size, u64 a, u64 b, u64 *rflags);

/* Does it write its result? */
static inline bool insn_writes_result(enum insn_op op)
{
	return op != INSN_CMP && op != INSN_TEST && op != INSN_BT;
}

static inline u64 insn_mask(u32 size)
{
	return size >= 8 ? ~0ull : (1ull << 8 * size) - 1;
}

static inline u64 insn_sign_extend(u64 value, u32 size)
{
	u32 shift = 64 - 8 * size;

	return (u64)((s64)(value << shift) >> shift);
}

#endif
