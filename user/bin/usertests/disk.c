/*
 * The disk runs full: of blocks, of inodes.  Nothing that was there may be lost, and afterwards there is room again.
 */
#include "test.h"

/* Write until the disk is full or that many bytes are written: how many. */
static u64 write_until_full(const char *path, u64 limit)
{
	u8 *bytes = map(MIB, MAP_PRIVATE);
	int fd = OK(open(path, O_RDWR | O_CREATE));
	u64 total = 0;
	s64 n;

	for (; total < limit; total += n) {
		fill(bytes, MIB, total);
		n = write(fd, bytes, MIB);
		if (n == -ENOSPC)
			break;
		OK(n);
		if (n < (s64)MIB && write(fd, bytes + n, 1) == -ENOSPC) {
			total += n;
			break;
		}
	}
	close(fd);
	return total;
}

static void expect_stream(const char *path, u64 total)
{
	u8 *bytes = map(MIB, MAP_PRIVATE);
	int fd = OK(open(path, O_RDONLY));

	for (u64 at = 0; at < total; at += MIB) {
		u64 size = total - at < MIB ? total - at : MIB;

		EXPECT_EQ(read_all(fd, bytes, size), size);
		EXPECT(is_filled(bytes, size, at));
	}
	EXPECT_EQ(read(fd, bytes, 1), 0);
	close(fd);
}

SLOW_TEST(disk, full_of_blocks)
{
	u8 block[PAGE];

	fill(block, PAGE, 1);
	make_file("kept", block, PAGE);
	u64 total = write_until_full("big", ~0ul);

	EXPECT(total > MIB);
	int fd = open("more", O_RDWR | O_CREATE);

	/* The last block may be left over: the big file needed two, one of them indirect. */
	for (int i = 0; fd >= 0 && i < 4 && write(fd, block, PAGE) == PAGE; i++)
		;
	if (fd >= 0)
		EXPECT_EQ(write(fd, block, PAGE), -ENOSPC);
	else
		EXPECT_EQ(fd, -ENOSPC);
	EXPECT_EQ(mkdir("dir"), -ENOSPC);
	expect_stream("big", total);
	fd = OK(open("kept", O_RDWR));
	EXPECT_EQ(write(fd, block, PAGE), PAGE); /* in place: needs no room */
	EXPECT_EQ(sync(), 0);
	OK(unlink("big"));
	OK(mkdir("dir"));
	make_file("dir/f", block, PAGE);
	EXPECT(write_until_full("again", total / 4) >= total / 4);
}

/* How many empty files could be made, up to a limit. */
static int make_files(int limit)
{
	char name[16];

	for (int i = 0; i < limit; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		int fd = open(name, O_RDWR | O_CREATE);

		if (fd == -ENOSPC)
			return i;
		OK(fd);
		close(fd);
	}
	return limit;
}

static void remove_files(int count)
{
	char name[16];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		OK(unlink(name));
	}
}

SLOW_TEST(disk, full_of_inodes)
{
	int count = make_files(2000);

	if (count < 2000) {
		EXPECT_EQ(mkdir("d"), -ENOSPC);
		EXPECT_EQ(mknod("n", 1, 0), -ENOSPC);
		OK(link("f0", "g")); /* needs no inode */
		OK(unlink("g"));
	}
	remove_files(count);
	make_file("f", "x", 1);
}

static s64 fill_and_remove(void *arg)
{
	static u8 bytes[64 * KIB];
	char name[16];

	snprintf(name, sizeof(name), "full%ld", (s64)arg);
	for (int round = 0; round < 3; round++) {
		int fd = OK(open(name, O_RDWR | O_CREATE | O_TRUNC));
		s64 n;

		while ((n = write(fd, bytes, sizeof(bytes))) == (s64)sizeof(bytes) &&
		       lseek(fd, 0, SEEK_CUR) < (s64)(8 * MIB))
			;
		EXPECT(n > 0 || n == -ENOSPC);
		close(fd);
		OK(unlink(name));
	}
	return 0;
}

/* On a small disk these run into each other's ends; on a large one it is only work. */
SLOW_TEST(disk, several_fill_it)
{
	int pids[4];

	for (s64 i = 0; i < 4; i++)
		pids[i] = spawn(fill_and_remove, (void *)i);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	make_file("f", "x", 1);
}
