/*
 * Directories, names, links, renaming, devices.
 */
#include "test.h"

/* How many entries, "." and ".." included. */
static int count_entries(const char *path)
{
	struct dirent e[7];
	int fd = OK(open(path, O_RDONLY)), count = 0;
	s64 n;

	while ((n = OK(getdents(fd, e, 7))) > 0)
		count += n;
	close(fd);
	return count;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat_path(path, &st) == 0;
}

static u32 links_of(const char *path)
{
	struct stat st;

	OK(stat_path(path, &st));
	return st.nlink;
}

/* ---- Making and removing ----------------------------------------------------------------------------- */

TEST(dir, make_list_remove)
{
	OK(mkdir("d"));
	EXPECT_EQ(count_entries("d"), 2);
	make_file("d/a", "", 0);
	OK(mkdir("d/b"));
	EXPECT_EQ(count_entries("d"), 4);
	EXPECT_EQ(unlink("d"), -ENOTEMPTY);
	OK(unlink("d/a"));
	OK(unlink("d/b"));
	EXPECT_EQ(count_entries("d"), 2);
	OK(unlink("d"));
	EXPECT(!exists("d"));
}

TEST(dir, errors)
{
	make_file("f", "", 0);
	OK(mkdir("d"));
	EXPECT_EQ(mkdir("d"), -EEXIST);
	EXPECT_EQ(mkdir("f"), -EEXIST);
	EXPECT_EQ(mkdir("."), -EEXIST);
	EXPECT_EQ(mkdir("/"), -EEXIST);
	EXPECT_EQ(mkdir("f/x"), -ENOTDIR);
	EXPECT_EQ(mkdir("none/x"), -ENOENT);
	EXPECT_EQ(mkdir(""), -ENOENT);
	EXPECT_EQ(unlink("none"), -ENOENT);
	EXPECT_EQ(unlink("f/x"), -ENOTDIR);
	EXPECT_EQ(unlink("d/."), -EINVAL);
	EXPECT_EQ(unlink("d/.."), -EINVAL);
	EXPECT_EQ(unlink("/"), -EBUSY);
	EXPECT_EQ(chdir("f"), -ENOTDIR);
	EXPECT_EQ(chdir("none"), -ENOENT);
}

TEST(dir, reading_it_as_a_file_fails)
{
	char buf[64];
	int fd = OK(open(".", O_RDONLY));

	EXPECT_EQ(read(fd, buf, sizeof(buf)), -EISDIR);
	EXPECT(write(fd, buf, sizeof(buf)) < 0);
	EXPECT(ftruncate(fd, 0) < 0);
}

TEST(dir, listing_a_file_fails)
{
	struct dirent e;
	int fd = OK(open("f", O_RDWR | O_CREATE));

	EXPECT_EQ(getdents(fd, &e, 1), -ENOTDIR);
}

TEST(dir, listing_in_steps_is_complete)
{
	struct dirent e[3];
	char name[8];
	u32 seen = 0;
	int fd;
	s64 n;

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		make_file(name, "", 0);
	}
	fd = OK(open(".", O_RDONLY));
	for (int round = 0; round < 2; round++) {
		while ((n = OK(getdents(fd, e, 1 + round * 2))) > 0)
			for (s64 i = 0; i < n; i++)
				if (e[i].name[0] == 'n') {
					u32 bit = 1u << atoi(e[i].name + 1);

					EXPECT(!(seen & bit));
					seen |= bit;
				}
		EXPECT_EQ(seen, (1u << 30) - 1);
		seen = 0;
		OK(lseek(fd, 0, SEEK_SET));
	}
}

TEST(dir, grows_and_shrinks)
{
	char name[40];
	enum { COUNT = 300 };

	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "a-rather-long-file-name-%d", i);
		make_file(name, name, strlen(name));
	}
	EXPECT_EQ(count_entries("."), COUNT + 2);
	for (int i = 0; i < COUNT; i += 2) {
		snprintf(name, sizeof(name), "a-rather-long-file-name-%d", i);
		OK(unlink(name));
	}
	EXPECT_EQ(count_entries("."), COUNT / 2 + 2);
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "a-rather-long-file-name-%d", i);
		EXPECT_EQ(exists(name), i % 2);
		if (i % 2)
			OK(unlink(name));
	}
	EXPECT_EQ(count_entries("."), 2);
}

