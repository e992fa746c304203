/*
 * test expression, or [ expression ]: true is exit status 0, false 1, nonsense 2.
 *
 *	-e path  -f path  -d path  -s path     it exists; is a file; is a directory; is not empty
 *	text     -n text  -z text              the text is not empty; not empty; empty
 *	a = b    a != b                        the texts are equal; differ
 *	a -eq b  -ne -lt -le -gt -ge           the numbers compare so
 *	! expression                           the opposite
 */
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

static NORETURN void nonsense(const char *what)
{
	warn(what, -EINVAL);
	exit(2);
}

static bool unary(const char *op, const char *arg)
{
	struct stat st;

	if (strcmp(op, "-n") == 0)
		return *arg;
	if (strcmp(op, "-z") == 0)
		return !*arg;
	if (op[0] != '-' || !op[1] || op[2] || !strchr("efds", op[1]))
		nonsense(op);
	if (stat_path(arg, &st))
		return false;
	return op[1] == 'e' || (op[1] == 'f' && st.type == T_FILE) || (op[1] == 'd' && st.type == T_DIR) ||
	       (op[1] == 's' && st.size > 0);
}

static s64 number(const char *s)
{
	s64 value;

	if (!parse_number(s, &value))
		nonsense(s);
	return value;
}

static bool binary(const char *a, const char *op, const char *b)
{
	if (strcmp(op, "=") == 0)
		return strcmp(a, b) == 0;
	if (strcmp(op, "!=") == 0)
		return strcmp(a, b) != 0;
	if (strcmp(op, "-eq") == 0)
		return number(a) == number(b);
	if (strcmp(op, "-ne") == 0)
		return number(a) != number(b);
	if (strcmp(op, "-lt") == 0)
		return number(a) < number(b);
	if (strcmp(op, "-le") == 0)
		return number(a) <= number(b);
	if (strcmp(op, "-gt") == 0)
		return number(a) > number(b);
	if (strcmp(op, "-ge") == 0)
		return number(a) >= number(b);
	nonsense(op);
}

static bool evaluate(int count, char **arg)
{
	if (count == 3 && strcmp(arg[0], "!") != 0)
		return binary(arg[0], arg[1], arg[2]);
	if (count > 1 && strcmp(arg[0], "!") == 0)
		return !evaluate(count - 1, arg + 1);
	switch (count) {
	case 0: return false;
	case 1: return *arg[0];
	case 2: return unary(arg[0], arg[1]);
	default: nonsense(arg[3]);
	}
}

int main(int argc, char **argv)
{
	if (strcmp(program_name, "[") == 0) {
		if (strcmp(argv[argc - 1], "]") != 0)
			nonsense("missing ]");
		argc--;
	}
	return evaluate(argc - 1, argv + 1) ? 0 : 1;
}
