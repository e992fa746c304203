/*
 * The bits of an entry as text.
 */
#include "mmu/pt/pt_bits.h"
#include "mmu/pt/pt_text.h"

typedef __typeof__(((pte_t *)0)->raw) raw_t;

static raw_t mask_of(const struct pt_bit *b)
{
	return (raw_t)(~(uint64_t)0 >> (64 - b->width)) << b->low;
}

static uint64_t value_of(const struct pt_bit *b, raw_t raw)
{
	return (uint64_t)((raw & mask_of(b)) >> b->low);
}

static bool is_here(const struct pt_bit *b, int level)
{
	return b->levels >> level & 1;
}

/* What is left when all that has a name is taken away. */
static raw_t nameless(raw_t raw, const struct pt_bit *bits, size_t count, int level)
{
	for (size_t i = 0; i < count; i++)
		if (is_here(&bits[i], level))
			raw &= ~mask_of(&bits[i]);
	return raw;
}

/* ---- A line ------------------------------------------------------------------------------------------------ */

/* A dash stands for each letter of what is clear, so that two lines can be compared by eye. */
static void put_flag(struct line *l, const struct pt_bit *b, uint64_t value)
{
	int bit = b->width - 1;

	put(l, ' ');
	for (const char *name = b->name; *name; name++) {
		put(l, value >> bit & 1 ? *name : '-');
		if (bit > 0)
			bit--;
	}
}

static void put_number(struct line *l, const struct pt_bit *b, uint64_t value)
{
	put(l, ' ');
	put_text(l, b->name);
	put(l, ' ');
	put_hex(l, value);
}

/* Numbers stand first, then flags: two blanks before either. */
static void put_bits(struct line *l, raw_t raw, const struct pt_bit *bits, size_t count, int level)
{
	bool is_first = true, was_number = false;

	for (size_t i = 0; i < count; i++) {
		bool is_number = bits[i].kind == PT_BIT_NUMBER;
		uint64_t value = value_of(&bits[i], raw);

		if (!is_here(&bits[i], level) || (bits[i].kind == PT_BIT_SOFTWARE && !value))
			continue;
		if (is_first || is_number != was_number)
			put(l, ' ');
		(is_number ? put_number : put_flag)(l, &bits[i], value);
		is_first = false;
		was_number = is_number;
	}
}

const char *pt_bits_line(pte_t pte, int level, char buf[PT_BITS_MAX])
{
	struct line l = { buf, buf + PT_BITS_MAX - 1 };
	size_t count;
	const struct pt_bit *bits = pte_bits(pte, &count);
	raw_t rest = nameless(pte.raw, bits, count, level);

	put_value(&l, pte);
	put_bits(&l, pte.raw, bits, count, level);
	if (rest) {
		put_text(&l, "  and ");
		put_value(&l, (pte_t){ rest });
	}
	*l.at = 0;
	return buf;
}

/* ---- A difference ------------------------------------------------------------------------------------------ */

static void put_letters(struct line *l, const struct pt_bit *b, uint64_t changed)
{
	for (int i = 0; i < b->width; i++) {
		if (!(changed >> (b->width - 1 - i) & 1))
			continue;
		put(l, ' ');
		put(l, b->name[i]);
	}
}

static void put_name(struct line *l, const struct pt_bit *b)
{
	put(l, ' ');
	put_text(l, b->name);
}

const char *pt_bits_differ(pte_t a, pte_t b, int level, char buf[PT_BITS_MAX])
{
	struct line l = { buf, buf + PT_BITS_MAX - 1 };
	raw_t changed = a.raw ^ b.raw;
	size_t count;
	const struct pt_bit *bits = pte_bits(a, &count);

	for (size_t i = 0; i < count; i++) {
		uint64_t value = is_here(&bits[i], level) ? value_of(&bits[i], changed) : 0;

		if (value && bits[i].kind == PT_BIT_LETTERS)
			put_letters(&l, &bits[i], value);
		else if (value)
			put_name(&l, &bits[i]);
	}
	changed = nameless(changed, bits, count, level);
	if (changed) {
		put(&l, ' ');
		put_value(&l, (pte_t){ changed });
	}
	*l.at = 0;
	return buf + (l.at > buf);
}
