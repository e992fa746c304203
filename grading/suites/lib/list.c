/*
 * kernel/lib/list.h and kernel/lib/bits.h.
 */
#include "grading/ktest/ktest.h"
#include "lib/bits.h"
#include "lib/list.h"

struct member {
	struct list link;
	char name;
};

/* The names in the list's order, and backwards. */
static void to_text(const struct list *head, char *forward, char *backward)
{
	struct member *m;
	u32 n = 0, count = 0;

	list_for_each(m, head, link)
		forward[n++] = m->name;
	forward[n] = 0;
	for (const struct list *l = head->prev; l != head; l = l->prev)
		backward[count++] = list_entry(l, struct member, link)->name;
	backward[count] = 0;
}

#define EXPECT_LIST(head, forward, backward)                                                       \
	do {                                                                                       \
		char forward_[16], backward_[16];                                                  \
		to_text(head, forward_, backward_);                                                \
		EXPECT_STREQ(forward_, forward);                                                   \
		EXPECT_STREQ(backward_, backward);                                                 \
	} while (0)

static void members_stand_where_they_were_put(void)
{
	struct member a = { .name = 'a' }, b = { .name = 'b' }, c = { .name = 'c' };
	struct list head = LIST_INIT(head);

	EXPECT_TRUE(list_is_empty(&head));
	EXPECT_LIST(&head, "", "");
	list_push_back(&head, &b.link);
	EXPECT_FALSE(list_is_empty(&head));
	list_push_front(&head, &a.link);
	list_push_back(&head, &c.link);
	EXPECT_LIST(&head, "abc", "cba");
	EXPECT_EQ(list_first(&head, struct member, link), &a);
	list_remove(&b.link);
	EXPECT_TRUE(list_is_empty(&b.link));
	EXPECT_LIST(&head, "ac", "ca");
	list_insert_before(&a.link, &b.link);
	EXPECT_LIST(&head, "bac", "cab");
	list_remove(&b.link);
	list_remove(&b.link);
	EXPECT_LIST(&head, "ac", "ca");
}

static void members_can_be_removed_on_the_way(void)
{
	struct member m[6];
	struct list head = LIST_INIT(head);
	struct member *at, *next;

	for (u32 i = 0; i < ARRAY_SIZE(m); i++) {
		m[i].name = '0' + i;
		list_push_back(&head, &m[i].link);
	}
	list_for_each_safe(at, next, &head, link)
		if (at->name % 2)
			list_remove(&at->link);
	EXPECT_LIST(&head, "024", "420");
	list_for_each_safe(at, next, &head, link)
		list_remove(&at->link);
	EXPECT_TRUE(list_is_empty(&head));
}

static void bits_are_counted_and_found(void)
{
	EXPECT_EQ(bit_count(0), 0);
	EXPECT_EQ(bit_count(~0u), 32);
	EXPECT_EQ(bit_count(0x80000001), 2);
	for (u32 n = 0; n < 32; n++) {
		EXPECT_EQ(bit_lowest(1u << n), n);
		EXPECT_EQ(bit_lowest(~0u << n), n);
	}
}

static const struct ktest_case list_cases[] = {
	CASE(members_stand_where_they_were_put),
	CASE(members_can_be_removed_on_the_way),
	CASE(bits_are_counted_and_found),
};
KTEST_SUITE(list, list_cases);
