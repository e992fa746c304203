/*
 * The printer: entries as text.  Freestanding: the few lines of formatting are in pt_text.h.
 */
#include "mmu/pt/pt_bits.h"
#include "mmu/pt/pt_check.h"
#include "mmu/pt/pt_text.h"

typedef void (*print_line)(void *arg, const char *line);

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

static struct line line_in(char buf[PT_LINE_MAX])
{
	return (struct line){ buf, buf + PT_LINE_MAX - 1 };
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

/*
 * ", slot 2: 0x23d0b001": the entry's place in its table, counted from 0, and its value.  A table of the level has
 * pt_entry_count() entries; those of a root lie in one piece, however many pages they take.
 */
/* LAB(0) begin put_slot */
static void put_slot(struct line *l, const struct pt *pt, const struct pt_entry *e)
{
	put_text(l, ", slot ");
	put_decimal(l, e->ia.raw >> pt_level_shift(e->level) & (pt_entry_count(pt, e->level) - 1));
	put_text(l, ": ");
	put_value(l, e->pte);
}
/* LAB(0) end */

/*
 * Print each entry on the way to `at`, and return the one that the walk ends at: the first that leads to no table.
 * From the root's entry down, a line each: what put_entry() puts, and what put_slot() puts.
 *
 *	l2 0x80000000-0xc0000000 table 0x8f42c000, slot 2: 0x23d0b001
 *
 * pt_iter.h says what is in a struct pt_entry; pt_table() and pt_slot() of pt_access.h find a table and its slots.  An
 * entry is read once, by pt_read(): CPUs may change it meanwhile, and line and step must agree.
 */
/* LAB(0) begin walk_entries */
static struct pt_entry walk_entries(const struct pt *pt, ia_t at, print_line print, void *arg)
{
	struct pt_entry e = { .level = pt_top(pt) };
	hpa_t table = pt->root;
	char buf[PT_LINE_MAX];

	for (;; e.level--) {
		struct line l = line_in(buf);

		e.ia = ia(pt_align_down(at.raw, e.level));
		e.slot = pt_slot(pt, pt_table(pt, table), at, e.level);
		e.pte = pt_read(e.slot);
		put_entry(&l, &e);
		put_slot(&l, pt, &e);
		*l.at = 0;
		print(arg, buf);
		if (e.level == 0 || pt_entry_kind(&e) != PTE_TABLE)
			return e;
		table = pte_table_hpa(e.pte);
	}
}
/* LAB(0) end */

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

	if (pte_lacks(e->pte, e->level) || !pte_leaf_ok(e->level, prot) || !pt_is_aligned(page.raw, e->level)) {
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

/* Of each entry on the way that hardware does not like: which it is, its bits, and what is missing. */
static void print_what_is_missing(const struct pt *pt, ia_t at, print_line print, void *arg)
{
	ia_t page = ia(pt_align_down(at.raw, 0));
	char buf[PT_LINE_MAX], bits[PT_BITS_MAX];
	struct pt_iter it;

	pt_for_each(&it, pt, page, ia_add(page, pt_span(0)), 0) {
		const char *lacks = pte_lacks(it.entry.pte, it.entry.level);
		struct line l = line_in(buf);

		if (!lacks)
			continue;
		put_text(&l, "but       ");
		put_entry(&l, &it.entry);
		print(arg, buf);
		l = line_in(buf);
		put_text(&l, "          ");
		put_text(&l, pt_bits_line(it.entry.pte, it.entry.level, bits));
		*l.at = 0;
		print(arg, buf);
		l = line_in(buf);
		put_text(&l, "          ");
		put_text(&l, lacks);
		*l.at = 0;
		print(arg, buf);
	}
}

void pt_walk(const struct pt *pt, ia_t at, print_line print, void *arg)
{
	char buf[PT_LINE_MAX];
	struct line l = line_in(buf);
	struct pt_entry last;

	put_root(&l, pt);
	print(arg, buf);
	last = walk_entries(pt, at, print, arg);
	if (last.slot) {
		l = line_in(buf);
		put_yield(&l, &last, at);
		print(arg, buf);
	}
	print_what_is_missing(pt, at, print, arg);
}

/* ---- Entries ----------------------------------------------------------------------------------------------- */

const char *pt_entry_line(const struct pt_entry *e, char buf[PT_LINE_MAX])
{
	struct line l = line_in(buf);

	put_entry(&l, e);
	return buf;
}

void pt_dump(const struct pt *pt, ia_t start, ia_t end, print_line print, void *arg)
{
	char buf[PT_LINE_MAX];
	struct pt_iter it;

	pt_for_each(&it, pt, start, end, 0) {
		struct line l = line_in(buf);

		if (pte_same(it.entry.pte, pte_make_empty()))
			continue;
		for (int depth = pt_top(pt); depth > it.entry.level; depth--)
			put_text(&l, "  ");
		put_entry(&l, &it.entry);
		print(arg, buf);
	}
}
