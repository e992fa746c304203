/*
 * PT_ACCESS_POINT(slot, what): where the simulated machine lets somebody else go first.  Nothing in a real kernel.
 */
#ifndef MMU_PT_PT_POINT_H
#define MMU_PT_PT_POINT_H

#ifdef PT_ACCESS_HEADER
#include PT_ACCESS_HEADER /* defines it */
#else
#define PT_ACCESS_POINT(slot, what) ((void)0)
#endif

#endif
