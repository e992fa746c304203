/*
 * What should be mapped: the plain model that a tree is compared with.
 *
 * A sorted list of extents.  It knows nothing of levels, tables or formats.
 */
#ifndef SUITES_MMU_REF_H
#define SUITES_MMU_REF_H

#include "mmu/pt/pt.h"

#define REF_MAX 256

struct ref_extent {
	uint64_t start, end;
	hpa_t page; /* for start; grows with the address */
	pt_prot_t prot;
};

struct ref {
	struct ref_extent extents[REF_MAX];
	int count;
};

void ref_clear(struct ref *ref);

/* Is anything mapped in the range? */
bool ref_is_free(const struct ref *ref, uint64_t start, uint64_t end);

/* The range must be free. */
void ref_map(struct ref *ref, const struct ref_extent *extent);
void ref_unmap(struct ref *ref, uint64_t start, uint64_t end);
void ref_protect(struct ref *ref, uint64_t start, uint64_t end, pt_prot_t prot);

/* The extent that covers the address, or NULL. */
const struct ref_extent *ref_find(const struct ref *ref, uint64_t at);

/* Compare the tree of world.root with the model, by the independent walker: the borders and middles of all extents and
 * of all holes between them, and as many random addresses.  Fails. */
void ref_compare(const struct ref *ref, uint64_t *random, int samples);

/* Compare one page. */
void ref_compare_page(const struct ref *ref, uint64_t at);

#endif
