/*
 * Memory that is somebody else's too: shared anonymous memory, devices; and what names a futex.
 */
#include "space.h"
#include "grading/ktest/crew.h"
#include "boot_info.h"
#include "init.h"
#include "fs/file.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

static hva_t map_shared(struct aspace *as, u64 pages, u32 prot)
{
	struct map_request q = { .size = pages * PAGE_SIZE, .prot = prot, .flags = MAP_SHARED | MAP_ANON };
	s64 at = aspace_map(as, &q);

	ASSERT_GT(at, 0);
	return hva(at);
}

/* ---- Shared anonymous memory --------------------------------------------------------------------------- */

static void parent_and_child_see_each_others_writes(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_shared(parent, 4, RW);

	space_put(parent, at, 1);
	child = space_fork(parent);
	EXPECT_EQ(space_get(child, at), 1);
	space_put(child, at, 2);
	EXPECT_EQ(space_get(parent, at), 2);
	space_put(child, page_at(at, 3), 3);
	EXPECT_EQ(space_get(parent, page_at(at, 3)), 3);
	EXPECT_EQ(space_page(parent, at).raw, space_page(child, at).raw);
	EXPECT_EQ(page_count(space_page(parent, at)), 3, "two leaves and the object");
	EXPECT_EQ(space_rights(parent, at), RW);
	aspace_check(parent);
	aspace_check(child);
}

static void shared_memory_outlives_each_of_its_users(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_shared(parent, 2, RW);

	space_put(parent, at, 5);
	child = space_fork(parent);
	space_destroy(parent);
	EXPECT_EQ(space_get(child, at), 5);
	EXPECT_EQ(aspace_unmap(child, pages_of(at, 0, 1)), 0);
	EXPECT_EQ(space_get(child, page_at(at, 1)), 0);
	EXPECT_EQ(space_try_read(child, at), -EFAULT);
}

/* More pages than one array of the object holds: none is taken for another. */
static void each_page_of_an_object_is_its_own(void)
{
	enum { PAGES = 1200, START = 5000 };
	struct aspace *parent = space_create(), *child;
	hva_t at = map_shared(parent, PAGES, RW);

	child = space_fork(parent);
	space_fill(parent, at, PAGES, START);
	space_expect(child, at, PAGES, START);
	aspace_check(child);
}

static void unmapped_page_is_still_in_the_object(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_shared(parent, 1, RW);
	hpa_t page;

	space_put(parent, at, 6);
	page = space_page(parent, at);
	child = space_fork(parent);
	EXPECT_EQ(aspace_unmap(parent, pages_of(at, 0, 1)), 0);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(space_get(child, at), 6);
	EXPECT_EQ(space_page(child, at).raw, page.raw);
}

/* A region that is split finds the right pages from both its parts. */
static void parts_of_a_split_region_keep_their_place_in_the_object(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t at = map_shared(parent, 6, RW);

	child = space_fork(parent);
	space_fill(parent, at, 6, 40);
	EXPECT_EQ(aspace_protect(child, pages_of(at, 2, 4), PROT_READ), 0);
	EXPECT_EQ(aspace_unmap(child, pages_of(at, 4, 5)), 0);
	space_expect(child, at, 4, 40);
	EXPECT_EQ(space_get(child, page_at(at, 5)), 45);
	EXPECT_EQ(space_try_write(child, page_at(at, 2)), -EFAULT);
	space_put(child, page_at(at, 5), 100);
	EXPECT_EQ(space_get(parent, page_at(at, 5)), 100);
	aspace_check(child);
}

static void shared_memory_is_not_dropped_or_moved(void)
{
	struct aspace *as = space_create();
	hva_t at = map_shared(as, 2, RW);

	space_fill(as, at, 2, 3);
	EXPECT_EQ(aspace_dontneed(as, pages_of(at, 0, 1)), -EINVAL);
	EXPECT_EQ(aspace_move(as, pages_of(at, 0, 1)), -EINVAL);
	space_expect(as, at, 2, 3);
}

static void large_object_takes_pages_as_they_are_touched(void)
{
	struct aspace *as = space_create();
	struct buddy_stats before, after;
	hva_t at;

	buddy_stats(&before);
	at = map_shared(as, 100000, RW);
	space_put(as, page_at(at, 99999), 1);
	space_put(as, page_at(at, 50000), 2);
	buddy_stats(&after);
	EXPECT_LT(before.page_free - after.page_free, 20u);
	EXPECT_EQ(space_get(as, page_at(at, 99999)), 1);
}

