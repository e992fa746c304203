/*
 * riscv: from the registers of a trap to a fault.
 *
 * Hardware: [RV-PRIV] "Guest-Page Faults", "Hypervisor Trap Value (htval) Register", "Transformed Instruction or
 * Pseudoinstruction for mtinst or htinst".
 *
 *   scause   20, 21, 23: what the *instruction* did: fetch, load, store
 *   stval    the guest-virtual address it used, if hstatus.GVA is 1
 *   htval    the guest-physical address that faulted, shifted right by 2
 *   htinst   a pseudo-instruction if the guest's own page-table walk faulted: a read or a write of an entry of 4 or 8
 *            bytes.  The walk then is what stage 2 refused, whatever scause says
 *
 * I1 The two low bits of the address are those of stval; but 0 for a walk, where stval is about another address.
 *
 * A hart may leave htval 0 and tell nothing.  Flatland needs one that tells, as Shtvala promises and QEMU does.
 */
#ifndef RISCV_FAULT_H
#define RISCV_FAULT_H

#include "mmu/fmt/tdp_fault.h"

/* CSRs after a trap into HS-mode. */
struct riscv_exit {
	uint64_t scause, stval, htval, htinst, hstatus;
};

enum {
	RISCV_FETCH_GUEST_PAGE_FAULT = 20,
	RISCV_LOAD_GUEST_PAGE_FAULT = 21,
	RISCV_STORE_GUEST_PAGE_FAULT = 23,
};

#define RISCV_HSTATUS_GVA ((uint64_t)1 << 6)

/* Hardware: [RV-PRIV] special pseudoinstruction values for guest-page faults.  The guest's XLEN decides which pair. */
enum {
	RISCV_WALK_READ_32 = 0x2000, RISCV_WALK_WRITE_32 = 0x2020,
	RISCV_WALK_READ_64 = 0x3000, RISCV_WALK_WRITE_64 = 0x3020,
};

/* Decode.  False: the trap is no stage-2 fault, and *fault is not written. */
/* LAB(4) begin riscv_fault_decode */
static inline bool riscv_fault_decode(const struct riscv_exit *exit, struct tdp_fault *fault)
{
	struct tdp_fault f = { .gpa = gpa(exit->htval << 2), .gva = gva(exit->stval) };

	switch (exit->scause) {
	case RISCV_FETCH_GUEST_PAGE_FAULT: f.access = TDP_ACCESS_EXEC; break;
	case RISCV_LOAD_GUEST_PAGE_FAULT: f.access = TDP_ACCESS_READ; break;
	case RISCV_STORE_GUEST_PAGE_FAULT: f.access = TDP_ACCESS_WRITE; break;
	default: return false;
	}
	if (exit->hstatus & RISCV_HSTATUS_GVA)
		f.flags |= TDP_FAULT_HAS_GVA;
	switch (exit->htinst) {
	case RISCV_WALK_READ_32:
	case RISCV_WALK_READ_64:
		f.access = TDP_ACCESS_READ;
		f.flags |= TDP_FAULT_ON_WALK;
		break;
	case RISCV_WALK_WRITE_32:
	case RISCV_WALK_WRITE_64:
		f.access = TDP_ACCESS_WRITE;
		f.flags |= TDP_FAULT_ON_WALK;
		break;
	default:
		f.gpa = gpa_add(f.gpa, exit->stval & 3);
	}
	*fault = f;
	return true;
}
/* LAB(4) end */

#endif
