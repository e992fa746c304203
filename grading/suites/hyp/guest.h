/*
 * Guests for tests: small pieces of assembly in a few pages, and what is common to them on both machines.
 *
 * A guest's memory, the same for all (guest-physical; its own tables map the first GiB where it is):
 *
 *   GUEST_RAM         2 MiB, for everything; the code is at its start
 *   GUEST_READ_ONLY   a page that can be read and executed
 *   GUEST_NO_EXEC     a page that can be read and written
 *   GUEST_HOLE        nothing
 *
 * GUEST_BAD_WALK is guest-virtual: on the way to it, the guest's own table lies at GUEST_HOLE_TABLE, where nothing is.
 */
#ifndef SUITES_HYP_GUEST_H
#define SUITES_HYP_GUEST_H

#include "grading/ktest/ktest.h"
#include "grading/suites/hyp/stage2.h"
#include "hyp/vcpu.h"

#define GUEST_RAM        0x00200000ull
#define GUEST_RAM_SIZE   HUGE_SIZE
#define GUEST_DATA       (GUEST_RAM + 0x1000)
#define GUEST_STACK      (GUEST_RAM + 0x9000)
#define GUEST_TABLES     (GUEST_RAM + 0x10000)
#define GUEST_READ_ONLY  0x00600000ull
#define GUEST_NO_EXEC    0x00601000ull
#define GUEST_HOLE       0x30000000ull
#define GUEST_HOLE_TABLE 0x31000000ull
#define GUEST_BAD_WALK   0x40000000ull

struct guest {
	struct vcpu *vcpu;
	struct vcpu own;         /* what it points to, unless it is a machine's (machine.h) */
	struct host_root *root;  /* not a machine's, from here on */
	struct stage2 *stage2;
	hpa_t ram, pages; /* `pages`: the two at GUEST_READ_ONLY */
};

/* A guest that ends with the case.  Skips the case where guests cannot run, leaves it without memory. */
struct guest *guest_create(void);

/* Where the kernel finds the guest's RAM at this guest-physical address. */
void *guest_memory(const struct guest *g, u64 at);

/* Begin at one of the pieces below, in the state that guest_reset() makes. */
void guest_start(struct guest *g, const char *piece);

/* ---- Given by arch/ ------------------------------------------------------------------------------------ */

/* Supervisor mode, 64 bits, translation as above, floating point allowed, interrupts off. */
void guest_reset(struct guest *g, u64 pc);

/* Registers, by what the pieces use them for; by number, all that guest_changes_registers() changes; and the pc. */
u64 *guest_arg(struct guest *g);
u64 *guest_result(struct guest *g);
u64 *guest_register(struct guest *g, u32 n);
u64 guest_pc(const struct guest *g);
extern const u32 guest_register_count;

/* What the kernel needs to be as it was after a guest: writes HOST_STATE_COUNT values. */
#define HOST_STATE_COUNT 20
void host_state(u64 *value);

/* All floating-point registers from a seed; and are they that? */
void fp_fill(struct arch_fp *fp, u64 seed);
bool fp_matches(const struct arch_fp *fp, u64 seed);

/*
 * The pieces, in one block of code that runs anywhere:
 *
 *   calls              for ever: result = arg + 1; call
 *   changes_registers  inverts every general register; calls
 *   spins              for ever: result++
 *   halts              waits for an interrupt; calls
 *   reads, writes      result = *arg, *arg = result; calls
 *   jumps              to arg
 *   polls              for ever: result = *arg
 *   counts             for ever: (*arg)++; call
 *   sweeps             writes to `result` pages from arg on; calls
 *   asks               `result` times what the hypervisor answers by itself; calls
 *   keeps_fp           fills the floating-point registers from arg, counts `result` down to 0, then: result = the
 *                      differences; calls
 */
extern const char guest_code[], guest_code_end[];
extern const char guest_calls[], guest_changes_registers[], guest_spins[], guest_halts[], guest_reads[], guest_writes[],
	guest_jumps[], guest_polls[], guest_counts[], guest_sweeps[], guest_asks[], guest_keeps_fp[];

#endif
