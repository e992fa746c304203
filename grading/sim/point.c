/*
 * Access points: see point.h.
 *
 * A table is linked while its block's `level` is not -1.  That is learnt when a space is opened, and kept by the stores
 * that are judged.
 */
#include "grading/sim/point.h"
#include "grading/sim/guest.h"
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"
#include "grading/sim/stale.h"

/* The store that may have been made since the last point. */
static struct {
	const void *slot; /* NULL: none */
	struct walk_word old;
} last;

static struct {
	uint64_t left; /* points until it is due; 0: never */
	int cpu;
	ia_t at;
	unsigned access;
} strike;

static uint64_t point_count;
static struct sim_point_record records[SIM_POINT_LOG];

/* ---- Linked tables -------------------------------------------------------------------------------------- */

static uint64_t entries_of(const struct sim_block *block)
{
	return ((uint64_t)4096 << block->order) / walk_format.entry_size;
}

/* The block of a table that is, or shall be, linked. */
static struct sim_block *table_block(hpa_t table)
{
	struct sim_block *block = sim_mem_block(table);

	if (block == NULL || block->state != SIM_PAGE_LIVE || block->start.raw != table.raw)
		sim_fail("[LINKED-NO-TABLE] an entry leads to %x, where no table is", table.raw);
	return block;
}

static struct walk_word entry_word(const struct sim_block *block, uint64_t index)
{
	struct walk_word word;

	walk_read(sim_memory(), block->start, index, &word);
	return word;
}

static void decode(const struct sim_block *block, struct walk_word word, struct walk_entry *entry)
{
	walk_decode(word, block->level, entry);
	if (entry->kind == WALK_BAD)
		sim_fail("[ENTRY-REJECTED] hardware rejects an entry of level %d: %x (high %x), in the table %x",
			 block->level, word.low, word.high, block->start.raw);
}

static void learn(hpa_t table, int level)
{
	struct sim_block *block = table_block(table);
	struct walk_entry entry;

	if (block->level >= 0)
		sim_fail("[TABLE-LINKED-TWICE] the table %x is linked twice", table.raw);
	block->level = level;
	for (uint64_t i = 0; i < entries_of(block); i++) {
		struct walk_word word = entry_word(block, i);

		if (word.low == SIM_POISON)
			sim_fail("[TABLE-INCOMPLETE] the table %x is linked before it is complete: entry %d", table.raw,
				 (int)i);
		decode(block, word, &entry);
		if (entry.kind == WALK_TABLE)
			learn(entry.out, level - 1);
	}
}

static void forget(hpa_t table)
{
	struct sim_block *block = table_block(table);
	struct walk_entry entry;

	for (uint64_t i = 0; i < entries_of(block); i++) {
		walk_decode(entry_word(block, i), block->level, &entry);
		if (entry.kind == WALK_TABLE)
			forget(entry.out);
	}
	block->level = -1;
}

void sim_point_forget(hpa_t root)
{
	sim_point_settle();
	forget(root);
}

void sim_point_learn(hpa_t root)
{
	struct sim_space *space = sim_space_of(root);

	last.slot = NULL;
	if (space == NULL)
		sim_fail("sim: the root %x is not open", root.raw);
	if (table_block(root)->level >= 0)
		forget(root);
	learn(root, space->root.levels - 1);
}

bool sim_slot_is_linked(const void *slot)
{
	const struct sim_block *block = sim_mem_block(sim_mem_hpa(slot));

	return block && block->level >= 0;
}

/* ---- Stores --------------------------------------------------------------------------------------------- */

static struct walk_word read_slot(const void *slot)
{
	const uint64_t *words = slot;

	return (struct walk_word){ words[0], walk_format.entry_size == 16 ? words[1] : 0 };
}

/* P3 */
static void check_change(const struct sim_block *block, const struct walk_entry *old, const struct walk_entry *new)
{
	bool same_page = old->out.raw == new->out.raw;

	if (new->kind == WALK_EMPTY || old->kind == WALK_EMPTY)
		return;
	if (old->kind == WALK_TABLE && !(new->kind == WALK_TABLE && same_page))
		sim_fail("[ENTRY-JUMPS] in the table %x an entry of level %d goes from table %x to something else "
			 "directly",
			 block->start.raw, block->level, old->out.raw);
	if (old->kind == WALK_LEAF && new->kind == WALK_LEAF && !same_page)
		sim_fail("[ENTRY-JUMPS] in the table %x a leaf of level %d goes from page %x to page %x directly",
			 block->start.raw, block->level, old->out.raw, new->out.raw);
	if (old->kind != new->kind && walk_format.break_before_make)
		sim_fail("[ENTRY-JUMPS] in the table %x a leaf of level %d, page %x, becomes a table directly",
			 block->start.raw, block->level, old->out.raw);
}

