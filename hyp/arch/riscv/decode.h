/*
 * Instructions that access memory, as far as a device's registers need them: loads and stores of integers, full size
 * and compressed.
 */
#ifndef RISCV_DECODE_H
#define RISCV_DECODE_H

#include "kernel.h"

/* A compressed one: 2 bytes, and the upper half of `bits` is 0. */
struct riscv_insn {
	u32 bits;
	u8 length; /* of what the guest executed, though htinst shows a compressed one in full size */
	bool is_transformed;
};

struct riscv_access {
	u8 reg;   /* of the value; 0: a load throws it away, a store writes 0 */
	u8 bytes; /* 1, 2, 4, 8 */
	bool is_signed, is_write;
	u8 base;    /* the register that the address begins with; transformed: how far into the access stval is */
	s32 offset; /* what is added to it */
};

/* What is in htinst after a trap.  False: nothing, or no instruction; it has to be fetched. */
bool riscv_insn_transformed(u64 htinst, struct riscv_insn *insn);

/* The length that the first two bytes tell: 2 or 4. */
u8 riscv_insn_length(u16 first);

/* False: it is no load or store of an integer. */
bool riscv_insn_decode(struct riscv_insn insn, struct riscv_access *access);

/* Whatever it is, are its faults those of a store? */
bool riscv_insn_stores(struct riscv_insn insn);

/* What a load puts into its register, where memory had `data`; what a store puts there, of a register. */
u64 riscv_access_extend(const struct riscv_access *access, u64 data);

#endif
