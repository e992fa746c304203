/*
 * exec(): arguments, what stays and what goes, errors.  Damaged programs are in elf.c.
 */
#include "test.h"

/* Run a program with its output into the file "out". */
static s64 run_into_file(void *arg)
{
	const char *const *argv = arg;
	int fd = OK(open("out", O_WRONLY | O_CREATE | O_TRUNC));

	OK(dup2(fd, 1));
	OK(close(fd));
	return exec(argv[0], argv);
}

static void expect_output(const char *const argv[], const char *expected)
{
	static char text[2000];

	EXPECT_EQ(status_of(run_into_file, (void *)argv), 0);
	int fd = OK(open("out", O_RDONLY));

	text[OK(read_all(fd, text, sizeof(text) - 1))] = 0;
	close(fd);
	if (strcmp(text, expected) != 0)
		FAIL("output is \"%.60s\", not \"%.60s\"", text, expected);
}

TEST(exec, passes_arguments)
{
	expect_output((const char *[]){ "/bin/echo", "one", "", "two words", NULL }, "one  two words\n");
	expect_output((const char *[]){ "/bin/echo", NULL }, "\n");
	expect_output((const char *[]){ "/bin/../bin/./echo", "x", NULL }, "x\n");
}

TEST(exec, exit_status_comes_through)
{
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", NULL }), 0);
	EXPECT_EQ(run_program((const char *[]){ "/bin/false", NULL }), 1);
}

static s64 exec_without_argv(void *arg)
{
	return exec("/bin/true", NULL);
}

static s64 exec_with_empty_argv(void *arg)
{
	return exec("/bin/true", (const char *[]){ NULL });
}

TEST(exec, needs_no_arguments)
{
	EXPECT_EQ(status_of(exec_without_argv, NULL), 0);
	EXPECT_EQ(status_of(exec_with_empty_argv, NULL), 0);
}

/* Fills argv with `count` times the text. */
static const char **many_arguments(int count, const char *text)
{
	const char **argv = must_malloc((count + 2) * sizeof(char *));

	argv[0] = "/bin/true";
	for (int i = 1; i <= count; i++)
		argv[i] = text;
	argv[count + 1] = NULL;
	return argv;
}

TEST(exec, most_arguments_fit)
{
	EXPECT_EQ(run_program(many_arguments(2000, "abcd")), 0); /* 2000 * (5 + 8) bytes */
}

TEST(exec, too_many_arguments_fail)
{
	char *text = map(ARG_MAX + PAGE, MAP_PRIVATE);

	EXPECT_EQ(exec("/bin/true", many_arguments(20000, "x")), -E2BIG);
	EXPECT_EQ(exec("/bin/true", many_arguments(ARG_MAX / 8, "")), -E2BIG);
	memset(text, 'x', ARG_MAX + 10);
	EXPECT_EQ(exec("/bin/true", (const char *[]){ "true", text, NULL }), -E2BIG);
	text[ARG_MAX / 2] = 0;
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", text, NULL }), 0);
}

TEST(exec, errors_leave_the_process_alone)
{
	static char long_path[PATH_MAX + 10];
	const char *argv[] = { "x", NULL };

	make_file("text", "echo hello\n", 11);
	make_file("empty", "", 0);
	OK(mkdir("dir"));
	memset(long_path, 'a', PATH_MAX + 5);
	EXPECT_EQ(exec("none", argv), -ENOENT);
	EXPECT_EQ(exec("", argv), -ENOENT);
	EXPECT_EQ(exec("text/x", argv), -ENOTDIR);
	EXPECT_EQ(exec("text", argv), -ENOEXEC);
	EXPECT_EQ(exec("empty", argv), -ENOEXEC);
	EXPECT_EQ(exec("dir", argv), -ENOEXEC);
	EXPECT_EQ(exec("/dev/null", argv), -ENOEXEC);
	EXPECT_EQ(exec(long_path, argv), -ENAMETOOLONG);
	make_file("still", "here", 4);
	EXPECT_EQ(run_program((const char *[]){ "/bin/true", NULL }), 0);
}

