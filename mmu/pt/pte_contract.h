/*
 * The hook contract: what a format must say about its entries, and nothing more.
 *
 * A format's pte.h defines each hook below as PT_HOOK, which makes it static inline.  Including this header checks
 * every name and type, so a missing hook, a wrong signature or an address of the wrong kind stops every build, not
 * only the tests.  The laws are tested for every format, at every level, by grading/suites/mmu/laws.c.
 *
 * A hook is a pure function of its arguments; only the three accesses touch memory.  A hook may assume what its line
 * says ("level has leaves"), and must hold its law for all such arguments.
 *
 * A release that carries objects instead of sources is built with PT_HOOKS_OUT_OF_LINE: the prototypes stay, the
 * bodies are linked.
 */
#ifndef MMU_PT_PTE_CONTRACT_H
#define MMU_PT_PTE_CONTRACT_H

#include "mmu/pt/pt.h"

#ifdef PT_HOOKS_OUT_OF_LINE
#define PT_HOOK
#else
#define PT_HOOK static inline __attribute__((always_inline)) /* or -Og calls them */
#include "pte.h"
#endif

/* hook                  answers             takes
 *
 * Classify
 *   L1 Total: every value has a kind at every level.  What hardware reserves is a leaf: to be cleared, never entered.
 *   L2 kind(make_empty) = EMPTY, kind(make_frozen) = FROZEN, and hardware faults on both.
 *   L3 No table at level 0.  L4 Kinds exclude each other: what is made as one kind is never classified as another.   */
#define PT_HOOKS(X)                                                                                                    \
	X(pte_kind,          enum pte_kind,      (pte_t pte, int level))                                               \
	X(pte_make_empty,    pte_t,              (void))                                                               \
	X(pte_make_frozen,   pte_t,              (void))                                                               \
/* Tables: level > 0; the address is that of a table.                                                                  \
 *   L5 table_hpa(make_table(h)) = h, and the kind is TABLE at every level above 0.  No other bit comes through.    */ \
	X(pte_make_table,    pte_t,              (hpa_t table))                                                        \
	X(pte_table_hpa,     hpa_t,              (pte_t pte))                                                          \
/* Leaves.  leaf_ok says which (level, prot) exist; the others assume it, and that the page is aligned to the level.   \
 *   L6 leaf_ok is false below 0 and above PT_LEAF_LEVEL_MAX, for no rights at all, for WRITE with LOGGED, for bits    \
 *      that mean nothing; and where LOGGED is possible, WRITE instead is too.                                         \
 *   L7 leaf_hpa(make_leaf(h, l, p), l) = h for every h the format can hold, and no other bit that a leaf may have     \
 *      comes through; prot(...) = p.                                                                                  \
 *   L8 A new leaf needs nothing more from anybody: it is accessed, and dirty if it is writable.                       \
 *   L13 leaf_next(e, l) is e with leaf_hpa(e, l) + span(l), if that is an address; nothing else differs.           */ \
	X(pte_leaf_ok,       bool,               (int level, pt_prot_t prot))                                          \
	X(pte_make_leaf,     pte_t,              (hpa_t page, int level, pt_prot_t prot))                              \
	X(pte_leaf_hpa,      hpa_t,              (pte_t pte, int level))                                               \
	X(pte_prot,          pt_prot_t,          (pte_t pte, int level))                                               \
	X(pte_leaf_next,     pte_t,              (pte_t pte, int level))                                               \
/* Accessed and dirty, of leaves.                                                                                      \
 *   L9 ad(set_ad(e, x)) = x; set_ad changes neither address nor prot nor kind.                                     */ \
	X(pte_ad,            unsigned,           (pte_t pte))                                                          \
	X(pte_set_ad,        pte_t,              (pte_t pte, unsigned ad))                                             \
/* May hardware change this entry by itself, now?  L10 If it may, only exchange and compare-and-swap lose nothing.     \
 *   True, if PT_HW_SETS_AD, for a leaf that is not accessed, or writable and not dirty; false for everything else. */ \
	X(pte_hw_may_change, bool,               (pte_t pte, int level))                                               \
/* An empty entry that carries PT_MMIO_BITS of payload: hardware faults on it, software knows why.                     \
 *   L11 kind is EMPTY, it differs from make_empty, and mmio_payload gives the payload back; false for others.      */ \
	X(pte_make_mmio,     pte_t,              (uint64_t payload))                                                   \
	X(pte_mmio_payload,  bool,               (pte_t pte, uint64_t *payload))                                       \
/* Accesses: whole entries, never torn.  load: acquire.  xchg and cas: acquire and release.                            \
 *   L12 cas writes iff *expected is there; *expected becomes what was there.                                       */ \
	X(pte_load,          pte_t,              (const pte_t *slot))                                                  \
	X(pte_xchg,          pte_t,              (pte_t *slot, pte_t pte))                                             \
	X(pte_cas,           bool,               (pte_t *slot, pte_t *expected, pte_t pte))

#define PT_CHECK_HOOK(name, result, arguments)                                                                         \
	_Static_assert(__builtin_types_compatible_p(__typeof__(&name), result(*) arguments),                           \
		       "hook " #name " must be: " #result " " #name #arguments);
#ifdef PT_HOOKS_OUT_OF_LINE
#define PT_DECLARE_HOOK(name, result, arguments) result name arguments;
PT_HOOKS(PT_DECLARE_HOOK)
#undef PT_DECLARE_HOOK
#endif
PT_HOOKS(PT_CHECK_HOOK)
#undef PT_CHECK_HOOK

_Static_assert(sizeof(pte_t) << PT_INDEX_BITS == 1u << PT_PAGE_SHIFT, "a table must fill a page");
_Static_assert(PT_LEVELS_MIN >= 2 && PT_LEVELS_MIN <= PT_LEVELS_MAX, "geometry.h: levels");
_Static_assert(PT_LEAF_LEVEL_MAX < PT_LEVELS_MAX, "geometry.h: leaf levels");
_Static_assert(PT_ROOT_EXTRA_MIN >= 0 && PT_ROOT_EXTRA_MIN <= PT_ROOT_EXTRA_MAX, "geometry.h: root pages");
_Static_assert(PT_IA_BITS_MAX < 64 && PT_OA_BITS < 64 && PT_MMIO_BITS <= 64, "geometry.h: widths");
_Static_assert(sizeof(ia_t) == sizeof(uint64_t), "geometry.h: ia_t is one of addr.h's types");

/* ---- Derived once, for every format -------------------------------------------------------------------- */

/*
 * The same leaf with other rights; what it has seen stays.  One that becomes writable is dirty at once, as a new one is
 * (L8): where hardware does not set D, or keeps a clean page read-only, the first write would fault.
 */
static inline pte_t pte_with_prot(pte_t pte, int level, pt_prot_t prot)
{
	unsigned ad = pte_ad(pte);

	if ((prot & PT_WRITE) && !(pte_prot(pte, level) & PT_WRITE))
		ad |= PT_DIRTY;
	return pte_set_ad(pte_make_leaf(pte_leaf_hpa(pte, level), level, prot), ad);
}

static inline bool pte_same(pte_t a, pte_t b)
{
	return a.raw == b.raw;
}

#endif
