/*
 * For mmu/pt/pt_access.h: -DPT_ACCESS_HEADER='"grading/sim/access.h"' puts the simulated machine before each access.
 */
#ifndef SIM_ACCESS_H
#define SIM_ACCESS_H

void sim_access_point(const void *slot, const char *what);

#define PT_ACCESS_POINT(slot, what) sim_access_point(slot, what)

#endif
