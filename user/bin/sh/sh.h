/*
 * sh: the shell.
 *
 *	text --lex.c--> tokens --parse.c--> a tree of nodes --exec.c--> processes
 *
 * Words stay as they were typed, with quotes and $, until the moment their command runs; then expand.c makes the
 * arguments of them.  job.c knows processes, groups and the console; builtin.c has the commands that must run in the
 * shell itself; var.c the variables.  Memory for all this comes from an arena (arena.c) that is given back as a whole.
 */
#ifndef SH_H
#define SH_H

#include "sys.h"

/* ---- arena.c: memory that lives until it is given back together -------------------------------------- */

struct arena_mark {
	struct chunk *chunk;
	size_t used;
};

struct arena_mark arena_mark(void);
void arena_release(struct arena_mark mark);      /* all that was taken since */
void *arena_alloc(size_t size);                  /* never NULL; zeros */
char *arena_text(const char *from, size_t size); /* a copy with a zero behind it */

/* A text that grows, in the arena. */
struct text {
	char *s; /* not NULL after text_put() */
	size_t length, room;
};
void text_put(struct text *t, char c);
void text_puts(struct text *t, const char *s);

/* ---- lex.c: characters into tokens ------------------------------------------------------------------- */

enum token {
	TOK_END,
	TOK_NEWLINE,
	TOK_WORD,
	TOK_PIPE,   /* | */
	TOK_OR,     /* || */
	TOK_AMP,    /* & */
	TOK_AND,    /* && */
	TOK_SEMI,   /* ; */
	TOK_OPEN,   /* ( */
	TOK_CLOSE,  /* ) */
	TOK_IN,     /* < */
	TOK_OUT,    /* > */
	TOK_APPEND, /* >> */
	TOK_DUP,    /* >& or <& */
};

struct lexer {
	const char *at;    /* what comes next */
	enum token token;  /* the last one read */
	const char *start; /* of that, in the text */
	const char *word;  /* of TOK_WORD: as typed */
	int fd;            /* of a redirection: the number before it, or -1 */
	bool incomplete;   /* the text ended within quotes */
};

void lex_next(struct lexer *l);

/* Behind the `)` that closes the `(` just before s; NULL if there is none. */
const char *lex_skip_parentheses(const char *s);

/* ---- parse.c: tokens into a tree --------------------------------------------------------------------- */

enum node_kind {
	N_COMMAND,    /* words, redirects */
	N_PIPE,       /* left | right */
	N_NOT,        /* ! left */
	N_AND,        /* left && right */
	N_OR,         /* left || right */
	N_SEQUENCE,   /* left ; right */
	N_BACKGROUND, /* left & */
	N_SUBSHELL,   /* ( left ) redirects */
	N_GROUP,      /* { left } redirects */
	N_IF,         /* if left then right else other */
	N_WHILE,      /* while left do right done */
	N_FOR,        /* for words[0] in words[1...] do right done */
};

struct word {
	const char *text; /* as typed */
	struct word *next;
};

struct redirect {
	enum token kind; /* TOK_IN, TOK_OUT, TOK_APPEND, TOK_DUP */
	int fd;
	const char *target; /* a word */
	struct redirect *next;
};

struct node {
	enum node_kind kind;
	struct node *left, *right, *other;
	struct word *words;
	struct redirect *redirects;
};

enum parse_result { PARSE_OK, PARSE_INCOMPLETE, PARSE_ERROR };

/*
 * The tree of all commands in text; *tree is NULL if there are none.  PARSE_INCOMPLETE: more lines could make it
 * right.  PARSE_ERROR: *near is where it makes no sense.
 */
enum parse_result parse(const char *text, struct node **tree, const char **near);

/* ---- expand.c: words into arguments ------------------------------------------------------------------ */

/* The arguments, ending with NULL; *count (if not NULL) is how many. */
char **expand_words(const struct word *words, int *count);

/* One word without splitting and without file names. */
char *expand_text(const char *word);

/* ---- var.c: variables and the arguments of the script ------------------------------------------------ */

const char *var_get(const char *name, size_t length); /* "" if it is not set */
void var_set(const char *name, size_t length, const char *value);

/* The length of the name if word is name=..., else 0. */
size_t var_assignment(const char *word);

/* $0, $1...; count includes $0. */
extern char **script_args;
extern int script_arg_count;
extern int last_status;         /* $? */
extern int substitution_status; /* of the last $( ) */
extern int last_background;     /* $! */

/* ---- exec.c: running a tree -------------------------------------------------------------------------- */

/* Run it; the exit status of the last command, which is $? as well. */
int run(const struct node *n);

/* Parse and run a text; its status. */
int run_text(const char *text);

/* ---- job.c: processes -------------------------------------------------------------------------------- */

extern bool interactive; /* reads commands from a console: groups of its own for jobs, prompts */
extern bool interrupted; /* interactive, and ^C or kill ended the foreground job: give the whole line up */

/* The processes of a pipeline; starts as zeros. */
struct job {
	int group;
	int count;
	int pid[16];
};

enum job_place { FOREGROUND, BACKGROUND };

/* fork() a member of the job: its pid, 0 in the child, negative (after a message) on failure. */
int job_fork(struct job *job, enum job_place place);

/* Wait for all members: the status of the last one. */
int job_wait(struct job *job);

/* What wait() said as an exit status, with a message if the process was killed. */
int job_status(int pid, int status);

/* Reap background jobs that ended. */
void job_reap(void);

/* Descriptors of the shell's own, which programs must not see. */
void private_fd_add(int fd);
void private_fd_remove(int fd);

/* Run a program: does not return.  For the child. */
NORETURN void exec_program(char **argv);

/* ---- builtin.c --------------------------------------------------------------------------------------- */

typedef int builtin_fn(int argc, char **argv);

/* The builtin called name, or NULL. */
builtin_fn *builtin_find(const char *name);

#endif
