/*
 * Guests: accesses by CPUs, through what they remember (tlb.h) and then through memory (walk.h).
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
 * prefers what it remembers, and sets accessed and dirty if it does that.  Fails if it is led to a table that is freed.
 */
struct sim_translation sim_guest(int cpu, ia_t at, unsigned access);

/* The CPU speculates: it walks, remembers, sets accessed, and tells nobody about faults. */
void sim_guest_prefetch(int cpu, ia_t at);

/* What a guest's own tables say. */
struct sim_stage1 {
	unsigned asid;
	gva_t from;
	gpa_t to;
};

/* The guest accesses a virtual address.  What its tables say is remembered until it is flushed. */
struct sim_translation sim_guest_virtual(int cpu, const struct sim_stage1 *stage1, unsigned access);

/* ---- What memory says ----------------------------------------------------------------------------------- */

/* What would a CPU get that remembers nothing and does not mind accessed and dirty?  Changes nothing. */
struct sim_translation sim_truth(hpa_t root, ia_t at, unsigned access);

/* The translation of a byte; rights 0: there is none. */
struct sim_mapping {
	unsigned rights; /* WALK_READ... */
	unsigned ad;     /* WALK_ACCESSED, WALK_DIRTY */
	int level;
	hpa_t out;
};

struct sim_mapping sim_mapping_of(hpa_t root, ia_t at);

#endif
