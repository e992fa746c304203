/*
 * Small kernel objects.
 */
#include "hog.h"
#include "grading/ktest/crew.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

static u64 pages_free(void)
{
	struct buddy_stats s;

	buddy_stats(&s);
	return s.page_free;
}

static bool is_filled(const u8 *p, size_t size, u8 byte)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != byte)
			return false;
	return true;
}

/* ---- Sizes --------------------------------------------------------------------------------------------- */

static const u32 sizes[] = {
	0, 1, 15, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 512, 513, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097,
	8192, 10000, 65536, 1 << 20, 4 << 20,
};

static bool each_size(u32 index, struct ktest_param *param)
{
	if (index == ARRAY_SIZE(sizes))
		return false;
	param->value = sizes[index];
	snprintf(param->name, sizeof(param->name), "%u", sizes[index]);
	return true;
}

/* Two neighbours, so that one that is too small shows; and once more, so that what was written before would show. */
static void each_size_is_zeroed_aligned_and_large_enough(void)
{
	size_t size = ktest_param();
	u64 count = kmalloc_count(), free_before = pages_free();

	for (int round = 0; round < 2; round++) {
		u8 *a = kmalloc(size), *b = kmalloc(size);

		ASSERT_TRUE(a && b);
		EXPECT_EQ(kmalloc_count(), count + 2);
		EXPECT_TRUE(IS_ALIGNED((u64)a, size >= PAGE_SIZE ? PAGE_SIZE : 16ul), "at %p", a);
		EXPECT_TRUE(is_filled(a, size, 0) && is_filled(b, size, 0));
		memset(a, 0x55, size);
		memset(b, 0xaa, size);
		EXPECT_TRUE(is_filled(a, size, 0x55));
		kfree(a);
		EXPECT_TRUE(is_filled(b, size, 0xaa));
		kfree(b);
	}
	EXPECT_EQ(kmalloc_count(), count);
	EXPECT_EQ(pages_free(), free_before);
}

static void too_large_is_refused(void)
{
	u64 count = kmalloc_count();

	EXPECT_EQ(kmalloc((4 << 20) + 1), NULL);
	EXPECT_EQ(kmalloc(~0ul), NULL);
	EXPECT_EQ(kmalloc_count(), count);
}

static void free_of_null_is_nothing(void)
{
	u64 count = kmalloc_count();

	kfree(NULL);
	EXPECT_EQ(kmalloc_count(), count);
}

/* ---- Slabs --------------------------------------------------------------------------------------------- */

#define OBJECTS 600

/* More than one slab, freed in an order that empties slabs in the middle. */
static void slabs_come_and_go(void)
{
	static u64 *object[OBJECTS];
	u64 free_before = pages_free();
	struct ktest_random r = ktest_random(0);

	for (u64 i = 0; i < OBJECTS; i++) {
		object[i] = kmalloc(64);
		ASSERT_NE(object[i], NULL);
		object[i][0] = object[i][7] = i;
	}
	EXPECT_GE(free_before - pages_free(), OBJECTS * 64 / PAGE_SIZE);
	EXPECT_LE(free_before - pages_free(), OBJECTS * 64 / PAGE_SIZE + 2);
	for (u64 left = OBJECTS; left > 0; left--) {
		u64 i = random_below(&r, left);

		EXPECT_EQ(object[i][0], object[i][7]);
		kfree(object[i]);
		object[i] = object[left - 1];
	}
	EXPECT_EQ(pages_free(), free_before);
}

static void freed_object_is_reused(void)
{
	void *keep = kmalloc(100), *a = kmalloc(100), *b;

	kfree(a);
	b = kmalloc(100);
	EXPECT_EQ(a, b);
	kfree(b);
	kfree(keep);
}

/* ---- No memory ----------------------------------------------------------------------------------------- */

static void exhaustion_is_null(void)
{
	u64 count = kmalloc_count();
	void *object;

	hog_take(0);
	EXPECT_EQ(kmalloc(4096), NULL);
	EXPECT_EQ(kmalloc(1 << 20), NULL);
	EXPECT_EQ(kmalloc_count(), count);
	hog_release();
	object = kmalloc(4096);
	EXPECT_NE(object, NULL);
	kfree(object);
}

static void failure_on_purpose_is_null(void)
{
	u64 count = kmalloc_count();
	u32 size[] = { 16, 2048, 4096, 1 << 20 };

	for (u32 i = 0; i < ARRAY_SIZE(size); i++) {
		alloc_fail_nth(1, FAIL_ONCE);
		EXPECT_EQ(kmalloc(size[i]), NULL, "size %u", size[i]);
		EXPECT_EQ(alloc_fail_nth(0, FAIL_ONCE), 1);
	}
	EXPECT_EQ(kmalloc_count(), count);
}

/* ---- Random steps -------------------------------------------------------------------------------------- */

struct held {
	u8 *p;
	size_t size;
	u8 byte;
};

static void random_step(struct held *h, struct ktest_random *r)
{
	if (h->p) {
		EXPECT_TRUE(is_filled(h->p, h->size, h->byte), "%lu bytes at %p", h->size, h->p);
		kfree(h->p);
		h->p = NULL;
		return;
	}
	h->size = random_below(r, 16) ? random_below(r, 700) : random_below(r, 20000);
	h->byte = random_next(r);
	h->p = kmalloc(h->size);
	if (h->p)
		memset(h->p, h->byte, h->size);
}

static void random_steps(u32 member, void *unused)
{
	struct held held[24] = { 0 };
	struct ktest_random r = ktest_random(member);

	for (u32 step = 0; step < 2000; step++) {
		random_step(&held[random_below(&r, ARRAY_SIZE(held))], &r);
		if (step % 32 == 0)
			cpu_relax();
	}
	for (u32 i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].p)
			random_step(&held[i], &r);
}

static void random_objects_keep_their_bytes(void)
{
	random_steps(0, NULL);
}

static void cpus_allocate_at_once(void)
{
	crew_run(4, random_steps, NULL);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------ */

static void double_free_panics(void)
{
	void *keep = kmalloc(64), *p = kmalloc(64);

	kfree(p);
	kfree(p);
	kfree(keep);
}

static void double_free_of_the_last_object_panics(void)
{
	void *p = kmalloc(4096);

	kfree(p);
	kfree(p);
}

static void free_inside_an_object_panics(void)
{
	kfree((char *)kmalloc(64) + 16);
}

static void write_after_free_panics(void)
{
	u64 *keep = kmalloc(64), *p = kmalloc(64);

	kfree(p);
	p[1] = 0;
	kmalloc(64);
	kfree(keep);
}

static void free_of_a_static_object_panics(void)
{
	static u64 object[8];

	kfree(object);
}

static const struct ktest_case cases[] = {
	CASE(each_size_is_zeroed_aligned_and_large_enough, .generate = each_size),
	CASE(too_large_is_refused),
	CASE(free_of_null_is_nothing),
	CASE(slabs_come_and_go),
	CASE(freed_object_is_reused),
	CASE(exhaustion_is_null),
	CASE(failure_on_purpose_is_null),
	CASE(random_objects_keep_their_bytes),
	CASE(cpus_allocate_at_once),
	DEATH(double_free_panics, "is free already"),
	DEATH(double_free_of_the_last_object_panics, "is no allocated memory"),
	DEATH(free_inside_an_object_panics, "is no object"),
	DEATH(write_after_free_panics, "was written to"),
	DEATH(free_of_a_static_object_panics, "is not in the direct map"),
};
KTEST_SUITE(kmalloc, cases);
