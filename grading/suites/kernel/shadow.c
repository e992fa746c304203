/*
 * A listener that keeps translations of its own - a toy of what a hypervisor's second stage is - and follows the whole
 * protocol of kernel/mm/notifier.h, while other threads change the address space under it.
 *
 * I1 Whoever holds the address space's lock for reading and the shadow's lock finds in the shadow nothing that the
 *    tables do not hold, and no right that they lack.
 * I2 When a change has returned, what it took away is not in the shadow.
 * I3 A page in the shadow is allocated, and is used by nobody else: it holds what was written at its address.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "mm/buddy.h"
#include "sched.h"

#define PAGES 24

struct shadow_entry {
	hpa_t page; /* hpa(0): empty */
	bool writable;
};

static struct shadow {
	struct notifier notifier;
	struct aspace *as;
	hva_t at;

	struct spinlock lock; /* rank RANK_MMU: the table; also what begin() waits for */
	struct shadow_entry entry[PAGES];
	u64 installed, retried, used; /* lock */
} shadow;

static u64 page_number(hva_t va)
{
	return (va.raw - shadow.at.raw) / PAGE_SIZE;
}

/* ---- The listener -------------------------------------------------------------------------------------- */

static int shadow_begin(struct notifier *n, struct hva_range range, enum notify_why why, enum notify_block block)
{
	spin_lock(&shadow.lock);
	for (u64 i = 0; i < PAGES; i++) {
		hva_t va = page_at(shadow.at, i);

		if (va.raw >= range.start.raw && va.raw < range.end.raw)
			shadow.entry[i] = (struct shadow_entry){ .writable = false };
	}
	spin_unlock(&shadow.lock);
	return 0;
}

static void shadow_end(struct notifier *n, struct hva_range range)
{
}

static bool shadow_age(struct notifier *n, struct hva_range range)
{
	return false;
}

static void shadow_release(struct notifier *n)
{
	memset(shadow.entry, 0, sizeof(shadow.entry));
}

static const struct notifier_ops shadow_ops = {
	.begin = shadow_begin,
	.end = shadow_end,
	.age = shadow_age,
	.test_young = shadow_age,
	.release = shadow_release,
};

/* Somewhere on the way another CPU or thread may come in between. */
static void wander(struct ktest_random *r)
{
	switch (random_below(r, 4)) {
	case 0: thread_yield(); break;
	case 1: cpu_relax(); break;
	default: break;
	}
}

/* One attempt to install va; false if it has to be made again. */
static bool try_install(hva_t va, u64 sequence, const struct user_page *found)
{
	bool retry;

	spin_lock(&shadow.lock);
	retry = notifier_must_retry(shadow.as, sequence, va);
	if (!retry) {
		shadow.entry[page_number(va)] = (struct shadow_entry){
			.page = found->page, .writable = found->rights & PROT_WRITE,
		};
		shadow.installed++;
	} else {
		shadow.retried++;
	}
	spin_unlock(&shadow.lock);
	return !retry;
}

/* 0, or the error of the address space. */
static int resolve(hva_t va, enum access access, struct ktest_random *r)
{
	for (;;) {
		u64 sequence = notifier_sample(shadow.as);
		struct user_page found;
		int error;

		wander(r);
		error = aspace_resolve(shadow.as, va, access, &found);
		if (error)
			return error;
		wander(r);
		if (try_install(va, sequence, &found))
			return 0;
	}
}

/* ---- Use, as a guest would ----------------------------------------------------------------------------- */

#define TAG(va) ((va).raw ^ 0x5aad0bull)

/* What a page holds is zero, or the mark of its address (I3). */
static void use(hva_t va, struct ktest_random *r)
{
	struct shadow_entry *e = &shadow.entry[page_number(va)];

	spin_lock(&shadow.lock);
	if (e->page.raw) {
		u64 *word = hpa_to_ptr(e->page);

		EXPECT_GE(page_count(e->page), 1u);
		EXPECT_TRUE(*word == 0 || *word == TAG(va), "0x%lx holds 0x%lx", va.raw, *word);
		if (e->writable)
			*word = TAG(va);
		shadow.used++;
	}
	spin_unlock(&shadow.lock);
}

