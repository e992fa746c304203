/*
 * The machine's stage-1 entries: the laws of mm/upt.h, for every right and level; and the walk.
 */
#include "grading/ktest/ktest.h"
#include "arch/arch.h"
#include "mm/page.h"
#include "mm/upt.h"

/* Physical addresses with every bit that a leaf of the level can have, below the direct map's end. */
static hpa_t sample_page(u32 which, int level)
{
	u64 sample[] = { 0, PAGE_SIZE, 0x5a5a5a5a5000, DIRECT_SIZE - PAGE_SIZE };

	return hpa(ALIGN_DOWN(sample[which] % DIRECT_SIZE, upt_span(level)));
}

static const u32 prots[] = {
	PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
};
static const u32 marks[] = { 0, UPT_COW, UPT_DEVICE };

static void expect_leaf(hpa_t page, int level, u32 rights)
{
	upte_t e = upte_make_leaf(page, level, rights);

	EXPECT_EQ(upte_kind(e, level), UPT_LEAF, "rights 0x%x, level %d", rights, level);
	EXPECT_EQ(upte_hpa(e).raw, page.raw, "rights 0x%x, level %d", rights, level);
	EXPECT_EQ(upte_rights(e), rights, "rights 0x%x, level %d", rights, level);
}

static void leaf_gives_back_what_it_was_made_of(void)
{
	for (int level = 0; level <= 1; level++)
		for (u32 which = 0; which < 4; which++)
			for (u32 p = 0; p < ARRAY_SIZE(prots); p++)
				for (u32 m = 0; m < ARRAY_SIZE(marks); m++)
					expect_leaf(sample_page(which, level), level, prots[p] | marks[m]);
}

/* Some machines cannot give a right alone; they may give more of reading, never of writing or executing. */
static void lone_rights_bring_no_other_but_reading(void)
{
	static const u32 lone[] = { PROT_WRITE, PROT_EXEC, PROT_WRITE | PROT_EXEC };

	for (u32 i = 0; i < ARRAY_SIZE(lone); i++) {
		u32 got = upte_rights(upte_make_leaf(hpa(PAGE_SIZE), 0, lone[i]));

		EXPECT_EQ(got & ~PROT_READ, lone[i]);
	}
}

static void tables_and_empty_entries_are_told_apart(void)
{
	upte_t empty = { 0 };

	for (int level = 0; level < UPT_LEVELS; level++)
		EXPECT_EQ(upte_kind(empty, level), UPT_EMPTY);
	for (int level = 1; level < UPT_LEVELS; level++)
		for (u32 which = 0; which < 4; which++) {
			upte_t e = upte_make_table(sample_page(which, 0));

			EXPECT_EQ(upte_kind(e, level), UPT_TABLE);
			EXPECT_EQ(upte_hpa(e).raw, sample_page(which, 0).raw);
		}
}

/* ---- The walk ------------------------------------------------------------------------------------------ */

static hpa_t root;

static void destroy_root(void *unused)
{
	upt_destroy(root);
}

static void create_root(void)
{
	root = upt_create();
	ASSERT_NE(root.raw, 0);
	ktest_defer(destroy_root, NULL);
}

static void set_leaf(u64 va, int level, upte_t pte)
{
	struct upt_entry e;

	EXPECT_EQ(upt_slot(root, hva(va), level, &e), 0);
	upt_set(&e, pte);
}

static upte_t some_leaf(u64 n, int level)
{
	return upte_make_leaf(hpa(n * upt_span(level)), level, PROT_READ);
}

static void each_address_has_its_own_entry(void)
{
	static const u64 va[] = { PAGE_SIZE, HUGE_SIZE - PAGE_SIZE, HUGE_SIZE, 1ull << 30, (1ull << 30) + HUGE_SIZE,
				  ALIGN_DOWN(USER_END / 2, PAGE_SIZE), USER_END - 2 * PAGE_SIZE };
	struct upt_entry e;

	create_root();
	for (u64 i = 0; i < ARRAY_SIZE(va); i++)
		set_leaf(va[i], 0, some_leaf(i + 1, 0));
	for (u64 i = 0; i < ARRAY_SIZE(va); i++) {
		e = upt_lookup(root, hva(va[i] + 123));
		EXPECT_EQ(upte_hpa(e.pte).raw, (i + 1) * PAGE_SIZE);
		EXPECT_EQ(e.level, 0);
		EXPECT_EQ(e.start.raw, va[i]);
	}
	e = upt_lookup(root, hva(2 * PAGE_SIZE));
	EXPECT_EQ(upte_kind(e.pte, e.level), UPT_EMPTY);
	for (u64 i = 0; i < ARRAY_SIZE(va); i++)
		set_leaf(va[i], 0, (upte_t){ 0 });
}

