/*
 * Names: creating, linking, removing.  The contract is in inode.h; renaming is in rename.c.
 *
 * Each function is one operation, in three parts: find out what there is, do all that can fail, then change.  An
 * operation on names changes at most: the directory's entry, with its growth (BLOCKS_MAKE_ROOM + 1); two inodes; a new
 * directory's block and its bit (2); the ".." of a moved directory; the old name's entry and directory (2): within
 * LOG_OP_NAMES.
 *
 * What was looked up before the locks were taken may have changed: then the whole is done again.
 */
#include "fs/names.h"
#include "fs/directory.h"
#include "fs/inode.h"

static struct mutex directories_lock;

void names_init(void)
{
	mutex_init(&directories_lock, "directories", RANK_RENAME);
}

void names_lock_directories(void)
{
	mutex_lock(&directories_lock);
}

void names_unlock_directories(void)
{
	mutex_unlock(&directories_lock);
}

int names_lock_dir(struct inode *dir)
{
	int error = inode_lock_change(dir);

	if (error)
		return error;
	if (dir->disk.type != T_DIR)
		error = -ENOTDIR;
	else if (dir->disk.nlink == 0)
		error = -ENOENT;
	if (error)
		inode_unlock(dir);
	return error;
}

/* ---- Creating ------------------------------------------------------------------------------------------ */

/* What to create. */
struct new_node {
	enum file_type type;
	u32 major, minor;
};

/* The inode, without a name.  As node_create(). */
static int create_nameless(struct log_op *op, struct inode *dir, const struct new_node *what, struct inode **out)
{
	int error = node_create(op, what->type, out);

	if (error || what->type != T_DIR)
		return error;
	error = dir_init(op, *out, dir->ino);
	if (error) {
		node_destroy(op, *out);
		inode_unlock(*out);
		inode_put(*out);
	}
	return error;
}

/* The name is not there. */
static int create_in(struct log_op *op, struct path_end *end, const struct new_node *what, struct inode **out)
{
	struct inode *dir = end->dir;
	struct dir_slot slot;
	int error;

	if (what->type == T_DIR && dir->disk.nlink >= FS_LINK_MAX)
		return -EMLINK;
	error = dir_make_room(op, dir, &slot);
	if (error)
		return error;
	error = create_nameless(op, dir, what, out);
	if (!error) {
		dir_set(op, &slot, end->name, (*out)->ino);
		(*out)->disk.nlink = what->type == T_DIR ? 2 : 1;
		(*out)->disk.major = what->major;
		(*out)->disk.minor = what->minor;
		inode_store(op, *out);
		inode_unlock(*out);
		if (what->type == T_DIR) {
			dir->disk.nlink++;
			inode_store(op, dir);
		}
	}
	dir_slot_put(&slot);
	return error;
}

/* 0, or -EEXIST: the directory has no entry of this name? */
static int check_absent(struct inode *dir, const char *name)
{
	struct dir_slot slot;
	int error = dir_find(dir, name, &slot);

	if (error)
		return error == -ENOENT ? 0 : error;
	dir_slot_put(&slot);
	return -EEXIST;
}

static int create(struct path_end *end, const struct new_node *what, struct inode **out)
{
	struct log_op op;
	int error = log_begin(&op, LOG_OP_NAMES);

	if (error)
		return error;
	error = names_lock_dir(end->dir);
	if (!error) {
		error = check_absent(end->dir, end->name);
		if (!error)
			error = create_in(&op, end, what, out);
		inode_unlock(end->dir);
	}
	log_end(&op);
	return error;
}

static int open_or_create(struct path_end *end, u32 flags, struct inode **out)
{
	static const struct new_node file = { .type = T_FILE };
	int error;

	if (end->name[0] == 0 || end->wants_dir)
		return -EISDIR;
	do {
		error = flags & O_EXCL ? -ENOENT : path_step(end->dir, end->name, out);
		if (error == -ENOENT)
			error = create(end, &file, out);
	} while (error == -EEXIST && !(flags & O_EXCL)); /* somebody else was faster */
	return error;
}

struct inode *fs_create(struct inode *start, const char *path, u32 flags, int *error)
{
	struct inode *ip = NULL;
	struct path_end end;

	*error = path_walk(start, path, &end);
	if (*error)
		return NULL;
	*error = open_or_create(&end, flags, &ip);
	path_end_put(&end);
	return *error ? NULL : ip;
}

static int make_node(struct inode *start, const char *path, const struct new_node *what)
{
	struct path_end end;
	struct inode *ip;
	int error = path_walk(start, path, &end);

	if (error)
		return error;
	if (end.name[0] == 0)
		error = -EEXIST;
	else if (end.wants_dir && what->type != T_DIR)
		error = -ENOENT;
	else
		error = create(&end, what, &ip);
	path_end_put(&end);
	if (!error)
		inode_put(ip);
	return error;
}

int fs_mkdir(struct inode *start, const char *path)
{
	static const struct new_node directory = { .type = T_DIR };

	return make_node(start, path, &directory);
}

