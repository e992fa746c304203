/*
 * Random operations.  See workload.h.
 */
#include "workload.h"

#include <stdio.h>

static _Thread_local u8 content[1 << 20];

/* Bytes that no other write contains at the same place. */
static const u8 *content_of(const struct op *op)
{
	struct random random = random_from(op->pattern);

	ASSERT(op->size <= sizeof(content), "a write of %u bytes", op->size);
	for (u32 i = 0; i < op->size; i += 8) {
		u64 word = random_next(&random);

		memcpy(content + i, &word, MIN(8u, op->size - i));
	}
	return content;
}

/* ---- Choosing ------------------------------------------------------------------------------------------ */

static u32 choose(struct workload *w, u32 bound)
{
	return (u32)random_below(&w->random, bound);
}

/* A path like /b/a/c.  Directories and files share their names, so any error may come of it. */
static void choose_any_path(struct workload *w, char *path)
{
	u32 depth = 1 + choose(w, w->limits.depth), at = 0;

	for (u32 i = 0; i < depth; i++) {
		path[at++] = '/';
		path[at++] = (char)('a' + choose(w, w->limits.names));
	}
	path[at] = 0;
}

enum path_use { PATH_OLD, PATH_NEW };

/* Mostly what there is, or something new where something may be; now and then anything. */
static void choose_path(struct workload *w, enum path_use use, char *path)
{
	u32 kind = choose(w, 10);
	size_t length;

	if (kind == 0 || !model_pick(&w->model, random_next(&w->random), path, OP_PATH_MAX)) {
		choose_any_path(w, path);
		return;
	}
	if (kind == 1)
		use = use == PATH_OLD ? PATH_NEW : PATH_OLD;
	length = strlen(path);
	if (use == PATH_NEW && kind % 2 && length < 2 * w->limits.depth) { /* a name in it */
		path[length] = '/';
		path[length + 1] = (char)('a' + choose(w, w->limits.names));
		path[length + 2] = 0;
	} else if (use == PATH_NEW) { /* a name beside it */
		path[length - 1] = (char)('a' + choose(w, w->limits.names));
	}
}

static enum op_kind choose_kind(struct workload *w)
{
	static const u8 share[OP_KINDS] = {
		[OP_CREATE] = 14, [OP_WRITE] = 20, [OP_APPEND] = 8, [OP_TRUNCATE] = 8, [OP_MKDIR] = 10,
		[OP_MKNOD] = 2, [OP_LINK] = 6, [OP_UNLINK] = 9, [OP_RENAME] = 14, [OP_HOLD] = 3,
		[OP_WRITE_HELD] = 5, [OP_DROP] = 3, [OP_READ] = 6,
	};
	u32 sum = 0, at, kind = 0;

	if (w->limits.sync_every && choose(w, w->limits.sync_every) == 0)
		return choose(w, 2) ? OP_SYNC : OP_FSYNC;
	for (u32 i = 0; i < OP_KINDS; i++)
		sum += share[i];
	at = choose(w, sum);
	while (at >= share[kind])
		at -= share[kind++];
	return kind;
}

/* Mostly small, sometimes the largest; often at a block's border. */
static u64 choose_amount(struct workload *w, u64 max)
{
	u64 amount = choose(w, 4) == 0 ? random_below(&w->random, max + 1)
				       : random_below(&w->random, MIN(max, 3 * (u64)FS_BLOCK_SIZE) + 1);

	return choose(w, 3) == 0 ? amount / FS_BLOCK_SIZE * FS_BLOCK_SIZE : amount;
}

void workload_next(struct workload *w, struct op *op)
{
	bool creates;

	memset(op, 0, sizeof(*op));
	op->kind = choose_kind(w);
	creates = op->kind == OP_CREATE || op->kind == OP_MKDIR || op->kind == OP_MKNOD;
	choose_path(w, creates ? PATH_NEW : PATH_OLD, op->path);
	choose_path(w, PATH_NEW, op->other);
	op->offset = choose_amount(w, w->limits.offset_max);
	op->size = (u32)choose_amount(w, op->kind == OP_TRUNCATE ? w->limits.offset_max : w->limits.write_max);
	op->pattern = (u32)random_next(&w->random);
	op->held = choose(w, HELD_FILES);
}

/* ---- On the file system -------------------------------------------------------------------------------- */

/* The directory where paths begin, counted.  They are used without their first slash. */
static struct inode *start_of(struct workload *w)
{
	if (!w->root)
		return fs_root();
	inode_get(w->root);
	return w->root;
}

static s64 fs_create_op(struct workload *w, const struct op *op)
{
	struct inode *root = start_of(w), *ip;
	int error;

	ip = fs_create(root, op->path + 1, op->pattern & 1 ? O_EXCL : 0, &error);
	if (ip)
		inode_put(ip);
	inode_put(root);
	return error;
}

