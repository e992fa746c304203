/*
 * Files: reading, writing, offsets, sizes, descriptors.
 */
#include "test.h"

static s64 size_of(s64 fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.size;
}

static void expect_content(const char *path, const void *bytes, size_t size)
{
	u8 *buf = must_malloc(size + 1);
	int fd = OK(open(path, O_RDONLY));

	EXPECT_EQ(read_all(fd, buf, size + 1), size);
	EXPECT_EQ(memcmp(buf, bytes, size), 0);
	free(buf);
	close(fd);
}

/* ---- open, close, dup -------------------------------------------------------------------------------- */

TEST(file, open_errors)
{
	make_file("f", "x", 1);
	EXPECT_EQ(open("none", O_RDONLY), -ENOENT);
	EXPECT_EQ(open("", O_RDONLY), -ENOENT);
	EXPECT_EQ(open("none/f", O_RDWR | O_CREATE), -ENOENT);
	EXPECT_EQ(open("f/g", O_RDONLY), -ENOTDIR);
	EXPECT_EQ(open("f/", O_RDONLY), -ENOTDIR);
	EXPECT_EQ(open("f", O_WRONLY | O_CREATE | O_EXCL), -EEXIST);
	EXPECT_EQ(open("f", O_ACCESS), -EINVAL);
	EXPECT_EQ(open(".", O_WRONLY), -EISDIR);
	EXPECT_EQ(open(".", O_RDWR), -EISDIR);
	EXPECT(open(".", O_RDONLY | O_TRUNC) < 0);
	EXPECT(open("new/", O_WRONLY | O_CREATE) < 0);
	expect_content("f", "x", 1);
}

TEST(file, open_flags)
{
	int fd = OK(open("f", O_WRONLY | O_CREATE | O_EXCL));

	OK(write(fd, "12345", 5));
	close(fd);
	fd = OK(open("f", O_RDWR | O_CREATE)); /* exists: stays as it is */
	EXPECT_EQ(size_of(fd), 5);
	close(fd);
	fd = OK(open("f", O_RDWR | O_TRUNC));
	EXPECT_EQ(size_of(fd), 0);
}

TEST(file, rights_of_a_descriptor)
{
	char c = 'x';

	make_file("f", "abc", 3);
	int reader = OK(open("f", O_RDONLY)), writer = OK(open("f", O_WRONLY));

	EXPECT_EQ(write(reader, &c, 1), -EBADF);
	EXPECT_EQ(read(writer, &c, 1), -EBADF);
	EXPECT(ftruncate(reader, 0) < 0);
	expect_content("f", "abc", 3);
}

TEST(file, closed_descriptors_are_bad)
{
	struct stat st;
	char c;
	static const s64 bad[] = { -1, -2, 63, 64, 1000, 0x7fffffff, 0x80000000, 0x100000000, INT64_MAX, INT64_MIN };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(read(bad[i], &c, 1), -EBADF);
		EXPECT_EQ(write(bad[i], &c, 1), -EBADF);
		EXPECT_EQ(lseek(bad[i], 0, SEEK_SET), -EBADF);
		EXPECT_EQ(close(bad[i]), -EBADF);
		EXPECT_EQ(dup(bad[i]), -EBADF);
		EXPECT_EQ(fstat(bad[i], &st), -EBADF);
		EXPECT_EQ(ftruncate(bad[i], 0), -EBADF);
		EXPECT_EQ(fsync(bad[i]), -EBADF);
		EXPECT_EQ(ioctl(bad[i], TTY_GETMODE, 0), -EBADF);
		EXPECT_EQ(getdents(bad[i], NULL, 0), -EBADF);
		EXPECT_EQ(dup2(bad[i], 10), -EBADF);
		EXPECT(dup2(0, bad[i]) == (bad[i] == 63 ? 63 : -EBADF));
		if (bad[i] == 63)
			close(63);
	}
}

TEST(file, lowest_descriptor_is_taken)
{
	int a = OK(open("a", O_RDWR | O_CREATE)), b = OK(open("b", O_RDWR | O_CREATE));

	EXPECT_EQ(b, a + 1);
	OK(close(a));
	EXPECT_EQ(open("c", O_RDWR | O_CREATE), a);
}

