/*
 * The staleness oracle: does any CPU remember what memory does not say any more?
 *
 * For each remembered entry of an ID, the tree that the CPU entered last with this ID is walked:
 *
 *   leaf      wrong if a page in it is not mapped now, or is another, or lost a right, or is memory of another type; if
 *             it lets writes through silently and memory's D is clear; where the format breaks before it makes, if
 *             memory maps it in another size
 *             Refuses wrongly if memory allows more (formats with less_may_be_cached)
 *   table     wrong if memory does not lead there any more
 *   nothing   refuses wrongly if something is mapped there now
 *
 * Remembering less than memory says is no danger, but a guest would fault for ever: it counts as stale as well unless
 * sim_stale_refusals(SIM_REFUSALS_ALLOWED) was called, by suites of an MMU that repairs this when the guest faults.
 */
#ifndef SIM_STALE_H
#define SIM_STALE_H

#include "grading/sim/sim.h"

enum sim_refusals { SIM_REFUSALS_COUNT, SIM_REFUSALS_ALLOWED };

void sim_stale_refusals(enum sim_refusals refusals);

/* The first difference, in words; NULL if there is none.  The text lives until the next call. */
const char *sim_stale(void);

/* The first difference in a page that is translated by way of the entry in `slot`.  Settles nothing. */
const char *sim_stale_by(hpa_t slot);

/* The first CPU that remembers a byte of [start, start + size), as page or table, in words; NULL if none does. */
const char *sim_stale_memory(hpa_t start, uint64_t size);

/* The host takes guest pages back: fails if a CPU still knows them, or a tree of an open space maps them. */
void sim_page_gone(hpa_t start, uint64_t size);

#endif
