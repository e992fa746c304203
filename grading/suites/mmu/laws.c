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
		LAW("L1", "PTE-KIND-WRONG", nothing || kind == PTE_TABLE || kind == PTE_LEAF, pte_kind(pte, level),
		    AS_KIND, "one of the four kinds", pte);
		LAW("L3", "PTE-TABLE-LEVEL0", level > 0 || kind != PTE_TABLE, pte_kind(pte, level), AS_KIND, "no table",
		    pte);
		LAW("L4", "PTE-MMIO-KIND", !mmio || kind == PTE_EMPTY, pte_kind(pte, level), AS_KIND,
		    "empty, since pte_mmio_payload() takes it for MMIO", pte);
		LAW("L4", "PTE-KIND-WRONG", nothing == pte_hw_faults(pte), pte_kind(pte, level), AS_KIND,
		    nothing ? "table or leaf" : "empty or frozen", pte);
		if (kind != PTE_LEAF)
			READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(pte, level), false, AS_BOOL, pte);
	}
	if (mmio && PT_MMIO_BITS < 64)
		LAW("L11", "PTE-MMIO-PAYLOAD", payload >> (PT_MMIO_BITS % 64) == 0,
		    pte_mmio_payload(pte, &payload) ? payload : 0, AS_HEX, "no more than PT_MMIO_BITS", pte);
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
			READS("L1", "PTE-KIND-WRONG", pte_kind(pte, x->level), x->kind, AS_KIND, pte);
		now.level = 0;
		if (x->kind == PTE_TABLE)
			READS("L3", "PTE-TABLE-LEVEL0", pte_kind(pte, 0), PTE_LEAF, AS_KIND, pte);
	}
	for_each_level(level) {
		now.level = level;
		READS("L2", "PTE-FROZEN-EMPTY", pte_kind(empty, level), PTE_EMPTY, AS_KIND, empty);
		READS("L2", "PTE-FROZEN-EMPTY", pte_kind(frozen, level), PTE_FROZEN, AS_KIND, frozen);
	}
}

static void empty_and_frozen_are_nothing_to_hardware(uint64_t seed)
{
	pte_t empty = pte_make_empty(), frozen = pte_make_frozen();
	uint64_t payload;

	now.what = ASKED_NOTHING;
	for_each_level(level) {
		now.level = level;
		READS("L2", "PTE-FROZEN-EMPTY", pte_kind(empty, level), PTE_EMPTY, AS_KIND, empty);
		READS("L2", "PTE-FROZEN-EMPTY", pte_kind(frozen, level), PTE_FROZEN, AS_KIND, frozen);
		READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(empty, level), false, AS_BOOL, empty);
		READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(frozen, level), false, AS_BOOL, frozen);
	}
	READS("L2", "PTE-FROZEN-EMPTY", pte_hw_faults(empty), true, AS_BOOL, empty);
	READS("L2", "PTE-FROZEN-EMPTY", pte_hw_faults(frozen), true, AS_BOOL, frozen);
	READS("L11", "PTE-MMIO-KIND", pte_mmio_payload(empty, &payload), false, AS_BOOL, empty);
	READS("L11", "PTE-MMIO-KIND", pte_mmio_payload(frozen, &payload), false, AS_BOOL, frozen);
	check_raw(empty);
	check_raw(frozen);
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

/* What is no part of the address does not come through.  Turned are bits that leave a table, or what is reserved. */
static void check_table_alone(hpa_t table)
{
	pte_t pte = pte_make_table(table);
	raw_t address = pte_make_table(hpa(page_mask(0))).raw ^ pte_make_table(hpa(0)).raw;
	struct walk_entry entry;

	for (now.bit = 0; now.bit < sizeof(pte) * 8; now.bit++) {
		pte_t turned = { pte.raw ^ (raw_t)1 << now.bit };
		enum walk_kind kind = seen(turned, now.level, &entry);

		now.what = ASKED_BIT;
		if (!(address >> now.bit & 1) && (kind == WALK_TABLE || kind == WALK_BAD))
			READS("L5", "PTE-HPA-MASK", pte_table_hpa(turned).raw, table.raw, AS_HEX, turned);
	}
}

