/*
 * Descriptors, pipes, small devices and the system calls on files, called as a program would call them, over a file
 * system of four inodes.
 */
#include "fake_kernel.h"
#include "names_begin.h"
#include "kernel/lib/printf.c"
#include "kernel/fs/inode.h"
#include "kernel/fs/file.c"
#include "kernel/fs/fdtable.c"
#include "kernel/fs/pipe.c"
#include "kernel/fs/sysfile.c"
#include "kernel/trace.c"
#include "kernel/dev/devices.c"
#include "names_end.h"
#include <string.h>

static void fake_irqs_on(void)
{
}

void printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* ---- The file system ----------------------------------------------------------------------------------- */

#define FILE_MAX 100000

struct inode {
	const char *name;
	enum file_type type;
	u32 major, minor, count;
	u64 size;
	u8 data[FILE_MAX];
	int write_error; /* once the file is full */
};

static struct inode inodes[] = {
	{ .name = "/", .type = T_DIR, .count = 1 },
	{ .name = "f", .type = T_FILE, .count = 1, .write_error = -ENOSPC },
	{ .name = "dir", .type = T_DIR, .count = 1 },
	{ .name = "null", .type = T_DEV, .major = DEV_NULL, .count = 1 },
	{ .name = "zero", .type = T_DEV, .major = DEV_ZERO, .count = 1 },
	{ .name = "random", .type = T_DEV, .major = DEV_RANDOM, .count = 1 },
	{ .name = "trace", .type = T_DEV, .major = DEV_TRACE, .count = 1 },
	{ .name = "nothing", .type = T_DEV, .major = 77, .count = 1 },
};

void inode_get(struct inode *ip)
{
	ip->count++;
}

void inode_put(struct inode *ip)
{
	CHECK(ip->count > 1, "inode %s is put too often", ip->name);
	ip->count--;
}

u32 inode_type(struct inode *ip)
{
	return ip->type;
}

u32 inode_major(struct inode *ip)
{
	return ip->major;
}

u32 inode_minor(struct inode *ip)
{
	return ip->minor;
}

struct inode *fs_lookup(struct inode *start, const char *path, int *error)
{
	CHECK(start == &inodes[0] || start == &inodes[2], "starts at %p", (void *)start);
	*error = -ENOENT;
	for (u32 i = 0; i < ARRAY_SIZE(inodes); i++)
		if (!strcmp(inodes[i].name, path)) {
			inode_get(&inodes[i]);
			*error = 0;
			return &inodes[i];
		}
	return NULL;
}

struct inode *fs_create(struct inode *start, const char *path, u32 flags, int *error)
{
	struct inode *ip = fs_lookup(start, path, error);

	if (ip && (flags & O_EXCL)) {
		inode_put(ip);
		*error = -EEXIST;
		return NULL;
	}
	return ip;
}

s64 inode_read(struct inode *ip, u64 offset, void *buf, size_t size)
{
	if (offset >= ip->size)
		return 0;
	size = MIN(size, ip->size - offset);
	memcpy(buf, ip->data + offset, size);
	return size;
}

s64 inode_write(struct inode *ip, u64 offset, const void *buf, size_t size)
{
	if (offset > FILE_MAX)
		return -EFBIG;
	if (offset == FILE_MAX)
		return ip->write_error;
	size = MIN(size, FILE_MAX - offset);
	memcpy(ip->data + offset, buf, size);
	ip->size = MAX(ip->size, offset + size);
	return size;
}

s64 inode_write_end(struct inode *ip, const void *buf, size_t size, u64 *offset)
{
	s64 count = inode_write(ip, ip->size, buf, size);

	*offset = ip->size;
	return count;
}

int inode_truncate(struct inode *ip, u64 size)
{
	if (size > FILE_MAX)
		return -EFBIG;
	if (size > ip->size)
		memset(ip->data + ip->size, 0, size - ip->size);
	ip->size = size;
	return 0;
}

int inode_sync(struct inode *ip)
{
	return 0;
}

int fs_sync(void)
{
	return 0;
}

int inode_stat(struct inode *ip, struct stat *stat)
{
	*stat = (struct stat){ .type = ip->type, .size = ip->size, .ino = ip - inodes };
	return 0;
}

