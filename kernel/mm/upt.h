/*
 * The kernel's own stage-1 tables ("user page tables"): one walk for all architectures.
 *
 * Why not mmu/pt: that library is what students write; the kernel must boot and report when it is broken.
 *
 * The architecture's upte.h gives the format:
 *   UPT_LEVELS                         levels of the tree; level 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB
 *   upte_t                             one-field struct
 *   upte_t upte_make_table(hpa_t)
 *   upte_t upte_make_leaf(hpa_t page, int level, u32 rights)    rights: PROT_ of abi/syscall.h and UPT_ below
 *   enum upt_kind upte_kind(upte_t, int level)
 *   hpa_t upte_hpa(upte_t)             of the table or page
 *   u32 upte_rights(upte_t)            of a leaf
 * Law: a leaf without PROT_READ, PROT_WRITE or PROT_EXEC is still a leaf, which no access can use ("held").
 *
 * Each table has 512 entries.  The kernel's part of a root (the upper half) is the same in every root.
 *
 * Locking: the caller's - an address space's lock, see aspace.h.  Single entries are written atomically.
 * None of these functions flushes.
 */
#ifndef KERNEL_MM_UPT_H
#define KERNEL_MM_UPT_H

#include "kernel.h"
#include "mmu/pt/addr.h"
#include "abi/syscall.h"

/* Rights beyond PROT_READ, PROT_WRITE, PROT_EXEC. */
#define UPT_COW    0x100 /* shared until written: no PROT_WRITE, and a write gets a copy */
#define UPT_DEVICE 0x200 /* no RAM of the allocator's: no reference is held */

enum upt_kind { UPT_EMPTY, UPT_TABLE, UPT_LEAF };

#include "upte.h"

struct upt_entry {
	upte_t *slot;
	upte_t pte;   /* as read */
	int level;
	hva_t start;  /* first address that the entry decides about */
};

static inline u64 upt_span(int level)
{
	return PAGE_SIZE << (9 * level);
}

/* A root with the kernel's half and no user memory; hpa(0) without memory. */
hpa_t upt_create(void);

/* Free a root and all its tables.  Its user half has no leaf any more, and no CPU has it loaded. */
void upt_destroy(hpa_t root);

/* The entry that decides about va: a leaf, or the empty entry where the walk ended. */
struct upt_entry upt_lookup(hpa_t root, hva_t va);

/*
 * The entry of `level` for va, with all tables above it made; -ENOMEM (tables made so far stay), or -EEXIST when a
 * larger leaf is in the way.  What stands in the entry is the caller's to look at.
 */
int upt_slot(hpa_t root, hva_t va, int level, struct upt_entry *entry);

/* The first leaf that decides about an address in [*va, end); *va moves to it.  False if there is none. */
bool upt_next_leaf(hpa_t root, hva_t *va, hva_t end, struct upt_entry *entry);

/* Write an entry, atomically, as a release. */
void upt_set(const struct upt_entry *entry, upte_t pte);

/* Replace the level-1 leaf at va, if there is one, by a table of 512 equal leaves.  0 or -ENOMEM. */
int upt_split(hpa_t root, hva_t va);

/*
 * If the last-level table that covers va is empty, unlink it and return it: the caller flushes, then frees it with
 * page_put().  hpa(0) otherwise.
 */
hpa_t upt_unlink_empty(hpa_t root, hva_t va);

#endif
