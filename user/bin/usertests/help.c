/*
 * What test cases have in common.
 */
#include "test.h"

struct verdict *verdict;
struct random test_random;

/* ---- Expectations ------------------------------------------------------------------------------------ */

/* Only the first verdict counts. */
static bool may_decide(void)
{
	return __atomic_exchange_n(&verdict->decided, 1, __ATOMIC_ACQ_REL) == 0;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	if (may_decide()) {
		const char *slash = strrchr(file, '/');
		int at = snprintf(verdict->text, sizeof(verdict->text), "%s:%d: ", slash ? slash + 1 : file, line);
		va_list args;

		va_start(args, format);
		vsnprintf(verdict->text + at, sizeof(verdict->text) - at, format, args);
		va_end(args);
	}
	_exit(1);
}

void test_skip(const char *why)
{
	if (may_decide()) {
		verdict->skipped = true;
		strlcpy(verdict->text, why, sizeof(verdict->text));
	}
	_exit(0);
}

/* ---- Processes --------------------------------------------------------------------------------------- */

int spawn(test_fn *fn, void *arg)
{
	int pid = OK(fork());

	if (pid == 0)
		_exit(fn(arg));
	return pid;
}

int reap(int pid)
{
	int status = -1;

	EXPECT_EQ(wait(pid, &status, 0), pid);
	return status;
}

int status_of(test_fn *fn, void *arg)
{
	return reap(spawn(fn, arg));
}

static s64 become_program(void *arg)
{
	const char *const *argv = arg;

	exec(argv[0], argv);
	return 127;
}

int run_program(const char *const argv[])
{
	return status_of(become_program, (void *)argv);
}

s64 sleep_forever(void *arg)
{
	for (;;)
		sleep(1000 * SECOND);
}

s64 spin_forever(void *arg)
{
	for (volatile u64 count = 0;; count++)
		;
}

void await(const u32 *word, u32 value)
{
	s64 start = clock();

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value) {
		if (clock() - start > (s64)(30 * SECOND))
			FAIL("waited in vain for %u", value);
		sleep(MS);
	}
}

/* ---- Memory, numbers, files -------------------------------------------------------------------------- */

void *map(size_t size, u64 how)
{
	return (void *)OK(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANON | how, -1, 0));
}

static u64 byte_word(u64 seed, u64 index)
{
	u64 x = (seed + 1) * 0x9e3779b97f4a7c15ul + index * 0xd6e8feb86659fd93ul;

	return x ^ x >> 29;
}

void fill(void *buf, size_t size, u64 seed)
{
	u8 *b = buf;
	u64 i, word;

	for (i = 0; i + 8 <= size; i += 8) {
		word = byte_word(seed, i);
		__builtin_memcpy(b + i, &word, 8); /* one store, where the machine allows */
	}
	word = byte_word(seed, i);
	memcpy(b + i, &word, size - i);
}

bool is_filled(const void *buf, size_t size, u64 seed)
{
	const u8 *b = buf;
	u64 i, word, differ = 0;

	for (i = 0; i + 8 <= size; i += 8) {
		__builtin_memcpy(&word, b + i, 8);
		differ |= word ^ byte_word(seed, i);
	}
	word = byte_word(seed, i);
	return !differ && memcmp(b + i, &word, size - i) == 0;
}

void make_file(const char *path, const void *bytes, size_t size)
{
	int fd = OK(open(path, O_WRONLY | O_CREATE | O_TRUNC));

	EXPECT_EQ(write_all(fd, bytes, size), 0);
	EXPECT_EQ(close(fd), 0);
}

u64 resident_pages(void)
{
	static struct procinfo list[600];

	memset(list, 0, sizeof(list)); /* its pages count, too, and must not come between two calls */
	s64 count = OK(procinfo(list, 600));

	for (s64 i = 0; i < count; i++)
		if (list[i].pid == getpid())
			return list[i].page_count;
	FAIL("process %d is not in the list", getpid());
}
