/*
 * The machine's own tests: a scene, cases, and what must fail with which words.
 *
 * Nothing of mmu/ runs here but headers: trees are made of raw words (words.h), stores and flushes are made by hand, so
 * that each mistake can be made on purpose.
 */
#ifndef SIM_TEST_TEST_H
#define SIM_TEST_TEST_H

#include <stdio.h>

#include "grading/sim/dirty.h"
#include "grading/sim/guest.h"
#include "grading/sim/insn.h"
#include "grading/sim/mem.h"
#include "grading/sim/point.h"
#include "grading/sim/sim.h"
#include "grading/sim/sim_host.h"
#include "grading/sim/stale.h"
#include "grading/sim/test/words.h"
#include "grading/sim/tlb.h"

/* ---- Cases ---------------------------------------------------------------------------------------------- */

/* Formats that a case is for. */
enum test_if {
	IF_ANY,
	IF_EMPTY_CACHED,
	IF_EMPTY_NOT_CACHED,
	IF_LESS_CACHED,
	IF_LESS_NOT_CACHED,
	IF_BREAKS,
	IF_BREAKS_NOT,
	IF_SETS_AD,
	IF_FAULTS_AD,
	IF_SETS_AND_FAULTS_AD,
	IF_IGNORES_AD,
	IF_LARGE_ROOTS,
	IF_LEVELS_OF_TABLES, /* tables have rights of their own */
};

struct test_case {
	const char *name;
	void (*run)(void);
	const char *fails; /* the case must end in a failure whose text contains this; NULL: it must not */
	enum test_if when;
};

#define CASE(name, ...) { #name, name, ##__VA_ARGS__ }

struct test_suite {
	const char *name;
	const struct test_case *cases;
	int count;
};

#define SUITE(suite, table) const struct test_suite suite = { &#suite[6], table, sizeof(table) / sizeof(table[0]) }

extern const struct test_suite suite_walk, suite_mem, suite_tlb, suite_stale, suite_point, suite_dirty, suite_host,
	suite_insn, suite_monitor;

/* The case goes on after a failed check. */
void check_failed(const char *file, int line, const char *what);
#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

/* How many of `mode` exist: the first of SETS, FAULTS, IGNORES that the format has is used unless a case restarts. */
enum walk_ad usual_ad(void);

/* Begin again with another mode, or other functions; `point` and `wait` may be NULL. */
struct test_env {
	void (*point)(void *arg, const void *slot, const char *what);
	void (*wait)(void *arg, const char *what);
};
void test_restart(enum walk_ad ad, const struct test_env *env);

/* ---- The scene ------------------------------------------------------------------------------------------ */

/* One open space in which CPUs 0 and 1 run with ID 1; made before each case. */
struct scene {
	hpa_t root;
	int levels, extra;
};
extern struct scene scene;

#define PAGE   ((uint64_t)4096)
#define RW     (WALK_READ | WALK_WRITE)
#define RWX    (RW | WALK_EXEC)
#define AD     (WALK_ACCESSED | WALK_DIRTY)
#define HERE   ((uint64_t)0x12345000)          /* an address that is aligned to nothing but a page */
#define THERE  hpa(0x76543000)                 /* a guest page */
#define LARGE(level) ((uint64_t)1 << walk_level_shift(level))

/* A table whose entries are all empty; and one more space of the same shape. */
hpa_t new_table(int order);
hpa_t new_space(void);

/* The slot for the address in the table of this level; all tables on the way must be there. */
hpa_t slot_at(uint64_t at, int level);
struct walk_word load_at(uint64_t at, int level);

/* Store as pt_write_xchg() does, with the access point before it. */
void store(hpa_t slot, struct walk_word word);
void store_at(uint64_t at, int level, struct walk_word word);

/* Link missing tables for the address down to those with entries of `level`. */
void make_tables(uint64_t at, int level);

/* make_tables(), then a leaf. */
void map(uint64_t at, int level, hpa_t page, unsigned rights);

/* sim_guest() on the scene's CPUs; the fault. */
enum walk_fault touch(int cpu, uint64_t at, unsigned access);

void flush(uint64_t at, uint64_t size, enum host_flush_what what);

/* Empty the entry, flush, and say goodbye to what the guest wrote: as an MMU would. */
void unmap(uint64_t at, int level);

/* Does the oracle find something, and in these words? */
bool stale_says(const char *text);
bool contains(const char *text, const char *part);

#endif