static void shared_mapping_without_memory_is_an_error(void)
{
	struct aspace *as = space_create();
	struct map_request q = { .size = PAGE_SIZE, .prot = RW, .flags = MAP_SHARED | MAP_ANON };
	s64 at = -ENOMEM;
	u64 n, objects = kmalloc_count();

	for (n = 1; at < 0; n++) {
		EXPECT_EQ(kmalloc_count(), objects);
		alloc_fail_nth(n, FAIL_ONCE);
		at = aspace_map(as, &q);
		alloc_fail_nth(0, FAIL_ONCE);
		EXPECT_TRUE(at > 0 || at == -ENOMEM);
	}
	EXPECT_GE(n, 5u);
	for (n = 1; n <= 2; n++) {
		alloc_fail_nth(n, FAIL_ONCE);
		EXPECT_EQ(space_try_write(as, hva(at)), -ENOMEM, "allocation %lu", n);
		alloc_fail_nth(0, FAIL_ONCE);
	}
	space_put(as, hva(at), 1);
	aspace_check(as);
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

/* A device of four pages that are no RAM, of which the third is gone; nobody touches them. */
static struct {
	hpa_t pages;
	u32 released, checks;
	int answer; /* of mmap_check */
} device;

static int device_check(struct file *file, u64 offset, u64 size, u32 prot)
{
	device.checks++;
	if (offset + size > 4 * PAGE_SIZE || (prot & PROT_EXEC))
		return -EINVAL;
	return device.answer;
}

static hpa_t device_page(struct file *file, u64 offset)
{
	return offset / PAGE_SIZE == 2 ? hpa(0) : hpa_add(device.pages, offset);
}

static void device_release(struct file *file)
{
	device.released++;
}

static const struct file_ops device_ops = {
	.mmap_check = device_check,
	.mmap_page = device_page,
	.release = device_release,
};

static hpa_t end_of_ram(void)
{
	const struct boot_info *info = boot_info();
	u64 end = 0;

	for (u32 i = 0; i < info->ram_count; i++)
		end = MAX(end, info->ram[i].end.raw);
	return hpa(ALIGN_UP(end, PAGE_SIZE));
}

static s64 map_device(struct aspace *as, struct file *file, u64 pages, u64 offset, u32 prot)
{
	struct map_request q = { .size = pages * PAGE_SIZE, .prot = prot, .flags = MAP_SHARED, .file = file,
				 .offset = offset };

	return aspace_map(as, &q);
}

static struct file *open_device(void)
{
	memset(&device, 0, sizeof(device));
	device.pages = end_of_ram();
	return file_alloc(&device_ops, O_RDWR);
}

static void device_pages_are_mapped_uncounted(void)
{
	struct aspace *as = space_create();
	struct file *file = open_device();
	hva_t at = hva(map_device(as, file, 3, PAGE_SIZE, RW));

	file_put(file);
	EXPECT_EQ(aspace_fault(as, at, ACCESS_WRITE), 0);
	EXPECT_EQ(aspace_fault(as, page_at(at, 2), ACCESS_READ), 0);
	EXPECT_EQ(space_page(as, at).raw, device.pages.raw + PAGE_SIZE);
	EXPECT_EQ(space_page(as, page_at(at, 2)).raw, device.pages.raw + 3 * PAGE_SIZE);
	EXPECT_EQ(space_rights(as, at), RW | UPT_DEVICE);
	EXPECT_EQ(as->page_count, 0);
	EXPECT_EQ(aspace_fault(as, page_at(at, 1), ACCESS_READ), -ENOMEM, "the device has no such page any more");
	aspace_check(as);
	EXPECT_EQ(device.released, 0);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 1)), 0);
	EXPECT_EQ(device.released, 0);
	EXPECT_EQ(aspace_unmap(as, pages_of(at, 1, 3)), 0);
	EXPECT_EQ(device.released, 1);
}

static void kernel_does_not_read_device_memory_for_users(void)
{
	struct aspace *as = space_create();
	struct file *file = open_device();
	hva_t at = hva(map_device(as, file, 1, 0, RW));

	file_put(file);
	EXPECT_EQ(space_try_read(as, at), -EFAULT);
	EXPECT_EQ(space_try_write(as, at), -EFAULT);
}

