/*
 * The printer: entries as text.  Freestanding: the few lines of formatting are in pt_text.h.
 */
#include "mmu/pt/pt_check.h"
#include "mmu/pt/pt_text.h"

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

/* ---- Walks ------------------------------------------------------------------------------------------------- */

static void put_slot(struct line *l, const struct pt *pt, const struct pt_entry *e)
{
	put_text(l, ", slot ");
	put_decimal(l, e->ia.raw >> pt_level_shift(e->level) & (pt_entry_count(pt, e->level) - 1));
	put_text(l, ": ");
	put_value(l, e->pte);
}

static void put_rights(struct line *l, pt_prot_t prot)
{
	static const struct {
		pt_prot_t right;
		const char *word;
	} words[] = {
		{ PT_READ, "read" }, { PT_WRITE, "write" }, { PT_EXEC, "execute" },
		{ PT_DEVICE, "a device's" }, { PT_LOGGED, "writes are logged" },
	};
	const char *between = ": ";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(prot & words[i].right))
			continue;
		put_text(l, between);
		put_text(l, words[i].word);
		between = ", ";
	}
}

/* A leaf that pt_check.c would not let pass is one that hardware, or the next change, stumbles over. */
static void put_leaf_yield(struct line *l, const struct pt_entry *e, ia_t at)
{
	hpa_t page = pte_leaf_hpa(e->pte, e->level);
	pt_prot_t prot = pte_prot(e->pte, e->level);

	if (!pte_leaf_ok(e->level, prot) || !pt_is_aligned(page.raw, e->level)) {
		put_text(l, "nothing: the entry is malformed");
		return;
	}
	put_hex(l, page.raw + (at.raw - e->ia.raw));
	put_rights(l, prot);
}

static void put_yield(struct line *l, const struct pt_entry *e, ia_t at)
{
	uint64_t payload;

	put_text(l, "yields    ");
	switch (pt_entry_kind(e)) {
	case PTE_LEAF:
		put_leaf_yield(l, e, at);
		break;
	case PTE_FROZEN:
		put_text(l, "nothing yet: a CPU is changing the entry");
		break;
	default:
		put_text(l, pte_mmio_payload(e->pte, &payload) ? "nothing: marked as a device's, every access faults"
							       : "nothing: every access faults");
	}
	*l->at = 0;
}

static void put_root(struct line *l, const struct pt *pt)
{
	put_text(l, "root      ");
	put_hex(l, pt->root.raw);
	put_text(l, ", ");
	put_decimal(l, pt->levels);
	put_text(l, " levels");
	*l->at = 0;
}

void pt_walk(const struct pt *pt, ia_t at, void (*print)(void *arg, const char *line), void *arg)
{
	ia_t page = ia(pt_align_down(at.raw, 0));
	char buf[PT_LINE_MAX];
	struct line whole = { buf, buf + PT_LINE_MAX - 1 };
	struct line l = whole;
	struct pt_entry last = { .level = 0 };
	struct pt_iter it;

	put_root(&l, pt);
	print(arg, buf);
	pt_for_each(&it, pt, page, ia_add(page, pt_span(0)), 0) {
		last = it.entry;
		l = whole;
		put_entry(&l, &last);
		put_slot(&l, pt, &last);
		*l.at = 0;
		print(arg, buf);
	}
	l = whole;
	put_yield(&l, &last, at);
	print(arg, buf);
}

/* ---- Entries ----------------------------------------------------------------------------------------------- */

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
