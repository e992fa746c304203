/*
 * Many threads in one file system.  In the end all is removed, and all space must be free again.
 */
#include "fs_disk.h"
#include "fs/inode.h"
#include "grading/ktest/crew.h"

#define THREADS 5

struct work {
	struct fs_stats before;
};

static void begin(struct work *work)
{
	disk_mount();
	fs_stats(&work->before);
}

static void expect_all_free(const struct work *work)
{
	struct fs_stats after;

	disk_remount();
	fs_stats(&after);
	EXPECT_EQ(after.inode_free, work->before.inode_free);
	/* The root directory may have grown. */
	EXPECT_LE(work->before.block_free - after.block_free, 1u);
}

/* The file at path, or NULL. */
static struct inode *open_file(struct inode *root, const char *path)
{
	int error;

	return fs_create(root, path, 0, &error);
}

/* ---- Each in its own directory ------------------------------------------------------------------------- */

static void write_and_compare(struct inode *ip, struct ktest_random *r)
{
	u8 out[512], in[512];
	u64 offset = random_below(r, 60000);

	memset(out, (int)random_next(r), sizeof(out));
	EXPECT_EQ(inode_write(ip, offset, out, sizeof(out)), (s64)sizeof(out));
	EXPECT_EQ(inode_read(ip, offset, in, sizeof(in)), (s64)sizeof(in));
	EXPECT_EQ(memcmp(in, out, sizeof(in)), 0);
	if (random_below(r, 5) == 0)
		EXPECT_EQ(inode_truncate(ip, random_below(r, 60000)), 0);
	if (random_below(r, 10) == 0)
		EXPECT_EQ(inode_sync(ip), 0);
}

static void work_alone(u32 member, void *arg)
{
	struct ktest_random r = ktest_random(member);
	struct inode *root = fs_root(), *ip;
	char dir[16], path[32];

	snprintf(dir, sizeof(dir), "/own%u", member);
	snprintf(path, sizeof(path), "%s/file", dir);
	EXPECT_EQ(fs_mkdir(root, dir), 0);
	for (u32 round = 0; round < ktest_rounds(6) && !ktest_has_failed(); round++) {
		ip = open_file(root, path);
		ASSERT_TRUE(ip != NULL);
		for (u32 i = 0; i < 10; i++)
			write_and_compare(ip, &r);
		EXPECT_EQ(fs_unlink(root, path), 0);
		write_and_compare(ip, &r);
		inode_put(ip);
	}
	EXPECT_EQ(fs_unlink(root, dir), 0);
	inode_put(root);
}

static void threads_work_in_their_own_directories(void)
{
	struct work work;

	begin(&work);
	crew_run(THREADS, work_alone, &work);
	expect_all_free(&work);
}

/* ---- All in the same ----------------------------------------------------------------------------------- */

/* One of a few names, so that threads meet. */
static void choose_name(char name[16], struct ktest_random *r)
{
	u32 kind = (u32)random_below(r, 9);

	if (kind < 3)
		snprintf(name, 16, "/x%u", kind);
	else
		snprintf(name, 16, "/x%u/y%u", kind % 3, kind / 3 - 1);
}

static void fight_once(struct inode *root, struct ktest_random *r)
{
	char a[16], b[16];
	struct inode *ip;

	choose_name(a, r);
	choose_name(b, r);
	switch (random_below(r, 7)) {
	case 0: fs_mkdir(root, a); break;
	case 1:
	case 2: fs_rename(root, a, b); break;
	case 3: fs_link(root, a, b); break;
	case 4: fs_unlink(root, a); break;
	default:
		ip = open_file(root, a);
		if (!ip)
			break;
		inode_write(ip, random_below(r, 9000), a, sizeof(a));
		inode_put(ip);
	}
}

static void fight(u32 member, void *arg)
{
	struct ktest_random r = ktest_random(member);
	struct inode *root = fs_root();

	for (u32 i = 0; i < ktest_rounds(120) && !ktest_has_failed(); i++)
		fight_once(root, &r);
	inode_put(root);
}

/* Remove what the fighters may have left: at the top x..., below that y.... */
static void remove_all(struct inode *dir, char first)
{
	struct dirent entry;
	struct inode *ip;
	u64 offset = 0;
	int error;

	while (inode_getdents(dir, &offset, &entry, 1) == 1) {
		if (entry.name[0] != first)
			continue;
		ip = fs_lookup(dir, entry.name, &error);
		ASSERT_TRUE(ip != NULL);
		if (inode_type(ip) == T_DIR)
			remove_all(ip, 'y');
		inode_put(ip);
		EXPECT_EQ(fs_unlink(dir, entry.name), 0);
	}
}

static void threads_fight_for_names(void)
{
	struct inode *root;
	struct work work;

	begin(&work);
	crew_run(THREADS, fight, &work);
	root = fs_root();
	remove_all(root, 'x');
	inode_put(root);
	expect_all_free(&work);
}

/* ---- A log that is always full ------------------------------------------------------------------------- */

static void write_much(u32 member, void *arg)
{
	static u8 bytes[100000];
	struct inode *root = fs_root(), *ip;
	char path[16];

	snprintf(path, sizeof(path), "/big%u", member);
	ip = open_file(root, path);
	ASSERT_TRUE(ip != NULL);
	for (u32 i = 0; i < ktest_rounds(4); i++)
		EXPECT_EQ(inode_write(ip, i * sizeof(bytes), bytes, sizeof(bytes)), (s64)sizeof(bytes));
	EXPECT_EQ(fs_unlink(root, path), 0);
	inode_put(ip);
	inode_put(root);
}

static void threads_wait_for_room_in_the_log(void)
{
	struct work work;

	begin(&work);
	crew_run(THREADS, write_much, &work);
	expect_all_free(&work);
}

static const struct ktest_case cases[] = {
	CASE(threads_work_in_their_own_directories, .budget = 4000 * MILLION),
	CASE(threads_fight_for_names, .budget = 4000 * MILLION),
	CASE(threads_wait_for_room_in_the_log, .budget = 4000 * MILLION),
};
KTEST_SUITE(fs_threads, cases);
