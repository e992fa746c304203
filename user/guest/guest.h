/*
 * For guests: programs that have a machine to themselves.
 *
 * A guest is one C file with guest_main(), and what is in lib/ and arch/.  It runs in supervisor mode (x86: ring 0) at
 * physical addresses, with interrupts off, on the first CPU.  It ends with done() or fail(); returning is done().
 *
 * They run on bare QEMU as well as under `vm run`, but for what the monitor alone has: see each.
 */
#ifndef GUEST_H
#define GUEST_H

#include "abi/types.h"

#define CPUS_MAX  8
#define PAGE_SIZE 4096ul

void guest_main(void);

/* ---- Words --------------------------------------------------------------------------------------------- */

/* %s %c %u %d %lu %x %lx %%, without widths.  One CPU at a time. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Turn the machine off: all went well; or say what did not. */
void done(void) __attribute__((noreturn));
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define CHECK(condition, ...)                                                                                          \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail(__VA_ARGS__);                                                                             \
	} while (0)

/* Numbers that look random; never 0 from a state that is not. */
static inline u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- The machine --------------------------------------------------------------------------------------- */

extern const char *const machine_name;

/* RAM that nobody uses: [start, end), whole pages, below 4 GiB. */
struct range {
	u64 start, end;
};
struct range free_ram(void);

/* All RAM, in bytes. */
u64 ram_size(void);

u32 cpu_count(void);

/* What the first characters of the command line make, for guests that are different each time. */
u64 machine_seed(void);

/* The serial line, for print(). */
void serial_put(char c);
/* After somebody wrote anything into its registers. */
void serial_reset(void);
void power_off(int failed) __attribute__((noreturn));

/* ---- Interrupts and faults ----------------------------------------------------------------------------- */

/* What to do: with interrupts off, on the CPU that got it.  NULL: it must not happen. */
extern void (*on_timer)(void);
extern void (*on_ipi)(void);

/* Instead of the end when a trap has no other function.  It does not come back.  NULL: the end. */
extern void (*on_unexpected)(void);

/* A page fault at an address: true when the access is to be tried again. */
extern bool (*on_page_fault)(u64 address);

void interrupts_on(void);
void interrupts_off(void);

/* Sleep until an interrupt, and take it.  Interrupts are off before and after. */
void sleep_once(void);

/* One timer interrupt, so many nanoseconds from now. */
void timer_set(u64 ns);

/* ---- Other CPUs ---------------------------------------------------------------------------------------- */

/* Let CPU `cpu`, 1 to cpu_count() - 1, run run(cpu), with interrupts off. */
void cpu_start(u32 cpu, void (*run)(u32 cpu));
void ipi_send(u32 cpu);

/* In a loop that waits for another CPU. */
void relax(void);

/* ---- Paging -------------------------------------------------------------------------------------------- */

/*
 * Both machines' tables have 512 entries, 9 bits of index a level.  paging_on() turns on the tables below `root`, which
 * is of level paging_levels - 1; they must map the code, which map_identity() sees to.
 */
extern const u32 paging_levels;
u64 entry_table(u64 address);
u64 entry_leaf(u64 address);
u64 entry_address(u64 entry);
/* The first 4 GiB of a root become what they are without paging. */
void map_identity(u64 *root);
void paging_on(const u64 *root);
void paging_flush(u64 va);
/* A zeroed page that nobody else gets. */
u64 *page_take(void);

/* ---- Code ---------------------------------------------------------------------------------------------- */

/* Write a function that returns `value` (up to 2047) at `to`, and make it so that it can be called. */
void write_function(void *to, u32 value);

/* ---- Called by the machine's part ---------------------------------------------------------------------- */

void trap_timer(void);
void trap_ipi(void);
/* False: nobody wants it. */
bool trap_page_fault(u64 address);
void trap_unexpected(u64 cause, u64 pc, u64 address) __attribute__((noreturn));

#endif
