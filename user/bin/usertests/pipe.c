/*
 * Pipes.
 */
#include "test.h"

struct ends {
	int read_fd, write_fd;
};

static struct ends make_pipe(void)
{
	int fd[2];

	OK(pipe(fd));
	return (struct ends){ fd[0], fd[1] };
}

#define STREAM_SIZE (512 * KIB)

/* Write the stream in pieces of all sizes. */
static s64 write_stream(void *arg)
{
	struct ends *p = arg;
	u8 *bytes = map(STREAM_SIZE, MAP_PRIVATE);

	close(p->read_fd);
	fill(bytes, STREAM_SIZE, 1);
	for (u64 done = 0, size = 1; done < STREAM_SIZE; done += size) {
		size = 1 + random_below(&test_random, 5000);
		size = size < STREAM_SIZE - done ? size : STREAM_SIZE - done;
		EXPECT_EQ(write(p->write_fd, bytes + done, size), size);
	}
	return 0;
}

TEST(pipe, passes_bytes_in_order)
{
	struct ends p = make_pipe();
	u8 *bytes = map(STREAM_SIZE + PAGE, MAP_PRIVATE);
	int pid = spawn(write_stream, &p);
	u64 done = 0;
	s64 n;

	close(p.write_fd);
	while ((n = OK(read(p.read_fd, bytes + done, 1 + random_below(&test_random, PAGE)))) > 0)
		done += n;
	EXPECT_EQ(done, STREAM_SIZE);
	EXPECT(is_filled(bytes, STREAM_SIZE, 1));
	EXPECT_EQ(reap(pid), 0);
}

TEST(pipe, end_of_writers_is_end_of_file)
{
	struct ends p = make_pipe();
	char buf[16];

	EXPECT_EQ(write(p.write_fd, "abc", 3), 3);
	close(p.write_fd);
	EXPECT_EQ(read(p.read_fd, buf, sizeof(buf)), 3);
	EXPECT_EQ(read(p.read_fd, buf, sizeof(buf)), 0);
	EXPECT_EQ(read(p.read_fd, buf, sizeof(buf)), 0);
}

TEST(pipe, without_readers_write_fails)
{
	struct ends p = make_pipe();

	close(p.read_fd);
	EXPECT_EQ(write(p.write_fd, "abc", 3), -EPIPE);
}

static s64 write_much(void *arg)
{
	static u8 buf[256 * KIB];
	struct ends *p = arg;

	close(p->read_fd);
	EXPECT_EQ(write(p->write_fd, buf, sizeof(buf)), sizeof(buf));
	return 0;
}

/* A pipe holds far less than this: the writer has to sleep, again and again. */
TEST(pipe, full_pipe_makes_writer_wait)
{
	struct ends p = make_pipe();
	int pid = spawn(write_much, &p);
	static u8 buf[1000];
	u64 done = 0;
	s64 n;

	close(p.write_fd);
	sleep(10 * MS);
	EXPECT_EQ(wait(pid, NULL, WAIT_NOHANG), -EAGAIN);
	while ((n = OK(read(p.read_fd, buf, sizeof(buf)))) > 0)
		done += n;
	EXPECT_EQ(done, 256 * KIB);
	EXPECT_EQ(reap(pid), 0);
}

static s64 write_until_broken(void *arg)
{
	static u8 buf[PAGE];
	struct ends *p = arg;
	s64 n;

	close(p->read_fd);
	while ((n = write(p->write_fd, buf, sizeof(buf))) >= 0)
		;
	EXPECT_EQ(n, -EPIPE);
	return 0;
}

TEST(pipe, close_of_reader_wakes_writer)
{
	struct ends p = make_pipe();
	int pid = spawn(write_until_broken, &p);

	close(p.write_fd);
	sleep(10 * MS);
	EXPECT_EQ(wait(pid, NULL, WAIT_NOHANG), -EAGAIN);
	close(p.read_fd);
	EXPECT_EQ(reap(pid), 0);
}

static s64 expect_end(void *arg)
{
	struct ends *p = arg;
	char c;

	close(p->write_fd);
	EXPECT_EQ(read(p->read_fd, &c, 1), 0);
	return 0;
}

