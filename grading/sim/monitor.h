/*
 * The monitor of the simulated machine: its memslots, its memory, and the notifiers that tell when that changes.
 *
 * What a case changes here, it changes as a kernel would, in steps between which other actors run:
 *
 *	sim_notify_begin(hva, end);         the range is in progress
 *	mmu_unmap(...);                     of each memslot with a part of it
 *	sim_user_set(i, NULL);              the page goes
 *	sim_notify_end(hva, end);           the sequence moves
 *
 *	sim_slot_set(i, NULL, SIM_SLOT_BUSY);
 *	mmu_unmap(...);
 *	sim_slot_set(i, &slot, SIM_SLOT_READY);
 *
 * Each function here is a scheduling point, and so are host_sample(), host_lookup(), host_resolve(), host_must_retry().
 */
#ifndef SIM_MONITOR_H
#define SIM_MONITOR_H

#include "grading/sim/sim.h"

/* ---- Memslots ------------------------------------------------------------------------------------------- */

#define SIM_SLOT_MAX 4

enum sim_slot_state { SIM_SLOT_NONE, SIM_SLOT_BUSY, SIM_SLOT_READY };

/*
 * Memslot i becomes this; `slot` may be NULL: it stays what it is, or with SIM_SLOT_NONE is gone.  The sequence of
 * memslots moves.  Takes the lock exclusively.
 */
void sim_slot_set(int i, const struct host_slot *slot, enum sim_slot_state state);

/* ---- The monitor's memory ------------------------------------------------------------------------------- */

#define SIM_USER_MAX 8

/* A block of it: [start, end) is the memory from `page` on, one piece at the level. */
struct sim_user {
	hva_t start, end;
	hpa_t page;
	int level;
	bool is_writable;
};

/* Block i becomes this; NULL: nothing. */
void sim_user_set(int i, const struct sim_user *user);

/* ---- Notifiers ------------------------------------------------------------------------------------------ */

void sim_notify_begin(hva_t start, hva_t end);
void sim_notify_end(hva_t start, hva_t end);

/* ---- While a page is resolved ---------------------------------------------------------------------------- */

/*
 * Called by host_resolve() before it looks, with what is wanted; may change everything here.  An error ends it.  NULL:
 * nothing.
 */
typedef int sim_resolver(void *arg, hva_t at, enum tdp_access access);
void sim_resolve_by(sim_resolver *resolver, void *arg);

/* ---- What a guest should see ------------------------------------------------------------------------------ */

/* What the memslots and the monitor's memory say of the page; rights 0: nothing. */
struct sim_memory_at {
	pt_prot_t rights;
	hpa_t page;
};
struct sim_memory_at sim_memory_at(gpa_t at);

/* Does hardware translate nothing that is not so?  Fails if a tree says otherwise of the pages in [start, end). */
void sim_memory_check(gpa_t start, gpa_t end);

/* Fails if a tree translates a page of [start, end), or a CPU remembers that it does. */
void sim_expect_unmapped(gpa_t start, gpa_t end);

/* The same; what is still mapped is the mistake `id`. */
void sim_expect_unmapped_or(const char *id, gpa_t start, gpa_t end);

#endif
