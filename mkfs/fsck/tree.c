/*
 * fsck's rules for directories, names and links: the directories are a tree, and every inode has as many names as it
 * says.
 */
#include "fsck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRENT_SIZE sizeof(struct disk_dirent)

/* A directory being looked at. */
struct dir {
	struct fsck *fsck;
	u32 ino;
	u64 count;      /* entries */
	u32 *queue;     /* directories to look at */
	u32 *queue_end;
};

static const struct disk_dirent *entry_at(struct dir *dir, u64 i)
{
	u64 offset = i * DIRENT_SIZE;
	u32 block = fsck_find_block(dir->fsck, fsck_inode(dir->fsck, dir->ino), offset / FS_BLOCK_SIZE);

	if (block == 0)
		return NULL;
	return (const struct disk_dirent *)(fsck_block(dir->fsck, block) + offset % FS_BLOCK_SIZE);
}

/* ---- One entry ----------------------------------------------------------------------------------------- */

static int name_is_valid(const char *name)
{
	size_t length = strnlen(name, FS_NAME_SIZE);

	if (length == 0 || length == FS_NAME_SIZE || memchr(name, '/', length))
		return 0;
	for (size_t i = length; i < FS_NAME_SIZE; i++)
		if (name[i] != 0)
			return 0;
	return 1;
}

static int is_name(const struct disk_dirent *entry, const char *name)
{
	return strncmp(entry->name, name, FS_NAME_SIZE) == 0;
}

/* The entries "." and "..". */
static void check_dots(struct dir *dir)
{
	const struct disk_dirent *dot = entry_at(dir, 0), *dotdot = entry_at(dir, 1);

	if (!dot || !dotdot)
		return;
	if (!is_name(dot, ".") || dot->ino != dir->ino)
		fsck_fault(dir->fsck, "dir-dot", "directory %u: its first entry is not \".\"", dir->ino);
	if (!is_name(dotdot, "..") || dotdot->ino != dir->fsck->parent[dir->ino])
		fsck_fault(dir->fsck, "dir-dotdot", "directory %u: its second entry is not \"..\" of directory %u",
			   dir->ino, dir->fsck->parent[dir->ino]);
}

/* An entry that leads to a directory. */
static void follow(struct dir *dir, u32 ino)
{
	u32 *parent = &dir->fsck->parent[ino];

	if (*parent) {
		fsck_fault(dir->fsck, "dir-twice", "directory %u is in directory %u and in directory %u", ino,
			   *parent, dir->ino);
		return;
	}
	*parent = dir->ino;
	*dir->queue_end++ = ino;
}

static void check_entry(struct dir *dir, u64 i, const struct disk_dirent *entry)
{
	struct fsck *fsck = dir->fsck;
	const struct disk_inode *target;

	if (!name_is_valid(entry->name) || is_name(entry, ".") || is_name(entry, ".."))
		fsck_fault(fsck, "dirent-name", "directory %u, entry %lu: an invalid name", dir->ino,
			   (unsigned long)i);
	if (entry->ino >= fsck->super.inode_count) {
		fsck_fault(fsck, "dirent-range", "directory %u, entry %lu: there is no inode %u", dir->ino,
			   (unsigned long)i, entry->ino);
		return;
	}
	target = fsck_inode(fsck, entry->ino);
	if (target->type == INODE_FREE) {
		fsck_fault(fsck, "dirent-dead", "directory %u, entry %lu: inode %u is free", dir->ino,
			   (unsigned long)i, entry->ino);
		return;
	}
	fsck->links[entry->ino]++;
	if (target->type == INODE_DIR)
		follow(dir, entry->ino);
}

/* ---- One directory ------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strncmp(*(const char *const *)a, *(const char *const *)b, FS_NAME_SIZE);
}

static void check_unique(struct dir *dir, const char **names, u64 count)
{
	qsort(names, count, sizeof(*names), by_name);
	for (u64 i = 1; i < count; i++)
		if (by_name(&names[i - 1], &names[i]) == 0)
			fsck_fault(dir->fsck, "dirent-double", "directory %u has two entries \"%.*s\"", dir->ino,
				   (int)FS_NAME_SIZE, names[i]);
}

static int is_all_zero(const struct disk_dirent *entry)
{
	static const struct disk_dirent zero;

	return memcmp(entry, &zero, sizeof(zero)) == 0;
}

static void check_dir(struct dir *dir)
{
	const char **names = fsck_alloc((dir->count + 1) * sizeof(*names));
	u64 name_count = 0;

	check_dots(dir);
	for (u64 i = 2; i < dir->count; i++) {
		const struct disk_dirent *entry = entry_at(dir, i);

		if (!entry)
			break; /* reported as a hole */
		if (entry->ino != 0) {
			check_entry(dir, i, entry);
			names[name_count++] = entry->name;
		} else if (!is_all_zero(entry)) {
			fsck_fault(dir->fsck, "dirent-free", "directory %u, entry %lu: free, but not zero",
				   dir->ino, (unsigned long)i);
		}
	}
	check_unique(dir, names, name_count);
	free(names);
}

/* ---- The tree ------------------------------------------------------------------------------------------ */

/* Look at every directory that can be reached; each is put into the queue once, with its first parent. */
static void walk(struct fsck *fsck)
{
	u32 *queue = fsck_alloc((size_t)fsck->super.inode_count * sizeof(u32));
	struct dir dir = { .fsck = fsck, .queue = queue, .queue_end = queue };

	fsck->parent[FS_ROOT_INO] = FS_ROOT_INO;
	*dir.queue_end++ = FS_ROOT_INO;
	for (u32 *next = queue; next < dir.queue_end; next++) {
		dir.ino = *next;
		dir.count = fsck_inode(fsck, dir.ino)->size / DIRENT_SIZE;
		if (fsck_inode(fsck, dir.ino)->size <= FS_FILE_MAX)
			check_dir(&dir);
	}
	free(queue);
}

/* A directory's links are its name, its "." and the ".." of each of its subdirectories. */
static void add_directory_links(struct fsck *fsck)
{
	for (u32 ino = 1; ino < fsck->super.inode_count; ino++) {
		if (!fsck->parent[ino])
			continue;
		fsck->links[ino]++;
		if (ino != FS_ROOT_INO)
			fsck->links[fsck->parent[ino]]++;
	}
	fsck->links[FS_ROOT_INO]++; /* the root's name */
}

static void check_links(struct fsck *fsck, u32 ino)
{
	const struct disk_inode *inode = fsck_inode(fsck, ino);

	if (inode->type == INODE_DIR && inode->nlink > 0 && !fsck->parent[ino])
		fsck_fault(fsck, "dir-lost", "no path leads to directory %u", ino);
	else if (inode->type != INODE_FREE && inode->nlink != fsck->links[ino])
		fsck_fault(fsck, "inode-links", "inode %u counts %u links and has %u", ino, inode->nlink,
			   fsck->links[ino]);
}

void fsck_tree(struct fsck *fsck)
{
	if (fsck->super.inode_count <= FS_ROOT_INO || fsck_inode(fsck, FS_ROOT_INO)->type != INODE_DIR) {
		fsck_fault(fsck, "root", "inode %u is not the root directory", FS_ROOT_INO);
		return;
	}
	walk(fsck);
	add_directory_links(fsck);
	for (u32 ino = 1; ino < fsck->super.inode_count; ino++)
		check_links(fsck, ino);
}
