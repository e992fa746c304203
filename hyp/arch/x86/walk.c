/*
 * The walk: see walk.h.
 */
#include "walk.h"

#define LEVELS         4
#define ENTRY_P        0x001ull
#define ENTRY_W        0x002ull
#define ENTRY_U        0x004ull
#define ENTRY_PS       0x080ull
#define ENTRY_NX       (1ull << 63)
#define ENTRY_PAGE     0x000ffffffffff000ull
#define ENTRY_PAT_HUGE 0x1000ull /* of a large leaf, in the middle of its address */
#define CR4_LA57       0x1000
#define EFER_LMA       0x400
#define VA_BITS        48

/* A walk under way. */
struct step {
	const struct walk_state *state;
	enum access access;
	u64 at;
	int level;
	u64 table;
	bool write, user, exec; /* what all entries so far allow */
};

static u32 error_of(const struct walk_state *state, enum access access)
{
	bool tells_fetch = state->efer & EFER_NXE || state->cr4 & CR4_SMEP;

	return (access == ACCESS_WRITE ? PF_WRITE : 0) | (state->cpl == 3 ? PF_USER : 0) |
	       (access == ACCESS_EXEC && tells_fetch ? PF_FETCH : 0);
}

/* ---- Entries ------------------------------------------------------------------------------------------- */

static u32 level_shift(int level)
{
	return PAGE_SHIFT + 9 * level;
}

static bool may_be_leaf(const struct walk_state *state, int level)
{
	return level < 2 || (level == 2 && state->has_gib);
}

static bool is_leaf(const struct step *s, u64 entry)
{
	return s->level == 0 || entry & ENTRY_PS;
}

/* Bits that must be 0: above the width, NX without NXE, PS where no leaf can be, the low part of a large address. */
static bool has_reserved_bits(const struct step *s, u64 entry)
{
	u64 bits = ENTRY_PAGE & ~((1ull << s->state->gpa_bits) - 1);

	if (!(s->state->efer & EFER_NXE))
		bits |= ENTRY_NX;
	if (!may_be_leaf(s->state, s->level))
		bits |= ENTRY_PS;
	else if (s->level > 0 && entry & ENTRY_PS)
		bits |= ((1ull << level_shift(s->level)) - 1) & ENTRY_PAGE & ~ENTRY_PAT_HUGE;
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

/* Into the entry: DONE at a leaf that allows the access, UNSUPPORTED where there is another table. */
static enum walk_outcome take_entry(struct step *s, struct walk *result)
{
	u64 entry = result->entry, inside = (1ull << level_shift(s->level)) - 1;

	if (!(entry & ENTRY_P))
		return WALK_FAULT;
	if (has_reserved_bits(s, entry)) {
		result->error |= PF_PRESENT | PF_RESERVED;
		return WALK_FAULT;
	}
	s->write &= (entry & ENTRY_W) != 0;
	s->user &= (entry & ENTRY_U) != 0;
	s->exec &= !(entry & ENTRY_NX);
	if (!is_leaf(s, entry)) {
		s->table = entry & ENTRY_PAGE;
		return WALK_UNSUPPORTED;
	}
	result->gpa = gpa((entry & ENTRY_PAGE & ~inside) | (s->at & inside));
	if (is_allowed(s))
		return WALK_DONE;
	result->error |= PF_PRESENT;
	return WALK_FAULT;
}

static enum walk_outcome walk_tables(struct step *s, struct walk *result)
{
	enum walk_outcome outcome = WALK_UNSUPPORTED;

	for (; s->level >= 0 && outcome == WALK_UNSUPPORTED; s->level--) {
		u64 index = s->at >> level_shift(s->level) & 511;

		result->has_entry = true;
		result->entry_at = gpa(s->table + 8 * index);
		if (!s->state->read(s->state->arg, result->entry_at, &result->entry))
			return WALK_NO_MEMORY;
		outcome = take_entry(s, result);
	}
	return outcome;
}

enum walk_outcome walk(const struct walk_state *state, u64 at, enum access access, struct walk *result)
{
	struct step s = { state, access, at, LEVELS - 1, state->cr3 & ENTRY_PAGE, true, true, true };

	*result = (struct walk){ .gpa = gpa(at & 0xffffffff), .error = error_of(state, access) };
	if (!(state->cr0 & CR0_PG))
		return WALK_DONE;
	if (!(state->efer & EFER_LMA) || state->cr4 & CR4_LA57)
		return WALK_UNSUPPORTED;
	if ((u64)((s64)(at << (64 - VA_BITS)) >> (64 - VA_BITS)) != at)
		return WALK_NOT_CANONICAL;
	return walk_tables(&s, result);
}
