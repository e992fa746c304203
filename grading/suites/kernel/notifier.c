/*
 * Notifiers: when a listener hears of a change, and what is true then (kernel/mm/notifier.h).
 *
 * The listener here is a recorder.  At begin it notes which page is behind each address of the range; at end it looks
 * what has become of those pages.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "grading/ktest/touch.h"
#include "mm/buddy.h"

/* ---- The recorder -------------------------------------------------------------------------------------- */

#define EVENTS_MAX 16
#define PAGES_MAX  1024

enum event_kind { EVENT_BEGIN, EVENT_END, EVENT_RELEASE };

struct event {
	enum event_kind kind;
	struct hva_range range;
	enum notify_why why;
	u64 order; /* among the events of all recorders */
};

/* A page as it was at begin. */
struct noted {
	hva_t va;
	hpa_t page;
	u32 count, rights;
	u64 value; /* its first word */
};

struct recorder {
	struct notifier notifier;
	struct aspace *as;
	u32 event_count;
	struct event event[EVENTS_MAX];
	u32 noted_count;
	struct noted noted[PAGES_MAX];
	bool refuses;                      /* answer -EAGAIN where it must not block */
	void (*at_begin)(struct recorder *r, struct hva_range range);
	void (*at_end)(struct recorder *r, struct hva_range range);
	bool young;
	u32 asked;                         /* age() and test_young() calls */
	u64 free_at_begin;
};

static u64 order; /* of the next event */

static u64 pages_free(void)
{
	struct buddy_stats s;

	buddy_stats(&s);
	return s.page_free;
}

static struct recorder *recorder_of(struct notifier *n)
{
	return container_of(n, struct recorder, notifier);
}

static void add_event(struct recorder *r, enum event_kind kind, struct hva_range range, enum notify_why why)
{
	if (r->event_count < EVENTS_MAX)
		r->event[r->event_count] = (struct event){ kind, range, why, order };
	r->event_count++;
	order++;
}

static u64 first_word(hpa_t page)
{
	return *(u64 *)hpa_to_ptr(page);
}

static void note_pages(struct recorder *r, struct hva_range range)
{
	r->noted_count = 0;
	for (hva_t va = range.start; va.raw < range.end.raw && r->noted_count < PAGES_MAX; va = page_at(va, 1)) {
		hpa_t page = space_page(r->as, va);

		if (page.raw && !(space_rights(r->as, va) & UPT_DEVICE))
			r->noted[r->noted_count++] = (struct noted){ va, page, page_count(page),
								     space_rights(r->as, va), first_word(page) };
	}
}

static int record_begin(struct notifier *n, struct hva_range range, enum notify_why why, enum notify_block block)
{
	struct recorder *r = recorder_of(n);

	if (r->refuses && block == NOTIFY_MUST_NOT_BLOCK)
		return -EAGAIN;
	add_event(r, EVENT_BEGIN, range, why);
	note_pages(r, range);
	if (r->at_begin)
		r->at_begin(r, range);
	return 0;
}

static void record_end(struct notifier *n, struct hva_range range)
{
	struct recorder *r = recorder_of(n);

	add_event(r, EVENT_END, range, 0);
	/* Nothing was given back yet, and nobody has written to it. */
	for (u32 i = 0; i < r->noted_count; i++) {
		EXPECT_GE(page_count(r->noted[i].page), 1u, "the page that was at 0x%lx", r->noted[i].va.raw);
		EXPECT_EQ(first_word(r->noted[i].page), r->noted[i].value);
	}
	if (r->at_end)
		r->at_end(r, range);
}

static bool record_age(struct notifier *n, struct hva_range range)
{
	recorder_of(n)->asked++;
	return recorder_of(n)->young;
}

static void record_release(struct notifier *n)
{
	struct recorder *r = recorder_of(n);

	add_event(r, EVENT_RELEASE, (struct hva_range){ hva(0), hva(0) }, 0);
	note_pages(r, pages_of(hva(AREA), 0, 16));
}

static const struct notifier_ops recorder_ops = {
	.begin = record_begin,
	.end = record_end,
	.age = record_age,
	.test_young = record_age,
	.release = record_release,
};

