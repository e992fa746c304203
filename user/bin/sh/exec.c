/*
 * Running a tree.
 */
#include "sh.h"
#include "ctype.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

/* ---- Redirections ------------------------------------------------------------------------------------ */

static int redirect_dup(const struct redirect *r, const char *target)
{
	s64 from;

	if (strcmp(target, "-") == 0)
		return close(r->fd) == 0 ? 0 : -EBADF;
	if (!parse_number(target, &from))
		return -EINVAL;
	int fd = dup2(from, r->fd);

	return fd < 0 ? fd : 0;
}

static int redirect_file(const struct redirect *r, const char *target)
{
	u64 flags = r->kind == TOK_IN ? O_RDONLY : O_WRONLY | O_CREATE | (r->kind == TOK_OUT ? O_TRUNC : O_APPEND);
	int fd = open(target, flags);

	if (fd < 0 || fd == r->fd)
		return fd < 0 ? fd : 0;
	int error = dup2(fd, r->fd);

	close(fd);
	return error < 0 ? error : 0;
}

/* 0, or -E... after a message. */
static int redirect(const struct redirect *r)
{
	for (; r; r = r->next) {
		const char *target = expand_text(r->target);
		int error = r->kind == TOK_DUP ? redirect_dup(r, target) : redirect_file(r, target);

		if (error) {
			warn(target, error);
			return error;
		}
	}
	return 0;
}

/* What a descriptor was before a redirection of the shell itself; copy is -1 if it was closed. */
struct saved {
	int fd, copy;
	struct saved *next;
};

static struct saved *save(const struct redirect *r)
{
	struct saved *list = NULL;

	flush();
	for (; r; r = r->next) {
		struct saved *s = arena_alloc(sizeof(*s));

		*s = (struct saved){ .fd = r->fd, .copy = dup(r->fd), .next = list };
		if (s->copy >= 0)
			private_fd_add(s->copy);
		list = s;
	}
	return list;
}

static void restore(struct saved *s)
{
	flush();
	for (; s; s = s->next) {
		if (s->copy < 0) {
			close(s->fd);
			continue;
		}
		dup2(s->copy, s->fd);
		private_fd_remove(s->copy);
		close(s->copy);
	}
}

/* ---- Simple commands --------------------------------------------------------------------------------- */

/* Carry out the assignments that words start with; what is behind them. */
static const struct word *assign(const struct word *words)
{
	size_t length;

	for (; words && (length = var_assignment(words->text)); words = words->next)
		var_set(words->text, length, expand_text(words->text + length + 1));
	return words;
}

static int run_builtin(builtin_fn *builtin, const struct node *n, char **argv)
{
	struct saved *saved = save(n->redirects);
	int argc = 0, status = 1;

	while (argv[argc])
		argc++;
	if (redirect(n->redirects) == 0)
		status = builtin(argc, argv);
	restore(saved);
	return status;
}

/* Only assignments or redirections: nothing is to be run, but files may be made. */
static int run_nothing(const struct node *n)
{
	struct saved *saved = save(n->redirects);
	int status = redirect(n->redirects) ? 1 : 0;

	restore(saved);
	return status;
}

static NORETURN void become_command(const struct node *n, char **argv)
{
	if (redirect(n->redirects))
		_exit(1);
	exec_program(argv);
}

static int run_command(const struct node *n)
{
	struct job job = { 0 };

	substitution_status = 0;
	const struct word *words = assign(n->words);
	char **argv = expand_words(words, NULL);

	if (!argv[0]) {
		int status = run_nothing(n);

		return status ? status : substitution_status;
	}
	builtin_fn *builtin = builtin_find(argv[0]);

	if (builtin)
		return run_builtin(builtin, n, argv);
	int pid = job_fork(&job, FOREGROUND);

	if (pid == 0)
		become_command(n, argv);
	return job_wait(&job);
}

/* ---- Compound commands ------------------------------------------------------------------------------- */

/* In a child that does nothing else: a simple command needs no further fork. */
static NORETURN void become_node(const struct node *n)
{
	if (n->kind == N_COMMAND) {
		const struct word *words = assign(n->words);
		char **argv = expand_words(words, NULL);

		if (argv[0] && !builtin_find(argv[0]))
			become_command(n, argv);
	}
	exit(run(n));
}

