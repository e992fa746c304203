/*
 * The closed list of mistakes that checks know by an identifier: grading/diag.list.  Blocks of lines, an empty line
 * between them, "#" for remarks:
 *
 *   id PTE-U-MISSING     upper case, words joined by "-": the first line of a block
 *   lab pte              whose handout and TA notes explain it; "any": nobody's
 *   why TEXT             what hardware or contract says; "why riscv TEXT", "why x86 TEXT" for one machine.  More lines
 *                        of a kind go on with the text
 *   look TEXT            functions and file; FORMAT and ARCH are the machine's, FUNCTION what nobody has written
 *   read ANCHOR          in labs/LAB/README.md
 *   ask TEXT, point TEXT a question and a pointer: labs/hint.sh
 *   case GLOB            what a case that failed and named no mistake stands for, if its name matches; any number
 *
 * I1 The first three are NOT-WRITTEN, PANIC and NO-END, also if the file does not say anything of them.
 * I2 An identifier that is not in the list is none.
 */
#ifndef GRADING_GRADE_DIAG_H
#define GRADING_GRADE_DIAG_H

#include <stddef.h>

#include "grading/grade/conf.h"

enum {
	DIAGS_MAX = 256,
	DIAG_CASES_MAX = 512,
	DIAG_TEXT_MAX = 240,
};

/* For whom a reason is. */
enum diag_whom { DIAG_ALL, DIAG_RISCV, DIAG_X86, DIAG_WHOM_COUNT };

enum diag_built_in { DIAG_NOT_WRITTEN, DIAG_PANIC, DIAG_NO_END, DIAG_BUILT_INS };

struct diag {
	char id[CONF_NAME_MAX], lab[CONF_NAME_MAX], read[CONF_NAME_MAX];
	char why[DIAG_WHOM_COUNT][DIAG_TEXT_MAX];
	char look[DIAG_TEXT_MAX];
};

struct diag_case {
	int diag; /* index */
	char pattern[CONF_PATTERN_MAX];
};

struct diag_list {
	struct diag diags[DIAGS_MAX];
	struct diag_case cases[DIAG_CASES_MAX];
	int count, case_count;
};

/* 0, or -1 when it was said on stderr what is wrong.  No path: the built-in ones alone. */
int diag_read(struct diag_list *list, const char *path);

/* The first known identifier in brackets; *at is where its bracket opens.  NULL: there is none. */
const struct diag *diag_in_line(const struct diag_list *list, const char *line, const char **at);

/* What the failure of a case stands for in this lab: one of its own mistakes first.  NULL if that is not known. */
const struct diag *diag_of_case(const struct diag_list *list, const char *lab, const char *name, const char *arch,
				const char *format);

/* In the order of the labs, does the first belong to a later one than the second? */
int diag_is_of_later_lab(const struct diag *diag, const struct diag *than);

/* The reason on this machine; "" if there is none. */
const char *diag_why(const struct diag *diag, const char *arch);

#endif
