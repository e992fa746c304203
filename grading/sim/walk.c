/*
 * The walk that all formats have in common: an index a level, an entry an index, until an entry is not a table.
 *
 * What an entry means is walk/<f>.c's.
 */
#include "grading/sim/walk.h"

#define PAGE_SHIFT 12

int walk_level_shift(int level)
{
	return PAGE_SHIFT + walk_format.index_bits * level;
}

int walk_index_bits(const struct walk_root *root, int level)
{
	return walk_format.index_bits + (level == root->levels - 1 ? root->extra : 0);
}

int walk_ia_bits(const struct walk_root *root)
{
	int top = root->levels - 1;

	return walk_level_shift(top) + walk_index_bits(root, top);
}

bool walk_root_exists(const struct walk_root *root)
{
	return root->levels >= walk_format.levels_min && root->levels <= walk_format.levels_max &&
	       root->extra >= walk_format.extra_min && root->extra <= walk_format.extra_max &&
	       walk_ia_bits(root) <= walk_format.ia_bits_max;
}

struct walk_place walk_at_root(const struct walk_root *root)
{
	return (struct walk_place){ root->table, root->levels - 1, WALK_ALL_RIGHTS };
}

/* ---- Memory --------------------------------------------------------------------------------------------- */

static hpa_t entry_slot(hpa_t table, uint64_t index)
{
	return hpa_add(table, index * walk_format.entry_size);
}

/* NULL outside the memory. */
static uint64_t *words_at(const struct walk_memory *memory, hpa_t slot)
{
	uint64_t offset = slot.raw - memory->start.raw;

	if (offset >= memory->size || slot.raw % walk_format.entry_size)
		return NULL;
	return (uint64_t *)(void *)(memory->bytes + offset);
}

bool walk_read(const struct walk_memory *memory, hpa_t table, uint64_t index, struct walk_word *word)
{
	const uint64_t *words = words_at(memory, entry_slot(table, index));

	if (words == NULL)
		return false;
	word->low = words[0];
	word->high = walk_format.entry_size == 16 ? words[1] : 0;
	return true;
}

static void write_entry(const struct walk_memory *memory, hpa_t slot, struct walk_word word)
{
	uint64_t *words = words_at(memory, slot);

	words[0] = word.low;
	if (walk_format.entry_size == 16)
		words[1] = word.high;
}

/* ---- Walking -------------------------------------------------------------------------------------------- */

static uint64_t index_at(const struct walk_request *request, int level)
{
	uint64_t mask = ((uint64_t)1 << walk_index_bits(&request->root, level)) - 1;

	return request->ia >> walk_level_shift(level) & mask;
}

/* Read the next entry; NULL if it is not in memory. */
static struct walk_step *read_step(const struct walk_memory *memory, const struct walk_request *request,
				   const struct walk_place *at, struct walk_result *result)
{
	struct walk_step *step = &result->steps[result->step_count];
	uint64_t index = index_at(request, at->level);

	result->level = at->level;
	if (!walk_read(memory, at->table, index, &step->word))
		return NULL;
	walk_decode(step->word, at->level, &step->entry);
	step->slot = entry_slot(at->table, index);
	step->level = at->level;
	step->set = 0;
	result->step_count++;
	return step;
}

bool walk_allows(unsigned rights, unsigned access)
{
	if ((rights & WALK_USER) && !(access & WALK_USER))
		rights &= walk_format.kernel_rights_of_user_pages;
	return (access & ~rights) == 0;
}

/* The address bits below the leaf's size come from the input address. */
static void translate(const struct walk_request *request, const struct walk_entry *leaf, struct walk_result *result)
{
	uint64_t below = ((uint64_t)1 << walk_level_shift(result->level)) - 1;

	result->page = leaf->out;
	result->out = hpa_add(leaf->out, request->ia & below);
}

static enum walk_fault end_at_leaf(const struct walk_request *request, struct walk_step *step,
				   struct walk_result *result)
{
	unsigned need = WALK_ACCESSED | (request->access & WALK_WRITE ? WALK_DIRTY : 0);
	unsigned missing = need & ~step->entry.ad;

	translate(request, &step->entry, result);
	result->ad = step->entry.ad;
	if (!walk_allows(result->rights, request->access))
		return WALK_DENIED;
	if (missing && request->ad == WALK_AD_FAULTS)
		return WALK_AD_CLEAR;
	if (request->ad == WALK_AD_SETS)
		step->set = missing;
	result->ad |= step->set;
	return WALK_OK;
}

/* One entry further; WALK_OK with a leaf, or with a table as the new place. */
static enum walk_fault follow(const struct walk_request *request, struct walk_step *step, struct walk_place *at,
			      struct walk_result *result)
{
	switch (step->entry.kind) {
	case WALK_EMPTY: return WALK_NOT_MAPPED;
	case WALK_BAD: return WALK_RESERVED;
	case WALK_LEAF:
		result->rights = at->rights & step->entry.rights;
		return end_at_leaf(request, step, result);
	case WALK_TABLE:
		if (request->ad == WALK_AD_SETS)
			step->set = WALK_ACCESSED & ~step->entry.ad;
		at->table = step->entry.out;
		at->rights &= step->entry.rights;
		at->level--;
	}
	return WALK_OK;
}

void walk(const struct walk_memory *memory, const struct walk_request *request, struct walk_result *result)
{
	struct walk_place at = request->from;
	struct walk_step *step;

	*result = (struct walk_result){ .fault = WALK_ADDRESS, .level = at.level };
	if (request->ia >> walk_ia_bits(&request->root))
		return;
	do {
		step = read_step(memory, request, &at, result);
		result->fault = step ? follow(request, step, &at, result) : WALK_NO_TABLE;
	} while (result->fault == WALK_OK && step->entry.kind == WALK_TABLE);
}

void walk_apply(const struct walk_memory *memory, const struct walk_result *result)
{
	for (int i = 0; i < result->step_count; i++) {
		const struct walk_step *step = &result->steps[i];

		if (step->set)
			write_entry(memory, step->slot, walk_set_ad(step->word, step->level, step->set));
	}
}

const char *walk_fault_name(enum walk_fault fault)
{
	static const char *const names[] = {
		[WALK_OK] = "no fault",
		[WALK_NOT_MAPPED] = "not mapped",
		[WALK_DENIED] = "denied",
		[WALK_AD_CLEAR] = "accessed or dirty is clear",
		[WALK_RESERVED] = "a reserved encoding",
		[WALK_ADDRESS] = "beyond the input addresses",
		[WALK_NO_TABLE] = "a table outside the memory",
	};

	return names[fault];
}
