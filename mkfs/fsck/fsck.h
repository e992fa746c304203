/*
 * fsck: does an image obey the format?
 *
 * Written from kernel/fs/format.h alone, and shares no code with the kernel: two readings of one text.  It works on an
 * image in memory and trusts nothing in it.
 *
 * Every fault is reported as "key: what and where"; the keys are the names of the rules in this folder's sources.
 */
#ifndef FSCK_FSCK_H
#define FSCK_FSCK_H

#include "fs/format.h"

enum fsck_log {
	FSCK_LOG_AS_IS, /* a transaction that waits for its installation is the fault log-dirty */
	FSCK_LOG_REPLAY /* install it first, in the image in memory */
};

struct fsck {
	/* set by the caller */
	u8 *image;
	u64 size;                /* bytes */
	enum fsck_log log;
	void (*report)(struct fsck *fsck, const char *key, const char *text);
	void *arg;               /* for report */

	/* the result */
	u32 fault_count;
	u32 replayed_count;      /* blocks of the log that were installed */
	u32 pending_count;       /* inodes that the next mount will finish: no fault */
	u32 file_count, directory_count, device_count;
	u32 used_block_count;    /* owned by inodes */

	/* fsck's own */
	struct fs_super super;
	u32 *owner;              /* of each block: an inode, or 0 */
	u32 *links;              /* names found of each inode */
	u32 *parent;             /* of each directory that a name leads to */
};

/* Check everything; fills the result.  Returns fault_count.  Ends the program when there is no memory. */
u32 fsck_check(struct fsck *fsck);

/* ---- Between the sources of this folder ---------------------------------------------------------------- */

void fsck_fault(struct fsck *fsck, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void *fsck_alloc(size_t size);

/* The n-th block of the image, which must be inside it. */
u8 *fsck_block(struct fsck *fsck, u32 block);
struct disk_inode *fsck_inode(struct fsck *fsck, u32 ino);

/* May an inode own the block? */
int fsck_is_data(const struct fsck *fsck, u32 block);

/* The number of an inode's index-th block; 0 for a hole and when the way there is damaged.  Reports nothing. */
u32 fsck_find_block(struct fsck *fsck, const struct disk_inode *inode, u64 index);

/* The rules.  The first two return 0 if the rest makes no sense. */
int fsck_super(struct fsck *fsck);
int fsck_log(struct fsck *fsck);
void fsck_inodes(struct fsck *fsck);  /* fills owner */
void fsck_bitmap(struct fsck *fsck);
void fsck_tree(struct fsck *fsck);    /* fills links and parent */

#endif
