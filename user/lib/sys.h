/*
 * System calls, as C functions.
 *
 * Each function here *is* the call: SYSCALL(open) names the two-instruction stub that user/lib/arch/<arch>/syscalls.c
 * makes from SYSCALL_LIST.  They answer what the kernel answers: 0 or a count, or -E... (abi/errno.h); there is no
 * errno variable.  Arguments are 64 bits wide because registers are.
 *
 * What the library adds to a call has another name or file: exit() (stdlib.h) also writes out what printf() kept
 * back, thread_create() and thread_join() (thread.h) also see to the stack.
 */
#ifndef USER_SYS_H
#define USER_SYS_H

#include "abi/syscall.h"
#include "abi/errno.h"

#define SYSCALL(name) __asm__("sys_" #name)
#define NORETURN      __attribute__((noreturn))

/* ---- Processes --------------------------------------------------------------------------------------- */

/* End the process, all its threads included.  The parent's wait() sees the low 8 bits of code. */
NORETURN void _exit(s64 code) SYSCALL(exit);

/* The child has copies of all memory and shares open files; only the calling thread exists in it. */
int fork(void) SYSCALL(fork);

/*
 * Wait for the child pid, or for any with -1, to end; its pid.  With WAIT_NOHANG -EAGAIN if none has ended yet.
 * *status (if not NULL) gets the exit code, or STATUS_KILLED + the reason.  -ECHILD if there is no such child.
 */
int wait(s64 pid, int *status, u64 flags) SYSCALL(wait);

/* Replace the program; argv ends with NULL.  Open files stay open.  Returns only on failure. */
int exec(const char *path, const char *const argv[]) SYSCALL(exec);

int getpid(void) SYSCALL(getpid);
int getppid(void) SYSCALL(getppid);

/* Kill process pid, or every process of a group: kill(-group).  -ESRCH if there is none. */
int kill(s64 pid) SYSCALL(kill);

/* Put process pid (0: oneself) into group (0: one of its own, named like the pid). */
int setgroup(s64 pid, s64 group) SYSCALL(setgroup);

/* ---- Threads, time ----------------------------------------------------------------------------------- */

NORETURN void thread_exit(s64 value) SYSCALL(thread_exit);
int gettid(void) SYSCALL(gettid);
void yield(void) SYSCALL(yield);

/* Sleep for at least so many nanoseconds. */
int sleep(u64 ns) SYSCALL(sleep);
#define SECOND 1000000000ul
#define MS     1000000ul

/* Nanoseconds since boot, the same on all CPUs. */
s64 clock(void) SYSCALL(clock);

/* Sleep while *addr == expected: 0 when woken (perhaps for nothing), -EAGAIN if it differs, -ETIMEDOUT. */
int futex_wait(u32 *addr, u64 expected, u64 timeout_ns) SYSCALL(futex_wait);
int futex_wake(u32 *addr, u64 count) SYSCALL(futex_wake);

/* ---- Files ------------------------------------------------------------------------------------------- */

int open(const char *path, u64 flags) SYSCALL(open);
int close(s64 fd) SYSCALL(close);
s64 read(s64 fd, void *buf, size_t size) SYSCALL(read);
s64 write(s64 fd, const void *buf, size_t size) SYSCALL(write);
s64 lseek(s64 fd, s64 offset, s64 whence) SYSCALL(lseek);
int dup(s64 fd) SYSCALL(dup);
int dup2(s64 fd, s64 new_fd) SYSCALL(dup2);
int pipe(int fd[2]) SYSCALL(pipe);
int fstat(s64 fd, struct stat *stat) SYSCALL(fstat);

/* How many entries were stored, 0 at the end of the directory. */
s64 getdents(s64 fd, struct dirent *entries, size_t count) SYSCALL(getdents);

int ioctl(s64 fd, u64 request, u64 arg) SYSCALL(ioctl);
int ftruncate(s64 fd, s64 size) SYSCALL(ftruncate);
int fsync(s64 fd) SYSCALL(fsync);
int sync(void) SYSCALL(sync);

int mkdir(const char *path) SYSCALL(mkdir);
int mknod(const char *path, u64 major, u64 minor) SYSCALL(mknod);
int link(const char *old, const char *new) SYSCALL(link);
int unlink(const char *path) SYSCALL(unlink);
int rename(const char *old, const char *new) SYSCALL(rename);
int chdir(const char *path) SYSCALL(chdir);
int getcwd(char *buf, size_t size) SYSCALL(getcwd);

/* ---- Memory ------------------------------------------------------------------------------------------ */

/* The address, or an error: test it with error_of(). */
void *mmap(void *addr, size_t size, u64 prot, u64 flags, s64 fd, u64 offset) SYSCALL(mmap);
int munmap(void *addr, size_t size) SYSCALL(munmap);
int mprotect(void *addr, size_t size, u64 prot) SYSCALL(mprotect);
int madvise(void *addr, size_t size, u64 advice) SYSCALL(madvise);

/* The -E... in a pointer that a call answered, or 0 if it is an address. */
static inline int error_of(const void *p)
{
	return (s64)p < 0 && (s64)p > -4096 ? (int)(s64)p : 0;
}

/* ---- The system -------------------------------------------------------------------------------------- */

int sysinfo(struct sysinfo *info) SYSCALL(sysinfo);
s64 procinfo(struct procinfo *list, size_t count) SYSCALL(procinfo);
int reboot(u64 how) SYSCALL(reboot);

/* Any call, with any arguments: for tests. */
s64 syscall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

#endif