/* ---- Names ------------------------------------------------------------------------------------------- */

TEST(dir, longest_name_fits)
{
	char name[NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = 0;
	EXPECT_EQ(open(name, O_RDWR | O_CREATE), -ENAMETOOLONG);
	EXPECT_EQ(mkdir(name), -ENAMETOOLONG);
	EXPECT_EQ(unlink(name), -ENAMETOOLONG);
	name[NAME_MAX] = 0;
	make_file(name, "x", 1);
	EXPECT(exists(name));
	name[NAME_MAX - 1] = 0;
	EXPECT(!exists(name));
}

TEST(dir, longest_path_fits)
{
	static char path[PATH_MAX + 1];

	make_file("f", "x", 1);
	for (int i = 0; i + 2 < PATH_MAX; i += 2)
		memcpy(path + i, "./", 2);
	path[PATH_MAX - 2] = 'f'; /* with the zero: PATH_MAX bytes */
	EXPECT_EQ(strlen(path), PATH_MAX - 1);
	EXPECT(exists(path));
	memcpy(path + PATH_MAX - 2, "/f", 3);
	EXPECT_EQ(open(path, O_RDONLY), -ENAMETOOLONG);
	EXPECT_EQ(mkdir(path), -ENAMETOOLONG);
	EXPECT_EQ(chdir(path), -ENAMETOOLONG);
}

TEST(dir, slashes_and_dots)
{
	OK(mkdir("a"));
	OK(mkdir("a/b"));
	make_file("a/b/f", "x", 1);
	EXPECT(exists("a//b///f") && exists("./a/./b/./f") && exists("a/b/../b/f") && exists("a/b/"));
	EXPECT(!exists("a/b/f/") && !exists("a/b/f/.") && !exists("a/none/../b/f"));
	EXPECT(exists("/../../.."));
	OK(mkdir("a/c/"));
	EXPECT(exists("a/c"));
	OK(unlink("a/c/"));
}

TEST(dir, deep_path)
{
	enum { DEPTH = 80 };
	static char path[PATH_MAX];

	for (int i = 0; i < DEPTH; i++) {
		OK(mkdir("deep"));
		OK(chdir("deep"));
	}
	s64 length = OK(getcwd(path, sizeof(path)));

	EXPECT_EQ(length, strlen(path));
	EXPECT(length > DEPTH * 5);
	EXPECT(exists(path));
	make_file("f", "bottom", 6);
	for (int i = 0; i < DEPTH; i++)
		OK(chdir(".."));
	EXPECT(exists("deep/deep/deep/deep"));
}

TEST(dir, getcwd_follows)
{
	char path[PATH_MAX], short_one[4];

	OK(mkdir("a"));
	OK(chdir("a"));
	EXPECT_EQ(getcwd(path, sizeof(path)), strlen("/tmp/usertests/a"));
	EXPECT_EQ(strcmp(path, "/tmp/usertests/a"), 0);
	EXPECT_EQ(getcwd(short_one, sizeof(short_one)), -ERANGE);
	EXPECT_EQ(getcwd(path, 0), -ERANGE);
	OK(rename("../a", "../b"));
	OK(getcwd(path, sizeof(path)));
	EXPECT_EQ(strcmp(path, "/tmp/usertests/b"), 0);
	OK(chdir("/"));
	EXPECT_EQ(getcwd(path, sizeof(path)), 1);
	EXPECT_EQ(strcmp(path, "/"), 0);
}

TEST(dir, removed_working_directory_is_empty)
{
	char path[PATH_MAX];

	OK(mkdir("gone"));
	OK(chdir("gone"));
	OK(unlink("../gone"));
	EXPECT_EQ(getcwd(path, sizeof(path)), -ENOENT);
	EXPECT_EQ(open("f", O_RDWR | O_CREATE), -ENOENT);
	EXPECT_EQ(mkdir("d"), -ENOENT);
	OK(chdir("/tmp"));
}

/* ---- Links and renaming ------------------------------------------------------------------------------ */

TEST(dir, links_count)
{
	make_file("f", "x", 1);
	OK(link("f", "g"));
	OK(link("g", "h"));
	EXPECT_EQ(links_of("f"), 3);
	OK(unlink("f"));
	EXPECT_EQ(links_of("h"), 2);
	EXPECT_EQ(link("none", "x"), -ENOENT);
	EXPECT_EQ(link("g", "h"), -EEXIST);
	EXPECT_EQ(link("g", "none/x"), -ENOENT);
	OK(mkdir("d"));
	EXPECT_EQ(link("d", "e"), -EPERM);
	EXPECT_EQ(links_of("d"), 2);
	OK(mkdir("d/sub"));
	EXPECT_EQ(links_of("d"), 3);
}

TEST(dir, rename_replaces_file)
{
	struct stat before, after;

	make_file("old", "new content", 11);
	make_file("new", "x", 1);
	int fd = OK(open("new", O_RDONLY));
	char c;

	OK(stat_path("old", &before));
	OK(rename("old", "new"));
	OK(stat_path("new", &after));
	EXPECT(before.ino == after.ino && after.size == 11 && !exists("old"));
	EXPECT_EQ(read(fd, &c, 1), 1); /* the replaced file is still open */
	EXPECT_EQ(c, 'x');
	OK(rename("new", "new"));
	EXPECT(exists("new"));
}

TEST(dir, rename_moves_directory)
{
	char path[PATH_MAX];

	OK(mkdir("a"));
	OK(mkdir("b"));
	OK(mkdir("a/sub"));
	make_file("a/sub/f", "x", 1);
	OK(rename("a/sub", "b/moved"));
	EXPECT(exists("b/moved/f") && !exists("a/sub"));
	EXPECT(links_of("a") == 2 && links_of("b") == 3);
	OK(chdir("b/moved/.."));
	OK(getcwd(path, sizeof(path)));
	EXPECT_EQ(strcmp(path, "/tmp/usertests/b"), 0);
}

TEST(dir, rename_errors_change_nothing)
{
	make_file("f", "", 0);
	OK(mkdir("d"));
	OK(mkdir("d/e"));
	OK(mkdir("empty"));
	EXPECT_EQ(rename("none", "x"), -ENOENT);
	EXPECT_EQ(rename("f", "none/x"), -ENOENT);
	EXPECT_EQ(rename("f", "d"), -EISDIR);
	EXPECT_EQ(rename("d", "f"), -ENOTDIR);
	EXPECT_EQ(rename("empty", "d"), -ENOTEMPTY);
	EXPECT_EQ(rename("d", "d/e/x"), -EINVAL);
	EXPECT_EQ(rename("d", "d/x"), -EINVAL);
	EXPECT_EQ(rename("d/.", "x"), -EINVAL);
	EXPECT_EQ(rename("f", "d/.."), -EINVAL);
	EXPECT(rename("/", "x") < 0);
	EXPECT(exists("f") && exists("d/e") && exists("empty"));
	OK(rename("d/e", "empty")); /* an empty directory may be replaced */
	EXPECT(exists("empty") && !exists("d/e"));
}

/* ---- Devices ----------------------------------------------------------------------------------------- */

TEST(dir, null_and_zero_devices)
{
	int null = OK(open("/dev/null", O_RDWR)), zero = OK(open("/dev/zero", O_RDWR));
	u8 buf[100];
	struct stat st;

	EXPECT_EQ(write(null, buf, 100), 100);
	EXPECT_EQ(read(null, buf, 100), 0);
	memset(buf, 1, sizeof(buf));
	EXPECT_EQ(read(zero, buf, 100), 100);
	EXPECT(buf[0] == 0 && buf[99] == 0);
	OK(fstat(null, &st));
	EXPECT_EQ(st.type, T_DEV);
	OK(mknod("mynull", st.major, st.minor));
	null = OK(open("mynull", O_RDWR));
	EXPECT_EQ(write(null, buf, 100), 100);
}

TEST(dir, mknod_errors)
{
	make_file("f", "", 0);
	EXPECT_EQ(mknod("f", 1, 0), -EEXIST);
	EXPECT_EQ(mknod("none/x", 1, 0), -ENOENT);
	EXPECT_EQ(mknod("x", 1ul << 40, 0), -EINVAL);
	EXPECT_EQ(mknod("x", 1, 1ul << 40), -EINVAL);
	OK(mknod("unknown", 200, 0));
	EXPECT_EQ(open("unknown", O_RDONLY), -ENXIO);
}

/* ---- Several at once --------------------------------------------------------------------------------- */

static s64 make_and_remove(void *arg)
{
	char name[16];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "p%ld-%d", (s64)arg, i % 7);
		make_file(name, name, strlen(name));
		if (i % 3)
			OK(unlink(name));
	}
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "p%ld-%d", (s64)arg, i);
		int error = unlink(name);

		EXPECT(error == 0 || error == -ENOENT);
	}
	return 0;
}

