/*
 * Traces: what happened in a schedule, a line for each step.
 *
 *	  12 A  unmap 0x5000-0x6000        xchg  l0 0x5000      0x2000d7 -> 0x2
 *	> 13 B  write 0x5000               read  l1 0x0         0x21
 *
 * The arrow marks a change of actors.  Accesses to entries that no walk from the watched root leads to have no address:
 * a table that is not linked yet, or not any more.
 */
#include "grading/explore/parts.h"
#include "grading/sim/mem.h"
#include "grading/sim/sim.h"

static struct {
	const struct explore_plan *plan;
	void (*print)(const char *line);
	struct walk_root root;
	bool has_root;

	/* the step whose end has not been seen */
	bool pending;
	struct explore_step step;
	char doing[EXPLORE_DOING_MAX];
	struct explore_place place;
	struct walk_word before;
	int last_actor;
} trace;

void explore_watch(hpa_t root, int levels, int extra)
{
	trace.root = (struct walk_root){ .table = root, .levels = levels, .extra = extra };
	trace.has_root = true;
}

void trace_begin(const struct explore_plan *plan, void (*print)(const char *line))
{
	trace.plan = plan;
	trace.print = print;
	trace.pending = trace.has_root = false;
	trace.last_actor = -1;
}

/* ---- Where an entry lies ---------------------------------------------------------------------------------- */

/* Look for the table in the tree below an entry. */
static bool find_table(hpa_t wanted, struct walk_place at, uint64_t base, struct explore_place *found)
{
	uint64_t count = (uint64_t)1 << (at.level == trace.root.levels - 1 ? walk_index_bits(&trace.root, at.level)
										: walk_format.index_bits);
	struct walk_word word;
	struct walk_entry entry;

	if (wanted.raw >= at.table.raw && wanted.raw < at.table.raw + count * walk_format.entry_size) {
		uint64_t index = (wanted.raw - at.table.raw) / walk_format.entry_size;

		*found = (struct explore_place){ at.level, base + (index << walk_level_shift(at.level)), true };
		return true;
	}
	for (uint64_t i = 0; at.level > 0 && i < count; i++) {
		if (!walk_read(sim_memory(), at.table, i, &word))
			continue;
		walk_decode(word, at.level, &entry);
		if (entry.kind == WALK_TABLE && find_table(wanted, (struct walk_place){ entry.out, at.level - 1, 0 },
							   base + (i << walk_level_shift(at.level)), found))
			return true;
	}
	return false;
}

struct explore_place trace_place(const void *slot)
{
	struct explore_place found = { 0 };

	if (slot && trace.has_root)
		find_table(sim_mem_hpa(slot), walk_at_root(&trace.root), 0, &found);
	return found;
}

/* ---- Lines ------------------------------------------------------------------------------------------------ */

static struct walk_word value_of(const void *slot)
{
	struct walk_word word = { 0, 0 };

	if (slot)
		__builtin_memcpy(&word, slot, walk_format.entry_size);
	return word;
}

static void word_to_text(struct walk_word word, char text[40])
{
	if (walk_format.entry_size == 8)
		snprintf(text, 40, "0x%lx", (unsigned long)word.low);
	else
		snprintf(text, 40, "0x%lx:%016lx", (unsigned long)word.high, (unsigned long)word.low);
}

static void place_to_text(char text[40])
{
	if (!trace.step.slot)
		text[0] = 0;
	else if (trace.place.known)
		snprintf(text, 40, "l%d 0x%lx", trace.place.level, (unsigned long)trace.place.ia);
	else
		snprintf(text, 40, "unlinked");
}

/* The step that went before ends here: the entry has its new value. */
static void print_pending(void)
{
	struct walk_word after = value_of(trace.step.slot);
	char place[40], old[40] = "", new[40] = "", line[280];
	bool changed = after.low != trace.before.low || after.high != trace.before.high;

	if (!trace.pending)
		return;
	trace.pending = false;
	place_to_text(place);
	if (trace.step.slot)
		word_to_text(trace.before, old);
	if (changed)
		word_to_text(after, new);
	snprintf(line, sizeof(line), "# %s %4lu %-8s %-34s %-10s %-18s %s%s%s",
		 trace.step.actor == trace.last_actor ? " " : ">", (unsigned long)trace.step.number,
		 trace.plan->actors[trace.step.actor].name, trace.doing, trace.step.what, place, old,
		 changed ? " -> " : "", new);
	trace.print(line);
	trace.last_actor = trace.step.actor;
}

void trace_step(const struct explore_step *step, const char *doing)
{
	print_pending();
	trace.pending = true;
	trace.step = *step;
	trace.place = trace_place(step->slot);
	trace.before = value_of(step->slot);
	snprintf(trace.doing, sizeof(trace.doing), "%s", doing);
}

void trace_end(void)
{
	print_pending();
}