static void guest(struct ktest_random *r)
{
	hva_t va = page_at(shadow.at, random_below(r, PAGES));
	enum access access = random_below(r, 2) ? ACCESS_READ : ACCESS_WRITE;

	resolve(va, access, r);
	wander(r);
	use(va, r);
}

/* ---- Changes, as a monitor would make ------------------------------------------------------------------ */

/* I1.  Faults may be under way, so only what the shadow holds at this moment counts. */
static void expect_shadow_below_tables(void)
{
	rwmutex_lock_read(&shadow.as->lock);
	spin_lock(&shadow.lock);
	for (u64 i = 0; i < PAGES; i++) {
		struct shadow_entry *e = &shadow.entry[i];
		struct upt_entry u = upt_lookup(shadow.as->root, page_at(shadow.at, i));
		bool mapped = upte_kind(u.pte, u.level) == UPT_LEAF;

		if (!e->page.raw)
			continue;
		EXPECT_TRUE(mapped, "page %lu", i);
		if (mapped && u.level == 0) {
			EXPECT_EQ(e->page.raw, upte_hpa(u.pte).raw, "page %lu", i);
			EXPECT_TRUE(!e->writable || (upte_rights(u.pte) & PROT_WRITE), "page %lu", i);
		}
	}
	spin_unlock(&shadow.lock);
	rwmutex_unlock_read(&shadow.as->lock);
}

/* I2: nobody can bring back what has no region any more. */
static void unmap_and_map_again(struct hva_range range)
{
	EXPECT_EQ(aspace_unmap(shadow.as, range), 0);
	spin_lock(&shadow.lock);
	for (u64 i = page_number(range.start); i < page_number(range.end); i++)
		EXPECT_EQ(shadow.entry[i].page.raw, 0u, "page %lu", i);
	spin_unlock(&shadow.lock);
	space_map_at(shadow.as, range.start, page_number(range.end) - page_number(range.start), RW, 0);
}

/* The copies go to the child, or the parent keeps writing in place; either way the pages change hands. */
static void fork_and_write(struct hva_range range, struct ktest_random *r)
{
	struct aspace *child = aspace_fork(shadow.as);

	if (!child)
		return;
	wander(r);
	for (hva_t va = range.start; va.raw < range.end.raw; va = page_at(va, 1)) {
		u64 value = TAG(va);

		aspace_write(child, va, &value, sizeof(value));
		if (random_below(r, 2))
			aspace_write(shadow.as, va, &value, sizeof(value));
	}
	aspace_destroy(child);
	aspace_put(child);
}

static void protect_for_a_while(struct hva_range range, struct ktest_random *r)
{
	aspace_protect(shadow.as, range, PROT_READ);
	wander(r);
	aspace_protect(shadow.as, range, RW);
}

/* One of several monitors: each has a part of the range of its own to unmap; the rest they change together. */
static void monitor(u32 which, u32 monitors, struct ktest_random *r)
{
	u64 share = PAGES / monitors, first = which * share + random_below(r, share);
	struct hva_range own = pages_of(shadow.at, first, first + 1 + random_below(r, (which + 1) * share - first));

	switch (random_below(r, 5)) {
	case 0: unmap_and_map_again(own); break;
	case 1: aspace_dontneed(shadow.as, own); break;
	case 2: aspace_move(shadow.as, own); break;
	case 3: fork_and_write(own, r); break;
	case 4: protect_for_a_while(own, r); break;
	}
	wander(r);
	expect_shadow_below_tables();
}

/* ---- Races --------------------------------------------------------------------------------------------- */

struct cast {
	u32 monitors, guests, steps;
};

static void act(u32 member, void *arg)
{
	struct cast *cast = arg;
	struct ktest_random r = ktest_random(member);

	for (u32 i = 0; i < cast->steps && !ktest_has_failed(); i++)
		if (member < cast->monitors)
			monitor(member, cast->monitors, &r);
		else
			guest(&r);
}

static void leave(void *unused)
{
	notifier_unregister(shadow.as, &shadow.notifier);
}