TEST(file, descriptors_run_out)
{
	int first = OK(open("f", O_RDWR | O_CREATE)), fd, last = first;

	while ((fd = open("f", O_RDONLY)) >= 0)
		last = fd;
	EXPECT_EQ(fd, -EMFILE);
	EXPECT_EQ(open("new", O_RDWR | O_CREATE), -EMFILE);
	EXPECT_EQ(dup(first), -EMFILE);
	for (fd = first + 1; fd <= last; fd++)
		OK(close(fd));
	OK(open("f", O_RDONLY));
}

TEST(file, dup_shares_offset)
{
	int fd = OK(open("f", O_RDWR | O_CREATE)), copy = OK(dup(fd));

	EXPECT_EQ(write(fd, "abc", 3), 3);
	EXPECT_EQ(write(copy, "def", 3), 3);
	OK(close(fd));
	EXPECT_EQ(write(copy, "ghi", 3), 3);
	expect_content("f", "abcdefghi", 9);
}

TEST(file, dup2_replaces)
{
	int fd = OK(open("a", O_RDWR | O_CREATE)), other = OK(open("b", O_RDWR | O_CREATE));

	EXPECT_EQ(dup2(fd, other), other);
	EXPECT_EQ(write(other, "x", 1), 1);
	EXPECT_EQ(size_of(fd), 1);
	EXPECT_EQ(dup2(fd, fd), fd);
	EXPECT_EQ(write(fd, "y", 1), 1);
	EXPECT_EQ(dup2(fd, 40), 40);
	EXPECT_EQ(size_of(40), 2);
	expect_content("b", "", 0);
}

/* ---- Reading, writing, seeking ----------------------------------------------------------------------- */

/* Sizes around all borders: of blocks, of direct blocks (22), of the first indirect block (22 + 1024 blocks). */
static const u64 border_sizes[] = {
	0, 1, 511, 512, 4095, 4096, 4097, 22 * 4096 - 1, 22 * 4096, 22 * 4096 + 1, 100000, 300000,
};

TEST(file, content_survives_at_all_sizes)
{
	u8 *bytes = map(MIB, MAP_PRIVATE);

	fill(bytes, MIB, 1);
	for (size_t i = 0; i < sizeof(border_sizes) / sizeof(border_sizes[0]); i++) {
		make_file("f", bytes, border_sizes[i]);
		expect_content("f", bytes, border_sizes[i]);
	}
}

TEST(file, double_indirect_blocks)
{
	u64 border = (22 + 1024) * 4096;
	u8 bytes[6000], buf[6000];
	int fd = OK(open("f", O_RDWR | O_CREATE));

	fill(bytes, sizeof(bytes), 2);
	for (s64 delta = -8000; delta <= 8000; delta += 4000) {
		EXPECT_EQ(lseek(fd, border + delta, SEEK_SET), border + delta);
		EXPECT_EQ(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
		EXPECT_EQ(lseek(fd, border + delta, SEEK_SET), border + delta);
		EXPECT_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
		EXPECT_EQ(memcmp(buf, bytes, sizeof(buf)), 0);
	}
	OK(ftruncate(fd, border));
	EXPECT_EQ(size_of(fd), border);
	OK(ftruncate(fd, 5));
	OK(ftruncate(fd, border + 5));
	EXPECT_EQ(lseek(fd, border - 10, SEEK_SET), border - 10);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 15);
	for (int i = 0; i < 15; i++)
		EXPECT_EQ(buf[i], 0);
}

TEST(file, seek_moves_offset)
{
	make_file("f", "0123456789", 10);
	int fd = OK(open("f", O_RDWR));
	char c;

	EXPECT_EQ(lseek(fd, 3, SEEK_SET), 3);
	EXPECT_EQ(read(fd, &c, 1), 1);
	EXPECT_EQ(c, '3');
	EXPECT_EQ(lseek(fd, 2, SEEK_CUR), 6);
	EXPECT_EQ(lseek(fd, -1, SEEK_END), 9);
	EXPECT_EQ(read(fd, &c, 1), 1);
	EXPECT_EQ(c, '9');
	EXPECT_EQ(read(fd, &c, 1), 0);
	EXPECT_EQ(lseek(fd, 100, SEEK_SET), 100);
	EXPECT_EQ(read(fd, &c, 1), 0);
	EXPECT_EQ(size_of(fd), 10);
}

