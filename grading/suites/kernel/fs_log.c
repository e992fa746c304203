/*
 * The log at work: the order of writes, failures, stopping at any moment.
 */
#include "fs_disk.h"
#include "fs/inode.h"
#include "fs/log.h"

/* The steps of a commit: blocks, flush, record, flush, homes, flush, record. */
#define COMMIT "LFRFHFR"

static void write_file(const char *path, char byte, u32 size)
{
	struct inode *root = fs_root(), *ip;
	static u8 bytes[20000];
	int error;

	ip = fs_create(root, path, 0, &error);
	inode_put(root);
	ASSERT_TRUE(ip != NULL, "%s: %d", path, error);
	memset(bytes, byte, sizeof(bytes));
	EXPECT_EQ(inode_write(ip, 0, bytes, size), size);
	inode_put(ip);
}

/* Does the file hold `size` bytes of that value?  A file that is not there does not. */
static bool holds(const char *path, u8 byte, u32 size)
{
	struct inode *root = fs_root(), *ip;
	static u8 bytes[20000];
	s64 count;
	int error;

	ip = fs_lookup(root, path, &error);
	inode_put(root);
	if (!ip)
		return false;
	count = inode_read(ip, 0, bytes, sizeof(bytes));
	inode_put(ip);
	for (u32 i = 0; i < size && count == size; i++)
		if (bytes[i] != byte)
			return false;
	return count == size;
}

static void commit_has_its_order(void)
{
	disk_mount();
	write_file("/a", 'a', 10000);
	EXPECT_STREQ(disk_history(), "");
	EXPECT_EQ(fs_sync(), 0);
	EXPECT_STREQ(disk_history(), COMMIT);
	write_file("/b", 'b', 10000);
	EXPECT_EQ(fs_sync(), 0);
	EXPECT_STREQ(disk_history(), COMMIT);
}

static void commit_of_nothing_writes_nothing(void)
{
	disk_mount();
	EXPECT_EQ(fs_sync(), 0);
	EXPECT_STREQ(disk_history(), "");
}

static void operations_join_one_commit(void)
{
	disk_mount();
	for (char name[] = "/a"; name[1] < 'i'; name[1]++)
		write_file(name, name[1], 5000);
	EXPECT_EQ(fs_sync(), 0);
	EXPECT_STREQ(disk_history(), COMMIT);
}

static void full_log_commits_by_itself(void)
{
	disk_mount();
	for (u32 i = 0; i < 40; i++)
		write_file("/a", 'a', 20000);
	for (char name[] = "/b"; name[1] < 'z'; name[1]++)
		write_file(name, name[1], 20000);
	EXPECT_STREQ(disk_history(), COMMIT COMMIT);
}

/* A commit that failed at any step is begun again, and nothing is lost. */
static void failed_commit_is_repeated(void)
{
	u32 n = (u32)ktest_param();

	disk_mount();
	write_file("/a", 'a', 10000);
	disk_fail(DISK_WRITES | DISK_FLUSHES, n);
	EXPECT_EQ(fs_sync(), -EIO);
	write_file("/b", 'b', 10000);
	disk_history();
	EXPECT_EQ(fs_sync(), 0);
	EXPECT_STREQ(disk_history(), COMMIT COMMIT);
	disk_remount();
	EXPECT_TRUE(holds("/a", 'a', 10000));
	EXPECT_TRUE(holds("/b", 'b', 10000));
}

/* The machine stops after n writes: what was synced is there, and of the rest all or nothing of each operation. */
static void stopped_machine_keeps_what_was_synced(void)
{
	disk_mount();
	write_file("/kept", 'k', 15000);
	EXPECT_EQ(fs_sync(), 0);
	disk_freeze_after((u32)ktest_param());
	write_file("/new", 'n', 15000);
	EXPECT_EQ(fs_sync(), 0);
	write_file("/kept", 'x', 15000);
	EXPECT_EQ(fs_sync(), 0);
	disk_remount();
	EXPECT_TRUE(holds("/kept", 'k', 15000) || (holds("/kept", 'x', 15000) && holds("/new", 'n', 15000)));
	write_file("/after", 'a', 5000);
	disk_remount();
	EXPECT_TRUE(holds("/after", 'a', 5000));
}

static void log_room_is_counted(void)
{
	struct log_op op;

	disk_mount();
	ASSERT_EQ(log_begin(&op, 5), 0);
	EXPECT_EQ(log_room(&op), 5u);
	for (u32 i = 0; i < 2; i++) {
		struct buffer *buffer;

		ASSERT_EQ(buffer_get(volume.super.block_count - 1, &buffer), 0);
		log_write(&op, buffer);
		buffer_put(buffer);
		EXPECT_EQ(log_room(&op), 4u, "the same block counts once");
	}
	log_end(&op);
}

static const struct ktest_param steps[] = {
	{ "blocks", 1 }, { "flush", 2 }, { "record", 3 }, { "second_flush", 4 }, { "home", 5 },
};

static bool moment(u32 index, struct ktest_param *param)
{
	snprintf(param->name, sizeof(param->name), "%u", index);
	param->value = index;
	return index < 40;
}

static const struct ktest_case cases[] = {
	CASE(commit_has_its_order),
	CASE(commit_of_nothing_writes_nothing),
	CASE(operations_join_one_commit),
	CASE(full_log_commits_by_itself),
	CASE(failed_commit_is_repeated, KTEST_PARAMS(steps)),
	CASE(stopped_machine_keeps_what_was_synced, .generate = moment),
	CASE(log_room_is_counted),
};
KTEST_SUITE(fs_log, cases);
