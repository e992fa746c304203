/*
 * Tokens into a tree.  One function a rule:
 *
 *	list      andor { (; | & | newline) andor }
 *	andor     pipeline { (&& | ||) pipeline }
 *	pipeline  [!] command { | command }
 *	command   ( list ) | { list } | if | while | for | simple, then redirections
 *	simple    { word | redirection }
 *	if        if list then list { elif list then list } [ else list ] fi
 *	while     while list do list done
 *	for       for name in { word } (; | newline) do list done
 *
 * `if`, `{` and the like are ordinary words anywhere but where a command begins.
 */
#include "sh.h"
#include "string.h"

struct parser {
	struct lexer lex;
	enum parse_result result;
	const char *near; /* where the first error is */
};

static struct node *parse_list(struct parser *p);

static struct node *node(enum node_kind kind, struct node *left, struct node *right)
{
	struct node *n = arena_alloc(sizeof(*n));

	n->kind = kind;
	n->left = left;
	n->right = right;
	return n;
}

/* ---- Looking at tokens ------------------------------------------------------------------------------- */

/* An error where the text ends means that more of it could help.  Only the first error counts. */
static void *fail(struct parser *p)
{
	if (p->result == PARSE_OK) {
		p->result = p->lex.token == TOK_END ? PARSE_INCOMPLETE : PARSE_ERROR;
		p->near = p->lex.start;
	}
	return NULL;
}

static bool at_word(const struct parser *p, const char *word)
{
	return p->lex.token == TOK_WORD && strcmp(p->lex.word, word) == 0;
}

static bool accept_word(struct parser *p, const char *word)
{
	if (!at_word(p, word))
		return false;
	lex_next(&p->lex);
	return true;
}

static void expect_word(struct parser *p, const char *word)
{
	if (!accept_word(p, word))
		fail(p);
}

static void skip_newlines(struct parser *p)
{
	while (p->lex.token == TOK_NEWLINE)
		lex_next(&p->lex);
}

/* Words that end a list within if, while, for and { }. */
static bool at_closing_word(const struct parser *p)
{
	static const char *const closing[] = { "then", "elif", "else", "fi", "do", "done", "}" };

	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++)
		if (at_word(p, closing[i]))
			return true;
	return false;
}

/* ---- Commands ---------------------------------------------------------------------------------------- */

static bool at_redirect(const struct parser *p)
{
	return p->lex.token >= TOK_IN;
}

static void parse_redirect(struct parser *p, struct node *n)
{
	struct redirect *r = arena_alloc(sizeof(*r)), **last = &n->redirects;

	r->kind = p->lex.token;
	r->fd = p->lex.fd;
	lex_next(&p->lex);
	if (p->lex.token != TOK_WORD) {
		fail(p);
		return;
	}
	r->target = p->lex.word;
	while (*last)
		last = &(*last)->next;
	*last = r;
	lex_next(&p->lex);
}

/* Where the next word is to be appended. */
static struct word **parse_word(struct parser *p, struct word **last)
{
	struct word *w = arena_alloc(sizeof(*w));

	w->text = p->lex.word;
	*last = w;
	lex_next(&p->lex);
	return &w->next;
}

static struct node *parse_simple(struct parser *p)
{
	struct node *n = node(N_COMMAND, NULL, NULL);
	struct word **last = &n->words;

	while (p->result == PARSE_OK) {
		if (p->lex.token == TOK_WORD)
			last = parse_word(p, last);
		else if (at_redirect(p))
			parse_redirect(p, n);
		else
			break;
	}
	return n->words || n->redirects ? n : fail(p);
}

/* Behind `if` or `elif`. */
static struct node *parse_if(struct parser *p)
{
	struct node *n = node(N_IF, parse_list(p), NULL);

	expect_word(p, "then");
	n->right = parse_list(p);
	if (accept_word(p, "elif")) {
		n->other = parse_if(p); /* which takes the fi */
		return n;
	}
	if (accept_word(p, "else"))
		n->other = parse_list(p);
	expect_word(p, "fi");
	return n;
}

static struct node *parse_body(struct parser *p)
{
	expect_word(p, "do");
	struct node *body = parse_list(p);

