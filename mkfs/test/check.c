/*
 * Reporting, random numbers, images.  See check.h.
 */
#include "check.h"
#include "make.h"
#include "fsck/fsck.h"

#include <stdio.h>

/* ---- Reporting ----------------------------------------------------------------------------------------- */

#define FAILURES_SHOWN 8u

static const char *case_name;
static u32 case_failures;
static int failed_cases;

void case_begin(const char *name)
{
	case_name = name;
	case_failures = 0;
}

void case_end(void)
{
	printf("%s %s\n", case_failures ? "not ok" : "ok", case_name);
	fflush(stdout);
	failed_cases += case_failures > 0;
	case_name = NULL;
}

int cases_failed(void)
{
	return failed_cases;
}

bool case_has_failed(void)
{
	return case_failures > 0;
}

void case_fail(const char *file, int line, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!case_name)
		host_die("%s:%d: %s", file, line, text);
	if (__atomic_add_fetch(&case_failures, 1, __ATOMIC_RELAXED) <= FAILURES_SHOWN)
		printf("# %s: %s:%d: %s\n", case_name, file, line, text);
}

/* ---- Random numbers ------------------------------------------------------------------------------------ */

struct random random_from(u64 seed)
{
	return (struct random){ seed * 0x9e3779b97f4a7c15ull + 1 };
}

u64 random_next(struct random *random)
{
	u64 x = random->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

u64 random_below(struct random *random, u64 bound)
{
	return random_next(random) % bound;
}

/* ---- Images -------------------------------------------------------------------------------------------- */

static void report_fault(struct fsck *fsck, const char *key, const char *text)
{
	case_fail("fsck", 0, "%s: %s", key, text);
}

u32 check_image(u8 *data, u64 block_count, u32 *pending)
{
	struct fsck fsck = { .image = data, .size = block_count * FS_BLOCK_SIZE, .report = report_fault };

	fsck_check(&fsck);
	if (pending)
		*pending = fsck.pending_count;
	return fsck.fault_count;
}

u32 check_image_replayed(u8 *data, u64 block_count)
{
	struct fsck fsck = { .image = data, .size = block_count * FS_BLOCK_SIZE, .log = FSCK_LOG_REPLAY,
			     .report = report_fault };

	return fsck_check(&fsck);
}

static u64 allocations_at_mount;

void image_make(struct image *image, u64 block_count, u32 inode_count, u32 log_capacity)
{
	struct make_options options = { .inode_count = inode_count, .log_capacity = log_capacity };
	const char *fault;

	host_memory_open(&image->memory, NULL, block_count);
	fault = make_fs(&image->memory.dev, &options);
	if (fault)
		host_die("making an image of %lu blocks: %s", (unsigned long)block_count, fault);
}

void image_mount(struct image *image)
{
	int error;

	allocations_at_mount = host_allocation_count();
	error = fs_mount(&image->memory.dev);
	if (error)
		host_die("mounting fails: %d", error);
}

void image_unmount_checked(struct image *image)
{
	CHECK_EQUAL(fs_unmount(), 0);
	CHECK_EQUAL(host_allocation_count(), allocations_at_mount);
	host_check_no_locks();
	image_fsck(image);
}

u32 image_fsck(struct image *image)
{
	u32 pending, faults = check_image(image->memory.data, image->memory.dev.block_count, &pending);

	CHECK_EQUAL(pending, 0);
	return faults;
}

void image_free(struct image *image)
{
	host_memory_close(&image->memory);
}
