/*
 * A virtual CPU: its run loop, and how others reach it.
 *
 * The thread that calls vcpu_run() is the vCPU; there is no other.  Once around the loop:
 *
 *	requests?                    interrupts on: the loop may end
 *	interrupts off
 *	mode = IN              (a)
 *	requests?              (b)   -> mode = OUT, interrupts on, again
 *	arch_vcpu_enter()            the guest runs
 *	mode = OUT             (c)
 *	interrupts on                what interrupted the guest is taken here, at once, and may switch threads
 *	arch_vcpu_exit()             -> again, or to the caller
 *
 * The kick handshake.  `mode` is one atomic word:
 *
 *	        (a) enter             kick: interrupt
 *	  OUT ------------> IN  --------------------> EXITING
 *	   ^                 `--- (c) exit ---.           |
 *	   `------------------------------------ (c) -----'
 *
 *   kicker:  (1) requests |= bit   seq_cst        vCPU:  (a) mode = IN          seq_cst
 *            (2) reads mode        seq_cst               (b) reads requests     seq_cst
 *
 *   A store, then a load, on both sides: either the vCPU sees the request at (b), or the kicker sees IN at (2), makes
 *   it EXITING - one interrupt, however many kickers - and interrupts vcpu->cpu.  Interrupts are off from (a) to the
 *   entry, so one that comes between stays pending and ends the guest at once.  vcpu->cpu is written before (a), and
 *   the same until (c).
 *
 * Switched out.  Between the begin and the end of vcpu_run() the thread has a hook (kernel/sched.h): the vCPU is put
 * when the thread loses its CPU and loaded on whatever CPU it goes on.
 *
 * Floating point.  The thread's own is saved and off before the vCPU is loaded, and stays off until it is put; what is
 * in the registers meanwhile is the guest's, if anything.
 */
#ifndef HYP_VCPU_H
#define HYP_VCPU_H

#include "hyp/root.h"
#include "abi/vm.h"
#include "hyp/arch/hyp_arch.h"
#include "sched.h"

enum vcpu_mode { VCPU_OUT, VCPU_IN, VCPU_EXITING };

/* Bits of `requests`. */
enum {
	VCPU_REQUEST_KICK = 1, /* leave: the monitor asked */
	VCPU_REQUEST_LOOK = 2, /* pending interrupts, the root or the state changed: look before the next entry */
	VCPU_REQUEST_ARCH = 16, /* this bit and those above: the machine's own */
};

/* Whether its guest may run.  Of a machine's vCPU; irq_lock. */
enum vcpu_state { VCPU_STOPPED, VCPU_RUNS, VCPU_HALTED, VCPU_FAILED };

#define VCPU_NO_CPU (~0u)

/* What is told to the monitor of a vCPU that runs no more. */
struct vcpu_failure {
	u32 why; /* enum vm_fail */
	u64 detail[4];
	char text[120];
};

struct vcpu {
	/* constant after creation */
	struct vm *vm;         /* NULL: no machine's, for tests of the world switch */
	u32 index;
	struct mmu_vcpu *mv;
	struct vm_run *run;    /* shared with the monitor, so never trusted: each field is read once */

	/* constant while it is loaded */
	struct host_root *root;

	/* atomic */
	u32 mode;     /* enum vcpu_mode */
	u32 requests;
	u32 cpu;      /* where the guest runs; valid while mode is not OUT */
	u32 busy;     /* a thread is in vm_run_vcpu(), or uses the registers */

	/* the running thread's */
	struct thread_hook hook;
	struct tdp_fault fault;
	bool has_unfinished;   /* the monitor's answer to the last exit is to be used: arch_vcpu_finish() */
	u32 retry_count;       /* faults in a row that something under way sent back */
	struct vcpu_failure failure;
	struct arch_vcpu arch;
	struct vm_vcpu_stat count;

	/* the CPU's that it is loaded on; interrupts off */
	u32 last_cpu; /* that entered the guest last, or VCPU_NO_CPU */
	u64 load_count;

	/* vm->irq_lock */
	enum vcpu_state state;
	bool start_asked;      /* arch_vcpu_started() is to be called */
	struct waitq sleeper;  /* its thread, while the guest is halted or stopped */
};

/* A vCPU as after a reset, without a root.  -ENOMEM. */
int vcpu_init(struct vcpu *vcpu, struct vm *vm, u32 index);
/* It does not run. */
void vcpu_destroy(struct vcpu *vcpu);

/* Run the guest until the caller has to see why it left.  By one thread at a time; interrupts are on. */
enum vcpu_exit vcpu_run(struct vcpu *vcpu);

/* vcpu_run() in pieces.  Between begin and end the thread has the vCPU loaded, and nothing else may be loaded. */
void vcpu_begin(struct vcpu *vcpu);
void vcpu_end(struct vcpu *vcpu);

/*
 * Once around the loop: VCPU_EXIT_AGAIN also if the guest was not entered, because somebody asks for something.
 * Interrupts are on.  The caller has looked at the requests.
 */
enum vcpu_exit vcpu_step(struct vcpu *vcpu);

/* What has been asked since the last look. */
u32 vcpu_requests(struct vcpu *vcpu);

/* Ask for something, and end the guest if it runs.  Does not wait.  Any context. */
void vcpu_kick(struct vcpu *vcpu, u32 request);

/* The vCPU that this CPU has loaded, or NULL.  No lock: for panics, or on this CPU with interrupts off. */
struct vcpu *vcpu_loaded(const struct cpu *cpu);

/* Interrupts off.  For the thread's hook, and around a look at guest memory without an entry. */
void vcpu_load(struct vcpu *vcpu);
void vcpu_put(struct vcpu *vcpu);

#endif
