/*
 * Damaged images: fsck names each kind of damage, and the file system survives it.
 *
 *	damage_test [-n IMAGES] [-f FIRST_SEED]
 *
 * A corruptor damages a good image in one way; fsck must report the key that belongs to it, and the kernel's code must
 * neither crash nor hang on the image.  Then the same with random bytes in random places, and if fsck finds nothing
 * then, the kernel must not complain either.
 */
#include "check.h"
#include "exercise.h"
#include "fsck/fsck.h"
#include "host/os.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCKS  400u
#define SECONDS 20u

/* The good image, and what is where in it. */
static struct {
	u8 *data;
	u32 file, small, other, sparse, device, dir, sub, empty, orphan;
} good;

/* The image being damaged. */
static u8 *image;

/* ---- The good image ------------------------------------------------------------------------------------ */

static u32 ino_of(struct inode *root, const char *path)
{
	struct stat stat = { 0 };
	int error;
	struct inode *ip = fs_lookup(root, path, &error);

	if (ip) {
		inode_stat(ip, &stat);
		inode_put(ip);
	}
	return stat.ino;
}

static u32 make_file(struct inode *root, const char *path, u64 offset, u32 size)
{
	static const u8 bytes[200000] = { 1, 2, 3, [4095] = 1, [100000] = 5 };
	int error;
	struct inode *ip = fs_create(root, path, 0, &error);

	inode_write(ip, offset, bytes, size);
	inode_put(ip);
	return ino_of(root, path);
}

static void make_tree(struct inode *root)
{
	fs_mkdir(root, "/d");
	fs_mkdir(root, "/d/e");
	fs_mkdir(root, "/empty");
	good.file = make_file(root, "/a", 0, 150000); /* has an indirect block */
	good.small = make_file(root, "/d/small", 0, 5000);
	good.other = make_file(root, "/d/e/other", 0, 9000);
	good.sparse = make_file(root, "/sparse", 40000000, 10000); /* has a double-indirect block */
	fs_mknod(root, "/d/dev", 3, 1);
	fs_link(root, "/a", "/d/e/link");
	good.device = ino_of(root, "/d/dev");
	good.dir = ino_of(root, "/d");
	good.sub = ino_of(root, "/d/e");
	good.empty = ino_of(root, "/empty");
	fs_unlink(root, "/d/e/other");
	good.other = make_file(root, "/d/e/other", 0, 9000);
}

static void make_good(void)
{
	static struct image made;
	struct inode *root;

	image_make(&made, BLOCKS, 64, LOG_CAPACITY_MIN);
	image_mount(&made);
	root = fs_root();
	make_tree(root);
	inode_put(root);
	if (fs_unmount())
		host_die("the good image cannot be made");
	good.data = made.memory.data;
	image = host_alloc(BLOCKS * FS_BLOCK_SIZE);
}

/* ---- Places in it -------------------------------------------------------------------------------------- */

static struct fs_super *super(void)
{
	return (struct fs_super *)image;
}

static void seal_super(void)
{
	super()->checksum = fs_super_checksum(super());
}

static void *block(u32 number)
{
	return image + (u64)number * FS_BLOCK_SIZE;
}

static struct disk_inode *inode(u32 ino)
{
	return (struct disk_inode *)block(super()->inode_start) + ino;
}

static struct disk_dirent *entries(u32 dir)
{
	return block(inode(dir)->block[0]);
}

static struct disk_dirent *entry(u32 dir, const char *name)
{
	struct disk_dirent *e = entries(dir);

	while (strncmp(e->name, name, FS_NAME_SIZE) != 0)
		e++;
	return e;
}

static u32 *indirect(u32 ino)
{
	return block(inode(ino)->block[INODE_SINGLE]);
}

static u32 *double_indirect(u32 ino)
{
	return block(inode(ino)->block[INODE_DOUBLE]);
}

static void flip_bit(u32 number)
{
	u8 *bitmap = block(super()->bitmap_start);

	bitmap[number / 8] ^= (u8)(1 << number % 8);
}