s64 inode_getdents(struct inode *dir, u64 *offset, struct dirent *entries, size_t count)
{
	size_t n = 0;

	for (; n < count && *offset < 300; n++, ++*offset)
		entries[n] = (struct dirent){ .ino = *offset };
	return n;
}

int fs_mkdir(struct inode *start, const char *path)
{
	return strcmp(path, "new") ? -EEXIST : 0;
}

int fs_mknod(struct inode *start, const char *path, u32 major, u32 minor)
{
	return 0;
}

int fs_unlink(struct inode *start, const char *path)
{
	return -EBUSY;
}

int fs_link(struct inode *start, const char *old_path, const char *new_path)
{
	return !strcmp(old_path, "old") && !strcmp(new_path, "new") ? 0 : -EXDEV;
}

int fs_rename(struct inode *start, const char *old_path, const char *new_path)
{
	return fs_link(start, old_path, new_path);
}

s64 fs_path(struct inode *dir, char *buf, size_t size)
{
	return string_copy(buf, "/some/dir", size) ? 9 : -ERANGE;
}

/* ---- Calls --------------------------------------------------------------------------------------------- */

#define CALL(name, ...) sys_##name((const u64[6]){ __VA_ARGS__ })
#define EXPECT(want, name, ...)                                                                    \
	do {                                                                                       \
		s64 answer_ = CALL(name, __VA_ARGS__);                                             \
		CHECK(answer_ == (s64)(want), #name "(" #__VA_ARGS__ ") = %ld, not %ld", answer_, (s64)(want)); \
	} while (0)

/* Two places in user memory, and one outside of it. */
#define BUF  ((u64)fake_user)
#define TEXT ((u64)fake_user + 200 * 1024)
#define BAD  ((u64)fake_user + sizeof(fake_user))

static u64 text(const char *s)
{
	strcpy((char *)TEXT, s);
	return TEXT;
}

static void (*step)(void);

static bool fake_step(void)
{
	if (!step)
		return false;
	step();
	return true;
}

static void check_descriptors(void)
{
	static const u64 bad[] = { 9, 63, 64, 0xffffffff, ~0ull, 1ull << 63 };

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT(-EBADF, read, bad[i], BUF, 1);
		EXPECT(-EBADF, write, bad[i], BUF, 1);
		EXPECT(-EBADF, close, bad[i]);
		EXPECT(-EBADF, dup, bad[i]);
		EXPECT(-EBADF, dup2, bad[i], 3);
		EXPECT(-EBADF, lseek, bad[i], 0, 0);
		EXPECT(-EBADF, fstat, bad[i], BUF);
		EXPECT(-EBADF, getdents, bad[i], BUF, 1);
		EXPECT(-EBADF, ioctl, bad[i], 0, 0);
		EXPECT(-EBADF, ftruncate, bad[i], 0);
		EXPECT(-EBADF, fsync, bad[i]);
	}
	EXPECT(0, open, text("f"), O_RDWR);
	EXPECT(1, dup, 0);
	EXPECT(5, dup2, 0, 5);
	EXPECT(5, dup2, 5, 5);
	EXPECT(5, dup2, 1, 5);
	EXPECT(-EBADF, dup2, 0, 64);
	EXPECT(-EBADF, dup2, 7, 7);
	EXPECT(2, open, text("f"), O_RDONLY);
	EXPECT(0, close, 0);
	EXPECT(0, open, text("null"), O_RDWR);
	for (u64 fd = 3; fd < FD_MAX; fd++)
		if (fd != 5)
			EXPECT(fd, dup, 0);
	inodes[1].size = 10;
	EXPECT(-EMFILE, dup, 0);
	EXPECT(-EMFILE, open, text("f"), O_RDWR | O_TRUNC);
	CHECK(inodes[1].size == 10, "a full table truncates");
	EXPECT(-EMFILE, pipe, BUF);
	EXPECT(0, close, 63);
	EXPECT(-EMFILE, pipe, BUF);
	EXPECT(63, dup, 0);
	EXPECT(63, dup2, 1, 63);
	for (u64 fd = 0; fd < FD_MAX; fd++)
		EXPECT(0, close, fd);
}

