/*
 * Which guest pages were written, and who knows it.
 *
 * A 4 KiB page that a guest has written is *unknown* until host_page_mark() tells that it is dirty, or the suite says
 * that it knows.  At any moment each unknown page must be marked dirty by the leaf through which it was written - or
 * else nobody will ever know, and sim_check() fails.
 *
 * A page that was told counts as known until the lock is free: a CPU may write it once more before it is flushed, and
 * who acts on the mark takes the lock first.
 */
#ifndef SIM_DIRTY_H
#define SIM_DIRTY_H

#include "grading/sim/sim.h"

/* The suite has taken note of all writes to [page, page + size), of a dirty log say. */
void sim_dirty_known(hpa_t page, uint64_t size);

/* Was a byte of [page, page + size) written, and is that unknown? */
bool sim_dirty_is_unknown(hpa_t page, uint64_t size);

/* Fails if a write is lost. */
void sim_dirty_check(void);

/* What host_page_mark() has told of a byte, in the last SIM_MARK_MAX calls since sim_marks_reset(): PT_ACCESSED... */
#define SIM_MARK_MAX 1024
unsigned sim_marks_of(hpa_t at);
void sim_marks_reset(void);

/* A call of host_page_mark(), the newest first; false if it is too long ago. */
struct sim_mark {
	ia_t at;
	hpa_t page;
	uint64_t size;
	unsigned ad;
};
bool sim_mark(uint64_t back, struct sim_mark *mark);

#endif
