/*
 * The order of all locks.
 *
 * A CPU or thread may take a lock only if its rank is above the ranks of all that it holds; two locks of one rank
 * never nest, except inodes (parent before child, see fs/inode.h).  Debug builds check it at every acquisition.
 * docs/locking.md draws the order.
 *
 * Sleeping locks come first: nobody sleeps with a spin lock held.
 */
#ifndef KERNEL_LOCK_RANK_H
#define KERNEL_LOCK_RANK_H

enum lock_rank {
	/* sleeping locks */
	RANK_RENAME = 1,  /* one rename between directories at a time */
	RANK_FILE,        /* offset of an open file */
	RANK_PIPE,
	RANK_INODE,       /* an inode's content */
	RANK_FS_MAP,      /* block and inode maps */
	RANK_LOG,         /* the open transaction */
	RANK_BUFFER,      /* one block's content */
	RANK_DISK,        /* a device's request queue */
	RANK_EXEC,
	RANK_ASPACE,      /* regions and user tables of an address space */
	RANK_MEMSLOT,     /* hyp: memslots of a VM */
	RANK_TEST_SLEEP,

	RANK_FIRST_SPIN,
	/* spinning locks */
	RANK_MMU,         /* mmu: a VM's tables */
	RANK_TABLE,       /* mmu: its list of tables */
	RANK_NOTIFIER,    /* in-progress ranges of an address space */
	RANK_FDTABLE,
	RANK_FILE_COUNT,
	RANK_INODE_CACHE,
	RANK_BUFFER_CACHE,
	RANK_DISK_RING,
	RANK_TTY,
	RANK_PROC,        /* process tree and life cycle */
	RANK_FUTEX,
	RANK_TEST_SPIN,
	RANK_SCHED,       /* run queue, wait queues, sleepers */
	RANK_KMALLOC,
	RANK_BUDDY,
	RANK_UART,
	RANK_PRINT,
};

#endif