static struct recorder recorders[3];

static struct recorder *listen(u32 which, struct aspace *as)
{
	struct recorder *r = &recorders[which];

	memset(r, 0, sizeof(*r));
	r->as = as;
	notifier_register(as, &r->notifier, &recorder_ops);
	return r;
}

/* A space of four pages that hold 10, 11, 12, 13, and listener 0. */
static struct aspace *heard_space(struct recorder **r, hva_t *at)
{
	struct aspace *as = space_create();

	*at = space_map_at(as, hva(AREA), 4, RW, 0);
	space_fill(as, *at, 4, 10);
	*r = listen(0, as);
	return as;
}

/* ---- What is told -------------------------------------------------------------------------------------- */

static void do_unmap(struct aspace *as, hva_t at)
{
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 1, 3)), 0);
}

static void do_dontneed(struct aspace *as, hva_t at)
{
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 1, 3)), 0);
}

static void do_protect(struct aspace *as, hva_t at)
{
	EXPECT_EQ(aspace_protect(as, pages_of(at, 1, 3), PROT_READ), 0);
}

static void do_move(struct aspace *as, hva_t at)
{
	EXPECT_EQ(aspace_move(as, pages_of(at, 1, 3)), 0);
}

static void do_fork(struct aspace *as, hva_t at)
{
	space_fork(as);
}

/* The fork comes before the listener. */
static void do_copy(struct aspace *as, hva_t at)
{
	space_put(as, page_at(at, 1), 99);
	space_put(as, page_at(at, 2), 99);
}

static const struct change {
	const char *name;
	void (*act)(struct aspace *as, hva_t at);
	enum notify_why why;
} changes[] = {
	{ "unmap", do_unmap, NOTIFY_UNMAP },
	{ "dontneed", do_dontneed, NOTIFY_DONTNEED },
	{ "protect", do_protect, NOTIFY_PROTECT },
	{ "move", do_move, NOTIFY_MOVE },
	{ "fork", do_fork, NOTIFY_FORK },
	{ "copy", do_copy, NOTIFY_COW },
};