static void device_decides_about_mappings(void)
{
	static const struct file_ops no_mmap = { 0 };
	struct aspace *as = space_create();
	struct file *file = open_device(), *plain = file_alloc(&no_mmap, O_RDWR);
	struct map_request private = { .size = PAGE_SIZE, .prot = RW, .flags = MAP_PRIVATE, .file = file };
	s64 at;

	EXPECT_EQ(map_device(as, plain, 1, 0, RW), -ENODEV);
	EXPECT_EQ(map_device(as, file, 5, 0, RW), -EINVAL);
	EXPECT_EQ(map_device(as, file, 1, PAGE_SIZE / 2, RW), -EINVAL);
	EXPECT_EQ(map_device(as, file, 2, ~0ull - PAGE_SIZE + 1, RW), -EINVAL);
	EXPECT_EQ(map_device(as, file, 1, 0, PROT_EXEC), -EINVAL);
	EXPECT_EQ(aspace_map(as, &private), -EINVAL);
	device.answer = -EBUSY;
	EXPECT_EQ(map_device(as, file, 1, 0, RW), -EBUSY);
	device.answer = 0;
	at = map_device(as, file, 2, 0, PROT_READ);
	ASSERT_GT(at, 0);
	EXPECT_EQ(aspace_protect(as, pages_of(hva(at), 0, 2), PROT_EXEC), -EINVAL);
	EXPECT_EQ(aspace_protect(as, pages_of(hva(at), 0, 1), RW), 0);
	EXPECT_EQ(as->region_count, 2);
	EXPECT_EQ(file->count, 3);
	file_put(file);
	file_put(plain);
}

static void forked_device_memory_is_the_same(void)
{
	struct aspace *parent = space_create(), *child;
	struct file *file = open_device();
	hva_t at = hva(map_device(parent, file, 1, 0, RW));

	file_put(file);
	EXPECT_EQ(aspace_fault(parent, at, ACCESS_READ), 0);
	child = space_fork(parent);
	EXPECT_EQ(space_rights(parent, at), RW | UPT_DEVICE);
	EXPECT_EQ(aspace_fault(child, at, ACCESS_WRITE), 0);
	EXPECT_EQ(space_page(child, at).raw, device.pages.raw);
	space_destroy(parent);
	EXPECT_EQ(device.released, 0);
	space_destroy(child);
	EXPECT_EQ(device.released, 1);
}

/* ---- Two faults at once -------------------------------------------------------------------------------- */

/* A file of one page.  Its first user waits until another thread has the page mapped at the same address. */
static struct {
	struct helper helper;
	struct aspace *as;
	hva_t at;
	hpa_t page;
	u32 calls, go, mapped;
} slow;

static int slow_check(struct file *file, u64 offset, u64 size, u32 prot)
{
	return 0;
}

static hpa_t slow_page(struct file *file, u64 offset)
{
	if (slow.calls++ == 0) {
		__atomic_store_n(&slow.go, 1, __ATOMIC_RELEASE);
		wait_for_word(&slow.mapped, 1);
	}
	return slow.page;
}

static void touch_it_too(void *unused)
{
	wait_for_word(&slow.go, 1);
	EXPECT_EQ(aspace_fault(slow.as, slow.at, ACCESS_WRITE), 0);
	__atomic_store_n(&slow.mapped, 1, __ATOMIC_RELEASE);
}

static void second_of_two_faults_leaves_the_first_ones_page(void)
{
	static const struct file_ops ops = { .mmap_check = slow_check, .mmap_page = slow_page };
	struct file *file = file_alloc(&ops, O_RDWR);

	slow.as = space_create();
	slow.page = page_alloc();
	slow.calls = slow.go = slow.mapped = 0;
	slow.at = hva(map_device(slow.as, file, 1, 0, RW));
	file_put(file);
	helper_start(&slow.helper, touch_it_too, NULL);
	EXPECT_EQ(aspace_fault(slow.as, slow.at, ACCESS_WRITE), 0);
	helper_join(&slow.helper);
	EXPECT_EQ(slow.calls, 2);
	EXPECT_EQ(page_count(slow.page), 2, "the leaf's reference and ours");
	EXPECT_EQ(slow.as->page_count, 1);
	page_put(slow.page);
}