static u32 free_block(void)
{
	u8 *bitmap = block(super()->bitmap_start);
	u32 number = super()->data_start;

	while (bitmap[number / 8] >> number % 8 & 1)
		number++;
	return number;
}

static u32 free_inode(void)
{
	u32 ino = 1;

	while (inode(ino)->type != INODE_FREE)
		ino++;
	return ino;
}

static void rename_small(const char *name)
{
	struct disk_dirent *e = entry(good.dir, "small");

	memset(e->name, 0, FS_NAME_SIZE);
	memcpy(e->name, name, strlen(name));
}

/* A complete transaction that waits, writing `home` twice over (with what is there). */
static struct log_record *make_transaction(u32 home, u32 second)
{
	struct log_record *record = block(super()->log_start);
	u32 slot = 0;

	for (u32 i = 0; i < LOG_SLOTS; i++) {
		struct log_record *r = block(super()->log_start + i * (super()->log_capacity + 1));

		if (r->magic == LOG_MAGIC && r->seq >= record->seq) {
			record = r;
			slot = i;
		}
	}
	record->count = 2;
	record->home[0] = home;
	record->home[1] = second;
	for (u32 i = 0; i < 2; i++)
		if (record->home[i] < BLOCKS)
			memcpy((u8 *)record + (i + 1) * FS_BLOCK_SIZE, block(record->home[i]), FS_BLOCK_SIZE);
	record->seq += (record->seq % LOG_SLOTS != slot);
	record->data_sum = fs_checksum(0, (u8 *)record + FS_BLOCK_SIZE, 2 * FS_BLOCK_SIZE);
	record->checksum = log_record_checksum(record);
	return record;
}

/* ---- Damages ------------------------------------------------------------------------------------------- */

static void super_magic(void) { super()->magic++; }
static void super_checksum(void) { super()->inode_count += 32; }
static void super_version(void) { super()->version = 2; seal_super(); }
static void super_block_size(void) { super()->block_size = 1024; seal_super(); }
static void super_layout(void) { super()->inode_start++; seal_super(); }
static void super_no_inodes(void) { super()->inode_count = 0; seal_super(); }
static void super_huge_log(void) { super()->log_capacity = 0xffffffff; seal_super(); }
static void super_small_log(void) { super()->log_capacity = 1; seal_super(); }
static void image_short(void) { super()->block_count += 1000; seal_super(); }

static void log_records_torn(void)
{
	for (u32 i = 0; i < LOG_SLOTS; i++)
		((struct log_record *)block(super()->log_start + i * (super()->log_capacity + 1)))->checksum++;
}

static void log_in_wrong_slot(void)
{
	struct log_record *record = make_transaction(super()->inode_start, super()->data_start);

	record->seq++;
	record->checksum = log_record_checksum(record);
}

static void log_waits(void) { make_transaction(super()->inode_start, super()->data_start); }
static void log_blocks_wrong(void) { ((u8 *)make_transaction(super()->inode_start, super()->data_start))[5000]++; }
static void log_home_beyond(void) { make_transaction(super()->data_start, BLOCKS); }
static void log_home_super(void) { make_transaction(0, super()->data_start); }
static void log_home_twice(void) { make_transaction(super()->data_start, super()->data_start); }

static void inode_type_unknown(void) { inode(good.small)->type = 9; }
static void inode_flags(void) { inode(good.small)->flags = 0x80; }
static void inode_reserved(void) { inode(good.small)->zero = 1; }
static void inode_free_used(void) { inode(free_inode())->size = 5; }
static void inode_zero_used(void) { inode(0)->type = INODE_FILE; }
static void inode_nlink_high(void) { inode(good.file)->nlink++; }
static void inode_nlink_low(void) { inode(good.file)->nlink--; }
static void inode_nlink_huge(void) { inode(good.file)->nlink = 0xffffffff; }
static void inode_nlink_zero(void) { inode(good.file)->nlink = 0; }
static void dir_nlink_low(void) { inode(good.dir)->nlink = 2; }
static void dir_nlink_zero(void) { inode(good.dir)->nlink = 0; }
static void inode_huge(void) { inode(good.small)->size = ~0ull; }
static void inode_beyond_max(void) { inode(good.small)->size = FS_FILE_MAX + 1; }
static void file_with_numbers(void) { inode(good.small)->major = 3; }
static void device_number_zero(void) { inode(good.device)->major = 0; }
static void device_number_high(void) { inode(good.device)->minor = FS_MINOR_MAX + 1; }
static void device_with_block(void) { inode(good.device)->block[0] = free_block(); }
static void inode_without_name(void) { memset(entry(good.dir, "small"), 0, sizeof(struct disk_dirent)); }

