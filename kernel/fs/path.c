/*
 * Paths.  See path.h.
 *
 * A walk locks one directory at a time.  The next inode is counted while its directory is still locked: as long as the
 * name is there the inode cannot be freed.
 */
#include "fs/path.h"
#include "fs/directory.h"
#include "fs/inode.h"

/* Have it read, so that inode_type() and the like can tell without a lock. */
static int load(struct inode *ip)
{
	int error = inode_lock(ip);

	if (!error)
		inode_unlock(ip);
	return error;
}

static int find_child(struct inode *dir, const char *name, struct inode **out)
{
	struct dir_slot slot;
	u32 ino;
	int error;

	if (dir->disk.type != T_DIR)
		return -ENOTDIR;
	if (dir->disk.nlink == 0) /* removed: its ".." may lead to anything */
		return -ENOENT;
	error = dir_find(dir, name, &slot);
	if (error)
		return error;
	ino = slot.entry->ino;
	dir_slot_put(&slot);
	return node_get(ino, out);
}

int path_step(struct inode *dir, const char *name, struct inode **out)
{
	struct inode *child;
	int error = inode_lock(dir);

	if (error)
		return error;
	error = find_child(dir, name, &child);
	inode_unlock(dir);
	if (error)
		return error;
	error = load(child);
	if (error)
		inode_put(child);
	else
		*out = child;
	return error;
}

/* Cut the first name off *path, and the slashes behind it. */
static int take_name(const char **path, char name[FS_NAME_SIZE])
{
	const char *p = *path;
	size_t length = 0;

	while (p[length] && p[length] != '/')
		length++;
	if (length >= FS_NAME_SIZE)
		return -ENAMETOOLONG;
	memset(name, 0, FS_NAME_SIZE);
	memcpy(name, p, length);
	p += length;
	while (*p == '/')
		p++;
	*path = p;
	return 0;
}

/* Go on from end->dir along the rest of the path, up to its last name. */
static int walk_on(const char *path, struct path_end *end)
{
	struct inode *next;
	int error = take_name(&path, end->name);

	while (!error && *path) {
		error = path_step(end->dir, end->name, &next);
		if (error)
			break;
		inode_put(end->dir);
		end->dir = next;
		error = take_name(&path, end->name);
	}
	return error;
}

int path_walk(struct inode *start, const char *path, struct path_end *end)
{
	size_t length = strnlen(path, PATH_MAX);
	int error;

	if (length == 0)
		return -ENOENT;
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	end->dir = *path == '/' ? volume.root : start;
	end->wants_dir = path[length - 1] == '/';
	inode_get(end->dir);
	while (*path == '/')
		path++;
	error = walk_on(path, end);
	if (error)
		path_end_put(end);
	return error;
}

void path_end_put(struct path_end *end)
{
	inode_put(end->dir);
}

static int lookup(struct inode *start, const char *path, struct inode **out)
{
	struct path_end end;
	int error = path_walk(start, path, &end);

	if (error)
		return error;
	if (end.name[0]) {
		error = path_step(end.dir, end.name, out);
	} else {
		inode_get(end.dir);
		*out = end.dir;
	}
	path_end_put(&end);
	if (!error && end.wants_dir && inode_type(*out) != T_DIR) {
		inode_put(*out);
		error = -ENOTDIR;
	}
	return error;
}

struct inode *fs_lookup(struct inode *start, const char *path, int *error)
{
	struct inode *ip = NULL;

	*error = lookup(start, path, &ip);
	return *error ? NULL : ip;
}

/* ---- From a directory to its path ---------------------------------------------------------------------- */

/* The name of directory `child` in `dir`. */
static int name_in(struct inode *dir, u32 child, char name[FS_NAME_SIZE])
{
	struct dir_slot slot;
	int error = inode_lock(dir);

	if (error)
		return error;
	error = dir->disk.type == T_DIR ? dir_find_ino(dir, child, &slot) : -ENOENT;
	if (!error) {
		memcpy(name, slot.entry->name, FS_NAME_SIZE);
		name[FS_NAME_SIZE - 1] = 0;
		dir_slot_put(&slot);
	}
	inode_unlock(dir);
	return error;
}

/* Put "/name" of *dir in front of buf[*at], and go up to its parent.  *dir stays counted. */
static int prepend_name(struct inode **dir, char *buf, size_t *at)
{
	char name[FS_NAME_SIZE];
	struct inode *parent;
	size_t length;
	int error = path_step(*dir, "..", &parent);

	if (error)
		return error;
	error = name_in(parent, (*dir)->ino, name);
	length = error ? 0 : strlen(name) + 1;
	if (!error && length > *at)
		error = -ERANGE;
	if (error) {
		inode_put(parent);
		return error;
	}
	*at -= length;
	buf[*at] = '/';
	memcpy(buf + *at + 1, name, length - 1);
	inode_put(*dir);
	*dir = parent;
	return 0;
}

s64 fs_path(struct inode *dir, char *buf, size_t size)
{
	size_t at = size - 1;
	int error = 0;

	if (size < 2)
		return -ERANGE;
	buf[at] = 0;
	inode_get(dir);
	while (dir != volume.root && !error)
		error = prepend_name(&dir, buf, &at);
	inode_put(dir);
	if (error)
		return error;
	if (buf[at] == 0)
		buf[--at] = '/';
	memmove(buf, buf + at, size - at);
	return (s64)(size - at - 1);
}
