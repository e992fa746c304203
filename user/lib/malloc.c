/*
 * malloc() and its relatives.
 *
 * Small blocks (up to 64 KiB, with their headers) come in sizes that are powers of two; each size has a list of free
 * blocks.  A list that is empty is refilled from an arena of 256 KiB, taken from mmap().  A freed small block goes back
 * to its list and never becomes a block of another size: simple, fast, and a program that frees what it no longer needs
 * reuses it.  Large blocks are mappings of their own and go back to the system when they are freed.
 *
 *	 16 bytes          what malloc() returned
 *	+-----------------+----------------------------+
 *	| size of it all  | the caller's bytes         |
 *	+-----------------+----------------------------+
 */
#include "stdlib.h"
#include "stdio.h"
#include "string.h"
#include "thread.h"
#include "sys.h"

#define ARENA_SIZE  (256 * 1024)
#define CLASS_COUNT 12 /* blocks of 32 << 0 ... 32 << 11 bytes, header included */
#define SMALL_MAX   (32ul << (CLASS_COUNT - 1))
#define PAGE        4096ul

struct block {
	size_t size;        /* header included; a power of two up to SMALL_MAX, or a multiple of PAGE */
	struct block *next; /* in a free list */
	u8 bytes[];
};

static struct mutex lock;

/* protected by lock */
static struct block *free_list[CLASS_COUNT];
static u8 *arena, *arena_end;

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);

	return error_of(p) ? NULL : p;
}

static int class_of(size_t size)
{
	int class = 0;

	while (32ul << class < size)
		class++;
	return class;
}

/*
 * size bytes (a power of two) from the arena; what is left of an arena that is too small is lost: at most as much as
 * one block.
 */
static struct block *carve_locked(size_t size)
{
	if (arena_end - arena < (s64)size) {
		u8 *p = map(ARENA_SIZE);

		if (!p)
			return NULL;
		arena = p;
		arena_end = p + ARENA_SIZE;
	}
	struct block *b = (struct block *)arena;

	arena += size;
	b->size = size;
	return b;
}

static struct block *small_alloc(size_t size)
{
	int class = class_of(size);

	mutex_lock(&lock);
	struct block *b = free_list[class];

	if (b)
		free_list[class] = b->next;
	else
		b = carve_locked(32ul << class);
	mutex_unlock(&lock);
	return b;
}

static struct block *large_alloc(size_t size)
{
	size = (size + PAGE - 1) & ~(PAGE - 1);
	struct block *b = map(size);

	if (b)
		b->size = size;
	return b;
}

void *malloc(size_t size)
{
	if (size > (size_t)1 << 46)
		return NULL;
	size += sizeof(struct block);
	struct block *b = size <= SMALL_MAX ? small_alloc(size) : large_alloc(size);

	return b ? b->bytes : NULL;
}

static struct block *block_of(void *p)
{
	return (struct block *)((u8 *)p - sizeof(struct block));
}

void free(void *p)
{
	if (!p)
		return;
	struct block *b = block_of(p);

	if (b->size > SMALL_MAX) {
		munmap(b, b->size);
		return;
	}
	int class = class_of(b->size);

	mutex_lock(&lock);
	b->next = free_list[class];
	free_list[class] = b;
	mutex_unlock(&lock);
}

void *calloc(size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	void *p = malloc(total);

	return p ? memset(p, 0, total) : NULL;
}

void *realloc(void *p, size_t size)
{
	size_t have = p ? block_of(p)->size - sizeof(struct block) : 0;

	if (p && size <= have && size >= have / 4)
		return p;
	void *q = malloc(size);

	if (q && p) {
		memcpy(q, p, size < have ? size : have);
		free(p);
	}
	return q;
}

void *must_malloc(size_t size)
{
	return must_realloc(NULL, size);
}

void *must_realloc(void *p, size_t size)
{
	void *q = realloc(p, size);

	if (!q)
		die("out of memory", 0);
	return q;
}
