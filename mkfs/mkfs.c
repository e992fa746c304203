/*
 * mkfs: make a file system image, and copy a directory tree into it.
 *
 *	mkfs [-s SIZE] [-i INODES] [-l LOG] IMAGE [DIRECTORY]
 *
 * SIZE is in bytes or has a K, M or G behind it (64M).  The tree is copied by the kernel's own code.  A file dev.tab at
 * its top is not copied: its lines "/dev/console c 3 0" make device nodes, and the directories they lie in.
 *
 * The image is made in memory and written at the end, holes left out: an IMAGE that exists is whole.  The same
 * tree gives the same bytes.  Exit status 0, or 1 with a message.
 */
#include "make.h"
#include "fs/inode.h"
#include "host/host.h"
#include "host/os.h"

#include <stdio.h>
#include <stdlib.h>

struct arguments {
	u64 size;
	struct make_options options;
	const char *image, *directory;
};

static void fail(const char *what, const char *path, const char *why)
{
	fprintf(stderr, "mkfs: %s %s: %s\n", what, path, why);
	exit(1);
}

/* The kernel's reasons, in words. */
static const char *reason(s64 error)
{
	switch (error) {
	case -ENOSPC: return "no space in the image (a larger -s, or more inodes with -i)";
	case -ENAMETOOLONG: return "the name or path is too long";
	case -EEXIST: return "exists already";
	case -EFBIG: return "too large for a file";
	case -EINVAL: return "a number out of range";
	case -ENOTDIR: return "a part of the path is no directory";
	default: return "the file system code failed";
	}
}

/* ---- Copying ------------------------------------------------------------------------------------------- */

static char *join(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = malloc(size);

	if (!path)
		fail("copying", name, "no memory");
	snprintf(path, size, "%s/%s", directory, name);
	return path;
}

#define CHUNK (256 * 1024u)

static void copy_content(int fd, struct inode *ip, const char *from)
{
	static u8 chunk[CHUNK];
	s64 size = os_size(fd), result;
	u32 part;

	for (s64 at = 0; at < size; at += part) {
		part = (u32)MIN(size - at, (s64)CHUNK);
		if (!os_read_at(fd, (u64)at, chunk, part))
			fail("reading", from, os_error());
		result = inode_write(ip, (u64)at, chunk, part);
		if (result != part)
			fail("writing", from, reason(result < 0 ? result : -ENOSPC));
	}
}

static void copy_file(const char *from, const char *to)
{
	struct inode *root = fs_root(), *ip;
	int fd = os_open(from, OS_READ), error;

	if (fd < 0)
		fail("reading", from, os_error());
	ip = fs_create(root, to, O_EXCL, &error);
	if (!ip)
		fail("creating", to, reason(error));
	copy_content(fd, ip, from);
	os_close(fd);
	inode_put(ip);
	inode_put(root);
}

static void make_directory(const char *to)
{
	struct inode *root = fs_root();
	int error = fs_mkdir(root, to);

	if (error)
		fail("creating", to, reason(error));
	inode_put(root);
}

static bool is_device_table(const char *to, const char *name)
{
	return to[0] == 0 && strcmp(name, "dev.tab") == 0;
}

static void copy_tree(const char *from, const char *to)
{
	struct os_entry *entries;
	s64 count = os_list(from, &entries);

	if (count < 0)
		fail("reading", from, os_error());
	for (s64 i = 0; i < count; i++) {
		char *source = join(from, entries[i].name), *target = join(to, entries[i].name);

		if (entries[i].type == OS_DIRECTORY) {
			make_directory(target);
			copy_tree(source, target);
		} else if (entries[i].type == OS_FILE) {
			if (!is_device_table(to, entries[i].name))
				copy_file(source, target);
		} else {
			fail("copying", source, "neither a file nor a directory");
		}
		free(source);
		free(target);
	}
	os_free_list(entries, count);
}

/* ---- Device nodes -------------------------------------------------------------------------------------- */

/* Make the directories that path lies in. */
static void make_parents(char *path)
{
	struct inode *root = fs_root();
	int error;

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		error = fs_mkdir(root, path);
		if (error && error != -EEXIST)
			fail("creating", path, reason(error));
		*p = '/';
	}
	inode_put(root);
}

