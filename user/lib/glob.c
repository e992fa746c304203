/*
 * Shell patterns.
 */
#include "string.h"

/*
 * Is c in the set that starts behind its `[`?  *end becomes the character behind the `]`; NULL if there is none and
 * the bracket is an ordinary character.
 */
static bool set_has(const char *set, char c, const char **end)
{
	bool inverted = *set == '!' || *set == '^';
	bool found = false;
	const char *p = set + inverted;

	/* A `]` in the first place is a member. */
	do {
		char low = *p, high = *p;

		if (!low) {
			*end = NULL;
			return false;
		}
		if (p[1] == '-' && p[2] && p[2] != ']')
			high = *(p += 2);
		found |= c >= low && c <= high;
		p++;
	} while (*p != ']');
	*end = p + 1;
	return found != inverted;
}

/* Does the first element of the pattern, not `*`, fit c?  *rest becomes what follows the element. */
static bool element_match(const char *pattern, char c, const char **rest)
{
	*rest = pattern + 1;
	switch (*pattern) {
	case '?': return true;
	case '[': {
		const char *end;
		bool found = set_has(pattern + 1, c, &end);

		if (!end)
			return c == '[';
		*rest = end;
		return found;
	}
	case '\\':
		if (pattern[1]) {
			*rest = pattern + 2;
			return c == pattern[1];
		}
	}
	return c == *pattern;
}

/*
 * Only the last `*` ever needs to be tried again: what an earlier one could take in addition, the later one can take
 * as well.
 */
bool glob_match(const char *pattern, const char *name)
{
	const char *star = NULL, *star_name = NULL, *rest;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			star_name = name;
		} else if (*pattern && element_match(pattern, *name, &rest)) {
			pattern = rest;
			name++;
		} else if (star) {
			pattern = star;
			name = ++star_name;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
