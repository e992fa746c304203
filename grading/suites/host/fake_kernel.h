/*
 * A kernel of one CPU and one thread for tests of code that locks, sleeps and allocates.
 *
 * Include it first; then, between names_begin.h and names_end.h, the kernel sources to test.  It stands in for
 * arch/arch.h and defines what those sources link against.  The test defines three hooks:
 *
 *   fake_irqs_on()   interrupts have just been turned on: deliver what is pending
 *   fake_step()      somebody sleeps; let the world do one thing; false if nothing is left to happen
 *   fake_killed      true: the process is being killed, and interruptible sleeps end with -EINTR
 */
#ifndef HOST_FAKE_KERNEL_H
#define HOST_FAKE_KERNEL_H

#include "check.h"
#include "names_begin.h"

/* ---- Instead of arch/arch.h ---------------------------------------------------------------------------- */

#define KERNEL_ARCH_ARCH_H
#define ARCH_NAME "fake"
#define USER_END  (1ull << 47)

#include "kernel/kernel.h"
#include "mmu/pt/addr.h"

struct trapframe {
	u64 unused;
};
struct arch_context {
	u64 unused;
};
struct arch_fp {
	u64 unused;
};
struct arch_cpu {
	u64 unused;
};

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };

static bool fake_irqs_enabled = true;
static bool fake_killed;

static void fake_irqs_on(void);
static bool fake_step(void);

static inline void arch_irq_disable(void)
{
	fake_irqs_enabled = false;
}

static inline bool arch_irq_enabled(void)
{
	return fake_irqs_enabled;
}

static inline void arch_irq_enable(void)
{
	fake_irqs_enabled = true;
	fake_irqs_on();
}

static inline struct cpu *this_cpu(void);
void cpu_relax(void);
u64 arch_clock(void);
void arch_irq_unmask(u32 irq);
u8 arch_uart_read(int reg);
void arch_uart_write(int reg, u8 value);

#include "kernel/lib/string.c"
#include "kernel/boot_option.h"
#include "kernel/proc.h"
#include "kernel/mm/buddy.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/uaccess.h"
#include "names_end.h"

/* ---- CPUs and threads ---------------------------------------------------------------------------------- */

struct cpu cpus[MAX_CPUS];
u32 cpu_count = 1;
static struct proc fake_proc;
static struct thread fake_thread = { .tid = 1, .proc = &fake_proc };
static u64 fake_time;

static inline struct cpu *this_cpu(void)
{
	return &cpus[0];
}

struct thread *current(void)
{
	return &fake_thread;
}

bool proc_is_leaving(void)
{
	return fake_killed;
}

void cpu_relax(void)
{
	CHECK_DIE("one CPU cannot wait for another");
}

u64 arch_clock(void)
{
	return fake_time++;
}

u64 boot_option_u64(const char *name, u64 otherwise)
{
	return otherwise;
}

void panic(const char *format, ...)
{
	CHECK_DIE("panic: %s", format);
}

/* ---- Locks --------------------------------------------------------------------------------------------- */

void irq_push(void)
{
	if (cpus[0].irq_depth++ == 0)
		cpus[0].irq_was_on = fake_irqs_enabled;
	arch_irq_disable();
}

void irq_pop(void)
{
	if (--cpus[0].irq_depth == 0 && cpus[0].irq_was_on)
		arch_irq_enable();
}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

static u32 fake_ranks[HELD_LOCKS_MAX], fake_held;

void spin_lock(struct spinlock *lock)
{
	irq_push();
	CHECK(!lock->locked, "lock %s is taken twice", lock->name);
	CHECK(fake_held == 0 || fake_ranks[fake_held - 1] < lock->rank, "lock %s out of order", lock->name);
	lock->locked = 1;
	fake_ranks[fake_held++] = lock->rank;
}

bool spin_try_lock(struct spinlock *lock)
{
	if (lock->locked)
		return false;
	spin_lock(lock);
	return true;
}