static void tables_keep_their_address(uint64_t seed)
{
	hpa_t table;

	for_each_page(i, 0, seed, table) {
		pte_t pte = pte_make_table(table);

		now.what = ASKED_TABLE;
		now.level = 1;
		now.at = table.raw;
		READS("L4", "PTE-VALID-MISSING", pte_hw_faults(pte), false, AS_BOOL, pte);
		READS("L5", "PTE-HPA-MASK", pte_table_hpa(pte).raw, table.raw, AS_HEX, pte);
		for (int level = 1; level < PT_LEVELS_MAX; level++) {
			now.level = level;
			READS("L5", "PTE-KIND-WRONG", pte_kind(pte, level), PTE_TABLE, AS_KIND, pte);
		}
		now.level = 0;
		now.what = ASKED_NOTHING;
		LAW("L3", "PTE-TABLE-LEVEL0", pte_kind(pte, 0) != PTE_TABLE, pte_kind(pte, 0), AS_KIND, "no table",
		    pte);
		now.level = 1;
		check_table_alone(table);
	}
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* Where a logged leaf exists, so does the one that it becomes when it is logged no more. */
static const char *mistake_of_logged(pt_prot_t prot)
{
	return prot & PT_READ ? "PTE-RIGHTS-REFUSED" : "PTE-READ-NEEDED";
}

static void expect_no_leaf(const char *mistake, int level, pt_prot_t prot)
{
	now.what = ASKED_RIGHTS;
	now.level = level;
	now.prot = prot;
	READS("L6", mistake, pte_leaf_ok(level, prot), false, AS_BOOL, pte_make_empty());
}

static void check_allowed(int level, pt_prot_t prot)
{
	if (level > PT_LEAF_LEVEL_MAX || !(prot & PT_RWX) || ((prot & PT_WRITE) && (prot & PT_LOGGED)))
		expect_no_leaf("PTE-RIGHTS-UNKNOWN", level, prot);
	if ((prot & PT_LOGGED) && !pte_leaf_ok(level, prot ^ PT_LOGGED ^ PT_WRITE))
		expect_no_leaf(mistake_of_logged(prot), level, prot);
	for (int bit = PROT_BITS; bit < 32; bit++)
		expect_no_leaf("PTE-RIGHTS-UNKNOWN", level, prot | (pt_prot_t)1 << bit);
}

/* What the manual has no leaf for. */
static const char *mistake_of_allowed(const struct pte_example *x)
{
	return x->level <= PT_LEAF_LEVEL_MAX && !(x->prot & PT_READ) ? "PTE-READ-NEEDED" : "PTE-RIGHTS-UNKNOWN";
}

/* Rights that the manual does not know exist at no level, and for no device. */
static void check_refused(const struct pte_example *x)
{
	if (x->kind != PTE_EMPTY || x->level > PT_LEAF_LEVEL_MAX)
		return;
	for_each_leaf_level(level) {
		expect_no_leaf(mistake_of_allowed(x), level, x->prot);
		expect_no_leaf(mistake_of_allowed(x), level, x->prot | PT_DEVICE);
	}
}

static void leaves_exist_where_they_make_sense(uint64_t seed)
{
	static const int outside[] = { -1, -0x7fffffff - 1, PT_LEVELS_MAX, 64, 0x7fffffff };

	for_each_level(level)
		for_each_prot(prot)
			check_allowed(level, prot);
	for_each_example(x)
		check_refused(x);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		for_each_prot(prot)
			expect_no_leaf("PTE-RIGHTS-UNKNOWN", outside[i], prot);
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
			READS("L6", "PTE-RIGHTS-REFUSED", pte_leaf_ok(level, usual[i]), true, AS_BOOL, none);
		}
	}
}

/*
 * What is no part of the address does not come through.  Where hardware rejects what has a bit turned, bits below a
 * larger page's size may be taken for its address.
 */
static void check_leaf_alone(hpa_t page, int level, pt_prot_t prot)
{
	pte_t pte = pte_make_leaf(page, level, prot);
	raw_t small = pte_make_leaf(hpa(page_mask(0)), 0, prot).raw ^ pte_make_leaf(hpa(0), 0, prot).raw;
	raw_t address = pte_make_leaf(hpa(page_mask(level)), level, prot).raw ^ pte_make_leaf(hpa(0), level, prot).raw;
	struct walk_entry entry;

	now_leaf(page, level, prot);
	for (now.bit = 0; now.bit < sizeof(pte) * 8; now.bit++) {
		pte_t turned = { pte.raw ^ (raw_t)1 << now.bit };
		enum walk_kind kind = seen(turned, level, &entry);
		raw_t allowed = kind == WALK_BAD ? address | small : address;

		now.what = ASKED_BIT;
		if (!(allowed >> now.bit & 1) && (kind == WALK_LEAF || kind == WALK_BAD))
			READS("L7", "PTE-HPA-MASK", pte_leaf_hpa(turned, level).raw, page.raw, AS_HEX, turned);
	}
}

