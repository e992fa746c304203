/*
 * What a broken law says: what was asked for, the entry that there is, and which mistake makes such an entry.
 *
 * The verdict is the law's.  The mistake is named by what the independent walker (grading/sim/walk/<f>.c) sees in the
 * entry: a leaf that allows nothing has lost its user bit, whichever law was the first to notice.
 *
 * Included by laws.c and hardware.c, each of which has its own `now`.  Names of mistakes: grading/diag.list.
 */
#ifndef SUITES_MMU_BLAME_H
#define SUITES_MMU_BLAME_H

#include "mmu/pt/pte_contract.h"
#include "mmu/pt/pt_bits.h"
#include "grading/sim/walk.h"
#include "grading/suites/mmu/suite.h"

/* What the check that runs now is about. */
static struct {
	enum { ASKED_NOTHING, ASKED_RIGHTS, ASKED_TABLE, ASKED_LEAF, ASKED_MMIO } what;
	int level;
	uint64_t at;      /* the address of a table or page; a payload */
	pt_prot_t prot;
	unsigned ad;      /* what a leaf shall have seen, and whether that was changed since it was made */
	bool was_changed;
} now;

/* What a new leaf has seen (L8). */
static inline unsigned ad_of_new(pt_prot_t prot)
{
	return PT_ACCESSED | (prot & PT_WRITE ? PT_DIRTY : 0);
}

static inline void now_leaf(hpa_t page, int level, pt_prot_t prot)
{
	now.what = ASKED_LEAF;
	now.level = level;
	now.at = page.raw;
	now.prot = prot;
	now.ad = ad_of_new(prot);
	now.was_changed = false;
}

static inline void now_changed(unsigned ad)
{
	now.ad = ad;
	now.was_changed = true;
}

/* ---- Words ---------------------------------------------------------------------------------------------- */

#define TEXT_MAX 100

static inline const char *ad_text(unsigned ad)
{
	return (const char *const[]){ "--", "A-", "-D", "AD" }[ad & 3];
}

static inline const char *prot_text(pt_prot_t prot, char text[7])
{
	for (int i = 0; i < 6; i++)
		text[i] = prot >> i & 1 ? "rwxudl"[i] : '-';
	text[6] = 0;
	return text;
}

/* The words of an entry: bits 63:0 and 127:64. */
static inline uint64_t pte_word(pte_t pte, int index)
{
	uint64_t words[2] = { 0, 0 };

	__builtin_memcpy(words, &pte, sizeof(pte));
	return words[index];
}

static inline const char *asked_text(char text[TEXT_MAX])
{
	unsigned long at = now.at;
	char prot[7];

	prot_text(now.prot, prot);
	switch (now.what) {
	case ASKED_NOTHING: snprintf(text, TEXT_MAX, "look at a value, level %d", now.level); break;
	case ASKED_RIGHTS: snprintf(text, TEXT_MAX, "ask pte_leaf_ok(), level %d, rights %s", now.level, prot); break;
	case ASKED_TABLE: snprintf(text, TEXT_MAX, "make a table's entry, level %d, hpa 0x%lx", now.level, at); break;
	case ASKED_MMIO: snprintf(text, TEXT_MAX, "make an MMIO entry, level %d, payload 0x%lx", now.level, at); break;
	case ASKED_LEAF:
		snprintf(text, TEXT_MAX, "make a leaf, level %d, hpa 0x%lx, %s%s%s", now.level, at, prot,
			 now.was_changed ? ", then set " : "", now.was_changed ? ad_text(now.ad) : "");
	}
	return text;
}

/* ---- What hardware sees ------------------------------------------------------------------------------------- */

static inline enum walk_kind seen(pte_t pte, int level, struct walk_entry *entry)
{
	walk_decode((struct walk_word){ pte_word(pte, 0), pte_word(pte, 1) }, level, entry);
	return entry->kind;
}

/* What hardware must allow.  Where software keeps the dirty bit, a clean page cannot be written. */
static inline unsigned rights_wanted(pt_prot_t prot, unsigned ad)
{
	if (!PT_HW_SETS_AD && !(ad & PT_DIRTY))
		prot &= ~PT_WRITE;
	return prot & walk_format.rights_known;
}

/* "leaf 0x81200000 rw---- AD" */
static inline const char *seen_text(const struct walk_entry *entry, char text[TEXT_MAX])
{
	static const char *const kinds[] = { "nothing", "table", "leaf", "malformed" };
	char prot[7];

	if (entry->kind != WALK_TABLE && entry->kind != WALK_LEAF)
		return kinds[entry->kind];
	snprintf(text, TEXT_MAX, "%s 0x%lx %s %s", kinds[entry->kind], (unsigned long)entry->out.raw,
		 prot_text(entry->rights & walk_format.rights_known, prot), ad_text(entry->ad));
	return text;
}

static inline struct walk_entry wanted_table(void)
{
	return (struct walk_entry){ WALK_TABLE, hpa(now.at), WALK_ALL_RIGHTS, WALK_ACCESSED | WALK_DIRTY };
}

