/*
 * Descriptor tables: see file.h.
 *
 * Locking: a table's lock (RANK_FDTABLE) is held for looking and changing only; references are dropped after it is
 * released, since the last one may sleep.
 */
#include "fs/file.h"
#include "fs/fs.h"

#define FD_RESERVED ((struct file *)1)

static bool is_open(const struct file *file)
{
	return file && file != FD_RESERVED;
}

void fdtable_init(struct fdtable *t)
{
	memset(t, 0, sizeof(*t));
	spin_init(&t->lock, "fdtable", RANK_FDTABLE);
}

/* What another thread of `from` has reserved stays free in the copy: it belongs to that thread's system call. */
void fdtable_copy(struct fdtable *to, struct fdtable *from)
{
	fdtable_init(to);
	spin_lock(&from->lock);
	for (int fd = 0; fd < FD_MAX; fd++)
		if (is_open(from->file[fd])) {
			to->file[fd] = from->file[fd];
			file_get(to->file[fd]);
		}
	to->cwd = from->cwd;
	if (to->cwd)
		inode_get(to->cwd);
	spin_unlock(&from->lock);
}

void fdtable_clear(struct fdtable *t)
{
	for (int fd = 0; fd < FD_MAX; fd++)
		fd_close(t, fd);
	fdtable_cwd_set(t, NULL);
}

struct inode *fdtable_cwd_get(struct fdtable *t)
{
	struct inode *dir;

	spin_lock(&t->lock);
	dir = t->cwd;
	if (dir)
		inode_get(dir);
	spin_unlock(&t->lock);
	return dir;
}

void fdtable_cwd_set(struct fdtable *t, struct inode *dir)
{
	struct inode *old;

	spin_lock(&t->lock);
	old = t->cwd;
	t->cwd = dir;
	spin_unlock(&t->lock);
	if (old)
		inode_put(old);
}

struct file *fd_get(struct fdtable *t, u64 fd)
{
	struct file *file = NULL;

	if (fd >= FD_MAX)
		return NULL;
	spin_lock(&t->lock);
	if (is_open(t->file[fd])) {
		file = t->file[fd];
		file_get(file);
	}
	spin_unlock(&t->lock);
	return file;
}

int fd_install(struct fdtable *t, struct file *file)
{
	int fd = fd_reserve(t);

	if (fd >= 0)
		fd_fill(t, fd, file);
	return fd;
}

int fd_reserve(struct fdtable *t)
{
	int found = -EMFILE;

	spin_lock(&t->lock);
	for (int fd = 0; fd < FD_MAX && found < 0; fd++)
		if (!t->file[fd]) {
			t->file[fd] = FD_RESERVED;
			found = fd;
		}
	spin_unlock(&t->lock);
	return found;
}

static void fd_settle(struct fdtable *t, int fd, struct file *file)
{
	spin_lock(&t->lock);
	ASSERT(t->file[fd] == FD_RESERVED, "fdtable: descriptor %d was not reserved: %p", fd, t->file[fd]);
	t->file[fd] = file;
	spin_unlock(&t->lock);
}

void fd_fill(struct fdtable *t, int fd, struct file *file)
{
	fd_settle(t, fd, file);
}

void fd_release(struct fdtable *t, int fd)
{
	fd_settle(t, fd, NULL);
}

int fd_close(struct fdtable *t, u64 fd)
{
	struct file *file = NULL;

	if (fd >= FD_MAX)
		return -EBADF;
	spin_lock(&t->lock);
	if (is_open(t->file[fd])) {
		file = t->file[fd];
		t->file[fd] = NULL;
	}
	spin_unlock(&t->lock);
	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

/* Put file, a new reference, where `to` was; what was there goes to *old.  0 or -EBUSY. */
static int replace_locked(struct fdtable *t, u64 to, struct file *file, struct file **old)
{
	if (t->file[to] == FD_RESERVED)
		return -EBUSY;
	file_get(file);
	*old = t->file[to];
	t->file[to] = file;
	return 0;
}

int fd_dup_to(struct fdtable *t, u64 from, u64 to)
{
	struct file *old = NULL;
	int error = -EBADF;

	if (from >= FD_MAX || to >= FD_MAX)
		return -EBADF;
	spin_lock(&t->lock);
	if (is_open(t->file[from]))
		error = from == to ? 0 : replace_locked(t, to, t->file[from], &old);
	spin_unlock(&t->lock);
	if (old)
		file_put(old);
	return error ? error : (int)to;
}
