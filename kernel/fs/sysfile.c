/*
 * The system calls on files.
 *
 * Everything that comes from the user is checked here: numbers, descriptors, flags; addresses by uaccess.h; paths are
 * copied in whole before anything is looked at.  What is behind the file ops and fs/inode.h sees kernel memory only.
 *
 * Data goes through a bounce buffer of up to BOUNCE_SIZE bytes.  While bytes are copied from or to the user at most
 * file->lock is held.  A call that moved some bytes and then met an error answers the count.
 */
#include "syscall.h"
#include "proc.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/uaccess.h"

#define BOUNCE_ORDER 2
#define BOUNCE_SMALL 256               /* bytes that need no page */
#define MOVE_MAX     (0x7fffffffu & ~4095u) /* bytes that one call moves */

static struct fdtable *my_files(void)
{
	return &current()->proc->files;
}

/* ---- Bounce buffers ------------------------------------------------------------------------------------ */

struct bounce {
	u8 *buf;
	size_t size;
	u32 order;
	u8 small[BOUNCE_SMALL];
};

/* For a transfer of `total` bytes: smaller if memory is short.  0 or -ENOMEM. */
static int bounce_init(struct bounce *b, size_t total)
{
	hpa_t block;

	b->buf = b->small;
	b->size = BOUNCE_SMALL;
	if (total <= BOUNCE_SMALL)
		return 0;
	b->order = total <= PAGE_SIZE ? 0 : BOUNCE_ORDER;
	block = buddy_alloc(b->order);
	if (!block.raw && b->order) {
		b->order = 0;
		block = buddy_alloc(0);
	}
	if (!block.raw)
		return -ENOMEM;
	b->buf = hpa_to_ptr(block);
	b->size = PAGE_SIZE << b->order;
	return 0;
}

static void bounce_free(struct bounce *b)
{
	if (b->buf != b->small)
		buddy_free(ptr_to_hpa(b->buf), b->order);
}

/* ---- read and write ------------------------------------------------------------------------------------ */

/* A read() or write() under way. */
struct transfer {
	/* One step, a bounce buffer's worth at most.  The count, or negative. */
	s64 (*step)(struct transfer *t, size_t size);
	struct file *file;
	hva_t user;
	size_t size, done;
	struct bounce bounce;
};

/* What was read but cannot be delivered is lost. */
static s64 read_step(struct transfer *t, size_t size)
{
	s64 count = t->file->ops->read(t->file, t->bounce.buf, size);
	int error;

	if (count <= 0)
		return count;
	error = copy_out(hva_add(t->user, t->done), t->bounce.buf, count);
	return error ? error : count;
}

static s64 write_step(struct transfer *t, size_t size)
{
	int error = copy_in(t->bounce.buf, hva_add(t->user, t->done), size);

	return error ? error : t->file->ops->write(t->file, t->bounce.buf, size);
}

/*
 * One step for a stream that is read: to go on could mean to wait for bytes that nobody asked for.  Otherwise as many
 * as it takes, until one falls short or fails, or the process is being killed.
 */
static s64 transfer_steps(struct transfer *t)
{
	bool once = t->file->no_offset && t->step == read_step;
	size_t want;
	s64 count;

	do {
		want = MIN(t->size - t->done, t->bounce.size);
		count = t->step(t, want);
		t->done += MAX(count, 0);
	} while (count == (s64)want && t->done < t->size && !once && !proc_is_leaving());
	return t->done ? (s64)t->done : count;
}

/* With the file's offset to itself, unless it has none. */
static s64 transfer_run(struct transfer *t)
{
	s64 result = bounce_init(&t->bounce, t->size);

	if (result)
		return result;
	if (!t->file->no_offset)
		mutex_lock(&t->file->lock);
	result = transfer_steps(t);
	if (!t->file->no_offset)
		mutex_unlock(&t->file->lock);
	bounce_free(&t->bounce);
	return result;
}

