/*
 * Walks as text: pt_walk() prints the root, one line for each entry on the way, and what the walk yields.
 *
 * What a line must be is put together here, from the tree: level, range, kind, slot, value.  Nothing depends on where
 * tables lie.  Trees are made entry by entry, in tables that no space is open for.
 */
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/tree.h"
#include "mmu/pt/pt_bits.h"

#define PAGE ((uint64_t)4096)

/* ---- What was printed ----------------------------------------------------------------------------------- */

enum { LINES_MAX = PT_LEVELS_MAX + 12 };

static struct {
	int count;
	char text[LINES_MAX][PT_BITS_MAX];
} printed;

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool begins(const char *text, const char *with)
{
	while (*with && *text == *with)
		text++, with++;
	return !*with;
}

/* Where a word first is in a text; NULL. */
static const char *find(const char *text, const char *word)
{
	for (; *text; text++)
		if (begins(text, word))
			return text;
	return NULL;
}

static void take(void *arg, const char *line)
{
	EXPECT(arg == &printed, "the argument is passed on");
	EXPECT(printed.count < LINES_MAX, "[WALK-NO-END] got more than %d lines: \"%s\"", LINES_MAX, line);
	snprintf(printed.text[printed.count++], PT_BITS_MAX, "%s", line);
}

static void walk_to(const struct pt *pt, ia_t at)
{
	printed.count = 0;
	pt_walk(pt, at, take, &printed);
}

/* Line i of the entries, the root's being 0; "nothing", if there is none. */
static const char *entry_text(int i)
{
	const char *text = i + 1 < printed.count ? printed.text[i + 1] : "nothing";

	return text[0] == 'l' && text[1] >= '0' && text[1] <= '9' && text[2] == ' ' ? text : "nothing";
}

/* ---- What must be ---------------------------------------------------------------------------------------- */

/* The table's own entry at `at`, as the tree has it. */
static struct pt_entry entry_at(const struct pt *pt, ia_t at, int level)
{
	struct pt_entry e = { .ia = ia(pt_align_down(at.raw, level)), .level = level };

	e.slot = tree_slot(pt, at, level);
	e.pte = *e.slot;
	return e;
}

static uint64_t slot_number(const struct pt *pt, const struct pt_entry *e)
{
	uint64_t count = pt_entry_count(pt, e->level), table = count * sizeof(pte_t);

	return (((uint64_t)e->slot - pt->window) & (table - 1)) / sizeof(pte_t);
}

static void value_text(pte_t pte, char text[48])
{
	uint64_t high = (uint64_t)(pte.raw >> 32 >> 32);

	if (high && sizeof(pte) > 8)
		snprintf(text, 48, "0x%lx:0x%lx", (unsigned long)high, (unsigned long)(uint64_t)pte.raw);
	else
		snprintf(text, 48, "0x%lx", (unsigned long)(uint64_t)pte.raw);
}

static void line_wanted(const struct pt *pt, const struct pt_entry *e, char text[PT_BITS_MAX])
{
	char line[PT_LINE_MAX], value[48];

	value_text(e->pte, value);
	snprintf(text, PT_BITS_MAX, "%s, slot %lu: %s", pt_entry_line(e, line), (unsigned long)slot_number(pt, e),
		 value);
}

static void did(const struct pt *pt, ia_t at, char text[PT_BITS_MAX])
{
	snprintf(text, PT_BITS_MAX, "did walk to 0x%lx, %d levels, a root of %lu entries", (unsigned long)at.raw,
		 pt->levels, (unsigned long)pt_entry_count(pt, pt_top(pt)));
}

/* ---- Comparing ------------------------------------------------------------------------------------------- */

