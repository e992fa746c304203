/*
 * Tests of the file system's names and contents, one rule at a time, and random operations against the model.
 */
#include "check.h"
#include "workload.h"
#include "fs/node.h"

#include <stdio.h>
#include <stdlib.h>

static struct image image;
static struct inode *root;

/* A mounted empty file system of 4 MiB. */
static void begin(const char *name)
{
	case_begin(name);
	image_make(&image, 1024, 0, 0);
	image_mount(&image);
	root = fs_root();
}

static void end(void)
{
	inode_put(root);
	image_unmount_checked(&image);
	image_free(&image);
	case_end();
}

static int make_file(const char *path)
{
	int error;
	struct inode *ip = fs_create(root, path, O_EXCL, &error);

	if (ip)
		inode_put(ip);
	return error;
}

static int find(const char *path)
{
	int error;
	struct inode *ip = fs_lookup(root, path, &error);

	if (ip)
		inode_put(ip);
	return error;
}

static struct stat stat_of(const char *path)
{
	struct stat stat = { 0 };
	int error;
	struct inode *ip = fs_lookup(root, path, &error);

	CHECK_EQUAL(error, 0);
	if (ip) {
		CHECK_EQUAL(inode_stat(ip, &stat), 0);
		inode_put(ip);
	}
	return stat;
}

static struct inode *open_file(const char *path)
{
	int error;
	struct inode *ip = fs_create(root, path, 0, &error);

	if (!ip)
		host_die("%s cannot be opened: %d", path, error);
	return ip;
}

/* ---- Paths --------------------------------------------------------------------------------------------- */

static void test_paths(void)
{
	begin("fs.paths_resolve");
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/d/e/"), 0);
	CHECK_EQUAL(make_file("/d/f"), 0);
	CHECK_EQUAL(find("/"), 0);
	CHECK_EQUAL(find("//d///e//"), 0);
	CHECK_EQUAL(find("/d/./e/../../d/f"), 0);
	CHECK_EQUAL(find("/../.."), 0);
	CHECK_EQUAL(find("d/f"), 0);
	CHECK_EQUAL(find(""), -ENOENT);
	CHECK_EQUAL(find("/d/x"), -ENOENT);
	CHECK_EQUAL(find("/d/x/y"), -ENOENT);
	CHECK_EQUAL(find("/d/f/"), -ENOTDIR);
	CHECK_EQUAL(find("/d/f/x"), -ENOTDIR);
	CHECK_EQUAL(find("/d/f/."), -ENOTDIR);
	end();
}

static void test_relative(void)
{
	struct inode *dir;
	int error;

	begin("fs.relative_paths_start_at_directory");
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	dir = fs_lookup(root, "/d", &error);
	CHECK_EQUAL(fs_mkdir(dir, "e"), 0);
	CHECK_EQUAL(find("/d/e"), 0);
	CHECK_EQUAL(fs_rename(dir, "e", "../x"), 0);
	CHECK_EQUAL(find("/x"), 0);
	CHECK_EQUAL(fs_unlink(dir, "/d"), 0);
	CHECK_EQUAL(fs_mkdir(dir, "e"), -ENOENT);
	CHECK(!fs_lookup(dir, "..", &error) && error == -ENOENT);
	CHECK(!fs_lookup(dir, ".", &error) && error == -ENOENT);
	inode_put(dir);
	end();
}

static void test_long_names(void)
{
	char name[80] = "/", *path = malloc(PATH_MAX + 2);

	begin("fs.long_names_are_refused");
	memset(name + 1, 'n', NAME_MAX);
	CHECK_EQUAL(make_file(name), 0);
	CHECK_EQUAL(find(name), 0);
	name[NAME_MAX + 1] = 'n';
	CHECK_EQUAL(make_file(name), -ENAMETOOLONG);
	CHECK_EQUAL(fs_mkdir(root, name), -ENAMETOOLONG);
	CHECK_EQUAL(fs_unlink(root, name), -ENAMETOOLONG);
	memset(path, '/', PATH_MAX + 1);
	path[PATH_MAX + 1] = 0;
	CHECK_EQUAL(find(path), -ENAMETOOLONG);
	path[PATH_MAX] = 0;
	CHECK_EQUAL(find(path), -ENAMETOOLONG);
	path[PATH_MAX - 1] = 0;
	CHECK_EQUAL(find(path), 0);
	free(path);
	end();
}

