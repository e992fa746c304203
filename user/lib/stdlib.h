/*
 * Memory, numbers, sorting, random numbers, the end.
 */
#ifndef USER_STDLIB_H
#define USER_STDLIB_H

#include "abi/types.h"

/* ---- Memory: may be called from several threads ------------------------------------------------------ */

/* At least size bytes, 16-aligned, or NULL. */
void *malloc(size_t size);

/* The same, filled with zeros; NULL if count * size overflows. */
void *calloc(size_t count, size_t size);

/* Grow or shrink p (NULL: nothing yet), perhaps elsewhere; NULL leaves p as it was. */
void *realloc(void *p, size_t size);
void free(void *p);

/* malloc() and realloc() for programs that can do nothing without: they end the program instead of failing. */
void *must_malloc(size_t size);
void *must_realloc(void *p, size_t size);

/* ---- The end ----------------------------------------------------------------------------------------- */

/*
 * Write what printf() collected, then end the process; code 0 becomes 1 if that fails.  main() returning does this.
 */
void exit(int code) __attribute__((noreturn));

/* End the process as if by an illegal instruction. */
void abort(void) __attribute__((noreturn));

/* ---- Numbers ----------------------------------------------------------------------------------------- */

/* Base 2 to 36, or 0 for what the prefix says (0x: 16, 0: 8).  *end (if end is not NULL) is behind the number. */
s64 strtol(const char *s, char **end, int base);
int atoi(const char *s);

/* Is all of s one number, in C notation, that fits?  Then *value is it. */
bool parse_number(const char *s, s64 *value);

/* Numbers that look random: the same seed gives the same sequence.  Any seed is good. */
struct random {
	u64 state;
};
u64 random_next(struct random *r);
u64 random_below(struct random *r, u64 limit); /* [0, limit) */

/* ---- Sorting ----------------------------------------------------------------------------------------- */

/* Heapsort: in place, O(n log n), not stable. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
