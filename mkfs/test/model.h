/*
 * What a file system should do, done in the simplest way: a tree in memory.
 *
 * The functions are those of fs/inode.h and answer the same, errors included, but for a full disk.  Paths start at the
 * root and contain no "." or "..".
 */
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

#include "kernel.h"
#include "fs/format.h"
#include "abi/syscall.h"

struct inode;
struct model_node;

struct model {
	struct model_node *root;
};

void model_open(struct model *model);
void model_close(struct model *model);

/* The node at path, counted; NULL with *error set. */
struct model_node *model_lookup(struct model *model, const char *path, int *error);
struct model_node *model_create(struct model *model, const char *path, u32 flags, int *error);
void model_put(struct model_node *node);

int model_mkdir(struct model *model, const char *path);
int model_mknod(struct model *model, const char *path, u32 major, u32 minor);
int model_link(struct model *model, const char *old_path, const char *new_path);
int model_unlink(struct model *model, const char *path);
int model_rename(struct model *model, const char *old_path, const char *new_path);

/*
 * The path of some node but the root, or of the root's "/" if there is none.  `choice` decides which; deep ones are
 * as likely as others.  False, and no path, if it would not fit.
 */
bool model_pick(const struct model *model, u64 choice, char *path, size_t size);

s64 model_write(struct model_node *node, u64 offset, const void *buf, size_t size);
s64 model_read(struct model_node *node, u64 offset, void *buf, size_t size);
int model_truncate(struct model_node *node, u64 size);
u32 model_type(const struct model_node *node);
u64 model_size(const struct model_node *node);

/* ---- Digests ------------------------------------------------------------------------------------------- */

/*
 * A number for the whole tree: the sum over all paths of a hash of path, type, links, size, device numbers and content.
 * digest_of_fs() computes the same for what is mounted, by reading it; -EIO and the like in *error.
 */
u64 model_digest(const struct model *model);
u64 digest_of_fs(int *error);

/* The same of a directory and what is below it. */
u64 digest_of_dir(struct inode *dir, int *error);

/* For messages: one line for each path. */
void model_print(const struct model *model);
void print_fs(void);

#endif