static int run_in_child(const struct node *n)
{
	struct job job = { 0 };

	if (job_fork(&job, FOREGROUND) == 0) {
		if (redirect(n->redirects))
			exit(1);
		exit(run(n->left));
	}
	return job_wait(&job);
}

/* Start what is left of a `|`, with its output to a new pipe; the end to read from, or negative. */
static int start_left(struct job *job, const struct node *n, int input)
{
	int fd[2], error = pipe(fd);

	if (error) {
		warn("pipe", error);
		return error;
	}
	if (job_fork(job, FOREGROUND) == 0) {
		if (input >= 0)
			dup2(input, 0);
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		if (input > 0)
			close(input);
		become_node(n);
	}
	close(fd[1]);
	return fd[0];
}

/* Start a pipeline that reads from `input` (-1: from where the shell reads); the tree leans to the left. */
static int start_pipe(struct job *job, const struct node *n)
{
	if (n->kind != N_PIPE)
		return start_left(job, n, -1);
	int input = start_pipe(job, n->left);

	if (input < 0)
		return input;
	int output = start_left(job, n->right, input);

	close(input);
	return output;
}

static int run_pipe(const struct node *n)
{
	struct job job = { 0 };
	int input = start_pipe(&job, n->left);

	if (input >= 0 && job_fork(&job, FOREGROUND) == 0) {
		dup2(input, 0);
		close(input);
		become_node(n->right);
	}
	if (input >= 0)
		close(input);
	return job_wait(&job);
}

static int run_background(const struct node *n)
{
	struct job job = { 0 };
	int pid = job_fork(&job, BACKGROUND);

	if (pid == 0)
		become_node(n->left);
	if (pid > 0) {
		last_background = pid;
		if (interactive)
			dprintf(2, "sh: process %d started\n", pid);
	}
	return pid > 0 ? 0 : 1;
}

static int run_while(const struct node *n)
{
	int status = 0;

	while (!interrupted) {
		struct arena_mark mark = arena_mark();
		bool again = run(n->left) == 0 && !interrupted;

		if (again)
			status = run(n->right);
		arena_release(mark);
		if (!again)
			break;
	}
	return status;
}

static int run_for(const struct node *n)
{
	const char *name = n->words->text;
	char **values = expand_words(n->words->next, NULL);
	int status = 0;

	for (; *values && !interrupted; values++) {
		struct arena_mark mark = arena_mark();

		var_set(name, strlen(name), *values);
		status = run(n->right);
		arena_release(mark);
	}
	return status;
}

static int run_kind(const struct node *n)
{
	int status;

	switch (n->kind) {
	case N_COMMAND: return run_command(n);
	case N_PIPE: return run_pipe(n);
	case N_NOT: return !run(n->left);
	case N_AND: return (status = run(n->left)) ? status : run(n->right);
	case N_OR: return (status = run(n->left)) ? run(n->right) : 0;
	case N_SEQUENCE: run(n->left); return run(n->right);
	case N_BACKGROUND: return run_background(n);
	case N_SUBSHELL: return run_in_child(n);
	case N_GROUP: return run(n->left);
	case N_IF: return run(n->left) == 0 ? run(n->right) : n->other ? run(n->other) : 0;
	case N_WHILE: return run_while(n);
	case N_FOR: return run_for(n);
	}
	return 1;
}

/* Redirections of { }, if, while and for are of the shell itself, for a while. */
static int run_redirected(const struct node *n)
{
	struct saved *saved = save(n->redirects);
	int status = redirect(n->redirects) ? 1 : run_kind(n);

	restore(saved);
	return status;
}

int run(const struct node *n)
{
	if (!n || interrupted)
		return last_status;
	bool shells_own = n->redirects && n->kind >= N_GROUP;

	return last_status = shells_own ? run_redirected(n) : run_kind(n);
}

int run_text(const char *text)
{
	struct arena_mark mark = arena_mark();
	struct node *tree;
	const char *near = "the end";

	if (parse(text, &tree, &near) == PARSE_OK) {
		run(tree);
	} else {
		dprintf(2, "sh: syntax error near `%.20s'\n", near && *near ? near : "the end");
		last_status = 2;
	}
	arena_release(mark);
	return last_status;
}
