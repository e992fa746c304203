/*
 * A CPU, and what CPUs ask of each other.
 *
 * Locking: the fields of a struct cpu are that CPU's own, touched with interrupts off, unless said otherwise.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel.h"
#include "arch/arch.h"
#include "boot_info.h"
#include "lock_rank.h"

#define HELD_LOCKS_MAX 12

/* The ranks of the locks that a CPU (spinning ones) or a thread (sleeping ones) holds, for the order check. */
struct held_locks {
	u32 count;
	u32 rank[HELD_LOCKS_MAX];
	const void *lock[HELD_LOCKS_MAX];
};

enum cpu_start { CPU_STARTING, CPU_RUNS, CPU_REFUSED };

struct cpu {
	struct arch_cpu arch; /* first: entry code finds it at offset 0 */

	u32 id;              /* index in cpus[] */
	u64 hw_id;           /* hart id, APIC id */
	void *boot_stack;    /* its top; later the idle thread's */
	u32 start;           /* enum cpu_start; atomic */
	struct thread *thread;
	struct thread *idle;
	hpa_t root;          /* the loaded stage-1 root */
	struct aspace *aspace; /* whose root that is, or NULL */

	u32 irq_depth;       /* of irq_push() */
	bool irq_was_on;     /* before the outermost */
	bool resched;        /* switch threads at the next chance */
	u64 tick_deadline;   /* end of the running thread's slice; ~0 when idle */

	struct held_locks held;
	u64 idle_ns, switch_count, fault_count, syscall_count;
};

extern struct cpu cpus[MAX_CPUS];

/* How many CPUs run.  Grows during boot and stays. */
extern u32 cpu_count;

#define for_each_cpu(c) for (c = cpus; c < cpus + READ_ONCE(cpu_count); c++)

/* A set of CPUs, bit i for cpus[i]. */
typedef u32 cpu_mask_t;

/* The thread that runs here; stable for the caller even with interrupts on. */
struct thread *current(void);

/* ---- Requests to other CPUs ---------------------------------------------------------------------------- */

/*
 * Call fn(arg) on every running CPU in mask and wait until all have returned; this CPU, if in the mask, calls it
 * directly.  fn runs with interrupts off, maybe in the middle of any code that spins: it takes no lock and does not
 * sleep.  The caller may hold any lock and have interrupts off.
 */
void smp_call(cpu_mask_t mask, void (*fn)(void *arg), void *arg);

/* Forget user translations of [start, end) on the CPUs in mask, and wait for it. */
void smp_flush(cpu_mask_t mask, hva_t start, hva_t end);

/* Make the CPU look at its run queue.  Does not wait. */
void smp_kick(struct cpu *cpu);

/* Serve what other CPUs have asked of this one.  Interrupts off. */
void smp_serve(void);

/* One turn of waiting for another CPU: relax and serve. */
void spin_wait(void);

#endif