static void block_beyond_image(void) { inode(good.small)->block[0] = BLOCKS; }
static void block_in_table(void) { inode(good.small)->block[1] = super()->inode_start; }
static void block_in_log(void) { inode(good.small)->block[0] = 2; }
static void block_wild_indirect(void) { inode(good.file)->block[INODE_SINGLE] = 0xfffffff0; }
static void block_wild_in_indirect(void) { indirect(good.file)[3] = 0x80000000; }
static void block_wild_in_double(void) { double_indirect(good.sparse)[8] = 0x7fffffff; }
static void block_of_two(void) { inode(good.small)->block[0] = inode(good.other)->block[0]; }
static void block_twice(void) { inode(good.small)->block[1] = inode(good.small)->block[0]; }
static void block_of_dir(void) { inode(good.small)->block[0] = inode(good.dir)->block[0]; }
static void block_indirect_is_own(void) { indirect(good.file)[0] = inode(good.file)->block[INODE_SINGLE]; }

static void block_double_is_own(void)
{
	for (u32 i = 0; i < FS_INDIRECT_COUNT; i++)
		double_indirect(good.sparse)[i] = inode(good.sparse)->block[INODE_DOUBLE];
}

static void block_beyond_end(void)
{
	inode(good.small)->block[5] = free_block();
	flip_bit(free_block());
}

static void block_used_marked_free(void) { flip_bit(inode(good.small)->block[0]); }
static void block_free_marked_used(void) { flip_bit(free_block()); }
static void bitmap_of_table(void) { flip_bit(super()->inode_start); }
static void bitmap_behind_end(void) { flip_bit(BLOCKS + 3); }
static void tail_of_file(void) { ((u8 *)block(inode(good.small)->block[1]))[4000] = 1; }

static void dir_size_odd(void) { inode(good.dir)->size++; }
static void dir_size_small(void) { inode(good.empty)->size = sizeof(struct disk_dirent); }
static void dir_size_huge(void) { inode(good.dir)->size = FS_FILE_MAX; }
static void dir_without_block(void) { inode(good.dir)->block[0] = 0; }
static void dir_dot(void) { entries(good.dir)[0].ino = good.sub; }
static void dir_dot_name(void) { entries(good.dir)[0].name[0] = 'x'; }
static void dir_dotdot(void) { entries(good.sub)[1].ino = good.empty; }
static void dir_dotdot_self(void) { entries(good.sub)[1].ino = good.sub; }
static void dir_dotdot_gone(void) { memset(&entries(good.sub)[1], 0, sizeof(struct disk_dirent)); }
static void name_with_slash(void) { entry(good.dir, "small")->name[2] = '/'; }
static void name_without_end(void) { memset(entry(good.dir, "small")->name, 'x', FS_NAME_SIZE); }
static void name_empty(void) { memset(entry(good.dir, "small")->name, 0, FS_NAME_SIZE); }
static void name_with_rest(void) { entry(good.dir, "small")->name[20] = 'x'; }
static void name_dot_again(void) { rename_small("."); }
static void name_double(void) { rename_small("dev"); }
static void entry_free_not_zero(void) { entry(good.dir, "small")->ino = 0; }
static void entry_beyond_table(void) { entry(good.dir, "small")->ino = 0x10000000; }
static void entry_to_free_inode(void) { entry(good.dir, "small")->ino = free_inode(); }
static void dir_linked_twice(void) { entry(good.sub, "other")->ino = good.empty; }
static void dir_in_itself(void) { entry(good.sub, "other")->ino = good.sub; }
static void dir_contains_parent(void) { entry(good.sub, "other")->ino = good.dir; }
static void dir_contains_root(void) { entry(good.sub, "other")->ino = FS_ROOT_INO; }
static void dir_lost(void) { memset(entry(FS_ROOT_INO, "empty"), 0, sizeof(struct disk_dirent)); }