TEST(file, seek_errors_change_nothing)
{
	make_file("f", "0123456789", 10);
	int fd = OK(open("f", O_RDWR));

	EXPECT_EQ(lseek(fd, 5, SEEK_SET), 5);
	EXPECT_EQ(lseek(fd, -1, SEEK_SET), -EINVAL);
	EXPECT_EQ(lseek(fd, -6, SEEK_CUR), -EINVAL);
	EXPECT_EQ(lseek(fd, -11, SEEK_END), -EINVAL);
	EXPECT_EQ(lseek(fd, 0, 3), -EINVAL);
	EXPECT_EQ(lseek(fd, 0, -1), -EINVAL);
	EXPECT(lseek(fd, INT64_MAX, SEEK_CUR) < 0);
	EXPECT(lseek(fd, INT64_MIN, SEEK_END) < 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 5);
}

TEST(file, hole_reads_as_zeros)
{
	u8 *buf = map(MIB, MAP_PRIVATE);
	int fd = OK(open("f", O_RDWR | O_CREATE));

	OK(write(fd, "a", 1));
	OK(lseek(fd, MIB - 1, SEEK_SET));
	OK(write(fd, "z", 1));
	OK(lseek(fd, 0, SEEK_SET));
	memset(buf, 0xff, MIB);
	EXPECT_EQ(read_all(fd, buf, MIB), MIB);
	EXPECT(buf[0] == 'a' && buf[MIB - 1] == 'z');
	for (u64 i = 1; i < MIB - 1; i++)
		EXPECT_EQ(buf[i], 0);
}

TEST(file, truncate_cuts_and_extends)
{
	u8 bytes[10000], zeros[10000] = { 0 };
	int fd;

	fill(bytes, sizeof(bytes), 3);
	make_file("f", bytes, sizeof(bytes));
	fd = OK(open("f", O_RDWR));
	OK(ftruncate(fd, 5001));
	EXPECT_EQ(size_of(fd), 5001);
	expect_content("f", bytes, 5001);
	OK(ftruncate(fd, 10000)); /* what was cut off must not come back */
	OK(lseek(fd, 5001, SEEK_SET));
	EXPECT_EQ(read(fd, bytes, sizeof(bytes)), 4999);
	EXPECT_EQ(memcmp(bytes, zeros, 4999), 0);
	OK(ftruncate(fd, 0));
	expect_content("f", "", 0);
}

TEST(file, truncate_errors)
{
	int fd = OK(open("f", O_RDWR | O_CREATE));

	EXPECT_EQ(ftruncate(fd, -1), -EINVAL);
	EXPECT_EQ(ftruncate(fd, INT64_MAX), -EFBIG);
	EXPECT_EQ(size_of(fd), 0);
}