static void leaves_are_found_in_order(void)
{
	static const u64 va[] = { PAGE_SIZE, 5 * PAGE_SIZE, 3 * HUGE_SIZE, 5ull << 30, USER_END - 2 * PAGE_SIZE };
	hva_t at = hva(0);
	struct upt_entry e;
	u64 i = 0;

	create_root();
	for (u64 n = 0; n < ARRAY_SIZE(va); n++)
		set_leaf(va[n], n == 2, some_leaf(n + 1, n == 2));
	for (; upt_next_leaf(root, &at, hva(USER_END), &e); at = hva_add(e.start, upt_span(e.level)), i++) {
		ASSERT_LT(i, ARRAY_SIZE(va));
		EXPECT_EQ(e.start.raw, va[i]);
	}
	EXPECT_EQ(i, ARRAY_SIZE(va));
	at = hva(3 * HUGE_SIZE + 7 * PAGE_SIZE);
	EXPECT_TRUE(upt_next_leaf(root, &at, hva(USER_END), &e));
	EXPECT_EQ(at.raw, 3 * HUGE_SIZE + 7 * PAGE_SIZE, "the leaf decides about this address too");
	at = hva(6 * PAGE_SIZE);
	EXPECT_FALSE(upt_next_leaf(root, &at, hva(3 * HUGE_SIZE), &e));
	for (u64 n = 0; n < ARRAY_SIZE(va); n++)
		set_leaf(va[n], n == 2, (upte_t){ 0 });
}

static void split_makes_equal_small_leaves(void)
{
	struct upt_entry e;

	create_root();
	set_leaf(4 * HUGE_SIZE, 1, some_leaf(9, 1));
	EXPECT_EQ(upt_slot(root, hva(4 * HUGE_SIZE + PAGE_SIZE), 0, &e), -EEXIST);
	EXPECT_EQ(upt_split(root, hva(4 * HUGE_SIZE + 99 * PAGE_SIZE)), 0);
	EXPECT_EQ(upt_split(root, hva(4 * HUGE_SIZE)), 0, "a second time there is nothing to do");
	for (u64 i = 0; i < 512; i++) {
		e = upt_lookup(root, hva(4 * HUGE_SIZE + i * PAGE_SIZE));
		EXPECT_EQ(e.level, 0);
		EXPECT_EQ(upte_hpa(e.pte).raw, 9 * HUGE_SIZE + i * PAGE_SIZE);
		EXPECT_EQ(upte_rights(e.pte), PROT_READ);
		EXPECT_EQ(upt_unlink_empty(root, hva(4 * HUGE_SIZE)).raw, 0, "not empty yet");
		upt_set(&e, (upte_t){ 0 });
	}
	e = upt_lookup(root, hva(4 * HUGE_SIZE));
	EXPECT_EQ(e.level, 0);
	page_put(upt_unlink_empty(root, hva(4 * HUGE_SIZE + 5 * PAGE_SIZE)));
	e = upt_lookup(root, hva(4 * HUGE_SIZE));
	EXPECT_EQ(e.level, 1);
	EXPECT_EQ(upte_kind(e.pte, 1), UPT_EMPTY);
}

static void leaf_left_in_the_tables_panics(void)
{
	root = upt_create();
	set_leaf(PAGE_SIZE, 0, some_leaf(1, 0));
	upt_destroy(root);
}

static const struct ktest_case cases[] = {
	CASE(leaf_gives_back_what_it_was_made_of),
	CASE(lone_rights_bring_no_other_but_reading),
	CASE(tables_and_empty_entries_are_told_apart),
	CASE(each_address_has_its_own_entry),
	CASE(leaves_are_found_in_order),
	CASE(split_makes_equal_small_leaves),
	DEATH(leaf_left_in_the_tables_panics, "upt_destroy: leaf"),
};
KTEST_SUITE(upt, cases);
