/*
 * Threads.  The kernel knows nothing of stacks: the library maps one for each thread and frees it after the join.
 */
#include "thread.h"

#define PAGE 4096

/* The calls themselves. */
int raw_create(void (*entry)(void), void *arg, void *stack_top) SYSCALL(thread_create);
int raw_join(s64 tid, s64 *value) SYSCALL(thread_join);

void thread_entry(void); /* start.S: calls thread_main() with arg */
NORETURN void thread_main(struct thread *t);

void thread_main(struct thread *t)
{
	thread_exit(t->run(t->arg));
}

int thread_create(struct thread *t, s64 (*run)(void *arg), void *arg)
{
	size_t size = PAGE + THREAD_STACK_SIZE;
	u8 *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);

	if (error_of(stack))
		return error_of(stack);
	*t = (struct thread){ .stack = stack, .run = run, .arg = arg };
	int tid = mprotect(stack, PAGE, PROT_NONE);

	if (tid == 0)
		tid = raw_create(thread_entry, t, stack + size);
	if (tid < 0) {
		munmap(stack, size);
		return tid;
	}
	t->tid = tid;
	return 0;
}

int thread_join(struct thread *t, s64 *value)
{
	int error = raw_join(t->tid, value);

	if (!error)
		munmap(t->stack, PAGE + THREAD_STACK_SIZE);
	return error;
}
