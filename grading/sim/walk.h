/*
 * The independent walker: what hardware does with a tree of page tables.
 *
 * It is written from each format's specification and shares nothing with mmu/: no hook, no constant, no type but the
 * addresses.  walk.c is the walk that all formats have in common; walk/<f>.c says what that format's bits mean, and the
 * build links one of them.
 *
 * I1 It reads memory as hardware does: whole entries, by physical address, from the root down.
 * I2 It writes nothing; walk_apply() makes the accessed and dirty updates that a walk would have made.
 *
 * Levels are Flatland's: 0 maps 4 KiB.  An input address is that of the tree, from 0 to its width: in stage 1, where
 * hardware wants the upper half sign-extended, that has been taken away.
 */
#ifndef SIM_WALK_H
#define SIM_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmu/pt/addr.h"

/* What an access needs, what a translation allows; DEVICE is a property of a leaf.  Values are those of PT_READ... */
enum {
	WALK_READ = 1,
	WALK_WRITE = 2,
	WALK_EXEC = 4,
	WALK_USER = 8, /* stage 1: an access by user mode; a translation that user mode may use */
	WALK_DEVICE = 16,
};
#define WALK_ALL_RIGHTS (WALK_READ | WALK_WRITE | WALK_EXEC | WALK_USER | WALK_DEVICE)

/* What an entry has seen.  The values are those of PT_ACCESSED and PT_DIRTY. */
enum { WALK_ACCESSED = 1, WALK_DIRTY = 2 };

/* What hardware does about an accessed or dirty bit that is not set. */
enum walk_ad {
	WALK_AD_SETS,    /* sets it */
	WALK_AD_FAULTS,  /* faults, so that software does */
	WALK_AD_IGNORES, /* nothing: it does not know such bits */
};

/* ---- What a format is: walk/<f>.c ----------------------------------------------------------------------- */

/* An entry as it lies in memory; high is 0 where entries have 64 bits. */
struct walk_word {
	uint64_t low, high;
};

enum walk_kind {
	WALK_EMPTY, /* translates nothing */
	WALK_TABLE,
	WALK_LEAF,
	WALK_BAD,   /* hardware rejects it, or its meaning is reserved */
};

/* What an entry means at its level. */
struct walk_entry {
	enum walk_kind kind;
	hpa_t out;       /* the table, or the leaf's page */
	unsigned rights; /* a leaf's; a table's: what it lets through */
	unsigned ad;     /* what is set; a table that has no such bits: all */
};

struct walk_format {
	const char *name;
	int entry_size; /* bytes: 8 or 16 */
	int index_bits; /* of a level */
	int levels_min, levels_max;
	int extra_min, extra_max; /* index bits that a root has in addition */
	int ia_bits_max; /* levels and extra bits must not add up to more */
	int oa_bits, id_bits;
	int leaf_level_max;
	unsigned rights_known;    /* of WALK_...: the others say nothing, here they are software's affair */
	bool empty_may_be_cached; /* a CPU may remember that there was nothing */
	bool less_may_be_cached;  /* a CPU may go on refusing by what it remembers after rights were added */
	bool clear_may_be_cached; /* the same for an access that was refused because A was clear */
	bool break_before_make;   /* a translation must not change its size while a CPU remembers it */
	unsigned ad_modes;        /* 1 << WALK_AD_..., those that exist */
	unsigned kernel_rights_of_user_pages; /* of READ, WRITE, EXEC: what kernel mode may do there */
};

extern const struct walk_format walk_format;

/* Bits last..first of a word, as a number. */
static inline uint64_t walk_bits(uint64_t raw, int last, int first)
{
	return raw >> first & ~(uint64_t)0 >> (63 - last + first);
}

/* What an entry means.  Total: every value means something at every level. */
void walk_decode(struct walk_word word, int level, struct walk_entry *entry);

/* The entry after hardware has set `ad` in it. */
struct walk_word walk_set_ad(struct walk_word word, int level, unsigned ad);

/* ---- The walk: walk.c ----------------------------------------------------------------------------------- */

/* Simulated physical memory [start, start + size). */
struct walk_memory {
	unsigned char *bytes;
	hpa_t start;
	uint64_t size;
};

/* What is loaded into the CPU: hgatp, nCR3, EPTP, VTTBR, satp, CR3. */
struct walk_root {
	hpa_t table;
	int levels, extra;
};

/* Where a walk is: at the root, or below an entry that a CPU remembers. */
struct walk_place {
	hpa_t table;
	int level;       /* of its entries */
	unsigned rights; /* what the tables above let through */
};

struct walk_request {
	struct walk_root root;
	struct walk_place from;
	uint64_t ia;
	unsigned access; /* WALK_READ, WALK_WRITE or WALK_EXEC, with WALK_USER */
	enum walk_ad ad;
};

enum walk_fault {
	WALK_OK,
	WALK_NOT_MAPPED,
	WALK_DENIED,   /* mapped, but not for this access */
	WALK_AD_CLEAR, /* an accessed or dirty bit must be set by software first */
	WALK_RESERVED, /* a malformed entry */
	WALK_ADDRESS,  /* the input address is wider than the tree */
	WALK_NO_TABLE, /* a table's address leads outside the memory */
};

struct walk_step {
	hpa_t slot;             /* of the entry that was read */
	int level;
	struct walk_word word;
	struct walk_entry entry;
	unsigned set;           /* WALK_ACCESSED, WALK_DIRTY: what hardware sets there */
};

#define WALK_STEPS_MAX 6

struct walk_result {
	enum walk_fault fault;
	int level;       /* of the entry at which the walk ended */
	hpa_t out;       /* the byte that the address is translated to */
	hpa_t page;      /* the first byte of the leaf's page */
	unsigned rights; /* of the translation, all levels considered; known for WALK_DENIED and WALK_AD_CLEAR too */
	unsigned ad;     /* of the leaf, updates included */
	int step_count;
	struct walk_step steps[WALK_STEPS_MAX];
};

/* Are there trees of this shape? */
bool walk_root_exists(const struct walk_root *root);

int walk_level_shift(int level);
int walk_ia_bits(const struct walk_root *root);
int walk_index_bits(const struct walk_root *root, int level);

/* The beginning of every walk. */
struct walk_place walk_at_root(const struct walk_root *root);

/* The entry `index` of a table; false: it lies outside the memory. */
bool walk_read(const struct walk_memory *memory, hpa_t table, uint64_t index, struct walk_word *word);

/* Translate.  Changes nothing. */
void walk(const struct walk_memory *memory, const struct walk_request *request, struct walk_result *result);

/* Make the updates of a walk that has just been done. */
void walk_apply(const struct walk_memory *memory, const struct walk_result *result);

/* Does a translation with these rights allow the access? */
bool walk_allows(unsigned rights, unsigned access);

/* "not mapped", "denied"... */
const char *walk_fault_name(enum walk_fault fault);

#endif