int fs_mknod(struct inode *start, const char *path, u32 major, u32 minor)
{
	struct new_node device = { .type = T_DEV, .major = major, .minor = minor };

	if (major == 0 || major > FS_MAJOR_MAX || minor > FS_MINOR_MAX)
		return -EINVAL;
	return make_node(start, path, &device);
}

/* ---- Linking ------------------------------------------------------------------------------------------- */

/* ip is no directory; end->dir is locked, and the name is not there. */
static int link_in(struct log_op *op, struct path_end *end, struct inode *ip)
{
	struct dir_slot slot;
	int error = inode_lock_change(ip);

	if (error)
		return error;
	if (ip->disk.nlink == 0)
		error = -ENOENT;
	else if (ip->disk.nlink >= FS_LINK_MAX)
		error = -EMLINK;
	else
		error = dir_make_room(op, end->dir, &slot);
	if (!error) {
		dir_set(op, &slot, end->name, ip->ino);
		dir_slot_put(&slot);
		ip->disk.nlink++;
		inode_store(op, ip);
	}
	inode_unlock(ip);
	return error;
}

static int link_operation(struct path_end *end, struct inode *ip)
{
	struct log_op op;
	int error = log_begin(&op, LOG_OP_NAMES);

	if (error)
		return error;
	error = names_lock_dir(end->dir);
	if (!error) {
		error = check_absent(end->dir, end->name);
		if (!error)
			error = link_in(&op, end, ip);
		inode_unlock(end->dir);
	}
	log_end(&op);
	return error;
}

int fs_link(struct inode *start, const char *old_path, const char *new_path)
{
	struct path_end end;
	int error;
	struct inode *ip = fs_lookup(start, old_path, &error);

	if (!ip)
		return error;
	error = inode_type(ip) == T_DIR ? -EPERM : path_walk(start, new_path, &end);
	if (!error) {
		if (end.name[0] == 0)
			error = -EEXIST;
		else
			error = end.wants_dir ? -ENOENT : link_operation(&end, ip);
		path_end_put(&end);
	}
	inode_put(ip);
	return error;
}

/* ---- Removing ------------------------------------------------------------------------------------------ */

int names_check_removable(const struct path_end *end)
{
	if (end->name[0] == 0)
		return -EBUSY;
	return strcmp(end->name, ".") == 0 || strcmp(end->name, "..") == 0 ? -EINVAL : 0;
}

int names_check_drop(struct inode *dir, struct inode *ip)
{
	if (ip->disk.nlink == 0)
		return volume_damaged("link count of inode", ip->ino);
	if (ip->disk.type != T_DIR)
		return 0;
	if (dir->disk.nlink <= 2)
		return volume_damaged("link count of directory", dir->ino);
	return dir_check_empty(ip);
}

void names_drop_link(struct log_op *op, struct inode *dir, struct inode *ip)
{
	if (ip->disk.type == T_DIR) {
		ip->disk.nlink = 0;
		dir->disk.nlink--;
		inode_store(op, dir);
	} else {
		ip->disk.nlink--;
	}
	inode_store(op, ip);
}

/* The directory is locked; the entry in `slot` should be ip's. */
static int unlink_slot(struct log_op *op, struct inode *dir, struct dir_slot *slot, struct inode *ip)
{
	int error;

	if (slot->entry->ino != ip->ino)
		return -EAGAIN;
	if (ip == dir)
		return volume_damaged("directory that contains itself:", dir->ino);
	error = inode_lock_change(ip);
	if (error)
		return error;
	error = names_check_drop(dir, ip);
	if (!error) {
		dir_clear(op, slot);
		names_drop_link(op, dir, ip);
	}
	inode_unlock(ip);
	return error;
}

/* -EAGAIN: the name does not stand for ip any more. */
static int unlink_operation(struct path_end *end, struct inode *ip)
{
	struct dir_slot slot;
	struct log_op op;
	int error = log_begin(&op, LOG_OP_NAMES);

	if (error)
		return error;
	error = names_lock_dir(end->dir);
	if (!error) {
		error = dir_find(end->dir, end->name, &slot);
		if (!error) {
			error = unlink_slot(&op, end->dir, &slot, ip);
			dir_slot_put(&slot);
		}
		inode_unlock(end->dir);
	}
	log_end(&op);
	return error;
}

/* Only now that the inode is known, is it known whether the lock on directories is needed. */
static int unlink_inode(struct path_end *end, struct inode *ip)
{
	int error;

	if (inode_type(ip) != T_DIR)
		return end->wants_dir ? -ENOTDIR : unlink_operation(end, ip);
	names_lock_directories();
	error = unlink_operation(end, ip);
	names_unlock_directories();
	return error;
}

int fs_unlink(struct inode *start, const char *path)
{
	struct path_end end;
	struct inode *ip;
	int error = path_walk(start, path, &end);

	if (error)
		return error;
	error = names_check_removable(&end);
	if (!error) {
		do {
			error = path_step(end.dir, end.name, &ip);
			if (error)
				break;
			error = unlink_inode(&end, ip);
			inode_put(ip);
		} while (error == -EAGAIN);
	}
	path_end_put(&end);
	return error;
}
