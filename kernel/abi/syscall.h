/*
 * System calls: numbers and the structures that cross the boundary.
 *
 * A call takes up to six 64-bit arguments and answers one 64-bit value: 0 or a count, or -E... (abi/errno.h).
 * RISC-V: number in a7, arguments in a0-a5, answer in a0, `ecall`.
 * x86-64: number in rax, arguments in rdi rsi rdx r10 r8 r9, answer in rax, `syscall`.
 *
 * The list is an X-macro so that the number, the kernel's table and the tracer's names cannot disagree.
 */
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#include "abi/types.h"

/*           number  name             arguments                                                   */
#define SYSCALL_LIST(X)                                                                            \
	X(1, exit)           /* (int code): the whole process                                   */ \
	X(2, fork)           /* (): child's pid, 0 in the child                                 */ \
	X(3, wait)           /* (pid or -1, int *status, flags): pid of the child that ended    */ \
	X(4, exec)           /* (path, argv): returns only on failure                           */ \
	X(5, getpid)         /* ()                                                              */ \
	X(6, getppid)        /* ()                                                              */ \
	X(7, kill)           /* (pid, or -group)                                                */ \
	X(8, setgroup)       /* (pid, group): 0 means one's own                                 */ \
	X(9, thread_create)  /* (entry, arg, stack top): tid                                    */ \
	X(10, thread_exit)   /* (value)                                                         */ \
	X(11, thread_join)   /* (tid, s64 *value)                                               */ \
	X(12, gettid)        /* ()                                                              */ \
	X(13, yield)         /* ()                                                              */ \
	X(14, sleep)         /* (ns)                                                            */ \
	X(15, clock)         /* (): ns since boot, monotonic                                    */ \
	X(16, futex_wait)    /* (u32 *addr, expected, timeout ns or 0): 0, -EAGAIN, -ETIMEDOUT  */ \
	X(17, futex_wake)    /* (u32 *addr, count): how many were woken                         */ \
	X(20, open)          /* (path, O_ flags): fd                                            */ \
	X(21, close)         /* (fd)                                                            */ \
	X(22, read)          /* (fd, buf, size)                                                 */ \
	X(23, write)         /* (fd, buf, size)                                                 */ \
	X(24, lseek)         /* (fd, offset, SEEK_): new offset                                 */ \
	X(25, dup)           /* (fd)                                                            */ \
	X(26, dup2)          /* (fd, new fd)                                                    */ \
	X(27, pipe)          /* (int fd[2])                                                     */ \
	X(28, fstat)         /* (fd, struct stat *)                                             */ \
	X(29, getdents)      /* (fd, struct dirent *, count): entries read, 0 at the end        */ \
	X(30, ioctl)         /* (fd, request, arg)                                              */ \
	X(31, ftruncate)     /* (fd, size)                                                      */ \
	X(32, fsync)         /* (fd)                                                            */ \
	X(33, sync)          /* ()                                                              */ \
	X(34, mkdir)         /* (path)                                                          */ \
	X(35, mknod)         /* (path, major, minor)                                            */ \
	X(36, link)          /* (old, new)                                                      */ \
	X(37, unlink)        /* (path): a file, or an empty directory                           */ \
	X(38, rename)        /* (old, new): replaces a file atomically                          */ \
	X(39, chdir)         /* (path)                                                          */ \
	X(40, getcwd)        /* (buf, size): length                                             */ \
	X(50, mmap)          /* (addr or 0, size, PROT_, MAP_, fd, offset): address             */ \
	X(51, munmap)        /* (addr, size)                                                    */ \
	X(52, mprotect)      /* (addr, size, PROT_)                                             */ \
	X(53, madvise)       /* (addr, size, MADV_)                                             */ \
	X(60, sysinfo)       /* (struct sysinfo *)                                              */ \
	X(61, procinfo)      /* (struct procinfo *, count): how many were filled                */ \
	X(62, reboot)        /* (REBOOT_)                                                       */

enum {
#define X(number, name) SYS_##name = number,
	SYSCALL_LIST(X)
#undef X
	SYSCALL_COUNT = 64
};

/* wait() */
#define WAIT_NOHANG   1
#define STATUS_KILLED 0x100 /* in a status: killed; the low byte is why (STATUS_...) */
enum { STATUS_BY_KILL = 9, STATUS_BY_FAULT = 11, STATUS_BY_ILLEGAL = 4 };

/* open(), lseek() */
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR   2
#define O_ACCESS 3
#define O_CREATE 0x40
#define O_EXCL   0x80
#define O_TRUNC  0x200
#define O_APPEND 0x400
enum { SEEK_SET, SEEK_CUR, SEEK_END };

#define NAME_MAX 59   /* bytes in a name, without the final zero */
#define PATH_MAX 1024 /* bytes in a path, with the final zero */
#define ARG_MAX  (32 * 1024) /* bytes of arguments, pointers and zeros included */

enum file_type { T_NONE, T_FILE, T_DIR, T_DEV, T_PIPE };

struct stat {
	u32 dev, ino;
	u32 type;         /* enum file_type */
	u32 nlink;
	u32 major, minor; /* of a T_DEV */
	u64 size;         /* bytes */
};

struct dirent {
	u32 ino;
	char name[NAME_MAX + 1];
};

/* mmap(), mprotect(), madvise() */
#define PROT_NONE    0
#define PROT_READ    1
#define PROT_WRITE   2
#define PROT_EXEC    4
#define PROT_ALL     7
#define MAP_SHARED   0x01 /* with MAP_ANON: one memory for parent and child; with a file: a device's pages */
#define MAP_PRIVATE  0x02
#define MAP_FIXED    0x10 /* at addr, which must be free: -EEXIST otherwise */
#define MAP_ANON     0x20
#define MAP_HUGE     0x40 /* 2 MiB pages where they fit */
#define MAP_POPULATE 0x80 /* take the pages at once */
enum {
	MADV_DONTNEED = 4, /* drop the pages; the next touch finds zeros */
	MADV_MOVE = 100,   /* give the same bytes new physical pages; a test of the notifiers */
};

/* ioctl() on the console */
enum {
	TTY_SETMODE = 0x5401, /* arg: TTY_COOKED, TTY_RAW */
	TTY_GETMODE,          /* arg: u32 * */
	TTY_SETFG,            /* arg: the group that ^C kills; 0 for none */
	TTY_INPUT_COUNT,      /* arg: u32 *: bytes that read() would get without waiting */
};
enum { TTY_COOKED, TTY_RAW };

struct sysinfo {
	u64 uptime_ns;
	u64 page_total, page_free; /* 4 KiB pages */
	u64 largest_free;          /* bytes, the largest free block */
	u32 cpu_count, proc_count, thread_count;
	u32 debug;                 /* 1: built with assertions and lock ranks */
	u64 idle_ns;               /* summed over CPUs */
	u64 switch_count, fault_count, syscall_count;
	char arch[8];
};

enum proc_state { PROC_LIVE = 1, PROC_ZOMBIE };

struct procinfo {
	s32 pid, ppid, group;
	u32 state;        /* enum proc_state */
	u32 thread_count, running_count;
	u64 page_count;   /* resident user pages, 4 KiB */
	u64 cpu_ns;
	char name[16];
};

enum { REBOOT_HALT, REBOOT_RESTART };

#endif