static void check_open(void)
{
	static const u64 bad_flags[] = { 3, 1ull << 32, ~0ull, O_TRUNC, O_EXCL, 0x1000 };

	for (u32 i = 0; i < ARRAY_SIZE(bad_flags); i++)
		EXPECT(-EINVAL, open, text("f"), bad_flags[i]);
	EXPECT(-EFAULT, open, BAD, 0);
	EXPECT(-EFAULT, open, 0, 0);
	EXPECT(-ENOENT, open, text(""), 0);
	EXPECT(-ENOENT, open, text("missing"), 0);
	memset((void *)TEXT, 'x', PATH_MAX);
	EXPECT(-ENAMETOOLONG, open, TEXT, 0);
	memset((void *)(BAD - 5), 'x', 5);
	EXPECT(-EFAULT, open, BAD - 5, 0);
	EXPECT(-EISDIR, open, text("dir"), O_RDWR);
	EXPECT(-EISDIR, open, text("dir"), O_RDONLY | O_CREATE);
	EXPECT(-EEXIST, open, text("f"), O_RDWR | O_CREATE | O_EXCL);
	EXPECT(-ENXIO, open, text("nothing"), O_RDWR);
	inodes[1].size = 10;
	EXPECT(0, open, text("f"), O_RDWR | O_CREATE);
	CHECK(inodes[1].size == 10, "size %lu", inodes[1].size);
	EXPECT(1, open, text("f"), O_WRONLY | O_TRUNC);
	CHECK(inodes[1].size == 0, "size %lu", inodes[1].size);
	EXPECT(-EBADF, read, 1, BUF, 1);
	EXPECT(2, open, text("f"), O_RDONLY);
	EXPECT(-EBADF, write, 2, BUF, 1);
	EXPECT(-EBADF, ftruncate, 2, 0);
	for (u64 fd = 0; fd < 3; fd++)
		EXPECT(0, close, fd);
}

static void fill_user(u32 seed)
{
	for (u32 i = 0; i < 150000; i++)
		fake_user[i] = i * 7 + seed + i / 256;
}

static void check_data(void)
{
	static u8 copy[FILE_MAX];

	fill_user(1);
	memcpy(copy, fake_user, FILE_MAX);
	EXPECT(0, open, text("f"), O_RDWR);
	EXPECT(0, write, 0, BUF, 0);
	EXPECT(0, write, 0, 0, 0);
	EXPECT(50000, write, 0, BUF, 50000);
	EXPECT(100, write, 0, BUF + 50000, 100);
	EXPECT(FILE_MAX - 50100, write, 0, BUF + 50100, 99999);
	EXPECT(-ENOSPC, write, 0, BUF, 1);
	CHECK(!memcmp(inodes[1].data, copy, FILE_MAX), "what was written");
	EXPECT(0, read, 0, BUF, 10);
	EXPECT(0, lseek, 0, 0, SEEK_SET);
	memset(fake_user, 0, FILE_MAX);
	EXPECT(10, read, 0, BUF, 10);
	EXPECT(FILE_MAX - 10, read, 0, BUF + 10, ~0ull);
	CHECK(!memcmp(fake_user, copy, FILE_MAX), "what was read");

	/* Into and out of memory that ends: a count if something was moved before the border was met. */
	EXPECT(0, lseek, 0, 0, SEEK_SET);
	EXPECT(-EFAULT, read, 0, BAD, 10);
	EXPECT(10, lseek, 0, 0, SEEK_CUR);
	EXPECT(3 * 16384, read, 0, BAD - 3 * 16384 - 5, 90000);
	EXPECT(0, lseek, 0, 0, SEEK_SET);
	EXPECT(-EFAULT, write, 0, BAD - 5, 10);
	EXPECT(0, lseek, 0, 0, SEEK_CUR);
	EXPECT(16384, write, 0, BAD - 16384 - 5, 90000);
	EXPECT(-EFAULT, write, 0, ~0ull - 5, 10);
	EXPECT(-EFAULT, read, 0, 0, ~0ull);

	EXPECT(1, open, text("f"), O_WRONLY | O_APPEND);
	EXPECT(0, ftruncate, 0, 5);
	EXPECT(10, write, 1, BUF, 10);
	EXPECT(15, lseek, 1, 0, SEEK_CUR);
	CHECK(inodes[1].size == 15, "size %lu", inodes[1].size);
	EXPECT(0, close, 0);
	EXPECT(0, close, 1);
}

