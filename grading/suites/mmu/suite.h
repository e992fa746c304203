/*
 * The MMU's suites over one format, on the simulated machine: what a suite finds, and what runs it.
 *
 * An *instance* is everything compiled for one format - mmu/pt, mmu/tdp, the simulated machine, the explorer, the
 * suites - with one symbol that others see, mmu_instance_<name>.  So several formats link into one program, and the
 * kernel's ktest runs the same cases as a program on the host.  All of it is freestanding; what it needs comes in a
 * struct mmu_env.
 *
 * A case (check.h) begins where nothing is known of the machine: world_start() makes one.  It ends by returning, by a
 * failed check, or by a failure that the machine itself finds.
 *
 * Read next: world.h, what cases have in common; then the suites.
 */
#ifndef SUITES_MMU_SUITE_H
#define SUITES_MMU_SUITE_H

#include "grading/suites/mmu/check.h"

/* Bytes of memory that a case needs. */
#define MMU_MEMORY (8u << 20)

#define MMU_NAME_MAX 80

/* How CPUs are made to forget: exactly what was asked for, or what the verbs of the format's tlb.h take. */
enum mmu_flush { MMU_FLUSH_RANGE, MMU_FLUSH_VERBS };

struct mmu_env {
	void (*print)(const char *line); /* a line of the report: "# ..." without the newline */
	void *memory;                    /* MMU_MEMORY bytes, aligned to 4 KiB */
	uint64_t seed;
	unsigned effort;                 /* 0: little, as a kernel's test can take; 1: seconds; more: that much more */
	const char *replay;              /* NULL, or: the schedule that the case's explorer shall run alone */
	enum mmu_flush flush;
};

enum mmu_verdict { MMU_PASSED, MMU_FAILED, MMU_SKIPPED };

struct mmu_instance {
	const char *name;

	/* The name of case i, "suite.case"; returns buf, or NULL: there are not so many cases. */
	const char *(*case_name)(int i, char buf[MMU_NAME_MAX]);
	enum mmu_verdict (*run)(int i, const struct mmu_env *env);
};

/* ---- For cases ------------------------------------------------------------------------------------------ */

/* Leave the case: there is nothing to test here. */
void case_skip(const char *why) __attribute__((noreturn));

/* How often, how large: `little` in a kernel, `normal` on a host, more when more is asked for. */
uint64_t much(uint64_t little, uint64_t normal);

uint64_t case_seed(void);
enum mmu_flush case_flush(void);
const char *case_replay(void);

/* A line of the report; the format is that of snprintf(). */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory until the case ends, not cleared. */
void *case_memory(uint64_t size);

/* For the machine: sim_start(). */
void *machine_memory(uint64_t *size);

int snprintf(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buf, size_t size, const char *format, __builtin_va_list args);

#endif