struct fresh {
	struct aspace *as;
	hva_t at;
};

static void touch_all(u32 member, void *arg)
{
	struct fresh *f = arg;

	for (u64 i = 0; i < 40; i++)
		space_put(f->as, hva_add(page_at(f->at, i), member * sizeof(u64)), member + 1);
}

static void threads_that_touch_fresh_pages_share_them(void)
{
	struct fresh f = { .as = space_create() };

	f.at = space_map(f.as, 40, RW, 0);
	crew_run(4, touch_all, &f);
	EXPECT_EQ(f.as->page_count, 40);
	for (u64 i = 0; i < 40; i++)
		for (u64 member = 0; member < 4; member++)
			EXPECT_EQ(space_get(f.as, hva_add(page_at(f.at, i), member * sizeof(u64))), member + 1);
}

/* ---- Futexes ------------------------------------------------------------------------------------------- */

static struct futex_key key_of(struct aspace *as, hva_t va)
{
	struct futex_key key = { 0 };

	EXPECT_EQ(aspace_futex_key(as, va, &key), 0);
	return key;
}

static bool same_key(struct futex_key a, struct futex_key b)
{
	return a.space == b.space && a.address == b.address;
}

static void futex_key_is_the_same_for_all_who_share(void)
{
	struct aspace *parent = space_create(), *child;
	hva_t private = space_map(parent, 2, RW, 0), shared = map_shared(parent, 4, RW);

	child = space_fork(parent);
	EXPECT_TRUE(same_key(key_of(parent, shared), key_of(child, shared)));
	EXPECT_TRUE(same_key(key_of(parent, hva_add(shared, 8)), key_of(child, hva_add(shared, 8))));
	EXPECT_FALSE(same_key(key_of(parent, shared), key_of(parent, hva_add(shared, 4))));
	EXPECT_FALSE(same_key(key_of(parent, private), key_of(child, private)));
	EXPECT_TRUE(same_key(key_of(parent, private), key_of(parent, private)));
	EXPECT_FALSE(same_key(key_of(parent, private), key_of(parent, page_at(private, 1))));
	EXPECT_EQ(aspace_unmap(child, pages_of(shared, 0, 2)), 0);
	EXPECT_TRUE(same_key(key_of(parent, page_at(shared, 3)), key_of(child, page_at(shared, 3))));
}

/* A waiter may outlive the mapping of its word: the next object must not get its wake-ups. */
static void futex_key_of_a_new_object_is_new(void)
{
	struct aspace *as = space_create();
	hva_t at = map_shared(as, 1, RW);
	struct futex_key old = key_of(as, at);

	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(aspace_unmap(as, pages_of(at, 0, 1)), 0);
		at = map_shared(as, 1, RW);
		EXPECT_FALSE(same_key(key_of(as, at), old));
	}
}

static void futex_needs_memory(void)
{
	struct aspace *as = space_create();
	struct futex_key key;

	EXPECT_EQ(aspace_futex_key(as, hva(AREA), &key), -EFAULT);
	EXPECT_EQ(aspace_futex_key(as, hva(~0ull), &key), -EFAULT);
}

static const struct ktest_case cases[] = {
	CASE(parent_and_child_see_each_others_writes),
	CASE(shared_memory_outlives_each_of_its_users),
	CASE(each_page_of_an_object_is_its_own),
	CASE(unmapped_page_is_still_in_the_object),
	CASE(parts_of_a_split_region_keep_their_place_in_the_object),
	CASE(shared_memory_is_not_dropped_or_moved),
	CASE(large_object_takes_pages_as_they_are_touched),
	CASE(shared_mapping_without_memory_is_an_error),
	CASE(device_pages_are_mapped_uncounted),
	CASE(kernel_does_not_read_device_memory_for_users),
	CASE(device_decides_about_mappings),
	CASE(forked_device_memory_is_the_same),
	CASE(second_of_two_faults_leaves_the_first_ones_page),
	CASE(threads_that_touch_fresh_pages_share_them),
	CASE(futex_key_is_the_same_for_all_who_share),
	CASE(futex_key_of_a_new_object_is_new),
	CASE(futex_needs_memory),
};
KTEST_SUITE(aspace_shared, cases);