/* A cycle that no path leads to. */
static void dir_cycle(void)
{
	memset(entry(FS_ROOT_INO, "d"), 0, sizeof(struct disk_dirent));
	entry(good.sub, "other")->ino = good.dir;
	entries(good.dir)[1].ino = good.sub;
}

static void root_is_file(void) { inode(FS_ROOT_INO)->type = INODE_FILE; }
static void root_is_free(void) { memset(inode(FS_ROOT_INO), 0, sizeof(struct disk_inode)); }

static void orphan_with_wild_block(void)
{
	inode_without_name();
	inode(good.small)->nlink = 0;
	inode(good.small)->block[1] = 0xffffffff;
}

static void orphan_with_block_of_other(void)
{
	inode_without_name();
	inode(good.small)->nlink = 0;
	inode(good.small)->block[INODE_SINGLE] = inode(good.file)->block[INODE_SINGLE];
}

static void trim_with_wild_block(void)
{
	inode(good.small)->flags = INODE_TRIM;
	inode(good.small)->block[INODE_DOUBLE] = 0x12345678;
}

static void trim_with_double_own(void)
{
	block_double_is_own();
	inode(good.sparse)->flags = INODE_TRIM;
	inode(good.sparse)->size = 0;
}

static const struct damage {
	const char *name;
	const char *key; /* that fsck must report */
	void (*make)(void);
} damages[] = {
#define DAMAGE(function, key) { #function, key, function }
	DAMAGE(super_magic, "super-magic"), DAMAGE(super_checksum, "super-checksum"),
	DAMAGE(super_version, "super-version"), DAMAGE(super_block_size, "super-version"),
	DAMAGE(super_layout, "super-layout"), DAMAGE(super_no_inodes, "super-layout"),
	DAMAGE(super_huge_log, "super-layout"), DAMAGE(super_small_log, "super-layout"),
	DAMAGE(image_short, "image-short"), DAMAGE(log_records_torn, "log-record"),
	DAMAGE(log_in_wrong_slot, "log-slot"), DAMAGE(log_waits, "log-dirty"),
	DAMAGE(log_blocks_wrong, "log-sum"), DAMAGE(log_home_beyond, "log-home"),
	DAMAGE(log_home_super, "log-home"), DAMAGE(log_home_twice, "log-home"),
	DAMAGE(inode_type_unknown, "inode-type"), DAMAGE(inode_flags, "inode-flags"),
	DAMAGE(inode_reserved, "inode-zero"), DAMAGE(inode_free_used, "inode-free"),
	DAMAGE(inode_zero_used, "inode-free"), DAMAGE(inode_nlink_high, "inode-links"),
	DAMAGE(inode_nlink_low, "inode-links"), DAMAGE(inode_nlink_huge, "inode-links"),
	DAMAGE(inode_nlink_zero, "inode-links"), DAMAGE(dir_nlink_low, "inode-links"),
	DAMAGE(dir_nlink_zero, "inode-links"), DAMAGE(inode_huge, "inode-size"),
	DAMAGE(inode_beyond_max, "inode-size"), DAMAGE(file_with_numbers, "inode-device"),
	DAMAGE(device_number_zero, "inode-device"), DAMAGE(device_number_high, "inode-device"),
	DAMAGE(device_with_block, "inode-device"), DAMAGE(inode_without_name, "inode-links"),
	DAMAGE(block_beyond_image, "block-range"), DAMAGE(block_in_table, "block-range"),
	DAMAGE(block_in_log, "block-range"), DAMAGE(block_wild_indirect, "block-range"),
	DAMAGE(block_wild_in_indirect, "block-range"), DAMAGE(block_wild_in_double, "block-range"),
	DAMAGE(block_of_two, "block-shared"), DAMAGE(block_twice, "block-shared"),
	DAMAGE(block_of_dir, "block-shared"), DAMAGE(block_indirect_is_own, "block-shared"),
	DAMAGE(block_double_is_own, "block-shared"), DAMAGE(block_beyond_end, "block-beyond"),
	DAMAGE(block_used_marked_free, "block-free"), DAMAGE(block_free_marked_used, "block-leak"),
	DAMAGE(bitmap_of_table, "bitmap-fixed"), DAMAGE(bitmap_behind_end, "bitmap-end"),
	DAMAGE(tail_of_file, "file-tail"), DAMAGE(dir_size_odd, "dir-size"),
	DAMAGE(dir_size_small, "dir-size"), DAMAGE(dir_size_huge, "dir-hole"),
	DAMAGE(dir_without_block, "dir-hole"), DAMAGE(dir_dot, "dir-dot"), DAMAGE(dir_dot_name, "dir-dot"),
	DAMAGE(dir_dotdot, "dir-dotdot"), DAMAGE(dir_dotdot_self, "dir-dotdot"),
	DAMAGE(dir_dotdot_gone, "dir-dotdot"), DAMAGE(name_with_slash, "dirent-name"),
	DAMAGE(name_without_end, "dirent-name"), DAMAGE(name_empty, "dirent-name"),
	DAMAGE(name_with_rest, "dirent-name"), DAMAGE(name_dot_again, "dirent-name"),
	DAMAGE(name_double, "dirent-double"), DAMAGE(entry_free_not_zero, "dirent-free"),
	DAMAGE(entry_beyond_table, "dirent-range"), DAMAGE(entry_to_free_inode, "dirent-dead"),
	DAMAGE(dir_linked_twice, "dir-twice"), DAMAGE(dir_in_itself, "dir-twice"),
	DAMAGE(dir_contains_parent, "dir-twice"), DAMAGE(dir_contains_root, "dir-twice"),
	DAMAGE(dir_lost, "dir-lost"), DAMAGE(dir_cycle, "dir-lost"), DAMAGE(root_is_file, "root"),
	DAMAGE(root_is_free, "root"), DAMAGE(orphan_with_wild_block, "block-range"),
	DAMAGE(orphan_with_block_of_other, "block-shared"), DAMAGE(trim_with_wild_block, "block-range"),
	DAMAGE(trim_with_double_own, "block-shared"),
};