s64 sys_read(const u64 arg[6])
{
	struct transfer t = { .step = read_step, .user = hva(arg[1]), .size = MIN(arg[2], MOVE_MAX) };
	s64 result = -EBADF;

	t.file = fd_get(my_files(), arg[0]);
	if (!t.file)
		return -EBADF;
	if (file_can_read(t.file) && t.file->ops->read)
		result = t.size ? transfer_run(&t) : 0;
	file_put(t.file);
	return result;
}

s64 sys_write(const u64 arg[6])
{
	struct transfer t = { .step = write_step, .user = hva(arg[1]), .size = MIN(arg[2], MOVE_MAX) };
	s64 result = -EBADF;

	t.file = fd_get(my_files(), arg[0]);
	if (!t.file)
		return -EBADF;
	if (file_can_write(t.file) && t.file->ops->write)
		result = t.size ? transfer_run(&t) : 0;
	file_put(t.file);
	return result;
}

/* ---- Other calls on a descriptor ----------------------------------------------------------------------- */

/* Answer fn(file, arg), or -EBADF. */
static s64 with_file(const u64 arg[6], s64 (*fn)(struct file *file, const u64 arg[6]))
{
	struct file *file = fd_get(my_files(), arg[0]);
	s64 result;

	if (!file)
		return -EBADF;
	result = fn(file, arg);
	file_put(file);
	return result;
}

static s64 seek_file(struct file *file, const u64 arg[6])
{
	s64 result;

	if (!file->ops->seek)
		return -ESPIPE;
	if (arg[2] > SEEK_END)
		return -EINVAL;
	mutex_lock(&file->lock);
	result = file->ops->seek(file, arg[1], arg[2]);
	mutex_unlock(&file->lock);
	return result;
}

s64 sys_lseek(const u64 arg[6])
{
	return with_file(arg, seek_file);
}

static s64 stat_file(struct file *file, const u64 arg[6])
{
	struct stat stat = { 0 };
	int error = file->ops->stat ? file->ops->stat(file, &stat) : inode_stat(file->inode, &stat);

	return error ? error : copy_out(hva(arg[1]), &stat, sizeof(stat));
}

s64 sys_fstat(const u64 arg[6])
{
	return with_file(arg, stat_file);
}

static s64 ioctl_file(struct file *file, const u64 arg[6])
{
	if (!file->ops->ioctl || arg[1] > 0xffffffff)
		return -ENOTTY;
	return file->ops->ioctl(file, arg[1], arg[2]);
}

s64 sys_ioctl(const u64 arg[6])
{
	return with_file(arg, ioctl_file);
}

static s64 truncate_file(struct file *file, const u64 arg[6])
{
	if (!file_can_write(file))
		return -EBADF;
	if (!file->inode || inode_type(file->inode) != T_FILE || (s64)arg[1] < 0)
		return -EINVAL;
	return inode_truncate(file->inode, arg[1]);
}

s64 sys_ftruncate(const u64 arg[6])
{
	return with_file(arg, truncate_file);
}

static s64 sync_file(struct file *file, const u64 arg[6])
{
	return file->inode ? inode_sync(file->inode) : -EINVAL;
}

s64 sys_fsync(const u64 arg[6])
{
	return with_file(arg, sync_file);
}

s64 sys_sync(const u64 arg[6])
{
	return fs_sync();
}

/* As many entries as the bounce buffer holds; if they cannot be delivered, they are not passed. */
static s64 read_entries(struct file *file, hva_t user, struct bounce *b)
{
	size_t count = b->size / sizeof(struct dirent);
	u64 before = file->offset;
	s64 got = inode_getdents(file->inode, &file->offset, (struct dirent *)b->buf, count);
	int error;

	if (got <= 0)
		return got;
	error = copy_out(user, b->buf, got * sizeof(struct dirent));
	if (error)
		file->offset = before;
	return error ? error : got;
}

