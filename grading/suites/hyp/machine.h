/*
 * Machines for tests: a real struct vm over a real address space, whose guests run the pieces of guest.h.
 *
 * What the guest sees:
 *
 *   GUEST_RAM      2 MiB in one piece, as in guest.h: code, tables, data; memslot RAM_SLOT
 *   WINDOW         WINDOW_PAGES pages of 4 KiB for the case to play with; memslot WINDOW_SLOT
 *
 * The case's thread is the monitor: while a machine is there, the address space is that of the kernel's own process.
 * One machine at a time.
 */
#ifndef SUITES_HYP_MACHINE_H
#define SUITES_HYP_MACHINE_H

#include "grading/suites/hyp/guest.h"
#include "grading/suites/kernel/space.h"
#include "hyp/vm.h"

#define WINDOW       0x00800000ull
#define WINDOW_PAGES 64
#define WINDOW_SIZE  (WINDOW_PAGES * PAGE_SIZE)

/* In the monitor's memory. */
#define RAM_MEMORY    hva(AREA)
#define WINDOW_MEMORY hva(AREA + 0x10000000ull)

enum { RAM_SLOT, WINDOW_SLOT, FREE_SLOT };

struct machine {
	struct aspace *as;
	struct vm *vm;
	u32 vcpu_count;
	struct guest guest[VM_VCPU_MAX];
};

/* One with so many vCPUs, all of which run; it ends with the case.  Skips the case where guests cannot run. */
struct machine *machine_create(u32 vcpu_count);

/* The same, but its vCPUs and the case's reference are gone: for cases about the end.  Not twice. */
void machine_end(struct machine *m);

/* The case has this address space from now on, as a thread of a process has: its CPU translates by it.  NULL: none. */
void machine_use(struct aspace *as);

/*
 * RAM as at the beginning, for vCPUs that all begin anew; none runs.  After a fork: guests write to it, be it through
 * the bits of their tables, and then it is not in one piece any more.
 */
void machine_renew_ram(struct machine *m);

/* EXPECT that the guest, begun at this piece with this argument, leaves for this reason. */
void machine_expect(struct guest *g, const char *piece, u64 arg, enum vm_exit reason);

/* EXPECT that the guest finds this value at a guest address; that it can write there. */
void machine_read(struct guest *g, u64 at, u64 value);
void machine_write(struct guest *g, u64 at, u64 value);

/* A memslot: 0 or a negative errno. */
int machine_slot(struct machine *m, u32 id, gpa_t start, u64 size, hva_t memory);
int machine_set_slot(struct machine *m, const struct vm_memslot *request);

/* EXPECT that no invariant of the MMU is broken. */
void machine_check(struct machine *m);

#endif
