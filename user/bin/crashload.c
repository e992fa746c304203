/*
 * crashload: work for a machine that is going to be stopped, and the check of what is left.
 *
 *	crashload run SEED [STEPS]      prints "synced N" when step N is certainly on the disk
 *	crashload verify SEED N         after a crash: prints "verified M" (M >= N), or what is wrong
 *
 * All happens in /crash.  Step N writes a file, whose content follows from SEED and N, under a temporary name;
 * renames it to one of some names; sometimes removes another; appends a line to the journal; and syncs that.  The
 * choices follow from SEED and N too, so verify knows what must be there when the last line of the journal says M:
 * the files of the steps up to M, and perhaps what step M + 1 had done when the machine stopped.
 */
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"

#define DIRECTORY "/crash"
#define JOURNAL   "/crash/journal"
#define TEMPORARY "/crash/temporary"
#define NAMES     12u
#define LINE      16u /* bytes of a line of the journal, which divides a block */
#define CHUNK     8192u

struct step {
	u64 number;
	u32 name;          /* that is written */
	u32 removed;       /* NAMES: none */
	u32 size;          /* bytes */
};

static u64 seed;
static u64 chunk[CHUNK / 8], wanted[CHUNK / 8];

/* ---- What a step does ---------------------------------------------------------------------------------- */

static u64 mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
	x = (x ^ x >> 27) * 0x94d049bb133111ebul;
	return x ^ x >> 31;
}

static struct step step_of(u64 number)
{
	u64 r = mix(seed * 1000003 + number);
	struct step step = { .number = number, .name = r % NAMES, .removed = NAMES };

	if (r >> 8 & 3)
		step.size = (r >> 16) % 20000;
	else
		step.size = (r >> 16) % 300000;
	if ((r >> 48) % 5 == 0 && (r >> 40) % NAMES != step.name)
		step.removed = (r >> 40) % NAMES;
	return step;
}

static void name_path(char *path, size_t size, u32 name)
{
	snprintf(path, size, DIRECTORY "/file%u", name);
}

/* The bytes of a step's file from `offset` on, a multiple of CHUNK. */
static void fill_content(u64 *to, u64 number, u64 offset)
{
	for (u32 i = 0; i < CHUNK / 8; i++)
		to[i] = mix(seed + (number << 32) + offset + i);
}

/* ---- Running ------------------------------------------------------------------------------------------- */

static void must(const char *what, s64 result)
{
	if (result < 0)
		die(what, (int)result);
}

static void write_file(const struct step *step)
{
	int fd = open(TEMPORARY, O_WRONLY | O_CREATE | O_TRUNC);

	must(TEMPORARY, fd);
	for (u32 offset = 0; offset < step->size; offset += CHUNK) {
		u32 part = step->size - offset < CHUNK ? step->size - offset : CHUNK;

		fill_content(chunk, step->number, offset);
		must("write", write(fd, chunk, part));
	}
	close(fd);
}

static void run_step(u64 number, int journal)
{
	struct step step = step_of(number);
	char path[32], line[LINE + 1];
	int error;

	write_file(&step);
	name_path(path, sizeof(path), step.name);
	must("rename", rename(TEMPORARY, path));
	if (step.removed < NAMES) {
		name_path(path, sizeof(path), step.removed);
		error = unlink(path);
		if (error != -ENOENT)
			must("unlink", error);
	}
	snprintf(line, sizeof(line), "%15lu\n", number);
	must(JOURNAL, write(journal, line, LINE));
	must("fsync", fsync(journal));
	printf("synced %lu\n", number);
}

static int run(u64 steps)
{
	int journal;

	must(DIRECTORY, mkdir(DIRECTORY));
	journal = open(JOURNAL, O_WRONLY | O_CREATE | O_APPEND);
	must(JOURNAL, journal);
	for (u64 number = 1; number <= steps; number++)
		run_step(number, journal);
	return 0;
}

/* ---- Verifying ----------------------------------------------------------------------------------------- */

static bool failed;

static void complain(const char *format, const char *path, u64 number)
{
	printf(format, path, number);
	failed = true;
}

/* The number in the last line of the journal; 0 if there is none. */
static u64 last_step(void)
{
	int fd = open(JOURNAL, O_RDONLY);
	char line[LINE + 1] = { 0 };
	struct stat st;

	if (fd < 0)
		return 0;
	must(JOURNAL, fstat(fd, &st));
	if (st.size % LINE)
		complain("crashload: %s has %lu bytes\n", JOURNAL, st.size);
	if (st.size >= LINE) {
		must(JOURNAL, lseek(fd, st.size / LINE * LINE - LINE, SEEK_SET));
		must(JOURNAL, read(fd, line, LINE));
	}
	close(fd);
	if ((u64)strtol(line, NULL, 10) != st.size / LINE)
		complain("crashload: %s ends with a wrong line, number %lu\n", JOURNAL, st.size / LINE);
	return st.size / LINE;
}

/* Does the file hold what the step wrote? */
static bool has_content(int fd, const struct step *step)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.size != step->size || lseek(fd, 0, SEEK_SET) < 0)
		return false;
	for (u32 offset = 0; offset < step->size; offset += CHUNK) {
		u32 part = step->size - offset < CHUNK ? step->size - offset : CHUNK;

		fill_content(wanted, step->number, offset);
		if (read(fd, chunk, part) != part || memcmp(chunk, wanted, part) != 0)
			return false;
	}
	return true;
}

/* Is there under this name what step `number` wrote (0: nothing)? */
static bool name_holds(u32 name, u64 number)
{
	struct step step = step_of(number);
	char path[32];
	bool good;
	int fd;

	name_path(path, sizeof(path), name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || number == 0)
		return fd == -ENOENT && number == 0;
	good = has_content(fd, &step);
	close(fd);
	return good;
}

/* Which step's file has this name after step `last`?  0: none. */
static u64 writer_of(u32 name, u64 last)
{
	for (u64 number = last; number > 0; number--) {
		struct step step = step_of(number);

		if (step.removed == name)
			return 0;
		if (step.name == name)
			return number;
	}
	return 0;
}

/* A name's file is that of the steps up to `last`, or, for names that step last + 1 changes, what comes then. */
static void verify_name(u32 name, u64 last)
{
	struct step next = step_of(last + 1);
	char path[32];

	if (name_holds(name, writer_of(name, last)))
		return;
	if (next.name == name && name_holds(name, last + 1))
		return;
	if (next.removed == name && name_holds(name, 0) && name_holds(next.name, last + 1))
		return;
	name_path(path, sizeof(path), name);
	complain("crashload: %s is not what step %lu wrote\n", path, writer_of(name, last));
}

static int verify(u64 acknowledged)
{
	u64 last = last_step();

	if (last < acknowledged)
		complain("crashload: %s lacks step %lu\n", JOURNAL, acknowledged);
	for (u32 name = 0; name < NAMES; name++)
		verify_name(name, last);
	if (!failed)
		printf("verified %lu\n", last);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc < 3 || (argc < 4 && strcmp(argv[1], "verify") == 0)) {
		dprintf(2, "usage: crashload run SEED [STEPS]\n       crashload verify SEED N\n");
		return 2;
	}
	seed = (u64)strtol(argv[2], NULL, 10);
	if (strcmp(argv[1], "verify") == 0)
		return verify((u64)strtol(argv[3], NULL, 10));
	return run(argc > 3 ? (u64)strtol(argv[3], NULL, 10) : ~0ul);
}