static s64 getdents_file(struct file *file, const u64 arg[6])
{
	size_t count = MIN(arg[2], (PAGE_SIZE << BOUNCE_ORDER) / sizeof(struct dirent));
	struct bounce b;
	s64 result;

	if (!file->inode || inode_type(file->inode) != T_DIR)
		return -ENOTDIR;
	if (count == 0)
		return -EINVAL;
	result = bounce_init(&b, count * sizeof(struct dirent));
	if (result)
		return result;
	b.size = MIN(b.size, count * sizeof(struct dirent));
	mutex_lock(&file->lock);
	result = read_entries(file, hva(arg[1]), &b);
	mutex_unlock(&file->lock);
	bounce_free(&b);
	return result;
}

s64 sys_getdents(const u64 arg[6])
{
	return with_file(arg, getdents_file);
}

/* ---- Descriptors --------------------------------------------------------------------------------------- */

s64 sys_close(const u64 arg[6])
{
	return fd_close(my_files(), arg[0]);
}

s64 sys_dup(const u64 arg[6])
{
	struct file *file = fd_get(my_files(), arg[0]);
	int fd;

	if (!file)
		return -EBADF;
	fd = fd_install(my_files(), file);
	if (fd < 0)
		file_put(file);
	return fd;
}

s64 sys_dup2(const u64 arg[6])
{
	return fd_dup_to(my_files(), arg[0], arg[1]);
}

/* Two free descriptors, or neither. */
static int reserve_two(int fd[2])
{
	fd[0] = fd_reserve(my_files());
	if (fd[0] < 0)
		return fd[0];
	fd[1] = fd_reserve(my_files());
	if (fd[1] >= 0)
		return 0;
	fd_release(my_files(), fd[0]);
	return fd[1];
}

/* The caller learns the numbers before they mean something, so that nothing has to be taken back. */
s64 sys_pipe(const u64 arg[6])
{
	struct file *reader, *writer;
	int fd[2], error = reserve_two(fd);

	if (error)
		return error;
	error = copy_out(hva(arg[0]), fd, sizeof(fd));
	if (!error)
		error = pipe_create(&reader, &writer);
	if (error) {
		fd_release(my_files(), fd[0]);
		fd_release(my_files(), fd[1]);
		return error;
	}
	fd_fill(my_files(), fd[0], reader);
	fd_fill(my_files(), fd[1], writer);
	return 0;
}

/* ---- Paths --------------------------------------------------------------------------------------------- */

/* A copy of the user's path, to kfree(); NULL with *error set. */
static char *path_in(u64 user, s64 *error)
{
	char *path = kmalloc(PATH_MAX);

	if (!path) {
		*error = -ENOMEM;
		return NULL;
	}
	*error = copy_in_string(path, hva(user), PATH_MAX);
	if (*error == 0)
		*error = -ENOENT;
	if (*error > 0)
		return path;
	kfree(path);
	return NULL;
}

/* Answer fn(working directory, the path at arg[0], arg). */
static s64 with_path(const u64 arg[6], s64 (*fn)(struct inode *cwd, const char *path, const u64 arg[6]))
{
	s64 result;
	char *path = path_in(arg[0], &result);
	struct inode *cwd;

	if (!path)
		return result;
	cwd = fdtable_cwd_get(my_files());
	result = fn(cwd, path, arg);
	inode_put(cwd);
	kfree(path);
	return result;
}

/* The same with the paths at arg[0] and arg[1]. */
static s64 with_two_paths(const u64 arg[6], int (*fn)(struct inode *cwd, const char *old, const char *new))
{
	s64 result;
	char *new = path_in(arg[1], &result), *old = NULL;
	struct inode *cwd;

	if (new)
		old = path_in(arg[0], &result);
	if (old) {
		cwd = fdtable_cwd_get(my_files());
		result = fn(cwd, old, new);
		inode_put(cwd);
	}
	kfree(old);
	kfree(new);
	return result;
}

