/*
 * /dev/vm: running: exits, kicks, memslots under a guest that runs, limits, and what others can see of it.
 */
#include "vm.h"

enum { STAT_STOPPED, STAT_RUNS, STAT_HALTED, STAT_FAILED };

/* ---- Exits --------------------------------------------------------------------------------------------- */

TEST(vmapi, exits_say_what_the_guest_wants)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_READ);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
		EXPECT_EQ(m.cpu[0].run->mmio.address, GUEST_DATA);
		EXPECT_EQ(m.cpu[0].run->mmio.bytes, 4);
		EXPECT_EQ(m.cpu[0].run->mmio.is_write, 0);
		EXPECT_EQ(m.cpu[0].run->mmio.why, VM_MMIO_NO_SLOT);
	}
	vm_close(&m);
	vm_make(&m, 1, PROGRAM_CALL);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_CALL);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_CALL);
	vm_close(&m);
	vm_make(&m, 1, PROGRAM_SHUTDOWN);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_SHUTDOWN);
	vm_close(&m);
}

/* A run page full of nonsense harms the guest alone. */
TEST(vmapi, nonsense_in_the_run_page_is_survived)
{
	static const enum vm_program programs[] = { PROGRAM_READ, PROGRAM_WRITE, PROGRAM_COUNT, PROGRAM_CALL };
	struct machine m;

	for (u32 p = 0; p < 4; p++) {
		vm_make(&m, 1, programs[p]);
		for (u32 i = 0; i < 200; i++) {
			u64 *page = (u64 *)m.cpu[0].run;
			s64 answer;

			for (u32 k = 1; k < PAGE / 8; k++)
				page[k] = random_next(&test_random);
			page[0] = 0;
			answer = ioctl(m.cpu[0].fd, VCPU_RUN, 0);
			EXPECT(answer == 0 || answer == -EINVAL);
		}
		vm_close(&m);
	}
}

TEST(vmapi, failed_vcpu_says_so_until_its_state_is_set)
{
	static u64 core[128];
	struct vm_state_call call = { sizeof(call), vm_core_set, (u64)core };
	struct vm_vcpu_stat stat = { .size = sizeof(stat) };
	u8 *memory = map(PAGE, MAP_PRIVATE);
	struct machine m;

	vm_make(&m, 1, PROGRAM_STRANGE);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_FAIL);
		EXPECT_EQ(m.cpu[0].run->fail.why, VM_FAIL_EMULATE);
		memset(&m.cpu[0].run->fail, 0, sizeof(m.cpu[0].run->fail));
	}
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_STAT, (u64)&stat), 0);
	EXPECT_EQ(stat.state, STAT_FAILED);
	EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, PAGE, memory), 0);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_FAIL);
	*(u32 *)core = vm_core_size;
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_GET_STATE, (u64)&call), 0);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_SET_STATE, (u64)&call), 0);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], STAT_RUNS);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_KICK, 0), 0);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_KICKED);
	vm_close(&m);
}

TEST(vmapi, read_only_memory_gives_writes_to_the_monitor)
{
	struct machine m;
	struct vm_memslot slot = { sizeof(slot), 1, VM_SLOT_READ_ONLY, 0, GUEST_DATA, PAGE, 0 };
	u32 *data = map(PAGE, MAP_PRIVATE);

	slot.memory = (u64)data;
	*data = 77;
	vm_make(&m, 1, PROGRAM_COUNT);
	EXPECT_EQ(ioctl(m.fd, VM_SET_MEMSLOT, (u64)&slot), 0);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	EXPECT_EQ(m.cpu[0].run->mmio.why, VM_MMIO_READ_ONLY);
	EXPECT_EQ(m.cpu[0].run->mmio.is_write, 1);
	EXPECT_EQ(m.cpu[0].run->mmio.data & 0xffffffff, 78);
	EXPECT_EQ(*data, 77);
	vm_close(&m);
}

/* ---- Faults that the monitor has to mend --------------------------------------------------------------- */

TEST(vmapi, missing_page_is_told_and_mended)
{
	struct machine m;
	u8 *memory = map(2 * PAGE, MAP_PRIVATE);

	vm_make(&m, 1, PROGRAM_WRITE);
	EXPECT_EQ(munmap(memory, PAGE), 0);
	EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, PAGE, memory), 0);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_FAULT);
		EXPECT_EQ(m.cpu[0].run->fault.error, -EFAULT);
		EXPECT_EQ(m.cpu[0].run->fault.guest & -PAGE, GUEST_DATA);
		EXPECT_EQ(m.cpu[0].run->fault.memory & -PAGE, (u64)memory);
		EXPECT_EQ(m.cpu[0].run->fault.access, 1);
	}
	EXPECT_EQ(mmap(memory, PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_FIXED, -1, 0), memory);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], STAT_RUNS);
	OK(ioctl(m.cpu[0].fd, VCPU_KICK, 0));
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_KICKED);
	vm_close(&m);
}

