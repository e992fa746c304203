/*
 * The laws of mmu/pt/pte_contract.h, for the format that the include path chooses, and its worked examples.
 *
 * The laws compare hooks with hooks: what is put in comes out again.  The examples compare them with the specification.
 * Together they leave few mistakes: rights, bits and addresses are tried at every level of leaf one by one, since a
 * mask that is too narrow or a bit that is used twice shows with single bits first.
 *
 * Read next: the format's pte.h and examples.h.
 */
#include "mmu/pt/pte_example.h"
#include "grading/suites/mmu/samples.h"

/* ---- Classify ------------------------------------------------------------------------------------------- */

static void check_raw(pte_t pte)
{
	uint64_t payload;
	bool mmio = pte_mmio_payload(pte, &payload);

	for_each_level(level) {
		enum pte_kind kind = pte_kind(pte, level);

		now.level = level;
		LAW("L1", kind == PTE_EMPTY || kind == PTE_TABLE || kind == PTE_LEAF || kind == PTE_FROZEN, pte);
		LAW("L3", level > 0 || kind != PTE_TABLE, pte);
		LAW("L4", !mmio || kind == PTE_EMPTY, pte);
		LAW("L4", (kind == PTE_EMPTY || kind == PTE_FROZEN) == pte_hw_faults(pte), pte);
		LAW("L10", kind == PTE_LEAF || !pte_hw_may_change(pte, level), pte);
	}
	if (mmio)
		LAW("L11", PT_MMIO_BITS == 64 || payload >> (PT_MMIO_BITS % 64) == 0, pte);
}

static void every_value_has_one_kind(uint64_t seed)
{
	for (int i = 0; i < RANDOM_VALUES; i++)
		check_raw(sample_raw(&seed));
}

static void empty_and_frozen_are_nothing_to_hardware(uint64_t seed)
{
	pte_t empty = pte_make_empty(), frozen = pte_make_frozen();
	uint64_t payload;

	for_each_level(level) {
		now.level = level;
		LAW("L2", pte_kind(empty, level) == PTE_EMPTY, empty);
		LAW("L2", pte_kind(frozen, level) == PTE_FROZEN, frozen);
		LAW("L10", !pte_hw_may_change(empty, level), empty);
		LAW("L10", !pte_hw_may_change(frozen, level), frozen);
	}
	LAW("L2", pte_hw_faults(empty), empty);
	LAW("L2", pte_hw_faults(frozen), frozen);
	LAW("L11", !pte_mmio_payload(empty, &payload), empty);
	LAW("L11", !pte_mmio_payload(frozen, &payload), frozen);
	check_raw(empty);
	check_raw(frozen);
}

/* ---- Tables --------------------------------------------------------------------------------------------- */

static void tables_keep_their_address(uint64_t seed)
{
	hpa_t table;

	for_each_page(i, 0, seed, table) {
		pte_t pte = pte_make_table(table);

		now.at = table.raw;
		LAW("L5", pte_table_hpa(pte).raw == table.raw, pte);
		LAW("L4", !pte_hw_faults(pte), pte);
		for (int level = 1; level < PT_LEVELS_MAX; level++) {
			now.level = level;
			LAW("L5", pte_kind(pte, level) == PTE_TABLE, pte);
			LAW("L10", !pte_hw_may_change(pte, level), pte);
		}
		check_raw(pte);
	}
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

static void leaves_exist_where_they_make_sense(uint64_t seed)
{
	const pte_t none = pte_make_empty();

	for_each_level(level) {
		bool any = false;

		for_each_prot(prot) {
			bool ok = pte_leaf_ok(level, prot);

			now.level = level;
			now.prot = prot;
			any |= ok;
			LAW("L6", !ok || level <= PT_LEAF_LEVEL_MAX, none);
			LAW("L6", !ok || (prot & PT_RWX), none);
			LAW("L6", !ok || !(prot & PT_WRITE) || !(prot & PT_LOGGED), none);
			LAW("L6", !ok || !(prot & PT_LOGGED) || pte_leaf_ok(level, prot ^ PT_LOGGED ^ PT_WRITE), none);
			for (int bit = 6; bit < 32; bit++)
				LAW("L6", !pte_leaf_ok(level, prot | (pt_prot_t)1 << bit), none);
		}
		LAW("L6", any == (level <= PT_LEAF_LEVEL_MAX), none);
	}
}

/* What no format is without: or nothing could be mapped, or nothing be logged. */
static void the_usual_rights_exist(uint64_t seed)
{
	const pte_t none = pte_make_empty();
	static const pt_prot_t usual[] = { PT_READ, PT_READ | PT_WRITE, PT_READ | PT_EXEC, PT_RWX, PT_READ | PT_LOGGED,
					   PT_READ | PT_EXEC | PT_LOGGED, PT_READ | PT_WRITE | PT_DEVICE };

	for_each_leaf_level(level) {
		for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
			now.level = level;
			now.prot = usual[i];
			LAW("L6", pte_leaf_ok(level, usual[i]), none);
		}
	}
}

