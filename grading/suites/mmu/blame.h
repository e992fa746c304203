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
	enum { ASKED_NOTHING, ASKED_RIGHTS, ASKED_TABLE, ASKED_LEAF, ASKED_MMIO, ASKED_BIT } what;
	int level;
	uint64_t at;      /* the address of a table or page; a payload */
	pt_prot_t prot;
	unsigned ad;      /* what a leaf shall have seen, and whether that was changed since it was made */
	bool was_changed;
	unsigned bit;     /* that was turned round in an entry that was made */
	pte_t pte;        /* the entry, when a check has failed */
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

#define TEXT_MAX  100
#define ENTRY_MAX (TEXT_MAX + PT_BITS_MAX)
#define PROT_BITS 6 /* of rights that mean something */

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

	prot_text(now.prot & (PT_RWX | PT_USER | PT_DEVICE | PT_LOGGED), prot);
	switch (now.what) {
	case ASKED_NOTHING: snprintf(text, TEXT_MAX, "look at a value, level %d", now.level); break;
	case ASKED_RIGHTS:
		snprintf(text, TEXT_MAX, "ask pte_leaf_ok(), level %d, rights %s", now.level, prot);
		if (now.prot >> PROT_BITS)
			snprintf(text, TEXT_MAX, "ask pte_leaf_ok(), level %d, rights %s and 0x%x", now.level, prot,
				 now.prot >> PROT_BITS << PROT_BITS);
		break;
	case ASKED_TABLE: snprintf(text, TEXT_MAX, "make a table's entry, level %d, hpa 0x%lx", now.level, at); break;
	case ASKED_MMIO: snprintf(text, TEXT_MAX, "make an MMIO entry, payload 0x%lx", at); break;
	case ASKED_BIT:
		snprintf(text, TEXT_MAX, "turn bit %u round in an entry of hpa 0x%lx, level %d", now.bit, at,
			 now.level);
		break;
	case ASKED_LEAF:
		snprintf(text, TEXT_MAX, "make a leaf, level %d, hpa 0x%lx, %s%s%s", now.level, at, prot,
			 now.was_changed ? ", then set " : "", now.was_changed ? ad_text(now.ad) : "");
	}
	return text;
}

/* What a function answers, in words. */
struct words {
	char text[24];
};

static inline struct words words_of(const char *format, unsigned long value)
{
	struct words w;

	snprintf(w.text, sizeof(w.text), format, value);
	return w;
}

static inline const char *kind_text(unsigned kind)
{
	return kind <= PTE_FROZEN ? (const char *const[]){ "empty", "table", "leaf", "frozen" }[kind]
				  : "no kind at all";
}

static inline const char *seen_kind_text(enum walk_kind kind)
{
	return (const char *const[]){ "nothing", "table", "leaf", "malformed" }[kind];
}

static inline struct words prot_words(pt_prot_t prot)
{
	struct words w;

	prot_text(prot, w.text);
	return w;
}

#define AS_KIND(kind)  kind_text(kind)
#define AS_BOOL(value) ((value) ? "true" : "false")
#define AS_PROT(prot)  prot_words(prot).text
#define AS_AD(ad)      ad_text(ad)
#define AS_SEEN(kind)  seen_kind_text(kind)
#define AS_HEX(value)  words_of("0x%lx", value).text

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

/* "leaf 0x81200000 rw---- AD"; of a table what it keeps from those below it, if anything. */
static inline const char *seen_text(const struct walk_entry *entry, char text[TEXT_MAX])
{
	unsigned known = entry->rights & walk_format.rights_known;
	unsigned long out = entry->out.raw;
	char prot[7];

	if (entry->kind == WALK_LEAF)
		snprintf(text, TEXT_MAX, "leaf 0x%lx %s %s", out, prot_text(known, prot), ad_text(entry->ad));
	else if (entry->kind == WALK_TABLE && (known & PT_RWX) != PT_RWX)
		snprintf(text, TEXT_MAX, "table 0x%lx that allows %s alone", out, prot_text(known & PT_RWX, prot));
	else if (entry->kind == WALK_TABLE)
		snprintf(text, TEXT_MAX, "table 0x%lx%s", out, entry->ad & WALK_ACCESSED ? "" : " with A to be set");
	else
		return AS_SEEN(entry->kind);
	return text;
}