TEST(pipe, close_of_writer_wakes_reader)
{
	struct ends p = make_pipe();
	int pid = spawn(expect_end, &p);

	sleep(10 * MS);
	EXPECT_EQ(wait(pid, NULL, WAIT_NOHANG), -EAGAIN);
	close(p.write_fd);
	EXPECT_EQ(reap(pid), 0);
}

enum { WRITERS = 8, EACH = 20000 };

static struct {
	struct ends pipe;
	u32 *next_id;
} crowd;

static s64 write_own_id(void *arg)
{
	u8 id = __atomic_fetch_add(crowd.next_id, 1, __ATOMIC_RELAXED), buf[100];

	close(crowd.pipe.read_fd);
	memset(buf, id, sizeof(buf));
	for (int i = 0; i < EACH; i += sizeof(buf))
		EXPECT_EQ(write(crowd.pipe.write_fd, buf, sizeof(buf)), sizeof(buf));
	return 0;
}

TEST(pipe, many_writers_lose_nothing)
{
	u64 count[WRITERS] = { 0 };
	int pids[WRITERS];
	static u8 buf[PAGE];
	s64 n;

	crowd.pipe = make_pipe();
	crowd.next_id = map(PAGE, MAP_SHARED);
	for (int i = 0; i < WRITERS; i++)
		pids[i] = spawn(write_own_id, NULL);
	close(crowd.pipe.write_fd);
	while ((n = OK(read(crowd.pipe.read_fd, buf, sizeof(buf)))) > 0)
		for (s64 i = 0; i < n; i++) {
			EXPECT(buf[i] < WRITERS);
			count[buf[i]]++;
		}
	for (int i = 0; i < WRITERS; i++) {
		EXPECT_EQ(count[i], EACH);
		EXPECT_EQ(reap(pids[i]), 0);
	}
}

static s64 count_bytes(void *arg)
{
	u8 buf[100];
	s64 n;

	close(crowd.pipe.write_fd);
	while ((n = OK(read(crowd.pipe.read_fd, buf, sizeof(buf)))) > 0)
		__atomic_fetch_add(crowd.next_id, n, __ATOMIC_RELAXED);
	return 0;
}

TEST(pipe, many_readers_share_all)
{
	static u8 buf[PAGE];
	int pids[4];

	crowd.pipe = make_pipe();
	crowd.next_id = map(PAGE, MAP_SHARED);
	for (int i = 0; i < 4; i++)
		pids[i] = spawn(count_bytes, NULL);
	for (int i = 0; i < 50; i++)
		EXPECT_EQ(write(crowd.pipe.write_fd, buf, 1 + i * 50), 1 + i * 50);
	close(crowd.pipe.write_fd);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	EXPECT_EQ(*crowd.next_id, 50 + 50 * 50 * 49 / 2);
}

TEST(pipe, is_no_file)
{
	struct ends p = make_pipe();
	struct stat st;
	char c;

	EXPECT_EQ(lseek(p.read_fd, 0, SEEK_SET), -ESPIPE);
	OK(fstat(p.read_fd, &st));
	EXPECT_EQ(st.type, T_PIPE);
	EXPECT_EQ(read(p.write_fd, &c, 1), -EBADF);
	EXPECT_EQ(write(p.read_fd, &c, 1), -EBADF);
	EXPECT(ftruncate(p.write_fd, 0) < 0);
	EXPECT_EQ(ioctl(p.read_fd, TTY_GETMODE, (u64)&c), -ENOTTY);
}

TEST(pipe, empty_reads_and_writes_do_nothing)
{
	struct ends p = make_pipe();
	char c;

	EXPECT_EQ(write(p.write_fd, &c, 0), 0);
	EXPECT_EQ(read(p.read_fd, &c, 0), 0);
}

TEST(pipe, needs_two_descriptors)
{
	int fd[2] = { -5, -5 }, last = 0, next;

	while ((next = dup(0)) >= 0)
		last = next;
	EXPECT_EQ(next, -EMFILE);
	EXPECT_EQ(pipe(fd), -EMFILE);
	OK(close(last));
	EXPECT_EQ(pipe(fd), -EMFILE); /* there is room for one end only, and it must be free again */
	EXPECT_EQ(dup(0), last);
	EXPECT(fd[0] == -5 && fd[1] == -5);
	OK(close(last));
	OK(close(last - 1));
	OK(pipe(fd));
}
