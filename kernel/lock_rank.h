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
	RANK_RENAME = 1,  /* directories are moved or removed by one at a time */
	RANK_FILE,        /* offset of an open file */
	RANK_INODE_WRITE, /* one writer or truncater of an inode at a time */
	RANK_INODE,       /* an inode's content */
	RANK_FS_MAP,      /* block and inode maps */
	RANK_LOG,         /* a commit of the log */
	RANK_READ_AHEAD,  /* the memory through which several blocks are read at once */
	RANK_BUFFER,      /* filling a block buffer from disk */
	RANK_DISK,        /* a device's request queue */
	RANK_VM,          /* hyp: a virtual machine */
	RANK_ASPACE,      /* regions and user tables of an address space */
	RANK_SHMEM,       /* pages of shared anonymous memory */
	RANK_MEMSLOT,     /* hyp: memslots of a VM */
	RANK_TEST_SLEEP,

	RANK_FIRST_SPIN,
	/* spinning locks */
	RANK_MMU,         /* mmu: a VM's tables */
	RANK_TABLE,       /* mmu: its list of tables */
	RANK_ASIDE,       /* hyp: tables that somebody may still read */
	RANK_VM_IRQ,      /* hyp: interrupt controllers of a virtual machine */
	RANK_VM_LIST,     /* hyp: the list of virtual machines */
	RANK_HW_ID,       /* hyp: numbers under which hardware remembers translations */
	RANK_UPT,         /* entries of an address space's tables, in faults */
	RANK_NOTIFIER,    /* in-progress ranges of an address space */
	RANK_FDTABLE,
	RANK_PIPE,
	RANK_INODE_CACHE,
	RANK_LOG_STATE,   /* the open transaction */
	RANK_BUFFER_CACHE,
	RANK_DISK_RING,
	RANK_TTY,
	RANK_TRACE,       /* which events are recorded */
	RANK_PROC,        /* process tree and life cycle */
	RANK_FUTEX,
	RANK_GUARD,       /* inside mutexes and rwmutexes */
	RANK_TEST_SPIN,
	RANK_SCHED,       /* run queue, wait queues, sleepers */
	RANK_KMALLOC,
	RANK_BUDDY,
	RANK_UART,
};

#endif
