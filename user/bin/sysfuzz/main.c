/*
 * sysfuzz [-s seed] [-n calls] [-j processes]: random system calls with hostile arguments.
 *
 * The system must survive them: afterwards it still forks, writes and reads files, and has its memory back.  Processes
 * that are killed by what they did, or that sleep where nobody will wake them, are part of it; they are replaced.
 *
 * The last line is `sysfuzz: seed S: N calls survived`, or says what is wrong; the exit status is 0 or 1.
 */
#include "args.h"
#include "fuzz.h"
#include "io.h"
#include "stdio.h"
#include "string.h"
#include "thread.h"

#define STREAMS_PER_WORKER 2 /* threads */
#define WORKER_MAX         16
#define STUCK_AFTER        (300 * MS)
#define PAGES_OF_CACHES    64 /* that the kernel may keep for later */

/* Shared with the workers. */
static struct stream {
	u64 done;
	u64 padding[7]; /* a cache line each */
} *streams;

static u64 seed = 1, quota;
static u64 restart_count;

struct worker {
	int pid;      /* 0: it has done all it should */
	u64 progress; /* sum of its streams, when that last changed */
	s64 changed;
};

/* ---- A worker ---------------------------------------------------------------------------------------- */

static s64 run_stream(void *arg)
{
	u64 number = (u64)arg;
	struct stream *s = &streams[number];
	struct caller c = { .group = getpid() };

	/* A call counts before it is made: one that ends the process is not made again. */
	while (s->done < quota) {
		u64 k = s->done++;

		c.random.state = ((seed * 1000003 + number) * 1000003 + k) * 0x9e3779b97f4a7c15ul;
		call_random(&c);
	}
	return 0;
}

static NORETURN void run_worker(u64 number)
{
	static struct thread t;

	setgroup(0, 0);
	call_init();
	if (thread_create(&t, run_stream, (void *)(number * STREAMS_PER_WORKER + 1)))
		_exit(1);
	run_stream((void *)(number * STREAMS_PER_WORKER));
	thread_join(&t, NULL);
	_exit(0);
}

/* ---- Watching over them ------------------------------------------------------------------------------ */

static u64 progress_of(u64 number)
{
	u64 sum = 0;

	for (int i = 0; i < STREAMS_PER_WORKER; i++)
		sum += __atomic_load_n(&streams[number * STREAMS_PER_WORKER + i].done, __ATOMIC_RELAXED);
	return sum;
}

static void start_worker(struct worker *w, u64 number)
{
	int pid = fork();

	if (pid == 0)
		run_worker(number);
	if (pid < 0) {
		warn("fork", pid);
		sleep(10 * MS);
	}
	*w = (struct worker){ .pid = pid > 0 ? pid : -1, .progress = progress_of(number), .changed = clock() };
}

/* The worker and all that it forked. */
static void kill_worker(const struct worker *w)
{
	kill(-w->pid);
	kill(w->pid);
}

static bool has_ended(const struct worker *w)
{
	return w->pid < 0 || wait(w->pid, NULL, WAIT_NOHANG) == w->pid;
}

static bool is_stuck(struct worker *w, u64 number)
{
	u64 progress = progress_of(number);

	if (progress != w->progress) {
		w->progress = progress;
		w->changed = clock();
	}
	return clock() - w->changed > (s64)STUCK_AFTER;
}

static void watch(struct worker *w, u64 number)
{
	if (is_stuck(w, number)) {
		kill_worker(w);
		wait(w->pid, NULL, 0);
	} else if (!has_ended(w)) {
		return;
	}
	kill_worker(w); /* its children, if it has ended by itself */
	w->pid = 0;
	if (progress_of(number) < quota * STREAMS_PER_WORKER) {
		restart_count++;
		start_worker(w, number);
	}
}

