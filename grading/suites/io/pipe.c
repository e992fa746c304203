/*
 * Pipes with a thread at each end.  What needs only one thread is tested on the host (suites/host/file_test.c) and by
 * the user tests.
 */
#include "grading/ktest/crew.h"
#include "fs/pipe.h"

#define STREAM_BYTES (256 * 1024u)
#define PIECE_MAX    6000u

static struct file *reader, *writer;

static void put_end(void *arg)
{
	struct file **end = arg;

	if (*end)
		file_put(*end);
	*end = NULL;
}

static void open_pipe(void)
{
	ASSERT_EQ(pipe_create(&reader, &writer), 0);
	ktest_defer(put_end, &reader);
	ktest_defer(put_end, &writer);
}

/* Byte number n of the stream. */
static u8 stream_byte(u64 n)
{
	return n * 31 + n / 251;
}

static void write_stream(void *arg)
{
	static u8 piece[PIECE_MAX];
	struct ktest_random random = ktest_random(1);

	for (u64 done = 0; done < STREAM_BYTES;) {
		u64 size = MIN(1 + random_below(&random, PIECE_MAX), STREAM_BYTES - done);

		for (u64 i = 0; i < size; i++)
			piece[i] = stream_byte(done + i);
		ASSERT_EQ(writer->ops->write(writer, piece, size), (s64)size);
		done += size;
	}
	put_end(&writer);
}

static void stream_arrives_in_order_and_ends(void)
{
	static u8 piece[PIECE_MAX];
	struct ktest_random random = ktest_random(0);
	static struct helper h;
	u64 done = 0;
	s64 n;

	open_pipe();
	helper_start(&h, write_stream, NULL);
	while ((n = reader->ops->read(reader, piece, 1 + random_below(&random, PIECE_MAX))) > 0) {
		for (s64 i = 0; i < n && !ktest_has_failed(); i++)
			EXPECT_EQ(piece[i], stream_byte(done + i), "at %lu", done + i);
		done += n;
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(done, STREAM_BYTES);
	helper_join(&h);
}

/* A record: its size in the first two bytes, its writer in all others. */
#define RECORDS_EACH 60u
#define WRITERS      3u

static void write_records(u32 member)
{
	static u8 record[WRITERS][PIPE_ATOMIC];
	struct ktest_random random = ktest_random(member + 1);

	for (u32 i = 0; i < RECORDS_EACH; i++) {
		u32 size = 3 + random_below(&random, PIPE_ATOMIC - 3);

		memset(record[member], 'a' + member, size);
		record[member][0] = size;
		record[member][1] = size >> 8;
		ASSERT_EQ(writer->ops->write(writer, record[member], size), (s64)size);
	}
}

static void read_fully(u8 *to, u32 size)
{
	for (u32 done = 0; done < size;) {
		s64 n = reader->ops->read(reader, to + done, size - done);

		ASSERT_GT(n, 0);
		done += n;
	}
}

static void read_records(void)
{
	static u8 record[PIPE_ATOMIC];

	for (u32 i = 0; i < WRITERS * RECORDS_EACH; i++) {
		u32 size;

		if (i % 8 == 0)
			sleep_ns(200 * 1000); /* meanwhile the ring fills up and the writers wait */
		read_fully(record, 2);
		size = record[0] | record[1] << 8;
		ASSERT_TRUE(size >= 3 && size <= PIPE_ATOMIC, "record %u: size %u", i, size);
		read_fully(record + 2, size - 2);
		for (u32 j = 3; j < size; j++)
			ASSERT_EQ(record[j], record[2], "record %u byte %u", i, j);
	}
}

static void read_or_write_records(u32 member, void *arg)
{
	if (member < WRITERS)
		write_records(member);
	else
		read_records();
}

static void writes_of_a_page_are_never_mixed(void)
{
	open_pipe();
	crew_run(WRITERS + 1, read_or_write_records, NULL);
}

static void close_reader_later(void *arg)
{
	sleep_ns(1000 * 1000);
	put_end(&reader);
}

static void writer_that_waits_learns_that_nobody_reads(void)
{
	static u8 page[PAGE_SIZE];
	static struct helper h;
	s64 n = 0;

	open_pipe();
	helper_start(&h, close_reader_later, NULL);
	for (u32 i = 0; i < 100 && n >= 0; i++)
		n = writer->ops->write(writer, page, sizeof(page));
	EXPECT_EQ(n, -EPIPE);
	helper_join(&h);
}

static const struct ktest_case cases[] = {
	CASE(stream_arrives_in_order_and_ends),
	CASE(writes_of_a_page_are_never_mixed),
	CASE(writer_that_waits_learns_that_nobody_reads),
};
KTEST_SUITE(pipe, cases);
