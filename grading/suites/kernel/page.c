/*
 * Pages and their counts.
 */
#include "grading/ktest/crew.h"
#include "boot_info.h"
#include "init.h"
#include "mm/buddy.h"

static u64 pages_free(void)
{
	struct buddy_stats s;

	buddy_stats(&s);
	return s.page_free;
}

static bool is_zero(hpa_t page)
{
	const u64 *word = hpa_to_ptr(page);

	for (u32 i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		if (word[i])
			return false;
	return true;
}

static void alloc_gives_a_zeroed_page_with_one_reference(void)
{
	hpa_t first = page_alloc(), second;

	ASSERT_NE(first.raw, 0);
	memset(hpa_to_ptr(first), 0xff, PAGE_SIZE);
	page_of(first)->flags = PAGE_DIRTY;
	page_of(first)->owner = 7;
	page_put(first);
	second = page_alloc();
	EXPECT_EQ(second.raw, first.raw, "the page that was freed last is warm");
	EXPECT_TRUE(is_zero(second));
	EXPECT_EQ(page_count(second), 1);
	EXPECT_EQ(page_of(second)->flags, 0);
	EXPECT_EQ(page_of(second)->owner, 0);
	page_put(second);
}

static void block_has_one_reference_a_page(void)
{
	u64 free_before = pages_free();
	hpa_t block = page_alloc_block(4);

	ASSERT_NE(block.raw, 0);
	for (u64 i = 0; i < 16; i++) {
		EXPECT_EQ(page_count(hpa_add(block, i * PAGE_SIZE)), 1);
		EXPECT_TRUE(is_zero(hpa_add(block, i * PAGE_SIZE)));
	}
	page_get(hpa_add(block, 5 * PAGE_SIZE));
	for (u64 i = 0; i < 16; i++)
		page_put(hpa_add(block, i * PAGE_SIZE));
	EXPECT_EQ(pages_free(), free_before - 1);
	EXPECT_EQ(page_count(hpa_add(block, 5 * PAGE_SIZE)), 1);
	page_put(hpa_add(block, 5 * PAGE_SIZE));
	EXPECT_EQ(pages_free(), free_before);
}

static void last_put_frees(void)
{
	u64 free_before = pages_free();
	hpa_t page = page_alloc();

	for (int i = 0; i < 100; i++)
		page_get(page);
	EXPECT_EQ(page_count(page), 101);
	for (int i = 0; i < 100; i++)
		page_put(page);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(pages_free(), free_before - 1);
	page_put(page);
	EXPECT_EQ(pages_free(), free_before);
	EXPECT_EQ(page_count(page), 0);
}

static void get_and_put(u32 member, void *arg)
{
	hpa_t page = *(hpa_t *)arg;

	for (int i = 0; i < 2000; i++) {
		page_get(page);
		if (i % 64 == member)
			cpu_relax();
		page_put(page);
	}
}

static void counts_survive_several_cpus(void)
{
	hpa_t page = page_alloc();

	crew_run(4, get_and_put, &page);
	EXPECT_EQ(page_count(page), 1);
	page_put(page);
}

#define PUTS_ORDER 4
#define PUTS       (1 << PUTS_ORDER)

static void put_one(u32 member, void *arg)
{
	struct {
		struct meeting meeting;
		hpa_t block;
	} *shared = arg;

	for (u64 i = 0; i < PUTS; i++) {
		crew_meet(&shared->meeting, 2);
		page_put(hpa_add(shared->block, i * PAGE_SIZE));
	}
}

/* Two CPUs put the two references of a page at the same moment; exactly one of them frees it. */
static void last_of_two_puts_at_once_frees(void)
{
	struct {
		struct meeting meeting;
		hpa_t block;
	} shared = { .block = page_alloc_block(PUTS_ORDER) };
	u64 free_before = pages_free();

	for (u64 i = 0; i < PUTS; i++)
		page_get(hpa_add(shared.block, i * PAGE_SIZE));
	crew_run(2, put_one, &shared);
	EXPECT_EQ(pages_free(), free_before + PUTS);
	buddy_check();
}

static void addresses_and_pointers_convert(void)
{
	hpa_t page = page_alloc();
	char *p = hpa_to_ptr(page);

	EXPECT_EQ(ptr_to_hpa(p).raw, page.raw);
	EXPECT_EQ(ptr_to_hpa(p + 123).raw, page.raw + 123);
	EXPECT_EQ(page_of(page), page_of(hpa_add(page, PAGE_SIZE - 1)));
	EXPECT_EQ(page_of(page) + 1, page_of(hpa_add(page, PAGE_SIZE)));
	page_put(page);
}

static void only_ram_has_records(void)
{
	const struct boot_info *info = boot_info();

	for (u32 i = 0; i < info->ram_count; i++) {
		EXPECT_NE(page_of(hpa(ALIGN_UP(info->ram[i].start.raw, PAGE_SIZE))), NULL);
		EXPECT_NE(page_of(hpa(ALIGN_DOWN(info->ram[i].end.raw, PAGE_SIZE) - 1)), NULL);
	}
	EXPECT_EQ(page_of(hpa(~0ull)), NULL);
	EXPECT_EQ(page_of(hpa(DIRECT_SIZE)), NULL);
}

static void reserved_memory_is_not_given_away(void)
{
	const struct boot_info *info = boot_info();

	for (u32 i = 0; i < info->reserved_count; i++)
		for (u64 at = info->reserved[i].start.raw; at < info->reserved[i].end.raw; at += PAGE_SIZE) {
			struct page *page = page_of(hpa(at));

			EXPECT_TRUE(!page || page->state == PAGE_RESERVED, "page 0x%lx", at);
		}
}

static void put_without_a_reference_panics(void)
{
	hpa_t page = page_alloc();

	page_put(page);
	page_put(page);
}

static void get_of_a_free_page_panics(void)
{
	hpa_t page = page_alloc();

	page_put(page);
	page_get(page);
}

static void reference_to_no_ram_panics(void)
{
	page_get(hpa(DIRECT_SIZE - PAGE_SIZE));
}

static const struct ktest_case cases[] = {
	CASE(alloc_gives_a_zeroed_page_with_one_reference),
	CASE(block_has_one_reference_a_page),
	CASE(last_put_frees),
	CASE(counts_survive_several_cpus),
	CASE(last_of_two_puts_at_once_frees, .cpus = 2),
	CASE(addresses_and_pointers_convert),
	CASE(only_ram_has_records),
	CASE(reserved_memory_is_not_given_away),
	DEATH(put_without_a_reference_panics, "has no reference left"),
	DEATH(get_of_a_free_page_panics, "is free"),
	DEATH(reference_to_no_ram_panics, "is no RAM"),
};
KTEST_SUITE(page, cases);
