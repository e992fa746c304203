/*
 * What a check says of a failure, taken apart.  A line of explanation:
 *
 *   with 3 levels: [PTE-U-MISSING] did map gpa 0x80003000 | got 0x20480007 | expected 0x204800d7
 *
 * Parts are separated by " | " and begin with "did ", "got " or "expected "; each may be missing, and a text without
 * such a word is what was got.  What stands before the bracket is the context: not the place in a source, nor the C
 * that a check was made of.
 */
#ifndef GRADING_GRADE_SENTENCE_H
#define GRADING_GRADE_SENTENCE_H

enum sentence_part { SENTENCE_CONTEXT, SENTENCE_DID, SENTENCE_GOT, SENTENCE_EXPECTED, SENTENCE_PARTS };

/* Not terminated by a 0. */
struct span {
	const char *text;
	int size;
};

struct sentence {
	struct span part[SENTENCE_PARTS];
};

/* `at`: where in the line the identifier's bracket opens.  The parts are pieces of the line. */
void sentence_split(struct sentence *sentence, const char *line, const char *at);

#endif
