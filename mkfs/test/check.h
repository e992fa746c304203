/*
 * What the tests of the file system on the host share: reporting, random numbers, images in memory.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include "fs/inode.h"
#include "host/host.h"

/* ---- Reporting ----------------------------------------------------------------------------------------- */

/*
 * A case: the text of failures in it explains its line "not ok".  case_end() prints "ok name" or "not ok name".
 * Failures outside a case end the program.
 */
void case_begin(const char *name);
void case_end(void);

/* How many cases failed; a program's exit status is 1 if any did. */
int cases_failed(void);

/* The case fails; says where and why, the first few times.  Returns, and the case goes on. */
void case_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool case_has_failed(void);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			case_fail(__FILE__, __LINE__, "%s", #condition);                           \
	} while (0)

#define CHECK_EQUAL(a, b)                                                                          \
	do {                                                                                       \
		s64 a_ = (s64)(a), b_ = (s64)(b);                                                  \
		if (a_ != b_)                                                                      \
			case_fail(__FILE__, __LINE__, "%s is %ld, %s is %ld", #a, (long)a_, #b,    \
				  (long)b_);                                                       \
	} while (0)

/* ---- Random numbers ------------------------------------------------------------------------------------ */

struct random {
	u64 state;
};

struct random random_from(u64 seed);
u64 random_next(struct random *random);

/* Of [0, bound); bound > 0. */
u64 random_below(struct random *random, u64 bound);

/* ---- Images -------------------------------------------------------------------------------------------- */

/* A small file system in memory; dies if it cannot be made or mounted.  0 for a number: as mkfs chooses. */
struct image {
	struct host_memory_device memory;
};

void image_make(struct image *image, u64 block_count, u32 inode_count, u32 log_capacity);
void image_mount(struct image *image);

/* Unmount, then check that fsck finds nothing, and that nothing was leaked since the mount. */
void image_unmount_checked(struct image *image);

/* fsck it as it is; a fault is a failure of the case.  How many faults. */
u32 image_fsck(struct image *image);
void image_free(struct image *image);

/* fsck for one that prints its faults as failures; `replay` the log or not.  Sets *pending if it is not NULL. */
u32 check_image(u8 *data, u64 block_count, u32 *pending);
u32 check_image_replayed(u8 *data, u64 block_count);

#endif
