/*
 * Access points: what happens before an access to an entry (PT_ACCESS_POINT in mmu/pt/pt_access.h).
 *
 * In this order: the store before this one is judged; the access itself is judged (is the entry in a live table?); it
 * is counted; hardware strikes, if it is due; env->point() may run another actor.
 *
 * Stores are judged when the next point, flush, lock operation or check comes, by the value that is there then.  Only
 * entries of linked tables are: those that a walk from an open space's root can reach.
 *   P1 hardware does not reject the value
 *   P2 a table that becomes linked holds no poison and nothing that hardware would reject, and is linked only once
 *   P3 an entry does not go from one table to another, nor from a leaf to a leaf of another page, without being empty
 *      between
 *   P4 where the format breaks before it makes: an entry that was empty is made only when no CPU remembers anything
 *      else of what it translates; judged after sim_judge_makes()
 */
#ifndef SIM_POINT_H
#define SIM_POINT_H

#include "grading/sim/sim.h"

/* Called through PT_ACCESS_POINT(slot, what): what is "read", "cas" or "xchg"; others are points without an access. */
void sim_access_point(const void *slot, const char *what);

/* Points since sim_start(). */
uint64_t sim_point_count(void);

/* At the n-th point from now on (n = 1: the next), before the access, the guest on `cpu` does this once. */
void sim_point_strike(uint64_t n, int cpu, ia_t at, unsigned access);

/* Can a walk from an open space's root reach the slot's table? */
bool sim_slot_is_linked(const void *slot);

/* Judge by P4 too, until the next sim_start().  Without it, sim_stale() can be asked what a mistake leaves behind. */
void sim_judge_makes(void);

/* Judge the last store now. */
void sim_point_settle(void);

/* A tree that was made or changed by other means than pt_access.h: learn which tables are linked. */
void sim_point_learn(hpa_t root);

/* ---- A log of accesses, for traces ---------------------------------------------------------------------- */

struct sim_point_record {
	uint64_t number; /* counts from 1 */
	const void *slot;
	const char *what;
	int actor;
};

/* The last points, newest first: the record `back` points ago; false if that is too long ago. */
#define SIM_POINT_LOG 256
bool sim_point_record(uint64_t back, struct sim_point_record *record);

#endif
