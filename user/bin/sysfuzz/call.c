/*
 * Choosing and making random calls.
 *
 * Every argument is of a kind, and each kind has a generator that mostly gives plausible values, so that calls get
 * beyond their first check.  One argument in eight is a hostile value instead.  Some things are never done, because
 * they would harm others or stop the run: reboot; kill or regroup processes that are not ours; sleep for long; touch
 * the console; leave the scratch directory; fill the memory.
 */
#include "fuzz.h"
#include "string.h"
#include "thread.h"

#define PAGE       4096ul
#define AREA_PAGES 2048ul
#define WORD_COUNT 8

enum kind {
	NONE, FD, PATH, DIRECTORY, BUFFER, SIZE, OPEN_FLAGS, OFFSET, WHENCE, ADDRESS, LENGTH, PROTECTION, MAP_FLAGS,
	ADVICE, WORD_ADDRESS, WORD_VALUE, SHORT_TIME, COUNT, REQUEST, MAJOR, MINOR, OUR_GROUP, OUR_PID, ANYTHING
};

static u8 *area;              /* AREA_PAGES of address space to map and unmap in */
static u32 words[WORD_COUNT]; /* for futexes */
static u8 buffer[64 * 1024];

void call_init(void)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	area = mmap(NULL, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
	chdir(SCRATCH);
	mkdir("d");
	mkdir("g");
	open(".", O_RDONLY);
	for (int i = 0; i < 4; i++)
		open(i % 2 ? "a" : "d/e", O_RDWR | O_CREATE);
}

/* ---- Values ------------------------------------------------------------------------------------------ */

static u64 pick(struct caller *c, u64 limit)
{
	return random_below(&c->random, limit);
}

static u64 hostile(struct caller *c)
{
	static const u64 values[] = {
		0, 1, 7, PAGE - 1, PAGE, PAGE + 1, 1ul << 21, 0x7fffffff, 1ul << 31, 0xffffffff, 1ul << 32, 1ul << 38,
		(1ul << 38) - PAGE, 1ul << 47, (1ul << 47) - PAGE, 1ul << 62, (1ul << 63) - 1, 1ul << 63,
		0xffff800000000000, 0xffffffc000000000, 0xffffffff80000000, ~0ul - PAGE, ~0ul - 7, ~0ul
	};
	u64 count = sizeof(values) / sizeof(values[0]), which = pick(c, count + 3);

	if (which < count)
		return values[which];
	if (which == count)
		return random_next(&c->random);
	if (which == count + 1)
		return -pick(c, 4096);
	return 1ul << pick(c, 64);
}

static u64 path(struct caller *c)
{
	/* Only relative ones: what lies elsewhere must not be renamed, cut or removed. */
	static const char *const names[] = { "a", "b", "c", "d/e", "g/h", "d/f/i", "d/../a", "d", "none/x", "", "a/b" };
	static char longest[2 * PATH_MAX];

	if (pick(c, 30) == 0) {
		memset(longest, 'x', sizeof(longest) - 1);
		return (u64)longest + pick(c, sizeof(longest));
	}
	return (u64)names[pick(c, sizeof(names) / sizeof(names[0]))];
}

static u64 directory(struct caller *c)
{
	static const char *const names[] = { "d", "g", "d/f", "./d/", ".", "a" };

	return (u64)names[pick(c, sizeof(names) / sizeof(names[0]))];
}

static u64 address(struct caller *c)
{
	return (u64)area + pick(c, AREA_PAGES) * PAGE + (pick(c, 10) == 0 ? pick(c, PAGE) : 0);
}

static u64 map_flags(struct caller *c)
{
	u64 flags = MAP_ANON | (pick(c, 3) ? MAP_PRIVATE : MAP_SHARED);

	flags |= pick(c, 2) ? MAP_FIXED : 0;
	flags |= pick(c, 4) ? 0 : MAP_HUGE;
	flags |= pick(c, 4) ? 0 : MAP_POPULATE;
	return pick(c, 20) ? flags : flags ^ 1ul << pick(c, 9);
}

static u64 offset(struct caller *c)
{
	return pick(c, 10) ? pick(c, 1 << 20) : pick(c, 1ul << 33);
}

static u64 open_flags(struct caller *c)
{
	static const u64 flags[] = { O_CREATE, O_EXCL, O_TRUNC, O_APPEND };

	return pick(c, 3) | (pick(c, 4) ? O_CREATE : 0) | (pick(c, 4) ? 0 : flags[pick(c, 4)]);
}

static u64 advice(struct caller *c)
{
	static const u64 values[] = { MADV_DONTNEED, MADV_MOVE, MADV_DONTNEED, MADV_MOVE, 77 };

	return values[pick(c, 5)];
}

