/*
 * Entries bit by bit, by the names that the machine's manual gives them: for whoever looks for a bit that is wrong.
 *
 * The names are given data, in the format's bits.h.  No hook is asked, so this tells the truth about an entry that a
 * wrong hook has made.
 *
 * bits.h defines
 *   pte_bits(pte, &count)    the names, in the order in which they are printed
 *   pte_lacks(pte, level)    what hardware misses in an entry that is present: the reason in words, that begin with
 *                            "lacks NAME"; NULL: nothing.  Rights that were not granted are not missing
 */
#ifndef MMU_PT_PT_BITS_H
#define MMU_PT_PT_BITS_H

#include "mmu/pt/pt.h"

enum pt_bit_kind {
	PT_BIT_FLAG,     /* a bit, with a name */
	PT_BIT_LETTERS,  /* each letter of the name is a bit, the last one is the lowest */
	PT_BIT_SOFTWARE, /* a bit that hardware does not look at; shown only where it is set */
	PT_BIT_NUMBER,
};

struct pt_bit {
	const char *name;
	enum pt_bit_kind kind;
	unsigned char low, width;
	unsigned char levels; /* where it is that: a set of PT_LEVEL() */
};

#define PT_LEVEL(level)  (1 << (level))
#define PT_ALL_LEVELS    0xff
#define PT_ABOVE_LEVEL_0 0xfe

#define PT_BIT_AT(levels, name, bit)            { (name), PT_BIT_FLAG, (bit), 1, (levels) }
#define PT_LETTERS_AT(levels, name, low)        { (name), PT_BIT_LETTERS, (low), sizeof(name) - 1, (levels) }
#define PT_NUMBER_AT(levels, name, low, width)  { (name), PT_BIT_NUMBER, (low), (width), (levels) }
#define PT_SOFTWARE(name, bit)                  { (name), PT_BIT_SOFTWARE, (bit), 1, PT_ALL_LEVELS }
#define PT_BIT(name, bit)                       PT_BIT_AT(PT_ALL_LEVELS, (name), (bit))
#define PT_LETTERS(name, low)                   PT_LETTERS_AT(PT_ALL_LEVELS, (name), (low))
#define PT_NUMBER(name, low, width)             PT_NUMBER_AT(PT_ALL_LEVELS, (name), (low), (width))

#include "bits.h" /* the format's */

/* "0x20480007  ppn 0x81200  -- - - - W R V": the value, its numbers, its bits; returns buf. */
#define PT_BITS_MAX 160
const char *pt_bits_line(pte_t pte, int level, char buf[PT_BITS_MAX]);

/* What differs between two entries of a level: "D A U"; returns buf. */
const char *pt_bits_differ(pte_t a, pte_t b, int level, char buf[PT_BITS_MAX]);

#endif