static bool each_change(u32 index, struct ktest_param *param)
{
	if (index == ARRAY_SIZE(changes))
		return false;
	string_copy(param->name, changes[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static const struct change *the_change(void)
{
	return &changes[ktest_param()];
}

/* heard_space(), ready for the change that the parameter names. */
static struct aspace *space_for_change(struct recorder **r, hva_t *at)
{
	struct aspace *as = space_create();

	*at = space_map_at(as, hva(AREA), 4, RW, 0);
	space_fill(as, *at, 4, 10);
	if (the_change()->why == NOTIFY_COW)
		space_fork(as);
	*r = listen(0, as);
	return as;
}

/* Is the address inside a range that began before the event and ended after it? */
static bool was_told_of(const struct recorder *r, hva_t va)
{
	for (u32 i = 0; i < r->event_count; i++)
		if (r->event[i].kind == EVENT_BEGIN && va.raw >= r->event[i].range.start.raw &&
		    va.raw < r->event[i].range.end.raw)
			return true;
	return false;
}

static void change_begins_and_ends(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);

	the_change()->act(as, at);
	ASSERT_GE(r->event_count, 2u);
	ASSERT_EQ(r->event_count % 2, 0u);
	for (u32 i = 0; i < r->event_count; i += 2) {
		EXPECT_EQ(r->event[i].kind, EVENT_BEGIN);
		EXPECT_EQ(r->event[i].why, the_change()->why);
		EXPECT_EQ(r->event[i + 1].kind, EVENT_END);
		EXPECT_EQ(r->event[i + 1].range.start.raw, r->event[i].range.start.raw);
		EXPECT_EQ(r->event[i + 1].range.end.raw, r->event[i].range.end.raw);
	}
	EXPECT_TRUE(was_told_of(r, page_at(at, 1)));
	EXPECT_TRUE(was_told_of(r, page_at(at, 2)));
}

/* At begin the old pages are still mapped, all of them, as before. */
static void look_at_begin(struct recorder *r, struct hva_range range)
{
	EXPECT_GE(r->noted_count, 1u);
	for (u32 i = 0; i < r->noted_count; i++) {
		u64 page = (r->noted[i].va.raw - AREA) / PAGE_SIZE;

		EXPECT_EQ(r->noted[i].value, 10 + page);
		EXPECT_EQ(r->noted[i].rights, the_change()->why == NOTIFY_COW ? PROT_READ | UPT_COW : RW);
	}
}

/* At end none of them can be reached in the old way. */
static void look_at_end(struct recorder *r, struct hva_range range)
{
	for (u32 i = 0; i < r->noted_count; i++) {
		hpa_t now = space_page(r->as, r->noted[i].va);

		if (the_change()->why == NOTIFY_PROTECT || the_change()->why == NOTIFY_FORK)
			EXPECT_FALSE(space_rights(r->as, r->noted[i].va) & PROT_WRITE);
		else
			EXPECT_NE(now.raw, r->noted[i].page.raw);
	}
}

static void entries_change_between_begin_and_end(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);

	r->at_begin = look_at_begin;
	r->at_end = look_at_end;
	the_change()->act(as, at);
	EXPECT_GE(r->event_count, 2u);
}

static void stop_touching(void *unused)
{
	touch_end();
}

/* This CPU uses the memory; at end, whatever it had cached is flushed. */
static void use_at_begin(struct recorder *r, struct hva_range range)
{
	u64 value;

	for (hva_t va = range.start; va.raw < range.end.raw; va = page_at(va, 1)) {
		touch_read(va, &value);
		touch_write(va, value);
	}
}

static void use_at_end(struct recorder *r, struct hva_range range)
{
	for (u32 i = 0; i < r->noted_count; i++) {
		u64 value;

		/* A copy or a moved page is there already, in another place. */
		if (space_rights(r->as, r->noted[i].va) & PROT_WRITE)
			EXPECT_TRUE(touch_write(r->noted[i].va, 0x123));
		else
			EXPECT_FALSE(touch_write(r->noted[i].va, 0x123));
		if (!space_page(r->as, r->noted[i].va).raw)
			EXPECT_FALSE(touch_read(r->noted[i].va, &value));
		EXPECT_EQ(first_word(r->noted[i].page), r->noted[i].value);
	}
}

static void cpus_are_flushed_before_end(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);

	touch_begin(as);
	ktest_defer(stop_touching, NULL);
	r->at_begin = use_at_begin;
	r->at_end = use_at_end;
	the_change()->act(as, at);
	EXPECT_GE(r->event_count, 2u);
}

/* Whatever the change takes for itself it has taken before; what it gives back comes after. */
static void count_free_at_begin(struct recorder *r, struct hva_range range)
{
	r->free_at_begin = pages_free();
}

static void expect_no_more_free(struct recorder *r, struct hva_range range)
{
	EXPECT_LE(pages_free(), r->free_at_begin);
}

static void nothing_becomes_free_before_end(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);

	r->at_begin = count_free_at_begin;
	r->at_end = expect_no_more_free;
	the_change()->act(as, at);
	EXPECT_GE(r->event_count, 2u);
}

/*
 * While a copy is made, the other owner of the page leaves: what is copied from is the copier's alone, until the end.
 */
static struct {
	struct helper helper;
	struct aspace *as;
	struct hva_range range;
	u32 go, gone;
} leaver;

static void leave_when_told(void *unused)
{
	wait_for_word(&leaver.go, 1);
	EXPECT_EQ(aspace_unmap(leaver.as, leaver.range), 0);
	__atomic_store_n(&leaver.gone, 1, __ATOMIC_RELEASE);
}

static void let_the_other_leave(struct recorder *r, struct hva_range range)
{
	__atomic_store_n(&leaver.go, 1, __ATOMIC_RELEASE);
	wait_for_word(&leaver.gone, 1);
}

static void page_that_is_copied_stays_until_end(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 1, RW, 0);
	struct recorder *r;

	space_put(as, at, 10);
	leaver.as = space_fork(as);
	leaver.range = pages_of(at, 0, 1);
	leaver.go = leaver.gone = 0;
	r = listen(0, as);
	r->at_begin = let_the_other_leave;
	helper_start(&leaver.helper, leave_when_told, NULL);
	space_put(as, at, 20);
	helper_join(&leaver.helper);
	EXPECT_EQ(r->event_count, 2);
	EXPECT_EQ(r->noted_count, 1);
	EXPECT_EQ(page_count(r->noted[0].page), 0, "behind the end it is free");
}