static void check_leaf(hpa_t page, int level, pt_prot_t prot)
{
	pte_t pte = pte_make_leaf(page, level, prot);

	READS("L4", "PTE-VALID-MISSING", pte_hw_faults(pte), false, AS_BOOL, pte);
	READS("L7", "PTE-KIND-WRONG", pte_kind(pte, level), PTE_LEAF, AS_KIND, pte);
	READS("L7", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw, page.raw, AS_HEX, pte);
	READS("L7", "PTE-PROT-BACK", pte_prot(pte, level), prot, AS_PROT, pte);
}

static void leaves_keep_address_and_rights(uint64_t seed)
{
	hpa_t page;

	for_each_leaf(seed, check_leaf);
	for_each_leaf_level(level)
		for (int i = 0; i < FIRST_PAGES && sample_page(i, level, seed, &page); i++)
			check_leaf_alone(page, level, PT_RWX);
}

/* The order is that of the list: a leaf, then what is made of it. */
static void check_next(hpa_t page, int level, pt_prot_t prot)
{
	hpa_t behind = hpa_add(page, pt_span(level));
	pte_t leaf = pte_make_leaf(page, level, prot), wanted = pte_make_leaf(behind, level, prot);

	if (behind.raw >> PT_OA_BITS)
		return;
	for (unsigned ad = 0; ad <= (PT_ACCESSED | PT_DIRTY); ad++) {
		pte_t first = pte_set_ad(leaf, ad);

		now_leaf(page, level, prot);
		now_changed(ad);
		READS("L9", "PTE-AD-LOST", pte_ad(first), ad, AS_AD, first);
		MAKES("L13", "PTE-NEXT-STEP", pte_leaf_next(first, level), pte_set_ad(wanted, ad), first);
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
		READS("L9", "PTE-AD-LOST", pte_ad(pte), ad, AS_AD, pte);
		READS("L7", "PTE-PROT-BACK", pte_prot(pte, level), prot, AS_PROT, pte);
		READS("L7", "PTE-HPA-MASK", pte_leaf_hpa(pte, level).raw, page.raw, AS_HEX, pte);
		MAKES("L7", "PTE-PROT-BACK", pte_with_prot(pte, level, other), old, pte);
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

	READS("L8", "PTE-AD-LOST", pte_ad(fresh), ad_of_new(prot), AS_AD, fresh);
	READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(fresh, level), false, AS_BOOL, fresh);
	for (unsigned ad = 0; ad < 4; ad++) {
		pte_t pte = pte_set_ad(fresh, ad);
		bool open = !(ad & PT_ACCESSED) || ((prot & PT_WRITE) && !(ad & PT_DIRTY));

		now_changed(ad);
		READS("L9", "PTE-AD-LOST", pte_ad(pte), ad, AS_AD, pte);
		READS("L9", "PTE-SET-AD-SPOILS", pte_kind(pte, level), PTE_LEAF, AS_KIND, pte);
		READS("L9", "PTE-SET-AD-SPOILS", pte_leaf_hpa(pte, level).raw, page.raw, AS_HEX, pte);
		READS("L9", "PTE-SET-AD-SPOILS", pte_prot(pte, level), prot, AS_PROT, pte);
		MAKES("L9", "PTE-SET-AD-SPOILS", pte_set_ad(pte, pte_ad(fresh)), fresh, pte);
		READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(pte, level), PT_HW_SETS_AD && open, AS_BOOL, pte);
	}
}

