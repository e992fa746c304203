/*
 * Guests: accesses by CPUs through their TLBs, and what was written by them.
 *
 * A page that was written is *unknown* until host_page_mark() tells that it is dirty.  At any moment each unknown page
 * must be marked dirty by the leaf that maps it - else the write is lost: sim_check() fails.
 */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include "grading/sim/sim.h"

struct sim_translation {
	enum walk_fault fault;
	hpa_t out;   /* the byte; valid if fault is WALK_OK */
	int level;   /* of the leaf, or where the walk ended */
	bool cached; /* answered by what the CPU remembered, without reading memory */
};

/*
 * A guest on this CPU accesses the byte: WALK_READ, WALK_WRITE or WALK_EXEC (with WALK_USER in stage 1).  Hardware
 * prefers what it remembers.  Fails if it walks into a table that is not allocated.
 */
struct sim_translation sim_guest(int cpu, ia_t at, unsigned access);

/* The CPU speculates: it walks, remembers, sets A, and tells nobody about faults. */
void sim_guest_prefetch(int cpu, ia_t at);

/* Through both stages: a guest's own tables say gva -> gpa; that is remembered under the guest's ASID. */
struct sim_translation sim_guest_virtual(int cpu, unsigned asid, gva_t from, gpa_t to, unsigned access);

/* What would a CPU that remembers nothing get?  Changes nothing: no A/D, no TLB. */
struct sim_translation sim_truth(hpa_t root, ia_t at, unsigned access);

/* Rights (WALK_...) of the translation of `at`, 0 if there is none; `out` becomes the byte. */
unsigned sim_rights(hpa_t root, ia_t at, hpa_t *out);

/* ---- What is known of guest pages ----------------------------------------------------------------------- */

/* What host_page_mark() has told of the page since sim_marks_reset(): PT_ACCESSED, PT_DIRTY. */
unsigned sim_marks_of(hpa_t page);
void sim_marks_reset(void);

/* Was the page written and not told yet? */
bool sim_page_is_unknown(hpa_t page);

/* Fails if a written page is neither told nor marked in the tree through which it was written. */
void sim_dirty_check(void);

/* The suite harvests by itself: it has taken note that the page is dirty. */
void sim_page_known(hpa_t page);

#endif
