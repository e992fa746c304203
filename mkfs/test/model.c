/*
 * A file system that is obviously right.  See model.h.
 */
#include "model.h"
#include "digest.h"
#include "host/host.h"

struct model_entry {
	char name[FS_NAME_SIZE];
	struct model_node *node;
};

struct model_node {
	u32 type, nlink, refs, major, minor;
	u64 size;
	/* a file's: the blocks, NULL where there are only zeros, and the sum of their hashes */
	u8 **blocks;
	u64 block_count;
	u64 content;
	/* a directory's */
	struct model_entry *entries;
	u32 entry_count;
};

/* ---- Nodes --------------------------------------------------------------------------------------------- */

static struct model_node *node_new(u32 type)
{
	struct model_node *node = host_alloc(sizeof(*node));

	node->type = type;
	node->nlink = type == T_DIR ? 2 : 1;
	node->refs = 1;
	return node;
}

static void drop_blocks(struct model_node *node, u64 first)
{
	for (u64 i = first; i < node->block_count; i++) {
		if (node->blocks[i])
			node->content -= digest_block(i, node->blocks[i]);
		host_free(node->blocks[i]);
		node->blocks[i] = NULL;
	}
}

static void node_free_if_unused(struct model_node *node)
{
	if (node->refs > 0 || node->nlink > 0)
		return;
	drop_blocks(node, 0);
	host_free(node->blocks);
	host_free(node->entries);
	host_free(node);
}

void model_put(struct model_node *node)
{
	node->refs--;
	node_free_if_unused(node);
}

static struct model_entry *find_entry(struct model_node *dir, const char *name)
{
	for (u32 i = 0; i < dir->entry_count; i++)
		if (strcmp(dir->entries[i].name, name) == 0)
			return &dir->entries[i];
	return NULL;
}

static void add_entry(struct model_node *dir, const char *name, struct model_node *node)
{
	struct model_entry *entries = host_alloc((dir->entry_count + 1) * sizeof(*entries));

	if (dir->entry_count > 0)
		memcpy(entries, dir->entries, dir->entry_count * sizeof(*entries));
	host_free(dir->entries);
	dir->entries = entries;
	memcpy(entries[dir->entry_count].name, name, strlen(name) + 1);
	entries[dir->entry_count++].node = node;
	dir->nlink += node->type == T_DIR;
}

static void remove_entry(struct model_node *dir, struct model_entry *entry)
{
	dir->nlink -= entry->node->type == T_DIR;
	*entry = dir->entries[--dir->entry_count];
}

void model_open(struct model *model)
{
	model->root = node_new(T_DIR);
}

static void free_tree(struct model_node *node)
{
	for (u32 i = 0; node->type == T_DIR && i < node->entry_count; i++)
		free_tree(node->entries[i].node);
	if (node->type == T_DIR)
		node->nlink = 0;
	else
		node->nlink--;
	if (node->type == T_DIR)
		node->refs = 0;
	node_free_if_unused(node);
}

void model_close(struct model *model)
{
	free_tree(model->root);
	model->root = NULL;
}

/* ---- Paths --------------------------------------------------------------------------------------------- */

/* Where a path leads: dir may turn out not to be a directory. */
struct place {
	struct model_node *dir;
	char name[FS_NAME_SIZE];
};

static int step(struct model_node *dir, const char *name, struct model_node **out)
{
	struct model_entry *entry;

	if (dir->type != T_DIR)
		return -ENOTDIR;
	entry = find_entry(dir, name);
	if (!entry)
		return -ENOENT;
	*out = entry->node;
	return 0;
}

static int walk(struct model *model, const char *path, struct place *place)
{
	int error = 0;

	place->dir = model->root;
	for (;;) {
		size_t length = 0;

		while (*path == '/')
			path++;
		while (path[length] && path[length] != '/')
			length++;
		if (length >= FS_NAME_SIZE)
			return -ENAMETOOLONG;
		memset(place->name, 0, sizeof(place->name));
		memcpy(place->name, path, length);
		path += length;
		if (!*path)
			return 0;
		error = step(place->dir, place->name, &place->dir);
		if (error)
			return error;
	}
}

struct model_node *model_lookup(struct model *model, const char *path, int *error)
{
	struct model_node *node = NULL;
	struct place place;

	*error = walk(model, path, &place);
	if (!*error)
		*error = step(place.dir, place.name, &node);
	if (*error)
		return NULL;
	node->refs++;
	return node;
}

/* ---- Names --------------------------------------------------------------------------------------------- */

static int add_node(struct place *place, u32 type, struct model_node **out)
{
	if (place->dir->type != T_DIR)
		return -ENOTDIR;
	if (find_entry(place->dir, place->name))
		return -EEXIST;
	*out = node_new(type);
	add_entry(place->dir, place->name, *out);
	return 0;
}

