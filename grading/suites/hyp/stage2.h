/*
 * A second stage for the guests of tests: the TDP MMU's tables over the kernel's own host, without a machine.
 *
 * Locking: one caller at a time.
 */
#ifndef SUITES_HYP_STAGE2_H
#define SUITES_HYP_STAGE2_H

#include "hyp/root.h"

struct stage2;

/* An empty tree; NULL without memory. */
struct stage2 *stage2_create(void);

/* What a vCPU loads. */
struct host_root *stage2_root(struct stage2 *s);
void stage2_destroy(struct stage2 *s);

enum { STAGE2_READ = 1, STAGE2_WRITE = 2, STAGE2_EXEC = 4 };

/* Map `size` bytes; the leaves are as large as they can be.  0 or a negative errno. */
int stage2_map(struct stage2 *s, gpa_t at, hpa_t page, u64 size, u32 rights);
int stage2_unmap(struct stage2 *s, gpa_t at, u64 size);

/* A leaf as the MMU makes it, bit by bit; returns in words what hardware misses in it, or NULL. */
#define STAGE2_BITS_MAX 160
const char *stage2_leaf(int level, u32 rights, char bits[STAGE2_BITS_MAX]);

#endif
