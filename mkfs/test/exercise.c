/*
 * Using a file system that may be damaged.  See exercise.h.
 *
 * A damaged tree may have cycles and an enormous number of entries, so depth and number of steps are bounded.
 */
#include "exercise.h"
#include "fs/node.h"

#include <stdio.h>

#define STEPS_MAX 400u
#define DEPTH_MAX 6u

struct exercise {
	struct random random;
	u32 steps;
	char path[512];
};

static u8 bytes[20000];

/* ---- One file or directory ----------------------------------------------------------------------------- */

static void read_file(struct inode *ip)
{
	struct stat stat;

	if (inode_stat(ip, &stat))
		return;
	inode_read(ip, 0, bytes, sizeof(bytes));
	inode_read(ip, stat.size / 2, bytes, 5000);
	inode_read(ip, stat.size > 100 ? stat.size - 100 : 0, bytes, 200);
}

static void change_file(struct exercise *x, struct inode *ip)
{
	u64 end;

	switch (random_below(&x->random, 6)) {
	case 0: inode_write(ip, random_below(&x->random, 300000), bytes, 9000); break;
	case 1: inode_write_end(ip, bytes, 5000, &end); break;
	case 2: inode_truncate(ip, random_below(&x->random, 30000)); break;
	case 3: inode_truncate(ip, 0); break;
	case 4: inode_truncate(ip, random_below(&x->random, FS_FILE_MAX)); break;
	default: break;
	}
}

/* Things to do to the name x->path, which lies in dir as `name`. */
static void change_name(struct exercise *x, struct inode *dir, const char *name)
{
	struct inode *root = fs_root();
	char buf[200];

	switch (random_below(&x->random, 12)) {
	case 0: fs_unlink(dir, name); break;
	case 1: fs_rename(dir, name, "/moved"); break;
	case 2: fs_rename(root, "/a", x->path); break;
	case 3: fs_link(dir, name, "/linked"); break;
	case 4: fs_rename(dir, name, "renamed"); break;
	case 5: fs_mkdir(dir, "made"); break;
	case 6: fs_mknod(dir, "device", 1, 1); break;
	case 7: fs_rename(dir, name, "../up"); break;
	case 8: fs_rename(root, x->path, "/d/e/x"); break;
	case 9: fs_path(dir, buf, sizeof(buf)); break;
	default: break;
	}
	inode_put(root);
}

/* ---- The tree ------------------------------------------------------------------------------------------ */

static void visit_dir(struct exercise *x, struct inode *dir, u32 depth);

static void visit(struct exercise *x, struct inode *dir, const char *name, u32 depth)
{
	int error;
	struct inode *ip = fs_lookup(dir, name, &error);

	if (!ip)
		return;
	if (inode_type(ip) == T_DIR) {
		visit_dir(x, ip, depth + 1);
	} else {
		read_file(ip);
		change_file(x, ip);
	}
	inode_put(ip);
	change_name(x, dir, name);
}

static void visit_dir(struct exercise *x, struct inode *dir, u32 depth)
{
	size_t length = strlen(x->path);
	struct dirent entry;
	u64 offset = 0;

	while (depth < DEPTH_MAX && x->steps < STEPS_MAX && inode_getdents(dir, &offset, &entry, 1) > 0) {
		x->steps++;
		if (strcmp(entry.name, ".") == 0 || strcmp(entry.name, "..") == 0)
			continue;
		snprintf(x->path + length, sizeof(x->path) - length, "/%s", entry.name);
		visit(x, dir, entry.name, depth);
		x->path[length] = 0;
	}
}

static void use_up(struct inode *root)
{
	char name[16];
	int error;
	struct inode *ip;

	for (u32 i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "/new%u", i);
		ip = fs_create(root, name, 0, &error);
		if (!ip)
			continue;
		inode_write(ip, 0, bytes, sizeof(bytes));
		inode_put(ip);
	}
}

int exercise(u8 *data, u64 block_count, u64 seed)
{
	static struct exercise x;
	struct host_memory_device memory;
	u64 allocations = host_allocation_count();
	struct inode *root;

	memset(&x, 0, sizeof(x));
	x.random = random_from(seed);
	host_memory_open(&memory, data, block_count);
	if (fs_mount(&memory.dev))
		return host_allocation_count() == allocations ? 1 : 2;
	root = fs_root();
	if (seed % 2)
		fs_rename(root, "/empty", "/d/e/deeper"); /* asks whether one is below the other */
	visit_dir(&x, root, 0);
	use_up(root);
	visit_dir(&x, root, 0);
	inode_put(root);
	if (fs_unmount() || host_allocation_count() != allocations)
		return 2;
	host_check_no_locks();
	return 0;
}