static u64 plausible(struct caller *c, enum kind kind)
{
	switch (kind) {
	case FD: return pick(c, 4) ? 3 + pick(c, 10) : pick(c, 70);
	case PATH: return path(c);
	case DIRECTORY: return directory(c);
	case BUFFER: return pick(c, 4) ? (u64)buffer + pick(c, 5000) : address(c);
	case SIZE: return pick(c, 3) ? pick(c, 5000) : pick(c, sizeof(buffer) - 5000);
	case OPEN_FLAGS: return open_flags(c);
	case OFFSET: return offset(c);
	case WHENCE: return pick(c, 16) ? pick(c, 3) : 3;
	case ADDRESS: return address(c);
	case LENGTH: return (1 + pick(c, pick(c, 4) ? 8 : 1200)) * PAGE;
	case PROTECTION: return pick(c, 8);
	case MAP_FLAGS: return map_flags(c);
	case ADVICE: return advice(c);
	case WORD_ADDRESS: return (u64)&words[pick(c, WORD_COUNT)];
	case WORD_VALUE: return pick(c, 2);
	case COUNT: return pick(c, 100);
	case REQUEST: return TTY_SETMODE + pick(c, 5);
	case MINOR: return pick(c, 3);
	default: return hostile(c);
	}
}

/* Kinds whose values must stay within bounds that hostile values do not know. */
static bool is_bounded(enum kind kind)
{
	return kind == SHORT_TIME || kind == MAJOR || kind == OUR_GROUP || kind == OUR_PID;
}

static u64 bounded(struct caller *c, enum kind kind)
{
	static const u64 majors[] = { 0, 1, 2, 99, 1000, 1ul << 40 }; /* null, zero, and none */
	static const u64 nobody[] = { 0x7ffffff0, -0x7ffffff0l, 0x7fffffff };

	switch (kind) {
	case SHORT_TIME: return 1 + pick(c, MS);
	case MAJOR: return majors[pick(c, 6)];
	case OUR_GROUP: return pick(c, 2) ? c->group : -5;
	default: return c->child && pick(c, 4) ? (u64)c->child : nobody[pick(c, 3)];
	}
}

static u64 value(struct caller *c, enum kind kind)
{
	if (is_bounded(kind))
		return bounded(c, kind);
	return pick(c, 8) ? plausible(c, kind) : hostile(c);
}

/* ---- Calls that need care ---------------------------------------------------------------------------- */

static void few_calls(struct caller *c)
{
	for (u64 left = pick(c, 6); left; left--)
		call_random(c);
}

static void exec_something(struct caller *c)
{
	static const char *good[] = { "true", "x", NULL };
	const char *const *argv = pick(c, 4) ? good : (const char *const *)value(c, BUFFER);

	exec(pick(c, 2) ? "/bin/true" : (const char *)value(c, PATH), argv);
}

/* The child makes a few calls, some that only it may make, and ends. */
static void be_child(struct caller *c)
{
	c->depth++;
	c->child = 0;
	few_calls(c);
	switch (pick(c, 6)) {
	case 0: exec_something(c); break;
	case 1: thread_exit(hostile(c));
	case 2: *(volatile u8 *)hostile(c) = 1; break;
	case 3: munmap((void *)PAGE, (1ul << 37) - PAGE); break;
	case 4:
		syscall(SYS_thread_create, hostile(c), hostile(c), pick(c, 2) ? address(c) : hostile(c), 0, 0, 0);
		yield();
		break;
	}
	_exit(hostile(c));
}

static void do_fork(struct caller *c)
{
	if (c->depth)
		return;
	int pid = fork();

	if (pid == 0)
		be_child(c);
	if (pid > 0)
		c->child = pid;
}

static s64 run_thread(void *arg)
{
	struct caller c = *(struct caller *)arg;

	c.depth++;
	few_calls(&c);
	return hostile(&c);
}

static void do_thread(struct caller *c)
{
	struct thread t;

	if (c->depth || thread_create(&t, run_thread, c))
		return;
	if (pick(c, 4) == 0)
		syscall(SYS_thread_join, t.tid, hostile(c), 0, 0, 0, 0);
	thread_join(&t, NULL);
}

static void do_wait(struct caller *c)
{
	s64 pid = pick(c, 3) && c->child ? c->child : -1;

	/* A child may itself be stuck: waiting for good is left to the end of the worker. */
	wait(pid, (int *)value(c, WORD_ADDRESS), WAIT_NOHANG);
	if (pick(c, 4) == 0)
		sleep(pick(c, MS));
}

/* With something in it or an end closed, so that reading it rarely sleeps for ever. */
static void do_pipe(struct caller *c)
{
	int fd[2];

	if (pipe(fd))
		return;
	write(fd[1], buffer, pick(c, 2000));
	if (pick(c, 2))
		close(fd[pick(c, 2)]);
}

/* All memory must not be taken: large mappings come without MAP_POPULATE. */
static void do_mmap(struct caller *c)
{
	u64 length = value(c, LENGTH), flags = value(c, MAP_FLAGS);

	if (length > 16ul << 20 && length < 1ul << 48)
		flags &= ~(u64)MAP_POPULATE;
	syscall(SYS_mmap, pick(c, 2) ? address(c) : value(c, ADDRESS), length, value(c, PROTECTION), flags,
		value(c, FD), pick(c, 4) ? 0 : value(c, OFFSET));
}

