/*
 * The printer: entries as text.  Freestanding, so it brings its own few lines of formatting.
 */
#include "mmu/pt/pt_check.h"

struct line {
	char *at, *end;
};

static void put(struct line *l, char c)
{
	if (l->at < l->end)
		*l->at++ = c;
}

static void put_text(struct line *l, const char *text)
{
	while (*text)
		put(l, *text++);
}

static void put_hex(struct line *l, uint64_t value)
{
	int shift = 60;

	put_text(l, "0x");
	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put(l, "0123456789abcdef"[value >> shift & 15]);
}

/* A letter for each bit, a dash where it is clear. */
static void put_flags(struct line *l, unsigned flags, const char *letters)
{
	for (int i = 0; letters[i]; i++)
		put(l, flags >> i & 1 ? letters[i] : '-');
}

static void put_entry(struct line *l, const struct pt_entry *e)
{
	uint64_t payload;

	put(l, 'l');
	put(l, '0' + e->level);
	put(l, ' ');
	put_hex(l, e->ia.raw);
	put(l, '-');
	put_hex(l, pt_entry_end(e).raw);
	switch (pt_entry_kind(e)) {
	case PTE_TABLE:
		put_text(l, " table ");
		put_hex(l, pte_table_hpa(e->pte).raw);
		break;
	case PTE_LEAF:
		put_text(l, " leaf ");
		put_hex(l, pte_leaf_hpa(e->pte, e->level).raw);
		put(l, ' ');
		put_flags(l, pte_prot(e->pte, e->level), "rwxudl");
		put(l, ' ');
		put_flags(l, pte_ad(e->pte), "AD");
		break;
	case PTE_FROZEN:
		put_text(l, " frozen");
		break;
	case PTE_EMPTY:
		put_text(l, " empty");
		if (pte_mmio_payload(e->pte, &payload)) {
			put_text(l, " mmio ");
			put_hex(l, payload);
		}
		break;
	}
	*l->at = 0;
}

const char *pt_entry_line(const struct pt_entry *e, char buf[PT_LINE_MAX])
{
	struct line l = { buf, buf + PT_LINE_MAX - 1 };

	put_entry(&l, e);
	return buf;
}

void pt_dump(const struct pt *pt, ia_t start, ia_t end, void (*print)(void *arg, const char *line), void *arg)
{
	char buf[PT_LINE_MAX];
	struct pt_iter it;

	pt_for_each(&it, pt, start, end, 0) {
		struct line l = { buf, buf + PT_LINE_MAX - 1 };

		if (pte_same(it.entry.pte, pte_make_empty()))
			continue;
		for (int depth = pt_top(pt); depth > it.entry.level; depth--)
			put_text(&l, "  ");
		put_entry(&l, &it.entry);
		print(arg, buf);
	}
}
