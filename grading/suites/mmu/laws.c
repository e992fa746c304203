/*
 * The laws of mmu/pt/pte_contract.h, for the format that the include path chooses, and its worked examples.
 *
 * The laws compare hooks with hooks: what is put in comes out again.  The examples compare them with the specification.
 * Together they leave few mistakes: rights, bits and addresses are tried at every level of leaf one by one, since a
 * mask that is too narrow or a bit that is used twice shows with single bits first.
 *
 * Cases are cut so that who writes the hooks one by one, in the order of the contract, passes them one by one.
 *
 * Read next: the format's pte.h and examples.h.
 */
#include "mmu/pt/pte_example.h"
#include "grading/suites/mmu/samples.h"

#define for_each_example(x) for (const struct pte_example *x = pte_examples; x < pte_examples + example_count; x++)
static const size_t example_count = sizeof(pte_examples) / sizeof(pte_examples[0]);

static pte_t pte_of_words(uint64_t low, uint64_t high)
{
	uint64_t words[2] = { low, high };
	pte_t pte;

	__builtin_memcpy(&pte, words, sizeof(pte));
	return pte;
}

/* ---- Classify ------------------------------------------------------------------------------------------- */

static void check_raw(pte_t pte)
{
	uint64_t payload;
	bool mmio = pte_mmio_payload(pte, &payload);

	now.what = ASKED_NOTHING;
	for_each_level(level) {
		enum pte_kind kind = pte_kind(pte, level);
		bool nothing = kind == PTE_EMPTY || kind == PTE_FROZEN;

		now.level = level;
		LAW("L1", "PTE-KIND-WRONG", nothing || kind == PTE_TABLE || kind == PTE_LEAF, pte);
		LAW("L3", "PTE-TABLE-LEVEL0", level > 0 || kind != PTE_TABLE, pte);
		LAW("L4", "PTE-MMIO-KIND", !mmio || kind == PTE_EMPTY, pte);
		LAW("L4", "PTE-KIND-WRONG", nothing == pte_hw_faults(pte), pte);
		LAW("L10", "PTE-HW-CHANGE", kind == PTE_LEAF || !pte_hw_may_change(pte, level), pte);
	}
	if (mmio)
		LAW("L11", "PTE-MMIO-PAYLOAD", PT_MMIO_BITS == 64 || payload >> (PT_MMIO_BITS % 64) == 0, pte);
}

static void every_value_has_one_kind(uint64_t seed)
{
	for (int i = 0; i < RANDOM_VALUES; i++)
		check_raw(sample_raw(&seed));
}

/* By the values of the manual alone, before any of them can be made. */
static void tables_and_leaves_are_told_apart(uint64_t seed)
{
	pte_t empty = pte_make_empty(), frozen = pte_make_frozen();

	now.what = ASKED_NOTHING;
	for_each_example(x) {
		pte_t pte = pte_of_words(x->low, x->high);

		now.level = x->level;
		if (x->kind != PTE_EMPTY)
			LAW("L1", "PTE-KIND-WRONG", pte_kind(pte, x->level) == x->kind, pte);
		now.level = 0;
		if (x->kind == PTE_TABLE)
			LAW("L3", "PTE-TABLE-LEVEL0", pte_kind(pte, 0) == PTE_LEAF, pte);
	}
	for_each_level(level) {
		now.level = level;
		LAW("L2", "PTE-FROZEN-EMPTY", pte_kind(empty, level) == PTE_EMPTY, empty);
		LAW("L2", "PTE-FROZEN-EMPTY", pte_kind(frozen, level) == PTE_FROZEN, frozen);
	}
}