TEST(vmapi, table_limit_is_told_and_mended)
{
	struct vm_limit limit = { .size = sizeof(limit) };
	u32 refused = 0;
	struct machine m;

	vm_make(&m, 1, PROGRAM_SHUTDOWN);
	for (limit.pages = 0; limit.pages < 100; limit.pages++) {
		s64 answer;

		EXPECT_EQ(ioctl(m.fd, VM_SET_LIMIT, (u64)&limit), 0);
		answer = ioctl(m.cpu[0].fd, VCPU_RUN, 0);
		if (answer == 0 && m.cpu[0].run->exit_reason == VM_EXIT_SHUTDOWN)
			break;
		if (answer == -EDQUOT) /* not even a root */
			continue;
		EXPECT_EQ(answer, 0);
		EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_FAULT);
		EXPECT_EQ(m.cpu[0].run->fault.error, -EDQUOT);
		refused++;
	}
	EXPECT(refused > 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_SHUTDOWN);
	limit.pages = 1;
	EXPECT_EQ(ioctl(m.fd, VM_SET_LIMIT, (u64)&limit), -EBUSY);
	vm_close(&m);
}

/* ---- Kicks --------------------------------------------------------------------------------------------- */

static void expect_kicked(struct vm_cpu *cpu)
{
	EXPECT_EQ(vm_run(cpu), VM_EXIT_KICKED);
}

TEST(vmapi, kick_of_an_idle_vcpu_counts_once)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_READ);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_KICK, 0), 0);
	expect_kicked(&m.cpu[0]);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	m.cpu[0].run->kick = 1;
	expect_kicked(&m.cpu[0]);
	expect_kicked(&m.cpu[0]);
	m.cpu[0].run->kick = 0;
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	vm_close(&m);
}

static void kick_one_that(enum vm_program program, enum vm_run_state state, u32 stat)
{
	struct machine m;

	vm_make(&m, 2, program);
	vm_set_run_state(m.cpu[1].fd, state);
	for (u32 i = 0; i < 20; i++) {
		vm_start(&m.cpu[1]);
		if (i % 2 && state == RUN_STATE_RUNS)
			vm_await_entry(&m.cpu[1], stat);
		else
			sleep(random_below(&test_random, MS));
		EXPECT_EQ(ioctl(m.cpu[1].fd, VCPU_KICK, 0), 0);
		EXPECT_EQ(vm_join(&m.cpu[1]), 0);
		EXPECT_EQ(m.cpu[1].run->exit_reason, VM_EXIT_KICKED);
	}
	vm_close(&m);
}

TEST(vmapi, kick_ends_a_run_whatever_the_guest_does)
{
	kick_one_that(PROGRAM_SPIN, RUN_STATE_RUNS, STAT_RUNS);
	kick_one_that(PROGRAM_HALT, RUN_STATE_RUNS, STAT_HALTED);
	kick_one_that(PROGRAM_HALT, RUN_STATE_HALTED, STAT_HALTED);
	kick_one_that(PROGRAM_SPIN, RUN_STATE_STOPPED, STAT_STOPPED);
}

TEST(vmapi, second_runner_is_told_busy)
{
	struct machine m;
	struct vm_state_call call = { sizeof(call), vm_core_set, 0 };
	static u64 data[128];

	*(u32 *)data = vm_core_size;
	call.data = (u64)data;
	vm_make(&m, 1, PROGRAM_SPIN);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], STAT_RUNS);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_RUN, 0), -EBUSY);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_GET_STATE, (u64)&call), -EBUSY);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_SET_STATE, (u64)&call), -EBUSY);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_KICK, 0), 0);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_GET_STATE, (u64)&call), 0);
	vm_close(&m);
}

TEST(vmapi, all_stopped_is_told)
{
	struct machine m;

	vm_make(&m, 2, PROGRAM_READ);
	vm_set_run_state(m.cpu[0].fd, RUN_STATE_STOPPED);
	vm_start(&m.cpu[0]);
	sleep(5 * MS);
	vm_set_run_state(m.cpu[1].fd, RUN_STATE_STOPPED);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_STOPPED);
	EXPECT_EQ(vm_run(&m.cpu[1]), VM_EXIT_STOPPED);
	vm_set_run_state(m.cpu[1].fd, RUN_STATE_RUNS);
	EXPECT_EQ(vm_run(&m.cpu[1]), VM_EXIT_MMIO);
	vm_close(&m);
}

