/*
 * The checker and the printer: each rule has a tree that breaks it, and what is printed is what is there.
 *
 * Trees are broken behind the MMU's back, in tables that no space is open for.
 */
#include "grading/sim/mem.h"
#include "grading/sim/walk.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/tree.h"
#include "grading/suites/mmu/world.h"
#include "mmu/pt/pt_bits.h"

#define PAGE ((uint64_t)4096)

static uint64_t seed_now;

static struct pt_census census_of(const struct pt *pt)
{
	struct pt_census census;

	pt_census(pt, sim_mem_blocks(), &census);
	return census;
}

static void expect_rule(const struct pt *pt, int rule, uint64_t at, int level)
{
	struct pt_census census = census_of(pt);
	char line[PT_LINE_MAX];

	EXPECT(census.broken == rule, "rule R%d is broken, the checker says R%d", rule, census.broken);
	EXPECT(!rule || (census.at.ia.raw == at && census.at.level == level), "it blames %s",
	       pt_entry_line(&census.at, line));
}

/* A healthy tree with a page and, if there are such, a large leaf. */
static struct pt healthy(void)
{
	struct pt pt;

	machine_start();
	pt = tree_make();
	tree_set(&pt, ia(5 * PAGE), 0, pte_make_leaf(hpa(16 * PAGE), 0, PT_READ));
	if (PT_LEAF_LEVEL_MAX > 0)
		tree_set(&pt, ia(2 * pt_span(1)), 1, pte_make_leaf(hpa(0), 1, PT_READ));
	return pt;
}

static void count_healthy(void)
{
	struct pt pt = healthy();
	struct pt_census census = census_of(&pt);

	expect_rule(&pt, 0, 0, 0);
	EXPECT(census.table_count == pt.levels, "%lu tables are counted", (unsigned long)census.table_count);
	EXPECT(census.leaf_count[0] == 1 && census.leaf_count[1] == (PT_LEAF_LEVEL_MAX > 0),
	       "leaves are counted by level");
}

static void a_healthy_tree_is_counted(uint64_t seed)
{
	for_each_shape(count_healthy);
}

/*
 * ---- Tables -----------------------------------------------------------------------------------------------------
 */

static void break_tables(void)
{
	struct pt pt = healthy();
	ia_t at = ia(5 * pt_span(1));

	tree_set(&pt, at, 1, pte_make_table(hpa(0)));
	expect_rule(&pt, 1, at.raw, 1);
	tree_set(&pt, at, 1, pte_make_table(pte_table_hpa(*tree_slot(&pt, ia(0), 1))));
	expect_rule(&pt, 2, at.raw, 1);
	tree_set(&pt, at, 1, pte_make_table(pt.root));
	EXPECT(census_of(&pt).broken, "a tree that leads to itself has an end for the checker");
	tree_set(&pt, at, 1, pte_make_empty());
	expect_rule(&pt, 0, 0, 0);
}

/* An address that no memory has.  Not every format can say such a thing. */
static void break_table_addresses(void)
{
	uint64_t random = seed_now;
	struct pt pt = healthy();
	pte_t pte;

	for (int i = 0; i < 20000; i++) {
		pte = pte_make_table(hpa(check_random(&random) & ~(PAGE - 1)));
		pte.raw ^= (__typeof__(pte.raw))1 << check_random(&random) % (8 * sizeof(pte));
		if (pte_kind(pte, 1) != PTE_TABLE || pte_table_hpa(pte).raw >> PT_OA_BITS == 0)
			continue;
		tree_set(&pt, ia(0), 1, pte);
		expect_rule(&pt, 1, 0, 1);
		return;
	}
}

static void r1_r2_tables_are_where_tables_can_be(uint64_t seed)
{
	seed_now = seed;
	for_each_shape(break_table_addresses);
	for_each_shape(break_tables);
}

/*
 * ---- Leaves -----------------------------------------------------------------------------------------------------
 */

enum fault_of_leaf { BAD_RIGHTS, BAD_PAGE };

static bool is_bad(pte_t pte, int level, enum fault_of_leaf fault)
{
	hpa_t page;

	if (pte_kind(pte, level) != PTE_LEAF)
		return false;
	if (!pte_leaf_ok(level, pte_prot(pte, level)))
		return fault == BAD_RIGHTS;
	page = pte_leaf_hpa(pte, level);
	return fault == BAD_PAGE &&
	       (!pt_is_aligned(page.raw, level) || page.raw + pt_span(level) > (uint64_t)1 << PT_OA_BITS);
}