static void check_seek(void)
{
	inodes[1].size = 1000;
	EXPECT(0, open, text("f"), O_RDWR);
	EXPECT(1000, lseek, 0, 0, SEEK_END);
	EXPECT(990, lseek, 0, -10, SEEK_CUR);
	EXPECT(-EINVAL, lseek, 0, -1, SEEK_SET);
	EXPECT(-EINVAL, lseek, 0, -991, SEEK_CUR);
	EXPECT(-EINVAL, lseek, 0, -1001, SEEK_END);
	EXPECT(-EINVAL, lseek, 0, 0, 3);
	EXPECT(-EINVAL, lseek, 0, 0, ~0ull);
	EXPECT(-EOVERFLOW, lseek, 0, 0x7fffffffffffffff, SEEK_CUR);
	EXPECT(-EINVAL, lseek, 0, 1ull << 63, SEEK_END);
	EXPECT(990, lseek, 0, 0, SEEK_CUR);
	EXPECT(0x7fffffffffffffff, lseek, 0, 0x7fffffffffffffff, SEEK_SET);
	EXPECT(0, read, 0, BUF, 10);
	EXPECT(-EFBIG, write, 0, BUF, 10);
	EXPECT(-EINVAL, ftruncate, 0, -1);
	EXPECT(-EFBIG, ftruncate, 0, 0x7fffffffffffffff);
	EXPECT(0, close, 0);
}

static void check_directory(void)
{
	EXPECT(0, open, text("dir"), O_RDONLY);
	EXPECT(-EISDIR, read, 0, BUF, 10);
	EXPECT(-EBADF, write, 0, BUF, 10);
	EXPECT(-EINVAL, getdents, 0, BUF, 0);
	EXPECT(-EFAULT, getdents, 0, BAD - 10, 5);
	EXPECT(5, getdents, 0, BUF, 5);
	CHECK(((struct dirent *)BUF)[4].ino == 4, "entry %u", ((struct dirent *)BUF)[4].ino);
	EXPECT(256, getdents, 0, BUF, ~0ull);
	EXPECT(39, getdents, 0, BUF, 100);
	EXPECT(0, getdents, 0, BUF, 100);
	EXPECT(1, open, text("f"), O_RDONLY);
	EXPECT(-ENOTDIR, getdents, 1, BUF, 100);
	EXPECT(0, fstat, 1, BUF);
	CHECK(((struct stat *)BUF)->type == T_FILE, "type %u", ((struct stat *)BUF)->type);
	EXPECT(-EFAULT, fstat, 1, BAD - 4);
	EXPECT(-ENOTTY, ioctl, 1, 0, 0);
	EXPECT(0, fsync, 1);
	EXPECT(0, close, 0);
	EXPECT(0, close, 1);
	EXPECT(-ENOTDIR, chdir, text("f"));
	EXPECT(0, chdir, text("dir"));
	CHECK(inodes[0].count == 1 && inodes[2].count == 2, "counts %u %u", inodes[0].count, inodes[2].count);
	EXPECT(0, chdir, text("/"));
	EXPECT(-ERANGE, getcwd, BUF, 9);
	EXPECT(-ERANGE, getcwd, BUF, 0);
	EXPECT(9, getcwd, BUF, 10);
	CHECK(!strcmp((char *)BUF, "/some/dir"), "'%s'", (char *)BUF);
	EXPECT(-EFAULT, getcwd, BAD - 4, ~0ull);
	EXPECT(0, mkdir, text("new"));
	EXPECT(-EEXIST, mkdir, text("f"));
	EXPECT(0, mknod, text("x"), 1, 2);
	EXPECT(-EINVAL, mknod, text("x"), 1ull << 32, 0);
	EXPECT(-EBUSY, unlink, text("x"));
	strcpy((char *)BUF, "old");
	EXPECT(0, link, BUF, text("new"));
	EXPECT(-EXDEV, rename, text("new"), BUF);
	EXPECT(-EFAULT, rename, BUF, BAD);
	EXPECT(-EFAULT, link, BAD, BUF);
}