/* What is not valid has no bits with names. */
static inline const char *entry_text(pte_t pte, int level, char text[PT_BITS_MAX])
{
	struct walk_entry entry;

	if (seen(pte, level, &entry) != WALK_EMPTY)
		return pt_bits_line(pte, level, text);
	snprintf(text, PT_BITS_MAX, "0x%lx, nothing to hardware", (unsigned long)pte_word(pte, 0));
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

/* Can the machine say what a leaf was asked to allow?  Not, if PT_READ is missing and makes hardware content. */
static inline bool is_said(int level, pt_prot_t prot)
{
	struct walk_entry entry;
	pt_prot_t with_read = prot | PT_READ;

	return (prot & PT_READ) || !pte_leaf_ok(level, with_read) ||
	       seen(pte_make_leaf(hpa(0), level, with_read), level, &entry) != WALK_LEAF;
}

static inline const char *leaf_mistake(const struct walk_entry *is)
{
	const char *mistake;

	switch (is->kind) {
	case WALK_EMPTY: return "PTE-VALID-MISSING";
	case WALK_TABLE: return "PTE-LEAF-IS-TABLE";
	case WALK_BAD: return is_said(now.level, now.prot) ? "PTE-RESERVED-BITS" : "PTE-READ-NEEDED";
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

/*
 * A check makes its sentence here and fails in the function that has it, so that a debugger stops there.  Then now.pte
 * is the entry.
 */
#define SENTENCE_MAX 400
static char sentence[SENTENCE_MAX];

/* A law, and what it says when it is broken. */
struct law {
	const char *mistake; /* if hardware sees what was asked for */
	const char *name, *call;
};

static inline const char *say_wrong(const char *mistake, pte_t pte)
{
	char asked[TEXT_MAX], bits[PT_BITS_MAX], is_text[TEXT_MAX], wanted_text[TEXT_MAX];
	struct walk_entry is, wanted = now.what == ASKED_TABLE ? wanted_table() : wanted_leaf();

	seen(pte, now.level, &is);
	snprintf(sentence, SENTENCE_MAX, "[%s] did %s | got %s | expected %s; hardware sees %s", mistake,
		 asked_text(asked), entry_text(pte, now.level, bits), seen_text(&wanted, wanted_text),
		 seen_text(&is, is_text));
	return sentence;
}

/* The leaf is malformed because there is none of the kind: it should not have been asked for. */
static inline const char *say_allowed(const char *mistake)
{
	char asked[TEXT_MAX];

	now.what = ASKED_RIGHTS;
	snprintf(sentence, SENTENCE_MAX,
		 "[%s] did %s | got true | expected false: to hardware such a leaf is malformed", mistake,
		 asked_text(asked));
	return sentence;
}

/* NULL, if hardware sees the table or leaf that was just made; else what is wrong with it. */
static inline const char *wrong(pte_t pte)
{
	const char *mistake = mistake_of(pte);

	now.pte = pte;
	if (!mistake)
		return NULL;
	return __builtin_strcmp(mistake, "PTE-READ-NEEDED") == 0 ? say_allowed(mistake) : say_wrong(mistake, pte);
}

/* "pte_prot() of 0x80201025  pfn ...": what was asked, of which entry.  A call is quoted as it stands in the source. */
static inline const char *call_text(const char *call, pte_t pte, char text[ENTRY_MAX])
{
	char bits[PT_BITS_MAX];
	int length = 0;

	while (call[length] && call[length] != '(')
		length++;
	snprintf(text, ENTRY_MAX, "%.*s() of %s", length, call, entry_text(pte, now.level, bits));
	return text;
}

/* A function read the entry, and gave this answer instead of that. */
static inline const char *misread(struct law law, pte_t pte, const char *is, const char *wanted)
{
	char asked[TEXT_MAX], call[ENTRY_MAX];

	if (now.what == ASKED_RIGHTS)
		snprintf(sentence, SENTENCE_MAX, "[%s] did %s | got %s | expected %s (%s)", law.mistake,
			 asked_text(asked), is, wanted, law.name);
	else if (!wrong(pte))
		snprintf(sentence, SENTENCE_MAX, "[%s] did %s | got %s from %s | expected %s (%s)", law.mistake,
			 asked_text(asked), is, call_text(law.call, pte, call), wanted, law.name);
	return sentence;
}

/* A function made an entry of another one, and it is not the one that it should be. */
static inline const char *mismade(struct law law, pte_t of, pte_t is, pte_t wanted)
{
	char call[ENTRY_MAX], got[PT_BITS_MAX], right[PT_BITS_MAX], differs[PT_BITS_MAX];

	if (wrong(of))
		return sentence;
	now.pte = is;
	snprintf(sentence, SENTENCE_MAX, "[%s] did take %s, level %d | got %s | expected %s (%s)  differs: %s",
		 law.mistake, call_text(law.call, of, call), now.level, entry_text(is, now.level, got),
		 entry_text(wanted, now.level, right), law.name, pt_bits_differ(is, wanted, now.level, differs));
	return sentence;
}

#define FAIL(says)                    check_fail(__FILE__, __LINE__, "%s", (says))
#define THIS_LAW(name, mistake, call) ((struct law){ (mistake), (name), call })

/* The call, which reads the entry pte, gives `wanted`; AS says in words what it gives. */
#define READS(name, mistake, read, wanted, AS, pte)                                                                    \
	do {                                                                                                           \
		__typeof__(read) is_read = (read), to_read = (wanted);                                                 \
		if (is_read != to_read)                                                                                \
			FAIL(misread(THIS_LAW(name, mistake, #read), pte, AS(is_read), AS(to_read)));                  \
	} while (0)

/* The same, where the answer may be any for which the condition holds: `wanted` says which. */
#define LAW(name, mistake, condition, read, AS, wanted, pte)                                                           \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			FAIL(misread(THIS_LAW(name, mistake, #read), pte, AS(read), wanted));                          \
	} while (0)

/* The call, which makes an entry of `of`, gives `wanted`. */
#define MAKES(name, mistake, call, wanted, of)                                                                         \
	do {                                                                                                           \
		pte_t is_made = (call), to_make = (wanted);                                                            \
		if (!pte_same(is_made, to_make))                                                                       \
			FAIL(mismade(THIS_LAW(name, mistake, #call), of, is_made, to_make));                           \
	} while (0)

#define EXPECT_MADE(pte)                                                                                               \
	do {                                                                                                           \
		if (wrong(pte))                                                                                        \
			FAIL(sentence);                                                                                \
	} while (0)

#endif
