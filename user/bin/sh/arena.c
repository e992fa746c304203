/*
 * Memory for one command line: taken piece by piece, given back together.
 */
#include "sh.h"
#include "stdlib.h"
#include "string.h"

#define CHUNK_SIZE 8192

struct chunk {
	struct chunk *below; /* the one that was full before this one was begun */
	size_t used, room;
	char bytes[];
};

static struct chunk *top;

struct arena_mark arena_mark(void)
{
	return (struct arena_mark){ top, top ? top->used : 0 };
}

void arena_release(struct arena_mark mark)
{
	while (top != mark.chunk) {
		struct chunk *below = top->below;

		free(top);
		top = below;
	}
	if (top)
		top->used = mark.used;
}

static void chunk_add(size_t size)
{
	size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct chunk *c = must_malloc(sizeof(*c) + room);

	*c = (struct chunk){ .below = top, .room = room };
	top = c;
}

void *arena_alloc(size_t size)
{
	size = (size + 15) & ~15ul;
	if (!top || top->room - top->used < size)
		chunk_add(size);
	void *p = top->bytes + top->used;

	top->used += size;
	return memset(p, 0, size);
}

char *arena_text(const char *from, size_t size)
{
	char *copy = arena_alloc(size + 1);

	return memcpy(copy, from, size);
}

void text_put(struct text *t, char c)
{
	if (t->length + 2 > t->room) {
		size_t room = 2 * t->room + 32;
		char *larger = arena_alloc(room);

		if (t->length)
			memcpy(larger, t->s, t->length);
		t->s = larger;
		t->room = room;
	}
	t->s[t->length++] = c;
	t->s[t->length] = 0;
}

void text_puts(struct text *t, const char *s)
{
	while (*s)
		text_put(t, *s++);
}