/* A value that is a leaf with this fault, at this level.  Not every format can say such a thing. */
static bool find_bad(pte_t *pte, int level, enum fault_of_leaf fault, uint64_t *random)
{
	uint64_t words[2];

	for (int i = 0; i < 20000; i++) {
		for (int w = 0; w < 2; w++)
			words[w] = check_random(random) & (i & 1 ? check_random(random) : ~(uint64_t)0);
		if (i & 2)
			*pte = pte_make_leaf(hpa(0), level < PT_LEAF_LEVEL_MAX ? level : PT_LEAF_LEVEL_MAX, PT_READ);
		else
			__builtin_memcpy(pte, words, sizeof(*pte));
		if (i & 2)
			pte->raw ^= (__typeof__(pte->raw))1 << (words[0] % (8 * sizeof(*pte)));
		if (is_bad(*pte, level, fault))
			return true;
	}
	return false;
}

static void break_leaves(void)
{
	uint64_t random = seed_now;

	for (int level = 0; level < shape.levels; level++) {
		struct pt same = { .levels = shape.levels, .root_extra = shape.extra };
		ia_t at = ia((pt_entry_count(&same, level) - 1) * pt_span(level));

		for (enum fault_of_leaf fault = BAD_RIGHTS; fault <= BAD_PAGE; fault++) {
			struct pt pt = healthy();
			pte_t pte;

			if (!find_bad(&pte, level, fault, &random))
				continue;
			tree_set(&pt, at, level, pte);
			expect_rule(&pt, fault == BAD_RIGHTS ? 3 : 4, at.raw, level);
		}
	}
}

static void r3_r4_leaves_are_what_leaves_can_be(uint64_t seed)
{
	seed_now = seed;
	for_each_shape(break_leaves);
}

static void freeze(void)
{
	struct pt pt = healthy();
	ia_t last = ia(pt_ia_end(&pt) - PAGE);

	tree_set(&pt, last, 0, pte_make_frozen());
	expect_rule(&pt, 5, last.raw, 0);
	tree_set(&pt, last, 0, pte_make_mmio(9));
	expect_rule(&pt, 0, 0, 0);
}

static void r5_nothing_stays_frozen(uint64_t seed)
{
	for_each_shape(freeze);
}

/*
 * ---- Counts -----------------------------------------------------------------------------------------------------
 */

static void expect_counts(int rule)
{
	struct pt_census census;

	EXPECT(tdp_check(&world.root, &census) == rule, "the checker says %d, not %d", tdp_check(&world.root, &census),
	       rule);
}

static void falsify_counts(void)
{
	world_start();
	EXPECT(world_map(0, 8 * PAGE, 0, 0, 0) == 0, "map pages");
	expect_counts(0);
	for (int level = 0; level < PT_LEVELS_MAX; level++) {
		world.root.leaf_count[level]++;
		expect_counts(TDP_RULE_COUNTS);
		world.root.leaf_count[level] -= 2;
		expect_counts(TDP_RULE_COUNTS);
		world.root.leaf_count[level]++;
	}
	world.root.table_count++;
	expect_counts(TDP_RULE_COUNTS);
	world.root.table_count -= 2;
	expect_counts(2);
	world.root.table_count++;
	expect_counts(0);
	world_finish();
}

static void i3_counts_agree_with_the_tree(uint64_t seed)
{
	for_each_shape(falsify_counts);
}

