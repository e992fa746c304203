/*
 * The walk: see walk.h.
 *
 *   two levels   entries of 4 bytes, 10 bits of the address each; leaves of 4 MiB if CR4.PSE says so
 *   PAE          8 bytes, 9 bits each; the four entries of the top have no rights and are no leaves
 *   long mode    four of 8 bytes, 9 bits each
 */
#include "walk.h"

#define ENTRY_P        0x001ull
#define ENTRY_W        0x002ull
#define ENTRY_U        0x004ull
#define ENTRY_PS       0x080ull
#define ENTRY_NX       (1ull << 63)
#define ENTRY_PAGE     0x000ffffffffff000ull
#define ENTRY_PAT_HUGE 0x1000ull             /* of a large leaf, in the middle of its address */
#define PAE_RESERVED   0x7ff0000000000000ull /* without long mode they are not the guest's */
#define CR4_PSE        0x10
#define EFER_LMA       0x400
#define VA_BITS        48

/* A leaf of 4 MiB: bits 32-39 of its address are where a table's entry has 13-20. */
#define FOUR_MIB          0xffc00000ull
#define FOUR_MIB_HIGH     0x001fe000ull
#define FOUR_MIB_SHIFT    19
#define FOUR_MIB_RESERVED 0x00200000ull

/* How tables are made. */
struct shape {
	int levels;
	u32 entry_size; /* bytes */
	u32 index_bits;
	u64 root;       /* of CR3 */
};

static const struct shape two_levels = { 2, 4, 10, 0xfffff000 };
static const struct shape pae = { 3, 8, 9, 0xffffffe0 };
static const struct shape four_levels = { 4, 8, 9, ENTRY_PAGE };

/* A walk under way. */
struct step {
	const struct walk_state *state;
	const struct shape *shape;
	enum access access;
	u64 at;
	int level;
	u64 table;
	bool write, user, exec; /* what all entries so far allow */
};

static u32 error_of(const struct walk_state *state, enum access access)
{
	bool tells_fetch = (state->efer & EFER_NXE && state->cr4 & CR4_PAE) || state->cr4 & CR4_SMEP;

	return (access == ACCESS_WRITE ? PF_WRITE : 0) | (state->cpl == 3 ? PF_USER : 0) |
	       (access == ACCESS_EXEC && tells_fetch ? PF_FETCH : 0);
}

/* ---- Entries ------------------------------------------------------------------------------------------- */

static u32 level_shift(const struct step *s)
{
	return PAGE_SHIFT + s->shape->index_bits * s->level;
}

static bool is_pae_top(const struct step *s)
{
	return s->shape == &pae && s->level == 2;
}

static bool may_be_leaf(const struct step *s)
{
	if (s->shape == &two_levels)
		return s->level == 0 || s->state->cr4 & CR4_PSE;
	return s->level < 2 || (s->level == 2 && s->shape == &four_levels && s->state->has_gib);
}

static bool is_leaf(const struct step *s, u64 entry)
{
	return s->level == 0 || (entry & ENTRY_PS && may_be_leaf(s));
}

static u64 page_of(const struct step *s, u64 entry)
{
	if (s->shape == &two_levels && s->level == 1)
		return (entry & FOUR_MIB) | (entry & FOUR_MIB_HIGH) << FOUR_MIB_SHIFT;
	return entry & ENTRY_PAGE & ~((1ull << level_shift(s)) - 1);
}

static bool small_is_reserved(const struct step *s, u64 entry)
{
	return s->level == 1 && is_leaf(s, entry) &&
	       (entry & FOUR_MIB_RESERVED || page_of(s, entry) >> s->state->gpa_bits);
}

/*
 * Bits that must be 0: above the width, NX without NXE, PS where no leaf can be, the low part of a large address.  At
 * PAE's top bits 1, 2 and 5-8 should be too, but QEMU does not look, and sets 5 itself (docs/platform.md).
 */
