/*
 * Coroutines: functions with stacks of their own that hand the CPU to each other by name.
 *
 * Freestanding; the switch itself is arch/<machine>/switch.S.  Nobody is interrupted: coro_switch() is the only place
 * where another one goes on, so what runs between two switches is atomic, and every run repeats exactly.
 */
#ifndef EXPLORE_CORO_H
#define EXPLORE_CORO_H

#include <stdint.h>

struct coro {
	void *sp; /* while it does not run */
	void (*run)(void *arg);
	void *arg;
	void *stack;     /* lowest address; NULL for the stack that came with the caller */
	uint64_t size;
	void *sanitizer; /* what AddressSanitizer remembers of the stack while another runs */
};

/* Make a coroutine that begins with run(arg) when it is switched to.  run() does not return. */
void coro_make(struct coro *c, void *stack, uint64_t size, void (*run)(void *arg), void *arg);

/* What runs now is from here on `from`; go on with `to`.  Returns when somebody switches to `from`. */
void coro_switch(struct coro *from, struct coro *to);

#endif
