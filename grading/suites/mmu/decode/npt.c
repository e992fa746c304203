/*
 * mmu/fmt/npt/fault.h, with VMCBs as processors and emulators leave them behind.  docs/platform.md and the
 * specification say which.
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
	enum tdp_access access;
	unsigned flags;
};

/* EXITINFO1, from bit 4 down: I/D, RSV, U/S, R/W, P. */
static const struct row accesses[] = {
	{ "a read of nothing", { 0x400, FINAL | 0x04, 0x80201237 }, TDP_ACCESS_READ, UNMAPPED },
	{ "a write to nothing", { 0x400, FINAL | 0x06, 0x80201238 }, TDP_ACCESS_WRITE, UNMAPPED },
	{ "a fetch from nothing", { 0x400, FINAL | 0x14, 0x80201fff }, TDP_ACCESS_EXEC, UNMAPPED },
	{ "a write to what is read-only", { 0x400, FINAL | 0x07, 0x80201000 }, TDP_ACCESS_WRITE, MAPPED },
	{ "a fetch from what has NX", { 0x400, FINAL | 0x15, 0x80201000 }, TDP_ACCESS_EXEC, MAPPED },
	{ "a read, an address of 52 bits", { 0x400, FINAL | 0x04, 0x000ffffffffffff8 }, TDP_ACCESS_READ, UNMAPPED },
	{ "address 0", { 0x400, FINAL | 0x04, 0 }, TDP_ACCESS_READ, UNMAPPED },

	/* RSV, with P as the specification has it, and without as QEMU does. */
	{ "a reserved bit, P set", { 0x400, FINAL | 0x0d, 0x80201000 }, TDP_ACCESS_READ, RESERVED },
	{ "a reserved bit, P clear", { 0x400, FINAL | 0x0c, 0x80201000 }, TDP_ACCESS_READ, RESERVED },

	/* Bits that have other meanings: 5 (keys), 6 and 37 (shadow stacks). */
	{ "a shadow stack's write", { 0x400, FINAL | 1ull << 37 | 0x47, 0x9000 }, TDP_ACCESS_WRITE, MAPPED },

	{ "the exit code has 64 bits", { 0xdead000000000400, FINAL | 0x04, 0x9000 }, TDP_ACCESS_READ, UNMAPPED },
};

/* The walk is a write, whatever it was for. */
static const struct row walks[] = {
	{ "a walk into nothing", { 0x400, WALK | 0x06, 0x1ff8 }, TDP_ACCESS_WRITE, ON_WALK | UNMAPPED },
	{ "a walk into what is read-only", { 0x400, WALK | 0x07, 0x1ff8 }, TDP_ACCESS_WRITE, ON_WALK | MAPPED },
	{ "a walk for a fetch", { 0x400, WALK | 0x16, 0x1ff8 }, TDP_ACCESS_WRITE, ON_WALK | UNMAPPED },
	{ "a walk that does not say it writes", { 0x400, WALK | 0x04, 0x1ff8 }, TDP_ACCESS_WRITE, ON_WALK | UNMAPPED },
	{ "a reserved bit on a walk", { 0x400, WALK | 0x0e, 0x80201000 }, TDP_ACCESS_WRITE, ON_WALK | RESERVED },
};

static const struct row others[] = {
	{ "VMMCALL", { 0x81, 0, 0 }, TDP_ACCESS_READ, 0 },
	{ "the guest's own page fault", { 0x4e, 0x06, 0x1000 }, TDP_ACCESS_READ, 0 },
	{ "an incomplete IPI", { 0x401, FINAL | 0x06, 0x1000 }, TDP_ACCESS_READ, 0 },
	{ "an invalid VMCB, 64 bits", { 0xffffffffffffffff, 0, 0 }, TDP_ACCESS_READ, 0 },
	{ "an invalid VMCB, as QEMU has it", { 0xffffffff, 0, 0 }, TDP_ACCESS_READ, 0 },
};

static const char *const access_names[] = { "a read", "a write", "a fetch" };

#define DID "did svm_fault_decode of %s: exitcode 0x%lx exitinfo1 0x%lx exitinfo2 0x%lx"
#define DID_ARGS(r) (r)->what, (unsigned long)(r)->exit.exitcode, (unsigned long)(r)->exit.exitinfo1, \
	(unsigned long)(r)->exit.exitinfo2

static void check_row(const struct row *r)
{
	struct tdp_fault f = { 0 };
	bool is_fault = svm_fault_decode(&r->exit, &f);

	EXPECT(is_fault, "[FAULT-NOT-TOLD] " DID " | got no stage-2 fault | expected a fault", DID_ARGS(r));
	EXPECT(f.gpa.raw >> 12 == r->exit.exitinfo2 >> 12, "[FAULT-GPA-SHIFT] " DID " | got gpa 0x%lx", DID_ARGS(r),
	       (unsigned long)f.gpa.raw);
	EXPECT(f.gpa.raw == r->exit.exitinfo2, "[FAULT-GPA-LOW-BITS] " DID " | got gpa 0x%lx", DID_ARGS(r),
	       (unsigned long)f.gpa.raw);
	EXPECT(f.access == r->access, "[FAULT-ACCESS-KIND] " DID " | got %s | expected %s", DID_ARGS(r),
	       access_names[f.access % 3], access_names[r->access]);
	EXPECT(f.flags == r->flags,
	       "[FAULT-FLAGS] " DID " | got flags 0x%x | expected flags 0x%x", DID_ARGS(r),
	       f.flags, r->flags);
}

static void the_guests_access_is_understood(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		check_row(&accesses[i]);
}

static void a_walk_is_not_the_access(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		check_row(&walks[i]);
}

static void other_exits_are_no_faults(uint64_t seed)
{
	const unsigned untouched = 0x5a;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct tdp_fault f = { .gpa = gpa(untouched), .flags = untouched };
		bool is_fault = svm_fault_decode(&others[i].exit, &f);

		EXPECT(!is_fault, "[FAULT-NOT-OURS] " DID " | got a stage-2 fault | expected none",
		       DID_ARGS(&others[i]));
		EXPECT(f.gpa.raw == untouched && f.flags == untouched,
		       "[FAULT-NOT-OURS] " DID " | got *fault written | expected it untouched", DID_ARGS(&others[i]));
	}
}

static const struct check_case cases[] = {
	{ "the_guests_access_is_understood", the_guests_access_is_understood },
	{ "a_walk_is_not_the_access", a_walk_is_not_the_access },
	{ "other_exits_are_no_faults", other_exits_are_no_faults },
};
CHECK_SUITE(suite_decode, "decode", cases);
