/*
 * Between the files of the simulated machine; not for suites.
 *
 * Each part keeps its state in static variables of its file, large arrays in memory that it carves off what the
 * configuration gave; x_start() begins anew.
 */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include "grading/sim/sim.h"

struct sim_mark;

/* ---- sim.c ---------------------------------------------------------------------------------------------- */

/* Memory for a part, aligned to 16 bytes, filled with zeroes.  Only within x_start(). */
void *sim_carve(uint64_t size);

/* The same, not filled. */
void *sim_carve_raw(uint64_t size);

/* Pages, not filled; how many bytes of whole pages are left. */
void *sim_carve_pages(uint64_t size);
uint64_t sim_carve_left(void);

/* A tree that hardware knows. */
struct sim_space {
	struct walk_root root;
	bool open;
	unsigned cpus; /* that have entered it: a bit each */
};

/* NULL if no open space has this root. */
struct sim_space *sim_space_of(hpa_t root);

/* All of them, open or not: 0 <= i < SIM_SPACE_MAX. */
struct sim_space *sim_space_at(int i);

/* An ID that a CPU has used, and the space that it entered last with it; NULL after that was closed. */
struct sim_binding {
	unsigned id;
	struct sim_space *space;
};

#define SIM_BINDING_MAX 32

struct sim_cpu {
	struct sim_space *space; /* runs in it now; NULL: it does not run a guest */
	unsigned id;
	struct sim_binding bindings[SIM_BINDING_MAX];
	int binding_count;
};

/* Fails if there is no such CPU. */
struct sim_cpu *sim_cpu_at(int cpu);

/* The space that the CPU entered last with this ID; NULL. */
struct sim_space *sim_cpu_space(int cpu, unsigned id);

enum walk_ad sim_ad_mode(void);

/* Another actor may run. */
void sim_env_point(const void *slot, const char *what);

/* Let others run until it is worth trying again; fails if there is nobody else. */
void sim_env_wait(const char *what);

/* ---- Beginning of the other parts ------------------------------------------------------------------------ */

/* ---- host.c --------------------------------------------------------------------------------------------- */

/* Another actor may run; fails if the running one holds a lock. */
void sim_check_may_sleep(const char *what);

/* ---- Beginning of the other parts, continued -------------------------------------------------------------- */

/* The last one: takes all memory that is left. */
void sim_mem_start(hpa_t base);
void sim_tlb_start(void);
void sim_dirty_start(void);
void sim_point_start(void);
void sim_stale_start(void);
void sim_insn_start(void);
void sim_host_start(void);
void sim_monitor_start(void);

/* ---- dirty.c -------------------------------------------------------------------------------------------- */

/* A guest has written the byte `at` through `ia`. */
void sim_dirty_write(const struct sim_space *space, uint64_t ia, hpa_t at);

/* host_page_mark() was called. */
void sim_dirty_mark(const struct sim_mark *mark);

/* Nobody holds the lock any more: who acts on a mark does it now. */
void sim_dirty_lock_free(void);

/* Nothing can be looked up in this space any more: fails if a page written through it is unknown. */
void sim_dirty_close(const struct sim_space *space);

/* ---- point.c -------------------------------------------------------------------------------------------- */

/* The opposite of sim_point_learn(). */
void sim_point_forget(hpa_t root);

/* ---- say.c ---------------------------------------------------------------------------------------------- */

/*
 * A sentence from a format: %s a string, %d an int, %x a uint64_t in hexadecimal.  The text lives for three more
 * calls.
 */
const char *sim_say(const char *format, ...);

#endif
