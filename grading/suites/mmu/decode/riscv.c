/*
 * mmu/fmt/riscv/fault.h, with registers as harts leave them behind.  docs/platform.md and the specification say which.
 */
#include "mmu/fmt/riscv/fault.h"
#include "grading/suites/mmu/check.h"

#define GVA     ((uint64_t)1 << 6) /* of hstatus */
#define ON_WALK TDP_FAULT_ON_WALK
#define HAS_GVA TDP_FAULT_HAS_GVA

struct row {
	const char *what;
	struct riscv_exit exit; /* scause, stval, htval, htinst, hstatus */
	uint64_t gpa_raw, gva_raw;
	enum tdp_access access;
	unsigned flags;
};

static const struct row accesses[] = {
	{ "a load; the low bits come from stval", { 21, 0x3fffabcd1237, 0x80201234 >> 2, 0, GVA },
	  0x80201237, 0x3fffabcd1237, TDP_ACCESS_READ, HAS_GVA },
	{ "a store", { 23, 0x1008, 0x80201008 >> 2, 0, GVA },
	  0x80201008, 0x1008, TDP_ACCESS_WRITE, HAS_GVA },
	{ "a fetch of a 2-byte instruction", { 20, 0xffffffff80000ffe, 0x90000ffc >> 2, 0, GVA },
	  0x90000ffe, 0xffffffff80000ffe, TDP_ACCESS_EXEC, HAS_GVA },
	{ "the highest address of Sv57x4", { 21, 0xfff, ((1ull << 59) - 4) >> 2, 0, GVA },
	  (1ull << 59) - 1, 0xfff, TDP_ACCESS_READ, HAS_GVA },
	{ "address 0", { 23, 0, 0, 0, GVA }, 0, 0, TDP_ACCESS_WRITE, HAS_GVA },
	{ "no virtual address", { 21, 0, 0x80201000 >> 2, 0, 0 }, 0x80201000, 0, TDP_ACCESS_READ, 0 },

	/* A transformed instruction has bit 0 or 1 set: it is no pseudo-instruction. */
	{ "a transformed ld", { 21, 0x5003, 0x80205000 >> 2, 0x3503, GVA },
	  0x80205003, 0x5003, TDP_ACCESS_READ, HAS_GVA },
	{ "a transformed sd", { 23, 0x5008, 0x80205008 >> 2, 0x00a03023, GVA },
	  0x80205008, 0x5008, TDP_ACCESS_WRITE, HAS_GVA },
	{ "a transformed c.ld", { 21, 0x5008, 0x80205008 >> 2, 0x3501, GVA },
	  0x80205008, 0x5008, TDP_ACCESS_READ, HAS_GVA },
};

/* stval is about another address, scause about the instruction. */
static const struct row walks[] = {
	{ "a load whose walk reads an entry", { 21, 0x7007, 0x88001ff8 >> 2, 0x3000, GVA },
	  0x88001ff8, 0x7007, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a store whose walk reads an entry, cause 23", { 23, 0x7007, 0x88001ff8 >> 2, 0x3000, GVA },
	  0x88001ff8, 0x7007, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a fetch whose walk reads an entry", { 20, 0x7002, 0x88001008 >> 2, 0x3000, GVA },
	  0x88001008, 0x7002, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a load whose walk sets A", { 21, 0x7003, 0x88001010 >> 2, 0x3020, GVA },
	  0x88001010, 0x7003, TDP_ACCESS_WRITE, HAS_GVA | ON_WALK },
	{ "a 32-bit guest's walk reads", { 21, 0x7003, 0x88001014 >> 2, 0x2000, GVA },
	  0x88001014, 0x7003, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a 32-bit guest's walk writes", { 23, 0x7003, 0x88001014 >> 2, 0x2020, GVA },
	  0x88001014, 0x7003, TDP_ACCESS_WRITE, HAS_GVA | ON_WALK },
};

static const struct row others[] = {
	{ "a page fault of the guest's own", { 13, 0x1000, 0, 0, GVA }, 0, 0, TDP_ACCESS_READ, 0 },
	{ "a call", { 10, 0, 0, 0, 0 }, 0, 0, TDP_ACCESS_READ, 0 },
	{ "a virtual instruction", { 22, 0x12345073, 0, 0, 0 }, 0, 0, TDP_ACCESS_READ, 0 },
	{ "an interrupt with the number of a fault", { 1ull << 63 | 21, 0, 0, 0, 0 }, 0, 0, TDP_ACCESS_READ, 0 },
};

static const char *const access_names[] = { "a read", "a write", "a fetch" };

#define DID "did riscv_fault_decode of %s: scause %lu stval 0x%lx htval 0x%lx htinst 0x%lx"
#define DID_ARGS(r) (r)->what, (unsigned long)(r)->exit.scause, (unsigned long)(r)->exit.stval, \
	(unsigned long)(r)->exit.htval, (unsigned long)(r)->exit.htinst

static void check_row(const struct row *r)
{
	struct tdp_fault f = { 0 };
	bool is_fault = riscv_fault_decode(&r->exit, &f);

	EXPECT(is_fault, "[FAULT-NOT-TOLD] " DID " | got no stage-2 fault | expected a fault", DID_ARGS(r));
	EXPECT((f.gpa.raw ^ r->gpa_raw) < 4, "[FAULT-GPA-SHIFT] " DID " | got gpa 0x%lx | expected gpa 0x%lx",
	       DID_ARGS(r), (unsigned long)f.gpa.raw, (unsigned long)r->gpa_raw);
	EXPECT(f.gpa.raw == r->gpa_raw, "[FAULT-GPA-LOW-BITS] " DID " | got gpa 0x%lx | expected gpa 0x%lx",
	       DID_ARGS(r), (unsigned long)f.gpa.raw, (unsigned long)r->gpa_raw);
	EXPECT(f.access == r->access, "[FAULT-ACCESS-KIND] " DID " | got %s | expected %s", DID_ARGS(r),
	       access_names[f.access % 3], access_names[r->access]);
	EXPECT(f.flags == r->flags && f.gva.raw == r->gva_raw,
	       "[FAULT-FLAGS] " DID " | got flags 0x%x gva 0x%lx | expected flags 0x%x gva 0x%lx", DID_ARGS(r), f.flags,
	       (unsigned long)f.gva.raw, r->flags, (unsigned long)r->gva_raw);
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

static void check_other(const struct row *r)
{
	const unsigned untouched = 0x5a;
	struct tdp_fault f = { .gpa = gpa(untouched), .gva = gva(untouched), .flags = untouched };

	EXPECT(!riscv_fault_decode(&r->exit, &f), "[FAULT-NOT-OURS] " DID " | got a stage-2 fault | expected none",
	       DID_ARGS(r));
	EXPECT(f.gpa.raw == untouched && f.flags == untouched,
	       "[FAULT-NOT-OURS] " DID " | got *fault written | expected it untouched", DID_ARGS(r));
}

/* Every cause that is none of the three. */
static void other_exits_are_no_faults(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		check_other(&others[i]);
	for (uint64_t cause = 0; cause < 64; cause++) {
		struct row r = { .what = "a cause", .exit = { .scause = cause, .htinst = 0x3000, .hstatus = GVA } };

		if (cause != 20 && cause != 21 && cause != 23)
			check_other(&r);
	}
}

static const struct check_case cases[] = {
	{ "the_guests_access_is_understood", the_guests_access_is_understood },
	{ "a_walk_is_not_the_access", a_walk_is_not_the_access },
	{ "other_exits_are_no_faults", other_exits_are_no_faults },
};
CHECK_SUITE(suite_decode, "decode", cases);
