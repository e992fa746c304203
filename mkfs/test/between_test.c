/*
 * Two operations, one between the steps of the other.
 *
 * While an operation holds no lock anything may happen; while it holds the lock on directories, whatever does not need
 * that.  So: at every such moment of it in turn, another operation runs from beginning to end, as another thread would;
 * then the first goes on.  The file system must be whole afterwards.  Unlike the test with threads this misses nothing
 * and always does the same; but only whole operations come between.
 */
#include "check.h"
#include "fs/node.h"

#include <stdio.h>

#define INODES 16u

static struct image image;
static struct inode *root;

/* ---- Operations ---------------------------------------------------------------------------------------- */

static int create(const char *path)
{
	int error;
	struct inode *ip = fs_create(root, path, 0, &error);

	if (ip)
		inode_put(ip);
	return error;
}

static void unlink_a(void)
{
	fs_unlink(root, "/a");
}

static void unlink_d(void)
{
	fs_unlink(root, "/d");
}

static void make_and_unlink(void)
{
	create("/n");
	fs_unlink(root, "/n");
}

static void make_dir(void)
{
	fs_mkdir(root, "/n");
}

static void make_in_d(void)
{
	create("/d/n");
}

static void link_a(void)
{
	fs_link(root, "/a", "/l");
}

static void rename_a_to_b(void)
{
	fs_rename(root, "/a", "/b");
}

static void rename_b_to_a(void)
{
	fs_rename(root, "/b", "/a");
}

static void rename_a_into_d(void)
{
	fs_rename(root, "/a", "/d/n");
}

static void rename_d_into_e(void)
{
	fs_rename(root, "/d", "/e/d");
}

static void rename_d_to_e(void)
{
	fs_rename(root, "/d", "/e");
}

static void rename_e_into_d(void)
{
	fs_rename(root, "/e", "/d/e");
}

static void write_and_truncate_a(void)
{
	static const u8 data[3 * FS_BLOCK_SIZE];
	int error;
	struct inode *ip = fs_lookup(root, "/a", &error);

	if (!ip)
		return;
	inode_write(ip, FS_BLOCK_SIZE / 2, data, sizeof(data));
	inode_truncate(ip, 100);
	inode_put(ip);
}

static const struct operation {
	const char *name;
	void (*run)(void);
	enum { LOCK_NONE, LOCK_DIRECTORIES } lock;
} operations[] = {
	{ "unlink_a", unlink_a, LOCK_NONE },
	{ "unlink_d", unlink_d, LOCK_DIRECTORIES },
	{ "make_and_unlink", make_and_unlink, LOCK_NONE },
	{ "make_dir", make_dir, LOCK_NONE },
	{ "make_in_d", make_in_d, LOCK_NONE },
	{ "link_a", link_a, LOCK_NONE },
	{ "rename_a_to_b", rename_a_to_b, LOCK_NONE },
	{ "rename_b_to_a", rename_b_to_a, LOCK_NONE },
	{ "rename_a_into_d", rename_a_into_d, LOCK_DIRECTORIES },
	{ "rename_d_into_e", rename_d_into_e, LOCK_DIRECTORIES },
	{ "rename_d_to_e", rename_d_to_e, LOCK_DIRECTORIES },
	{ "rename_e_into_d", rename_e_into_d, LOCK_DIRECTORIES },
	{ "write_and_truncate_a", write_and_truncate_a, LOCK_NONE },
};

/* ---- Moments ------------------------------------------------------------------------------------------- */

static const struct operation *second;
static u32 moments_left;

static void moment(void)
{
	if (moments_left == 0 || (host_lock_count() > 0 && second->lock == LOCK_DIRECTORIES) || --moments_left > 0)
		return;
	second->run();
	second = NULL;
}

/* Files a and b, directories d and e; of the other inodes `free` are left, so that a number is soon used again. */
static void prepare(u32 free)
{
	char name[8];

	image_make(&image, 600, INODES, 0);
	image_mount(&image);
	root = fs_root();
	CHECK_EQUAL(create("/a"), 0);
	CHECK_EQUAL(create("/b"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/e"), 0);
	for (u32 i = FS_ROOT_INO + 5; i + free < volume.super.inode_count; i++) {
		snprintf(name, sizeof(name), "/f%u", i);
		CHECK_EQUAL(create(name), 0);
	}
}

/* True if the first operation has so many moments. */
static bool run_both(const struct operation *first, u32 at, u32 free)
{
	bool reached;

	prepare(free);
	moments_left = at;
	host_between_locks(moment);
	first->run();
	host_between_locks(NULL);
	reached = !second;
	moments_left = 0;
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	return reached;
}

static void test_pair(const struct operation *first, const struct operation *other)
{
	char name[80];
	u32 at = 0;
	bool reached;

	snprintf(name, sizeof(name), "between.%s.%s", first->name, other->name);
	case_begin(name);
	do {
		at++;
		second = other;
		reached = run_both(first, at, 0);
		second = other;
		run_both(first, at, 2);
	} while (reached && !case_has_failed());
	CHECK(at > 3);
	if (case_has_failed())
		printf("# at moment %u of %s\n", at, first->name);
	case_end();
}

int main(void)
{
	host_set_page_total(4096);
	for (u32 i = 0; i < ARRAY_SIZE(operations); i++)
		for (u32 j = 0; j < ARRAY_SIZE(operations); j++)
			test_pair(&operations[i], &operations[j]);
	return cases_failed() > 0;
}
