/*
 * Runs the machine's own tests for one format, on the host.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "grading/sim/test/test.h"

#define MEMORY_SIZE (8u << 20)

struct scene scene;

static jmp_buf end_of_case;
static char failure[500];
static bool has_failed;
static int check_count;
static struct sim_env env;
static void *memory;

/* ---- Surroundings --------------------------------------------------------------------------------------- */

static void env_fail(void *arg, const char *text)
{
	snprintf(failure, sizeof(failure), "%s", text);
	has_failed = true;
	longjmp(end_of_case, 1);
}

void check_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	check_count++;
}

enum walk_ad usual_ad(void)
{
	return walk_format.ad_modes >> WALK_AD_SETS & 1 ? WALK_AD_SETS : WALK_AD_FAULTS;
}

bool contains(const char *text, const char *part)
{
	return text && strstr(text, part);
}

/* ---- The scene ------------------------------------------------------------------------------------------ */

static int root_order(int extra)
{
	return extra;
}

hpa_t new_table(int order)
{
	hpa_t table = sim_mem_alloc(order);
	struct walk_word empty = word_empty();
	unsigned char *at = sim_mem_pointer(table);

	for (uint64_t i = 0; i < PAGE << order; i += walk_format.entry_size)
		memcpy(at + i, &empty, walk_format.entry_size);
	return table;
}

hpa_t new_space(void)
{
	hpa_t root = new_table(root_order(scene.extra));

	sim_space_open(root, scene.levels, scene.extra);
	return root;
}

void test_restart(enum walk_ad ad, const struct test_env *functions)
{
	struct sim_config config = { .env = &env, .memory = memory, .size = MEMORY_SIZE, .ad = ad };

	env.point = functions ? functions->point : NULL;
	env.wait = functions ? functions->wait : NULL;
	sim_start(&config);
	scene.levels = walk_format.levels_min < 3 ? 3 : walk_format.levels_min;
	scene.extra = walk_format.extra_min;
	scene.root = new_space();
	for (int cpu = 0; cpu < 2; cpu++)
		sim_cpu_enter(cpu, scene.root, 1);
}

static struct walk_root shape(void)
{
	return (struct walk_root){ scene.root, scene.levels, scene.extra };
}

static hpa_t slot_in(hpa_t table, uint64_t at, int level)
{
	struct walk_root root = shape();
	uint64_t mask = ((uint64_t)1 << walk_index_bits(&root, level)) - 1;

	return hpa_add(table, (at >> walk_level_shift(level) & mask) * walk_format.entry_size);
}

static struct walk_word load(hpa_t slot)
{
	struct walk_word word = { 0, 0 };

	memcpy(&word, sim_mem_pointer(slot), walk_format.entry_size);
	return word;
}

hpa_t slot_at(uint64_t at, int level)
{
	hpa_t table = scene.root;
	struct walk_entry entry;

	for (int l = scene.levels - 1; l > level; l--) {
		walk_decode(load(slot_in(table, at, l)), l, &entry);
		if (entry.kind != WALK_TABLE)
			sim_fail("test: no table of level %d for %x", l - 1, at);
		table = entry.out;
	}
	return slot_in(table, at, level);
}

struct walk_word load_at(uint64_t at, int level)
{
	return load(slot_at(at, level));
}

void store(hpa_t slot, struct walk_word word)
{
	void *pointer = sim_mem_pointer(slot);

	sim_access_point(pointer, "xchg");
	memcpy(pointer, &word, walk_format.entry_size);
}

void store_at(uint64_t at, int level, struct walk_word word)
{
	store(slot_at(at, level), word);
}

void make_tables(uint64_t at, int level)
{
	struct walk_entry entry;

	for (int l = scene.levels - 1; l > level; l--) {
		walk_decode(load_at(at, l), l, &entry);
		if (entry.kind == WALK_EMPTY)
			store_at(at, l, word_table(new_table(0)));
	}
}

