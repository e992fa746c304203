/*
 * The plug: all that hyp/ calls of an MMU implementation, chosen with MMU=tdp, MMU=direct or MMU=path.
 *
 *   hyp/ ----mmu.h----> mmu/tdp or mmu/direct ----host.h----> hyp/host.c, or grading/sim
 *
 * A `struct mmu` is the guest-physical address space of one machine.  A `struct mmu_vcpu` is what one virtual CPU keeps
 * of it: its root, its spare tables.  Both are opaque here, and an implementation gets their memory from host.h.
 *
 * M1 After mmu_unmap() nothing in the range translates on any CPU, through any root, valid or not; after mmu_protect()
 *    no right that was taken is used; and nothing of it comes back but by mmu_fault() or mmu_prefault() that looked up
 *    the page after it.
 * M2 A translation is installed only between host_lock() and host_unlock(), after host_must_retry() has said no there.
 * M3 A root is freed when it is invalid and its last reference is gone: that of an mmu_vcpu (loaded or remembered), or
 *    that of a walk.  Until it is empty mmu_unmap() finds it.
 * M4 No function sleeps but where it says so, and none calls back into hyp/ but through host.h.
 *
 * Locking: a function takes the locks of host.h by itself; the caller holds no lock of their ranks or above.  What
 * concerns one mmu_vcpu is called by one thread at a time: the one that runs it.
 *
 * Errors are negative, with the values of kernel/abi/errno.h; on an error nothing has changed unless it says so.
 * Addresses are bytes; ranges are [start, end) of whole 4 KiB pages.
 */
#ifndef MMU_MMU_H
#define MMU_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/fmt/tdp_fault.h"
#include "mmu/pt/prot.h"

struct host;
struct host_root;
struct mmu;
struct mmu_vcpu;

/* Room for an entry in words. */
#define MMU_LINE_MAX 120

/* ---- What an implementation can do ------------------------------------------------------------------------ */

enum mmu_cap {
	MMU_CAP_HUGE = 1,          /* leaves above 4 KiB */
	MMU_CAP_PROTECT_SPLIT = 2, /* mmu_protect() of a part of a large leaf keeps the rest */
	MMU_CAP_DIRTY_LOG = 4,
	MMU_CAP_AGE = 8,
	MMU_CAP_PREFAULT = 16,
	MMU_CAP_PARALLEL = 32,     /* faults of several CPUs run at once */
	MMU_CAP_VIEWS = 64,        /* roles beyond view 0 */
	MMU_CAP_WIDTHS = 128,      /* roles of several levels */
};

struct mmu_caps {
	const char *name;               /* "tdp", "direct" */
	const char *format;             /* "riscv", "npt" */
	unsigned caps;                  /* enum mmu_cap */
	int gpa_bits_min, gpa_bits_max; /* of input addresses, over all shapes of root */
	int hpa_bits;                   /* of output addresses */
};

/* Constant for one kernel.  A function without its capability answers -ENOSYS and changes nothing. */
const struct mmu_caps *mmu_caps(void);

/* ---- Create and destroy ----------------------------------------------------------------------------------- */

struct mmu_config {
	struct host *host; /* outlives the mmu */
	int gpa_bits;      /* of the machine: nothing beyond is mapped */
	int root_bits;     /* a root covers at least so many; 0: gpa_bits.  More of them where beyond must not alias */
	int levels_fixed;  /* the levels that every root must have (x86: those of the host's paging); 0: the fewest */
};

/* An address space with nothing in it.  -EINVAL: no root of this format is like that; -ENOMEM. */
int mmu_create(struct mmu **mmu, const struct mmu_config *config);

/* Free everything.  No mmu_vcpu is left, no CPU has a root loaded, and no notifier is under way or comes any more. */
void mmu_destroy(struct mmu *mmu);

/* Forget everything that is mapped, for good: from here on mmu_fault() answers MMU_ERROR with -EIO. */
void mmu_kill(struct mmu *mmu);

/* A virtual CPU's part.  -ENOMEM. */
int mmu_vcpu_create(struct mmu_vcpu **mv, struct mmu *mmu);
void mmu_vcpu_destroy(struct mmu_vcpu *mv); /* it runs on no CPU */

/* ---- The root to load -------------------------------------------------------------------------------------- */

/* What a root is for.  vCPUs with equal roles share one. */
struct mmu_role {
	uint8_t levels; /* 0: as the configuration says */
	uint8_t view;   /* 0 the normal one; others only with MMU_CAP_VIEWS */
};