static void test_path_of(void)
{
	char buf[32];
	struct inode *dir;
	int error;

	begin("fs.path_of_directory");
	CHECK_EQUAL(fs_mkdir(root, "/dir"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/dir/sub"), 0);
	dir = fs_lookup(root, "/dir/sub", &error);
	CHECK_EQUAL(fs_path(dir, buf, sizeof(buf)), 8);
	CHECK(strcmp(buf, "/dir/sub") == 0);
	CHECK_EQUAL(fs_path(dir, buf, 9), 8);
	CHECK_EQUAL(fs_path(dir, buf, 8), -ERANGE);
	CHECK_EQUAL(fs_path(root, buf, 2), 1);
	CHECK(strcmp(buf, "/") == 0);
	CHECK_EQUAL(fs_path(root, buf, 1), -ERANGE);
	CHECK_EQUAL(fs_unlink(root, "/dir/sub"), 0);
	CHECK_EQUAL(fs_path(dir, buf, sizeof(buf)), -ENOENT);
	inode_put(dir);
	end();
}

/* ---- Creating and removing ----------------------------------------------------------------------------- */

static void test_create(void)
{
	struct inode *ip;
	int error;

	begin("fs.create_and_exclusive_create");
	CHECK_EQUAL(make_file("/f"), 0);
	CHECK_EQUAL(make_file("/f"), -EEXIST);
	ip = fs_create(root, "/f", 0, &error);
	CHECK(ip && error == 0);
	inode_put(ip);
	CHECK(!fs_create(root, "/f/", 0, &error) && error == -EISDIR);
	CHECK(!fs_create(root, "/", 0, &error) && error == -EISDIR);
	CHECK(!fs_create(root, "/x/f", 0, &error) && error == -ENOENT);
	CHECK(!fs_create(root, "/f/x", 0, &error) && error == -ENOTDIR);
	CHECK_EQUAL(fs_mkdir(root, "/f"), -EEXIST);
	CHECK_EQUAL(fs_mkdir(root, "/"), -EEXIST);
	CHECK_EQUAL(stat_of("/f").nlink, 1);
	CHECK_EQUAL(stat_of("/f").type, T_FILE);
	end();
}

static void test_devices(void)
{
	begin("fs.device_nodes");
	CHECK_EQUAL(fs_mknod(root, "/null", 1, 7), 0);
	CHECK_EQUAL(stat_of("/null").type, T_DEV);
	CHECK_EQUAL(stat_of("/null").major, 1);
	CHECK_EQUAL(stat_of("/null").minor, 7);
	CHECK_EQUAL(fs_mknod(root, "/null", 1, 7), -EEXIST);
	CHECK_EQUAL(fs_mknod(root, "/bad", 0, 0), -EINVAL);
	CHECK_EQUAL(fs_mknod(root, "/bad", FS_MAJOR_MAX + 1, 0), -EINVAL);
	CHECK_EQUAL(fs_mknod(root, "/bad", 1, FS_MINOR_MAX + 1), -EINVAL);
	CHECK_EQUAL(fs_mknod(root, "/bad/", 1, 0), -ENOENT);
	CHECK_EQUAL(fs_link(root, "/null", "/other"), 0);
	CHECK_EQUAL(fs_unlink(root, "/null"), 0);
	CHECK_EQUAL(stat_of("/other").nlink, 1);
	end();
}

static void test_unlink(void)
{
	begin("fs.unlink_files_and_empty_directories");
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(make_file("/d/f"), 0);
	CHECK_EQUAL(stat_of("/").nlink, 3);
	CHECK_EQUAL(fs_unlink(root, "/d"), -ENOTEMPTY);
	CHECK_EQUAL(fs_unlink(root, "/d/f/"), -ENOTDIR);
	CHECK_EQUAL(fs_unlink(root, "/d/."), -EINVAL);
	CHECK_EQUAL(fs_unlink(root, "/d/.."), -EINVAL);
	CHECK_EQUAL(fs_unlink(root, "/"), -EBUSY);
	CHECK_EQUAL(fs_unlink(root, "/x"), -ENOENT);
	CHECK_EQUAL(fs_unlink(root, "/d/f"), 0);
	CHECK_EQUAL(fs_unlink(root, "/d/"), 0);
	CHECK_EQUAL(find("/d"), -ENOENT);
	CHECK_EQUAL(stat_of("/").nlink, 2);
	end();
}

static void test_unlinked_file_lives(void)
{
	struct fs_stats before, after;
	struct inode *ip;
	char text[4];

	begin("fs.unlinked_file_lives_until_last_put");
	fs_stats(&before);
	ip = open_file("/f");
	CHECK_EQUAL(inode_write(ip, 0, "abc", 4), 4);
	CHECK_EQUAL(fs_unlink(root, "/f"), 0);
	CHECK_EQUAL(make_file("/f"), 0);
	CHECK_EQUAL(inode_read(ip, 0, text, 4), 4);
	CHECK(strcmp(text, "abc") == 0);
	CHECK_EQUAL(inode_write(ip, 8192, "abc", 4), 4);
	inode_put(ip);
	CHECK_EQUAL(fs_unlink(root, "/f"), 0);
	fs_stats(&after);
	CHECK_EQUAL(after.block_free, before.block_free);
	CHECK_EQUAL(after.inode_free, before.inode_free);
	end();
}

static void test_links(void)
{
	begin("fs.hard_links");
	CHECK_EQUAL(make_file("/f"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(fs_link(root, "/f", "/d/g"), 0);
	CHECK_EQUAL(stat_of("/f").ino, stat_of("/d/g").ino);
	CHECK_EQUAL(stat_of("/f").nlink, 2);
	CHECK_EQUAL(fs_link(root, "/f", "/d/g"), -EEXIST);
	CHECK_EQUAL(fs_link(root, "/d", "/e"), -EPERM);
	CHECK_EQUAL(fs_link(root, "/x", "/e"), -ENOENT);
	CHECK_EQUAL(fs_link(root, "/f", "/x/e"), -ENOENT);
	CHECK_EQUAL(fs_link(root, "/f", "/e/"), -ENOENT);
	CHECK_EQUAL(fs_link(root, "/f", "/"), -EEXIST);
	CHECK_EQUAL(fs_rename(root, "/f", "/d/g"), 0); /* two names of one inode stay */
	CHECK_EQUAL(stat_of("/f").nlink, 2);
	CHECK_EQUAL(fs_unlink(root, "/f"), 0);
	CHECK_EQUAL(stat_of("/d/g").nlink, 1);
	end();
}

/* The limit is reached by writing a count into the inode, for time's sake. */
static void test_too_many_links(void)
{
	struct log_op op;
	struct inode *ip;

	begin("fs.too_many_links");
	ip = open_file("/f");
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/m"), 0);
	ip->disk.nlink = FS_LINK_MAX;
	root->disk.nlink = FS_LINK_MAX;
	CHECK_EQUAL(fs_link(root, "/f", "/g"), -EMLINK);
	CHECK_EQUAL(fs_mkdir(root, "/e"), -EMLINK);
	CHECK_EQUAL(fs_mkdir(root, "/d/sub"), 0);
	CHECK_EQUAL(fs_rename(root, "/d/sub", "/sub"), -EMLINK);
	CHECK_EQUAL(fs_rename(root, "/d/sub", "/m"), 0); /* takes the place of another directory */
	CHECK_EQUAL(fs_rename(root, "/m", "/n"), 0);
	CHECK_EQUAL(make_file("/g"), 0);
	ip->disk.nlink = 1;
	root->disk.nlink = 4;
	CHECK_EQUAL(log_begin(&op, 2), 0);
	CHECK_EQUAL(inode_lock_change(root), 0);
	inode_store(&op, root);
	inode_unlock(root);
	log_end(&op);
	inode_put(ip);
	end();
}

/* ---- Renaming ------------------------------------------------------------------------------------------ */

static void test_rename_files(void)
{
	u32 ino;

	begin("fs.rename_files");
	CHECK_EQUAL(fs_mkdir(root, "/d"), 0);
	CHECK_EQUAL(make_file("/f"), 0);
	ino = stat_of("/f").ino;
	CHECK_EQUAL(fs_rename(root, "/f", "/g"), 0);
	CHECK_EQUAL(find("/f"), -ENOENT);
	CHECK_EQUAL(fs_rename(root, "/g", "/d/f"), 0);
	CHECK_EQUAL(stat_of("/d/f").ino, ino);
	CHECK_EQUAL(make_file("/h"), 0);
	CHECK_EQUAL(fs_rename(root, "/d/f", "/h"), 0);
	CHECK_EQUAL(stat_of("/h").ino, ino);
	CHECK_EQUAL(stat_of("/h").nlink, 1);
	CHECK_EQUAL(fs_rename(root, "/h", "/h"), 0);
	CHECK_EQUAL(fs_rename(root, "/h", "/d"), -EISDIR);
	CHECK_EQUAL(fs_rename(root, "/h", "/x/"), -ENOTDIR);
	CHECK_EQUAL(fs_rename(root, "/h/", "/x"), -ENOTDIR);
	CHECK_EQUAL(fs_rename(root, "/x", "/y"), -ENOENT);
	CHECK_EQUAL(fs_rename(root, "/h", "/x/y"), -ENOENT);
	CHECK_EQUAL(fs_rename(root, "/h", "/h/y"), -ENOTDIR);
	CHECK_EQUAL(fs_rename(root, "/h", "/d/."), -EINVAL);
	CHECK_EQUAL(fs_rename(root, "/d/..", "/x"), -EINVAL);
	CHECK_EQUAL(fs_rename(root, "/", "/x"), -EBUSY);
	CHECK_EQUAL(fs_rename(root, "/h", "/"), -EBUSY);
	end();
}

static void test_rename_directories(void)
{
	begin("fs.rename_directories");
	CHECK_EQUAL(fs_mkdir(root, "/a"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/a/b"), 0);
	CHECK_EQUAL(fs_mkdir(root, "/a/b/c"), 0);
	CHECK_EQUAL(make_file("/f"), 0);
	CHECK_EQUAL(fs_rename(root, "/a", "/a/b/x"), -EINVAL);
	CHECK_EQUAL(fs_rename(root, "/a", "/a/x"), -EINVAL);
	CHECK_EQUAL(fs_rename(root, "/a", "/f"), -ENOTDIR);
	CHECK_EQUAL(fs_rename(root, "/a/b/c", "/a"), -ENOTEMPTY);
	CHECK_EQUAL(fs_rename(root, "/a/b/c", "/a/b"), -ENOTEMPTY);
	CHECK_EQUAL(fs_rename(root, "/a/b", "/z/"), 0);
	CHECK_EQUAL(stat_of("/z/c/..").ino, stat_of("/z").ino);
	CHECK_EQUAL(stat_of("/z/..").ino, stat_of("/").ino);
	CHECK_EQUAL(stat_of("/a").nlink, 2);
	CHECK_EQUAL(stat_of("/").nlink, 4);
	CHECK_EQUAL(fs_rename(root, "/z", "/a"), 0); /* onto an empty directory */
	CHECK_EQUAL(stat_of("/").nlink, 3);
	CHECK_EQUAL(find("/a/c"), 0);
	CHECK_EQUAL(fs_rename(root, "/a/c", "/c"), 0);
	CHECK_EQUAL(fs_rename(root, "/a", "/c"), 0);
	CHECK_EQUAL(stat_of("/").nlink, 3);
	end();
}

/* ---- Listing ------------------------------------------------------------------------------------------- */

static void test_getdents(void)
{
	struct dirent entries[8];
	u64 offset = 0;
	u32 seen = 0;
	s64 count;
	char name[16];

	begin("fs.getdents_reads_all_entries_once");
	for (u32 i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/n%u", i);
		CHECK_EQUAL(make_file(name), 0);
	}
	CHECK_EQUAL(fs_unlink(root, "/n7"), 0);
	while ((count = inode_getdents(root, &offset, entries, 7)) > 0) {
		seen += (u32)count;
		if (seen == 7) /* removing what was read, or not yet, changes nothing else */
			CHECK_EQUAL(fs_unlink(root, "/n1"), 0);
		if (seen == 14)
			CHECK_EQUAL(fs_unlink(root, "/n98"), 0);
	}
	CHECK_EQUAL(count, 0);
	CHECK_EQUAL(seen, 100);
	offset = 5;
	CHECK_EQUAL(inode_getdents(root, &offset, entries, 8), -EINVAL);
	offset = 3 * sizeof(struct dirent);
	CHECK_EQUAL(inode_getdents(root, &offset, entries, 1), 1);
	CHECK(strcmp(entries[0].name, "n2") == 0);
	end();
}

/* ---- Random operations --------------------------------------------------------------------------------- */

static void compare(struct workload *w)
{
	int error;
	u64 digest = digest_of_fs(&error);

	CHECK_EQUAL(error, 0);
	CHECK_EQUAL(digest, model_digest(&w->model));
}

static void remount(struct workload *w)
{
	for (u32 i = 0; i < HELD_FILES; i++) {
		struct op drop = { .kind = OP_DROP, .held = i };

		workload_run_fs(w, &drop);
		workload_run_model(w, &drop, 0);
	}
	image_unmount_checked(&image);
	image_mount(&image);
	compare(w);
}

static void run_random(u64 seed, u32 count, const struct workload_limits *limits)
{
	struct workload w;
	struct op op;
	s64 result, expected;

	workload_open(&w, seed, limits);
	for (u32 i = 0; i < count && !case_has_failed(); i++) {
		workload_next(&w, &op);
		result = workload_run_fs(&w, &op);
		expected = workload_run_model(&w, &op, result);
		host_check_no_locks();
		if (result != expected) {
			CHECK_EQUAL(result, expected);
			printf("#   seed %lu, op %u\n", (unsigned long)seed, i);
			op_print(&op, result);
		}
		if (i % 64 == 63)
			compare(&w);
		if (i % 1000 == 999)
			remount(&w);
	}
	remount(&w);
	workload_close(&w);
	image_unmount_checked(&image);
}

static void test_random(const char *name, u64 block_count, u32 inode_count, const struct workload_limits *limits)
{
	case_begin(name);
	for (u64 seed = 1; seed <= 12; seed++) {
		image_make(&image, block_count, inode_count, 0);
		image_mount(&image);
		run_random(seed, 3000, limits);
		image_free(&image);
	}
	case_end();
}

int main(void)
{
	static const struct workload_limits usual = { 6, 3, 40000, 100000, 30 }, few = { 3, 3, 20000, 50000, 30 },
					    large = { 4, 2, 600000, 6000000, 50 }, many = { 26, 2, 100, 5000, 100 },
					    full = { 12, 2, 80000, 150000, 30 };

	host_set_page_total(4096);
	test_paths();
	test_relative();
	test_long_names();
	test_path_of();
	test_create();
	test_devices();
	test_unlink();
	test_unlinked_file_lives();
	test_links();
	test_too_many_links();
	test_rename_files();
	test_rename_directories();
	test_getdents();
	test_random("fs.random_ops_agree_with_model", 4096, 0, &usual);
	test_random("fs.random_ops_on_few_names_agree_with_model", 4096, 0, &few);
	test_random("fs.random_ops_on_large_files_agree_with_model", 8192, 0, &large);
	test_random("fs.random_ops_on_many_names_agree_with_model", 4096, 0, &many);
	test_random("fs.random_ops_on_full_disk_agree_with_model", 160, 32, &full);
	return cases_failed() > 0;
}