static void make_device(const char *table, const char *line)
{
	struct inode *root = fs_root();
	char path[PATH_MAX];
	unsigned major, minor;
	char kind;
	int error;

	if (sscanf(line, " %1023s %c %u %u", path, &kind, &major, &minor) != 4 || path[0] != '/' || kind != 'c')
		fail("reading", table, "a line is not of the form: /dev/name c MAJOR MINOR");
	make_parents(path);
	error = fs_mknod(root, path, major, minor);
	if (error)
		fail("creating", path, reason(error));
	inode_put(root);
}

static void make_devices(const char *directory)
{
	char *table = join(directory, "dev.tab"), line[PATH_MAX + 64], first;
	FILE *file = fopen(table, "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %c", &first) == 1 && first != '#')
			make_device(table, line);
	}
	if (file)
		fclose(file);
	free(table);
}

/* ---- The image ----------------------------------------------------------------------------------------- */

static void fill(struct host_memory_device *memory, const struct arguments *arguments)
{
	int error;

	host_set_page_total(1 << 20);
	host_set_console(CONSOLE_STDERR);
	error = fs_mount(&memory->dev);
	if (error)
		fail("mounting", arguments->image, reason(error));
	copy_tree(arguments->directory, "");
	make_devices(arguments->directory);
	error = fs_unmount();
	if (!error)
		error = make_empty_log(&memory->dev, (const struct fs_super *)memory->data);
	if (error)
		fail("finishing", arguments->image, reason(error));
}

static bool is_used(const struct host_memory_device *memory, u32 block)
{
	const struct fs_super *super = (const struct fs_super *)memory->data;
	const u8 *bitmap = memory->data + (u64)super->bitmap_start * FS_BLOCK_SIZE;

	return bitmap[block / 8] >> block % 8 & 1;
}

static void write_image(const struct host_memory_device *memory, const char *path)
{
	const struct fs_super *super = (const struct fs_super *)memory->data;
	int fd = os_open(path, OS_CREATE);
	bool good = fd >= 0 && os_set_size(fd, memory->dev.block_count * FS_BLOCK_SIZE);
	u64 at;

	for (u32 block = 0; block < super->block_count && good; block++) {
		at = (u64)block * FS_BLOCK_SIZE;
		if (is_used(memory, block) && !os_is_zero(memory->data + at, FS_BLOCK_SIZE))
			good = os_write_at(fd, at, memory->data + at, FS_BLOCK_SIZE);
	}
	if (!good)
		fail("writing", path, os_error());
	os_close(fd);
}

/* ---- The command line ---------------------------------------------------------------------------------- */

static void usage(void)
{
	fprintf(stderr, "usage: mkfs [-s SIZE] [-i INODES] [-l LOG] IMAGE [DIRECTORY]\n");
	exit(1);
}

static u64 number(const char *text)
{
	char *end;
	u64 value = strtoull(text, &end, 10);
	const char *units = "KMG", *unit;

	if (end == text)
		usage();
	for (unit = units; *end && *unit && *unit != *end; unit++)
		;
	if (*end && (!*unit || end[1]))
		usage();
	return *end ? value << 10 * (unit - units + 1) : value;
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
	int i = 1;

	*arguments = (struct arguments){ .size = 64 << 20 };
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "-s") == 0)
			arguments->size = number(argv[i + 1]);
		else if (strcmp(argv[i], "-i") == 0)
			arguments->options.inode_count = (u32)number(argv[i + 1]);
		else if (strcmp(argv[i], "-l") == 0)
			arguments->options.log_capacity = (u32)number(argv[i + 1]);
		else
			usage();
	}
	if (i >= argc || argv[i][0] == '-' || argc - i > 2)
		usage();
	arguments->image = argv[i];
	arguments->directory = argv[i + 1];
}

int main(int argc, char **argv)
{
	struct host_memory_device memory;
	struct arguments arguments;
	const char *fault;

	parse(argc, argv, &arguments);
	host_memory_open(&memory, NULL, arguments.size / FS_BLOCK_SIZE);
	fault = make_fs(&memory.dev, &arguments.options);
	if (fault)
		fail("making", arguments.image, fault);
	if (arguments.directory)
		fill(&memory, &arguments);
	write_image(&memory, arguments.image);
	host_memory_close(&memory);
	return 0;
}