/* ---- Memslots under a running guest -------------------------------------------------------------------- */

TEST(vmapi, memslot_changes_while_the_guest_runs)
{
	volatile u32 *a = map(PAGE, MAP_PRIVATE), *b = map(PAGE, MAP_PRIVATE);
	struct machine m;

	vm_make(&m, 1, PROGRAM_COUNT);
	EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, PAGE, (void *)a), 0);
	vm_start(&m.cpu[0]);
	for (u32 i = 0; i < 200; i++) {
		volatile u32 *now = i % 2 ? a : b, *before = i % 2 ? b : a;
		u32 count, from = *now;

		EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, PAGE, (void *)now), 0);
		count = *before;
		for (s64 start = clock(); *now == from;)
			if (clock() - start > (s64)(10 * SECOND))
				FAIL("the guest does not see its new memory");
		EXPECT_EQ(*before, count);
	}
	EXPECT_EQ(vm_slot(&m, 1, 0, 0, NULL), 0);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_MMIO);
	vm_close(&m);
}

/* ---- How many ------------------------------------------------------------------------------------------ */

TEST(vmapi, machines_are_limited)
{
	struct vm_config config = { .size = sizeof(config) };
	int fd[VM_MAX], dev = vm_open();
	u32 ids[VM_MAX], count = 0;
	struct vm_list list = { sizeof(list), VM_MAX, (u64)ids };

	while (count < VM_MAX && (fd[count] = ioctl(dev, VM_CREATE, (u64)&config)) >= 0)
		count++;
	EXPECT_EQ(count, VM_MAX);
	EXPECT_EQ(ioctl(dev, VM_CREATE, (u64)&config), -ENFILE);
	EXPECT_EQ(ioctl(dev, VM_LIST, (u64)&list), 0);
	EXPECT_EQ(list.count, VM_MAX);
	for (u32 i = 1; i < VM_MAX; i++)
		EXPECT(ids[i - 1] < ids[i]);
	list.count = 1;
	EXPECT_EQ(ioctl(dev, VM_LIST, (u64)&list), 0);
	EXPECT_EQ(list.count, VM_MAX);
	close(fd[0]);
	EXPECT(ioctl(dev, VM_CREATE, (u64)&config) >= 0);
}

static s64 create_without_descriptors(void *arg)
{
	struct vm_config config = { .size = sizeof(config) };
	struct machine m;

	vm_make(&m, 0, PROGRAM_SPIN);
	while (dup(0) >= 0)
		;
	EXPECT_EQ(ioctl(m.dev, VM_CREATE, (u64)&config), -EMFILE);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, 0), -EMFILE);
	EXPECT_EQ(vm_count(m.dev), 1);
	close(0);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, 0), 0);
	return 0;
}

TEST(vmapi, no_descriptor_makes_nothing)
{
	int dev = vm_open();

	EXPECT_EQ(status_of(create_without_descriptors, NULL), 0);
	EXPECT_EQ(vm_count(dev), 0);
}

/* ---- Looking at it ------------------------------------------------------------------------------------- */

static char words[4096];

static s64 ask(const struct machine *m, u64 request, u32 id, u64 start, u64 length)
{
	struct vm_text text = { sizeof(text), id, start, start + PAGE, (u64)words, length };
	s64 answer;

	memset(words, 0x5a, sizeof(words));
	answer = ioctl(m->dev, request, (u64)&text);
	if (answer)
		return answer;
	for (u64 i = text.length; i < sizeof(words); i++)
		EXPECT_EQ(words[i], 0x5a);
	if (text.length < sizeof(words))
		words[text.length] = 0;
	return text.length;
}

static u32 only_id(const struct machine *m)
{
	u32 id = 0;
	struct vm_list list = { sizeof(list), 1, (u64)&id };

	OK(ioctl(m->dev, VM_LIST, (u64)&list));
	return id;
}

TEST(vmapi, why_says_it_in_words)
{
	struct machine m;
	u32 id;

	vm_make(&m, 1, PROGRAM_READ);
	id = only_id(&m);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	EXPECT(ask(&m, VM_WHY, id, GUEST_DATA, 4096) > 0 && strstr(words, "none"));
	EXPECT(ask(&m, VM_WHY, id, vm_code_at, 4096) > 0 && strstr(words, "memslot   0") && strstr(words, "monitor"));
	EXPECT(ask(&m, VM_WHY, id, 1ul << 62, 4096) > 0 && strstr(words, "beyond"));
	EXPECT(ask(&m, VM_WHY, id, ~0ul - PAGE, 4096) > 0 && strstr(words, "beyond"));
	EXPECT_EQ(ask(&m, VM_WHY, id, vm_code_at, 0), 0);
	for (u64 length = 1; length < 300; length++)
		EXPECT(ask(&m, VM_WHY, id, vm_code_at, length) <= (s64)length);
	vm_close(&m);
}

