/*
 * The MMU's suites inside the kernel: ktest runs the cases of every instance that is linked in.
 *
 * The case mmu.FORMAT has a parameter for each case of the instance: mmu.toy/tlb.flushes_are_few.  They need no second
 * CPU and no time, so one run of the test kernel is enough: the one that counts instructions, on several CPUs.
 */
#include "grading/ktest/ktest.h"
#include "grading/suites/mmu/suite.h"
#include "cpu.h"
#include "boot_option.h"
#include "mm/buddy.h"
#include "mm/page.h"

#define MEMORY_ORDER 11
_Static_assert(PAGE_SIZE << MEMORY_ORDER == MMU_MEMORY, "the memory of a case is a block");

/* instances.h, made by grading/mmu.mk, has a line INSTANCE(name) for each. */
#define INSTANCE(name) extern const struct mmu_instance mmu_instance_##name;
#include "instances.h"
#undef INSTANCE

static hpa_t block;

static void print(const char *line)
{
	printk("%s\n", line);
}

static void free_block(void *unused)
{
	buddy_free(block, MEMORY_ORDER);
}

/*
 * Once is enough: where instructions are counted, with several CPUs; and not with ktest.nosim, for runs that look at
 * the kernel alone.  Elsewhere one case a format says so.
 */
static bool runs_here(void)
{
	char value[2];

	return ktest_is_exact() && cpu_count > 1 && !boot_option("ktest.nosim", value, sizeof(value));
}

static bool generate(const struct mmu_instance *instance, u32 index, struct ktest_param *param)
{
	char name[MMU_NAME_MAX];

	if (!instance->case_name(index, name) || (index > 0 && !runs_here()))
		return false;
	param->value = index;
	string_copy(param->name, name, sizeof(param->name));
	return true;
}

static void run(const struct mmu_instance *instance)
{
	struct ktest_random random = ktest_random(0);
	struct mmu_env env = { .print = print, .seed = random_next(&random) };
	enum mmu_verdict verdict;

	if (!runs_here())
		SKIP("the run with counted instructions and several CPUs has it");
	block = buddy_alloc(MEMORY_ORDER);
	ASSERT_NE(block.raw, 0);
	ktest_defer(free_block, NULL);
	env.memory = hpa_to_ptr(block);
	verdict = instance->run(ktest_param(), &env);
	if (verdict == MMU_SKIPPED)
		SKIP("not for this format");
	ASSERT_NE(verdict, MMU_FAILED);
}

#define INSTANCE(name)                                                                             \
	static bool generate_##name(u32 index, struct ktest_param *param)                          \
	{                                                                                          \
		return generate(&mmu_instance_##name, index, param);                               \
	}                                                                                          \
	static void run_##name(void)                                                               \
	{                                                                                          \
		run(&mmu_instance_##name);                                                         \
	}
#include "instances.h"
#undef INSTANCE

static const struct ktest_case cases[] = {
#define INSTANCE(name_) { .name = #name_, .run = run_##name_, .generate = generate_##name_, .budget = 2000 * MILLION },
#include "instances.h"
#undef INSTANCE
};
KTEST_SUITE(mmu, cases);
