/*
 * mmu/pt knows nothing of guests: with the format of this machine's first stage it makes tables for the CPU itself.
 * Compiled for that format; the kernel's own code for such tables (kernel/mm/upt.c) has no part in it.
 */
#include "grading/ktest/touch.h"
#include "cpu.h"
#include "lock.h"
#include "mm/buddy.h"
#include "mmu/pt/pt_iter.h"

#define VA_SMALL     0x0000000012345000ull
#define VA_READ_ONLY 0x0000000012346000ull
#define VA_NOTHING   0x0000000012347000ull
#define VA_HUGE      0x0000000200000000ull

struct tree {
	struct pt pt;
	hpa_t small[2], huge;
};

static hpa_t new_table(void)
{
	hpa_t table = buddy_alloc(0);

	ASSERT_NE(table.raw, 0u);
	memset(hpa_to_ptr(table), 0, PAGE_SIZE);
	return table;
}

static void map_leaf(struct tree *t, ia_t at, int level, hpa_t page, pt_prot_t prot)
{
	struct pt_iter it;

	pt_for_each(&it, &t->pt, at, ia_add(at, pt_span(level)), level)
		if (it.entry.level == level)
			pt_iter_xchg(&it, pte_make_leaf(page, level, prot));
		else if (pt_entry_kind(&it.entry) == PTE_EMPTY)
			pt_iter_xchg(&it, pte_make_table(new_table()));
}

/* The half above USER_END is the kernel's: its tables, which stay linked in its own root. */
static void share_kernel_half(struct tree *t)
{
	u64 half = PAGE_SIZE / 2;

	memcpy((char *)hpa_to_ptr(t->pt.root) + half, (char *)hpa_to_ptr(arch_kernel_root()) + half, half);
}

static void free_tree(void *arg)
{
	struct tree *t = arg;
	struct pt_post post;

	memset((char *)hpa_to_ptr(t->pt.root) + PAGE_SIZE / 2, 0, PAGE_SIZE / 2);
	for (pt_post_start(&post, &t->pt, t->pt.root, ia(0), pt_top(&t->pt)); pt_post_next(&post);)
		buddy_free(post.table, 0);
	buddy_free(t->small[0], 0);
	buddy_free(t->small[1], 0);
	buddy_free(t->huge, ORDER_HUGE);
}

static void make_tree(struct tree *t)
{
	t->pt = (struct pt){ new_table(), (u64)hpa_to_ptr(hpa(0)), PT_LEVELS_MIN, PT_ROOT_EXTRA_MIN };
	t->small[0] = new_table();
	t->small[1] = new_table();
	t->huge = buddy_alloc(ORDER_HUGE);
	ASSERT_NE(t->huge.raw, 0u);
	ktest_defer(free_tree, t);
	share_kernel_half(t);
	map_leaf(t, ia(VA_SMALL), 0, t->small[0], PT_READ | PT_WRITE | PT_USER);
	map_leaf(t, ia(VA_READ_ONLY), 0, t->small[1], PT_READ | PT_USER);
	map_leaf(t, ia(VA_HUGE), 1, t->huge, PT_READ | PT_WRITE | PT_USER);
}

static u64 *page_word(hpa_t page, u64 offset)
{
	return (u64 *)((char *)hpa_to_ptr(page) + offset);
}

/* What arch_touch_...() answered, in order. */
struct touches {
	int read[3], write[3], nothing;
	u64 value[3];
};

static const u64 touched[] = { VA_SMALL + 8, VA_READ_ONLY + 16, VA_HUGE + HUGE_SIZE - 8 };

static void touch_all(struct touches *seen)
{
	u64 unused;

	for (u32 i = 0; i < ARRAY_SIZE(touched); i++) {
		seen->read[i] = arch_touch_read(touched[i], &seen->value[i]);
		seen->write[i] = arch_touch_write(touched[i], 100 + i);
	}
	seen->nothing = arch_touch_read(VA_NOTHING, &unused);
	arch_touch_end();
}

static void a_table_made_with_pt_translates(void)
{
	static struct tree t;
	struct touches seen = { 0 };

	make_tree(&t);
	*page_word(t.small[0], 8) = 1;
	*page_word(t.small[1], 16) = 2;
	*page_word(t.huge, HUGE_SIZE - 8) = 3;

	irq_push();
	arch_root_load(t.pt.root);
	touch_all(&seen);
	arch_root_load(this_cpu()->root);
	irq_pop();

	for (u32 i = 0; i < ARRAY_SIZE(touched); i++) {
		EXPECT_EQ(seen.read[i], 1, "at 0x%lx", touched[i]);
		EXPECT_EQ(seen.value[i], i + 1, "at 0x%lx", touched[i]);
		EXPECT_EQ(seen.write[i], touched[i] < VA_READ_ONLY || touched[i] >= VA_HUGE, "at 0x%lx", touched[i]);
	}
	EXPECT_EQ(seen.nothing, 0);
	EXPECT_EQ(*page_word(t.small[0], 8), 100u);
	EXPECT_EQ(*page_word(t.small[1], 16), 2u);
	EXPECT_EQ(*page_word(t.huge, HUGE_SIZE - 8), 102u);
}

static const struct ktest_case cases[] = {
	CASE(a_table_made_with_pt_translates),
};
KTEST_SUITE(stage1, cases);