/* For hgatp, N_CR3. */
struct mmu_root {
	hpa_t table;
	int levels, extra;      /* extra: index bits beyond the format's */
	struct host_root *host; /* what host_root_open() gave: hardware IDs and CPUs belong to it */
};

/*
 * The root that this vCPU has to run on, made if need be, and referenced until the next call or mmu_vcpu_destroy().
 * Cheap when nothing has changed: one load and a compare.  The one before is remembered unless it is invalid.  Called
 * before each entry, interrupts on; then mmu_root_is_current() with interrupts off.
 * -ENOMEM; -EIO after mmu_kill(); -EINVAL: no such role.
 */
int mmu_vcpu_root(struct mmu_vcpu *mv, struct mmu_role role, struct mmu_root *root);

/*
 * May the vCPU enter with what mmu_vcpu_root() said last?  No lock; interrupts off.
 *
 * Ordering: pairs with mmu_reload_roots(): its change is seen here, or its caller's kick comes after this.
 */
bool mmu_root_is_current(const struct mmu_vcpu *mv);

/*
 * Make every root invalid, so that each vCPU gets a new one at its next entry; the caller kicks them after this.  Old
 * trees go with their last users.  For changes that touch everything.
 */
void mmu_reload_roots(struct mmu *mmu);

/* ---- Faults ------------------------------------------------------------------------------------------------ */

enum mmu_outcome {
	MMU_RETRY,    /* something changed meanwhile, or a race was lost: enter again, the guest repeats the access */
	MMU_FIXED,    /* mapped, or rights added */
	MMU_SPURIOUS, /* the tree allowed it already: this CPU remembered less, and has been made to forget */
	MMU_EMULATE,  /* no memory there: see `why` */
	MMU_ERROR,    /* see `error` */
	MMU_OUTCOME_COUNT,
};

enum mmu_why {
	MMU_WHY_NONE,
	MMU_WHY_NO_SLOT,   /* EMULATE: a device, or nothing */
	MMU_WHY_READ_ONLY, /* EMULATE: a write to a read-only memslot */
	MMU_WHY_BEYOND,    /* EMULATE: beyond gpa_bits */
	MMU_WHY_ATTRIBUTE, /* ERROR with -EFAULT: the memslot does not allow it, or the format has no such rights */
};

struct mmu_answer {
	enum mmu_outcome outcome;
	enum mmu_why why;
	/*
	 * With MMU_ERROR:
	 * -EFAULT   the monitor has no such page, or may not use it so
	 * -ENOMEM   no page or no table; trying again may help
	 * -EDQUOT   the monitor's limit of table pages
	 * -ELOOP    the budget is used up; `entry` describes the entry that is in the way
	 * -EIO      after mmu_kill(); or an entry of ours was malformed (TDP_FAULT_RESERVED), see `entry`
	 * -EINTR    the thread is being killed
	 */
	int error;
	char entry[MMU_LINE_MAX];
};

/*
 * So many answers in a row may say that an access of one kind to one page will work now (MMU_FIXED, MMU_SPURIOUS, a
 * lost race), while nothing was taken away and the sample stood still.  A right MMU needs three at most.  What the
 * surroundings cause does not count: a device that is polled, a range that is being changed, a lack of memory.
 */
#define MMU_BUDGET 64

/*
 * A vCPU's access was refused by stage 2, on the root that mmu_vcpu_root() said last.  May sleep (host_resolve()).
 * Interrupts on, no lock held.
 *
 * The order that makes it right, in every implementation:
 *   1 make sure of spare tables               may sleep, may fail
 *   2 sample = host_sample()                  before anything is looked up
 *   3 host_lookup()                           the memslot, by value
 *   4 host_resolve()                          the host's page; may sleep
 *   5 host_lock(); host_must_retry()?         and is the root still valid?
 *   6 walk, map, flush; host_unlock()
 *
 * Adding rights or filling an empty entry makes only this CPU forget (HOST_FLUSH_HERE): another that remembers less
 * faults, and finds MMU_SPURIOUS.
 */
void mmu_fault(struct mmu_vcpu *mv, const struct tdp_fault *fault, struct mmu_answer *answer);

/*
 * Map for reading what the memslots have in [start, end), as far as it goes, and not accessed yet.  The address behind
 * the last page that is mapped; -EAGAIN: something changed under it (it never waits for a memslot); -ENOMEM, -EDQUOT,
 * -EFAULT, -EINTR, -EIO.  An error is told only if not one page is mapped.  May sleep.
 */