static inline struct walk_entry wanted_leaf(void)
{
	return (struct walk_entry){ WALK_LEAF, hpa(now.at), rights_wanted(now.prot, now.ad), now.ad };
}

/* ---- Which mistake is it? ----------------------------------------------------------------------------------- */

static inline const char *table_mistake(const struct walk_entry *is)
{
	switch (is->kind) {
	case WALK_EMPTY: return "PTE-VALID-MISSING";
	case WALK_LEAF:
	case WALK_BAD: return "PTE-TABLE-BITS";
	case WALK_TABLE: break;
	}
	if (is->out.raw != now.at)
		return "PTE-PPN-SHIFT";
	if ((is->rights & PT_RWX) != PT_RWX)
		return "PTE-TABLE-RIGHTS";
	return is->ad == (WALK_ACCESSED | WALK_DIRTY) ? NULL : "PTE-TABLE-BITS";
}

/* A format in which all accesses are a user's has one reason for a leaf that allows nothing. */
static inline const char *rights_mistake(unsigned is, unsigned wanted)
{
	if (is == wanted)
		return NULL;
	if (!is || (is ^ wanted) == WALK_USER)
		return "PTE-U-MISSING";
	if ((is ^ wanted) == WALK_EXEC)
		return "PTE-EXEC-WRONG";
	return (is ^ wanted) == WALK_DEVICE ? "PTE-DEVICE-LOST" : "PTE-RIGHTS-WRONG";
}

static inline const char *ad_mistake(unsigned is)
{
	unsigned wrong = is ^ now.ad;

	if (!PT_HW_SETS_AD)
		wrong &= ~(unsigned)WALK_DIRTY;
	if (!wrong)
		return NULL;
	if (now.was_changed)
		return "PTE-AD-LOST";
	return wrong & WALK_ACCESSED ? "PTE-A-MISSING" : "PTE-D-PRESET";
}

static inline const char *leaf_mistake(const struct walk_entry *is)
{
	const char *mistake;

	switch (is->kind) {
	case WALK_EMPTY: return "PTE-VALID-MISSING";
	case WALK_TABLE: return "PTE-LEAF-IS-TABLE";
	case WALK_BAD: return "PTE-RESERVED-BITS";
	case WALK_LEAF: break;
	}
	if (is->out.raw != now.at)
		return "PTE-PPN-SHIFT";
	mistake = rights_mistake(is->rights & walk_format.rights_known, wanted_leaf().rights);
	return mistake ? mistake : ad_mistake(is->ad);
}

/* Of an entry that was just made as `now` says; NULL: hardware sees what was asked for. */
static inline const char *mistake_of_made(pte_t pte)
{
	struct walk_entry is;

	seen(pte, now.level, &is);
	switch (now.what) {
	case ASKED_TABLE: return table_mistake(&is);
	case ASKED_LEAF: return leaf_mistake(&is);
	default: return NULL;
	}
}

/* A leaf that was right before it was changed has been spoilt by the change. */
static inline const char *mistake_of(pte_t pte)
{
	const char *mistake = mistake_of_made(pte), *before;
	unsigned ad = now.ad;

	if (!mistake || now.what != ASKED_LEAF || !now.was_changed)
		return mistake;
	now_leaf(hpa(now.at), now.level, now.prot);
	before = mistake_of_made(pte_make_leaf(hpa(now.at), now.level, now.prot));
	now_changed(ad);
	if (before)
		return before;
	return __builtin_strcmp(mistake, "PTE-AD-LOST") == 0 ? mistake : "PTE-SET-AD-SPOILS";
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

/* A law, and what it says when it is broken. */
struct law {
	const char *file;
	int line;
	const char *mistake; /* if hardware sees what was asked for */
	const char *name, *condition;
};

/* Does hardware see the table or leaf that was just made? */
static inline bool is_made(const char *file, int line, pte_t pte)
{
	char asked[TEXT_MAX], bits[PT_BITS_MAX], is_text[TEXT_MAX], wanted_text[TEXT_MAX];
	struct walk_entry is, wanted = now.what == ASKED_TABLE ? wanted_table() : wanted_leaf();
	const char *mistake = mistake_of(pte);

	if (!mistake)
		return true;
	seen(pte, now.level, &is);
	check_fail(file, line, "[%s] did %s | got %s | expected %s; hardware sees %s", mistake, asked_text(asked),
		   pt_bits_line(pte, now.level, bits), seen_text(&wanted, wanted_text), seen_text(&is, is_text));
	return false;
}

static inline void broken(const struct law *law, pte_t pte)
{
	char asked[TEXT_MAX], bits[PT_BITS_MAX];

	if (!is_made(law->file, law->line, pte))
		return;
	check_fail(law->file, law->line, "[%s] did %s | got %s | expected %s: %s", law->mistake, asked_text(asked),
		   pt_bits_line(pte, now.level, bits), law->name, law->condition);
}

#define LAW(name, mistake, condition, pte)                                                                             \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			broken(&(const struct law){ __FILE__, __LINE__, (mistake), (name), #condition }, pte);         \
	} while (0)

#define EXPECT_MADE(pte) ((void)is_made(__FILE__, __LINE__, pte))

#endif