/* ---- Checking ------------------------------------------------------------------------------------------ */

struct found {
	const char *key;
	bool named;
	char other[32]; /* some key that was reported */
};

static void note_fault(struct fsck *fsck, const char *key, const char *text)
{
	struct found *found = fsck->arg;

	snprintf(found->other, sizeof(found->other), "%s", key);
	if (found->key && strcmp(key, found->key) == 0)
		found->named = true;
}

static u32 fsck_copy(const u8 *from, struct found *found)
{
	struct fsck fsck = { .size = BLOCKS * FS_BLOCK_SIZE, .report = note_fault, .arg = found };

	fsck.image = host_alloc(fsck.size);
	memcpy(fsck.image, from, fsck.size);
	fsck_check(&fsck);
	host_free(fsck.image);
	return fsck.fault_count;
}

/* In a process of its own.  Several seeds, since what is done to the damaged image is random. */
static int exercise_image(void *unused)
{
	u8 *copy = host_alloc(BLOCKS * FS_BLOCK_SIZE);
	int status = 0;

	for (u64 seed = 1; seed <= 6 && status < 2; seed++) {
		memcpy(copy, image, BLOCKS * FS_BLOCK_SIZE);
		status = exercise(copy, BLOCKS, seed);
	}
	host_free(copy);
	return status < 2 ? 0 : status;
}

