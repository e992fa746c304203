/*
 * Entries for the machine's own tests, written by hand from the specifications: words/<f>.c.
 */
#ifndef SIM_TEST_WORDS_H
#define SIM_TEST_WORDS_H

#include "grading/sim/walk.h"

struct walk_word word_empty(void);
struct walk_word word_table(hpa_t table);

/* rights: READ, and any of WRITE, EXEC, without USER.  Hardware has no D where it does not keep a dirty state. */
struct walk_word word_leaf(hpa_t page, int level, unsigned rights, unsigned ad);

/* Words and what they mean. */
struct known {
	struct walk_word word;
	int level;
	struct walk_entry means;
};

extern const struct known known[];
extern const int known_count;

#define KNOWN_COUNT const int known_count = sizeof(known) / sizeof(known[0])

#endif
