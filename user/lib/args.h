/*
 * The arguments of a program: single-letter flags, alone (-l), together (-ln) or with a value (-n 5, -n5), then
 * operands.  `--` ends the flags.  A flag that the program does not have prints its usage and exits with 2.
 *
 *	struct args a = args_start(argc, argv, "n:r", "head [-r] [-n lines] [file...]");
 *	for (int flag; (flag = args_flag(&a));)
 *		...                             // a.value is the value of a flag that has one
 *	for (char *name; (name = args_next(&a));)
 *		...
 */
#ifndef USER_ARGS_H
#define USER_ARGS_H

#include "abi/types.h"

struct args {
	int argc;
	char **argv;
	const char *flags; /* the letters; a colon behind one that takes a value */
	const char *usage;
	int at;        /* the next argument */
	char *letters; /* what is left of the argument that is being read, or NULL */
	char *value;   /* of the flag just returned */
};

struct args args_start(int argc, char **argv, const char *flags, const char *usage);

/* The next flag's letter, or 0. */
int args_flag(struct args *a);

/* The value of the flag just returned, as a number; anything else prints the usage and exits with 2. */
s64 args_number(struct args *a);

/* The next operand, or NULL. */
char *args_next(struct args *a);

/* How many operands are left. */
int args_left(const struct args *a);

/* Print the usage to descriptor 2 and exit with 2. */
void args_usage(const struct args *a) __attribute__((noreturn));

#endif
