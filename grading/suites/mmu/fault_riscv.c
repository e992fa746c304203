/*
 * mmu/fmt/riscv/fault.h, with registers as harts leave them behind.  docs/platform.md and the specification say which.
 *
 * Compiled once, not for each format.
 */
#include "mmu/fmt/riscv/fault.h"
#include "grading/suites/mmu/check.h"

#define GVA     RISCV_HSTATUS_GVA
#define ON_WALK TDP_FAULT_ON_WALK
#define HAS_GVA TDP_FAULT_HAS_GVA

struct row {
	const char *what;
	struct riscv_exit exit; /* scause, stval, htval, htinst, hstatus */
	bool is_fault;
	uint64_t gpa_raw, gva_raw;
	enum tdp_access access;
	unsigned flags;
};

static const struct row rows[] = {
	{ "a load; the low bits come from stval", { 21, 0x3fffabcd1237, 0x80201234 >> 2, 0, GVA },
	  true, 0x80201237, 0x3fffabcd1237, TDP_ACCESS_READ, HAS_GVA },
	{ "a store", { 23, 0x1008, 0x80201008 >> 2, 0, GVA },
	  true, 0x80201008, 0x1008, TDP_ACCESS_WRITE, HAS_GVA },
	{ "a fetch of a 2-byte instruction", { 20, 0xffffffff80000ffe, 0x90000ffc >> 2, 0, GVA },
	  true, 0x90000ffe, 0xffffffff80000ffe, TDP_ACCESS_EXEC, HAS_GVA },
	{ "the highest address of Sv57x4", { 21, 0xfff, ((1ull << 59) - 4) >> 2, 0, GVA },
	  true, (1ull << 59) - 1, 0xfff, TDP_ACCESS_READ, HAS_GVA },
	{ "address 0", { 23, 0, 0, 0, GVA }, true, 0, 0, TDP_ACCESS_WRITE, HAS_GVA },

	/* A transformed instruction has bit 0 or 1 set: it is no pseudo-instruction. */
	{ "a transformed ld", { 21, 0x5003, 0x80205000 >> 2, 0x3503, GVA },
	  true, 0x80205003, 0x5003, TDP_ACCESS_READ, HAS_GVA },
	{ "a transformed sd", { 23, 0x5008, 0x80205008 >> 2, 0x00a03023, GVA },
	  true, 0x80205008, 0x5008, TDP_ACCESS_WRITE, HAS_GVA },
	{ "a transformed c.ld", { 21, 0x5008, 0x80205008 >> 2, 0x3501, GVA },
	  true, 0x80205008, 0x5008, TDP_ACCESS_READ, HAS_GVA },

	/* On the walk: stval is about another address, scause about the instruction. */
	{ "a load whose walk reads an entry", { 21, 0x7007, 0x88001ff8 >> 2, 0x3000, GVA },
	  true, 0x88001ff8, 0x7007, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a store whose walk reads an entry, cause 23", { 23, 0x7007, 0x88001ff8 >> 2, 0x3000, GVA },
	  true, 0x88001ff8, 0x7007, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a fetch whose walk reads an entry", { 20, 0x7002, 0x88001008 >> 2, 0x3000, GVA },
	  true, 0x88001008, 0x7002, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a load whose walk sets A", { 21, 0x7003, 0x88001010 >> 2, 0x3020, GVA },
	  true, 0x88001010, 0x7003, TDP_ACCESS_WRITE, HAS_GVA | ON_WALK },
	{ "a 32-bit guest's walk reads", { 21, 0x7003, 0x88001014 >> 2, 0x2000, GVA },
	  true, 0x88001014, 0x7003, TDP_ACCESS_READ, HAS_GVA | ON_WALK },
	{ "a 32-bit guest's walk writes", { 23, 0x7003, 0x88001014 >> 2, 0x2020, GVA },
	  true, 0x88001014, 0x7003, TDP_ACCESS_WRITE, HAS_GVA | ON_WALK },

	{ "no virtual address", { 21, 0, 0x80201000 >> 2, 0, 0 }, true, 0x80201000, 0, TDP_ACCESS_READ, 0 },

	{ "a page fault of the guest's own", { 13, 0x1000, 0, 0, GVA }, false, 0, 0, 0, 0 },
	{ "a call", { 10, 0, 0, 0, 0 }, false, 0, 0, 0, 0 },
	{ "a virtual instruction", { 22, 0x12345073, 0, 0, 0 }, false, 0, 0, 0, 0 },
	{ "an interrupt with the number of a fault", { 1ull << 63 | 21, 0, 0, 0, 0 }, false, 0, 0, 0, 0 },
};

static void check_row(const struct row *r)
{
	const unsigned untouched = 0x5a;
	struct tdp_fault f = { .gpa = gpa(untouched), .gva = gva(untouched), .flags = untouched };
	bool is_fault = riscv_fault_decode(&r->exit, &f);

	EXPECT(is_fault == r->is_fault, "%s: is%s a stage-2 fault", r->what, is_fault ? "" : " not");
	if (!r->is_fault) {
		EXPECT(f.gpa.raw == untouched && f.flags == untouched, "%s: *fault was written", r->what);
		return;
	}
	EXPECT(f.gpa.raw == r->gpa_raw, "%s: gpa 0x%lx, not 0x%lx", r->what, (unsigned long)f.gpa.raw,
	       (unsigned long)r->gpa_raw);
	EXPECT(f.gva.raw == r->gva_raw, "%s: gva 0x%lx, not 0x%lx", r->what, (unsigned long)f.gva.raw,
	       (unsigned long)r->gva_raw);
	EXPECT(f.access == r->access, "%s: access %d, not %d", r->what, f.access, r->access);
	EXPECT(f.flags == r->flags, "%s: flags %x, not %x", r->what, f.flags, r->flags);
}

static void traps_decode(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/* Every cause that is none of the three. */
static void other_causes_are_not_faults(uint64_t seed)
{
	for (uint64_t cause = 0; cause < 64; cause++) {
		struct riscv_exit exit = { .scause = cause, .htinst = 0x3000, .hstatus = GVA };
		struct tdp_fault f;

		EXPECT(riscv_fault_decode(&exit, &f) == (cause == 20 || cause == 21 || cause == 23), "cause %lu",
		       (unsigned long)cause);
	}
}

static const struct check_case cases[] = {
	{ "traps_decode", traps_decode },
	{ "other_causes_are_not_faults", other_causes_are_not_faults },
};
CHECK_SUITE(suite_fault_riscv, "fault_riscv", cases);
