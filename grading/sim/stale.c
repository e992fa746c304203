/*
 * The staleness oracle: see stale.h.
 *
 * "Memory says" is what a walk from the root finds that needs no right and updates nothing.
 */
#include "grading/sim/stale.h"
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"
#include "grading/sim/point.h"
#include "grading/sim/tlb.h"

/* What is judged: a remembered entry, and the tree it must agree with. */
struct subject {
	int cpu;
	const struct sim_tlb_entry *entry;
	const struct walk_root *root;
};

static enum sim_refusals refusals;

void sim_stale_refusals(enum sim_refusals new_refusals)
{
	refusals = new_refusals;
}

void sim_stale_start(void)
{
	refusals = SIM_REFUSALS_COUNT;
}

static void look(const struct walk_root *root, uint64_t ia, struct walk_result *result)
{
	struct walk_request request = { *root, walk_at_root(root), ia, 0, WALK_AD_IGNORES };

	walk(sim_memory(), &request, result);
}

/* The first byte after the entry at which a walk for `ia` ended. */
static uint64_t next_after(uint64_t ia, const struct walk_result *result)
{
	uint64_t span = (uint64_t)1 << walk_level_shift(result->level);

	return (ia & ~(span - 1)) + span;
}

static uint64_t entry_end(const struct sim_tlb_entry *entry)
{
	return entry->ia + ((uint64_t)1 << walk_level_shift(entry->level));
}

/* ---- Words ---------------------------------------------------------------------------------------------- */

static const char *rights_name(unsigned rights)
{
	static char names[2][6];
	static int turn;
	char *name = names[turn ^= 1];

	for (int i = 0; i < 5; i++)
		name[i] = rights >> i & 1 ? "rwxud"[i] : '-';
	return name;
}

static const char *remembers(const struct subject *s)
{
	const struct sim_tlb_entry *e = s->entry;

	switch (e->kind) {
	case SIM_TLB_LEAF:
		return sim_say("cpu %d, id %d: remembers %x (level %d) as page %x %s", s->cpu, (int)e->id, e->ia,
			       e->level, e->out.raw, rights_name(e->rights));
	case SIM_TLB_TABLE:
		return sim_say("cpu %d, id %d: remembers that %x (level %d) leads to the table %x", s->cpu,
			       (int)e->id, e->ia, e->level, e->out.raw);
	default:
		return sim_say("cpu %d, id %d: remembers that nothing is at %x (level %d)", s->cpu, (int)e->id,
			       e->ia, e->level);
	}
}

static const char *memory_says(uint64_t ia, const struct walk_result *now)
{
	if (now->fault != WALK_OK)
		return sim_say("%s at %x (level %d)", walk_fault_name(now->fault), ia, now->level);
	return sim_say("%x (level %d) is page %x %s", ia, now->level, now->page.raw, rights_name(now->rights));
}

#define ACCESS_RIGHTS (WALK_READ | WALK_WRITE | WALK_EXEC | WALK_USER)

/* Which mistake is it: does the CPU still allow something, or still refuse it? */
static const char *id_of(const struct subject *s, uint64_t ia, const struct walk_result *now)
{
	const struct sim_tlb_entry *e = s->entry;
	bool same_page = now->fault == WALK_OK && now->out.raw == e->out.raw + (ia - e->ia);

	if (e->kind == SIM_TLB_NOTHING)
		return "[REFUSED-WRONGLY]";
	return same_page && (now->rights & ~e->rights & ACCESS_RIGHTS) ? "[REFUSED-WRONGLY]" : "[TLB-STALE]";
}

static const char *difference(const struct subject *s, uint64_t ia, const struct walk_result *now)
{
	const char *memory = memory_says(ia, now);

	return sim_say("%s stale: %s | expected what memory says: %s", id_of(s, ia, now), remembers(s), memory);
}

/* ---- Leaves --------------------------------------------------------------------------------------------- */

