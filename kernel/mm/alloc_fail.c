/*
 * Fault injection: see alloc_fail.h.  The state is the thread's own.
 */
#include "mm/alloc_fail.h"
#include "sched.h"

u64 alloc_fail_nth(u64 n, enum fail_mode mode)
{
	struct alloc_fail *a = &current()->alloc_fail;
	u64 made = a->made;

	*a = (struct alloc_fail){ .nth = n, .mode = mode };
	return made;
}

bool alloc_should_fail(void)
{
	struct thread *t = current();
	struct alloc_fail *a;

	if (!t)
		return false; /* at boot */
	a = &t->alloc_fail;
	a->made++;
	if (a->nth == 0)
		return false;
	return a->mode == FAIL_ONCE ? a->made == a->nth : a->made >= a->nth;
}