static s64 fs_compare(struct workload *w, struct inode *ip, struct model_node *node, const struct op *op)
{
	static _Thread_local u8 ours[1 << 16], theirs[1 << 16];
	u32 size = MIN(op->size, (u32)sizeof(ours));
	s64 result = inode_read(ip, op->offset, ours, size);

	if (node && result != -EIO) {
		s64 expected = model_read(node, op->offset, theirs, size);

		CHECK(result == expected || (w->device_fails && result > 0 && result < expected));
		CHECK(result <= 0 || memcmp(ours, theirs, (size_t)result) == 0);
	}
	return result;
}

/* An op on the content of an open file. */
static s64 fs_content_op(struct inode *ip, const struct op *op)
{
	u64 end;

	switch (op->kind) {
	case OP_WRITE:
	case OP_WRITE_HELD: return inode_write(ip, op->offset, content_of(op), op->size);
	case OP_APPEND: return inode_write_end(ip, content_of(op), op->size, &end);
	case OP_TRUNCATE: return inode_truncate(ip, op->size);
	case OP_FSYNC: return inode_sync(ip);
	default: return -EINVAL;
	}
}

static s64 fs_path_op(struct workload *w, const struct op *op)
{
	int error, model_error;
	struct inode *root = start_of(w), *ip = fs_lookup(root, op->path + 1, &error);
	struct model_node *node;
	s64 result = error;

	inode_put(root);
	if (!ip)
		return result;
	if (op->kind == OP_READ) {
		node = model_lookup(&w->model, op->path, &model_error);
		result = fs_compare(w, ip, node, op);
		if (node)
			model_put(node);
	} else {
		result = fs_content_op(ip, op);
	}
	inode_put(ip);
	return result;
}

static void fs_drop(struct workload *w, u32 held)
{
	if (w->held_fs[held])
		inode_put(w->held_fs[held]);
	w->held_fs[held] = NULL;
}

static s64 fs_hold(struct workload *w, const struct op *op)
{
	struct inode *root = start_of(w), *ip;
	int error;

	ip = fs_lookup(root, op->path + 1, &error);
	inode_put(root);
	if (!ip)
		return error;
	fs_drop(w, op->held);
	w->held_fs[op->held] = ip;
	return 0;
}

static s64 fs_names_op(struct workload *w, const struct op *op)
{
	struct inode *root = start_of(w);
	s64 result = -EINVAL;

	if (op->kind == OP_MKDIR)
		result = fs_mkdir(root, op->path + 1);
	else if (op->kind == OP_MKNOD)
		result = fs_mknod(root, op->path + 1, 1 + op->pattern % FS_MAJOR_MAX, op->pattern % 7);
	else if (op->kind == OP_LINK)
		result = fs_link(root, op->path + 1, op->other + 1);
	else if (op->kind == OP_UNLINK)
		result = fs_unlink(root, op->path + 1);
	else if (op->kind == OP_RENAME)
		result = fs_rename(root, op->path + 1, op->other + 1);
	inode_put(root);
	return result;
}

s64 workload_run_fs(struct workload *w, const struct op *op)
{
	switch (op->kind) {
	case OP_CREATE: return fs_create_op(w, op);
	case OP_HOLD: return fs_hold(w, op);
	case OP_DROP: fs_drop(w, op->held); return 0;
	case OP_WRITE_HELD: return w->held_fs[op->held] ? fs_content_op(w->held_fs[op->held], op) : -EBADF;
	case OP_SYNC: return fs_sync();
	case OP_WRITE:
	case OP_APPEND:
	case OP_TRUNCATE:
	case OP_FSYNC:
	case OP_READ: return fs_path_op(w, op);
	default: return fs_names_op(w, op);
	}
}

/* ---- On the model -------------------------------------------------------------------------------------- */

/* Errors that the model cannot foresee. */
static bool is_misfortune(s64 result)
{
	return result == -ENOSPC || result == -EIO || result == -ENOMEM;
}

static s64 model_write_op(struct model_node *node, u64 offset, const struct op *op, s64 result)
{
	size_t size = result > 0 && result < op->size ? (size_t)result : op->size;
	s64 expected;

	if (is_misfortune(result))
		return result;
	expected = model_write(node, offset, content_of(op), size);
	return expected;
}

static s64 model_content_op(struct model_node *node, const struct op *op, s64 result)
{
	switch (op->kind) {
	case OP_WRITE:
	case OP_WRITE_HELD: return model_write_op(node, op->offset, op, result);
	case OP_APPEND: return model_write_op(node, model_size(node), op, result);
	case OP_TRUNCATE: return is_misfortune(result) ? result : model_truncate(node, op->size);
	default: return result; /* compared already, or nothing to do */
	}
}

