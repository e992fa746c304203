/*
 * wc [-lwc] [file...]: count lines, words and bytes.
 */
#include "args.h"
#include "ctype.h"
#include "stdio.h"
#include "sys.h"

struct counts {
	u64 lines, words, bytes;
};

static struct {
	bool lines, words, bytes;
} show;

static void print(const struct counts *c, const char *name)
{
	if (show.lines)
		printf("%7lu ", c->lines);
	if (show.words)
		printf("%7lu ", c->words);
	if (show.bytes)
		printf("%7lu ", c->bytes);
	printf("%s\n", name);
}

static int count(int fd, struct counts *c)
{
	static char buf[16 * 1024];
	bool in_word = false;
	s64 n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		c->bytes += n;
		for (s64 i = 0; i < n; i++) {
			c->lines += buf[i] == '\n';
			c->words += !in_word && !isspace(buf[i]);
			in_word = !isspace(buf[i]);
		}
	}
	return n;
}

static int count_file(const char *name, struct counts *total)
{
	struct counts c = { 0 };
	int fd = name ? open(name, O_RDONLY) : 0;
	int error = fd < 0 ? fd : count(fd, &c);

	if (error) {
		warn(name ? name : "input", error);
	} else {
		print(&c, name ? name : "");
		total->lines += c.lines;
		total->words += c.words;
		total->bytes += c.bytes;
	}
	if (fd > 0)
		close(fd);
	return error;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "lwc", "wc [-lwc] [file...]");
	struct counts total = { 0 };
	int status = 0;

	for (int flag; (flag = args_flag(&a));) {
		show.lines |= flag == 'l';
		show.words |= flag == 'w';
		show.bytes |= flag == 'c';
	}
	if (!show.lines && !show.words && !show.bytes)
		show.lines = show.words = show.bytes = true;

	bool several = args_left(&a) > 1;

	if (!args_left(&a))
		return count_file(NULL, &total) ? 1 : 0;
	for (char *name; (name = args_next(&a));)
		if (count_file(name, &total))
			status = 1;
	if (several)
		print(&total, "total");
	return status;
}