static void large_range_is_told_in_windows(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA - 4 * PAGE_SIZE), 2 * 512, RW, 0);
	struct recorder *r = listen(0, as);

	space_put(as, page_at(at, 0), 1);
	space_put(as, page_at(at, 10), 2);
	space_put(as, page_at(at, 1000), 3);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 2 * 512)), 0);
	EXPECT_EQ(r->event_count, 6u);
	for (u32 i = 0; i < MIN(r->event_count, (u32)EVENTS_MAX); i++) {
		struct hva_range range = r->event[i].range;

		EXPECT_EQ(range.start.raw / HUGE_SIZE, (range.end.raw - 1) / HUGE_SIZE, "a window is inside 2 MiB");
	}
	EXPECT_TRUE(was_told_of(r, page_at(at, 0)) && was_told_of(r, page_at(at, 10)) &&
		    was_told_of(r, page_at(at, 1000)));
}

static void memory_that_was_never_touched_is_not_told(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 100, RW, 0);
	struct recorder *r = listen(0, as);

	EXPECT_EQ(aspace_protect(as, pages_of(at, 0, 50), PROT_READ), 0);
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 0, 100)), 0);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 100)), 0);
	EXPECT_EQ(r->event_count, 0);
}

static void first_touch_is_not_told(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 2, RW, 0);
	struct recorder *r = listen(0, as);
	u64 sequence = notifier_sample(as);

	space_fill(as, at, 2, 0);
	EXPECT_EQ(r->event_count, 0);
	EXPECT_FALSE(notifier_must_retry(as, sequence, at));
}

static void large_page_is_told_whole(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 512, RW, MAP_HUGE);
	struct recorder *r = listen(0, as);

	space_put(as, at, 1);
	EXPECT_EQ(aspace_move(as, pages_of(at, 0, 512)), 0);
	EXPECT_EQ(r->event_count, 2);
	EXPECT_EQ(r->event[0].range.start.raw, at.raw);
	EXPECT_EQ(r->event[0].range.end.raw, at.raw + HUGE_SIZE);
	EXPECT_EQ(r->noted_count, 512);
}

/* ---- Who is told --------------------------------------------------------------------------------------- */

static void all_listeners_are_told_in_their_order(void)
{
	struct aspace *as = space_create();
	hva_t at = space_map_at(as, hva(AREA), 2, RW, 0);
	struct recorder *first, *second;

	space_fill(as, at, 2, 0);
	first = listen(0, as);
	second = listen(1, as);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 2)), 0);
	ASSERT_EQ(first->event_count, 2);
	ASSERT_EQ(second->event_count, 2);
	EXPECT_LT(first->event[0].order, second->event[0].order);
	EXPECT_LT(second->event[0].order, first->event[1].order, "all begin before one ends");
}

static void other_address_spaces_are_not_told(void)
{
	struct recorder *r, *child_listener;
	hva_t at;
	struct aspace *as = heard_space(&r, &at), *child = space_fork(as);
	u32 events = r->event_count;

	child_listener = listen(1, child);
	space_put(child, at, 5);
	EXPECT_EQ(child_listener->event_count, 2);
	EXPECT_EQ(aspace_unmap(child, pages_of(at, 0, 4)), 0);
	EXPECT_EQ(r->event_count, events);
}

static void who_has_left_is_not_told(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = heard_space(&r, &at);

	notifier_unregister(as, &r->notifier);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 4)), 0);
	space_destroy(as);
	EXPECT_EQ(r->event_count, 0);
}

/* release() comes once, while all pages are there; then nothing more. */
static void end_of_the_space_releases(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = heard_space(&r, &at);

	space_destroy(as);
	EXPECT_EQ(r->event_count, 1);
	EXPECT_EQ(r->event[0].kind, EVENT_RELEASE);
	EXPECT_EQ(r->noted_count, 4);
	for (u32 i = 0; i < r->noted_count; i++)
		EXPECT_EQ(r->noted[i].value, 10 + i);
}

