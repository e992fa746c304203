/*
 * Arguments that no honest program passes: bad pointers wherever the kernel takes one, sizes that reach around the end
 * of the address space, calls that do not exist.
 */
#include "test.h"

enum { POINTER = 0x7e57, READABLE }; /* in a row's arguments: the pointer under test; some valid string */

/* One pointer argument of one call.  What the other arguments are makes the kernel come as far as the pointer. */
struct row {
	const char *name;
	u64 number;
	u64 arg[6];
	enum { IN, OUT, STRING } direction; /* the kernel reads it, writes it, reads a string */
};

static int file_fd, dir_fd, read_fd, write_fd, console_fd;
static char path[] = "file";

static void open_files(void)
{
	int fd[2];

	file_fd = OK(open(path, O_RDWR | O_CREATE));
	OK(ftruncate(file_fd, 100000));
	dir_fd = OK(open(".", O_RDONLY));
	console_fd = OK(open("/dev/console", O_RDWR));
	OK(pipe(fd));
	read_fd = fd[0];
	write_fd = fd[1];
	OK(write(write_fd, "something to read", 17));
}

static u64 number_of(u64 what)
{
	return what == READABLE ? (u64)path : what;
}

static s64 call(const struct row *r, u64 pointer)
{
	u64 a[6];

	for (int i = 0; i < 6; i++)
		a[i] = r->arg[i] == POINTER ? pointer : number_of(r->arg[i]);
	if (r->number == SYS_read || r->number == SYS_lseek)
		lseek(file_fd, 0, SEEK_SET);
	return syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Addresses outside of user memory, whatever is done with them. */
static u64 bad_addresses[] = {
	0,
	8,
	1ul << 38,
	1ul << 47,
	1ul << 62,
	1ul << 63,
	0xffff800000000000,
	0xffffffc000000000,
	0xffffffff80000000,
	0xfffffffffffff000,
	0xfffffffffffffff8,
	0, /* a hole; filled in below */
	0, /* a page without rights */
	0, /* 8 bytes before a hole */
};

static u64 read_only_page;

static void make_bad_addresses(void)
{
	const int count = sizeof(bad_addresses) / sizeof(bad_addresses[0]);
	char *m = map(6 * PAGE, MAP_PRIVATE);

	memset(m, 'x', 6 * PAGE); /* no string ends in it */
	OK(munmap(m + PAGE, PAGE));
	OK(mprotect(m + 3 * PAGE, PAGE, PROT_NONE));
	OK(mprotect(m + 5 * PAGE, PAGE, PROT_READ));
	bad_addresses[count - 3] = (u64)m + PAGE;
	bad_addresses[count - 2] = (u64)m + 3 * PAGE;
	bad_addresses[count - 1] = (u64)m + PAGE - 8;
	read_only_page = (u64)m + 5 * PAGE;
}

static void expect_fault(const struct row *r, u64 pointer)
{
	s64 answer = call(r, pointer);

	if (answer != -EFAULT)
		FAIL("%s with pointer 0x%lx answers %ld", r->name, pointer, answer);
}

/* Each bad address must be refused where a buffer of at least 16 bytes, or a string, is wanted. */
static void expect_faults(const struct row *r)
{
	for (size_t i = 0; i < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++)
		expect_fault(r, bad_addresses[i]);
	if (r->direction == OUT)
		expect_fault(r, read_only_page);
}

static s64 run_rows(const struct row *rows, size_t count)
{
	make_bad_addresses();
	for (size_t i = 0; i < count; i++)
		expect_faults(&rows[i]);
	return 0;
}

#define RUN(rows) run_rows(rows, sizeof(rows) / sizeof(rows[0]))

TEST(hostile, pointers_to_strings)
{
	static const struct row rows[] = {
		{ "open", SYS_open, { POINTER, O_RDONLY }, STRING },
		{ "open to create", SYS_open, { POINTER, O_RDWR | O_CREATE }, STRING },
		{ "mkdir", SYS_mkdir, { POINTER }, STRING },
		{ "mknod", SYS_mknod, { POINTER, 1, 0 }, STRING },
		{ "link, old", SYS_link, { POINTER, READABLE }, STRING },
		{ "link, new", SYS_link, { READABLE, POINTER }, STRING },
		{ "unlink", SYS_unlink, { POINTER }, STRING },
		{ "rename, old", SYS_rename, { POINTER, READABLE }, STRING },
		{ "rename, new", SYS_rename, { READABLE, POINTER }, STRING },
		{ "chdir", SYS_chdir, { POINTER }, STRING },
		{ "exec, path", SYS_exec, { POINTER, 0 }, STRING },
	};

	open_files();
	RUN(rows);
}

TEST(hostile, pointers_to_buffers)
{
	open_files();
	const struct row rows[] = {
		{ "read of a file", SYS_read, { file_fd, POINTER, 100 }, OUT },
		{ "write to a file", SYS_write, { file_fd, POINTER, 100 }, IN },
		{ "write to a pipe", SYS_write, { write_fd, POINTER, 100 }, IN },
		{ "write to the console", SYS_write, { console_fd, POINTER, 100 }, IN },
		{ "getdents", SYS_getdents, { dir_fd, POINTER, 2 }, OUT },
		{ "fstat", SYS_fstat, { file_fd, POINTER }, OUT },
		{ "getcwd", SYS_getcwd, { POINTER, 100 }, OUT },
		{ "sysinfo", SYS_sysinfo, { POINTER }, OUT },
		{ "procinfo", SYS_procinfo, { POINTER, 10 }, OUT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OK(lseek(dir_fd, 0, SEEK_SET));
		run_rows(&rows[i], 1);
	}
}

TEST(hostile, read_of_a_pipe)
{
	static const char text[100];

	open_files();
	make_bad_addresses();
	for (size_t i = 0; i < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		/* A failing read may take what is there. */
		EXPECT_EQ(write(write_fd, text, sizeof(text)), sizeof(text));
		EXPECT_EQ(syscall(SYS_read, read_fd, bad_addresses[i], 100, 0, 0, 0), -EFAULT);
	}
}

static s64 exit_at_once(void *arg)
{
	return 0;
}

/* The smallest things: pointers to 4 or 8 bytes, so "8 bytes before a hole" is a good address for them. */
TEST(hostile, pointers_to_words)
{
	open_files();
	make_bad_addresses();
	for (size_t i = 0; i + 1 < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		u64 bad = bad_addresses[i];

		EXPECT_EQ(syscall(SYS_pipe, bad, 0, 0, 0, 0, 0), -EFAULT);
		EXPECT_EQ(syscall(SYS_ioctl, console_fd, TTY_GETMODE, bad, 0, 0, 0), -EFAULT);
		EXPECT_EQ(syscall(SYS_futex_wait, bad, 0, MS, 0, 0, 0), -EFAULT);
		EXPECT_EQ(syscall(SYS_futex_wake, bad, 1, 0, 0, 0, 0), bad == bad_addresses[12] ? 0 : -EFAULT);
	}
	for (int i = 0; i < 70; i++) /* a failing pipe() must not keep descriptors */
		EXPECT_EQ(syscall(SYS_pipe, 8, 0, 0, 0, 0, 0), -EFAULT);
	OK(dup(0));
}

TEST(hostile, wait_with_a_bad_status)
{
	make_bad_addresses();
	for (size_t i = 0; i + 1 < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		int pid = spawn(exit_at_once, NULL);
		s64 answer = syscall(SYS_wait, pid, bad_addresses[i], 0, 0, 0, 0);

		EXPECT_EQ(answer, bad_addresses[i] ? -EFAULT : pid); /* NULL means that nobody wants it */
	}
}

static s64 return_zero(void *arg)
{
	return 0;
}

TEST(hostile, join_with_a_bad_value)
{
	make_bad_addresses();
	for (size_t i = 1; i + 1 < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		struct thread t;

		OK(thread_create(&t, return_zero, NULL));
		EXPECT_EQ(syscall(SYS_thread_join, t.tid, bad_addresses[i], 0, 0, 0, 0), -EFAULT);
	}
}

TEST(hostile, exec_with_bad_arguments)
{
	static const char *argv[3] = { "true", NULL, NULL };
	const char **at_end = (const char **)((char *)map(2 * PAGE, MAP_PRIVATE) + PAGE - 8);

	make_bad_addresses();
	for (size_t i = 1; i + 1 < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		EXPECT_EQ(exec("/bin/true", (const char **)bad_addresses[i]), -EFAULT);
		argv[1] = (const char *)bad_addresses[i];
		EXPECT_EQ(exec("/bin/true", argv), -EFAULT);
	}
	at_end[0] = "true"; /* the array goes on in a page that is not there */
	OK(munmap(at_end + 1, PAGE));
	EXPECT_EQ(exec("/bin/true", at_end), -EFAULT);
	EXPECT_EQ(exec("/bin/true", (const char **)((char *)argv + 1)), -EFAULT); /* pointers cut in two */
}

/* Good memory that crosses pages, the second of which is not there yet, must be fine everywhere. */
TEST(hostile, page_crossing_pointers_are_fine)
{
	char *m = map(3 * PAGE, MAP_PRIVATE), *edge = m + PAGE - 3;
	struct stat *st = (struct stat *)(m + 2 * PAGE - 8);
	int *fd = (int *)(m + PAGE - 4);

	strlcpy(edge, "crossing", 20);
	int file = OK(open(edge, O_RDWR | O_CREATE));

	EXPECT_EQ(write(file, edge, 8), 8);
	OK(fstat(file, st));
	EXPECT_EQ(st->size, 8);
	OK(lseek(file, 0, SEEK_SET));
	memset(m, 0, 3 * PAGE);
	EXPECT_EQ(read(file, m + 2 * PAGE - 4, 8), 8);
	EXPECT_EQ(memcmp(m + 2 * PAGE - 4, "crossing", 8), 0);
	OK(madvise(m, 3 * PAGE, MADV_DONTNEED));
	OK(pipe(fd));
	OK(getcwd(edge, 100));
	OK(unlink("crossing"));
}

/* A string may end with the last byte before a hole. */
TEST(hostile, string_at_the_end_of_memory)
{
	char *m = map(2 * PAGE, MAP_PRIVATE), *s = m + PAGE - 5;

	OK(munmap(m + PAGE, PAGE));
	strlcpy(s, "name", 5);
	close(OK(open(s, O_RDWR | O_CREATE)));
	s[4] = 'x';
	EXPECT_EQ(open(s, O_RDWR | O_CREATE), -EFAULT);
}

TEST(hostile, huge_sizes)
{
	static const u64 sizes[] = { 1ul << 31, 1ul << 32, 1ul << 40, 1ul << 63, (1ul << 63) - 1, ~0ul, ~0ul - 4095 };
	char buf[16];

	open_files();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		lseek(file_fd, 99990, SEEK_SET);
		s64 n = read(file_fd, buf, sizes[i]); /* ten bytes are there */

		EXPECT(n == 10 || n == -EFAULT || n == -EINVAL);
		/* From a page to what lies behind it: some may be written before the fault. */
		n = write(file_fd, (void *)bad_addresses[2], sizes[i]);
		EXPECT(n == -EFAULT || n == -EINVAL);
		EXPECT(getdents(dir_fd, NULL, sizes[i]) < 0);
		EXPECT(procinfo(NULL, sizes[i]) < 0);
		n = getcwd(buf, sizes[i]);
		EXPECT(n == (s64)strlen("/tmp/usertests") || n == -EFAULT || n == -EINVAL);
	}
}

TEST(hostile, unknown_calls)
{
	static const u64 numbers[] = { 0, 18, 19, 49, 54, 59, 63, 64, 65, 1000, 1ul << 31, 1ul << 32, 1ul << 63, ~0ul,
				       (1ul << 32) + SYS_getpid };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		s64 answer = syscall(numbers[i], 1, 2, 3, 4, 5, 6);

		if (answer != -ENOSYS)
			FAIL("call %lu answers %ld", numbers[i], answer);
	}
}

TEST(hostile, unknown_flags)
{
	EXPECT(open("new", ~0ul) < 0);
	EXPECT(wait(-1, NULL, ~0ul) < 0);
	EXPECT(reboot(77) < 0);
	EXPECT(reboot(~0ul) < 0);
	EXPECT(error_of(mmap(NULL, PAGE, ~0ul, ~0ul, -1, 0)) < 0);
}

/* The registers that a call does not answer in come back as they were: a loop of calls keeps its own variables. */
TEST(hostile, registers_survive_calls)
{
	u64 a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;

	for (u64 i = 0; i < 200; i++) {
		EXPECT_EQ(syscall(SYS_getpid, a, b, c, d, e, f), getpid());
		yield();
		a += i, b ^= a, c += b, d ^= c, e += d, f ^= e, g += f, h ^= g;
	}
	u64 sum = a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;

	a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
	for (u64 i = 0; i < 200; i++)
		a += i, b ^= a, c += b, d ^= c, e += d, f ^= e, g += f, h ^= g;
	EXPECT_EQ(sum, a ^ b ^ c ^ d ^ e ^ f ^ g ^ h);
}