static void test_damage(const struct damage *damage)
{
	struct found found = { .key = damage->key };
	char name[64];
	int status;

	snprintf(name, sizeof(name), "damage.%s", damage->name);
	case_begin(name);
	memcpy(image, good.data, BLOCKS * FS_BLOCK_SIZE);
	damage->make();
	fsck_copy(image, &found);
	if (!found.named)
		case_fail(__FILE__, __LINE__, "fsck reports %s, not %s", found.other[0] ? found.other : "nothing",
			  damage->key);
	status = os_run(exercise_image, NULL, SECONDS);
	if (status)
		case_fail(__FILE__, __LINE__, "the file system ends with status %d on it", status);
	case_end();
}

/* ---- Random bytes -------------------------------------------------------------------------------------- */

#define BATCH 100u

static u64 first_seed;

/* Mostly where numbers mean something: the bitmap, inodes, directories, indirect blocks. */
static void damage_randomly(struct random *random)
{
	u32 flips = 1 + (u32)random_below(random, random_below(random, 4) ? 3 : 40), at;

	for (u32 i = 0; i < flips; i++) {
		u64 kind = random_below(random, 10);

		at = super()->inode_start + (u32)random_below(random, 2);
		if (kind < 4)
			at = super()->data_start + (u32)random_below(random, 120);
		else if (kind == 4)
			at = (u32)random_below(random, BLOCKS);
		else if (kind == 5)
			at = super()->log_start + (u32)random_below(random, 2) * (super()->log_capacity + 1);
		((u8 *)block(at))[random_below(random, random_below(random, 2) ? 1600 : FS_BLOCK_SIZE)] =
			random_below(random, 2) ? (u8)random_next(random) : (u8)random_below(random, 4);
	}
}

static int run_batch(void *arg)
{
	u64 seed = *(u64 *)arg, printed;
	struct found found = { .key = NULL };

	for (u32 i = 0; i < BATCH; i++, seed++) {
		struct random random = random_from(seed);
		u32 faults;
		int status;

		memcpy(image, good.data, BLOCKS * FS_BLOCK_SIZE);
		damage_randomly(&random);
		faults = fsck_copy(image, &found);
		printed = host_printed();
		status = exercise(image, BLOCKS, seed);
		if (status == 2 || (faults == 0 && host_printed() != printed)) {
			printf("#   seed %lu: status %d, %u faults\n", (unsigned long)seed, status, faults);
			return 1;
		}
	}
	return 0;
}

static void test_random_bytes(u64 images)
{
	int status;

	case_begin("damage.random_bytes");
	for (u64 seed = first_seed; seed < first_seed + images && !case_has_failed(); seed += BATCH) {
		status = os_run(run_batch, &seed, 60);
		if (status)
			case_fail(__FILE__, __LINE__, "status %d in seeds %lu to %lu", status, (unsigned long)seed,
				  (unsigned long)(seed + BATCH - 1));
	}
	case_end();
}

static void test_good(void)
{
	struct found found = { .key = "" };

	case_begin("damage.none");
	CHECK_EQUAL(fsck_copy(good.data, &found), 0);
	memcpy(image, good.data, BLOCKS * FS_BLOCK_SIZE);
	CHECK_EQUAL(os_run(exercise_image, NULL, SECONDS), 0);
	CHECK_EQUAL(exercise(image, BLOCKS, 5), 0);
	CHECK_EQUAL(fsck_copy(image, &found), 0);
	CHECK_EQUAL(host_printed(), 0);
	case_end();
}

int main(int argc, char **argv)
{
	u64 images = 2000;

	first_seed = 1;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "-n") == 0)
			images = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "-f") == 0)
			first_seed = strtoull(argv[i + 1], NULL, 10);
	}
	host_set_page_total(0);
	make_good();
	test_good();
	for (u32 i = 0; i < ARRAY_SIZE(damages); i++)
		test_damage(&damages[i]);
	test_random_bytes(images);
	return cases_failed() > 0;
}
