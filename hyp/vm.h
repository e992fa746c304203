/*
 * Virtual machines.
 *
 * Life.  A machine is counted: one reference for its file, one for each vCPU's.  Whatever order files are closed in, by
 * whom, and whether the monitor was killed, forked or replaced itself by exec: the last vm_put() destroys it.
 *
 *   VM_CREATE ---> live ---- release() of the owner's address space ----> dead ---- last vm_put() ----> (freed)
 *                    `----------------------- last vm_put() -----------------------------------------'
 *
 *   dead: nothing is mapped and nothing can be (mmu_kill()).  All calls but close() are refused: -EPERM, since
 *   whoever is left is not the owner; -EIO if he were.
 *
 * The owner is the address space that made it.  A descriptor that fork() gave away is good for close() and nothing else
 * (-EPERM).  So vCPUs run only in threads of the owner, and when release() comes no vCPU runs.
 *
 * I1 `owner` is a reference to the struct, not to its memory; it is there as long as the machine is.
 * I2 A thread that runs a vCPU holds a reference, through the file that its system call uses.
 *
 * Locking, in order (kernel/lock_rank.h):
 *
 *   vm->lock         RANK_VM        mutex    creating vCPUs, memslot calls; never held while a guest runs
 *   as->lock         RANK_ASPACE    rwmutex  the kernel's; begin() and release() come with it; host_resolve() takes it
 *   vm->slots.lock   RANK_MEMSLOT   rwmutex  memslot.h
 *   vm->host.lock    RANK_MMU       rwlock   host_lock()
 *   vm->irq_lock     RANK_VM_IRQ    spinlock interrupt controllers, pending interrupts, vCPUs' states
 *   vms_lock         RANK_VM_LIST   spinlock the list of machines
 *
 *   munmap:          aspace (w) < memslot (r) < mmu (w) -> smp_call()
 *   fault:           [aspace (r), let go]; mmu (r) < notifier.  Memslots without a lock
 *   memslot update:  vm < memslot (w) < mmu (w)
 *   wake a vCPU:     irq < sched
 */
#ifndef HYP_VM_H
#define HYP_VM_H

#include "kernel.h"
#include "lock.h"
#include "abi/vm.h"
#include "hyp/host_state.h"
#include "hyp/memslot.h"
#include "hyp/vcpu.h"
#include "mm/aspace.h"
#include "mm/notifier.h"
#include "mmu/mmu.h"

struct vm {
	/* constant after creation */
	u32 id;        /* never used again */
	int pid;       /* of the process that made it */
	u32 gpa_bits;
	char name[VM_NAME_MAX];
	struct aspace *owner;
	struct mmu *mmu;

	/* atomic */
	u32 count;
	bool is_dead;
	u64 slot_updates, notifier_begins;

	struct mutex lock;
	struct host host;
	struct memslots slots;
	struct notifier notifier;

	struct spinlock irq_lock;
	struct vcpu *vcpu[VM_VCPU_MAX]; /* lock and irq_lock to change, one of them to read */
	u32 live_count;                 /* irq_lock: vCPUs that are not stopped */
	struct arch_vm arch;            /* irq_lock, where it does not say otherwise */

	struct list link;               /* vms_lock */
};

/* What machines can be like here; but for `size`. */
void vm_caps(struct vm_caps *caps);

/* Table pages that a machine may have unless it asks for another number. */
u64 vm_table_limit(void);

/* A machine of the caller's.  -EINVAL, -ENOSYS (config), -ENOMEM, -ENFILE (VM_MAX). */
int vm_create(const struct vm_config *config, struct vm **vm);
void vm_get(struct vm *vm);
/* May sleep. */
void vm_put(struct vm *vm);

/* May this thread use it?  0; -EPERM: it is another's; -EIO: it is dead. */
int vm_check_caller(const struct vm *vm);

/* The machine with this id, counted; NULL: none. */
struct vm *vm_find(u32 id);

/* The ids of machines, lowest first: up to `room` of them; how many there are. */
u32 vm_list(u32 *ids, u32 room);

/* A vCPU of this machine, as after a reset: 0 runs, the others wait to be started.  -EINVAL, -EEXIST, -ENOMEM. */
int vm_vcpu_create(struct vm *vm, u32 index, struct vcpu **vcpu);
/* It does not run. */
void vm_vcpu_destroy(struct vcpu *vcpu);

/* Level of an input of the interrupt controllers.  -EINVAL: no such line. */
int vm_set_line(struct vm *vm, u32 line, u32 level);

/* -EBUSY: it has more already. */
int vm_set_limit(struct vm *vm, u64 pages);

/* mmu_prefault() on its first vCPU's part; *start moves to where it stopped.  0, -EINVAL, -ENOSYS, -EAGAIN, ... */
int vm_prefault(struct vm *vm, gpa_t *start, gpa_t end);

/* ---- Running (run.c) ----------------------------------------------------------------------------------- */

/*
 * Run the guest until the monitor has to do something: 0, and run->exit_reason says what.  -EINTR: the thread is being
 * killed; -EINVAL: arch_vcpu_finish() refuses the monitor's answer; -EBUSY: another thread runs it; -EPERM, -EIO:
 * vm_check_caller(); -ENOMEM: no root.
 */
int vm_run_vcpu(struct vcpu *vcpu);

/* Have the registers alone: false, if somebody has them.  And let go. */
bool vcpu_take(struct vcpu *vcpu);
void vcpu_let_go(struct vcpu *vcpu);

/* After a failure, with another state, it may run again. */
void vcpu_forgive(struct vcpu *vcpu);

/*
 * Ask a vCPU of a machine for something: it leaves the guest, or wakes up, and looks.  Does not wait.  The first takes
 * irq_lock, the second's caller has it.
 */
void vcpu_ask(struct vcpu *vcpu, u32 request);
void vcpu_ask_locked(struct vcpu *vcpu, u32 request);

/* The vCPU has been asked: return when it has left the guest.  It will look before it enters again. */
void vcpu_wait_locked(const struct vcpu *vcpu);

/*
 * A vCPU begins (its thread will call arch_vcpu_started()), or ends, until somebody lets it begin.  irq_lock is held.
 * False: it was so already.
 */
bool vcpu_start_locked(struct vcpu *vcpu);
bool vcpu_stop_locked(struct vcpu *vcpu);

/* For machine code: fill the run page.  The first is for those that fill the rest by themselves: VM_NEXT_MONITOR. */
enum vm_next vm_leave(struct vcpu *vcpu, enum vm_exit reason);
void vm_exit_fail(struct vcpu *vcpu, enum vm_fail why, u64 detail0, u64 detail1);
void vm_exit_shutdown(struct vcpu *vcpu, u32 kind, u64 detail);

/* ---- Looking (look.c) ---------------------------------------------------------------------------------- */

void vm_stat(struct vm *vm, struct vm_stat *stat);
void vcpu_stat(const struct vcpu *vcpu, struct vm_vcpu_stat *stat);

/* Text of at most `size` bytes: how much was used.  *start moves to where it stopped. */
size_t vm_dump(struct vm *vm, gpa_t *start, gpa_t end, char *text, size_t size);
size_t vm_why(struct vm *vm, gpa_t at, char *text, size_t size);

/* The number of an invariant of the MMU's that is broken, which is printed, or 0.  Long; for tests. */
int vm_check(struct vm *vm);

/* In lines: where the guest was, its last fault, and the walk for that address.  No lock: for panics. */
void vcpu_explain(const struct vcpu *vcpu, void (*print)(void *arg, const char *line), void *arg);

#endif