static void check_devices(void)
{
	EXPECT(0, open, text("null"), O_RDWR);
	EXPECT(0, read, 0, BUF, 100);
	EXPECT(100000, write, 0, BUF, 100000);
	EXPECT(-ESPIPE, lseek, 0, 0, SEEK_SET);
	EXPECT(1, open, text("zero"), O_RDWR);
	fill_user(3);
	EXPECT(100000, read, 1, BUF, 100000);
	for (u32 i = 0; i < 100000; i++)
		CHECK(fake_user[i] == 0, "byte %u is %u", i, fake_user[i]);
	EXPECT(2, open, text("random"), O_RDWR);
	EXPECT(13, read, 2, BUF, 13);
	EXPECT(3, write, 2, text("42\n"), 3);
	EXPECT(13, read, 2, BUF, 13);
	EXPECT(2, write, 2, text("42"), 2);
	EXPECT(16, read, 2, BUF + 100, 16);
	CHECK(!memcmp((void *)BUF, (void *)(BUF + 100), 13), "a seed repeats the numbers");
	EXPECT(-EINVAL, write, 2, text("42x"), 3);
	EXPECT(-EINVAL, write, 2, text("x"), 1);
	EXPECT(-EINVAL, write, 2, BUF, 32);
	for (u64 fd = 0; fd < 3; fd++)
		EXPECT(0, close, fd);
}

static void check_trace(void)
{
	struct file *file;
	s64 n;

	trace_init(1);
	for (u64 i = 0; i < 3000; i++)
		TRACE(wake, i, 5, 0, 0);
	TRACE(syscall, SYS_open, 0x1000, 2, 3);
	TRACE(sysret, 999, -5, 0, 0);
	EXPECT(0, open, text("trace"), O_RDWR);
	TRACE(wake, 7777, 0, 0, 0); /* overwrites the oldest */
	n = CALL(read, 0, BUF, 1);
	CHECK(n == 1, "%ld", n);
	n += CALL(read, 0, BUF + 1, 150000);
	fake_user[n] = 0;
	CHECK(strstr((char *)fake_user, "] cpu 0, thread -1: wake: thread 1979, reason 5\n"), "%.100s",
	      (char *)fake_user);
	CHECK(!strstr((char *)fake_user, "thread 1978,") && !strstr((char *)fake_user, "7777"), "too much");
	CHECK(strstr((char *)fake_user, "syscall: open(0x1000, 0x2, 0x3)\n"), "%s", (char *)fake_user + n - 100);
	CHECK(strstr((char *)fake_user, "sysret: unknown = -5\n"), "%s", (char *)fake_user + n - 100);
	EXPECT(0, read, 0, BUF, 100);
	EXPECT(1, write, 0, text("0"), 1);
	n = rings[0].count;
	TRACE(wake, 1, 1, 1, 1);
	CHECK(rings[0].count == (u64)n, "an event that is off is recorded");
	EXPECT(6, write, 0, text("0xffff"), 6);

	file = fd_get(my_files(), 0);
	CHECK(file->ops->mmap_check(file, 0, TRACE_RING_BYTES, PROT_READ) == 0, "map");
	CHECK(file->ops->mmap_check(file, 0, TRACE_RING_BYTES, PROT_READ | PROT_WRITE) == -EINVAL, "map to write");
	CHECK(file->ops->mmap_check(file, 0, 2 * TRACE_RING_BYTES, PROT_READ) == -ENXIO, "a CPU without a ring");
	CHECK(file->ops->mmap_check(file, 0, ~0ull, PROT_READ) == -EINVAL, "too much");
	CHECK(file->ops->mmap_check(file, ~0ull - 4095, 8192, PROT_READ) == -EINVAL, "too far");
	CHECK(file->ops->mmap_check(file, 8, 8192, PROT_READ) == -EINVAL, "misaligned");
	CHECK(hpa_to_ptr(file->ops->mmap_page(file, 4096)) == &rings[0].records[64], "the second page");
	file_put(file);
	EXPECT(0, close, 0);
	trace_mask = 0;
	free(rings[0].records);
	fake_allocations--;
}

