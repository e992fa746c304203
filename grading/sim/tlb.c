/*
 * What CPUs remember: see tlb.h.  An array a CPU, in the order in which it was learnt.
 */
#include "grading/sim/tlb.h"
#include "grading/sim/parts.h"

struct tlb {
	int count;
	struct sim_tlb_entry entries[SIM_TLB_MAX];
};

static struct tlb *tlbs;
static uint64_t evictions;

static struct tlb *tlb_of(int cpu)
{
	sim_cpu_at(cpu);
	return &tlbs[cpu];
}

/* ---- What an entry is about ----------------------------------------------------------------------------- */

static uint64_t last_byte(const struct sim_tlb_entry *entry)
{
	return entry->ia + ((uint64_t)1 << walk_level_shift(entry->level)) - 1;
}

static bool covers(const struct sim_tlb_entry *entry, uint64_t ia)
{
	return entry->ia <= ia && ia <= last_byte(entry);
}

static bool is_about_same(const struct sim_tlb_entry *a, const struct sim_tlb_entry *b)
{
	return a->kind == b->kind && a->id == b->id && a->level == b->level && a->ia == b->ia && a->asid == b->asid;
}

/* ---- Use ------------------------------------------------------------------------------------------------ */

/* The oldest of the lowest level for tables; for all others the oldest. */
static bool is_better(const struct sim_tlb_entry *entry, const struct sim_tlb_entry *best)
{
	return best == NULL || (entry->kind == SIM_TLB_TABLE && entry->level < best->level);
}

static bool answers(const struct sim_tlb_entry *entry, const struct sim_tlb_key *key)
{
	return entry->kind == key->kind && entry->id == key->id && entry->asid == key->asid && covers(entry, key->ia);
}

const struct sim_tlb_entry *sim_tlb_find(int cpu, const struct sim_tlb_key *key)
{
	struct tlb *tlb = tlb_of(cpu);
	struct sim_tlb_entry *best = NULL;

	for (int i = 0; i < tlb->count; i++)
		if (answers(&tlb->entries[i], key) && is_better(&tlb->entries[i], best))
			best = &tlb->entries[i];
	return best;
}

static void remove_at(struct tlb *tlb, int index)
{
	tlb->count--;
	for (int i = index; i < tlb->count; i++)
		tlb->entries[i] = tlb->entries[i + 1];
}

void sim_tlb_add(int cpu, const struct sim_tlb_entry *entry)
{
	struct tlb *tlb = tlb_of(cpu);

	for (int i = 0; i < tlb->count; i++) {
		if (is_about_same(&tlb->entries[i], entry)) {
			tlb->entries[i] = *entry;
			return;
		}
	}
	if (tlb->count == SIM_TLB_MAX) {
		remove_at(tlb, 0);
		evictions++;
	}
	tlb->entries[tlb->count++] = *entry;
}

const struct sim_tlb_entry *sim_tlb_entries(int cpu, int *count)
{
	*count = tlb_of(cpu)->count;
	return tlb_of(cpu)->entries;
}

uint64_t sim_tlb_evictions(void)
{
	return evictions;
}

/* ---- Flushing ------------------------------------------------------------------------------------------- */

static bool matches(const struct sim_tlb_flush *flush, const struct sim_tlb_entry *entry)
{
	if (!(flush->kinds & entry->kind))
		return false;
	if (flush->id != SIM_TLB_ANY_ID && flush->id != entry->id)
		return false;
	if (entry->kind == SIM_TLB_STAGE1 && flush->asid != SIM_TLB_ANY_ASID && flush->asid != entry->asid)
		return false;
	if (flush->level != SIM_TLB_ANY_LEVEL && flush->level != entry->level)
		return false;
	return entry->ia <= flush->last && flush->start <= last_byte(entry);
}

/* What stays keeps its order. */
void sim_tlb_flush(int cpu, const struct sim_tlb_flush *flush)
{
	struct tlb *tlb = tlb_of(cpu);
	int kept = 0;

	for (int i = 0; i < tlb->count; i++)
		if (!matches(flush, &tlb->entries[i]))
			tlb->entries[kept++] = tlb->entries[i];
	tlb->count = kept;
}

void sim_tlb_forget(int cpu)
{
	tlb_of(cpu)->count = 0;
}

/* Only the counts are cleared: the arrays are large, and nobody looks beyond the count. */
void sim_tlb_start(void)
{
	tlbs = sim_carve_raw(SIM_CPU_MAX * sizeof(tlbs[0]));
	for (int i = 0; i < SIM_CPU_MAX; i++)
		tlbs[i].count = 0;
	evictions = 0;
}