static void empty_and_frozen_are_nothing_to_hardware(uint64_t seed)
{
	pte_t empty = pte_make_empty(), frozen = pte_make_frozen();
	uint64_t payload;

	now.what = ASKED_NOTHING;
	for_each_level(level) {
		now.level = level;
		LAW("L2", "PTE-FROZEN-EMPTY", pte_kind(empty, level) == PTE_EMPTY, empty);
		LAW("L2", "PTE-FROZEN-EMPTY", pte_kind(frozen, level) == PTE_FROZEN, frozen);
		LAW("L10", "PTE-HW-CHANGE", !pte_hw_may_change(empty, level), empty);
		LAW("L10", "PTE-HW-CHANGE", !pte_hw_may_change(frozen, level), frozen);
	}
	LAW("L2", "PTE-FROZEN-EMPTY", pte_hw_faults(empty), empty);
	LAW("L2", "PTE-FROZEN-EMPTY", pte_hw_faults(frozen), frozen);
	LAW("L11", "PTE-MMIO-KIND", !pte_mmio_payload(empty, &payload), empty);
	LAW("L11", "PTE-MMIO-KIND", !pte_mmio_payload(frozen, &payload), frozen);
	check_raw(empty);
	check_raw(frozen);
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

static void tables_keep_their_address(uint64_t seed)
{
	hpa_t table;

	for_each_page(i, 0, seed, table) {
		pte_t pte = pte_make_table(table);

		now.what = ASKED_TABLE;
		now.level = 1;
		now.at = table.raw;
		LAW("L4", "PTE-VALID-MISSING", !pte_hw_faults(pte), pte);
		LAW("L5", "PTE-HPA-MASK", pte_table_hpa(pte).raw == table.raw, pte);
		for (int level = 1; level < PT_LEVELS_MAX; level++) {
			now.level = level;
			LAW("L5", "PTE-KIND-WRONG", pte_kind(pte, level) == PTE_TABLE, pte);
		}
		now.level = 0;
		now.what = ASKED_NOTHING;
		LAW("L3", "PTE-TABLE-LEVEL0", pte_kind(pte, 0) != PTE_TABLE, pte);
	}
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* Where a logged leaf exists, so does the one that it becomes when it is logged no more. */
static const char *mistake_of_logged(pt_prot_t prot)
{
	return prot & PT_READ ? "PTE-RIGHTS-REFUSED" : "PTE-READ-NEEDED";
}

static void leaves_exist_where_they_make_sense(uint64_t seed)
{
	const pte_t none = pte_make_empty();

	now.what = ASKED_RIGHTS;
	for_each_level(level) {
		bool any = false;

		now.level = level;
		for_each_prot(prot) {
			bool ok = pte_leaf_ok(level, prot);
			bool logged = ok && (prot & PT_LOGGED);

			now.prot = prot;
			any |= ok;
			LAW("L6", "PTE-RIGHTS-UNKNOWN", !ok || level <= PT_LEAF_LEVEL_MAX, none);
			LAW("L6", "PTE-RIGHTS-UNKNOWN", !ok || (prot & PT_RWX), none);
			LAW("L6", "PTE-RIGHTS-UNKNOWN", !(prot & PT_WRITE) || !logged, none);
			LAW("L6", mistake_of_logged(prot),
			    !logged || pte_leaf_ok(level, prot ^ PT_LOGGED ^ PT_WRITE), none);
			for (int bit = 6; bit < 32; bit++)
				LAW("L6", "PTE-RIGHTS-UNKNOWN", !pte_leaf_ok(level, prot | (pt_prot_t)1 << bit), none);
		}
		LAW("L6", "PTE-RIGHTS-REFUSED", any == (level <= PT_LEAF_LEVEL_MAX), none);
	}
}

/* What no format is without: or nothing could be mapped, or nothing be logged. */
static void leaves_exist_with_the_usual_rights(uint64_t seed)
{
	const pte_t none = pte_make_empty();
	static const pt_prot_t usual[] = { PT_READ, PT_READ | PT_WRITE, PT_READ | PT_EXEC, PT_RWX, PT_READ | PT_LOGGED,
					   PT_READ | PT_EXEC | PT_LOGGED, PT_READ | PT_WRITE | PT_DEVICE };

	now.what = ASKED_RIGHTS;
	for_each_leaf_level(level) {
		for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
			now.level = level;
			now.prot = usual[i];
			LAW("L6", "PTE-RIGHTS-REFUSED", pte_leaf_ok(level, usual[i]), none);
		}
	}
}

static void check_leaf(hpa_t page, int level, pt_prot_t prot)
{
	pte_t pte = pte_make_leaf(page, level, prot);

	LAW("L4", "PTE-VALID-MISSING", !pte_hw_faults(pte), pte);
	LAW("L7", "PTE-KIND-WRONG", pte_kind(pte, level) == PTE_LEAF, pte);
	LAW("L7", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw == page.raw, pte);
	LAW("L7", "PTE-PROT-BACK", pte_prot(pte, level) == prot, pte);
}

static void leaves_keep_address_and_rights(uint64_t seed)
{
	for_each_leaf(seed, check_leaf);
}

/* The order is that of the list: a leaf, then what is made of it. */
static void check_next(hpa_t page, int level, pt_prot_t prot)
{
	hpa_t behind = hpa_add(page, pt_span(level));
	pte_t leaf = pte_make_leaf(page, level, prot), wanted = pte_make_leaf(behind, level, prot);

	if (behind.raw >> PT_OA_BITS)
		return;
	for (unsigned ad = 0; ad <= (PT_ACCESSED | PT_DIRTY); ad++) {
		pte_t next = pte_leaf_next(pte_set_ad(leaf, ad), level);

		now_leaf(page, level, prot);
		now_changed(ad);
		LAW("L9", "PTE-AD-LOST", pte_ad(pte_set_ad(leaf, ad)) == ad, pte_set_ad(leaf, ad));
		now.what = ASKED_NOTHING;
		LAW("L13", "PTE-NEXT-STEP", pte_same(next, pte_set_ad(wanted, ad)), next);
	}
}

static void changes_to_the_next_leaf_are_of_the_page(uint64_t seed)
{
	for_each_leaf(seed, check_next);
}

/* pte_with_prot() is derived, but a format can break it: by what make_leaf adds to the given. */
static void check_other_rights(hpa_t page, int level, pt_prot_t prot)
{
	for_each_prot(other) {
		unsigned ad = (other ^ prot) & 3;
		pte_t old, pte;

		if (!pte_leaf_ok(level, other))
			continue;
		now_leaf(page, level, prot);
		now_changed(ad);
		old = pte_set_ad(pte_make_leaf(page, level, other), ad);
		pte = pte_with_prot(old, level, prot);
		LAW("L9", "PTE-AD-LOST", pte_ad(pte) == ad, pte);
		LAW("L7", "PTE-PROT-BACK", pte_prot(pte, level) == prot, pte);
		LAW("L7", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw == page.raw, pte);
		LAW("L7", "PTE-PROT-BACK", pte_same(pte_with_prot(pte, level, other), old), pte);
	}
}

static void changes_of_rights_keep_the_rest(uint64_t seed)
{
	hpa_t page;

	for_each_leaf_level(level) {
		for_each_prot(prot) {
			if (pte_leaf_ok(level, prot) && sample_page(1 + seed % 64, level, seed, &page))
				check_other_rights(page, level, prot);
		}
	}
}

/* ---- Accessed and dirty ------------------------------------------------------------------------------------- */

static void check_ad(hpa_t page, int level, pt_prot_t prot)
{
	pte_t fresh = pte_make_leaf(page, level, prot);

	LAW("L8", "PTE-AD-LOST", pte_ad(fresh) == ad_of_new(prot), fresh);
	LAW("L10", "PTE-HW-CHANGE", !pte_hw_may_change(fresh, level), fresh);
	for (unsigned ad = 0; ad < 4; ad++) {
		pte_t pte = pte_set_ad(fresh, ad);
		bool open = !(ad & PT_ACCESSED) || ((prot & PT_WRITE) && !(ad & PT_DIRTY));

		now_changed(ad);
		LAW("L9", "PTE-AD-LOST", pte_ad(pte) == ad, pte);
		LAW("L9", "PTE-SET-AD-SPOILS", pte_kind(pte, level) == PTE_LEAF, pte);
		LAW("L9", "PTE-SET-AD-SPOILS", pte_leaf_hpa(pte, level).raw == page.raw, pte);
		LAW("L9", "PTE-SET-AD-SPOILS", pte_prot(pte, level) == prot, pte);
		LAW("L9", "PTE-SET-AD-SPOILS", pte_same(pte_set_ad(pte, pte_ad(fresh)), fresh), pte);
		LAW("L10", "PTE-HW-CHANGE", pte_hw_may_change(pte, level) == (PT_HW_SETS_AD && open), pte);
	}
}

/* Tables have nothing that hardware could set, and there is nothing in what is nothing. */
static void check_no_leaf(pte_t pte, int level)
{
	now.what = ASKED_NOTHING;
	now.level = level;
	LAW("L10", "PTE-HW-CHANGE", !pte_hw_may_change(pte, level), pte);
}

static void changes_of_accessed_and_dirty_are_no_others(uint64_t seed)
{
	hpa_t table;

	for_each_leaf(seed, check_ad);
	for (int level = 1; level < PT_LEVELS_MAX; level++) {
		for_each_page(i, 0, seed, table)
			check_no_leaf(pte_make_table(table), level);
		check_no_leaf(pte_make_empty(), level);
		check_no_leaf(pte_make_frozen(), level);
	}
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

static void check_mmio(uint64_t raw)
{
	uint64_t wanted = PT_MMIO_BITS == 64 ? raw : raw & (TWO_TO(PT_MMIO_BITS % 64) - 1), payload = ~wanted;
	pte_t pte = pte_make_mmio(wanted);

	now.what = ASKED_MMIO;
	now.level = 0;
	now.at = wanted;
	LAW("L11", "PTE-MMIO-KIND", pte_hw_faults(pte), pte);
	LAW("L11", "PTE-MMIO-KIND", !pte_same(pte, pte_make_empty()) && !pte_same(pte, pte_make_frozen()), pte);
	for_each_level(level) {
		now.level = level;
		LAW("L11", "PTE-MMIO-KIND", pte_kind(pte, level) == PTE_EMPTY, pte);
		LAW("L10", "PTE-HW-CHANGE", !pte_hw_may_change(pte, level), pte);
	}
	LAW("L11", "PTE-MMIO-KIND", pte_mmio_payload(pte, &payload), pte);
	LAW("L11", "PTE-MMIO-PAYLOAD", payload == wanted, pte);
}

/* What the format makes is no MMIO entry. */
static void check_not_mmio(hpa_t page, int level, pt_prot_t prot)
{
	pte_t leaf = pte_make_leaf(page, level, prot), table = pte_make_table(hpa(pt_align_down(page.raw, 0)));
	uint64_t payload;

	LAW("L4", "PTE-MMIO-KIND", !pte_mmio_payload(leaf, &payload), leaf);
	now.what = ASKED_NOTHING;
	LAW("L4", "PTE-MMIO-KIND", !pte_mmio_payload(table, &payload), table);
}

static void mmio_entries_carry_their_payload(uint64_t seed)
{
	check_mmio(0);
	check_mmio(~(uint64_t)0);
	for (int bit = 0; bit < PT_MMIO_BITS; bit++) {
		check_mmio(TWO_TO(bit));
		check_mmio(~TWO_TO(bit));
		check_mmio(TWO_TO(bit) - 1);
	}
	for (uint64_t i = 0; i < 4096; i++) {
		check_mmio(i);
		check_mmio(check_random(&seed));
	}
	for_each_leaf(seed, check_not_mmio);
}
/* ---- Accesses ------------------------------------------------------------------------------------------- */

/* With 128 bits it is the upper half that a careless access forgets, so the two values differ in one bit alone. */
static void check_access(pte_t a, pte_t b)
{
	pte_t around[3] = { b, a, b }, expected = a, old;
	pte_t *slot = &around[1];

	LAW("L12", "PTE-ACCESS", pte_same(pte_load(slot), a), a);
	LAW("L12", "PTE-ACCESS", pte_cas(slot, &expected, b), a);
	LAW("L12", "PTE-ACCESS", pte_same(expected, a) && pte_same(pte_load(slot), b), b);
	LAW("L12", "PTE-ACCESS", !pte_cas(slot, &expected, a), b);
	LAW("L12", "PTE-ACCESS", pte_same(expected, b) && pte_same(pte_load(slot), b), expected);
	old = pte_xchg(slot, a);
	LAW("L12", "PTE-ACCESS", pte_same(old, b) && pte_same(pte_load(slot), a), old);
	LAW("L12", "PTE-ACCESS", pte_same(around[0], b) && pte_same(around[2], b), b);
}

static void accesses_move_whole_entries(uint64_t seed)
{
	for (unsigned bit = 0; bit < sizeof(pte_t) * 8; bit++) {
		pte_t a = sample_raw(&seed), b = a, zero = a;

		a.raw = (__typeof__(a.raw))1 << bit;
		zero.raw = 0;
		check_access(a, zero);
		check_access(zero, a);
		a = b;
		b.raw ^= (__typeof__(b.raw))1 << bit;
		check_access(a, b);
	}
}

/* ---- Worked examples ---------------------------------------------------------------------------------------- */

/* Of an entry in which hardware sees what was asked for, but which has other bits than the manual's. */
static const char *mistake_of_bits(void)
{
	return now.what == ASKED_LEAF && (now.prot & PT_DEVICE) ? "PTE-DEVICE-LOST" : "PTE-RESERVED-BITS";
}

/* Compared are the bits that are hardware's. */
static void check_entry(const struct pte_example *x, pte_t pte)
{
	uint64_t low = pte_word(pte, 0) & PTE_EXAMPLE_LOW, high = pte_word(pte, 1) & PTE_EXAMPLE_HIGH;
	pte_t is = pte_of_words(low, high), wanted = pte_of_words(x->low, x->high);
	char asked[TEXT_MAX], got[PT_BITS_MAX], right[PT_BITS_MAX], differs[PT_BITS_MAX];
	const char *mistake = mistake_of(pte);

	EXPECT(pte_same(is, wanted), "[%s] did %s | got %s | expected %s  differs: %s",
	       mistake ? mistake : mistake_of_bits(), asked_text(asked), pt_bits_line(is, x->level, got),
	       pt_bits_line(wanted, x->level, right), pt_bits_differ(is, wanted, x->level, differs));
}

static void tables_are_what_the_manual_says(uint64_t seed)
{
	for_each_example(x) {
		if (x->kind != PTE_TABLE)
			continue;
		now.what = ASKED_TABLE;
		now.level = x->level;
		now.at = x->at;
		check_entry(x, pte_make_table(hpa(x->at)));
		LAW("L5", "PTE-HPA-MASK", pte_table_hpa(pte_of_words(x->low, x->high)).raw == x->at,
		    pte_of_words(x->low, x->high));
	}
}

/* What the manual has no leaf for. */
static const char *mistake_of_allowed(const struct pte_example *x)
{
	return x->level <= PT_LEAF_LEVEL_MAX && !(x->prot & PT_READ) ? "PTE-READ-NEEDED" : "PTE-RIGHTS-UNKNOWN";
}

static void leaves_are_what_the_manual_says(uint64_t seed)
{
	const pte_t none = pte_make_empty();

	for_each_example(x) {
		bool ok;

		if (x->kind == PTE_TABLE)
			continue;
		ok = pte_leaf_ok(x->level, x->prot);
		now_leaf(hpa(x->at), x->level, x->prot);
		if (x->kind == PTE_LEAF && ok && x->ad == ad_of_new(x->prot))
			check_entry(x, pte_make_leaf(hpa(x->at), x->level, x->prot));
		now.what = ASKED_RIGHTS;
		if (x->kind == PTE_LEAF)
			LAW("L6", "PTE-RIGHTS-REFUSED", ok, none);
		else
			LAW("L6", mistake_of_allowed(x), !ok, none);
	}
}

static void changes_are_what_the_manual_says(uint64_t seed)
{
	for_each_example(x) {
		if (x->kind != PTE_LEAF)
			continue;
		now_leaf(hpa(x->at), x->level, x->prot);
		now_changed(x->ad);
		check_entry(x, pte_set_ad(pte_make_leaf(hpa(x->at), x->level, x->prot), x->ad));
	}
}

/* ---- Geometry ------------------------------------------------------------------------------------------- */

static void geometry_holds_together(uint64_t seed)
{
	int shapes = 0;

	for (int levels = PT_LEVELS_MIN; levels <= PT_LEVELS_MAX; levels++) {
		for (int extra = PT_ROOT_EXTRA_MIN; extra <= PT_ROOT_EXTRA_MAX; extra++) {
			struct pt pt = { .levels = levels, .root_extra = extra };

			if (!pt_shape_ok(levels, extra))
				continue;
			shapes++;
			EXPECT(pt_ia_bits(&pt) <= PT_IA_BITS_MAX, "%d levels decode %d bits", levels, pt_ia_bits(&pt));
			EXPECT(pt_entry_count(&pt, 0) * sizeof(pte_t) == TWO_TO(PT_PAGE_SHIFT), "a table is a page");
		}
	}
	EXPECT(shapes > 0, "%s has no shape of a tree", PT_FORMAT);
	EXPECT(pt_level_shift(PT_LEAF_LEVEL_MAX) < PT_OA_BITS, "the largest leaf does not fit an output address");
	EXPECT(_Alignof(pte_t) == sizeof(pte_t), "entries are aligned to their size");
	EXPECT(PT_MMIO_BITS >= 40, "an MMIO entry has room for %d bits", PT_MMIO_BITS);
}

static const struct check_case cases[] = {
	{ "geometry_holds_together", geometry_holds_together },
	{ "tables_are_what_the_manual_says", tables_are_what_the_manual_says },
	{ "tables_and_leaves_are_told_apart", tables_and_leaves_are_told_apart },
	{ "tables_keep_their_address", tables_keep_their_address },
	{ "leaves_are_what_the_manual_says", leaves_are_what_the_manual_says },
	{ "leaves_exist_where_they_make_sense", leaves_exist_where_they_make_sense },
	{ "leaves_exist_with_the_usual_rights", leaves_exist_with_the_usual_rights },
	{ "leaves_keep_address_and_rights", leaves_keep_address_and_rights },
	{ "changes_are_what_the_manual_says", changes_are_what_the_manual_says },
	{ "changes_of_accessed_and_dirty_are_no_others", changes_of_accessed_and_dirty_are_no_others },
	{ "changes_of_rights_keep_the_rest", changes_of_rights_keep_the_rest },
	{ "changes_to_the_next_leaf_are_of_the_page", changes_to_the_next_leaf_are_of_the_page },
	{ "every_value_has_one_kind", every_value_has_one_kind },
	{ "empty_and_frozen_are_nothing_to_hardware", empty_and_frozen_are_nothing_to_hardware },
	{ "mmio_entries_carry_their_payload", mmio_entries_carry_their_payload },
	{ "accesses_move_whole_entries", accesses_move_whole_entries },
};
CHECK_SUITE(suite_laws, "laws-" PT_FORMAT, cases);
