/*
 * The file system on disk.  Shared by the kernel, mkfs and fsck; needs nothing but integer types.
 *
 *   block 0   1                                        bitmap_start  inode_start   data_start      block_count
 *   +-------+-------------------+-------------------+--------------+-------------+----------------------+
 *   | super | log slot 0        | log slot 1        | block bitmap | inode table | data and indirect    |
 *   |       | record | blocks   | record | blocks   |              |             | blocks, directories  |
 *   +-------+-------------------+-------------------+--------------+-------------+----------------------+
 *
 * All numbers are little-endian, and only little-endian machines are supported.  Blocks have 4 KiB; a block number
 * has 32 bits, and 0 means "none".  A sector of 512 bytes is what the device writes whole or not at all.
 *
 * Free things are recognizable: a free inode is all zero, a free directory entry has number 0, a free block has a zero
 * bit.  There is one copy of each fact, but for the bitmap, which fsck can derive.
 *
 * Pending inodes.  An inode without links (an orphan: unlinked while open) or with INODE_TRIM (a truncation under way)
 * may own blocks beyond its size.  Mounting finds them by a scan of the inode table and finishes the work.
 */
#ifndef KERNEL_FS_FORMAT_H
#define KERNEL_FS_FORMAT_H

#include "abi/types.h"

#define FS_MAGIC       0x646e616c74616c46ull /* "Flatland" */
#define FS_VERSION     1u
#define FS_BLOCK_SIZE  4096u
#define FS_SECTOR_SIZE 512u
#define FS_ROOT_INO    1u
#define FS_LINK_MAX    32000u
#define FS_MAJOR_MAX   255u
#define FS_MINOR_MAX   65535u

/* ---- Superblock ---------------------------------------------------------------------------------------- */

/* Written by mkfs and never again. */
struct fs_super {
	u64 magic;
	u32 version;
	u32 block_size;
	u32 block_count;  /* of the whole image */
	u32 inode_count;  /* numbers 1 to inode_count - 1 are usable; 32 to a block, whole blocks */
	u32 log_start;
	u32 log_capacity; /* blocks that one transaction may change */
	u32 bitmap_start;
	u32 inode_start;
	u32 data_start;
	u32 zero;
	u64 checksum;     /* of the bytes before it */
};

/* ---- Log ----------------------------------------------------------------------------------------------- */

/*
 * Transaction `seq` is in slot seq % 2: its record in the first block, the new contents of the blocks home[0..count)
 * behind it, in that order.  Only the valid record with the highest seq matters.  Its transaction is complete; count
 * 0 says that it has been installed.  The older slot may hold anything: its transaction was installed before the newer
 * record was written.
 *
 * The record without home[] fits in a sector, so setting count to 0 (with a new checksum) is atomic.
 */
#define LOG_MAGIC        0x2e474f4c54414c46ull /* "FLATLOG." */
#define LOG_SLOTS        2u
#define LOG_CAPACITY_MIN 24u
#define LOG_CAPACITY_MAX 1000u

struct log_record {
	u64 magic;
	u64 seq;
	u64 data_sum;  /* of the logged blocks */
	u32 count;
	u32 zero;
	u64 checksum;  /* of the fields before it, then of home[0..count), padded with a zero to an even number */
	u32 home[LOG_CAPACITY_MAX];
};

/* ---- Inodes -------------------------------------------------------------------------------------------- */

#define INODE_DIRECT      22u
#define INODE_SINGLE      22u /* index of the single-indirect block in block[] */
#define INODE_DOUBLE      23u
#define INODE_SLOTS       24u
#define FS_INDIRECT_COUNT (FS_BLOCK_SIZE / 4)
#define FS_FILE_BLOCKS    (INODE_DIRECT + FS_INDIRECT_COUNT + (u64)FS_INDIRECT_COUNT * FS_INDIRECT_COUNT)
#define FS_FILE_MAX       (FS_FILE_BLOCKS * FS_BLOCK_SIZE) /* bytes */

/* The types; the same numbers as enum file_type of abi/syscall.h. */
enum { INODE_FREE, INODE_FILE, INODE_DIR, INODE_DEV };

enum { INODE_TRIM = 1 }; /* flags */

/*
 * A file may have holes, which read as zeros; the bytes of its last block behind size are zero.  A directory has
 * none, its size is a multiple of an entry's, its link count is 2 plus the number of its subdirectories.
 */
struct disk_inode {
	u16 type;
	u16 flags;
	u32 nlink;
	u64 size;  /* bytes */
	u32 major; /* of a device, else 0 */
	u32 minor;
	u64 zero;
	u32 block[INODE_SLOTS];
};

#define INODES_PER_BLOCK (FS_BLOCK_SIZE / (u32)sizeof(struct disk_inode))

/* ---- Directories --------------------------------------------------------------------------------------- */

/* The first two entries are "." and "..".  A name has 1 to 59 bytes, neither 0 nor '/'; the rest is zero. */
#define FS_NAME_SIZE 60u

struct disk_dirent {
	u32 ino;
	char name[FS_NAME_SIZE];
};

#define DIRENTS_PER_BLOCK (FS_BLOCK_SIZE / (u32)sizeof(struct disk_dirent))

/* ---- Checksum ------------------------------------------------------------------------------------------ */

_Static_assert(sizeof(struct fs_super) == 56, "the superblock's layout");
_Static_assert(sizeof(struct log_record) <= FS_BLOCK_SIZE, "a record is one block");
_Static_assert(offsetof(struct log_record, home) <= FS_SECTOR_SIZE, "a record's head is one sector");
_Static_assert(sizeof(struct disk_inode) == 128, "inodes fill a block");
_Static_assert(sizeof(struct disk_dirent) == 64, "entries fill a block");

/* Continue `sum` (0 at the start) over size bytes, a multiple of 8, at an 8-aligned address.  Finds accidents. */
static inline u64 fs_checksum(u64 sum, const void *data, size_t size)
{
	const u64 *word = data;

	for (size_t i = 0; i < size / 8; i++) {
		sum = (sum ^ word[i]) * 0x9e3779b97f4a7c15ull;
		sum ^= sum >> 32;
	}
	return sum;
}

static inline u64 fs_super_checksum(const struct fs_super *super)
{
	return fs_checksum(FS_MAGIC, super, offsetof(struct fs_super, checksum));
}

/* The record's count is at most LOG_CAPACITY_MAX, and home[count] is 0 if count is odd. */
static inline u64 log_record_checksum(const struct log_record *record)
{
	u64 sum = fs_checksum(LOG_MAGIC, record, offsetof(struct log_record, checksum));

	return fs_checksum(sum, record->home, (record->count + 1) / 2 * 8);
}

#endif
