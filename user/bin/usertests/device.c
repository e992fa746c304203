/*
 * /dev/trace, read and mapped, and /dev/random.
 */
#include "test.h"
#include "abi/trace.h"

static int open_trace(void)
{
	return OK(open("/dev/trace", O_RDONLY));
}

/* Is this text in what remains to be read of fd? */
static bool is_in_file(int fd, const char *text)
{
	static char page[PAGE + 1];
	size_t kept = 0, length = strlen(text);
	s64 n;

	while ((n = OK(read(fd, page + kept, PAGE - kept))) > 0) {
		n += kept;
		for (size_t i = 0; i + length <= (size_t)n; i++)
			if (!memcmp(page + i, text, length))
				return true;
		kept = (size_t)n < length ? (size_t)n : length;
		memmove(page, page + n - kept, kept);
	}
	return false;
}

TEST(device, trace_tells_of_a_call)
{
	char line[64];

	EXPECT_EQ(lseek(-77, 0, SEEK_CUR), -EBADF);
	snprintf(line, sizeof(line), "thread %d: sysret: lseek = -9\n", gettid());
	EXPECT(is_in_file(open_trace(), line));
}

TEST(device, trace_ends_where_it_was_opened)
{
	int fd = open_trace();

	EXPECT_EQ(lseek(-77, 0, SEEK_CUR), -EBADF);
	EXPECT(!is_in_file(fd, "lseek(0xffffffb3") || !is_in_file(fd, "lseek(0xffffffffffffffb3"));
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -ESPIPE);
}

/* The rings of all CPUs that there are. */
static const struct trace_record *map_rings(u64 *cpu_count, int fd)
{
	struct sysinfo info;

	OK(sysinfo(&info));
	*cpu_count = info.cpu_count;
	return (void *)OK(mmap(NULL, info.cpu_count * TRACE_RING_BYTES, PROT_READ, MAP_SHARED, fd, 0));
}

/* A whole record of lseek(fd) by thread `tid`?  Makes no call itself, which would be recorded too. */
static bool is_call(const volatile struct trace_record *r, int tid, u64 fd)
{
	u64 sequence = r->sequence;

	return sequence && r->event == TRACE_syscall && r->tid == tid && r->arg[0] == SYS_lseek &&
	       (u32)r->arg[1] == (u32)fd && r->sequence == sequence;
}

static bool is_in_rings(const struct trace_record *rings, u64 cpu_count, u64 fd)
{
	int tid = gettid();

	for (u64 i = 0; i < cpu_count * TRACE_RING_RECORDS; i++)
		if (is_call(&rings[i], tid, fd))
			return true;
	return false;
}

TEST(device, mapped_trace_shows_what_happens)
{
	int fd = open_trace();
	u64 cpu_count;
	const struct trace_record *rings = map_rings(&cpu_count, fd);

	close(fd);
	EXPECT(!is_in_rings(rings, 1, 0x12345));
	lseek(0x12345, 0, SEEK_CUR);
	EXPECT(is_in_rings(rings, cpu_count, 0x12345));
	OK(munmap((void *)rings, cpu_count * TRACE_RING_BYTES));
}

struct trace_view {
	const struct trace_record *rings;
	u64 cpu_count, next;
};

/* Is a call that is made now recorded? */
static bool is_recorded(struct trace_view *view)
{
	u64 fd = 0x54321 + view->next++;

	lseek(fd, 0, SEEK_CUR);
	return is_in_rings(view->rings, view->cpu_count, fd);
}

static int ask_for(const char *mask)
{
	int fd = OK(open("/dev/trace", O_RDWR));

	EXPECT_EQ(write(fd, mask, strlen(mask)), strlen(mask));
	return fd;
}

static s64 ask_for_ever(void *arg)
{
	ask_for("+4");
	sleep(1000 * SECOND);
	return 0;
}

TEST(device, trace_tells_what_is_asked_for_while_somebody_asks)
{
	int all = ask_for("0"), fd, pid;
	struct trace_view view = { 0 };

	view.rings = map_rings(&view.cpu_count, all);
	EXPECT(!is_recorded(&view));
	fd = ask_for("+4");
	EXPECT(is_recorded(&view));
	EXPECT_EQ(write(fd, "+8", 2), 2);
	EXPECT(!is_recorded(&view));
	close(fd);
	EXPECT_EQ(write(all, "+", 1), -EINVAL);
	pid = spawn(ask_for_ever, NULL);
	while (!is_recorded(&view))
		sleep(MS);
	OK(kill(pid));
	reap(pid);
	EXPECT(!is_recorded(&view));
	EXPECT_EQ(write(all, "1023", 4), 4);
	EXPECT(is_recorded(&view));
}

static s64 write_word(void *arg)
{
	*(volatile u64 *)arg = 1;
	return 0;
}

static s64 read_word(void *arg)
{
	return *(volatile u64 *)arg & 0;
}

TEST(device, mapped_trace_is_read_only)
{
	int fd = open_trace();
	u64 cpu_count;
	const struct trace_record *rings = map_rings(&cpu_count, fd);

	EXPECT_EQ(status_of(read_word, (void *)rings), 0);
	EXPECT_KILLED(write_word, (void *)rings, FAULT);
	EXPECT(mprotect((void *)rings, PAGE, PROT_READ | PROT_WRITE) < 0);
	EXPECT_KILLED(write_word, (void *)rings, FAULT);
	EXPECT_EQ(read_word((void *)rings), 0);
}

static s64 try_mmap(size_t size, u64 prot, int fd, u64 offset)
{
	return (s64)mmap(NULL, size, prot, MAP_SHARED, fd, offset);
}

TEST(device, mmap_errors)
{
	int fd = open_trace();

	EXPECT_EQ(try_mmap(PAGE, PROT_READ | PROT_WRITE, fd, 0), -EINVAL);
	EXPECT_EQ(try_mmap(PAGE, PROT_READ | PROT_EXEC, fd, 0), -EINVAL);
	EXPECT(try_mmap(PAGE, PROT_READ, fd, 64 * MIB) < 0);
	EXPECT(try_mmap(PAGE, PROT_READ, fd, -PAGE) < 0);
	EXPECT(try_mmap(64 * MIB, PROT_READ, fd, 0) < 0);
	EXPECT(try_mmap(PAGE, PROT_READ, fd, 100) < 0);
}

TEST(device, random_differs)
{
	int fd = OK(open("/dev/random", O_RDONLY));
	u8 a[100], b[100];

	EXPECT_EQ(read(fd, a, sizeof(a)), sizeof(a));
	EXPECT_EQ(read(fd, b, sizeof(b)), sizeof(b));
	EXPECT(memcmp(a, b, sizeof(a)));
	EXPECT_EQ(write(fd, "1", 1), -EBADF);
}
