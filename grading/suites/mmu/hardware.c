/*
 * What a format's hooks make, seen by the independent walker of the simulated machine (grading/sim/walk/<f>.c), which
 * shares nothing with them but the specification.
 *
 * laws.c finds hooks that contradict each other; here are found those that agree and are wrong: a user bit forgotten,
 * NX turned round, a reserved bit set.
 */
#include "grading/suites/mmu/samples.h"

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
	bool is_nothing = kind == PTE_EMPTY || kind == PTE_FROZEN;
	struct walk_entry entry;

	now.what = ASKED_NOTHING;
	now.level = level;
	LAW("L3", "PTE-TABLE-LEVEL0", level > 0 || kind != PTE_TABLE, pte_kind(pte, level), AS_KIND, "no table", pte);
	switch (seen(pte, level, &entry)) {
	case WALK_EMPTY:
		LAW("L4", "PTE-KIND-WRONG", is_nothing, pte_kind(pte, level), AS_KIND, "empty or frozen", pte);
		break;
	case WALK_TABLE:
		READS("L4", "PTE-KIND-WRONG", pte_kind(pte, level), PTE_TABLE, AS_KIND, pte);
		READS("L5", "PTE-HPA-MASK", pte_table_hpa(pte).raw, entry.out.raw, AS_HEX, pte);
		break;
	case WALK_LEAF:
		READS("L4", "PTE-KIND-WRONG", pte_kind(pte, level), PTE_LEAF, AS_KIND, pte);
		READS("L7", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw, entry.out.raw, AS_HEX, pte);
		break;
	case WALK_BAD:
		LAW("L1", "PTE-KIND-WRONG", !is_nothing, pte_kind(pte, level), AS_KIND, "table or leaf: it is valid",
		    pte);
		break;
	}
}

/* A leaf of each size, with each bit turned round once. */
static void check_near_misses(void)
{
	for_each_leaf_level(level) {
		for (unsigned bit = 0; bit < sizeof(pte_t) * 8; bit++) {
			pte_t pte = pte_make_leaf(hpa(0xc0000000 & page_mask(level)), level, PT_RWX);

			pte.raw ^= (__typeof__(pte.raw))1 << bit;
			check_kind(pte, level);
		}
	}
}

static void kinds_are_the_hardwares(uint64_t seed)
{
	check_near_misses();
	for (int i = 0; i < RANDOM_VALUES; i++) {
		pte_t pte = sample_raw(&seed);

		for_each_level(level)
			check_kind(pte, level);
	}
}

static void expect_nothing(pte_t pte, const char *id)
{
	for_each_level(level) {
		struct walk_entry entry;

		now.level = level;
		LAW("L2, L11", id, seen(pte, level, &entry) == WALK_EMPTY, seen(pte, level, &entry), AS_SEEN, "nothing",
		    pte);
	}
}

static void expect_mmio_is_nothing(uint64_t payload)
{
	now.what = ASKED_MMIO;
	now.at = payload;
	expect_nothing(pte_make_mmio(payload), "PTE-MMIO-KIND");
}

static void nothing_is_nothing(uint64_t seed)
{
	now.what = ASKED_NOTHING;
	expect_nothing(pte_make_empty(), "PTE-FROZEN-EMPTY");
	expect_nothing(pte_make_frozen(), "PTE-FROZEN-EMPTY");
	for (int bit = 0; bit < PT_MMIO_BITS; bit++) {
		expect_mmio_is_nothing(TWO_TO(bit));
		expect_mmio_is_nothing(TWO_TO(bit) - 1);
		expect_mmio_is_nothing(check_random(&seed) >> (64 - PT_MMIO_BITS));
	}
}

/* ---- Tables and leaves -------------------------------------------------------------------------------------- */

/* A table lets everything through, and hardware has nothing to set in it. */
static void tables_lead_on(uint64_t seed)
{
	hpa_t table;

	for (int level = 1; level < PT_LEVELS_MAX; level++) {
		for_each_page(i, 0, seed, table) {
			now.what = ASKED_TABLE;
			now.level = level;
			now.at = table.raw;
			EXPECT_MADE(pte_make_table(table));
		}
	}
}

static void check_seen(hpa_t page, int level, pt_prot_t prot)
{
	EXPECT_MADE(pte_make_leaf(page, level, prot));
}

static void leaves_allow_what_was_asked_for(uint64_t seed)
{
	for_each_leaf(seed, check_seen);
}

static void check_seen_old(hpa_t page, int level, pt_prot_t prot)
{
	pte_t fresh = pte_make_leaf(page, level, prot);

	for (unsigned ad = 0; ad < 4; ad++) {
		now_changed(ad);
		EXPECT_MADE(pte_set_ad(fresh, ad));
	}
}

static void changes_leave_the_rights_as_they_were(uint64_t seed)
{
	for_each_leaf(seed, check_seen_old);
}

static void check_set_by_hardware(hpa_t page, int level, pt_prot_t prot)
{
	for (unsigned bits = 0; bits < 16; bits++) {
		unsigned before = bits & 3, more = bits >> 2;
		pte_t pte = pte_set_ad(pte_make_leaf(page, level, prot), before);
		struct walk_word word = { pte_word(pte, 0), pte_word(pte, 1) };

		now_changed(before | more);
		word = walk_set_ad(word, level, more);
		__builtin_memcpy(&pte, &word, sizeof(pte));
		READS("L9", "PTE-AD-LOST", pte_ad(pte), before | more, AS_AD, pte);
		READS("L9", "PTE-PROT-BACK", pte_prot(pte, level), prot, AS_PROT, pte);
		READS("L9", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw, page.raw, AS_HEX, pte);
	}
}

static void changes_by_hardware_are_understood(uint64_t seed)
{
	if (PT_HW_SETS_AD)
		for_each_leaf(seed, check_set_by_hardware);
}

static const struct check_case cases[] = {
	{ "geometry_is_the_hardwares", geometry_is_the_hardwares },
	{ "tables_lead_on", tables_lead_on },
	{ "leaves_allow_what_was_asked_for", leaves_allow_what_was_asked_for },
	{ "changes_leave_the_rights_as_they_were", changes_leave_the_rights_as_they_were },
	{ "changes_by_hardware_are_understood", changes_by_hardware_are_understood },
	{ "kinds_are_the_hardwares", kinds_are_the_hardwares },
	{ "nothing_is_nothing", nothing_is_nothing },
};
CHECK_SUITE(suite_hardware, "hardware-" PT_FORMAT, cases);
