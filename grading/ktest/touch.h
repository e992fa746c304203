/*
 * Touching user memory the way a program does: through this CPU's translation, with whatever it has cached.
 *
 * The kernel itself never does that (docs/decisions/002), so this is where a forgotten flush, or an entry with wrong
 * bits, can be seen without a user program.
 */
#ifndef KTEST_TOUCH_H
#define KTEST_TOUCH_H

#include "grading/ktest/ktest.h"
#include "mmu/pt/addr.h"

struct aspace;

/* Make this CPU translate through as, as if the calling thread belonged to it; and no more. */
void touch_begin(struct aspace *as);
void touch_end(void);

/*
 * Access the aligned u64 at va.  True and done; or false and nothing done, because there is no translation that allows
 * it.  Never calls the kernel's fault path.  Between touch_begin() and touch_end().
 */
bool touch_read(hva_t va, u64 *value);
bool touch_write(hva_t va, u64 value);

/* ---- Given by grading/ktest/arch/ ---------------------------------------------------------------------- */

/* 1, or 0 if it faults.  With interrupts off inside.  Leaves the right to touch user memory until ..._end(). */
int arch_touch_read(u64 va, u64 *value);
int arch_touch_write(u64 va, u64 value);
void arch_touch_end(void);

#endif
