/*
 * Which guest pages were written, and who knows it: see dirty.h.
 */
#include "grading/sim/dirty.h"
#include "grading/sim/guest.h"
#include "grading/sim/parts.h"

#define UNKNOWN_MAX 4096
#define PAGE_SIZE   ((uint64_t)4096)

struct written {
	hpa_t page;
	uint64_t ia; /* through which, in which space */
	const struct sim_space *space;
};

static struct written *unknown;
static int unknown_count;

static struct sim_mark *marks; /* a ring */
static uint64_t mark_count;
static uint64_t told_from; /* the first mark since the lock was taken */

static bool overlaps(const struct written *w, hpa_t page, uint64_t size)
{
	return w->page.raw < page.raw + size && page.raw < w->page.raw + PAGE_SIZE;
}

/* Is it this write that the mark is about?  Of this page, through this address. */
static bool tells(const struct sim_mark *mark, const struct written *w)
{
	uint64_t offset = w->page.raw - mark->page.raw;

	return (mark->ad & PT_DIRTY) && offset < mark->size && w->ia - mark->at.raw == offset;
}

/* ---- What is unknown ------------------------------------------------------------------------------------- */

void sim_dirty_known(hpa_t page, uint64_t size)
{
	int kept = 0;

	for (int i = 0; i < unknown_count; i++)
		if (!overlaps(&unknown[i], page, size))
			unknown[kept++] = unknown[i];
	unknown_count = kept;
}

static void forget_told(const struct sim_mark *mark)
{
	int kept = 0;

	for (int i = 0; i < unknown_count; i++)
		if (!tells(mark, &unknown[i]))
			unknown[kept++] = unknown[i];
	unknown_count = kept;
}

bool sim_dirty_is_unknown(hpa_t page, uint64_t size)
{
	for (int i = 0; i < unknown_count; i++)
		if (overlaps(&unknown[i], page, size))
			return true;
	return false;
}

/* Where no hardware sets dirty, software does, in bits of its own: those show when the leaf goes. */
static bool is_marked(const struct written *w)
{
	struct sim_mapping now = sim_mapping_of(w->space->root.table, ia(w->ia));
	bool shows = walk_format.ad_modes & 1 << WALK_AD_SETS;

	return now.rights && ((now.ad & WALK_DIRTY) || !shows) && now.out.raw == w->page.raw;
}

/* Was it told since the lock was taken? */
static bool is_told(const struct written *w)
{
	struct sim_mark mark;

	for (uint64_t back = 0; back < mark_count - told_from && sim_mark(back, &mark); back++)
		if (tells(&mark, w))
			return true;
	return false;
}

/*
 * A CPU that has not forgotten a leaf yet may still write through it, with dirty set in what it remembers.  If the leaf
 * is gone and the page was told by whoever took it away, nobody acts on that before the lock is let go.
 */
void sim_dirty_write(const struct sim_space *space, uint64_t ia, hpa_t at)
{
	struct written w = { hpa(at.raw & ~(PAGE_SIZE - 1)), ia & ~(PAGE_SIZE - 1), space };

	for (int i = 0; i < unknown_count; i++)
		if (unknown[i].page.raw == w.page.raw && unknown[i].ia == w.ia && unknown[i].space == space)
			return;
	if (!is_marked(&w) && is_told(&w))
		return;
	if (unknown_count == UNKNOWN_MAX)
		sim_fail("sim: more than %d written pages are unknown", UNKNOWN_MAX);
	unknown[unknown_count++] = w;
}

static void check_marked(const struct written *w)
{
	if (!is_marked(w))
		sim_fail("[AD-LOST] a write is lost: page %x was written through %x; the entry is not marked dirty any "
			 "more, and "
			 "host_page_mark() was not told",
			 w->page.raw, w->ia);
}

void sim_dirty_check(void)
{
	for (int i = 0; i < unknown_count; i++)
		check_marked(&unknown[i]);
}

/* The tree goes: what it marks now will be marked no more. */
void sim_dirty_close(const struct sim_space *space)
{
	for (int i = 0; i < unknown_count; i++)
		if (unknown[i].space == space)
			sim_fail("[AD-LOST] a write is lost: page %x was written through %x; the root is closed, and "
				 "host_page_mark() was not told",
				 unknown[i].page.raw, unknown[i].ia);
}

/* ---- Marks ---------------------------------------------------------------------------------------------- */

void sim_dirty_mark(const struct sim_mark *mark)
{
	if (mark->ad == 0 || mark->size == 0 || (mark->page.raw | mark->size | mark->at.raw) % PAGE_SIZE)
		sim_fail("[AD-WRONG-PAGE] host_page_mark() of page %x, size %x, with %d", mark->page.raw, mark->size,
			 (int)mark->ad);
	marks[mark_count++ % SIM_MARK_MAX] = *mark;
	forget_told(mark);
}

bool sim_mark(uint64_t back, struct sim_mark *mark)
{
	if (back >= SIM_MARK_MAX || back >= mark_count)
		return false;
	*mark = marks[(mark_count - 1 - back) % SIM_MARK_MAX];
	return true;
}

unsigned sim_marks_of(hpa_t at)
{
	struct sim_mark mark;
	unsigned ad = 0;

	for (uint64_t back = 0; sim_mark(back, &mark); back++)
		if (at.raw - mark.page.raw < mark.size)
			ad |= mark.ad;
	return ad;
}

void sim_marks_reset(void)
{
	mark_count = 0;
	told_from = 0;
}

void sim_dirty_lock_free(void)
{
	told_from = mark_count;
}

void sim_dirty_start(void)
{
	unknown = sim_carve_raw(UNKNOWN_MAX * sizeof(unknown[0]));
	marks = sim_carve_raw(SIM_MARK_MAX * sizeof(marks[0]));
	unknown_count = 0;
	mark_count = 0;
	told_from = 0;
}
