/*
 * Renaming.  The contract is in inode.h.
 *
 * A rename touches up to four inodes: the two directories, the inode that moves (`source`) and the one that loses the
 * new name (`victim`).  Within one directory, and of files, nothing more is needed.  Otherwise it holds the lock on
 * directories, so the tree of directories stands still and the question "is this one below that one?" has a lasting
 * answer.  Files still come and go: their names are looked up again under the locks.
 */
#include "fs/names.h"
#include "fs/directory.h"
#include "fs/inode.h"

struct rename {
	struct path_end from, to;
	struct inode *source;
	struct inode *victim;      /* NULL if the new name is free */
	bool alone;                /* holds the lock on directories */

	/* inside the operation */
	struct inode *locked[4];
	u32 locked_count;
	struct dir_slot from_slot, to_slot;
	struct dir_slot parent_slot; /* the ".." of a directory that changes its parent */
};

/* ---- What there is, and whether it may be -------------------------------------------------------------- */

static bool is_dir(struct inode *ip)
{
	return ip && inode_type(ip) == T_DIR;
}

/* Is dir `ancestor` or below it?  1, 0 or negative.  The steps are counted because a damaged tree may have a cycle. */
static int is_below(struct inode *dir, struct inode *ancestor)
{
	struct inode *ip = dir, *parent;
	int error = 0;

	inode_get(ip);
	for (u32 step = 0; ip != ancestor && ip != volume.root && !error; step++) {
		error = path_step(ip, "..", &parent);
		if (error)
			break;
		inode_put(ip);
		ip = parent;
		if (step > volume.super.inode_count)
			error = volume_damaged("cycle of directories at inode", ip->ino);
	}
	inode_put(ip);
	return error ? error : ip == ancestor;
}

static int check_types(const struct rename *r)
{
	if (!is_dir(r->source) && (r->from.wants_dir || r->to.wants_dir))
		return -ENOTDIR;
	if (is_dir(r->victim) && !is_dir(r->source))
		return -EISDIR;
	if (r->victim && is_dir(r->source) && !is_dir(r->victim))
		return -ENOTDIR;
	return 0;
}

static int check_places(const struct rename *r)
{
	int below;

	if (is_dir(r->source)) {
		below = is_below(r->to.dir, r->source);
		if (below)
			return below < 0 ? below : -EINVAL;
	}
	if (is_dir(r->victim)) {
		below = is_below(r->from.dir, r->victim);
		if (below)
			return below < 0 ? below : -ENOTEMPTY;
	}
	return 0;
}

/* ---- Locking ------------------------------------------------------------------------------------------- */

static int add_lock(struct rename *r, struct inode *ip)
{
	int error;

	for (u32 i = 0; i < r->locked_count; i++)
		if (r->locked[i] == ip)
			return volume_damaged("directory that contains itself:", ip->ino);
	error = inode_lock_change(ip);
	if (!error)
		r->locked[r->locked_count++] = ip;
	return error;
}

static void drop_locks(struct rename *r)
{
	while (r->locked_count > 0)
		inode_unlock(r->locked[--r->locked_count]);
}

static bool moves_dir(const struct rename *r)
{
	return is_dir(r->source) && r->from.dir != r->to.dir;
}

/* Directories first, then what may be a file. */
static int lock_all(struct rename *r)
{
	int error = add_lock(r, r->from.dir);

	if (!error && r->to.dir != r->from.dir)
		error = add_lock(r, r->to.dir);
	if (!error && moves_dir(r))
		error = add_lock(r, r->source);
	if (!error && r->victim)
		error = add_lock(r, r->victim);
	if (!error && (r->from.dir->disk.nlink == 0 || r->to.dir->disk.nlink == 0))
		error = -ENOENT;
	return error;
}

/* ---- Preparing ----------------------------------------------------------------------------------------- */

/* Find the name again.  0, or -EAGAIN if it is not ip's any more. */
static int find_again(const struct path_end *end, const struct inode *ip, struct dir_slot *slot)
{
	int error = dir_find(end->dir, end->name, slot);

	if (!error && slot->entry->ino != ip->ino)
		error = -EAGAIN;
	return error == -ENOENT ? -EAGAIN : error;
}