struct model_node *model_create(struct model *model, const char *path, u32 flags, int *error)
{
	struct model_node *node = NULL;
	struct place place;

	*error = walk(model, path, &place);
	if (*error)
		return NULL;
	*error = add_node(&place, T_FILE, &node);
	if (*error == -EEXIST && !(flags & O_EXCL)) {
		*error = step(place.dir, place.name, &node);
		node->refs++;
	}
	return *error ? NULL : node;
}

static int make_node(struct model *model, const char *path, u32 type, struct model_node **out)
{
	struct place place;
	int error = walk(model, path, &place);

	return error ? error : add_node(&place, type, out);
}

int model_mkdir(struct model *model, const char *path)
{
	struct model_node *node;
	int error = make_node(model, path, T_DIR, &node);

	if (!error)
		model_put(node);
	return error;
}

int model_mknod(struct model *model, const char *path, u32 major, u32 minor)
{
	struct model_node *node;
	int error = make_node(model, path, T_DEV, &node);

	if (error)
		return error;
	node->major = major;
	node->minor = minor;
	model_put(node);
	return 0;
}

int model_link(struct model *model, const char *old_path, const char *new_path)
{
	struct place place;
	int error;
	struct model_node *node = model_lookup(model, old_path, &error);

	if (!node)
		return error;
	error = node->type == T_DIR ? -EPERM : walk(model, new_path, &place);
	if (!error && place.dir->type != T_DIR)
		error = -ENOTDIR;
	if (!error && find_entry(place.dir, place.name))
		error = -EEXIST;
	if (!error) {
		add_entry(place.dir, place.name, node);
		node->nlink++;
	}
	model_put(node);
	return error;
}

/* A name is gone already; the node follows if it was the last. */
static void drop_name(struct model_node *node)
{
	if (node->type == T_DIR)
		node->nlink = 0;
	else
		node->nlink--;
	node_free_if_unused(node);
}

int model_unlink(struct model *model, const char *path)
{
	struct model_node *node;
	struct place place;
	int error = walk(model, path, &place);

	if (!error)
		error = step(place.dir, place.name, &node);
	if (error)
		return error;
	if (node->type == T_DIR && node->entry_count > 0)
		return -ENOTEMPTY;
	remove_entry(place.dir, find_entry(place.dir, place.name));
	drop_name(node);
	return 0;
}

static bool is_below(struct model_node *node, struct model_node *ancestor)
{
	if (node == ancestor)
		return true;
	for (u32 i = 0; ancestor->type == T_DIR && i < ancestor->entry_count; i++)
		if (is_below(node, ancestor->entries[i].node))
			return true;
	return false;
}

static int check_rename(struct place *from, struct place *to, struct model_node *source, struct model_node *victim)
{
	if (victim && victim->type == T_DIR && source->type != T_DIR)
		return -EISDIR;
	if (victim && victim->type != T_DIR && source->type == T_DIR)
		return -ENOTDIR;
	if (source->type == T_DIR && is_below(to->dir, source))
		return -EINVAL;
	if (victim && victim->type == T_DIR && (is_below(from->dir, victim) || victim->entry_count > 0))
		return -ENOTEMPTY;
	return 0;
}

static void move(struct place *from, struct place *to, struct model_node *source, struct model_node *victim)
{
	if (victim) {
		remove_entry(to->dir, find_entry(to->dir, to->name));
		drop_name(victim);
	}
	remove_entry(from->dir, find_entry(from->dir, from->name));
	add_entry(to->dir, to->name, source);
}

int model_rename(struct model *model, const char *old_path, const char *new_path)
{
	struct model_node *source, *victim = NULL;
	struct place from, to;
	int error = walk(model, old_path, &from);

	if (!error)
		error = walk(model, new_path, &to);
	if (!error)
		error = step(from.dir, from.name, &source);
	if (error)
		return error;
	error = step(to.dir, to.name, &victim);
	if (error && error != -ENOENT)
		return error;
	if (source == victim)
		return 0;
	error = check_rename(&from, &to, source, victim);
	if (!error)
		move(&from, &to, source, victim);
	return error;
}

/* ---- Picking ------------------------------------------------------------------------------------------- */

static u64 count_nodes(const struct model_node *dir)
{
	u64 count = dir->entry_count;

	for (u32 i = 0; dir->type == T_DIR && i < dir->entry_count; i++)
		count += count_nodes(dir->entries[i].node);
	return count;
}

bool model_pick(const struct model *model, u64 choice, char *path, size_t size)
{
	const struct model_node *dir = model->root;
	u64 count = count_nodes(dir);
	size_t at = 0;

	choice = count > 0 ? choice % count : 0;
	for (u32 i = 0; i < dir->entry_count; i++) {
		const struct model_entry *entry = &dir->entries[i];
		u64 below = count_nodes(entry->node);

		if (choice > below) {
			choice -= below + 1;
			continue;
		}
		if (at + strlen(entry->name) + 2 > size)
			return false;
		at += (size_t)snprintf(path + at, size - at, "/%s", entry->name);
		if (choice == 0)
			return true;
		choice--;
		dir = entry->node;
		i = ~0u; /* begin again, one level deeper */
	}
	return false;
}