/* ---- Pipes --------------------------------------------------------------------------------------------- */

static struct file *reader, *writer;

static void step_write(void)
{
	CHECK(writer->ops->write(writer, "abc", 3) == 3, "write");
	step = NULL;
}

static void step_close_writer(void)
{
	file_put(writer);
	step = NULL;
}

static void step_close_reader(void)
{
	file_put(reader);
	step = NULL;
}

static void step_kill(void)
{
	fake_killed = true;
	step = NULL;
}

static u64 drained;

static void step_read(void)
{
	u8 buf[1000];

	drained += reader->ops->read(reader, buf, sizeof(buf));
}

static void open_pipe(void)
{
	int error = pipe_create(&reader, &writer);

	CHECK(error == 0, "pipe %d", error);
}

static void check_pipe_waits(void)
{
	static u8 buf[40000];

	open_pipe();
	step = step_write;
	CHECK(reader->ops->read(reader, buf, 100) == 3, "a reader gets what comes");
	step = step_kill;
	CHECK(reader->ops->read(reader, buf, 100) == -EINTR, "a killed reader");
	fake_killed = false;
	step = step_close_writer;
	CHECK(reader->ops->read(reader, buf, 100) == 0, "the end");
	CHECK(reader->ops->read(reader, buf, 100) == 0, "the end again");
	file_put(reader);

	open_pipe();
	step = step_read;
	CHECK(writer->ops->write(writer, buf, 40000) == 40000, "a long write");
	CHECK(drained + filled(reader->private) == 40000, "%lu bytes came out", drained);
	step = NULL;
	while (filled(reader->private) < PIPE_SIZE - 100)
		writer->ops->write(writer, buf, 100);
	step = step_kill;
	CHECK(writer->ops->write(writer, buf, 4096) == -EINTR, "an atomic write that does not fit");
	CHECK(filled(reader->private) <= PIPE_SIZE - 100 + 100, "half of it is in");
	step = step_kill;
	fake_killed = false;
	CHECK(writer->ops->write(writer, buf, 5000) > 0, "a long write goes in piecewise");
	CHECK(filled(reader->private) == PIPE_SIZE, "%u", filled(reader->private));
	fake_killed = false;
	step = step_close_reader;
	CHECK(writer->ops->write(writer, buf, 100) == -EPIPE, "a writer waits when the reader goes");
	CHECK(writer->ops->write(writer, buf, 100) == -EPIPE, "nobody reads");
	file_put(writer);
}

static void check_pipe_bytes(void)
{
	u8 in[5000], out[5000], next_in = 0, next_out = 0;

	open_pipe();
	for (int round = 0; round < 20000; round++) {
		struct pipe *p = reader->private;
		u32 n = random_below(sizeof(in));

		if (random_below(2) && n && n <= PIPE_SIZE - filled(p)) {
			for (u32 i = 0; i < n; i++)
				in[i] = next_in++;
			CHECK(writer->ops->write(writer, in, n) == n, "write");
		} else if (filled(p)) {
			n = reader->ops->read(reader, out, 1 + random_below(sizeof(out)));
			for (u32 i = 0; i < n; i++)
				CHECK(out[i] == next_out++, "byte");
		}
	}
	file_put(writer);
	file_put(reader);
}