	expect_word(p, "done");
	return body;
}

static struct node *parse_while(struct parser *p)
{
	struct node *condition = parse_list(p);

	return node(N_WHILE, condition, parse_body(p));
}

static struct node *parse_for(struct parser *p)
{
	struct node *n = node(N_FOR, NULL, NULL);
	struct word **last = &n->words;

	if (p->lex.token != TOK_WORD)
		return fail(p);
	last = parse_word(p, last);
	expect_word(p, "in");
	while (p->lex.token == TOK_WORD)
		last = parse_word(p, last);
	if (p->lex.token != TOK_SEMI && p->lex.token != TOK_NEWLINE)
		return fail(p);
	lex_next(&p->lex);
	skip_newlines(p);
	n->right = parse_body(p);
	return n;
}

static struct node *parse_group(struct parser *p)
{
	struct node *n = node(N_GROUP, parse_list(p), NULL);

	expect_word(p, "}");
	return n;
}

static struct node *parse_subshell(struct parser *p)
{
	struct node *n = node(N_SUBSHELL, parse_list(p), NULL);

	if (p->lex.token != TOK_CLOSE)
		return fail(p);
	lex_next(&p->lex);
	return n;
}

static struct node *parse_compound(struct parser *p)
{
	if (p->lex.token == TOK_OPEN) {
		lex_next(&p->lex);
		return parse_subshell(p);
	}
	if (accept_word(p, "{"))
		return parse_group(p);
	if (accept_word(p, "if"))
		return parse_if(p);
	if (accept_word(p, "while"))
		return parse_while(p);
	if (accept_word(p, "for"))
		return parse_for(p);
	return NULL;
}

static struct node *parse_command(struct parser *p)
{
	if (at_closing_word(p))
		return fail(p);
	struct node *n = parse_compound(p);

	if (p->result != PARSE_OK)
		return NULL;
	if (!n)
		return parse_simple(p);
	while (at_redirect(p) && p->result == PARSE_OK)
		parse_redirect(p, n);
	return n;
}

/* ---- Lists ------------------------------------------------------------------------------------------- */

static struct node *parse_pipeline(struct parser *p)
{
	bool inverted = accept_word(p, "!");
	struct node *n = parse_command(p);

	while (p->result == PARSE_OK && p->lex.token == TOK_PIPE) {
		lex_next(&p->lex);
		skip_newlines(p);
		n = node(N_PIPE, n, parse_command(p));
	}
	return inverted ? node(N_NOT, n, NULL) : n;
}

static struct node *parse_and_or(struct parser *p)
{
	struct node *n = parse_pipeline(p);

	while (p->result == PARSE_OK && (p->lex.token == TOK_AND || p->lex.token == TOK_OR)) {
		enum node_kind kind = p->lex.token == TOK_AND ? N_AND : N_OR;

		lex_next(&p->lex);
		skip_newlines(p);
		n = node(kind, n, parse_pipeline(p));
	}
	return n;
}

/* NULL if there is no command before the end, a closing parenthesis or a closing word. */
static struct node *parse_list(struct parser *p)
{
	struct node *list = NULL;

	for (;;) {
		skip_newlines(p);
		if (p->result != PARSE_OK || p->lex.token == TOK_END || p->lex.token == TOK_CLOSE || at_closing_word(p))
			return list;
		struct node *n = parse_and_or(p);

		if (p->lex.token == TOK_AMP)
			n = node(N_BACKGROUND, n, NULL);
		list = list ? node(N_SEQUENCE, list, n) : n;
		if (p->lex.token == TOK_AMP || p->lex.token == TOK_SEMI)
			lex_next(&p->lex);
		else if (p->lex.token != TOK_NEWLINE)
			return list;
	}
}

enum parse_result parse(const char *text, struct node **tree, const char **near)
{
	struct parser p = { .lex.at = text };

	lex_next(&p.lex);
	*tree = parse_list(&p);
	if (p.lex.incomplete)
		return PARSE_INCOMPLETE;
	if (p.lex.token != TOK_END)
		fail(&p);
	*near = p.near;
	return p.result;
}