TEST(file, too_large_is_refused)
{
	int fd = OK(open("f", O_RDWR | O_CREATE));
	s64 far = 1l << 40;

	EXPECT_EQ(lseek(fd, far, SEEK_SET), far);
	EXPECT_EQ(write(fd, "x", 1), -EFBIG);
	EXPECT_EQ(size_of(fd), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	OK(write(fd, "x", 1));
}

TEST(file, append_goes_to_the_end)
{
	int a = OK(open("f", O_WRONLY | O_CREATE | O_APPEND)), b = OK(open("f", O_WRONLY | O_APPEND));

	OK(write(a, "one", 3));
	OK(write(b, "two", 3));
	OK(lseek(a, 0, SEEK_SET));
	OK(write(a, "three", 5));
	expect_content("f", "onetwothree", 11);
}

TEST(file, unlinked_file_lives_until_close)
{
	u8 bytes[9000], buf[9000];
	int fd = OK(open("f", O_RDWR | O_CREATE));

	fill(bytes, sizeof(bytes), 4);
	OK(write(fd, bytes, sizeof(bytes)));
	OK(unlink("f"));
	EXPECT_EQ(open("f", O_RDONLY), -ENOENT);
	make_file("f", "other", 5);
	OK(lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	EXPECT_EQ(memcmp(bytes, buf, sizeof(buf)), 0);
	OK(write(fd, bytes, sizeof(bytes)));
	EXPECT_EQ(size_of(fd), 2 * sizeof(bytes));
	struct stat st;

	OK(fstat(fd, &st));
	EXPECT_EQ(st.nlink, 0);
	expect_content("f", "other", 5);
}

TEST(file, fsync_and_sync)
{
	int fd = OK(open("f", O_RDWR | O_CREATE)), ends[2];

	OK(write(fd, "x", 1));
	EXPECT_EQ(fsync(fd), 0);
	EXPECT_EQ(sync(), 0);
	OK(pipe(ends));
	EXPECT_EQ(fsync(ends[0]), -EINVAL);
}

TEST(file, stat_describes)
{
	struct stat a, b;
	int fd = OK(open("f", O_RDWR | O_CREATE));

	OK(write(fd, "12345", 5));
	OK(link("f", "g"));
	OK(fstat(fd, &a));
	EXPECT(a.type == T_FILE && a.size == 5 && a.nlink == 2 && a.ino > 0);
	OK(stat_path("g", &b));
	EXPECT_EQ(a.ino, b.ino);
	OK(stat_path(".", &b));
	EXPECT(b.type == T_DIR && b.nlink == 2 && b.ino != a.ino);
}

/* ---- Several at once --------------------------------------------------------------------------------- */

enum { PARTS = 4, PART_SIZE = 40000 };

static s64 write_part(void *arg)
{
	static u8 bytes[PART_SIZE];
	s64 part = (s64)arg;
	int fd = OK(open("f", O_RDWR));

	fill(bytes, PART_SIZE, part);
	for (u64 done = 0; done < PART_SIZE; done += 1000) {
		OK(lseek(fd, part * PART_SIZE + done, SEEK_SET));
		EXPECT_EQ(write(fd, bytes + done, 1000), 1000);
	}
	return 0;
}

TEST(file, concurrent_writers_keep_their_parts)
{
	static u8 bytes[PART_SIZE];
	int pids[PARTS];

	make_file("f", "", 0);
	for (s64 i = 0; i < PARTS; i++)
		pids[i] = spawn(write_part, (void *)i);
	for (int i = 0; i < PARTS; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	int fd = OK(open("f", O_RDONLY));

	for (int i = 0; i < PARTS; i++) {
		EXPECT_EQ(read_all(fd, bytes, PART_SIZE), PART_SIZE);
		EXPECT(is_filled(bytes, PART_SIZE, i));
	}
	EXPECT_EQ(size_of(fd), PARTS * PART_SIZE);
}

enum { RECORDS = 100, RECORD_SIZE = 77 };

static s64 append_records(void *arg)
{
	u8 record[RECORD_SIZE];
	int fd = OK(open("f", O_WRONLY | O_APPEND));

	memset(record, (s64)arg, RECORD_SIZE);
	for (int i = 0; i < RECORDS; i++)
		EXPECT_EQ(write(fd, record, RECORD_SIZE), RECORD_SIZE);
	return 0;
}

TEST(file, concurrent_appends_are_whole)
{
	int count[PARTS] = { 0 }, pids[PARTS];
	u8 record[RECORD_SIZE];

	make_file("f", "", 0);
	for (s64 i = 0; i < PARTS; i++)
		pids[i] = spawn(append_records, (void *)i);
	for (int i = 0; i < PARTS; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	int fd = OK(open("f", O_RDONLY));

	for (int i = 0; i < PARTS * RECORDS; i++) {
		EXPECT_EQ(read_all(fd, record, RECORD_SIZE), RECORD_SIZE);
		for (int k = 1; k < RECORD_SIZE; k++)
			EXPECT_EQ(record[k], record[0]);
		EXPECT(record[0] < PARTS);
		count[record[0]]++;
	}
	for (int i = 0; i < PARTS; i++)
		EXPECT_EQ(count[i], RECORDS);
}

static s64 read_whole_rounds(void *arg)
{
	static u8 buf[20000];
	int fd = OK(open("f", O_RDONLY));

	for (int i = 0; i < 50; i++) {
		OK(lseek(fd, 0, SEEK_SET));
		EXPECT_EQ(read_all(fd, buf, sizeof(buf)), sizeof(buf));
		for (u64 k = 0; k < sizeof(buf); k += 1000)
			EXPECT(buf[k] < 50);
	}
	return 0;
}

TEST(file, readers_beside_a_writer)
{
	static u8 buf[20000];

	make_file("f", buf, sizeof(buf));
	int fd = OK(open("f", O_RDWR)), first = spawn(read_whole_rounds, NULL), second = spawn(read_whole_rounds, NULL);

	for (int i = 0; i < 50; i++) {
		memset(buf, i, sizeof(buf));
		OK(lseek(fd, 0, SEEK_SET));
		EXPECT_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	}
	EXPECT_EQ(reap(first) + reap(second), 0);
}

/* ---- Random operations against a model in memory ----------------------------------------------------- */

#define MODEL_SIZE (150 * KIB)

static struct {
	u8 *bytes; /* MODEL_SIZE of them; those behind size are 0 */
	u64 size;
	int fd;
} model;

static void model_write(u64 at, u64 size)
{
	fill(model.bytes + at, size, random_next(&test_random));
	EXPECT_EQ(lseek(model.fd, at, SEEK_SET), at);
	EXPECT_EQ(write(model.fd, model.bytes + at, size), size);
	if (size && at + size > model.size)
		model.size = at + size;
}

static void model_truncate(u64 size)
{
	EXPECT_EQ(ftruncate(model.fd, size), 0);
	if (size < model.size)
		memset(model.bytes + size, 0, model.size - size);
	model.size = size;
}

static void model_read(u64 at, u64 size)
{
	static u8 buf[MODEL_SIZE];
	u64 there = at < model.size ? model.size - at : 0;

	EXPECT_EQ(lseek(model.fd, at, SEEK_SET), at);
	EXPECT_EQ(read(model.fd, buf, size), size < there ? size : there);
	EXPECT_EQ(memcmp(buf, model.bytes + at, size < there ? size : there), 0);
}

TEST(file, random_operations_match_model)
{
	model.bytes = map(MODEL_SIZE, MAP_PRIVATE);
	model.fd = OK(open("f", O_RDWR | O_CREATE));
	for (int i = 0; i < 400; i++) {
		u64 at = random_below(&test_random, MODEL_SIZE), size = random_below(&test_random, MODEL_SIZE - at);

		if (random_below(&test_random, 2))
			size = size < 3000 ? size : 3000;
		switch (random_below(&test_random, 5)) {
		case 0:
		case 1: model_write(at, size); break;
		case 2: model_truncate(at); break;
		default: model_read(at, size);
		}
	}
	EXPECT_EQ(size_of(model.fd), model.size);
	expect_content("f", model.bytes, model.size);
}

/* ---- Large ------------------------------------------------------------------------------------------- */

#define LARGE (70 * MIB)

SLOW_TEST(file, seventy_mib)
{
	u8 *bytes = map(MIB, MAP_PRIVATE);
	int fd = OK(open("large", O_RDWR | O_CREATE));
	s64 n;

	for (u64 at = 0; at < LARGE; at += MIB) {
		fill(bytes, MIB, at);
		n = write(fd, bytes, MIB);
		if (n == -ENOSPC || (n >= 0 && n < (s64)MIB))
			SKIP("the disk is too small");
		OK(n);
	}
	EXPECT_EQ(size_of(fd), LARGE);
	OK(lseek(fd, 0, SEEK_SET));
	for (u64 at = 0; at < LARGE; at += MIB) {
		EXPECT_EQ(read_all(fd, bytes, MIB), MIB);
		EXPECT(is_filled(bytes, MIB, at));
	}
	EXPECT_EQ(read(fd, bytes, 1), 0);
	OK(ftruncate(fd, LARGE / 2));
	EXPECT_EQ(size_of(fd), LARGE / 2);
}
