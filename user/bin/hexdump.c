/*
 * hexdump [-C] [-s offset] [-n bytes] [file]: bytes as numbers and characters.
 *
 * The format is the one that -C asks for elsewhere; here there is no other.  `*` stands for lines equal to the one
 * before.
 */
#include "args.h"
#include "ctype.h"
#include "io.h"
#include "stdio.h"
#include "string.h"

#define ROW 16

static void print_row(u64 offset, const u8 *row, size_t size)
{
	printf("%08lx ", offset);
	for (size_t i = 0; i < ROW; i++) {
		if (i == ROW / 2)
			printf(" ");
		if (i < size)
			printf(" %02x", row[i]);
		else
			printf("   ");
	}
	printf("  |");
	for (size_t i = 0; i < size; i++)
		putchar(isprint(row[i]) ? row[i] : '.');
	printf("|\n");
}

/* 0 or -E... */
static s64 dump(int fd, u64 offset, u64 limit)
{
	u8 row[ROW], last[ROW];
	bool starred = false;
	u64 start = offset;
	s64 n = 0;

	while (offset - start < limit) {
		u64 left = limit - (offset - start);

		n = read_all(fd, row, left < ROW ? left : ROW);
		if (n <= 0)
			break;
		bool same = offset > start && n == ROW && memcmp(row, last, ROW) == 0;

		if (!same)
			print_row(offset, row, n);
		else if (!starred)
			printf("*\n");
		starred = same;
		memcpy(last, row, ROW);
		offset += n;
	}
	printf("%08lx\n", offset);
	return n < 0 ? n : 0;
}

/* Skip to an offset; pipes and devices cannot seek, so read. */
static s64 skip(int fd, u64 offset)
{
	u8 buf[512];

	if (lseek(fd, offset, SEEK_SET) >= 0)
		return 0;
	while (offset) {
		s64 n = read(fd, buf, offset < sizeof(buf) ? offset : sizeof(buf));

		if (n <= 0)
			return n;
		offset -= n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "Cs:n:", "hexdump [-C] [-s offset] [-n bytes] [file]");
	s64 offset = 0, limit = INT64_MAX;

	for (int flag; (flag = args_flag(&a));)
		if (flag != 'C')
			*(flag == 's' ? &offset : &limit) = args_number(&a);
	if (args_left(&a) > 1 || offset < 0 || limit < 0)
		args_usage(&a);
	char *name = args_next(&a);
	int fd = name ? open(name, O_RDONLY) : 0;

	if (fd < 0)
		die(name, fd);
	s64 error = offset ? skip(fd, offset) : 0;

	if (!error)
		error = dump(fd, offset, limit);
	if (error)
		die(name ? name : "input", error);
	return 0;
}
