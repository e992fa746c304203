/*
 * The program fsck.
 *
 *	fsck [-r] [-v] IMAGE
 *
 * -r installs what waits in the log, as the kernel would at the next mount, in memory; -v prints what there is.  The
 * image is never written.  Exit status: 0 clean, 1 faults, 2 the image cannot be read.
 */
#include "fsck.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_fault(struct fsck *fsck, const char *key, const char *text)
{
	printf("%s: %s: %s\n", (const char *)fsck->arg, key, text);
}

/* A private mapping: replaying changes only this process's copy. */
static int map_image(struct fsck *fsck, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	fsck->size = (u64)st.st_size;
	if (fsck->size == 0)
		return 1;
	fsck->image = mmap(NULL, fsck->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	return fsck->image != MAP_FAILED;
}

static void print_summary(const struct fsck *fsck)
{
	const struct fs_super *s = &fsck->super;

	printf("%u blocks of 4 KiB, %u of them for the file system itself, %u for inodes' contents\n",
	       s->block_count, s->data_start, fsck->used_block_count);
	printf("%u inodes: %u files, %u directories, %u devices, %u of them pending\n", s->inode_count,
	       fsck->file_count, fsck->directory_count, fsck->device_count, fsck->pending_count);
	printf("log: 2 slots of %u blocks; %u blocks replayed\n", s->log_capacity, fsck->replayed_count);
}

static int usage(void)
{
	fprintf(stderr, "usage: fsck [-r] [-v] IMAGE\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct fsck fsck = { .report = print_fault };
	int verbose = 0, i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-r") == 0)
			fsck.log = FSCK_LOG_REPLAY;
		else if (strcmp(argv[i], "-v") == 0)
			verbose = 1;
		else
			return usage();
	}
	if (i != argc - 1)
		return usage();
	fsck.arg = argv[i];
	if (!map_image(&fsck, argv[i])) {
		perror(argv[i]);
		return 2;
	}
	fsck_check(&fsck);
	if (verbose && fsck.super.block_count)
		print_summary(&fsck);
	if (fsck.fault_count > 0)
		printf("%s: %u faults\n", argv[i], fsck.fault_count);
	else if (verbose)
		printf("%s: clean\n", argv[i]);
	return fsck.fault_count > 0;
}
