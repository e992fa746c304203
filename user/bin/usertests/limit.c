/*
 * The system runs out of something: memory, processes.  Who asks for too much fails or is killed; the rest goes on.
 */
#include "test.h"

static u64 free_pages(void)
{
	struct sysinfo i;

	OK(sysinfo(&i));
	return i.page_free;
}

/* Map and touch memory until that fails. */
static s64 eat_memory(void *arg)
{
	for (;;) {
		u8 *m = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);

		if (error_of(m))
			return -error_of(m);
		for (u64 at = 0; at < 8 * MIB; at += PAGE)
			m[at] = 1;
	}
}

SLOW_TEST(limit, memory_eaten_by_touching)
{
	int status = status_of(eat_memory, NULL);

	EXPECT(status == ENOMEM || (status & STATUS_KILLED));
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", NULL }), 0);
}

static s64 populate_until_full(void *arg)
{
	void *m;

	do
		m = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_POPULATE | (u64)arg, -1, 0);
	while (!error_of(m));
	EXPECT_EQ(error_of(m), -ENOMEM);
	return 0;
}

SLOW_TEST(limit, memory_eaten_by_populate)
{
	EXPECT_EQ(status_of(populate_until_full, (void *)0), 0);
	EXPECT_EQ(status_of(populate_until_full, (void *)MAP_HUGE), 0);
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", NULL }), 0);
}

/* Take what memory there is, in pieces of this size. */
static void eat_pieces(u64 size)
{
	while (!error_of(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_POPULATE, -1, 0)))
		;
}

/* With nearly no memory left, try all that needs some.  Everything may fail, nothing may go wrong. */
static s64 live_in_poverty(void *arg)
{
	struct thread t;
	int fd[2];

	eat_pieces(MIB);
	for (int i = 0; i < 20; i++) {
		u8 *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_POPULATE, -1, 0);
		int pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			wait(pid, NULL, 0);
		if (thread_create(&t, sleep_forever, NULL) == 0)
			yield();
		if (pipe(fd) == 0)
			write(fd[1], "x", 1);
		close(open("poor", O_RDWR | O_CREATE));
		if (!error_of(m))
			m[0] = 1;
	}
	return 0;
}

SLOW_TEST(limit, everything_without_memory)
{
	for (int i = 0; i < 2; i++) {
		int status = status_of(live_in_poverty, NULL);

		EXPECT(status == 0 || (status & STATUS_KILLED));
	}
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", NULL }), 0);
}

/*
 * fork() copies page tables.  2000 of them, one for each touched page, do not fit into 1000 free pages: it must fail
 * half-way and give back what it took.
 */
static s64 fork_large(void *arg)
{
	enum { TABLES = 2000, SPARE = 1000 };
	u8 *sparse = map(TABLES * HUGE_PAGE, MAP_PRIVATE), *spare = map(SPARE * PAGE, MAP_PRIVATE | MAP_POPULATE);

	for (u64 i = 0; i < TABLES; i++)
		sparse[i * HUGE_PAGE] = 1;
	eat_pieces(MIB);
	eat_pieces(16 * PAGE);
	OK(munmap(spare, SPARE * PAGE));
	for (int i = 0; i < 3; i++) {
		u64 before = free_pages();
		int pid = fork();

		if (pid == 0)
			_exit(0);
		EXPECT_EQ(pid, -ENOMEM);
		EXPECT(free_pages() + 8 >= before);
	}
	return 0;
}

SLOW_TEST(limit, fork_without_memory_gives_all_back)
{
	EXPECT_EQ(status_of(fork_large, NULL), 0);
}

static s64 fork_until_it_fails(void *arg)
{
	int count = 0, pid;

	while ((pid = fork()) > 0)
		count++;
	if (pid == 0)
		return sleep_forever(NULL);
	EXPECT(pid == -EAGAIN || pid == -ENOMEM);
	EXPECT(count > 50);
	EXPECT_EQ(fork(), pid);
	kill(-getpid()); /* the children, and this process as the last one */
	return sleep_forever(NULL);
}

static s64 fork_in_own_group(void *arg)
{
	OK(setgroup(0, 0));
	return fork_until_it_fails(NULL);
}

TEST(limit, processes_run_out)
{
	EXPECT_KILLED(fork_in_own_group, NULL, KILL);
	/* The others become init's and are reaped. */
	for (int tries = 0; tries < 1000; tries++) {
		int pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0) {
			EXPECT_EQ(reap(pid), 0);
			return;
		}
		sleep(5 * MS);
	}
	FAIL("fork never works again");
}

/* One process fills all descriptors, several do: the kernel's memory for files comes back. */
static s64 open_everything(void *arg)
{
	while (open("f", O_RDONLY) >= 0)
		;
	for (int fd = 10; fd < 20; fd++)
		close(fd);
	int fd[2];

	for (int i = 0; i < 5; i++)
		OK(pipe(fd));
	return 0;
}

TEST(limit, open_files_are_closed_at_exit)
{
	make_file("f", "x", 1);
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(status_of(open_everything, NULL), 0);
}
