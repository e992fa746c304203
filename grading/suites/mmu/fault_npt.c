/*
 * mmu/fmt/npt/fault.h, with VMCBs as processors and emulators leave them behind.  docs/platform.md and the
 * specification say which.
 *
 * Compiled once, not for each format.
 */
#include "mmu/fmt/npt/fault.h"
#include "grading/suites/mmu/check.h"

#define FINAL    SVM_NPF_FINAL
#define WALK     SVM_NPF_WALK
#define ON_WALK  TDP_FAULT_ON_WALK
#define MAPPED   TDP_FAULT_MAPPED
#define UNMAPPED TDP_FAULT_UNMAPPED
#define RESERVED TDP_FAULT_RESERVED

struct row {
	const char *what;
	struct svm_exit exit; /* exitcode, exitinfo1, exitinfo2 */
	bool is_fault;
	enum tdp_access access;
	unsigned flags;
};

static const struct row rows[] = {
	/* EXITINFO1, from bit 4 down: I/D, RSV, U/S, R/W, P. */
	{ "a read of nothing", { 0x400, FINAL | 0x04, 0x80201237 }, true, TDP_ACCESS_READ, UNMAPPED },
	{ "a write to nothing", { 0x400, FINAL | 0x06, 0x80201238 }, true, TDP_ACCESS_WRITE, UNMAPPED },
	{ "a fetch from nothing", { 0x400, FINAL | 0x14, 0x80201fff }, true, TDP_ACCESS_EXEC, UNMAPPED },
	{ "a write to what is read-only", { 0x400, FINAL | 0x07, 0x80201000 }, true, TDP_ACCESS_WRITE, MAPPED },
	{ "a fetch from what has NX", { 0x400, FINAL | 0x15, 0x80201000 }, true, TDP_ACCESS_EXEC, MAPPED },
	{ "a read, with an address of 52 bits", { 0x400, FINAL | 0x04, 0x000ffffffffffff8 }, true, TDP_ACCESS_READ,
	  UNMAPPED },
	{ "address 0", { 0x400, FINAL | 0x04, 0 }, true, TDP_ACCESS_READ, UNMAPPED },

	/* The walk is a write, whatever it was for. */
	{ "a walk into nothing", { 0x400, WALK | 0x06, 0x1ff8 }, true, TDP_ACCESS_WRITE, ON_WALK | UNMAPPED },
	{ "a walk into what is read-only", { 0x400, WALK | 0x07, 0x1ff8 }, true, TDP_ACCESS_WRITE, ON_WALK | MAPPED },
	{ "a walk for a fetch", { 0x400, WALK | 0x16, 0x1ff8 }, true, TDP_ACCESS_WRITE, ON_WALK | UNMAPPED },
	{ "a walk that does not say it writes", { 0x400, WALK | 0x04, 0x1ff8 }, true, TDP_ACCESS_WRITE,
	  ON_WALK | UNMAPPED },

	/* RSV, with P as the specification has it, and without as QEMU does. */
	{ "a reserved bit, P set", { 0x400, FINAL | 0x0d, 0x80201000 }, true, TDP_ACCESS_READ, RESERVED },
	{ "a reserved bit, P clear", { 0x400, FINAL | 0x0c, 0x80201000 }, true, TDP_ACCESS_READ, RESERVED },
	{ "a reserved bit on a walk", { 0x400, WALK | 0x0e, 0x80201000 }, true, TDP_ACCESS_WRITE, ON_WALK | RESERVED },

	/* Bits that have other meanings: 5 (keys), 6 and 37 (shadow stacks). */
	{ "a shadow stack's write", { 0x400, FINAL | 1ull << 37 | 0x47, 0x9000 }, true, TDP_ACCESS_WRITE, MAPPED },

	{ "the exit code has 64 bits", { 0xdead000000000400, FINAL | 0x04, 0x9000 }, true, TDP_ACCESS_READ, UNMAPPED },
	{ "VMMCALL", { 0x81, 0, 0 }, false, 0, 0 },
	{ "the guest's own page fault", { 0x4e, 0x06, 0x1000 }, false, 0, 0 },
	{ "an incomplete IPI", { 0x401, FINAL | 0x06, 0x1000 }, false, 0, 0 },
	{ "an invalid VMCB, 64 bits", { 0xffffffffffffffff, 0, 0 }, false, 0, 0 },
	{ "an invalid VMCB, as QEMU has it", { 0xffffffff, 0, 0 }, false, 0, 0 },
};

static void check_row(const struct row *r)
{
	const unsigned untouched = 0x5a;
	struct tdp_fault f = { .gpa = gpa(untouched), .flags = untouched };
	bool is_fault = svm_fault_decode(&r->exit, &f);

	EXPECT(is_fault == r->is_fault, "%s: is%s a stage-2 fault", r->what, is_fault ? "" : " not");
	if (!r->is_fault) {
		EXPECT(f.gpa.raw == untouched && f.flags == untouched, "%s: *fault was written", r->what);
		return;
	}
	EXPECT(f.gpa.raw == r->exit.exitinfo2, "%s: gpa 0x%lx", r->what, (unsigned long)f.gpa.raw);
	EXPECT(f.access == r->access, "%s: access %d, not %d", r->what, f.access, r->access);
	EXPECT(f.flags == r->flags, "%s: flags %x, not %x", r->what, f.flags, r->flags);
}

static void exits_decode(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static const struct check_case cases[] = {
	{ "exits_decode", exits_decode },
};
CHECK_SUITE(suite_fault_npt, "fault_npt", cases);