void spin_unlock(struct spinlock *lock)
{
	CHECK(lock->locked, "lock %s is not held", lock->name);
	lock->locked = 0;
	fake_held--;
	irq_pop();
}

bool spin_is_held(const struct spinlock *lock)
{
	return lock->locked;
}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
	*mutex = (struct mutex){ .rank = rank, .name = name };
}

void mutex_lock(struct mutex *mutex)
{
	CHECK(fake_held == 0 && !mutex->owner, "mutex %s", mutex->name);
	mutex->owner = &fake_thread;
}

void mutex_unlock(struct mutex *mutex)
{
	mutex->owner = NULL;
}

/* ---- Sleeping ------------------------------------------------------------------------------------------ */

/* A queue's `prev` pointer serves to note that somebody was woken. */
void waitq_init(struct waitq *q)
{
	list_init(&q->threads);
}

u32 waitq_wake(struct waitq *q, u32 count)
{
	q->threads.prev = NULL;
	return count ? 1 : 0;
}

int waitq_sleep(struct waitq *q, struct spinlock *lock, enum wait_mode mode, u64 deadline)
{
	int result = 0;

	CHECK(fake_held == 1, "asleep with %u locks", fake_held);
	q->threads.prev = &q->threads;
	spin_unlock(lock);
	while (q->threads.prev && !(fake_killed && mode == WAIT_INTERRUPTIBLE))
		if (!fake_step())
			CHECK_DIE("asleep for ever on %s", lock->name);
	if (q->threads.prev)
		result = -EINTR;
	q->threads.prev = &q->threads;
	spin_lock(lock);
	return result;
}

/* ---- Memory -------------------------------------------------------------------------------------------- */

static u64 fake_allocations, fake_fail_at; /* fail_at: count down to a failure; 0: none */

static bool fake_fails(void)
{
	return fake_fail_at && --fake_fail_at == 0;
}

void *kmalloc(size_t size)
{
	void *p = fake_fails() ? NULL : calloc(1, size);

	fake_allocations += p != NULL;
	return p;
}

void kfree(void *p)
{
	fake_allocations -= p != NULL;
	free(p);
}

hpa_t buddy_alloc(u32 order)
{
	void *p = fake_fails() ? NULL : malloc(PAGE_SIZE << order);

	fake_allocations += p != NULL;
	return hpa((u64)p);
}

hpa_t page_alloc_block(u32 order)
{
	return buddy_alloc(order);
}

void buddy_free(hpa_t block, u32 order)
{
	kfree((void *)block.raw);
}

void *hpa_to_ptr(hpa_t pa)
{
	return (void *)pa.raw;
}

hpa_t ptr_to_hpa(const void *p)
{
	return hpa((u64)p);
}

/* ---- User memory: this array, and nothing else --------------------------------------------------------- */

static u8 fake_user[256 * 1024];

static bool is_user(hva_t at, size_t size)
{
	u64 offset = at.raw - (u64)fake_user;

	return offset <= sizeof(fake_user) && size <= sizeof(fake_user) - offset;
}

int copy_in(void *to, hva_t from, size_t size)
{
	CHECK(fake_held == 0, "copy_in with a lock");
	if (!is_user(from, size))
		return -EFAULT;
	kernel_memcpy(to, (void *)from.raw, size);
	return 0;
}

int copy_out(hva_t to, const void *from, size_t size)
{
	CHECK(fake_held == 0, "copy_out with a lock");
	if (!is_user(to, size))
		return -EFAULT;
	kernel_memcpy((void *)to.raw, from, size);
	return 0;
}

s64 copy_in_string(char *to, hva_t from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!is_user(hva_add(from, i), 1))
			return -EFAULT;
		to[i] = *(char *)(from.raw + i);
		if (!to[i])
			return i;
	}
	return -ENAMETOOLONG;
}

#endif
