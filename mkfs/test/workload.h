/*
 * Random operations, run on the mounted file system and on the model alike.
 */
#ifndef TEST_WORKLOAD_H
#define TEST_WORKLOAD_H

#include "check.h"
#include "model.h"

enum op_kind {
	OP_CREATE, OP_WRITE, OP_APPEND, OP_TRUNCATE, OP_MKDIR, OP_MKNOD, OP_LINK, OP_UNLINK, OP_RENAME,
	OP_HOLD,        /* open a file and keep it open */
	OP_WRITE_HELD, OP_DROP,
	OP_READ,        /* changes nothing: compare */
	OP_SYNC, OP_FSYNC,
	OP_KINDS
};

#define OP_PATH_MAX 64
#define HELD_FILES  3u

struct op {
	enum op_kind kind;
	char path[OP_PATH_MAX], other[OP_PATH_MAX];
	u64 offset;
	u32 size;       /* bytes; also the new size of a truncation */
	u32 pattern;    /* what is written */
	u32 held;       /* which of the held files */
};

/* What a workload may do. */
struct workload_limits {
	u32 names;      /* how many different names there are in a directory */
	u32 depth;      /* of directories */
	u32 write_max;  /* bytes of one write */
	u64 offset_max; /* of a write; also the largest size of a truncation */
	u32 sync_every; /* one op in so many is a sync or fsync; 0: none */
};

/* Both sides, and the files that are open in each. */
struct workload {
	struct random random;
	struct inode *root;  /* where paths start; NULL: the root directory */
	struct workload_limits limits;
	struct model model;
	bool device_fails;  /* a read may stop short */
	struct inode *held_fs[HELD_FILES];
	struct model_node *held_model[HELD_FILES];
};

void workload_open(struct workload *w, u64 seed, const struct workload_limits *limits);

/* Drop the held files on both sides, and the model. */
void workload_close(struct workload *w);

void workload_next(struct workload *w, struct op *op);

/* Run it on the mounted file system: the count of bytes, 0, or negative. */
s64 workload_run_fs(struct workload *w, const struct op *op);

/*
 * Run it on the model.  A write that the file system stopped short, or another op that it refused for a reason that the
 * model does not know (no space, no memory, a failing device), is done as far: `result` is what workload_run_fs()
 * said.  Returns what it should have said.
 */
s64 workload_run_model(struct workload *w, const struct op *op, s64 result);

/* An append becomes a write at what is the end on the model's side. */
void workload_resolve(struct workload *w, struct op *op);

/*
 * The digests of the model while a resolved write is done block by block, but for the last: at most `max`; how many.
 *  The model has done as much of the write afterwards.
 */
u32 workload_partial_digests(struct workload *w, const struct op *op, u64 *digests, u32 max);

/* Drop all held files on the side of the file system only (a crash). */
void workload_forget_held(struct workload *w);

void op_print(const struct op *op, s64 result);

#endif
