/*
 * Taking memory away: for tests of what happens when there is none.
 */
#ifndef SUITES_HOG_H
#define SUITES_HOG_H

#include "grading/ktest/ktest.h"

/* Take all blocks of at least this order that are free, the largest first.  They come back when the case ends, or with
 * hog_release().  Returns how many pages it took. */
u64 hog_take(u32 lowest_order);
void hog_release(void);

#endif