/* A listener that holds the struct may leave after the end. */
static void listener_may_leave_after_the_end(void)
{
	struct aspace *as = aspace_create();
	struct recorder *r;

	ASSERT_NE(as, NULL);
	aspace_get(as);
	r = listen(0, as);
	aspace_destroy(as);
	aspace_put(as);
	EXPECT_EQ(r->event_count, 1);
	notifier_unregister(as, &r->notifier);
	aspace_put(as);
}

/* ---- Sequence and progress ----------------------------------------------------------------------------- */

static void who_sampled_before_a_change_retries(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);
	u64 before = notifier_sample(as), after;

	EXPECT_FALSE(notifier_must_retry(as, before, page_at(at, 1)));
	the_change()->act(as, at);
	EXPECT_TRUE(notifier_must_retry(as, before, page_at(at, 1)));
	after = notifier_sample(as);
	EXPECT_NE(after, before);
	EXPECT_FALSE(notifier_must_retry(as, after, page_at(at, 1)));
}

/* Inside the change even a fresh sample does not help, for addresses of the range. */
static void try_inside(struct recorder *r, struct hva_range range)
{
	u64 now = notifier_sample(r->as);

	EXPECT_TRUE(notifier_must_retry(r->as, now, range.start));
	EXPECT_TRUE(notifier_must_retry(r->as, now, hva(range.end.raw - 1)));
	EXPECT_FALSE(notifier_must_retry(r->as, now, range.end));
	EXPECT_FALSE(notifier_must_retry(r->as, now, hva(range.start.raw - 1)));
}

static void range_in_progress_is_not_resolved(void)
{
	struct recorder *r;
	hva_t at;
	struct aspace *as = space_for_change(&r, &at);

	r->at_begin = try_inside;
	r->at_end = try_inside;
	the_change()->act(as, at);
	EXPECT_GE(r->event_count, 2u);
}

static void begin(struct aspace *as, struct hva_range range)
{
	EXPECT_EQ(notifier_begin(as, range, NOTIFY_UNMAP, NOTIFY_MAY_BLOCK), 0);
}

static void overlap(struct hva_range first, struct hva_range last)
{
	struct aspace *as = space_create();
	hva_t elsewhere = hva(AREA + 64 * PAGE_SIZE);
	u64 sequence;

	rwmutex_lock_read(&as->lock);
	begin(as, first);
	begin(as, last);
	sequence = notifier_sample(as);
	EXPECT_TRUE(notifier_must_retry(as, sequence, last.start));
	EXPECT_TRUE(notifier_must_retry(as, sequence, first.start));
	notifier_end(as, first);
	EXPECT_TRUE(notifier_must_retry(as, sequence, elsewhere), "the sequence has moved");
	sequence = notifier_sample(as);
	EXPECT_TRUE(notifier_must_retry(as, sequence, last.start));
	EXPECT_FALSE(notifier_must_retry(as, sequence, elsewhere));
	notifier_end(as, last);
	sequence = notifier_sample(as);
	EXPECT_FALSE(notifier_must_retry(as, sequence, last.start));
	EXPECT_FALSE(notifier_must_retry(as, sequence, first.start));
	rwmutex_unlock_read(&as->lock);
}

/* Two faults may copy pages at once, so ranges overlap in time; each is in progress until its own end. */
static void ranges_in_progress_overlap(void)
{
	struct hva_range low = pages_of(hva(AREA), 0, 2), high = pages_of(hva(AREA), 6, 8);

	overlap(high, low);
	overlap(low, high);
}

/* ---- Refusal ------------------------------------------------------------------------------------------- */

