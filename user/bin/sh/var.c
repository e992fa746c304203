/*
 * Variables, and what else stands behind a `$`.
 */
#include "sh.h"
#include "ctype.h"
#include "stdlib.h"
#include "string.h"

struct var {
	struct var *next;
	char *name, *value;
};

static struct var *vars;

char **script_args;
int script_arg_count;
int last_status, substitution_status, last_background;

static struct var *find(const char *name, size_t length)
{
	for (struct var *v = vars; v; v = v->next)
		if (strncmp(v->name, name, length) == 0 && !v->name[length])
			return v;
	return NULL;
}

const char *var_get(const char *name, size_t length)
{
	struct var *v = find(name, length);

	return v ? v->value : "";
}

static struct var *add(const char *name, size_t length)
{
	struct var *v = must_malloc(sizeof(*v));

	v->name = must_malloc(length + 1);
	memcpy(v->name, name, length);
	v->name[length] = 0;
	v->value = NULL;
	v->next = vars;
	return vars = v;
}

void var_set(const char *name, size_t length, const char *value)
{
	struct var *v = find(name, length);
	size_t size = strlen(value) + 1;
	char *copy = must_malloc(size);

	if (!v)
		v = add(name, length);
	free(v->value);
	v->value = memcpy(copy, value, size);
}

size_t var_assignment(const char *word)
{
	size_t length = 0;

	while (isalnum(word[length]) || word[length] == '_')
		length++;
	return length && !isdigit(word[0]) && word[length] == '=' ? length : 0;
}
