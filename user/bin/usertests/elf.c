/*
 * exec() of damaged programs.  Each case writes a copy of /bin/true with something changed.
 */
#include "test.h"

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

#define PT_LOAD 1

static u8 *image;
static u64 image_size;
static struct elf_header *header;
static struct elf_segment *segments;

static void load_image(void)
{
	struct stat st;
	int fd = OK(open("/bin/true", O_RDONLY));

	OK(fstat(fd, &st));
	image_size = st.size;
	image = must_malloc(image_size);
	EXPECT_EQ(read_all(fd, image, image_size), image_size);
	close(fd);
	header = (struct elf_header *)image;
	segments = (struct elf_segment *)(image + header->phoff);
}

static struct elf_segment *segment(int number)
{
	for (int i = 0; i < header->phnum; i++)
		if (segments[i].type == PT_LOAD && number-- == 0)
			return &segments[i];
	FAIL("/bin/true has too few segments");
}

static s64 exec_image(void *arg)
{
	return -exec("image", (const char *[]){ "image", NULL });
}

/* The status after trying to run the image as it is now: -exec()'s answer if that failed. */
static int try_image(void)
{
	make_file("image", image, image_size);
	return status_of(exec_image, NULL);
}

TEST(elf, copy_runs)
{
	load_image();
	EXPECT_EQ(try_image(), 0);
}

TEST(elf, truncated)
{
	u64 whole;

	load_image();
	whole = image_size;
	for (image_size = 0; image_size < 64 + 56 * header->phnum; image_size += 13)
		EXPECT_EQ(try_image(), ENOEXEC);
	image_size = segment(0)->offset + segment(0)->filesz - 1;
	EXPECT(image_size < whole);
	EXPECT_EQ(try_image(), ENOEXEC);
}

static void expect_bad_byte(u64 at, u8 value)
{
	u8 old = image[at];

	image[at] = value;
	int status = try_image();

	if (status != ENOEXEC)
		FAIL("byte %lu as 0x%x: status is %d", at, value, status);
	image[at] = old;
}

TEST(elf, wrong_kind)
{
	load_image();
	expect_bad_byte(0, 'X');                                       /* magic */
	expect_bad_byte(4, 1);                                         /* 32 bits */
	expect_bad_byte(5, 2);                                         /* big-endian */
	expect_bad_byte(offsetof(struct elf_header, type), 1);         /* an object file */
	expect_bad_byte(offsetof(struct elf_header, machine), 3);      /* i386 */
	expect_bad_byte(offsetof(struct elf_header, phentsize), 55);   /* another format */
	expect_bad_byte(offsetof(struct elf_header, phnum), 0);        /* nothing to load */
	expect_bad_byte(offsetof(struct elf_header, phnum) + 1, 0xff); /* far too many segments */
	expect_bad_byte(offsetof(struct elf_header, phoff) + 7, 0x7f); /* far behind the end */
	expect_bad_byte(offsetof(struct elf_header, phoff) + 7, 0xff); /* and around the end of numbers */
	EXPECT_EQ(try_image(), 0);
}

/* Change one field of the first segment to each of these: all must be refused. */
#define EXPECT_BAD_SEGMENT(field, ...)                                                                                 \
	do {                                                                                                           \
		u64 bad_[] = { __VA_ARGS__ }, old_ = segment(0)->field;                                                \
		for (size_t i_ = 0; i_ < sizeof(bad_) / sizeof(bad_[0]); i_++) {                                       \
			segment(0)->field = bad_[i_];                                                                  \
			int status_ = try_image();                                                                     \
			if (status_ != ENOEXEC && status_ != ENOMEM)                                                   \
				FAIL(#field " 0x%lx: status is 0x%x", bad_[i_], status_);                              \
		}                                                                                                      \
		segment(0)->field = old_;                                                                              \
	} while (0)

TEST(elf, segments_at_bad_addresses)
{
	load_image();
	EXPECT_BAD_SEGMENT(vaddr, 0, 1ul << 38, 1ul << 47, 1ul << 63, 0xffffffff80000000, 0xfffffffffffff000,
			   0xffffffffffffffff);
	EXPECT_EQ(try_image(), 0);
}

TEST(elf, segments_of_bad_sizes)
{
	load_image();
	EXPECT_BAD_SEGMENT(memsz, segment(0)->filesz - 1, 1ul << 38, 1ul << 47, 1ul << 63, ~0ul);
	EXPECT_BAD_SEGMENT(filesz, segment(0)->memsz + 1, 1ul << 40, ~0ul);
	EXPECT_BAD_SEGMENT(offset, image_size, 1ul << 40, 1ul << 63, ~0ul);
	EXPECT_EQ(try_image(), 0);
}

TEST(elf, overlapping_segments)
{
	load_image();
	segment(1)->vaddr = segment(0)->vaddr;
	EXPECT_EQ(try_image(), ENOEXEC);
	segment(1)->vaddr = segment(0)->vaddr + 8; /* in the same page */
	EXPECT_EQ(try_image(), ENOEXEC);
}

TEST(elf, entry_outside)
{
	static const u64 entries[] = { 0, 1, PAGE, 1ul << 38, 1ul << 62, 0xffffffff80000000, ~0ul };

	load_image();
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		header->entry = entries[i];
		EXPECT_EQ(try_image(), ENOEXEC);
	}
	header->entry = segment(1)->vaddr; /* not executable */
	EXPECT_EQ(try_image(), ENOEXEC);
}

/* A changed program may run and do anything, so it gets a moment only. */
static void run_for_a_moment(void)
{
	make_file("image", image, image_size);
	int pid = spawn(exec_image, NULL);

	for (int i = 0; i < 20 && wait(pid, NULL, WAIT_NOHANG) == -EAGAIN; i++)
		sleep(i < 10 ? MS : 5 * MS);
	if (kill(pid) == 0)
		wait(pid, NULL, 0);
}

TEST(elf, random_damage)
{
	load_image();
	for (int i = 0; i < 60; i++) {
		u64 at = random_below(&test_random, 64 + 56 * header->phnum);
		u8 old = image[at];

		image[at] = random_next(&test_random);
		run_for_a_moment();
		image[at] = old;
	}
	EXPECT_EQ(try_image(), 0);
}
