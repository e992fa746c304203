/*
 * What a format's hooks make, seen by the independent walker of the simulated machine (grading/sim/walk/<f>.c), which
 * shares nothing with them but the specification.
 *
 * laws.c finds hooks that contradict each other; here are found those that agree and are wrong: a user bit forgotten,
 * NX turned round, a reserved bit set.
 */
#include "grading/sim/walk.h"
#include "grading/suites/mmu/samples.h"

static enum walk_kind seen(pte_t pte, int level, struct walk_entry *entry)
{
	walk_decode((struct walk_word){ pte_word(pte, 0), pte_word(pte, 1) }, level, entry);
	return entry->kind;
}

/* ---- Geometry ------------------------------------------------------------------------------------------- */

#define SAME(a, b)                                                                                                     \
	EXPECT((long)(a) == (long)(b), "%s: " #a " is %ld, hardware has %ld", PT_FORMAT, (long)(a), (long)(b))

static void geometry_is_the_hardwares(uint64_t seed)
{
	SAME(sizeof(pte_t), walk_format.entry_size);
	SAME(PT_INDEX_BITS, walk_format.index_bits);
	SAME(PT_LEVELS_MIN, walk_format.levels_min);
	SAME(PT_LEVELS_MAX, walk_format.levels_max);
	SAME(PT_ROOT_EXTRA_MIN, walk_format.extra_min);
	SAME(PT_ROOT_EXTRA_MAX, walk_format.extra_max);
	SAME(PT_IA_BITS_MAX, walk_format.ia_bits_max);
	SAME(PT_OA_BITS, walk_format.oa_bits);
	SAME(PT_ID_BITS, walk_format.id_bits);
	SAME(PT_LEAF_LEVEL_MAX, walk_format.leaf_level_max);
	SAME(PT_EMPTY_MAY_BE_CACHED, walk_format.empty_may_be_cached);
	SAME(PT_LESS_MAY_BE_CACHED, walk_format.less_may_be_cached);
	SAME(PT_BREAK_BEFORE_MAKE, walk_format.break_before_make);
	SAME(PT_HW_SETS_AD, walk_format.ad_modes >> WALK_AD_SETS & 1);
}

/* ---- Kinds ---------------------------------------------------------------------------------------------- */

static void check_kind(pte_t pte, int level)
{
	enum pte_kind kind = pte_kind(pte, level);
	struct walk_entry entry;

	now.level = level;
	switch (seen(pte, level, &entry)) {
	case WALK_EMPTY:
		LAW("hardware", kind == PTE_EMPTY || kind == PTE_FROZEN, pte);
		break;
	case WALK_TABLE:
		LAW("hardware", kind == PTE_TABLE && pte_table_hpa(pte).raw == entry.out.raw, pte);
		break;
	case WALK_LEAF:
		LAW("hardware", kind == PTE_LEAF && pte_leaf_hpa(pte, level).raw == entry.out.raw, pte);
		break;
	case WALK_BAD:
		LAW("hardware", kind == PTE_LEAF || kind == PTE_TABLE, pte);
		break;
	}
}

static void kinds_are_the_hardwares(uint64_t seed)
{
	for (int i = 0; i < RANDOM_VALUES; i++) {
		pte_t pte = sample_raw(&seed);

		for_each_level(level)
			check_kind(pte, level);
	}
}

static void expect_nothing(pte_t pte)
{
	for_each_level(level) {
		struct walk_entry entry;

		now.level = level;
		LAW("hardware", seen(pte, level, &entry) == WALK_EMPTY, pte);
	}
}

static void nothing_is_nothing(uint64_t seed)
{
	expect_nothing(pte_make_empty());
	expect_nothing(pte_make_frozen());
	for (int bit = 0; bit < PT_MMIO_BITS; bit++) {
		expect_nothing(pte_make_mmio(TWO_TO(bit)));
		expect_nothing(pte_make_mmio(TWO_TO(bit) - 1));
		expect_nothing(pte_make_mmio(check_random(&seed) >> (64 - PT_MMIO_BITS)));
	}
}

/* ---- Tables and leaves -------------------------------------------------------------------------------------- */

/* A table lets everything through, and hardware has nothing to set in it. */
static void tables_lead_on(uint64_t seed)
{
	hpa_t table;

	for (int level = 1; level < PT_LEVELS_MAX; level++) {
		for_each_page(i, 0, seed, table) {
			pte_t pte = pte_make_table(table);
			struct walk_entry entry;

			now.level = level;
			now.at = table.raw;
			LAW("hardware", seen(pte, level, &entry) == WALK_TABLE && entry.out.raw == table.raw, pte);
			LAW("hardware", (entry.rights & PT_RWX) == PT_RWX, pte);
			LAW("hardware", entry.ad == (WALK_ACCESSED | WALK_DIRTY), pte);
		}
	}
}

/* What hardware must allow.  Where software keeps the dirty bit, a clean page cannot be written. */
static unsigned rights_wanted(pt_prot_t prot, unsigned ad)
{
	if (!PT_HW_SETS_AD && !(ad & PT_DIRTY))
		prot &= ~PT_WRITE;
	return prot & walk_format.rights_known;
}

static void check_seen(hpa_t page, int level, pt_prot_t prot)
{
	for (unsigned ad = 0; ad < 4; ad++) {
		pte_t pte = pte_set_ad(pte_make_leaf(page, level, prot), ad);
		struct walk_entry entry;

		now.ad = ad;
		LAW("hardware", seen(pte, level, &entry) == WALK_LEAF, pte);
		LAW("hardware", entry.out.raw == page.raw, pte);
		LAW("hardware", (entry.rights & walk_format.rights_known) == rights_wanted(prot, ad), pte);
		LAW("hardware", (entry.ad & WALK_ACCESSED) == (ad & PT_ACCESSED), pte);
		LAW("hardware", !PT_HW_SETS_AD || entry.ad == ad, pte);
	}
}

static void leaves_allow_what_was_asked_for(uint64_t seed)
{
	for_each_leaf(seed, check_seen);
}

static void check_set_by_hardware(hpa_t page, int level, pt_prot_t prot)
{
	for (unsigned bits = 0; bits < 16; bits++) {
		unsigned before = bits & 3, more = bits >> 2;
		pte_t pte = pte_set_ad(pte_make_leaf(page, level, prot), before);
		struct walk_word word = { pte_word(pte, 0), pte_word(pte, 1) };

		now.ad = before;
		word = walk_set_ad(word, level, more);
		__builtin_memcpy(&pte, &word, sizeof(pte));
		LAW("hardware", pte_ad(pte) == (before | more), pte);
		LAW("hardware", pte_prot(pte, level) == prot && pte_leaf_hpa(pte, level).raw == page.raw, pte);
	}
}

static void what_hardware_sets_is_understood(uint64_t seed)
{
	if (PT_HW_SETS_AD)
		for_each_leaf(seed, check_set_by_hardware);
}

static const struct check_case cases[] = {
	{ "geometry_is_the_hardwares", geometry_is_the_hardwares },
	{ "kinds_are_the_hardwares", kinds_are_the_hardwares },
	{ "nothing_is_nothing", nothing_is_nothing },
	{ "tables_lead_on", tables_lead_on },
	{ "leaves_allow_what_was_asked_for", leaves_allow_what_was_asked_for },
	{ "what_hardware_sets_is_understood", what_hardware_sets_is_understood },
};
CHECK_SUITE(suite_hardware, "hardware-" PT_FORMAT, cases);