/* What can be done without another look at memory and without a fault. */
static unsigned usable(unsigned rights, unsigned ad)
{
	rights &= ACCESS_RIGHTS;
	if (sim_ad_mode() != WALK_AD_FAULTS)
		return rights;
	if (!(ad & WALK_ACCESSED))
		return 0;
	return ad & WALK_DIRTY ? rights : rights & ~WALK_WRITE;
}

static bool writes_silently(const struct sim_tlb_entry *entry, const struct walk_result *now)
{
	return sim_ad_mode() != WALK_AD_IGNORES && (entry->rights & WALK_WRITE) && (entry->ad & WALK_DIRTY) &&
	       !(now->ad & WALK_DIRTY);
}

static bool refuses(const struct sim_tlb_entry *entry, const struct walk_result *now)
{
	return walk_format.less_may_be_cached && refusals == SIM_REFUSALS_COUNT &&
	       (usable(now->rights, now->ad) & ~usable(entry->rights, entry->ad));
}

static bool leaf_is_stale_at(const struct sim_tlb_entry *entry, uint64_t ia, const struct walk_result *now)
{
	if (usable(entry->rights, entry->ad) == 0 && now->fault != WALK_OK)
		return false;
	if (now->fault != WALK_OK || now->out.raw != entry->out.raw + (ia - entry->ia))
		return true;
	if ((entry->rights & ~now->rights & ACCESS_RIGHTS) || ((entry->rights ^ now->rights) & WALK_DEVICE))
		return true;
	if (walk_format.break_before_make && now->level != entry->level)
		return true;
	return writes_silently(entry, now) || refuses(entry, now);
}

static const char *leaf_difference(const struct subject *s)
{
	struct walk_result now;

	for (uint64_t ia = s->entry->ia; ia < entry_end(s->entry); ia = next_after(ia, &now)) {
		look(s->root, ia, &now);
		if (leaf_is_stale_at(s->entry, ia, &now))
			return difference(s, ia, &now);
	}
	return NULL;
}

/* ---- Tables and nothing --------------------------------------------------------------------------------- */

static bool table_is_linked(const struct subject *s, const struct walk_result *now)
{
	unsigned rights = WALK_ALL_RIGHTS;

	for (int i = 0; i < now->step_count; i++) {
		const struct walk_step *step = &now->steps[i];

		if (step->entry.kind == WALK_TABLE)
			rights &= step->entry.rights;
		if (step->level == s->entry->level)
			return step->entry.kind == WALK_TABLE && step->entry.out.raw == s->entry->out.raw &&
			       !(s->entry->rights & ~rights);
	}
	return false;
}

static const char *table_difference(const struct subject *s)
{
	struct walk_result now;

	look(s->root, s->entry->ia, &now);
	if (table_is_linked(s, &now))
		return NULL;
	return sim_say("[TLB-STALE] stale: %s; memory does not, or not with these rights", remembers(s));
}

static const char *nothing_difference(const struct subject *s)
{
	struct walk_result now;

	if (refusals == SIM_REFUSALS_ALLOWED)
		return NULL;
	for (uint64_t ia = s->entry->ia; ia < entry_end(s->entry); ia = next_after(ia, &now)) {
		look(s->root, ia, &now);
		if (now.fault == WALK_OK)
			return difference(s, ia, &now);
	}
	return NULL;
}

/* ---- All of it ------------------------------------------------------------------------------------------ */

static const char *entry_difference(const struct subject *s)
{
	switch (s->entry->kind) {
	case SIM_TLB_LEAF: return leaf_difference(s);
	case SIM_TLB_TABLE: return table_difference(s);
	case SIM_TLB_NOTHING: return nothing_difference(s);
	default: return NULL;
	}
}

static const char *cpu_difference(int cpu)
{
	int count;
	const struct sim_tlb_entry *entries = sim_tlb_entries(cpu, &count);
	const char *text = NULL;

	for (int i = 0; i < count && text == NULL; i++) {
		const struct sim_space *space = sim_cpu_space(cpu, entries[i].id);
		struct subject s = { cpu, &entries[i], space ? &space->root : NULL };

		if (space)
			text = entry_difference(&s);
	}
	return text;
}