/* The number behind ", slot "; -1: there is none. */
static long slot_in(const char *line)
{
	const char *at = find(line, ", slot ");
	long number = 0;

	if (!at || at[7] < '0' || at[7] > '9')
		return -1;
	for (at += 7; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + *at - '0';
	return number;
}

/* Is the line about the entry's level and range? */
static bool is_of(const char *line, const struct pt_entry *e)
{
	char head[PT_LINE_MAX];

	snprintf(head, sizeof(head), "l%d 0x%lx-0x%lx ", e->level, (unsigned long)e->ia.raw,
		 (unsigned long)pt_entry_end(e).raw);
	return begins(line, head);
}

/* The most telling difference has its own name. */
static void compare(const struct pt *pt, ia_t at, const struct pt_entry *e, const char *line)
{
	char what[PT_BITS_MAX], want[PT_BITS_MAX];
	long slot = slot_in(line), wanted = slot_number(pt, e);

	did(pt, at, what);
	line_wanted(pt, e, want);
	if (is_same(line, want))
		return;
	EXPECT(!is_same(line, "nothing"), "[WALK-LEVEL-MISSING] %s | got no line for level %d | expected %s", what,
	       e->level, want);
	EXPECT(is_of(line, e), "[WALK-LEVEL-WRONG] %s | got %s | expected %s", what, line, want);
	EXPECT(slot == wanted || wanted < 1 << PT_INDEX_BITS || slot != wanted % (1 << PT_INDEX_BITS),
	       "[WALK-ROOT-IS-LARGER] %s | got slot %ld | expected slot %ld", what, slot, wanted);
	EXPECT(slot == wanted, "[WALK-SLOT-WRONG] %s | got %s | expected slot %ld", what, line, wanted);
	EXPECT(false, "[WALK-ENTRY-WRONG] %s | got %s | expected %s", what, line, want);
}

/* Each level down to the last has its line, in order; none below it; and `yields` is said behind them. */
static void expect_walk(const struct pt *pt, ia_t at, int last, const char *yields)
{
	char what[PT_BITS_MAX];
	int levels = pt->levels - last;

	walk_to(pt, at);
	did(pt, at, what);
	EXPECT(printed.count > 0 && begins(printed.text[0], "root "), "the root comes first: %s", printed.text[0]);
	for (int i = 0; i < levels; i++) {
		struct pt_entry e = entry_at(pt, at, pt_top(pt) - i);

		compare(pt, at, &e, entry_text(i));
	}
	EXPECT(is_same(entry_text(levels), "nothing"), "[WALK-TOO-FAR] %s, which ends at level %d | got %s below it",
	       what, last, entry_text(levels));
	EXPECT(printed.count > levels + 1 && begins(printed.text[levels + 1], "yields "),
	       "[WALK-NO-YIELD] %s | got no line \"yields\": the last entry was not returned", what);
	EXPECT(is_same(printed.text[levels + 1] + 10, yields), "[WALK-NO-YIELD] %s | got %s | expected yields    %s",
	       what, printed.text[levels + 1], yields);
}

/* ---- Cases ---------------------------------------------------------------------------------------------- */

static uint64_t seed_now;

static struct pt empty_tree(void)
{
	machine_start();
	return tree_make();
}

static void walk_to_a_leaf(void)
{
	struct pt pt = empty_tree();
	ia_t at = ia(200 * PAGE);

	tree_set(&pt, at, 0, pte_make_leaf(hpa(0x7000), 0, PT_READ));
	expect_walk(&pt, ia_add(at, 0x123), 0, "0x7123: read");
	tree_set(&pt, ia_add(at, PAGE), 0, pte_make_leaf(hpa(0x9000), 0, PT_READ | PT_WRITE));
	expect_walk(&pt, ia_add(at, PAGE + 0xfff), 0, "0x9fff: read, write");
}

static void every_level_has_its_line(uint64_t seed)
{
	for_each_shape(walk_to_a_leaf);
}

/* A leaf above level 0: what its bits would be as a table is nobody's business. */
static void walk_to_a_large_leaf(void)
{
	struct pt pt = empty_tree();
	char yields[48];

	for (int level = 1; level <= PT_LEAF_LEVEL_MAX && level < pt.levels; level++) {
		hpa_t page = hpa(2 * pt_span(level));
		ia_t at = ia(3 * pt_span(level));

		tree_set(&pt, at, level, pte_make_leaf(page, level, PT_READ));
		snprintf(yields, sizeof(yields), "0x%lx: read", (unsigned long)page.raw + 0x1008);
		expect_walk(&pt, ia_add(at, 0x1008), level, yields);
		tree_set(&pt, at, level, pte_make_empty());
	}
}

static void a_walk_ends_at_a_leaf(uint64_t seed)
{
	for_each_shape(walk_to_a_large_leaf);
}

static void walk_to_nothing(void)
{
	for (int level = 0; level < shape.levels; level++) {
		struct pt pt = empty_tree();
		ia_t at = ia(5 * pt_span(level));

		tree_set(&pt, ia_add(at, pt_span(level)), level, pte_make_empty());
		expect_walk(&pt, at, level, "nothing: every access faults");
		tree_set(&pt, at, level, pte_make_frozen());
		expect_walk(&pt, at, level, "nothing yet: a CPU is changing the entry");
		tree_set(&pt, at, level, pte_make_mmio(9));
		expect_walk(&pt, at, level, "nothing: marked as a device's, every access faults");
	}
}

static void a_walk_ends_where_nothing_is(uint64_t seed)
{
	for_each_shape(walk_to_nothing);
}

/* Slots of the root's first page, of its last one, and of both ends of a table. */
static void walk_from_all_slots(void)
{
	struct pt pt = empty_tree();
	uint64_t count = pt_entry_count(&pt, pt_top(&pt)), number[] = { 0, 1, 511, count / 2, count - 1 };

	for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++) {
		ia_t at = ia((number[i] % count) * pt_span(pt_top(&pt)) + 511 * PAGE);

		tree_set(&pt, at, 0, pte_make_leaf(hpa(0x7000), 0, PT_READ));
		expect_walk(&pt, at, 0, "0x7000: read");
	}
}