static s64 model_path_op(struct workload *w, const struct op *op, s64 result)
{
	int error;
	struct model_node *node = model_lookup(&w->model, op->path, &error);
	s64 expected;

	if (!node)
		return error;
	expected = model_content_op(node, op, result);
	model_put(node);
	return expected;
}

static void model_drop(struct workload *w, u32 held)
{
	if (w->held_model[held])
		model_put(w->held_model[held]);
	w->held_model[held] = NULL;
}

static s64 model_hold(struct workload *w, const struct op *op)
{
	int error;
	struct model_node *node = model_lookup(&w->model, op->path, &error);

	if (!node)
		return error;
	model_drop(w, op->held);
	w->held_model[op->held] = node;
	return 0;
}

static s64 model_names_op(struct model *model, const struct op *op)
{
	struct model_node *node;
	int error = 0;

	switch (op->kind) {
	case OP_CREATE:
		node = model_create(model, op->path, op->pattern & 1 ? O_EXCL : 0, &error);
		if (node)
			model_put(node);
		return error;
	case OP_MKDIR: return model_mkdir(model, op->path);
	case OP_MKNOD: return model_mknod(model, op->path, 1 + op->pattern % FS_MAJOR_MAX, op->pattern % 7);
	case OP_LINK: return model_link(model, op->path, op->other);
	case OP_UNLINK: return model_unlink(model, op->path);
	case OP_RENAME: return model_rename(model, op->path, op->other);
	default: return error;
	}
}

s64 workload_run_model(struct workload *w, const struct op *op, s64 result)
{
	switch (op->kind) {
	case OP_SYNC: return is_misfortune(result) ? result : 0;
	case OP_DROP: model_drop(w, op->held); return 0;
	case OP_HOLD: return is_misfortune(result) ? result : model_hold(w, op);
	case OP_WRITE_HELD:
		return w->held_model[op->held] ? model_content_op(w->held_model[op->held], op, result) : -EBADF;
	case OP_WRITE:
	case OP_APPEND:
	case OP_TRUNCATE:
	case OP_FSYNC:
	case OP_READ: return is_misfortune(result) ? result : model_path_op(w, op, result);
	default: return is_misfortune(result) ? result : model_names_op(&w->model, op);
	}
}

/* ---- States between ------------------------------------------------------------------------------------ */

static struct model_node *target_of(struct workload *w, const struct op *op)
{
	struct model_node *node;
	int error;

	if (op->kind == OP_WRITE_HELD)
		return w->held_model[op->held];
	if (op->kind != OP_WRITE && op->kind != OP_APPEND)
		return NULL;
	node = model_lookup(&w->model, op->path, &error);
	if (node)
		model_put(node); /* it has a name, so it stays */
	return node;
}

void workload_resolve(struct workload *w, struct op *op)
{
	struct model_node *node = target_of(w, op);

	if (op->kind == OP_APPEND && node) {
		op->kind = OP_WRITE;
		op->offset = model_size(node);
	}
}

u32 workload_partial_digests(struct workload *w, const struct op *op, u64 *digests, u32 max)
{
	struct model_node *node = target_of(w, op);
	const u8 *from = content_of(op);
	u64 offset, done = 0;
	u32 count = 0;

	if (!node || model_type(node) != T_FILE)
		return 0;
	offset = op->offset;
	while (count < max) {
		u64 part = FS_BLOCK_SIZE - (offset + done) % FS_BLOCK_SIZE;

		if (done + part >= op->size)
			break;
		model_write(node, offset + done, from + done, part);
		done += part;
		digests[count++] = model_digest(&w->model);
	}
	return count;
}

/* ---- Opening and closing ------------------------------------------------------------------------------- */

void workload_open(struct workload *w, u64 seed, const struct workload_limits *limits)
{
	memset(w, 0, sizeof(*w));
	w->random = random_from(seed);
	w->limits = *limits;
	model_open(&w->model);
}

void workload_forget_held(struct workload *w)
{
	for (u32 i = 0; i < HELD_FILES; i++)
		w->held_fs[i] = NULL;
}

void workload_close(struct workload *w)
{
	for (u32 i = 0; i < HELD_FILES; i++) {
		fs_drop(w, i);
		model_drop(w, i);
	}
	model_close(&w->model);
}

void op_print(const struct op *op, s64 result)
{
	static const char *const name[OP_KINDS] = { "create", "write", "append", "truncate", "mkdir", "mknod",
						    "link", "unlink", "rename", "hold", "write_held", "drop",
						    "read", "sync", "fsync" };

	printf("#   %s %s %s offset %lu size %u held %u: %ld\n", name[op->kind], op->path, op->other,
	       (unsigned long)op->offset, op->size, op->held, (long)result);
}
