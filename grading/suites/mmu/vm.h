/*
 * A guest over mmu/mmu.h: memslots, the monitor's memory, two virtual CPUs.  What it is made of knows nothing of the
 * implementation, so any of them can be judged.
 *
 * VM_SLOT    rights RWX, the monitor's memory in four parts of a large leaf each:
 *   VM_LARGE     one piece, writable
 *   VM_SMALL     pages of 4 KiB, writable
 *   VM_SHARED    one piece, read-only
 *   VM_HOLE      nothing
 * VM_ROM     a memslot for reading and executing, the monitor may write
 * elsewhere  no memslot
 */
#ifndef SUITES_MMU_VM_H
#define SUITES_MMU_VM_H

#include "grading/sim/monitor.h"
#include "grading/sim/sim.h"
#include "grading/suites/mmu/tree.h"
#include "mmu/mmu.h"

#define VM_PAGE   ((uint64_t)4096)
#define VM_PART   pt_span(1)
#define VM_SLOT   (4 * VM_PART)
#define VM_LARGE  VM_SLOT
#define VM_SMALL  (VM_SLOT + VM_PART)
#define VM_SHARED (VM_SLOT + 2 * VM_PART)
#define VM_HOLE   (VM_SLOT + 3 * VM_PART)
#define VM_END    (VM_SLOT + 4 * VM_PART)
#define VM_ROM    (VM_END + VM_PART)
#define VM_ROM_END (VM_ROM + VM_PART)

/* Where in the monitor's memory, and where that lies, what the guest has at `at`. */
#define VM_HVA(at)  (((uint64_t)1 << 36) + (at))
#define VM_HPA(at)  (64 * VM_PART + (at))

#define VM_CPUS 2

/* Indices of memslots, and of blocks of the monitor's memory. */
enum { VM_IN_SLOT, VM_IN_ROM };
enum { VM_USER_LARGE, VM_USER_SMALL, VM_USER_SHARED, VM_USER_ROM, VM_USER_OTHER };

extern struct vm {
	struct host *host;
	struct mmu *mmu;
	struct mmu_vcpu *vcpus[VM_CPUS];
	struct mmu_root roots[VM_CPUS]; /* that they run on */
	struct mmu_role roles[VM_CPUS];
	int id_count;
} vm;

/* A machine of `shape`, an mmu, vCPU i running on CPU i.  Skips what is no second stage. */
void vm_start(void);

/* The same with the smallest shape: for cases and for struct explore_plan. */
void vm_start_smallest(void *unused);

/* vCPUs go, the mmu goes; nothing is left. */
void vm_finish(void);

/* Does every tree say what the monitor says, and agree with itself?  And vm_finish(). */
void vm_check(void);
void vm_check_and_finish(void *unused);

/* Leave the guest, load the root that it has to run on now. */
void vm_enter(int cpu);

/* One access by the guest on this CPU, by what the CPU has now. */
bool vm_touch(int cpu, uint64_t at, unsigned access);

/* One fault. */
enum mmu_outcome vm_fault(int cpu, uint64_t at, unsigned access, struct mmu_answer *answer);

/*
 * The guest wants this access: touch, fault, and again, as a run loop does.  False: the answer is MMU_EMULATE,
 * MMU_ERROR, or, after many times, MMU_RETRY.
 */
bool vm_access(int cpu, uint64_t at, unsigned access, struct mmu_answer *answer);

/* It must work. */
void vm_must(int cpu, uint64_t at, unsigned access);

/* The memslots as vm_start() makes them. */
struct host_slot vm_slot(int i);

/* What the monitor does, notifiers and all.  Each ends by looking whether the pages are out of reach. */
void vm_munmap(uint64_t start, uint64_t end, int user);
void vm_move_pages(uint64_t start, uint64_t end, int user, uint64_t to);
void vm_make_shared(uint64_t start, uint64_t end, int user);
void vm_delete_slot(int i);
void vm_change_slot(int i, const struct host_slot *slot);

struct mmu_stats vm_stats(void);

#endif