static void check_pipe_calls(void)
{
	int *fd = (int *)TEXT;

	EXPECT(-EFAULT, pipe, BAD - 4);
	EXPECT(0, pipe, TEXT);
	CHECK(fd[0] == 0 && fd[1] == 1, "%d %d", fd[0], fd[1]);
	fill_user(5);
	EXPECT(16384, write, 1, BUF, 16384);
	/* A read gives what is there and does not wait for more. */
	EXPECT(16384, read, 0, BUF, 100000);
	EXPECT(4, write, 1, BUF, 4);
	EXPECT(4, read, 0, BUF, 100000);
	EXPECT(-EBADF, write, 0, BUF, 1);
	EXPECT(-EBADF, read, 1, BUF, 1);
	EXPECT(-ESPIPE, lseek, 0, 0, SEEK_CUR);
	EXPECT(-EINVAL, fsync, 0);
	EXPECT(-EINVAL, ftruncate, 1, 0);
	EXPECT(-ENOTDIR, getdents, 0, BUF, 1);
	EXPECT(0, fstat, 0, BUF);
	CHECK(((struct stat *)BUF)->type == T_PIPE, "type");
	EXPECT(2, dup, 1);
	EXPECT(0, close, 1);
	EXPECT(3, write, 2, BUF, 3);
	EXPECT(0, close, 2);
	EXPECT(3, read, 0, BUF, 100);
	EXPECT(0, read, 0, BUF, 100);
	EXPECT(0, close, 0);
}

/* ---- No memory ----------------------------------------------------------------------------------------- */

/* Whatever allocation fails, the call answers -ENOMEM or does its work, and nothing stays behind. */
static void check_no_memory(void)
{
	for (u64 n = 1; n < 8; n++) {
		u64 before = fake_allocations;
		s64 fd;

		fake_fail_at = n;
		fd = CALL(open, text("trace"), O_RDONLY);
		CHECK(fd == -ENOMEM || fd == 0, "open: %ld", fd);
		if (fd == 0)
			EXPECT(0, close, 0);
		fake_fail_at = n;
		fd = CALL(pipe, TEXT);
		CHECK(fd == -ENOMEM || fd == 0, "pipe: %ld", fd);
		if (fd == 0) {
			EXPECT(0, close, 0);
			EXPECT(0, close, 1);
		}
		fake_fail_at = 0;
		EXPECT(0, open, text("zero"), O_RDONLY);
		fake_fail_at = n;
		fd = CALL(read, 0, BUF, 20000);
		CHECK(fd == -ENOMEM || fd == 20000, "read: %ld", fd);
		fake_fail_at = n;
		fd = CALL(getcwd, BUF, 100);
		CHECK(fd == -ENOMEM || fd == 9, "getcwd: %ld", fd);
		fake_fail_at = n;
		fd = CALL(link, text("old"), TEXT);
		CHECK(fd == -ENOMEM || fd == -EXDEV, "link: %ld", fd);
		fake_fail_at = 0;
		EXPECT(0, close, 0);
		CHECK(fake_allocations == before, "%lu allocations, not %lu", fake_allocations, before);
	}
}

/* ---- Processes ----------------------------------------------------------------------------------------- */

static void check_fork(void)
{
	struct fdtable child;
	int fd;

	EXPECT(0, open, text("f"), O_RDONLY);
	EXPECT(1, open, text("null"), O_RDWR);
	fd = fd_reserve(my_files());
	EXPECT(-EBADF, close, fd);
	EXPECT(-EBADF, read, fd, BUF, 1);
	EXPECT(-EBUSY, dup2, 0, fd);
	fdtable_copy(&child, my_files());
	CHECK(child.file[0] == my_files()->file[0] && child.file[0]->count == 2, "a shared file");
	CHECK(child.file[fd] == NULL, "a reservation is copied");
	CHECK(inodes[0].count == 3, "the directory is counted: %u", inodes[0].count);
	fd_release(my_files(), fd);
	fdtable_clear(my_files());
	CHECK(inodes[1].count == 2, "the file lives: %u", inodes[1].count);
	fdtable_clear(&child);
}

int main(void)
{
	fdtable_init(my_files());
	inode_get(&inodes[0]);
	fdtable_cwd_set(my_files(), &inodes[0]);
	devices_init();
	check_descriptors();
	check_open();
	check_data();
	check_seek();
	check_directory();
	check_devices();
	check_trace();
	check_pipe_waits();
	check_pipe_bytes();
	check_pipe_calls();
	check_no_memory();
	check_fork();
	for (u32 i = 0; i < ARRAY_SIZE(inodes); i++)
		CHECK(inodes[i].count == 1, "%s is counted %u times at the end", inodes[i].name, inodes[i].count);
	CHECK(fake_allocations == 0, "%lu allocations are left", fake_allocations);
	return check_done("file");
}
