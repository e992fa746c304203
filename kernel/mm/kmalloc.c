/*
 * Small kernel objects: slabs of one page for eight size classes, whole blocks above.
 *
 * What a slab needs to know lies in its page's record: `count` objects are in use, `owner` holds the address of the
 * first free object with the class in its low four bits, and `link` puts it on its class's list while it has a free
 * object.  A free object's first word points to the next; its second is a mark that betrays double frees.
 *
 * I1 A slab is on its class's list iff it has a free object.
 * I2 A slab without used objects does not exist: its page is freed at once.
 *
 * Locking: kmalloc_lock protects all of it.
 */
#include "mm/kmalloc.h"
#include "mm/alloc_fail.h"
#include "mm/buddy.h"
#include "lock.h"

#define CLASS_COUNT    8
#define CLASS_MIN_SIZE 16u
#define CLASS_LARGE    15 /* in the place of the class: a block of the buddy allocator; the order is above it */
#define CLASS_MASK     15ull
#define FREE_MARK      0xf4eef4eef4eef4eeull
#define POISON         0xa5
#define LARGE_MAX      (4ull << 20)

struct free_object {
	struct free_object *next;
	u64 mark;
};

static struct spinlock kmalloc_lock = SPINLOCK_INIT("kmalloc", RANK_KMALLOC);
static struct list partial[CLASS_COUNT];
static u64 object_count;

static size_t class_size(u32 class)
{
	return CLASS_MIN_SIZE << class;
}

static u32 class_for(size_t size)
{
	u32 class = 0;

	while (class_size(class) < size)
		class++;
	return class;
}

static struct free_object *first_free(const struct page *slab)
{
	return (struct free_object *)(slab->owner & ~CLASS_MASK);
}

static void set_first_free(struct page *slab, struct free_object *object, u32 class)
{
	slab->owner = (u64)object | class;
}

static void push_free(struct page *slab, void *p, u32 class)
{
	struct free_object *object = p;

#if DEBUG
	memset(p, POISON, class_size(class));
#endif
	object->next = first_free(slab);
	object->mark = FREE_MARK ^ (u64)p;
	set_first_free(slab, object, class);
}

static struct page *new_slab(u32 class)
{
	hpa_t pa = buddy_alloc(0);
	struct page *slab;
	char *base;

	if (pa.raw == 0)
		return NULL;
	slab = page_of(pa);
	base = hpa_to_ptr(pa);
	set_first_free(slab, NULL, class);
	slab->count = 0;
	for (size_t at = PAGE_SIZE; at >= class_size(class); at -= class_size(class))
		push_free(slab, base + at - class_size(class), class);
	list_push_front(&partial[class], &slab->link);
	return slab;
}

static void *alloc_small_locked(u32 class)
{
	struct page *slab;
	struct free_object *object;

	if (!partial[class].next)
		list_init(&partial[class]);
	if (list_is_empty(&partial[class]) && !new_slab(class))
		return NULL;
	slab = list_first(&partial[class], struct page, link);
	object = first_free(slab);
	ASSERT(object->mark == (FREE_MARK ^ (u64)object), "kmalloc: free object %p was written to, mark %lx", object,
	       object->mark);
	set_first_free(slab, object->next, class);
	object->mark = 0;
	slab->count++;
	if (!first_free(slab))
		list_remove(&slab->link);
	return object;
}

static void *alloc_large(size_t size)
{
	u32 order = 0;
	hpa_t block;

	while (PAGE_SIZE << order < size)
		order++;
	block = buddy_alloc(order);
	if (block.raw == 0)
		return NULL;
	page_of(block)->owner = order << 4 | CLASS_LARGE;
	return hpa_to_ptr(block);
}

void *kmalloc(size_t size)
{
	void *p;

	if (size > LARGE_MAX)
		return NULL;
	if (size > class_size(CLASS_COUNT - 1)) {
		p = alloc_large(size);
		if (p)
			__atomic_fetch_add(&object_count, 1, __ATOMIC_RELAXED);
	} else {
		if (alloc_should_fail())
			return NULL;
		spin_lock(&kmalloc_lock);
		p = alloc_small_locked(class_for(size));
		if (p)
			__atomic_fetch_add(&object_count, 1, __ATOMIC_RELAXED);
		spin_unlock(&kmalloc_lock);
	}
	if (p)
		memset(p, 0, size);
	return p;
}

static void free_small(void *p, struct page *slab)
{
	u32 class = slab->owner & CLASS_MASK;
	struct free_object *object = p;

	ASSERT(class < CLASS_COUNT && IS_ALIGNED((u64)p, class_size(class)), "kfree: %p is no object, class %u", p,
	       class);
	spin_lock(&kmalloc_lock);
	ASSERT(object->mark != (FREE_MARK ^ (u64)p), "kfree: %p is free already", p);
	if (!first_free(slab))
		list_push_front(&partial[class], &slab->link);
	push_free(slab, p, class);
	if (--slab->count == 0) {
		list_remove(&slab->link);
		buddy_free(ptr_to_hpa((void *)ALIGN_DOWN((u64)p, PAGE_SIZE)), 0);
	}
	spin_unlock(&kmalloc_lock);
}

void kfree(void *p)
{
	struct page *page;

	if (!p)
		return;
	page = page_of(ptr_to_hpa(p));
	ASSERT(page && page->state == PAGE_ALLOCATED, "kfree: %p is no allocated memory", p);
	__atomic_fetch_sub(&object_count, 1, __ATOMIC_RELAXED);
	if ((page->owner & CLASS_MASK) == CLASS_LARGE)
		buddy_free(ptr_to_hpa(p), page->owner >> 4);
	else
		free_small(p, page);
}

u64 kmalloc_count(void)
{
	return __atomic_load_n(&object_count, __ATOMIC_RELAXED);
}