/* The entry for the new name: the victim's, or a free one. */
static int prepare_target(struct log_op *op, struct rename *r)
{
	int error;

	if (r->victim) {
		error = find_again(&r->to, r->victim, &r->to_slot);
		return error ? error : names_check_drop(r->to.dir, r->victim);
	}
	error = dir_find(r->to.dir, r->to.name, &r->to_slot);
	if (error != -ENOENT)
		return error ? error : -EAGAIN;
	return dir_make_room(op, r->to.dir, &r->to_slot);
}

static int prepare_parent(struct rename *r)
{
	if (!moves_dir(r))
		return 0;
	if (r->from.dir->disk.nlink <= 2)
		return volume_damaged("link count of directory", r->from.dir->ino);
	if (!r->victim && r->to.dir->disk.nlink >= FS_LINK_MAX)
		return -EMLINK;
	return dir_find(r->source, "..", &r->parent_slot);
}

static int prepare(struct log_op *op, struct rename *r)
{
	int error = find_again(&r->from, r->source, &r->from_slot);

	if (!error)
		error = prepare_parent(r);
	if (!error)
		error = prepare_target(op, r);
	return error;
}

/* ---- Changing ------------------------------------------------------------------------------------------ */

static void change_parent(struct log_op *op, struct rename *r)
{
	dir_set(op, &r->parent_slot, "..", r->to.dir->ino);
	r->from.dir->disk.nlink--;
	r->to.dir->disk.nlink++;
	inode_store(op, r->from.dir);
	inode_store(op, r->to.dir);
}

static void change_names(struct log_op *op, struct rename *r)
{
	dir_set(op, &r->to_slot, r->to.name, r->source->ino);
	dir_clear(op, &r->from_slot);
	if (r->victim)
		names_drop_link(op, r->to.dir, r->victim);
	if (moves_dir(r))
		change_parent(op, r);
}

/* ---- All together -------------------------------------------------------------------------------------- */

static int rename_operation(struct rename *r)
{
	struct log_op op;
	int error = log_begin(&op, LOG_OP_NAMES);

	if (error)
		return error;
	error = lock_all(r);
	if (!error)
		error = prepare(&op, r);
	if (!error)
		change_names(&op, r);
	dir_slot_put(&r->from_slot);
	dir_slot_put(&r->to_slot);
	dir_slot_put(&r->parent_slot);
	drop_locks(r);
	log_end(&op);
	return error;
}

#define NEEDS_LOCK 1

/* Within one directory the lock on directories is not needed, unless a directory moves or is replaced. */
static bool needs_lock(const struct rename *r)
{
	return r->from.dir != r->to.dir || is_dir(r->source) || is_dir(r->victim);
}

static int rename_inodes(struct rename *r)
{
	int error;

	if (r->source == r->victim)
		return 0;
	if (needs_lock(r) && !r->alone)
		return NEEDS_LOCK;
	error = check_types(r);
	if (!error)
		error = check_places(r);
	return error ? error : rename_operation(r);
}

/* -EAGAIN: a name changed its inode on the way.  NEEDS_LOCK: nothing was done, it takes the lock on directories. */
static int rename_once(struct rename *r)
{
	int error = path_step(r->from.dir, r->from.name, &r->source);

	if (error)
		return error;
	r->victim = NULL;
	error = path_step(r->to.dir, r->to.name, &r->victim);
	if (!error || error == -ENOENT)
		error = rename_inodes(r);
	if (r->victim)
		inode_put(r->victim);
	inode_put(r->source);
	return error;
}

/* Begin again until nobody interferes. */
static int rename_names(struct rename *r)
{
	int result;

	do {
		result = rename_once(r);
	} while (result == -EAGAIN);
	return result;
}

static int rename_between(struct rename *r)
{
	int result = names_check_removable(&r->from);

	if (!result)
		result = names_check_removable(&r->to);
	if (!result)
		result = rename_names(r);
	if (result == NEEDS_LOCK) {
		names_lock_directories();
		r->alone = true;
		result = rename_names(r);
		names_unlock_directories();
	}
	return result;
}

int fs_rename(struct inode *start, const char *old_path, const char *new_path)
{
	struct rename r = { .victim = NULL };
	int error;

	error = path_walk(start, old_path, &r.from);
	if (!error) {
		error = path_walk(start, new_path, &r.to);
		if (!error) {
			error = rename_between(&r);
			path_end_put(&r.to);
		}
		path_end_put(&r.from);
	}
	return error;
}
