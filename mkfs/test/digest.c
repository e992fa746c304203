/*
 * Digests, and that of the mounted file system.  See digest.h and model.h.
 */
#include "digest.h"
#include "model.h"
#include "fs/inode.h"
#include "host/host.h"
#include "host/os.h"

#include <stdio.h>

static u64 mix(u64 x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

u64 digest_block(u64 index, const u8 *block)
{
	return os_is_zero(block, FS_BLOCK_SIZE) ? 0 : mix(fs_checksum(index + 1, block, FS_BLOCK_SIZE));
}

u64 digest_name(u64 directory, const char *name)
{
	u64 hash = mix(directory + 1);

	while (*name)
		hash = mix(hash + (u8)*name++);
	return hash;
}

u64 digest_node(u64 path, const struct digest *digest)
{
	u64 hash = mix(path);

	hash = mix(hash + digest->type);
	hash = mix(hash + digest->nlink);
	hash = mix(hash + digest->major);
	hash = mix(hash + digest->minor);
	hash = mix(hash + digest->size);
	return mix(hash + digest->content);
}

void digest_print(u32 depth, const char *name, const struct digest *digest)
{
	printf("#%*s%s: type %u, %u links, %lu bytes, content %lx\n", (int)depth * 2, "", name, digest->type,
	       digest->nlink, (unsigned long)digest->size, (unsigned long)digest->content);
}

/* ---- What is mounted ----------------------------------------------------------------------------------- */

static int digest_content(struct inode *ip, struct digest *digest)
{
	u64 chunk[FS_BLOCK_SIZE / 8];
	s64 result;

	for (u64 index = 0; index * FS_BLOCK_SIZE < digest->size; index++) {
		memset(chunk, 0, sizeof(chunk));
		result = inode_read(ip, index * FS_BLOCK_SIZE, chunk, sizeof(chunk));
		if (result < 0)
			return (int)result;
		digest->content += digest_block(index, (const u8 *)chunk);
	}
	return 0;
}

static int digest_inode(struct inode *ip, struct digest *digest)
{
	struct stat stat;
	int error = inode_stat(ip, &stat);

	if (error)
		return error;
	*digest = (struct digest){ stat.type, stat.nlink, stat.major, stat.minor,
				   stat.type == T_FILE ? stat.size : 0, 0 };
	return digest_content(ip, digest);
}

enum visit { VISIT_SUM, VISIT_PRINT };

static int visit_tree(struct inode *ip, u64 path, u32 depth, enum visit visit, u64 *sum);

static int visit_entry(struct inode *dir, u64 path, u32 depth, const struct dirent *entry, u64 *sum)
{
	enum visit visit = sum ? VISIT_SUM : VISIT_PRINT;
	struct digest digest;
	int error;
	struct inode *ip = fs_lookup(dir, entry->name, &error);

	if (!ip)
		return error;
	if (visit == VISIT_PRINT && digest_inode(ip, &digest) == 0)
		digest_print(depth, entry->name, &digest);
	error = visit_tree(ip, digest_name(path, entry->name), depth, visit, sum);
	inode_put(ip);
	return error;
}

static int visit_tree(struct inode *ip, u64 path, u32 depth, enum visit visit, u64 *sum)
{
	struct dirent entry;
	struct digest digest;
	u64 offset = 0;
	s64 result = visit == VISIT_SUM ? digest_inode(ip, &digest) : 0;

	if (result)
		return (int)result;
	if (visit == VISIT_SUM)
		*sum += digest_node(path, &digest);
	if (inode_type(ip) != T_DIR)
		return 0;
	while ((result = inode_getdents(ip, &offset, &entry, 1)) > 0) {
		if (strcmp(entry.name, ".") == 0 || strcmp(entry.name, "..") == 0)
			continue;
		result = visit_entry(ip, path, depth + 1, &entry, sum);
		if (result)
			break;
	}
	return (int)result;
}

u64 digest_of_dir(struct inode *dir, int *error)
{
	u64 sum = 0;

	*error = visit_tree(dir, 0, 0, VISIT_SUM, &sum);
	return sum;
}

u64 digest_of_fs(int *error)
{
	struct inode *root = fs_root();
	u64 sum = digest_of_dir(root, error);

	inode_put(root);
	return sum;
}

void print_fs(void)
{
	struct inode *root = fs_root();

	visit_tree(root, 0, 0, VISIT_PRINT, NULL);
	inode_put(root);
}
