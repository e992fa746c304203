/*
 * The block cache, over a test disk.
 */
#include "fs_disk.h"
#include "fs/buffer.h"
#include "grading/ktest/crew.h"

#define BUFFERS 8u

static void close_cache(void *unused)
{
	buffer_cache_close();
}

static void open_cache(u32 count)
{
	struct block_device *dev = disk_open();

	ASSERT_EQ(buffer_cache_open(dev, count), 0);
	ktest_defer(close_cache, NULL);
}

static struct buffer *get(u32 block)
{
	struct buffer *buffer;

	ASSERT_EQ(buffer_get(block, &buffer), 0);
	return buffer;
}

static void touch(u32 block)
{
	buffer_put(get(block));
}

static void one_block_has_one_buffer(void)
{
	struct buffer *a, *b;

	open_cache(BUFFERS);
	a = get(5);
	b = get(5);
	EXPECT_EQ(a, b);
	EXPECT_EQ(disk_read_count(), 1u);
	buffer_put(a);
	EXPECT_EQ(buffer_idle_count(), BUFFERS - 1);
	buffer_put(b);
	EXPECT_EQ(buffer_idle_count(), BUFFERS);
}

static void least_recently_used_goes_first(void)
{
	open_cache(BUFFERS);
	for (u32 block = 0; block < BUFFERS; block++)
		touch(block);
	touch(0);
	touch(100);
	EXPECT_TRUE(buffer_is_cached(0));
	EXPECT_FALSE(buffer_is_cached(1));
	EXPECT_TRUE(buffer_is_cached(2));
}

static void used_and_pinned_buffers_stay(void)
{
	struct buffer *used, *pinned;

	open_cache(BUFFERS);
	used = get(0);
	pinned = get(1);
	buffer_pin(pinned);
	buffer_put(pinned);
	for (u32 block = 10; block < 10 + 3 * BUFFERS; block++)
		touch(block);
	EXPECT_TRUE(buffer_is_cached(0));
	EXPECT_TRUE(buffer_is_cached(1));
	buffer_put(used);
	buffer_unpin(pinned);
	EXPECT_EQ(buffer_idle_count(), BUFFERS);
}

static void no_idle_buffer_is_an_error(void)
{
	struct buffer *buffers[BUFFERS], *more;

	open_cache(BUFFERS);
	for (u32 i = 0; i < BUFFERS; i++)
		buffers[i] = get(i);
	EXPECT_EQ(buffer_get(100, &more), -ENOMEM);
	EXPECT_EQ(buffer_get_zeroed(100, &more), -ENOMEM);
	EXPECT_EQ(buffer_get(3, &more), 0);
	buffer_put(more);
	for (u32 i = 0; i < BUFFERS; i++)
		buffer_put(buffers[i]);
}

static void failed_read_is_tried_again(void)
{
	struct buffer *buffer;

	open_cache(BUFFERS);
	disk_fail(DISK_READS, 1);
	EXPECT_EQ(buffer_get(7, &buffer), -EIO);
	EXPECT_EQ(buffer_idle_count(), BUFFERS);
	touch(7);
	EXPECT_EQ(disk_read_count(), 2u);
}

static void read_ahead_is_one_request(void)
{
	open_cache(2 * BUFFER_READ_AHEAD);
	buffer_read_ahead(10, BUFFER_READ_AHEAD);
	EXPECT_EQ(disk_read_count(), 1u);
	for (u32 i = 0; i < BUFFER_READ_AHEAD; i++)
		touch(10 + i);
	EXPECT_EQ(disk_read_count(), 1u);
}

static void read_ahead_does_not_replace_what_is_newer(void)
{
	struct buffer *buffer;

	open_cache(2 * BUFFER_READ_AHEAD);
	ASSERT_EQ(buffer_get_zeroed(0, &buffer), 0);
	buffer_read_ahead(0, 4);
	EXPECT_EQ(buffer->data[0], 0);
	buffer_put(buffer);
}

static void get_in_turn(u32 member, void *arg)
{
	struct ktest_random r = ktest_random(member);

	for (u32 i = 0; i < ktest_rounds(300) && !ktest_has_failed(); i++) {
		u32 block = (u32)random_below(&r, 3 * BUFFERS);
		struct buffer *buffer = get(block);

		EXPECT_EQ(buffer->block, block);
		EXPECT_TRUE(buffer->valid);
		if (random_below(&r, 4) == 0)
			buffer_read_ahead(block, 3);
		buffer_put(buffer);
	}
}

static void threads_share_the_cache(void)
{
	open_cache(2 * BUFFERS);
	crew_run(4, get_in_turn, NULL);
	EXPECT_EQ(buffer_idle_count(), 2 * BUFFERS);
}

static const struct ktest_case cases[] = {
	CASE(one_block_has_one_buffer),
	CASE(least_recently_used_goes_first),
	CASE(used_and_pinned_buffers_stay),
	CASE(no_idle_buffer_is_an_error),
	CASE(failed_read_is_tried_again),
	CASE(read_ahead_is_one_request),
	CASE(read_ahead_does_not_replace_what_is_newer),
	CASE(threads_share_the_cache),
};
KTEST_SUITE(fs_cache, cases);