/* O_TRUNC and O_EXCL only where they mean something. */
static bool are_open_flags(u64 flags)
{
	if (flags & ~(u64)(O_ACCESS | O_CREATE | O_EXCL | O_TRUNC | O_APPEND))
		return false;
	if ((flags & O_ACCESS) == O_ACCESS)
		return false;
	if ((flags & O_TRUNC) && (flags & O_ACCESS) == O_RDONLY)
		return false;
	return !(flags & O_EXCL) || (flags & O_CREATE);
}

/* Make file stand for what is at path.  Its memory was taken first, so that a lack of it creates nothing. */
static int open_path(struct file *file, struct inode *cwd, const char *path)
{
	u32 flags = file->flags;
	struct inode *ip;
	int error;

	ip = flags & O_CREATE ? fs_create(cwd, path, flags, &error) : fs_lookup(cwd, path, &error);
	if (!ip)
		return error;
	error = file_bind_inode(file, ip);
	if (error)
		return error;
	if ((flags & O_CREATE) && inode_type(ip) == T_DIR)
		return -EISDIR;
	if ((flags & O_TRUNC) && inode_type(ip) == T_FILE)
		return inode_truncate(ip, 0);
	return 0;
}

/* The descriptor comes before all, so that a full table creates and truncates nothing. */
static s64 open_at(struct inode *cwd, const char *path, const u64 arg[6])
{
	int fd = fd_reserve(my_files()), error = -ENOMEM;
	struct file *file;

	if (fd < 0)
		return fd;
	file = file_alloc(NULL, arg[1]);
	if (file)
		error = open_path(file, cwd, path);
	if (!error) {
		fd_fill(my_files(), fd, file);
		return fd;
	}
	fd_release(my_files(), fd);
	if (file)
		file_put(file);
	return error;
}

s64 sys_open(const u64 arg[6])
{
	return are_open_flags(arg[1]) ? with_path(arg, open_at) : -EINVAL;
}

static s64 mkdir_at(struct inode *cwd, const char *path, const u64 arg[6])
{
	return fs_mkdir(cwd, path);
}

s64 sys_mkdir(const u64 arg[6])
{
	return with_path(arg, mkdir_at);
}

static s64 mknod_at(struct inode *cwd, const char *path, const u64 arg[6])
{
	return fs_mknod(cwd, path, arg[1], arg[2]);
}

s64 sys_mknod(const u64 arg[6])
{
	if (arg[1] > 0xffffffff || arg[2] > 0xffffffff)
		return -EINVAL;
	return with_path(arg, mknod_at);
}

static s64 unlink_at(struct inode *cwd, const char *path, const u64 arg[6])
{
	return fs_unlink(cwd, path);
}

s64 sys_unlink(const u64 arg[6])
{
	return with_path(arg, unlink_at);
}

s64 sys_link(const u64 arg[6])
{
	return with_two_paths(arg, fs_link);
}

s64 sys_rename(const u64 arg[6])
{
	return with_two_paths(arg, fs_rename);
}

static s64 chdir_at(struct inode *cwd, const char *path, const u64 arg[6])
{
	int error;
	struct inode *dir = fs_lookup(cwd, path, &error);

	if (!dir)
		return error;
	if (inode_type(dir) != T_DIR) {
		inode_put(dir);
		return -ENOTDIR;
	}
	fdtable_cwd_set(my_files(), dir);
	return 0;
}

s64 sys_chdir(const u64 arg[6])
{
	return with_path(arg, chdir_at);
}

s64 sys_getcwd(const u64 arg[6])
{
	char *path = kmalloc(PATH_MAX);
	struct inode *cwd;
	s64 length;
	int error;

	if (!path)
		return -ENOMEM;
	cwd = fdtable_cwd_get(my_files());
	length = fs_path(cwd, path, MIN(arg[1], PATH_MAX));
	inode_put(cwd);
	error = length < 0 ? 0 : copy_out(hva(arg[0]), path, length + 1);
	kfree(path);
	return error ? error : length;
}
