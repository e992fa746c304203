/*
 * What every kernel file may use: types, assertions, panic, printing, a few macros.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdarg.h>
#include "abi/types.h"
#include "abi/errno.h"
#include "lib/string.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define HUGE_SHIFT 21
#define HUGE_SIZE  (1ul << HUGE_SHIFT)

#define ARRAY_SIZE(a)           (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)               ((a) < (b) ? (a) : (b))
#define MAX(a, b)               ((a) > (b) ? (a) : (b))
#define ALIGN_DOWN(x, size)     ((x) & ~((size) - 1)) /* size: a power of two */
#define ALIGN_UP(x, size)       ALIGN_DOWN((x) + (size) - 1, size)
#define IS_ALIGNED(x, size)     (((x) & ((size) - 1)) == 0)
#define container_of(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))
#define READ_ONCE(x)            (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)        (*(volatile __typeof__(x) *)&(x) = (v))

/* Print to the console; takes the console's own lock only.  %d %u %x %lx %ld %lu %p %s %c, widths, 0 and -. */
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *format, va_list args);
int snprintf(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buf, size_t size, const char *format, va_list args);

/*
 * The end: stops the other CPUs, prints the text, this CPU, the thread, a backtrace with names, the newest trace
 * events, what guests that CPUs have loaded faulted at, and halts the machine with exit status 1.  Only for mistakes of
 * the kernel itself.
 */
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Print the calling chain that starts at frame pointer fp. */
void backtrace_print(u64 fp);

/*
 * ASSERT(condition, format, ...): the text says what is wrong, with values.  Compiled out without DEBUG; the condition
 * is still parsed, so that it cannot rot.
 */
#if DEBUG
#define ASSERT(condition, ...)                                                                     \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0))                                             \
			panic(__VA_ARGS__);                                                        \
	} while (0)
#else
#define ASSERT(condition, ...) ((void)sizeof((condition) ? 1 : 0))
#endif

#endif