static bool has_reserved_bits(const struct step *s, u64 entry)
{
	u64 bits = ENTRY_PAGE & ~((1ull << s->state->gpa_bits) - 1);

	if (s->shape == &two_levels)
		return small_is_reserved(s, entry);
	if (s->shape == &pae)
		bits |= PAE_RESERVED;
	if (is_pae_top(s))
		return entry & (bits | ENTRY_NX);
	if (!(s->state->efer & EFER_NXE))
		bits |= ENTRY_NX;
	if (!may_be_leaf(s))
		bits |= ENTRY_PS;
	else if (s->level > 0 && entry & ENTRY_PS)
		bits |= ((1ull << level_shift(s)) - 1) & ENTRY_PAGE & ~ENTRY_PAT_HUGE;
	return entry & bits;
}

/* ---- Rights -------------------------------------------------------------------------------------------- */

/* The kernel's access to a user page. */
static bool supervisor_may_use(const struct step *s)
{
	if (s->access == ACCESS_EXEC)
		return !(s->state->cr4 & CR4_SMEP);
	return !(s->state->cr4 & CR4_SMAP) || s->state->rflags & RFLAGS_AC;
}

static bool is_allowed(const struct step *s)
{
	bool is_user = s->state->cpl == 3;

	if (is_user ? !s->user : s->user && !supervisor_may_use(s))
		return false;
	switch (s->access) {
	case ACCESS_EXEC: return s->exec;
	case ACCESS_WRITE: return s->write || (!is_user && !(s->state->cr0 & CR0_WP));
	default: return true;
	}
}

/* ---- The walk ------------------------------------------------------------------------------------------ */

static void restrict_to(struct step *s, u64 entry)
{
	if (is_pae_top(s))
		return;
	s->write &= (entry & ENTRY_W) != 0;
	s->user &= (entry & ENTRY_U) != 0;
	s->exec &= !(entry & ENTRY_NX);
}

enum taken { TAKEN_TABLE, TAKEN_LEAF, TAKEN_FAULT };

static enum taken take_entry(struct step *s, struct walk *result)
{
	u64 entry = result->entry, inside = (1ull << level_shift(s)) - 1;

	if (!(entry & ENTRY_P))
		return TAKEN_FAULT;
	if (has_reserved_bits(s, entry)) {
		result->error |= PF_PRESENT | PF_RESERVED;
		return TAKEN_FAULT;
	}
	restrict_to(s, entry);
	if (!is_leaf(s, entry)) {
		s->table = entry & ENTRY_PAGE;
		return TAKEN_TABLE;
	}
	result->gpa = gpa(page_of(s, entry) | (s->at & inside));
	if (is_allowed(s))
		return TAKEN_LEAF;
	result->error |= PF_PRESENT;
	return TAKEN_FAULT;
}

static enum walk_outcome walk_tables(struct step *s, struct walk *result)
{
	const struct walk_state *state = s->state;
	enum taken taken = TAKEN_TABLE;

	for (s->level = s->shape->levels - 1; taken == TAKEN_TABLE; s->level--) {
		u64 index = s->at >> level_shift(s) & ((1ull << s->shape->index_bits) - 1);

		result->has_entry = true;
		result->entry_at = gpa(s->table + s->shape->entry_size * index);
		if (!state->read(state->arg, result->entry_at, s->shape->entry_size, &result->entry))
			return WALK_NO_MEMORY;
		taken = take_entry(s, result);
	}
	return taken == TAKEN_LEAF ? WALK_DONE : WALK_FAULT;
}

static const struct shape *shape_of(const struct walk_state *state)
{
	if (state->efer & EFER_LMA)
		return &four_levels;
	return state->cr4 & CR4_PAE ? &pae : &two_levels;
}

/* Without long mode an address has 32 bits. */
enum walk_outcome walk(const struct walk_state *state, u64 at, enum access access, struct walk *result)
{
	const struct shape *shape = shape_of(state);
	struct step s = { .state = state, .shape = shape, .access = access,
			  .at = shape == &four_levels ? at : at & 0xffffffff, .table = state->cr3 & shape->root,
			  .write = true, .user = true, .exec = true };

	*result = (struct walk){ .gpa = gpa(at & 0xffffffff), .error = error_of(state, access) };
	if (!(state->cr0 & CR0_PG))
		return WALK_DONE;
	if (shape == &four_levels && (u64)((s64)(at << (64 - VA_BITS)) >> (64 - VA_BITS)) != at)
		return WALK_NOT_CANONICAL;
	return walk_tables(&s, result);
}