static void do_touch(struct caller *c)
{
	volatile u32 *p = (u32 *)(address(c) & ~3ul);

	/* Elsewhere it would end the process, which costs more time than it teaches. */
	if (futex_wake((u32 *)p, 0) == 0)
		*p = *p + 1;
}

/* Lost in a removed directory, or with all descriptors in use, nothing else would work any more. */
static void do_tidy_up(struct caller *c)
{
	chdir(SCRATCH);
	for (int fd = 16; fd < 64; fd++)
		close(fd);
}

/* ---- The table --------------------------------------------------------------------------------------- */

static const struct call {
	void (*special)(struct caller *c); /* or NULL: number and kinds */
	u64 number;
	u64 weight;
	enum kind kind[6];
} calls[] = {
	{ do_fork, .weight = 3 },
	{ do_thread, .weight = 3 },
	{ do_wait, .weight = 6 },
	{ do_pipe, .weight = 6 },
	{ do_mmap, .weight = 30 },
	{ do_touch, .weight = 30 },
	{ do_tidy_up, .weight = 4 },
	{ NULL, SYS_kill, 2, { OUR_PID } },
	{ NULL, SYS_setgroup, 2, { OUR_PID, OUR_GROUP } },
	{ NULL, SYS_getpid, 1, { ANYTHING } },
	{ NULL, SYS_getppid, 1, { ANYTHING } },
	{ NULL, SYS_gettid, 1, { ANYTHING } },
	{ NULL, SYS_yield, 2, { ANYTHING } },
	{ NULL, SYS_clock, 1, { ANYTHING } },
	{ NULL, SYS_sleep, 1, { SHORT_TIME } },
	{ NULL, SYS_thread_join, 3, { OUR_PID, BUFFER } },
	{ NULL, SYS_futex_wait, 8, { WORD_ADDRESS, WORD_VALUE, SHORT_TIME } },
	{ NULL, SYS_futex_wake, 8, { WORD_ADDRESS, COUNT } },
	{ NULL, SYS_open, 40, { PATH, OPEN_FLAGS } },
	{ NULL, SYS_open, 4, { DIRECTORY } },
	{ NULL, SYS_unlink, 3, { DIRECTORY } },
	{ NULL, SYS_rename, 3, { DIRECTORY, DIRECTORY } },
	{ NULL, SYS_close, 25, { FD } },
	{ NULL, SYS_read, 20, { FD, BUFFER, SIZE } },
	{ NULL, SYS_write, 20, { FD, BUFFER, SIZE } },
	{ NULL, SYS_lseek, 15, { FD, OFFSET, WHENCE } },
	{ NULL, SYS_dup, 5, { FD } },
	{ NULL, SYS_dup2, 5, { FD, FD } },
	{ NULL, SYS_pipe, 1, { BUFFER } },
	{ NULL, SYS_fstat, 5, { FD, BUFFER } },
	{ NULL, SYS_getdents, 8, { FD, BUFFER, COUNT } },
	{ NULL, SYS_ioctl, 4, { FD, REQUEST, BUFFER } },
	{ NULL, SYS_ftruncate, 8, { FD, OFFSET } },
	{ NULL, SYS_fsync, 1, { FD } },
	{ NULL, SYS_sync, 1, { ANYTHING } },
	{ NULL, SYS_mkdir, 8, { DIRECTORY } },
	{ NULL, SYS_mknod, 4, { PATH, MAJOR, MINOR } },
	{ NULL, SYS_link, 6, { PATH, PATH } },
	{ NULL, SYS_unlink, 15, { PATH } },
	{ NULL, SYS_rename, 10, { PATH, PATH } },
	{ NULL, SYS_chdir, 5, { DIRECTORY } },
	{ NULL, SYS_getcwd, 4, { BUFFER, SIZE } },
	{ NULL, SYS_munmap, 15, { ADDRESS, LENGTH } },
	{ NULL, SYS_mprotect, 15, { ADDRESS, LENGTH, PROTECTION } },
	{ NULL, SYS_madvise, 15, { ADDRESS, LENGTH, ADVICE } },
	{ NULL, SYS_sysinfo, 2, { BUFFER } },
	{ NULL, SYS_procinfo, 2, { BUFFER, COUNT } },
	{ NULL, 0, 1, { ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING } },
	{ NULL, 63, 1, { ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING } },
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static const struct call *choose(struct caller *c)
{
	u64 total = 0, at;

	for (size_t i = 0; i < CALL_COUNT; i++)
		total += calls[i].weight;
	at = pick(c, total);
	for (size_t i = 0;; i++) {
		if (at < calls[i].weight)
			return &calls[i];
		at -= calls[i].weight;
	}
}

void call_random(struct caller *c)
{
	const struct call *call = choose(c);
	u64 arg[6];

	if (call->special) {
		call->special(c);
		return;
	}
	for (int i = 0; i < 6; i++)
		arg[i] = value(c, call->kind[i]);
	syscall(call->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