TEST(dir, concurrent_create_and_unlink)
{
	int pids[4];

	for (s64 i = 0; i < 4; i++)
		pids[i] = spawn(make_and_remove, (void *)i);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	EXPECT_EQ(count_entries("."), 2);
}

static s64 create_same(void *arg)
{
	int made = 0;
	char name[16];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "same%d", i);
		int fd = open(name, O_RDWR | O_CREATE | O_EXCL);

		EXPECT(fd >= 0 || fd == -EEXIST);
		if (fd >= 0) {
			made++;
			close(fd);
		}
	}
	return made;
}

TEST(dir, exclusive_create_has_one_winner)
{
	int pids[4], made = 0;

	for (int i = 0; i < 4; i++)
		pids[i] = spawn(create_same, NULL);
	for (int i = 0; i < 4; i++)
		made += reap(pids[i]);
	EXPECT_EQ(made, 50);
}

/* Whoever renames, there is always exactly one of the two names. */
static s64 rename_forth_and_back(void *arg)
{
	for (int i = 0; i < 100; i++) {
		int error = rename(i % 2 ? "d1/x" : "d2/x", i % 2 ? "d2/x" : "d1/x");

		EXPECT(error == 0 || error == -ENOENT);
	}
	return 0;
}

TEST(dir, concurrent_renames_lose_nothing)
{
	int pids[3];

	OK(mkdir("d1"));
	OK(mkdir("d2"));
	make_file("d1/x", "treasure", 8);
	for (int i = 0; i < 3; i++)
		pids[i] = spawn(rename_forth_and_back, NULL);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	EXPECT_EQ(exists("d1/x") + exists("d2/x"), 1);
}

/* Directories moved into each other by several: none may end up inside itself. */
static s64 move_directories(void *arg)
{
	static const char *const place[] = { "a", "b", "a/b", "b/a", "c", "a/c", "c/a", "b/c", "c/b" };
	struct random r = { (u64)arg };

	for (int i = 0; i < 60; i++)
		rename(place[random_below(&r, 9)], place[random_below(&r, 9)]);
	return 0;
}

TEST(dir, concurrent_moves_make_no_cycle)
{
	int pids[3];

	OK(mkdir("a"));
	OK(mkdir("b"));
	OK(mkdir("c"));
	for (s64 i = 0; i < 3; i++)
		pids[i] = spawn(move_directories, (void *)(random_next(&test_random) + i));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(reap(pids[i]), 0);
	/* In a cycle, this would not find its way out, and would not find all. */
	for (int i = 0; i < 3; i++) {
		remove_tree("a", NULL);
		remove_tree("b", NULL);
		remove_tree("c", NULL);
	}
	EXPECT_EQ(count_entries("."), 2);
}
