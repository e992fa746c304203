/*
 * Characters into tokens.  A word keeps its quotes: expand.c takes them away when the command runs.
 */
#include "sh.h"
#include "ctype.h"
#include "string.h"

static const char *skip_element(const char *s);

static bool ends_word(char c)
{
	return !c || isspace(c) || strchr("|&;()<>", c);
}

/* Behind the quote that closes the one at s; NULL if there is none. */
static const char *skip_quotes(const char *s)
{
	char quote = *s++;

	while (*s && *s != quote) {
		bool special = quote == '"' && (*s == '\\' || (s[0] == '$' && s[1] == '('));

		if (!(s = special ? skip_element(s) : s + 1))
			return NULL;
	}
	return *s ? s + 1 : NULL;
}

/* Behind one character of a word, or behind what must stay together: quotes, \c, $(...).  NULL: it has no end. */
static const char *skip_element(const char *s)
{
	if (*s == '\\')
		return s[1] ? s + 2 : NULL;
	if (*s == '\'' || *s == '"')
		return skip_quotes(s);
	if (s[0] == '$' && s[1] == '(')
		return lex_skip_parentheses(s + 2);
	return s + 1;
}

const char *lex_skip_parentheses(const char *s)
{
	for (int depth = 1; *s;) {
		depth += (*s == '(') - (*s == ')');
		if (!depth)
			return s + 1;
		if (!(s = skip_element(s)))
			return NULL;
	}
	return NULL;
}

static void skip_blanks(struct lexer *l)
{
	for (;; l->at++) {
		if (l->at[0] == '\\' && l->at[1] == '\n') {
			l->at++;
			l->incomplete = !l->at[1]; /* the next line belongs to this one */
		} else if (*l->at == '\n' || !isspace(*l->at))
			break;
	}
	if (*l->at == '#')
		while (*l->at && *l->at != '\n')
			l->at++;
}

static void lex_word(struct lexer *l)
{
	const char *start = l->at, *s = start;

	while (s && !ends_word(*s))
		s = skip_element(s);
	if (!s || (!*s && s - start > 1 && s[-2] == '\\' && s[-1] == '\n')) {
		l->incomplete = true;
		l->token = TOK_END;
		return;
	}
	l->token = TOK_WORD;
	l->word = arena_text(start, s - start);
	l->at = s;
}

/* Is text next?  Then it is the token. */
static bool take(struct lexer *l, const char *text, enum token token)
{
	size_t length = strlen(text);

	if (strncmp(l->at, text, length) != 0)
		return false;
	l->at += length;
	l->token = token;
	return true;
}

static bool lex_operator(struct lexer *l)
{
	return take(l, "\n", TOK_NEWLINE) || take(l, "||", TOK_OR) || take(l, "|", TOK_PIPE) ||
	       take(l, "&&", TOK_AND) || take(l, "&", TOK_AMP) || take(l, ";", TOK_SEMI) || take(l, "(", TOK_OPEN) ||
	       take(l, ")", TOK_CLOSE) || take(l, ">>", TOK_APPEND) || take(l, ">&", TOK_DUP) ||
	       take(l, "<&", TOK_DUP) || take(l, ">", TOK_OUT) || take(l, "<", TOK_IN);
}

/* `2>`: a number that stands directly before a redirection belongs to it. */
static int lex_fd(struct lexer *l)
{
	const char *s = l->at;
	int fd = 0;

	while (isdigit(*s) && fd < 1000)
		fd = fd * 10 + *s++ - '0';
	if (s == l->at || (*s != '<' && *s != '>'))
		return -1;
	l->at = s;
	return fd;
}

void lex_next(struct lexer *l)
{
	skip_blanks(l);
	l->start = l->at;
	if (!*l->at) {
		l->token = TOK_END;
		return;
	}
	l->fd = lex_fd(l);
	/* `>&` without a number is about output, `<&` about input. */
	if (l->fd < 0 && *l->at == '<')
		l->fd = 0;
	else if (l->fd < 0 && *l->at == '>')
		l->fd = 1;
	if (!lex_operator(l))
		lex_word(l);
}