/*
 * ---- The printer ------------------------------------------------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void expect_line(pte_t pte, int level, uint64_t at, const char *text)
{
	struct pt_entry e = { .pte = pte, .ia = ia(at), .level = level };
	char line[PT_LINE_MAX];

	EXPECT(same_text(pt_entry_line(&e, line), text), "\"%s\" is printed for \"%s\"", line, text);
}

static void lines_say_what_is_there(uint64_t seed)
{
	pte_t leaf = pte_make_leaf(hpa(0x7000), 0, PT_READ | PT_WRITE);

	world_smallest_shape();
	expect_line(leaf, 0, 0x3000, "l0 0x3000-0x4000 leaf 0x7000 rw---- AD");
	expect_line(pte_set_ad(leaf, PT_ACCESSED), 0, 0x3000, "l0 0x3000-0x4000 leaf 0x7000 rw---- A-");
	expect_line(pte_set_ad(leaf, 0), 0, 0x3000, "l0 0x3000-0x4000 leaf 0x7000 rw---- --");
	expect_line(pte_make_leaf(hpa(0), 0, PT_READ), 0, 0, "l0 0x0-0x1000 leaf 0x0 r----- A-");
	expect_line(pte_make_table(hpa(0x123000)), 2, 0,
			PT_INDEX_BITS == 9 ? "l2 0x0-0x40000000 table 0x123000" : "l2 0x0-0x10000000 table 0x123000");
	expect_line(pte_make_empty(), 0, 0x1000, "l0 0x1000-0x2000 empty");
	expect_line(pte_make_mmio(0x42), 0, 0x1000, "l0 0x1000-0x2000 empty mmio 0x42");
	expect_line(pte_make_frozen(), 0, 0x1000, "l0 0x1000-0x2000 frozen");
}

static struct {
	int count;
	char last[PT_LINE_MAX];
} dumped;

static void take_line(void *arg, const char *line)
{
	EXPECT(arg == &dumped, "the argument is passed on");
	dumped.count++;
	snprintf(dumped.last, sizeof(dumped.last), "%s", line);
}

static void dump_tree(void)
{
	struct pt pt = healthy();
	int depth = pt.levels - 1;

	tree_set(&pt, ia(5 * PAGE), 0, pte_make_leaf(hpa(0x7000), 0, PT_READ));
	dumped.count = 0;
	pt_dump(&pt, ia(0), ia(pt_span(1)), take_line, &dumped);
	EXPECT(dumped.count == pt.levels, "%d lines for one page", dumped.count);
	for (int i = 0; i < 2 * depth; i++)
		EXPECT(dumped.last[i] == ' ', "a line is indented by its depth");
	EXPECT(same_text(dumped.last + 2 * depth, "l0 0x5000-0x6000 leaf 0x7000 r----- A-"), "\"%s\"", dumped.last);
	dumped.count = 0;
	pt_dump(&pt, ia(0), ia(pt_ia_end(&pt)), take_line, &dumped);
	EXPECT(dumped.count == pt.levels + (PT_LEAF_LEVEL_MAX > 0), "%d lines for the tree", dumped.count);
}

static void a_dump_has_a_line_for_each_entry(uint64_t seed)
{
	for_each_shape(dump_tree);
}

/* The last line of the walk to byte 0x123 of an entry's range, when the entry is this one. */
static void expect_yield(const struct pt *pt, int level, pte_t pte, const char *text)
{
	ia_t at = ia(200 * pt_span(level));

	tree_set(pt, at, level, pte);
	dumped.count = 0;
	pt_walk(pt, ia_add(at, 0x123), take_line, &dumped);
	EXPECT(dumped.count == pt->levels + 2 - level, "%d lines for %d levels", dumped.count, pt->levels);
	EXPECT(same_text(dumped.last, text), "\"%s\" is printed for \"%s\"", dumped.last, text);
	tree_set(pt, at, level, pte_make_empty());
}

/* Not every format can say such things; print.c has those that lack a bit. */
static void walk_malformed(void)
{
	uint64_t random = seed_now;
	struct pt pt = healthy();
	pte_t pte;

	if (find_bad(&pte, 0, BAD_RIGHTS, &random) && !pte_lacks(pte, 0))
		expect_yield(&pt, 0, pte, "yields    nothing: the entry is malformed");
	if (find_bad(&pte, 1, BAD_PAGE, &random) && !pte_lacks(pte, 1) &&
	    !pt_is_aligned(pte_leaf_hpa(pte, 1).raw, 1))
		expect_yield(&pt, 1, pte, "yields    nothing: the entry is malformed");
}

static void a_malformed_leaf_yields_nothing(uint64_t seed)
{
	seed_now = seed;
	for_each_shape(walk_malformed);
}

/*
 * ---- Bits -------------------------------------------------------------------------------------------------------
 */

static void expect_bits(const char *format, uint64_t raw, int level, const char *text)
{
	char line[PT_BITS_MAX];

	if (same_text(PT_FORMAT, format))
		EXPECT(same_text(pt_bits_line((pte_t){ raw }, level, line), text), "\"%s\" is printed for \"%s\"",
		       line, text);
}

/* By hand, from the manuals. */
static void bits_are_named(uint64_t seed)
{
	expect_bits("riscv", 0x20480007, 0, "0x20480007  ppn 0x81200  -- - - - W R V");
	expect_bits("riscv", 0x204800d7, 0, "0x204800d7  ppn 0x81200  DA - U - W R V");
	expect_bits("riscv", 0x204803fa, 1, "0x204803fa  ppn 0x81200  DA G U X - R - logged device");
	expect_bits("riscv", 1ull << 63 | 1, 2, "0x8000000000000001  ppn 0x0  -- - - - - - V  and 0x8000000000000000");
	expect_bits("npt", 0x81200067, 0, "0x81200067  pfn 0x81200  -- - --- DA --- --- U/S R/W P");
	expect_bits("npt", 0x81200063, 0, "0x81200063  pfn 0x81200  -- - --- DA --- --- --- R/W P");
	expect_bits("npt", 1ull << 63 | 0x80e3, 0, "0x80000000000080e3  pfn 0x8  NX - PAT DA --- --- --- R/W P");
	expect_bits("npt", 0x2ed, 1, "0x2ed  pfn 0x0  -- - PS DA --- PWT U/S --- P logged");
	expect_bits("toy", 0x12345600, 1, "0x12345600  table 0x12 type 0x0  and 0x345600");
	expect_bits("toy", 0x120159, 0, "0x120159  page 0x12 type 0x1  D- X-R - logged");
	expect_bits("ept", 0x812000b6, 1, "0x812000b6  pfn 0x81200 type 0x6  -- PS ---- X W -");
}

