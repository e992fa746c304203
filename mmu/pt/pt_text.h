/*
 * Text without a library: what the printers share.  A line that is full takes no more; whoever made it puts the 0 at
 * its end.
 */
#ifndef MMU_PT_PT_TEXT_H
#define MMU_PT_PT_TEXT_H

#include "mmu/pt/pt.h"

struct line {
	char *at, *end; /* the next place; behind the last one, which is left for the 0 */
};

static inline void put(struct line *l, char c)
{
	if (l->at < l->end)
		*l->at++ = c;
}

static inline void put_text(struct line *l, const char *text)
{
	while (*text)
		put(l, *text++);
}

static inline void put_hex(struct line *l, uint64_t value)
{
	int shift = 60;

	put_text(l, "0x");
	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put(l, "0123456789abcdef"[value >> shift & 15]);
}

static inline void put_decimal(struct line *l, uint64_t value)
{
	if (value > 9)
		put_decimal(l, value / 10);
	put(l, '0' + value % 10);
}

/* Some formats have values of 128 bits: then the upper half comes first. */
static inline void put_value(struct line *l, pte_t pte)
{
	uint64_t high = (uint64_t)(pte.raw >> 32 >> 32);

	if (high) {
		put_hex(l, high);
		put(l, ':');
	}
	put_hex(l, (uint64_t)pte.raw);
}

#endif
