/*
 * The list of processes, for ps and top.
 */
#ifndef USER_PROCLIST_H
#define USER_PROCLIST_H

#include "sys.h"

/* All processes, sorted by pid; free() the list.  How many, or -E... */
s64 proclist_get(struct procinfo **list);

/* "run", "wait" or "zombie". */
const char *proclist_state(const struct procinfo *p);

#endif