static void check_next(pte_t leaf, hpa_t page, int level, pt_prot_t prot)
{
	hpa_t behind = hpa_add(page, pt_span(level));

	if (behind.raw >> PT_OA_BITS)
		return;
	for (unsigned ad = 0; ad <= (PT_ACCESSED | PT_DIRTY); ad++)
		LAW("L13",
		    pte_same(pte_leaf_next(pte_set_ad(leaf, ad), level),
			     pte_set_ad(pte_make_leaf(behind, level, prot), ad)),
		    pte_leaf_next(pte_set_ad(leaf, ad), level));
}

static void check_leaf(hpa_t page, int level, pt_prot_t prot)
{
	pte_t pte = pte_make_leaf(page, level, prot);
	unsigned ad = PT_ACCESSED | (prot & PT_WRITE ? PT_DIRTY : 0);
	uint64_t payload;

	LAW("L7", pte_kind(pte, level) == PTE_LEAF, pte);
	LAW("L7", pte_leaf_hpa(pte, level).raw == page.raw, pte);
	LAW("L7", pte_prot(pte, level) == prot, pte);
	LAW("L8", pte_ad(pte) == ad, pte);
	LAW("L10", !pte_hw_may_change(pte, level), pte);
	LAW("L4", !pte_mmio_payload(pte, &payload), pte);
	LAW("L4", !pte_hw_faults(pte), pte);
	check_next(pte, page, level, prot);
}

static void leaves_keep_address_and_rights(uint64_t seed)
{
	for_each_leaf(seed, check_leaf);
}

/* pte_with_prot() is derived, but a format can break it: by what make_leaf adds to the given. */
static void check_other_rights(hpa_t page, int level, pt_prot_t prot)
{
	for_each_prot(other) {
		pte_t old, pte;

		if (!pte_leaf_ok(level, other))
			continue;
		now.ad = (other ^ prot) & 3;
		old = pte_set_ad(pte_make_leaf(page, level, other), now.ad);
		pte = pte_with_prot(old, level, prot);
		LAW("L9", pte_ad(pte) == now.ad, pte);
		LAW("L7", pte_prot(pte, level) == prot && pte_leaf_hpa(pte, level).raw == page.raw, pte);
		LAW("L7", pte_same(pte_with_prot(pte, level, other), old), pte);
	}
}

static void rights_can_be_exchanged(uint64_t seed)
{
	hpa_t page;

	for_each_leaf_level(level) {
		for_each_prot(prot) {
			now.level = level;
			now.prot = prot;
			if (pte_leaf_ok(level, prot) && sample_page(1 + seed % 64, level, seed, &page))
				check_other_rights(page, level, prot);
		}
	}
}

/* ---- Accessed and dirty ------------------------------------------------------------------------------------- */

static void check_ad(hpa_t page, int level, pt_prot_t prot)
{
	pte_t fresh = pte_make_leaf(page, level, prot);

	for (unsigned ad = 0; ad < 4; ad++) {
		pte_t pte = pte_set_ad(fresh, ad);
		bool open = !(ad & PT_ACCESSED) || ((prot & PT_WRITE) && !(ad & PT_DIRTY));

		now.ad = ad;
		LAW("L9", pte_ad(pte) == ad, pte);
		LAW("L9", pte_kind(pte, level) == PTE_LEAF, pte);
		LAW("L9", pte_leaf_hpa(pte, level).raw == page.raw, pte);
		LAW("L9", pte_prot(pte, level) == prot, pte);
		LAW("L9", pte_same(pte_set_ad(pte, pte_ad(fresh)), fresh), pte);
		LAW("L10", pte_hw_may_change(pte, level) == (PT_HW_SETS_AD && open), pte);
	}
}

static void accessed_and_dirty_change_nothing_else(uint64_t seed)
{
	for_each_leaf(seed, check_ad);
}

/* ---- MMIO ----------------------------------------------------------------------------------------------- */

