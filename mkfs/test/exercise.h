/*
 * Using whatever file system an image holds, sound or not.
 */
#ifndef TEST_EXERCISE_H
#define TEST_EXERCISE_H

#include "check.h"

/*
 * Mount the image, walk through all that can be reached (within bounds), read and change it, and unmount.  Errors are
 * expected.  0; 1 if it does not mount; 2 if something was left behind: a lock, memory, a reference.
 */
int exercise(u8 *data, u64 block_count, u64 seed);

#endif