int64_t mmu_prefault(struct mmu_vcpu *mv, gpa_t start, gpa_t end);

/* ---- Taking away: called by notifiers and memslot updates -------------------------------------------------- */

/* May the lock be let go in the middle of a tree, for those who wait? */
enum mmu_yield { MMU_MAY_YIELD, MMU_MUST_NOT_YIELD };

/*
 * Nothing in [start, end) translates when it returns (M1).  Whoever calls it has made sure that faults cannot put it
 * back: a range in progress, or a memslot that is busy.  Allocates nothing: a large leaf that reaches beyond the range
 * is dropped whole.  Cannot fail.
 */
void mmu_unmap(struct mmu *mmu, gpa_t start, gpa_t end, enum mmu_yield yield);

/*
 * Leaves in [start, end) keep at most these PT_ rights; none is added, PT_DEVICE stays.  A leaf is dropped if no rights
 * are left, or such as the format has not together; a large one that there is no memory to split loses rights beyond
 * the range too.  Cannot fail.
 */
void mmu_protect(struct mmu *mmu, gpa_t start, gpa_t end, pt_prot_t keep, enum mmu_yield yield);

/* ---- Dirty log --------------------------------------------------------------------------------------------- */

/* Begin to log: every page of [start, end) that is written after this is told by host_page_mark().  -ENOSYS. */
int mmu_log_protect(struct mmu *mmu, gpa_t start, gpa_t end);

/* The same for the pages of a harvest: bit i of mask is page start + i.  -ENOSYS. */
int mmu_log_protect_mask(struct mmu *mmu, gpa_t start, uint64_t mask);

/* Logging has ended: large leaves may come back.  -ENOSYS. */
int mmu_log_end(struct mmu *mmu, gpa_t start, gpa_t end);

/* ---- Age --------------------------------------------------------------------------------------------------- */

/* Was a page of [start, end) accessed through here?  mmu_age() also makes it old.  Without MMU_CAP_AGE: true. */
bool mmu_age(struct mmu *mmu, gpa_t start, gpa_t end);
bool mmu_test_young(struct mmu *mmu, gpa_t start, gpa_t end);

/* ---- Looking ------------------------------------------------------------------------------------------------ */

#define MMU_LEVEL_MAX 6

struct mmu_stats {
	uint64_t leaf_count[MMU_LEVEL_MAX]; /* by level, over all roots */
	uint64_t table_count;               /* roots included */
	uint64_t root_count, invalid_root_count;
	uint64_t faults[MMU_OUTCOME_COUNT]; /* by enum mmu_outcome */
	uint64_t prefault_count;            /* leaves that mmu_prefault() found or made */
};

/* Counted without locks: a moment off at worst. */
void mmu_stats(struct mmu *mmu, struct mmu_stats *stats);

/*
 * One line for each entry of [start, end) that is not empty, root after root.  Lines need not be of one moment.
 * print() is called with the lock held.
 */
void mmu_dump(struct mmu *mmu, gpa_t start, gpa_t end, void (*print)(void *arg, const char *line), void *arg);

/* The walk of each root to `at`, as pt_walk() tells it (mmu/pt/pt_check.h).  The rest is as mmu_dump()'s. */
void mmu_walk(struct mmu *mmu, gpa_t at, void (*print)(void *arg, const char *line), void *arg);

/* The same of the root that the vCPU got last, without a lock: for panics, when nobody changes anything any more. */
void mmu_walk_in_panic(const struct mmu_vcpu *mv, gpa_t at, void (*print)(void *arg, const char *line), void *arg);

/* The entry that decides about `at` on this vCPU's root, in one line. */
void mmu_describe(struct mmu_vcpu *mv, gpa_t at, char line[MMU_LINE_MAX]);

/*
 * The number of the first invariant that is broken, and where, or 0.  pt_check.h's rules by their numbers, and
 *   100 counts do not agree with a tree
 *   101 a leaf lies beyond gpa_bits
 *   102 a leaf lies in no memslot, is larger than it may be, or has a right that the memslot has not
 *   103 a leaf lies in a range that is being changed
 *   104 a root that is valid, or not, without the references that go with it
 * Holds the lock exclusively, and long: for tests, when nobody else is at work.
 */
int mmu_check(struct mmu *mmu, char line[MMU_LINE_MAX]);

#endif