const char *sim_stale(void)
{
	const char *text = NULL;

	sim_point_settle();
	for (int cpu = 0; cpu < SIM_CPU_MAX && text == NULL; cpu++)
		text = cpu_difference(cpu);
	return text;
}

static bool comes_by(const struct walk_result *now, hpa_t slot)
{
	for (int i = 0; i < now->step_count; i++)
		if (now->steps[i].slot.raw == slot.raw)
			return true;
	return false;
}

static const char *cpu_difference_by(int cpu, hpa_t slot)
{
	int count;
	const struct sim_tlb_entry *entries = sim_tlb_entries(cpu, &count);
	struct walk_result now;

	for (int i = 0; i < count; i++) {
		const struct sim_space *space = sim_cpu_space(cpu, entries[i].id);
		struct subject s = { cpu, &entries[i], space ? &space->root : NULL };

		if (!space || entries[i].kind != SIM_TLB_LEAF)
			continue;
		look(s.root, entries[i].ia, &now);
		if (comes_by(&now, slot) && leaf_is_stale_at(&entries[i], entries[i].ia, &now))
			return difference(&s, entries[i].ia, &now);
	}
	return NULL;
}

const char *sim_stale_by(hpa_t slot)
{
	const char *text = NULL;

	for (int cpu = 0; cpu < SIM_CPU_MAX && text == NULL; cpu++)
		text = cpu_difference_by(cpu, slot);
	return text;
}

/* ---- Who knows this memory? ----------------------------------------------------------------------------- */

static bool overlaps(hpa_t a, uint64_t a_size, hpa_t b, uint64_t b_size)
{
	return a.raw < b.raw + b_size && b.raw < a.raw + a_size;
}

static bool names(const struct sim_tlb_entry *entry, hpa_t start, uint64_t size)
{
	uint64_t span = (uint64_t)1 << walk_level_shift(entry->level);

	switch (entry->kind) {
	case SIM_TLB_LEAF: return usable(entry->rights, entry->ad) && overlaps(entry->out, span, start, size);
	case SIM_TLB_TABLE: return overlaps(entry->out, 1, start, size);
	default: return false;
	}
}

static const char *cpu_names(int cpu, hpa_t start, uint64_t size)
{
	int count;
	const struct sim_tlb_entry *entries = sim_tlb_entries(cpu, &count);

	for (int i = 0; i < count; i++)
		if (names(&entries[i], start, size))
			return remembers(&(struct subject){ cpu, &entries[i], NULL });
	return NULL;
}

const char *sim_stale_memory(hpa_t start, uint64_t size)
{
	const char *text = NULL;

	for (int cpu = 0; cpu < SIM_CPU_MAX && text == NULL; cpu++)
		text = cpu_names(cpu, start, size);
	return text;
}

/* Fails if a leaf in this linked table maps a byte of [start, start + size). */
static void check_not_mapped(const struct sim_block *block, hpa_t start, uint64_t size)
{
	uint64_t span = (uint64_t)1 << walk_level_shift(block->level);
	struct walk_entry entry;
	struct walk_word word;

	for (uint64_t i = 0; i < (uint64_t)4096 << block->order; i += walk_format.entry_size) {
		walk_read(sim_memory(), block->start, i / walk_format.entry_size, &word);
		walk_decode(word, block->level, &entry);
		if (entry.kind == WALK_LEAF && overlaps(entry.out, span, start, size))
			sim_fail("[UNMAP-LEAVES] the page %x is taken back, but an entry at %x (level %d) maps it",
				 start.raw, block->start.raw + i, block->level);
	}
}

void sim_page_gone(hpa_t start, uint64_t size)
{
	const struct sim_block *block = NULL;
	const char *text;

	sim_point_settle();
	text = sim_stale_memory(start, size);
	if (text)
		sim_fail("[TLB-STALE] the page %x is taken back, but %s", start.raw, text);
	while ((block = sim_mem_next_block(block)) != NULL)
		if (block->level >= 0)
			check_not_mapped(block, start, size);
}
