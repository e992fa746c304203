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
#define AMO_LR        2
#define STACK_POINTER 2 /* x2 */

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
	*insn = (struct riscv_insn){ htinst | 2, htinst & 2 ? 4 : 2, true };
	return true;
}

static s32 sign_extend_12(u32 bits)
{
	return (s32)(bits << 20) >> 20;
}

static bool decode_full(u32 bits, struct riscv_access *access)
{
	u32 funct3 = field(bits, 12, 3);

	switch (field(bits, 0, 7)) {
	case OP_LOAD:
		*access = (struct riscv_access){ .reg = field(bits, 7, 5), .is_signed = funct3 < 4,
						 .offset = sign_extend_12(field(bits, 20, 12)) };
		break;
	case OP_STORE:
		*access = (struct riscv_access){ .reg = field(bits, 20, 5), .is_write = true };
		access->offset = sign_extend_12(field(bits, 25, 7) << 5 | field(bits, 7, 5));
		break;
	default:
		return false;
	}
	access->bytes = 1 << (funct3 & 3);
	access->base = field(bits, 15, 5);
	return access->is_write ? funct3 < 4 : funct3 != 7;
}

/* Offsets of compressed ones: by the stack pointer for loads and stores, and by another register. */
static s32 load_offset(u32 bits, u8 bytes)
{
	if (bytes == 4)
		return field(bits, 12, 1) << 5 | field(bits, 4, 3) << 2 | field(bits, 2, 2) << 6;
	return field(bits, 12, 1) << 5 | field(bits, 5, 2) << 3 | field(bits, 2, 3) << 6;
}

static s32 store_offset(u32 bits, u8 bytes)
{
	if (bytes == 4)
		return field(bits, 9, 4) << 2 | field(bits, 7, 2) << 6;
	return field(bits, 10, 3) << 3 | field(bits, 7, 3) << 6;
}

static s32 short_offset(u32 bits, u8 bytes)
{
	if (bytes == 4)
		return field(bits, 10, 3) << 3 | field(bits, 6, 1) << 2 | field(bits, 5, 1) << 6;
	return field(bits, 10, 3) << 3 | field(bits, 5, 2) << 6;
}

/* x8-x15, or by the stack pointer: any; but a load into x0 is no instruction. */
static bool decode_short(u32 bits, struct riscv_access *access)
{
	u8 reg = 8 + field(bits, 2, 3), base = 8 + field(bits, 7, 3);

	switch (compressed_kind(bits)) {
	case C_LW: *access = (struct riscv_access){ reg, 4, true, false, base, 0 }; break;
	case C_LD: *access = (struct riscv_access){ reg, 8, true, false, base, 0 }; break;
	case C_SW: *access = (struct riscv_access){ reg, 4, false, true, base, 0 }; break;
	case C_SD: *access = (struct riscv_access){ reg, 8, false, true, base, 0 }; break;
	default: return false;
	}
	access->offset = short_offset(bits, access->bytes);
	return true;
}

static bool decode_of_stack(u32 bits, struct riscv_access *access)
{
	u8 loaded = field(bits, 7, 5), stored = field(bits, 2, 5);

	switch (compressed_kind(bits)) {
	case C_LWSP: *access = (struct riscv_access){ loaded, 4, true, false, STACK_POINTER, 0 }; break;
	case C_LDSP: *access = (struct riscv_access){ loaded, 8, true, false, STACK_POINTER, 0 }; break;
	case C_SWSP: *access = (struct riscv_access){ stored, 4, false, true, STACK_POINTER, 0 }; break;
	case C_SDSP: *access = (struct riscv_access){ stored, 8, false, true, STACK_POINTER, 0 }; break;
	default: return false;
	}
	access->offset = access->is_write ? store_offset(bits, access->bytes) : load_offset(bits, access->bytes);
	return access->is_write || loaded != 0;
}

static bool is_full(struct riscv_insn insn)
{
	return riscv_insn_length(insn.bits) == 4;
}

bool riscv_insn_decode(struct riscv_insn insn, struct riscv_access *access)
{
	if (is_full(insn))
		return decode_full(insn.bits, access);
	return decode_short(insn.bits, access) || decode_of_stack(insn.bits, access);
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