/* Tables have nothing that hardware could set, and there is nothing in what is nothing. */
static void check_no_leaf(pte_t pte, int level)
{
	now.what = ASKED_NOTHING;
	now.level = level;
	READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(pte, level), false, AS_BOOL, pte);
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
	READS("L11", "PTE-MMIO-KIND", pte_hw_faults(pte), true, AS_BOOL, pte);
	READS("L11", "PTE-MMIO-KIND", pte_same(pte, pte_make_empty()) || pte_same(pte, pte_make_frozen()), false,
	      AS_BOOL, pte);
	for_each_level(level) {
		now.level = level;
		READS("L11", "PTE-MMIO-KIND", pte_kind(pte, level), PTE_EMPTY, AS_KIND, pte);
		READS("L10", "PTE-HW-CHANGE", pte_hw_may_change(pte, level), false, AS_BOOL, pte);
	}
	READS("L11", "PTE-MMIO-KIND", pte_mmio_payload(pte, &payload), true, AS_BOOL, pte);
	LAW("L11", "PTE-MMIO-PAYLOAD", payload == wanted, pte_mmio_payload(pte, &payload) ? payload : 0, AS_HEX,
	    "the payload", pte);
}

/* What the format makes is no MMIO entry. */
static void check_not_mmio(hpa_t page, int level, pt_prot_t prot)
{
	pte_t leaf = pte_make_leaf(page, level, prot), table = pte_make_table(hpa(pt_align_down(page.raw, 0)));
	uint64_t payload;

	READS("L4", "PTE-MMIO-KIND", pte_mmio_payload(leaf, &payload), false, AS_BOOL, leaf);
	now.what = ASKED_NOTHING;
	READS("L4", "PTE-MMIO-KIND", pte_mmio_payload(table, &payload), false, AS_BOOL, table);
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

static pte_t found_by_cas(pte_t expected)
{
	return expected;
}

static pte_t beside(pte_t neighbour)
{
	return neighbour;
}

/* With 128 bits it is the upper half that a careless access forgets, so the two values differ in one bit alone. */
static void check_access(pte_t a, pte_t b)
{
	pte_t around[3] = { b, a, b }, expected = a;
	pte_t *slot = &around[1];

	now.what = ASKED_NOTHING;
	now.level = 0;
	MAKES("L12", "PTE-ACCESS", pte_load(slot), a, a);
	READS("L12", "PTE-ACCESS", pte_cas(slot, &expected, b), true, AS_BOOL, a);
	MAKES("L12", "PTE-ACCESS", found_by_cas(expected), a, a);
	MAKES("L12", "PTE-ACCESS", pte_load(slot), b, b);
	READS("L12", "PTE-ACCESS", pte_cas(slot, &expected, a), false, AS_BOOL, b);
	MAKES("L12", "PTE-ACCESS", found_by_cas(expected), b, a);
	MAKES("L12", "PTE-ACCESS", pte_load(slot), b, b);
	MAKES("L12", "PTE-ACCESS", pte_xchg(slot, a), b, b);
	MAKES("L12", "PTE-ACCESS", pte_load(slot), a, a);
	MAKES("L12", "PTE-ACCESS", beside(around[0]), b, b);
	MAKES("L12", "PTE-ACCESS", beside(around[2]), b, b);
}

static void accesses_move_whole_entries(uint64_t seed)
{
	for (unsigned bit = 0; bit < sizeof(pte_t) * 8; bit++) {
		pte_t a = pte_of_words(check_random(&seed), check_random(&seed)), b = a, zero = a;

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

	now.pte = pte;
	EXPECT(pte_same(is, wanted), "[%s] did %s | got %s | expected %s  differs: %s",
	       mistake ? mistake : mistake_of_bits(), asked_text(asked), pt_bits_line(is, x->level, got),
	       pt_bits_line(wanted, x->level, right), pt_bits_differ(is, wanted, x->level, differs));
}

static void tables_are_what_the_manual_says(uint64_t seed)
{
	for_each_example(x) {
		pte_t made;

		if (x->kind != PTE_TABLE)
			continue;
		now.what = ASKED_TABLE;
		now.level = x->level;
		now.at = x->at;
		made = pte_of_words(x->low, x->high);
		check_entry(x, pte_make_table(hpa(x->at)));
		READS("L5", "PTE-HPA-MASK", pte_table_hpa(made).raw, x->at, AS_HEX, made);
	}
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
			READS("L6", "PTE-RIGHTS-REFUSED", pte_leaf_ok(x->level, x->prot), true, AS_BOOL, none);
		else
			expect_no_leaf(mistake_of_allowed(x), x->level, x->prot);
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
