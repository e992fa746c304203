/*
 * An inode in memory.
 *
 * At most one struct inode exists for an inode number; it lives from the first reference to the last.  When the last
 * reference to an inode without links goes, its blocks and its number are freed on disk (and if that fails, or the
 * machine stops first, by the next mount).
 *
 * Use: references may be held as long as one likes.  To look at an inode, lock it; to change it, be in an operation
 * and lock it with inode_lock_change(), so that writing it back cannot fail.
 *
 * Locking: `write` is held over a whole write or truncation, which may take several operations; `lock` over one step.
 * Order: write, log_begin(), lock.  Two inodes may be locked at once only thus, in this order:
 *	a directory, then a file or device in it, or an inode that was just allocated;
 *	any number of directories and then such a one, with the lock on directories (names.h) held.
 * So nobody who holds a file's lock waits for another inode, and only one thread at a time waits for a directory while
 * holding one: there is no deadlock even in a damaged image whose directories form a cycle.
 */
#ifndef KERNEL_FS_NODE_H
#define KERNEL_FS_NODE_H

#include "fs/log.h"
#include "fs/fs.h"

struct inode {
	u32 ino;             /* constant */

	/* the inode cache's lock */
	u32 refs;
	struct list link;

	struct mutex write;  /* rank RANK_INODE_WRITE */
	struct mutex lock;   /* rank RANK_INODE */

	/* lock */
	bool loaded;         /* disk is what is on disk, or is going to be */
	struct disk_inode disk;
	struct buffer *home; /* its block of the inode table, while locked for a change */
	u32 goal;            /* where to look for the next block */
	u64 read_end;        /* where the last read ended */
};

void node_cache_init(void);

/* How many are referenced; for tests and for unmounting. */
u32 node_count(void);

/* The inode, counted, not yet read.  0, -ENOMEM, -EIO (no such number). */
int node_get(u32 ino, struct inode **out);

/* Lock and, the first time, read it.  0, -EIO, -ENOMEM; after an error it is not locked. */
int inode_lock(struct inode *ip);
int inode_lock_change(struct inode *ip);
void inode_unlock(struct inode *ip);

/* Put ip->disk into the log.  It is locked for a change.  Changes one block. */
void inode_store(struct log_op *op, struct inode *ip);

/* An inode of this type without links or content, counted and locked for a change.  0, -ENOSPC, -ENOMEM, -EIO. */
int node_create(struct log_op *op, enum file_type type, struct inode **out);

/* Undo node_create() in the same operation.  The inode has no blocks; the caller still unlocks and puts it. */
void node_destroy(struct log_op *op, struct inode *ip);

/* Finish a truncation that was left unfinished.  Holds `write`, is in no operation.  0 or negative. */
int inode_finish_trim(struct inode *ip);

/* At mount: scan the inode table, note what is in use, finish pending inodes.  0, -ENOMEM, -EIO. */
int node_scan(void);

#endif