TEST(vmapi, dump_shows_what_is_mapped)
{
	struct machine m;
	u32 id;

	vm_make(&m, 1, PROGRAM_READ);
	id = only_id(&m);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	EXPECT(ask(&m, VM_DUMP, id, vm_code_at, 4096) > 0);
	EXPECT_EQ(words[strlen(words) - 1], '\n');
	EXPECT_EQ(ask(&m, VM_DUMP, id, vm_code_at, 0), 0);
	for (u64 length = 1; length < 300; length++)
		EXPECT(ask(&m, VM_DUMP, id, vm_code_at, length) <= (s64)length);
	vm_close(&m);
}

/* All that 64 bits can say, at once. */
TEST(vmapi, dump_of_everything_ends)
{
	struct vm_text text = { sizeof(text), 0, 0, -PAGE, (u64)words, sizeof(words) };
	struct machine m;

	vm_make(&m, 1, PROGRAM_READ);
	text.id = only_id(&m);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	for (u32 calls = 0; text.start < text.end; calls++) {
		EXPECT(calls < 100);
		text.length = sizeof(words);
		EXPECT_EQ(ioctl(m.dev, VM_DUMP, (u64)&text), 0);
	}
	vm_close(&m);
}

TEST(vmapi, figures_are_told_to_anybody)
{
	struct vm_stat stat = { .size = sizeof(stat) };
	struct machine m;

	vm_make(&m, 2, PROGRAM_READ);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	stat.id = only_id(&m);
	EXPECT_EQ(ioctl(m.dev, VM_STAT, (u64)&stat), 0);
	EXPECT_EQ(stat.pid, getpid());
	EXPECT_EQ(stat.vcpu_count, 2);
	EXPECT_EQ(stat.is_dead, 0);
	EXPECT_EQ(stat.memory, GUEST_CODE_SIZE);
	EXPECT_EQ(stat.vcpu[0].exits_monitor, 1);
	EXPECT(stat.vcpu[1].size != 0 && stat.vcpu[2].size == 0);
	EXPECT(stat.table_pages > 0 && stat.table_pages <= stat.table_limit);
	EXPECT(strcmp(stat.name, "test") == 0);
	EXPECT_EQ(ioctl(m.fd, VM_CHECK, 0), 0);
	vm_close(&m);
}

/* ---- Calls that could take long ------------------------------------------------------------------------ */

#define MUCH (32ul << 30)

static s64 prefault_much(void *arg)
{
	struct vm_range range = { sizeof(range), 0, 1ul << 34, (1ul << 34) + MUCH };
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	EXPECT_EQ(vm_slot(&m, 1, range.start, MUCH, map(MUCH, MAP_PRIVATE)), 0);
	*(u32 *)arg = 1;
	while (ioctl(m.fd, VM_PREFAULT, (u64)&range) == 0 && range.start < range.end)
		;
	*(u32 *)arg = 2;
	return 0;
}

TEST(vmapi, prefault_of_much_can_be_killed)
{
	u32 *progress = map(PAGE, MAP_SHARED);
	int pid = spawn(prefault_much, progress);
	s64 start;

	await(progress, 1);
	sleep(20 * MS);
	start = clock();
	EXPECT_EQ(kill(pid), 0);
	reap(pid);
	EXPECT(clock() - start < (s64)(2 * SECOND));
}

TEST(vmapi, prefault_maps_what_is_there)
{
	struct vm_range range = { sizeof(range), 0, GUEST_DATA, GUEST_DATA + 16 * PAGE };
	struct vm_caps caps = { .size = sizeof(caps) };
	struct machine m;
	u8 *memory = map(16 * PAGE, MAP_PRIVATE);

	vm_make(&m, 0, PROGRAM_SPIN);
	OK(ioctl(m.dev, VM_CAPS, (u64)&caps));
	if (!(caps.caps & VM_CAP_PREFAULT))
		SKIP("this MMU does not map ahead");
	EXPECT_EQ(munmap(memory + 8 * PAGE, 8 * PAGE), 0);
	EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, 16 * PAGE, memory), 0);
	EXPECT_EQ(ioctl(m.fd, VM_PREFAULT, (u64)&range), 0);
	EXPECT_EQ(range.start, GUEST_DATA + 8 * PAGE);
	EXPECT_EQ(ioctl(m.fd, VM_PREFAULT, (u64)&range), -EFAULT);
	EXPECT_EQ(range.start, GUEST_DATA + 8 * PAGE);
	vm_close(&m);
}