static void run_workers(u64 count)
{
	struct worker w[WORKER_MAX];
	bool working;

	for (u64 i = 0; i < count; i++)
		start_worker(&w[i], i);
	do {
		working = false;
		sleep(5 * MS);
		for (u64 i = 0; i < count; i++) {
			if (w[i].pid)
				watch(&w[i], i);
			working |= w[i].pid != 0;
		}
	} while (working);
}

/* ---- Is the system well? ----------------------------------------------------------------------------- */

static struct sysinfo measure(void)
{
	struct sysinfo i = { 0 };
	int error = sysinfo(&i);

	if (error)
		die("sysinfo", error);
	return i;
}

static bool is_settled(const struct sysinfo *before, const struct sysinfo *now)
{
	return now->proc_count == before->proc_count && now->thread_count == before->thread_count &&
	       now->page_free + PAGES_OF_CACHES >= before->page_free;
}

static bool check_resources(const struct sysinfo *before)
{
	struct sysinfo now = measure();

	for (int tries = 0; tries < 300 && !is_settled(before, &now); tries++) {
		sleep(10 * MS);
		now = measure();
	}
	if (is_settled(before, &now))
		return true;
	printf("sysfuzz: seed %lu: lost: %ld pages, %d processes, %d threads\n", seed,
	       (s64)(before->page_free - now.page_free), (int)(now.proc_count - before->proc_count),
	       (int)(now.thread_count - before->thread_count));
	return false;
}

static bool check_fork(void)
{
	int pid = fork(), status = -1;

	if (pid == 0)
		_exit(42);
	return pid > 0 && wait(pid, &status, 0) == pid && status == 42;
}

static bool check_file(void)
{
	static char text[] = "all is well", back[sizeof(text)];
	int fd = open(SCRATCH "-check", O_RDWR | O_CREATE | O_TRUNC);
	bool good = fd >= 0 && write(fd, text, sizeof(text)) == sizeof(text) && lseek(fd, 0, SEEK_SET) == 0 &&
		    read(fd, back, sizeof(back)) == sizeof(back) && memcmp(text, back, sizeof(text)) == 0;

	close(fd);
	return unlink(SCRATCH "-check") == 0 && good;
}

static bool check_health(const struct sysinfo *before)
{
	remove_tree(SCRATCH, NULL);
	if (!check_fork()) {
		printf("sysfuzz: seed %lu: fork and wait do not work any more\n", seed);
		return false;
	}
	if (!check_file()) {
		printf("sysfuzz: seed %lu: files do not work any more\n", seed);
		return false;
	}
	return check_resources(before);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "s:n:j:", "sysfuzz [-s seed] [-n calls] [-j processes]");
	s64 calls = 10000, workers = 2;

	for (int flag; (flag = args_flag(&a));) {
		if (flag == 's')
			seed = args_number(&a);
		else
			*(flag == 'n' ? &calls : &workers) = args_number(&a);
	}
	if (args_left(&a) || calls < 1 || workers < 1 || workers > WORKER_MAX)
		args_usage(&a);
	quota = (calls + workers * STREAMS_PER_WORKER - 1) / (workers * STREAMS_PER_WORKER);
	streams = mmap(NULL, sizeof(*streams) * STREAMS_PER_WORKER * WORKER_MAX, PROT_READ | PROT_WRITE,
		       MAP_ANON | MAP_SHARED | MAP_POPULATE, -1, 0);
	if (error_of(streams))
		die("no shared memory", error_of(streams));
	mkdir("/tmp");
	remove_tree(SCRATCH, NULL);
	struct sysinfo before = measure();
	int error = mkdir(SCRATCH);

	if (error)
		die(SCRATCH, error);
	run_workers(workers);
	if (!check_health(&before))
		return 1;
	printf("sysfuzz: %lu processes were replaced\n", restart_count);
	printf("sysfuzz: seed %lu: %lu calls survived\n", seed, quota * workers * STREAMS_PER_WORKER);
	return 0;
}
