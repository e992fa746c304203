/*
 * Coroutines: the part that is the same on all machines.
 *
 * AddressSanitizer watches stacks and has to be told when another one is used; without it those calls are nothing.
 */
#include <stddef.h>

#include "grading/explore/coro.h"
#include "coro_frame.h" /* the machine's */

/* switch.S: save the registers that a function must keep, and the stack pointer; load others. */
void coro_switch_stack(void **save, void *load);

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *saved, const void **bottom_old, size_t *size_old);
void __asan_unpoison_memory_region(const volatile void *start, size_t size);
#else
#define __sanitizer_start_switch_fiber(save, bottom, size)   ((void)0)
#define __sanitizer_finish_switch_fiber(saved, bottom, size) ((void)0)
#define __asan_unpoison_memory_region(start, size)           ((void)0)
#endif

static struct coro *leaving, *entering;

/* The stack that the first switch leaves is known from here on: somebody will come back to it. */
static void arrive(struct coro *self)
{
	const void *bottom = NULL;
	size_t size = 0;

	(void)self;
	__sanitizer_finish_switch_fiber(self->sanitizer, &bottom, &size);
	if (leaving->stack == NULL && size) {
		leaving->stack = (void *)bottom;
		leaving->size = size;
	}
}

static void begin(void)
{
	struct coro *self = entering;

	arrive(self);
	self->run(self->arg);
	__builtin_trap();
}

void coro_make(struct coro *c, void *stack, uint64_t size, void (*run)(void *arg), void *arg)
{
	uint64_t top = ((uint64_t)(uintptr_t)stack + size) & ~(uint64_t)15;
	uint64_t *frame = (uint64_t *)(uintptr_t)top - CORO_FRAME_WORDS;

	__asan_unpoison_memory_region(stack, size);
	*c = (struct coro){ .sp = frame, .run = run, .arg = arg, .stack = stack, .size = size };
	for (int i = 0; i < CORO_FRAME_WORDS; i++)
		frame[i] = 0;
	frame[CORO_FRAME_RETURN] = (uint64_t)(uintptr_t)begin;
}

void coro_switch(struct coro *from, struct coro *to)
{
	leaving = from;
	entering = to;
	__sanitizer_start_switch_fiber(&from->sanitizer, to->stack, to->size);
	coro_switch_stack(&from->sp, to->sp);
	arrive(from);
}