static void shadow_start(void)
{
	memset(&shadow, 0, sizeof(shadow));
	spin_init(&shadow.lock, "shadow", RANK_MMU);
	shadow.as = space_create();
	shadow.at = space_map_at(shadow.as, hva(AREA + HUGE_SIZE - 10 * PAGE_SIZE), PAGES, RW, 0);
	notifier_register(shadow.as, &shadow.notifier, &shadow_ops);
	ktest_defer(leave, NULL);
}

static void race(struct cast cast)
{
	shadow_start();
	crew_run(cast.monitors + cast.guests, act, &cast);
	expect_shadow_below_tables();
	aspace_check(shadow.as);
	EXPECT_GT(shadow.installed, 0u);
	EXPECT_GT(shadow.used, 0u);
	ktest_note("%lu installed, %lu had to try again, %lu used", shadow.installed, shadow.retried, shadow.used);
}

static void guest_alone_sees_its_writes(void)
{
	race((struct cast){ .guests = 1, .steps = 200 });
}

static void one_monitor_and_one_guest(void)
{
	race((struct cast){ .monitors = 1, .guests = 1, .steps = 300 });
}

static void several_monitors_and_guests(void)
{
	race((struct cast){ .monitors = 3, .guests = 5, .steps = 200 });
}

/* The window that the sequence closes: the page is found, and gone before it is installed. */
static void page_that_went_after_it_was_found_is_not_installed(void)
{
	struct ktest_random r = ktest_random(0);
	struct user_page found;
	u64 sequence;
	hva_t va;

	shadow_start();
	va = page_at(shadow.at, 3);
	sequence = notifier_sample(shadow.as);
	EXPECT_EQ(aspace_resolve(shadow.as, va, ACCESS_WRITE, &found), 0);
	EXPECT_EQ(aspace_dontneed(shadow.as, pages_of(va, 0, 1)), 0);
	EXPECT_FALSE(try_install(va, sequence, &found));
	EXPECT_EQ(resolve(va, ACCESS_WRITE, &r), 0);
	expect_shadow_below_tables();
}

static void resolved_page_is_described(void)
{
	struct aspace *as = space_create();
	hva_t small = space_map_at(as, hva(AREA), 2, RW, 0), read_only = space_map(as, 1, PROT_READ, 0);
	hva_t large = space_map_at(as, hva(AREA + HUGE_SIZE), 512, RW, MAP_HUGE);
	struct user_page found;

	EXPECT_EQ(aspace_resolve(as, page_at(small, 1), ACCESS_WRITE, &found), 0);
	EXPECT_EQ(found.page.raw, space_page(as, page_at(small, 1)).raw);
	EXPECT_EQ(found.level, 0);
	EXPECT_EQ(found.rights, RW);
	EXPECT_EQ(page_count(found.page), 1, "no reference is taken");
	EXPECT_EQ(aspace_resolve(as, hva_add(page_at(large, 77), 5), ACCESS_READ, &found), 0);
	EXPECT_EQ(found.page.raw, space_page(as, large).raw + 77 * PAGE_SIZE);
	EXPECT_EQ(found.level, 1);
	EXPECT_EQ(aspace_resolve(as, read_only, ACCESS_WRITE, &found), -EFAULT);
	EXPECT_EQ(aspace_resolve(as, page_at(small, 2), ACCESS_READ, &found), -EFAULT);
	space_fork(as);
	EXPECT_EQ(aspace_resolve(as, page_at(small, 1), ACCESS_READ, &found), 0);
	EXPECT_EQ(found.rights & PROT_WRITE, 0u, "a shared page is not to be written");
	EXPECT_EQ(aspace_resolve(as, page_at(small, 1), ACCESS_WRITE, &found), 0);
	EXPECT_EQ(page_count(found.page), 1, "for a write it was copied");
}

static const struct ktest_case cases[] = {
	CASE(resolved_page_is_described),
	CASE(page_that_went_after_it_was_found_is_not_installed),
	CASE(guest_alone_sees_its_writes),
	CASE(one_monitor_and_one_guest, .budget = 1000 * MILLION),
	CASE(several_monitors_and_guests, .budget = 2000 * MILLION),
};
KTEST_SUITE(shadow, cases);
