/*
 * stress [-j workers] [-n rounds]: all at once - programs, files, memory, pipes, threads - and everything that comes
 * out is checked.  Exit status 0 if all was right.
 */
#include "args.h"
#include "io.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "thread.h"

#define PAGE    4096ul
#define PAGES   200ul
#define BYTES   150000ul
#define THREADS 4
#define COUNTS  2000
#define WORKERS 64

static u64 worker_number;

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			dprintf(2, "stress: worker %lu: %s:%d: not so: %s\n", worker_number, __FILE__, __LINE__,       \
				#condition);                                                                           \
			_exit(1);                                                                                      \
		}                                                                                                      \
	} while (0)

/* Bytes that follow from the seed. */
static void fill(u8 *bytes, u64 size, u64 s)
{
	struct random r = { s };

	for (u64 i = 0; i < size; i++)
		bytes[i] = i % 8 ? bytes[i - 1] * 5 + 1 : random_next(&r);
}

static bool is_filled(const u8 *bytes, u64 size, u64 s)
{
	struct random r = { s };

	for (u64 i = 0; i < size; i++)
		if (bytes[i] != (u8)(i % 8 ? bytes[i - 1] * 5 + 1 : random_next(&r)))
			return false;
	return true;
}

static void expect_success(int pid)
{
	int status = -1;

	CHECK(pid > 0);
	CHECK(wait(pid, &status, 0) == pid);
	CHECK(status == 0);
}

/* ---- Five kinds of work ------------------------------------------------------------------------------ */

/* A program whose output comes back through a pipe. */
static void run_program(u64 seed)
{
	char number[24], back[24] = { 0 };
	int fd[2];

	snprintf(number, sizeof(number), "%lu\n", seed);
	CHECK(pipe(fd) == 0);
	int pid = fork();

	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		number[strlen(number) - 1] = 0;
		exec("/bin/echo", (const char *[]){ "echo", number, NULL });
		_exit(127);
	}
	close(fd[1]);
	CHECK(read_all(fd[0], back, sizeof(back) - 1) == (s64)strlen(number));
	close(fd[0]);
	CHECK(strcmp(number, back) == 0);
	expect_success(pid);
}

static void write_and_read_file(u64 seed)
{
	static u8 bytes[BYTES];
	char name[40], other[40];
	u64 size = seed % BYTES;

	snprintf(name, sizeof(name), "/tmp/stress-%lu", worker_number);
	snprintf(other, sizeof(other), "/tmp/stress-%lu.new", worker_number);
	int fd = open(name, O_RDWR | O_CREATE | O_TRUNC);

	fill(bytes, size, seed);
	CHECK(fd >= 0 && write_all(fd, bytes, size) == 0);
	CHECK(close(fd) == 0 && rename(name, other) == 0);
	memset(bytes, 0, sizeof(bytes));
	fd = open(other, O_RDONLY);
	CHECK(fd >= 0 && read_all(fd, bytes, sizeof(bytes)) == (s64)size);
	CHECK(is_filled(bytes, size, seed));
	CHECK(close(fd) == 0 && unlink(other) == 0);
}

/* Memory that a child changes, is moved and partly dropped; the parent's copy must not feel it. */
static void use_memory(u64 seed)
{
	u64 how = seed % 3 ? MAP_PRIVATE : MAP_PRIVATE | MAP_HUGE;
	u8 *m = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_ANON | how, -1, 0);

	CHECK(!error_of(m));
	fill(m, PAGES * PAGE, seed);
	int pid = fork();

	if (pid == 0) {
		CHECK(is_filled(m, PAGES * PAGE, seed));
		fill(m, PAGES * PAGE, seed + 1);
		CHECK(madvise(m, PAGES * PAGE / 2, MADV_MOVE) == 0);
		CHECK(is_filled(m, PAGES * PAGE, seed + 1));
		_exit(0);
	}
	CHECK(munmap(m + PAGES * PAGE / 2, PAGE) == 0);
	CHECK(madvise(m, PAGES * PAGE / 4, MADV_MOVE) == 0);
	CHECK(is_filled(m, PAGES * PAGE / 2, seed));
	expect_success(pid);
	CHECK(is_filled(m, PAGES * PAGE / 2, seed));
	CHECK(munmap(m, PAGES * PAGE) == 0);
}

static void stream_through_pipe(u64 seed)
{
	static u8 bytes[BYTES];
	int fd[2];

	CHECK(pipe(fd) == 0);
	int pid = fork();

	if (pid == 0) {
		close(fd[0]);
		fill(bytes, BYTES, seed);
		CHECK(write_all(fd[1], bytes, BYTES) == 0);
		_exit(0);
	}
	close(fd[1]);
	CHECK(read_all(fd[0], bytes, BYTES) == BYTES);
	CHECK(is_filled(bytes, BYTES, seed));
	close(fd[0]);
	expect_success(pid);
}

static struct {
	struct mutex lock;
	u64 count;  /* lock */
	double sum; /* lock */
} common;

static s64 count_up(void *arg)
{
	double x = 0;

	for (int i = 0; i < COUNTS; i++) {
		mutex_lock(&common.lock);
		common.count++;
		mutex_unlock(&common.lock);
		x += 0.5;
	}
	mutex_lock(&common.lock);
	common.sum += x;
	mutex_unlock(&common.lock);
	return COUNTS;
}

static void run_threads(u64 seed)
{
	struct thread t[THREADS];
	s64 value;

	common.count = 0;
	common.sum = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK(thread_create(&t[i], count_up, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(thread_join(&t[i], &value) == 0 && value == COUNTS);
	CHECK(common.count == THREADS * COUNTS && common.sum == 0.5 * THREADS * COUNTS);
}

/* ---- Workers ----------------------------------------------------------------------------------------- */

static NORETURN void work(u64 rounds)
{
	static void (*const jobs[])(u64 seed) = { run_program, write_and_read_file, use_memory, stream_through_pipe,
						  run_threads };
	struct random r = { worker_number };

	for (u64 i = 0; i < rounds; i++)
		for (int k = 0; k < 5; k++)
			jobs[(worker_number + k) % 5](random_next(&r));
	_exit(0);
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "j:n:", "stress [-j workers] [-n rounds]");
	s64 workers = 4, rounds = 20;
	int pids[WORKERS], failed = 0;

	for (int flag; (flag = args_flag(&a));)
		*(flag == 'j' ? &workers : &rounds) = args_number(&a);
	if (args_left(&a) || workers < 1 || workers > WORKERS || rounds < 1)
		args_usage(&a);
	mkdir("/tmp");
	for (s64 i = 0; i < workers; i++) {
		worker_number = i;
		pids[i] = fork();
		if (pids[i] == 0)
			work(rounds);
		if (pids[i] < 0)
			die("fork", pids[i]);
	}
	for (s64 i = 0; i < workers; i++) {
		int status = -1;

		wait(pids[i], &status, 0);
		failed += status != 0;
	}
	printf("stress: %ld workers, %ld rounds: %s\n", workers, rounds, failed ? "FAILED" : "all right");
	return failed ? 1 : 0;
}