/* Roots of every size, whatever the effort: for_each_shape() leaves most out in a kernel. */
static void slots_are_those_of_the_whole_root(uint64_t seed)
{
	for (int levels = PT_LEVELS_MIN; levels <= PT_LEVELS_MAX; levels++) {
		for (int extra = PT_ROOT_EXTRA_MIN; extra <= PT_ROOT_EXTRA_MAX; extra++) {
			if (!pt_shape_ok(levels, extra))
				continue;
			shape = (struct shape){ levels, extra };
			walk_from_all_slots();
		}
	}
}

static void walk_anywhere(void)
{
	struct pt pt = empty_tree();
	uint64_t random = seed_now;

	tree_grow(&pt, &random, 40);
	for (uint64_t i = much(60, 400); i > 0; i--) {
		ia_t at = tree_address(&pt, &random);
		int level = pt_top(&pt);

		while (level > 0 && pte_kind(*tree_slot(&pt, at, level), level) == PTE_TABLE)
			level--;
		walk_to(&pt, at);
		for (int l = pt_top(&pt); l >= level; l--) {
			struct pt_entry e = entry_at(&pt, at, l);

			compare(&pt, at, &e, entry_text(pt_top(&pt) - l));
		}
	}
}

static void walks_of_random_trees(uint64_t seed)
{
	seed_now = seed;
	for_each_shape(walk_anywhere);
}

/* ---- What is given: yields, and what is missing ------------------------------------------------------------- */

static void yield_rights(void)
{
	pt_prot_t device = PT_READ | PT_WRITE | PT_DEVICE;
	struct pt pt = empty_tree();
	ia_t at = ia(200 * PAGE);

	if (!pte_leaf_ok(0, device))
		return;
	tree_set(&pt, at, 0, pte_make_leaf(hpa(0x7000), 0, device));
	expect_walk(&pt, at, 0, "0x7000: read, write, a device's");
}

static void yields_tell_all_rights(uint64_t seed)
{
	for_each_shape(yield_rights);
}

/* A leaf that hardware refuses, with one bit less than a good one; false: there is none that the hooks let pass. */
static bool find_lacking(pte_t *pte)
{
	pte_t good = pte_make_leaf(hpa(0x7000), 0, PT_READ);

	for (unsigned bit = 0; bit < 8 * sizeof(good); bit++) {
		*pte = (pte_t){ good.raw & ~((__typeof__(good.raw))1 << bit) };
		if (pte_lacks(*pte, 0) && pte_kind(*pte, 0) == PTE_LEAF && pte_leaf_hpa(*pte, 0).raw == 0x7000)
			return true;
	}
	return false;
}

static void tell_what_is_missing(void)
{
	struct pt pt = empty_tree();
	ia_t at = ia(200 * PAGE);
	char bits[PT_BITS_MAX];
	pte_t pte;

	if (!find_lacking(&pte))
		return;
	tree_set(&pt, at, 0, pte);
	expect_walk(&pt, at, 0, "nothing: the entry is malformed");
	EXPECT(printed.count == pt.levels + 5, "%d lines, three of them behind the walk", printed.count);
	EXPECT(begins(printed.text[printed.count - 3], "but       l0 0xc8000-0xc9000 leaf 0x7000"), "\"%s\"",
	       printed.text[printed.count - 3]);
	EXPECT(is_same(printed.text[printed.count - 2] + 10, pt_bits_line(pte, 0, bits)), "\"%s\"",
	       printed.text[printed.count - 2]);
	EXPECT(is_same(printed.text[printed.count - 1] + 10, pte_lacks(pte, 0)), "\"%s\"",
	       printed.text[printed.count - 1]);
}

static void what_is_missing_is_told(uint64_t seed)
{
	for_each_shape(tell_what_is_missing);
}

static const struct check_case cases[] = {
	{ "every_level_has_its_line", every_level_has_its_line },
	{ "a_walk_ends_at_a_leaf", a_walk_ends_at_a_leaf },
	{ "a_walk_ends_where_nothing_is", a_walk_ends_where_nothing_is },
	{ "slots_are_those_of_the_whole_root", slots_are_those_of_the_whole_root },
	{ "walks_of_random_trees", walks_of_random_trees },
	{ "yields_tell_all_rights", yields_tell_all_rights },
	{ "what_is_missing_is_told", what_is_missing_is_told },
};
CHECK_SUITE(suite_print, "print", cases);