static void check_mmio(uint64_t raw)
{
	uint64_t wanted = PT_MMIO_BITS == 64 ? raw : raw & (TWO_TO(PT_MMIO_BITS % 64) - 1), payload = ~wanted;
	pte_t pte = pte_make_mmio(wanted);

	now.at = wanted;
	LAW("L11", pte_mmio_payload(pte, &payload), pte);
	LAW("L11", payload == wanted, pte);
	LAW("L11", !pte_same(pte, pte_make_empty()) && !pte_same(pte, pte_make_frozen()), pte);
	LAW("L11", pte_hw_faults(pte), pte);
	for_each_level(level) {
		now.level = level;
		LAW("L11", pte_kind(pte, level) == PTE_EMPTY, pte);
		LAW("L10", !pte_hw_may_change(pte, level), pte);
	}
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
}

/* ---- Accesses ------------------------------------------------------------------------------------------- */

/* With 128 bits it is the upper half that a careless access forgets, so the two values differ in one bit alone. */
static void check_access(pte_t a, pte_t b)
{
	pte_t around[3] = { b, a, b }, expected = a, old;
	pte_t *slot = &around[1];

	LAW("L12", pte_same(pte_load(slot), a), a);
	LAW("L12", pte_cas(slot, &expected, b), a);
	LAW("L12", pte_same(expected, a) && pte_same(pte_load(slot), b), b);
	LAW("L12", !pte_cas(slot, &expected, a), b);
	LAW("L12", pte_same(expected, b) && pte_same(pte_load(slot), b), expected);
	old = pte_xchg(slot, a);
	LAW("L12", pte_same(old, b) && pte_same(pte_load(slot), a), old);
	LAW("L12", pte_same(around[0], b) && pte_same(around[2], b), b);
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

/* Compared are the bits that are hardware's. */
static void check_entry(const struct pte_example *x, pte_t pte)
{
	uint64_t low = pte_word(pte, 0) & PTE_EXAMPLE_LOW, high = pte_word(pte, 1) & PTE_EXAMPLE_HIGH;
	char prot[7], wanted[35], found[35];

	prot_to_text(x->prot, prot);
	entry_to_text(x->high, x->low, wanted);
	entry_to_text(high, low, found);
	EXPECT(low == x->low && high == x->high,
	       "%s: a %s at level %d, hpa 0x%lx, prot %s, ad %u: hardware must find %s, there is %s", PT_FORMAT,
	       x->kind == PTE_LEAF ? "leaf" : "table", x->level, (unsigned long)x->at, prot, x->ad, wanted, found);
}

static void check_example(const struct pte_example *x)
{
	bool ok = pte_leaf_ok(x->level, x->prot);
	char prot[7];

	prot_to_text(x->prot, prot);
	switch (x->kind) {
	case PTE_TABLE:
		check_entry(x, pte_make_table(hpa(x->at)));
		break;
	case PTE_LEAF:
		EXPECT(ok, "%s: there are leaves of level %d with rights %s", PT_FORMAT, x->level, prot);
		check_entry(x, pte_set_ad(pte_make_leaf(hpa(x->at), x->level, x->prot), x->ad));
		break;
	default:
		EXPECT(!ok, "%s: there are no leaves of level %d with rights %s", PT_FORMAT, x->level, prot);
	}
}

static void entries_are_what_the_manual_says(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(pte_examples) / sizeof(pte_examples[0]); i++)
		check_example(&pte_examples[i]);
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
	{ "every_value_has_one_kind", every_value_has_one_kind },
	{ "empty_and_frozen_are_nothing_to_hardware", empty_and_frozen_are_nothing_to_hardware },
	{ "tables_keep_their_address", tables_keep_their_address },
	{ "leaves_exist_where_they_make_sense", leaves_exist_where_they_make_sense },
	{ "the_usual_rights_exist", the_usual_rights_exist },
	{ "leaves_keep_address_and_rights", leaves_keep_address_and_rights },
	{ "rights_can_be_exchanged", rights_can_be_exchanged },
	{ "accessed_and_dirty_change_nothing_else", accessed_and_dirty_change_nothing_else },
	{ "mmio_entries_carry_their_payload", mmio_entries_carry_their_payload },
	{ "accesses_move_whole_entries", accesses_move_whole_entries },
	{ "entries_are_what_the_manual_says", entries_are_what_the_manual_says },
};
CHECK_SUITE(suite_laws, "laws-" PT_FORMAT, cases);