static void refusal_ends_those_that_had_begun(void)
{
	struct aspace *as = space_create();
	struct recorder *first = listen(0, as), *second = listen(1, as), *third = listen(2, as);
	struct hva_range range = pages_of(hva(AREA), 0, 4);
	u64 sequence = notifier_sample(as);

	second->refuses = true;
	rwmutex_lock_write(&as->lock);
	EXPECT_EQ(notifier_begin(as, range, NOTIFY_UNMAP, NOTIFY_MUST_NOT_BLOCK), -EAGAIN);
	rwmutex_unlock_write(&as->lock);
	EXPECT_EQ(first->event_count, 2);
	EXPECT_EQ(first->event[1].kind, EVENT_END);
	EXPECT_EQ(second->event_count, 0, "who refuses gets no end");
	EXPECT_EQ(third->event_count, 0, "who was not asked hears nothing");
	EXPECT_TRUE(notifier_must_retry(as, sequence, range.start));
	EXPECT_FALSE(notifier_must_retry(as, notifier_sample(as), range.start), "nothing is in progress");
}

static void who_may_block_is_told(void)
{
	struct aspace *as = space_create();
	struct recorder *r = listen(0, as);
	struct hva_range range = pages_of(hva(AREA), 0, 4);

	r->refuses = true;
	rwmutex_lock_write(&as->lock);
	begin(as, range);
	notifier_end(as, range);
	rwmutex_unlock_write(&as->lock);
	EXPECT_EQ(r->event_count, 2);
}

static int refuse_always(struct notifier *n, struct hva_range range, enum notify_why why, enum notify_block block)
{
	return -EAGAIN;
}

static void refusal_where_it_may_block_panics(void)
{
	static const struct notifier_ops ops = { .begin = refuse_always, .end = record_end, .release = record_release };
	struct aspace *as = space_create();

	recorders[0].as = as;
	notifier_register(as, &recorders[0].notifier, &ops);
	begin(as, pages_of(hva(AREA), 0, 4));
}

static void end_without_begin_panics(void)
{
	notifier_end(space_create(), pages_of(hva(AREA), 0, 4));
}

/* ---- Age ----------------------------------------------------------------------------------------------- */

static void young_is_young_for_anybody(void)
{
	struct aspace *as = space_create();
	struct recorder *first = listen(0, as), *second = listen(1, as);
	struct hva_range range = pages_of(hva(AREA), 0, 4);

	rwmutex_lock_read(&as->lock);
	EXPECT_FALSE(notifier_age(as, range));
	EXPECT_FALSE(notifier_test_young(as, range));
	EXPECT_EQ(first->asked, 2);
	EXPECT_EQ(second->asked, 2);
	first->young = true;
	EXPECT_TRUE(notifier_age(as, range));
	EXPECT_EQ(second->asked, 3, "age is for all to forget");
	EXPECT_TRUE(notifier_test_young(as, range));
	first->young = false;
	second->young = true;
	EXPECT_TRUE(notifier_age(as, range));
	EXPECT_TRUE(notifier_test_young(as, range));
	rwmutex_unlock_read(&as->lock);
	EXPECT_EQ(first->event_count, 0);
}

#define EACH_CHANGE(function) CASE(function, .generate = each_change)

static const struct ktest_case cases[] = {
	EACH_CHANGE(change_begins_and_ends),
	EACH_CHANGE(entries_change_between_begin_and_end),
	EACH_CHANGE(cpus_are_flushed_before_end),
	EACH_CHANGE(nothing_becomes_free_before_end),
	CASE(page_that_is_copied_stays_until_end),
	CASE(large_range_is_told_in_windows),
	CASE(memory_that_was_never_touched_is_not_told),
	CASE(first_touch_is_not_told),
	CASE(large_page_is_told_whole),
	CASE(all_listeners_are_told_in_their_order),
	CASE(other_address_spaces_are_not_told),
	CASE(who_has_left_is_not_told),
	CASE(end_of_the_space_releases),
	CASE(listener_may_leave_after_the_end),
	EACH_CHANGE(who_sampled_before_a_change_retries),
	EACH_CHANGE(range_in_progress_is_not_resolved),
	CASE(ranges_in_progress_overlap),
	CASE(refusal_ends_those_that_had_begun),
	CASE(who_may_block_is_told),
	DEATH(refusal_where_it_may_block_panics, "a listener that may block answers"),
	DEATH(end_without_begin_panics, "notifier_end: without begin"),
	CASE(young_is_young_for_anybody),
};
KTEST_SUITE(notifier, cases);
