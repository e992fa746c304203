/*
 * Doubly linked circular lists with a head.
 *
 * A `struct list` is both the head of a list and the link inside a member.  An empty list points at itself; a
 * removed member too, so that list_is_empty(&member->link) says whether it is on a list.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "abi/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *member)
{
	member->prev = at->prev;
	member->next = at;
	at->prev->next = member;
	at->prev = member;
}

static inline void list_push_back(struct list *head, struct list *member)
{
	list_insert_before(head, member);
}

static inline void list_push_front(struct list *head, struct list *member)
{
	list_insert_before(head->next, member);
}

static inline void list_remove(struct list *member)
{
	member->next->prev = member->prev;
	member->prev->next = member->next;
	list_init(member);
}

#define list_entry(link, type, field) container_of(link, type, field)
#define list_first(head, type, field) list_entry((head)->next, type, field)

/* The member is a `type *`, linked through `field`.  The _safe form may remove the member it stands on. */
#define list_for_each(member, head, field)                                                         \
	for (member = list_first(head, __typeof__(*member), field); &member->field != (head);      \
	     member = list_first(&member->field, __typeof__(*member), field))

#define list_for_each_safe(member, next_, head, field)                                             \
	for (member = list_first(head, __typeof__(*member), field),                                \
	    next_ = list_first(&member->field, __typeof__(*member), field);                        \
	     &member->field != (head);                                                             \
	     member = next_, next_ = list_first(&next_->field, __typeof__(*next_), field))

#endif