void map(uint64_t at, int level, hpa_t page, unsigned rights)
{
	make_tables(at, level);
	store_at(at, level, word_leaf(page, level, rights, rights & WALK_WRITE ? AD : WALK_ACCESSED));
}

enum walk_fault touch(int cpu, uint64_t at, unsigned access)
{
	return sim_guest(cpu, ia(at), access).fault;
}

void flush(uint64_t at, uint64_t size, enum host_flush_what what)
{
	host_flush(sim_host(), sim_host_root(scene.root), ia(at), ia(at + size), what);
}

void unmap(uint64_t at, int level)
{
	uint64_t start = at & ~(LARGE(level) - 1);

	store_at(at, level, word_empty());
	flush(start, LARGE(level), HOST_FLUSH_LEAVES);
	sim_dirty_known(hpa(0), ~(uint64_t)0);
}

bool stale_says(const char *text)
{
	return contains(sim_stale(), text);
}

/* ---- Running -------------------------------------------------------------------------------------------- */

static bool applies(enum test_if when)
{
	switch (when) {
	case IF_ANY: return true;
	case IF_EMPTY_CACHED: return walk_format.empty_may_be_cached;
	case IF_EMPTY_NOT_CACHED: return !walk_format.empty_may_be_cached;
	case IF_LESS_CACHED: return walk_format.less_may_be_cached;
	case IF_LESS_NOT_CACHED: return !walk_format.less_may_be_cached;
	case IF_BREAKS: return walk_format.break_before_make;
	case IF_BREAKS_NOT: return !walk_format.break_before_make;
	case IF_SETS_AD: return walk_format.ad_modes >> WALK_AD_SETS & 1;
	case IF_FAULTS_AD: return walk_format.ad_modes >> WALK_AD_FAULTS & 1;
	case IF_SETS_AND_FAULTS_AD: return applies(IF_SETS_AD) && applies(IF_FAULTS_AD);
	case IF_IGNORES_AD: return walk_format.ad_modes >> WALK_AD_IGNORES & 1;
	case IF_LARGE_ROOTS: return walk_format.extra_max > 0;
	case IF_LEVELS_OF_TABLES: return walk_format.ad_modes == 1 << WALK_AD_SETS && walk_format.index_bits == 9 &&
					 !walk_format.empty_may_be_cached;
	}
	return false;
}

/* Why the case is not what it should be; NULL: it is. */
static const char *run_case(const struct test_case *test)
{
	has_failed = false;
	check_count = 0;
	if (setjmp(end_of_case) == 0) {
		test_restart(usual_ad(), NULL);
		test->run();
	}
	if (check_count)
		return "a check failed";
	if (has_failed != (test->fails != NULL))
		return has_failed ? failure : "the mistake was not found";
	return has_failed && !contains(failure, test->fails) ? failure : NULL;
}

static int run_suite(const struct test_suite *suite)
{
	int failed = 0;

	for (int i = 0; i < suite->count; i++) {
		const struct test_case *test = &suite->cases[i];
		const char *why;

		if (!applies(test->when))
			continue;
		why = run_case(test);
		if (why) {
			printf("not ok sim.%s.%s.%s\n# %s\n", walk_format.name, suite->name, test->name, why);
			failed++;
		} else {
			printf("ok sim.%s.%s.%s\n", walk_format.name, suite->name, test->name);
		}
	}
	return failed;
}

int main(void)
{
	static const struct test_suite *const suites[] = {
		&suite_walk, &suite_mem, &suite_tlb, &suite_stale, &suite_point, &suite_dirty, &suite_host, &suite_insn,
		&suite_monitor,
	};
	int failed = 0;

	env.fail = env_fail;
	memory = aligned_alloc(PAGE, MEMORY_SIZE);
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		failed += run_suite(suites[i]);
	free(memory);
	return failed != 0;
}