/* Each bit of an entry has one name, or none. */
static void name_each_bit(pte_t pte, int level)
{
	for (unsigned bit = 0; bit < 8 * sizeof(pte); bit++) {
		pte_t other = { pte.raw ^ (__typeof__(pte.raw))1 << bit };
		char text[PT_BITS_MAX];
		const char *name = pt_bits_differ(pte, other, level, text);

		EXPECT(name[0], "level %d: nothing is said of bit %u", level, bit);
		for (; *name; name++)
			EXPECT(*name != ' ', "level %d: bit %u is said to be all of %s", level, bit, text);
	}
}

static void every_bit_has_a_name(uint64_t seed)
{
	char text[PT_BITS_MAX];

	for (int level = 0; level < PT_LEVELS_MAX; level++) {
		pte_t leaf = pte_make_leaf(hpa(0), level < PT_LEAF_LEVEL_MAX ? level : PT_LEAF_LEVEL_MAX, PT_READ);
		pte_t all = { ~(__typeof__(leaf.raw))0 };

		name_each_bit(leaf, level);
		name_each_bit(pte_make_table(hpa(0)), level);
		EXPECT(!pt_bits_differ(leaf, leaf, level, text)[0], "an entry differs from itself by %s", text);
		text[PT_BITS_MAX - 2] = 0;
		pt_bits_line(all, level, text);
		EXPECT(text[PT_BITS_MAX - 2] == 0, "the longest line fits: %s", text);
	}
}

/*
 * A leaf that is as good as another to the hooks, but one that hardware refuses: a bit is missing that nobody asks
 * for, and it is named.
 */
static void miss_each_bit(pte_t leaf, int level)
{
	struct walk_entry good, entry;
	uint64_t words[2] = { 0, 0 };

	__builtin_memcpy(words, &leaf, sizeof(leaf));
	walk_decode((struct walk_word){ words[0], words[1] }, level, &good);
	for (unsigned bit = 0; bit < 8 * sizeof(leaf); bit++) {
		pte_t other = { leaf.raw & ~((__typeof__(leaf.raw))1 << bit) };

		__builtin_memcpy(words, &other, sizeof(other));
		walk_decode((struct walk_word){ words[0], words[1] }, level, &entry);
		if (pte_kind(other, level) != PTE_LEAF || pte_prot(other, level) != pte_prot(leaf, level) ||
		    pte_ad(other) != pte_ad(leaf) || (entry.kind == good.kind && entry.rights == good.rights))
			continue;
		EXPECT(pte_lacks(other, level), "level %d: bit %u is missing, and nobody says so", level, bit);
	}
}

static void what_hardware_misses_is_named(uint64_t seed)
{
	for (int level = 0; level < PT_LEVELS_MAX; level++) {
		EXPECT(!level || !pte_lacks(pte_make_table(hpa(0x1000)), level), "level %d: a table lacks nothing",
		       level);
		EXPECT(!pte_lacks(pte_make_empty(), level), "what is empty lacks nothing");
		EXPECT(!pte_lacks(pte_make_frozen(), level), "what is frozen lacks nothing");
		for (pt_prot_t prot = 0; prot < 64; prot++) {
			if (!pte_leaf_ok(level, prot))
				continue;
			EXPECT(!pte_lacks(pte_make_leaf(hpa(0), level, prot), level), "level %d, rights 0x%x: a leaf "
			       "lacks nothing", level, prot);
			miss_each_bit(pte_make_leaf(hpa(0), level, prot), level);
		}
	}
}

static const struct check_case cases[] = {
	{ "a_healthy_tree_is_counted", a_healthy_tree_is_counted },
	{ "r1_r2_tables_are_where_tables_can_be", r1_r2_tables_are_where_tables_can_be },
	{ "r3_r4_leaves_are_what_leaves_can_be", r3_r4_leaves_are_what_leaves_can_be },
	{ "r5_nothing_stays_frozen", r5_nothing_stays_frozen },
	{ "i3_counts_agree_with_the_tree", i3_counts_agree_with_the_tree },
	{ "lines_say_what_is_there", lines_say_what_is_there },
	{ "bits_are_named", bits_are_named },
	{ "every_bit_has_a_name", every_bit_has_a_name },
	{ "what_hardware_misses_is_named", what_hardware_misses_is_named },
	{ "a_malformed_leaf_yields_nothing", a_malformed_leaf_yields_nothing },
	{ "a_dump_has_a_line_for_each_entry", a_dump_has_a_line_for_each_entry },
};
CHECK_SUITE(suite_checker, "checker", cases);
