/*
 * Decoding loads and stores: see decode.h.
 *
 * Hardware: [RV-UNPRIV] "RV32/64G Instruction Set Listings", "Compressed Instruction Formats"; [RV-PRIV] "Transformed
 * Instruction or Pseudoinstruction for mtinst or htinst".
 */
#include "decode.h"

/* Opcodes of full size, with the two low bits that say so. */
enum {
	OP_LOAD = 0x03, OP_MISC_MEM = 0x0f, OP_STORE = 0x23, OP_STORE_FP = 0x27, OP_AMO = 0x2f,
};
#define AMO_LR 2

/* Of compressed ones: the quadrant in bits 1:0, funct3 in 15:13. */
#define COMPRESSED(quadrant, funct3) ((funct3) << 2 | (quadrant))
enum {
	C_LW = COMPRESSED(0, 2), C_LD = COMPRESSED(0, 3), C_FSD = COMPRESSED(0, 5), C_SW = COMPRESSED(0, 6),
	C_SD = COMPRESSED(0, 7),
	C_LWSP = COMPRESSED(2, 2), C_LDSP = COMPRESSED(2, 3), C_FSDSP = COMPRESSED(2, 5), C_SWSP = COMPRESSED(2, 6),
	C_SDSP = COMPRESSED(2, 7),
};

static u32 field(u32 bits, u32 low, u32 count)
{
	return bits >> low & ((1u << count) - 1);
}

static u32 compressed_kind(u32 bits)
{
	return COMPRESSED(field(bits, 0, 2), field(bits, 13, 3));
}

u8 riscv_insn_length(u16 first)
{
	return (first & 3) == 3 ? 4 : 2;
}

/* Bit 0 tells an instruction from a pseudo-instruction; bit 1 is 0 if it was compressed. */
bool riscv_insn_transformed(u64 htinst, struct riscv_insn *insn)
{
	if (!(htinst & 1))
		return false;
	*insn = (struct riscv_insn){ .bits = htinst | 2, .length = htinst & 2 ? 4 : 2 };
	return true;
}

static bool decode_full(u32 bits, struct riscv_access *access)
{
	u32 funct3 = field(bits, 12, 3);

	switch (field(bits, 0, 7)) {
	case OP_LOAD:
		*access = (struct riscv_access){ .reg = field(bits, 7, 5), .bytes = 1 << (funct3 & 3),
						 .is_signed = funct3 < 4 };
		return funct3 != 7;
	case OP_STORE:
		*access = (struct riscv_access){ .reg = field(bits, 20, 5), .bytes = 1 << (funct3 & 3),
						 .is_write = true };
		return funct3 < 4;
	default:
		return false;
	}
}

/* x8-x15, or by the stack pointer: any; but a load into x0 is no instruction. */
static bool decode_compressed(u32 bits, struct riscv_access *access)
{
	u8 short_reg = 8 + field(bits, 2, 3), loaded = field(bits, 7, 5), stored = field(bits, 2, 5);

	switch (compressed_kind(bits)) {
	case C_LW: *access = (struct riscv_access){ short_reg, 4, true, false }; return true;
	case C_LD: *access = (struct riscv_access){ short_reg, 8, true, false }; return true;
	case C_SW: *access = (struct riscv_access){ short_reg, 4, false, true }; return true;
	case C_SD: *access = (struct riscv_access){ short_reg, 8, false, true }; return true;
	case C_LWSP: *access = (struct riscv_access){ loaded, 4, true, false }; return loaded != 0;
	case C_LDSP: *access = (struct riscv_access){ loaded, 8, true, false }; return loaded != 0;
	case C_SWSP: *access = (struct riscv_access){ stored, 4, false, true }; return true;
	case C_SDSP: *access = (struct riscv_access){ stored, 8, false, true }; return true;
	default: return false;
	}
}

static bool is_full(struct riscv_insn insn)
{
	return riscv_insn_length(insn.bits) == 4;
}

bool riscv_insn_decode(struct riscv_insn insn, struct riscv_access *access)
{
	return is_full(insn) ? decode_full(insn.bits, access) : decode_compressed(insn.bits, access);
}

/* Atomic ones store, but for LR; so do those that manage caches. */
static bool full_stores(u32 bits)
{
	switch (field(bits, 0, 7)) {
	case OP_STORE:
	case OP_STORE_FP:
	case OP_MISC_MEM: return true;
	case OP_AMO: return field(bits, 27, 5) != AMO_LR;
	default: return false;
	}
}

bool riscv_insn_stores(struct riscv_insn insn)
{
	if (is_full(insn))
		return full_stores(insn.bits);
	switch (compressed_kind(insn.bits)) {
	case C_SW:
	case C_SD:
	case C_FSD:
	case C_SWSP:
	case C_SDSP:
	case C_FSDSP: return true;
	default: return false;
	}
}

u64 riscv_access_extend(const struct riscv_access *access, u64 data)
{
	u32 unused = 64 - 8 * access->bytes;

	return access->is_signed ? (u64)((s64)(data << unused) >> unused) : data << unused >> unused;
}