/* ---- Content ------------------------------------------------------------------------------------------- */

static int check_file(const struct model_node *node)
{
	if (node->type == T_DIR)
		return -EISDIR;
	return node->type == T_FILE ? 0 : -EINVAL;
}

static u8 *block_for_write(struct model_node *node, u64 index)
{
	if (index >= node->block_count) {
		u64 count = index + 16;
		u8 **blocks = host_alloc(count * sizeof(*blocks));

		if (node->block_count > 0)
			memcpy(blocks, node->blocks, node->block_count * sizeof(*blocks));
		host_free(node->blocks);
		node->blocks = blocks;
		node->block_count = count;
	}
	if (!node->blocks[index])
		node->blocks[index] = host_alloc(FS_BLOCK_SIZE);
	return node->blocks[index];
}

static void write_part(struct model_node *node, u64 offset, const u8 *from, size_t size)
{
	u64 index = offset / FS_BLOCK_SIZE;
	u8 *block = block_for_write(node, index);

	node->content -= digest_block(index, block);
	if (from)
		memcpy(block + offset % FS_BLOCK_SIZE, from, size);
	else
		memset(block + offset % FS_BLOCK_SIZE, 0, size);
	node->content += digest_block(index, block);
}

s64 model_write(struct model_node *node, u64 offset, const void *buf, size_t size)
{
	int error = check_file(node);
	size_t done = 0, part;

	if (error || size == 0)
		return error;
	if (offset >= FS_FILE_MAX)
		return -EFBIG;
	size = (size_t)MIN((u64)size, FS_FILE_MAX - offset);
	for (; done < size; done += part) {
		part = MIN(size - done, FS_BLOCK_SIZE - (size_t)((offset + done) % FS_BLOCK_SIZE));
		write_part(node, offset + done, (const u8 *)buf + done, part);
	}
	node->size = MAX(node->size, offset + size);
	return (s64)size;
}

s64 model_read(struct model_node *node, u64 offset, void *buf, size_t size)
{
	int error = check_file(node);
	size_t done = 0, part;

	if (error || offset >= node->size)
		return error;
	size = (size_t)MIN((u64)size, node->size - offset);
	for (; done < size; done += part) {
		u64 at = offset + done, index = at / FS_BLOCK_SIZE;
		const u8 *block = index < node->block_count ? node->blocks[index] : NULL;

		part = MIN(size - done, FS_BLOCK_SIZE - (size_t)(at % FS_BLOCK_SIZE));
		if (block)
			memcpy((u8 *)buf + done, block + at % FS_BLOCK_SIZE, part);
		else
			memset((u8 *)buf + done, 0, part);
	}
	return (s64)size;
}

int model_truncate(struct model_node *node, u64 size)
{
	int error;

	if (size > FS_FILE_MAX)
		return -EFBIG;
	error = check_file(node);
	if (error)
		return error;
	drop_blocks(node, (size + FS_BLOCK_SIZE - 1) / FS_BLOCK_SIZE);
	if (size < node->size && size % FS_BLOCK_SIZE && size / FS_BLOCK_SIZE < node->block_count &&
	    node->blocks[size / FS_BLOCK_SIZE])
		write_part(node, size, NULL, FS_BLOCK_SIZE - size % FS_BLOCK_SIZE);
	node->size = size;
	return 0;
}

u32 model_type(const struct model_node *node)
{
	return node->type;
}

u64 model_size(const struct model_node *node)
{
	return node->size;
}

/* ---- Digests ------------------------------------------------------------------------------------------- */

static u64 digest_tree(const struct model_node *node, u64 path)
{
	struct digest digest = { node->type, node->nlink, node->major, node->minor,
				 node->type == T_FILE ? node->size : 0, node->content };
	u64 sum = digest_node(path, &digest);

	for (u32 i = 0; node->type == T_DIR && i < node->entry_count; i++)
		sum += digest_tree(node->entries[i].node, digest_name(path, node->entries[i].name));
	return sum;
}

u64 model_digest(const struct model *model)
{
	return digest_tree(model->root, 0);
}

static void print_tree(const struct model_node *dir, u32 depth)
{
	for (u32 i = 0; i < dir->entry_count; i++) {
		const struct model_node *node = dir->entries[i].node;

		digest_print(depth, dir->entries[i].name,
			     &(struct digest){ node->type, node->nlink, node->major, node->minor,
					       node->type == T_FILE ? node->size : 0, node->content });
		if (node->type == T_DIR)
			print_tree(node, depth + 1);
	}
}

void model_print(const struct model *model)
{
	print_tree(model->root, 1);
}