TEST(exec, keeps_descriptors_and_directory)
{
	OK(mkdir("d"));
	OK(chdir("d"));
	expect_output((const char *[]){ "/bin/pwd", NULL }, "/tmp/usertests/d\n");
}

static s64 exec_true(void *arg)
{
	exec("/bin/true", (const char *[]){ "true", NULL });
	return 9;
}

TEST(exec, fifty_times)
{
	for (int i = 0; i < 50; i++)
		EXPECT_EQ(status_of(exec_true, NULL), 0);
}

static s64 exec_after_much_memory(void *arg)
{
	u8 *m = map(4 * MIB, MAP_PRIVATE);

	fill(m, 4 * MIB, 1);
	map(4 * MIB, MAP_SHARED | MAP_POPULATE);
	return exec_true(NULL);
}

TEST(exec, gives_memory_back)
{
	EXPECT_EQ(status_of(exec_after_much_memory, NULL), 0);
}

/* ---- With threads ------------------------------------------------------------------------------------ */

static struct thread threads[4];
static u32 word;

static s64 futex_forever(void *arg)
{
	return futex_wait(&word, 0, 0);
}

static void start_others(void)
{
	OK(thread_create(&threads[0], sleep_forever, NULL));
	OK(thread_create(&threads[1], spin_forever, NULL));
	OK(thread_create(&threads[2], futex_forever, NULL));
	sleep(2 * MS);
}

static s64 exec_beside_threads(void *arg)
{
	start_others();
	return exec_true(NULL);
}

TEST(exec, ends_other_threads)
{
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(status_of(exec_beside_threads, NULL), 0);
}

static s64 exec_in_thread(void *arg)
{
	start_others();
	OK(thread_create(&threads[3], exec_true, NULL));
	return sleep_forever(NULL);
}

/* The first thread is one of those that end; the process and its pid stay. */
TEST(exec, from_another_thread)
{
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(status_of(exec_in_thread, NULL), 0);
}

static s64 exec_in_all(void *arg)
{
	for (int i = 0; i < 4; i++)
		OK(thread_create(&threads[i], exec_true, NULL));
	return exec_true(NULL);
}

TEST(exec, by_all_threads_at_once)
{
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(status_of(exec_in_all, NULL), 0);
}

static s64 return_at_once(void *arg)
{
	return 0;
}

static int to_cat[2], from_cat[2];

static s64 become_cat(void *arg)
{
	for (int i = 0; i < 4; i++)
		OK(thread_create(&threads[i], return_at_once, NULL));
	OK(dup2(to_cat[0], 0));
	OK(dup2(from_cat[1], 1));
	OK(close(to_cat[1]));
	return exec("/bin/cat", (const char *[]){ "cat", NULL });
}

/* The new program does not know of them, so nobody can join them. */
TEST(exec, forgets_ended_threads)
{
	struct sysinfo before, after;
	char byte = 1;

	OK(pipe(to_cat));
	OK(pipe(from_cat));
	OK(sysinfo(&before));
	int pid = spawn(become_cat, NULL);

	EXPECT_EQ(write(to_cat[1], &byte, 1), 1);
	EXPECT_EQ(read(from_cat[0], &byte, 1), 1);
	OK(sysinfo(&after));
	EXPECT_EQ(after.thread_count, before.thread_count + 1);
	OK(close(to_cat[1]));
	EXPECT_EQ(reap(pid), 0);
}

static s64 exec_forever(void *arg)
{
	return exec("/bin/sh", (const char *[]){ "sh", "-c", "/bin/sh -c \"sh -c true; sh -c true\"; true", NULL });
}

TEST(exec, killed_at_any_moment)
{
	for (int i = 0; i < 15; i++) {
		int pid = spawn(exec_forever, NULL);

		sleep(i * MS);
		kill(pid);
		int status = reap(pid);

		EXPECT(status == 0 || status == KILLED(KILL));
	}
}
