/*
 * What a lab asks for and nobody has written yet.  In a release, a function that a lab asks for has a body that
 * compiles, calls lab_todo() and gives a harmless answer; whoever reports a failure says which of them was called.
 *
 * I1 Nothing in the solution calls lab_todo(): labs/cut.awk puts the calls there.
 *
 * Locking: none.  If several are called at once, one of them is named.
 */
#ifndef MMU_PT_TODO_H
#define MMU_PT_TODO_H

#include <stddef.h>

/* The name of the function that was called first; NULL: none.  Weak: there is one, wherever this is included. */
__attribute__((weak)) const char *lab_todo_first;

static inline void lab_todo(const char *function)
{
	if (!lab_todo_first)
		lab_todo_first = function;
}

#endif