static bool makes_judged;

void sim_judge_makes(void)
{
	makes_judged = walk_format.break_before_make;
}

/* P4 */
static void check_made(const void *slot)
{
	const char *text = makes_judged ? sim_stale_by(sim_mem_hpa(slot)) : NULL;

	if (text)
		sim_fail("an entry was made before all CPUs had forgotten what was broken: %s", text);
}

static void judge(const struct sim_block *block, const void *slot, struct walk_word old_word)
{
	struct walk_entry old, new;
	bool moves;

	walk_decode(old_word, block->level, &old);
	decode(block, read_slot(slot), &new);
	check_change(block, &old, &new);
	if (old.kind == WALK_EMPTY && new.kind != WALK_EMPTY)
		check_made(slot);
	moves = old.kind != new.kind || old.out.raw != new.out.raw;
	if (old.kind == WALK_TABLE && moves)
		forget(old.out);
	if (new.kind == WALK_TABLE && moves)
		learn(new.out, block->level - 1);
}

void sim_point_settle(void)
{
	const void *slot = last.slot;
	struct walk_word new;
	const struct sim_block *block;

	last.slot = NULL;
	if (slot == NULL)
		return;
	block = sim_mem_block(sim_mem_hpa(slot));
	if (block == NULL || block->level < 0)
		return;
	new = read_slot(slot);
	if (new.low != last.old.low || new.high != last.old.high)
		judge(block, slot, last.old);
}

/* ---- Points --------------------------------------------------------------------------------------------- */

/* Tables that are not the machine's are nobody's concern here. */
static void check_access(const void *slot, const char *what)
{
	hpa_t at = sim_mem_hpa(slot);
	enum sim_page_state state = sim_mem_state(at);

	if (state == SIM_PAGE_OUTSIDE || state == SIM_PAGE_LIVE)
		return;
	if (state == SIM_PAGE_DYING && (sim_mem_block(at)->grace >> sim_actor() & 1))
		return;
	if (state == SIM_PAGE_RED)
		sim_fail("[TABLE-OVERRUN] %s of an entry at %x: it lies beside a table", what, at.raw);
	sim_fail("[TABLE-USED-AFTER-FREE] %s of an entry at %x: the table is freed", what, at.raw);
}

static void count(char what)
{
	struct sim_work *work = sim_work();

	switch (what) {
	case 'r': work->reads++; break;
	case 'c': work->cas++; break;
	case 'x': work->xchgs++; break;
	}
}

static void strike_if_due(void)
{
	if (strike.left && --strike.left == 0)
		sim_guest(strike.cpu, strike.at, strike.access);
}

static void record(const void *slot, const char *what)
{
	records[point_count++ % SIM_POINT_LOG] = (struct sim_point_record){ point_count, slot, what, sim_actor() };
}

void sim_access_point(const void *slot, const char *what)
{
	sim_point_settle();
	record(slot, what);
	count(what[0]);
	strike_if_due();
	sim_env_point(slot, what);
	sim_point_settle();
	check_access(slot, what);
	if (what[0] != 'r') {
		last.slot = slot;
		last.old = read_slot(slot);
	}
}

uint64_t sim_point_count(void)
{
	return point_count;
}

void sim_point_strike(uint64_t n, int cpu, ia_t at, unsigned access)
{
	strike.left = n;
	strike.cpu = cpu;
	strike.at = at;
	strike.access = access;
}

bool sim_point_record(uint64_t back, struct sim_point_record *record)
{
	if (back >= SIM_POINT_LOG || back >= point_count)
		return false;
	*record = records[(point_count - 1 - back) % SIM_POINT_LOG];
	return true;
}

void sim_point_start(void)
{
	makes_judged = false;
	last.slot = NULL;
	strike.left = 0;
	point_count = 0;
}
