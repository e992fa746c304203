/*
 * The page-table library: words, types, geometry.
 *
 * The library walks and changes trees of page tables.  It knows the format of an entry only through the hooks of
 * pte_contract.h, and nothing at all about virtual machines, locks or allocators: those are mmu/tdp's.
 *
 * Words, used everywhere in Flatland:
 *
 *   table       a page (a root: up to 16 pages) of entries
 *   entry       one place in a table, with what it says
 *   leaf        an entry that maps memory
 *   root        the topmost table of a tree
 *   pte, slot   the value of an entry; the pointer to where it lives
 *   level       0 maps 4 KiB, 1 maps 2 MiB (at 9 index bits), and so on up; one order everywhere
 *   ia          input address: what a tree translates.  A guest-physical address in stage 2, virtual in stage 1
 *   hpa         the output: always a host-physical address
 *   empty, table, leaf, frozen     the four kinds of entry; frozen: a CPU is changing it, others try again
 *   prot        arch-neutral rights of a leaf
 *   range       [start, end), half-open
 *
 * A format is a folder mmu/fmt/<f>, chosen by include path; a translation unit sees exactly one.  geometry.h there is
 * given data, pte.h the hooks, tlb.h the flush verbs, fault.h the decoder of faults.
 */
#ifndef MMU_PT_PT_H
#define MMU_PT_PT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmu/pt/addr.h"
#include "mmu/pt/prot.h"

enum pte_kind { PTE_EMPTY, PTE_TABLE, PTE_LEAF, PTE_FROZEN };

/* In geometry.h: PT_INPUT_ADDRESS(gpa) makes ia_t, ia() and ia_add() of gpa_t, gpa() and gpa_add(). */
#define PT_INPUT_ADDRESS(kind)                                                                                         \
	typedef kind##_t ia_t;                                                                                         \
	static inline ia_t ia(uint64_t raw)                                                                            \
	{                                                                                                              \
		return kind(raw);                                                                                      \
	}                                                                                                              \
	static inline ia_t ia_add(ia_t a, uint64_t bytes)                                                              \
	{                                                                                                              \
		return kind##_add(a, bytes);                                                                           \
	}

#include "geometry.h" /* the format's: ia_t and the constants below */

/*
 * geometry.h defines
 *   pte_t                       the value of an entry: a struct with the one field `raw`
 *   ia_t, ia(), ia_add()        the input address: one of addr.h's types, by PT_INPUT_ADDRESS()
 *   PT_FORMAT                   the format's name, a string
 *   PT_PAGE_SHIFT               of a level-0 page
 *   PT_INDEX_BITS               that a level decodes
 *   PT_LEVELS_MIN, PT_LEVELS_MAX  levels a root can have
 *   PT_ROOT_EXTRA_MIN, PT_ROOT_EXTRA_MAX  index bits that a root decodes beyond PT_INDEX_BITS; it has 2^extra pages
 *   PT_IA_BITS_MAX              the widest input address; not every number of levels goes with every root
 *   PT_OA_BITS                  of an output address
 *   PT_LEAF_LEVEL_MAX           the highest level at which there are leaves
 *   PT_EMPTY_MAY_BE_CACHED      1: a walker may remember that an entry was empty
 *   PT_LESS_MAY_BE_CACHED       1: after rights were added, a walker may still refuse for what it remembers
 *   PT_HW_SETS_AD               1: hardware may set accessed and dirty by itself; 0: it faults where they are clear
 *   PT_BREAK_BEFORE_MAKE        1: an entry must be empty, and flushed, between a leaf and a table in its place
 *   PT_MMIO_BITS                of payload in an MMIO entry
 *   PT_ID_BITS                  of the hardware ID that tags cached translations
 */

/* A tree.  Whoever makes it fills it in; constant while it is used. */
struct pt {
	hpa_t root;
	uint64_t window;  /* a table at physical address h is at pointer h + window */
	int levels;       /* PT_LEVELS_MIN..PT_LEVELS_MAX */
	int root_extra;   /* PT_ROOT_EXTRA_MIN..PT_ROOT_EXTRA_MAX */
};

static inline int pt_top(const struct pt *pt)
{
	return pt->levels - 1;
}

/* Bytes that an entry of the level translates. */
static inline int pt_level_shift(int level)
{
	return PT_PAGE_SHIFT + PT_INDEX_BITS * level;
}

static inline uint64_t pt_span(int level)
{
	return (uint64_t)1 << pt_level_shift(level);
}

/* Entries of a table of the level. */
static inline int pt_index_bits(const struct pt *pt, int level)
{
	return PT_INDEX_BITS + (level == pt_top(pt) ? pt->root_extra : 0);
}

static inline uint64_t pt_entry_count(const struct pt *pt, int level)
{
	return (uint64_t)1 << pt_index_bits(pt, level);
}

/* Input addresses are below 2^pt_ia_bits(). */
static inline int pt_ia_bits(const struct pt *pt)
{
	return pt_level_shift(pt_top(pt)) + pt_index_bits(pt, pt_top(pt));
}

static inline uint64_t pt_ia_end(const struct pt *pt)
{
	return (uint64_t)1 << pt_ia_bits(pt);
}

static inline uint64_t pt_align_down(uint64_t address, int level)
{
	return address & ~(pt_span(level) - 1);
}

static inline bool pt_is_aligned(uint64_t address, int level)
{
	return (address & (pt_span(level) - 1)) == 0;
}

/* Does the format have trees of this shape? */
static inline bool pt_shape_ok(int levels, int root_extra)
{
	return levels >= PT_LEVELS_MIN && levels <= PT_LEVELS_MAX && root_extra >= PT_ROOT_EXTRA_MIN &&
	       root_extra <= PT_ROOT_EXTRA_MAX &&
	       PT_PAGE_SHIFT + PT_INDEX_BITS * levels + root_extra <= PT_IA_BITS_MAX;
}

/* Is [start, end) a non-empty range of whole pages that the tree can translate? */
static inline bool pt_range_ok(const struct pt *pt, ia_t start, ia_t end)
{
	return start.raw < end.raw && end.raw <= pt_ia_end(pt) && pt_is_aligned(start.raw | end.raw, 0);
}

#endif
