/*
 * /dev/vm: the life of a machine: descriptors closed in every order, monitors that are killed, fork, and exec.
 */
#include "vm.h"

#define FD_COUNT 4 /* machine, two vCPUs, /dev/vm */

/* ---- Closing ------------------------------------------------------------------------------------------- */

static int *fd_of(struct machine *m, u32 which)
{
	switch (which) {
	case 0: return &m->fd;
	case 1: return &m->cpu[0].fd;
	case 2: return &m->cpu[1].fd;
	default: return &m->dev;
	}
}

/* The n-th order of FD_COUNT things. */
static void make_order(u32 n, u32 *order)
{
	u32 left[FD_COUNT] = { 0, 1, 2, 3 };

	for (u32 i = 0; i < FD_COUNT; i++) {
		u32 which = n % (FD_COUNT - i);

		n /= FD_COUNT - i;
		order[i] = left[which];
		for (u32 k = which; k + 1 < FD_COUNT - i; k++)
			left[k] = left[k + 1];
	}
}

#define ORDERS 24

static void unmap_all(struct machine *m)
{
	for (u32 i = 0; i < m->cpu_count; i++)
		EXPECT_EQ(munmap(m->cpu[i].run, PAGE), 0);
	EXPECT_EQ(munmap(m->code, GUEST_CODE_SIZE), 0);
}

enum mapping { UNMAP_FIRST, UNMAP_BETWEEN, UNMAP_LAST };

static void close_in_order(u32 n, enum mapping how)
{
	struct machine m;
	u32 order[FD_COUNT];

	make_order(n, order);
	vm_make(&m, 2, PROGRAM_COUNT);
	EXPECT_EQ(vm_run(&m.cpu[0]), VM_EXIT_MMIO);
	if (how == UNMAP_FIRST)
		unmap_all(&m);
	for (u32 i = 0; i < FD_COUNT; i++) {
		EXPECT_EQ(close(*fd_of(&m, order[i])), 0);
		if (how == UNMAP_BETWEEN && i == 1)
			unmap_all(&m);
	}
	if (how == UNMAP_LAST)
		unmap_all(&m);
}

TEST(vmapi, closed_in_any_order_is_gone)
{
	int dev = vm_open();

	for (u32 n = 0; n < ORDERS; n++)
		for (enum mapping how = UNMAP_FIRST; how <= UNMAP_LAST; how++) {
			close_in_order(n, how);
			EXPECT_EQ(vm_count(dev), 0);
		}
}

TEST(vmapi, closed_while_it_runs_goes_on)
{
	int dev = vm_open();

	for (u32 n = 0; n < ORDERS; n++) {
		struct machine m;
		u32 order[FD_COUNT];

		make_order(n, order);
		vm_make(&m, 2, n % 2 ? PROGRAM_HALT : PROGRAM_SPIN);
		vm_start(&m.cpu[0]);
		vm_await_entry(&m.cpu[0], n % 2 ? 2 : 1);
		m.cpu[0].run->kick = 1;
		for (u32 i = 0; i < FD_COUNT; i++) {
			int fd = *fd_of(&m, order[i]);

			if (order[i] == 1)
				EXPECT_EQ(ioctl(fd, VCPU_KICK, 0), 0);
			EXPECT_EQ(close(fd), 0);
		}
		EXPECT_EQ(vm_join(&m.cpu[0]), 0);
		EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_KICKED);
		unmap_all(&m);
		EXPECT_EQ(vm_count(dev), 0);
	}
}

/* Nothing is left of it but the thread that runs it: it sees the end of its process. */
static s64 close_all_and_run(void *arg)
{
	struct machine m;

	vm_make(&m, 2, (u64)arg);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], (u64)arg == PROGRAM_HALT ? 2 : 1);
	for (u32 i = 0; i < FD_COUNT; i++)
		EXPECT_EQ(close(*fd_of(&m, i)), 0);
	unmap_all(&m);
	return 0;
}

TEST(vmapi, run_without_descriptors_ends_with_its_process)
{
	int dev = vm_open();

	EXPECT_EQ(status_of(close_all_and_run, (void *)PROGRAM_SPIN), 0);
	EXPECT_EQ(status_of(close_all_and_run, (void *)PROGRAM_HALT), 0);
	EXPECT_EQ(vm_count(dev), 0);
}

/* ---- Killed -------------------------------------------------------------------------------------------- */

static NORETURN s64 change_memslots(void *arg)
{
	const struct machine *m = arg;
	u8 *memory = map(16 * PAGE, MAP_PRIVATE);

	for (;;) {
		vm_slot(m, 1, 0, 16 * PAGE, memory);
		madvise(memory, 16 * PAGE, MADV_DONTNEED);
		vm_slot(m, 1, 0, 0, NULL);
	}
}

static s64 run_on(void *arg)
{
	struct vm_cpu *cpu = arg;

	while (ioctl(cpu->fd, VCPU_RUN, 0) == 0)
		;
	return 0;
}

static s64 monitor(void *arg)
{
	static struct machine m;
	struct thread thread;

	vm_make(&m, 2, (u64)arg);
	for (u32 i = 0; i < 2; i++)
		thread_create(&m.cpu[i].thread, run_on, &m.cpu[i]);
	thread_create(&thread, change_memslots, &m);
	return sleep_forever(NULL);
}

TEST(vmapi, monitor_killed_at_any_moment_leaves_nothing)
{
	static const u64 programs[] = {
		PROGRAM_SPIN, PROGRAM_HALT, PROGRAM_COUNT, PROGRAM_CALL, PROGRAM_READ, PROGRAM_SHUTDOWN
	};
	int dev = vm_open();

	for (u32 i = 0; i < 60; i++) {
		int pid = spawn(monitor, (void *)programs[i % 6]);

		sleep(random_below(&test_random, 20 * MS));
		EXPECT_EQ(kill(pid), 0);
		EXPECT_EQ(reap(pid), KILLED(KILL));
		EXPECT_EQ(vm_count(dev), 0);
	}
}

/* ---- fork and exec ------------------------------------------------------------------------------------- */

static s64 use_in_child(void *arg)
{
	static u64 room[512];
	const struct machine *m = arg;

	room[0] = 8;
	for (u64 request = VM_SET_MEMSLOT; request <= VM_CHECK; request++)
		EXPECT_EQ(ioctl(m->fd, request, (u64)room), -EPERM);
	for (u64 request = VCPU_RUN; request <= VCPU_STAT; request++)
		EXPECT_EQ(ioctl(m->cpu[0].fd, request, (u64)room), -EPERM);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, m->cpu[0].fd, 0)), -EPERM);
	EXPECT_EQ(ioctl(m->fd, 0x1234, 0), -EPERM);
	EXPECT_EQ(vm_count(m->dev), 1);
	EXPECT_EQ(close(m->cpu[0].fd), 0);
	EXPECT_EQ(close(m->fd), 0);
	return 0;
}

TEST(vmapi, child_may_only_close)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], 1);
	EXPECT_EQ(status_of(use_in_child, &m), 0);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_KICK, 0), 0);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	EXPECT_EQ(m.cpu[0].run->exit_reason, VM_EXIT_KICKED);
	vm_close(&m);
}

static u32 *shared_words;

/* The child's copy of the counter stands still; then it is the child's to change. */
static s64 watch_copy(void *arg)
{
	volatile u32 *copy = arg;
	u32 first = *copy;

	__atomic_store_n(&shared_words[0], 1, __ATOMIC_RELEASE);
	await(&shared_words[1], 1);
	EXPECT_EQ(*copy, first);
	*copy = 0x80000000;
	__atomic_store_n(&shared_words[0], 2, __ATOMIC_RELEASE);
	await(&shared_words[1], 2);
	EXPECT_EQ(*copy, 0x80000000);
	return 0;
}

static void await_count(volatile u32 *word)
{
	u32 from = *word;

	for (s64 start = clock(); *word - from < 1000;)
		if (clock() - start > (s64)(30 * SECOND))
			FAIL("the guest does not count: %u", *word);
}

TEST(vmapi, guest_and_child_have_pages_of_their_own)
{
	volatile u32 *data = map(PAGE, MAP_PRIVATE);
	struct machine m;
	int pid;

	shared_words = map(PAGE, MAP_SHARED);
	vm_make(&m, 1, PROGRAM_COUNT);
	EXPECT_EQ(vm_slot(&m, 1, GUEST_DATA, PAGE, (void *)data), 0);
	vm_start(&m.cpu[0]);
	await_count(data);
	pid = spawn(watch_copy, (void *)data);
	await(&shared_words[0], 1);
	await_count(data);
	shared_words[1] = 1;
	await(&shared_words[0], 2);
	await_count(data);
	EXPECT(*data < 0x80000000);
	shared_words[1] = 2;
	EXPECT_EQ(reap(pid), 0);
	EXPECT_EQ(ioctl(m.cpu[0].fd, VCPU_KICK, 0), 0);
	EXPECT_EQ(vm_join(&m.cpu[0]), 0);
	vm_close(&m);
}

static s64 be_parent_for_a_moment(void *arg)
{
	struct machine *m = arg;

	vm_make(m, 2, PROGRAM_SPIN);
	vm_start(&m->cpu[0]);
	vm_await_entry(&m->cpu[0], 1);
	if (spawn(sleep_forever, NULL) < 0)
		return 1;
	return 0;
}

/* A child outlives the owner: the machine is dead, and goes with the child. */
TEST(vmapi, machine_dies_with_its_owner)
{
	struct vm_stat stat = { .size = sizeof(stat) };
	struct vm_text text = { .size = sizeof(text), .end = 1ul << 32 };
	static char words[512];
	struct machine m;
	u32 id;
	int dev = vm_open();
	struct vm_list list = { sizeof(list), 1, (u64)&id };

	EXPECT_EQ(status_of(be_parent_for_a_moment, &m), 0);
	OK(ioctl(dev, VM_LIST, (u64)&list));
	EXPECT_EQ(list.count, 1);
	stat.id = text.id = id;
	EXPECT_EQ(ioctl(dev, VM_STAT, (u64)&stat), 0);
	EXPECT_EQ(stat.is_dead, 1);
	EXPECT_EQ(stat.leaf_count[0], 0);
	text.text = (u64)words;
	text.length = sizeof(words);
	EXPECT_EQ(ioctl(dev, VM_DUMP, (u64)&text), 0);
	text.length = sizeof(words);
	EXPECT_EQ(ioctl(dev, VM_WHY, (u64)&text), 0);
	EXPECT(strstr(words, "gone"));
}

static s64 exec_with_machine(void *arg)
{
	static const char *const argv[] = { "/bin/true", NULL };
	struct machine m;

	vm_make(&m, 2, (u64)arg);
	vm_start(&m.cpu[0]);
	vm_await_entry(&m.cpu[0], (u64)arg == PROGRAM_HALT ? 2 : 1);
	exec(argv[0], argv);
	return 1;
}

TEST(vmapi, exec_ends_the_machine)
{
	int dev = vm_open();

	for (u32 i = 0; i < 10; i++)
		EXPECT_EQ(status_of(exec_with_machine, (void *)(u64)(i % 2 ? PROGRAM_SPIN : PROGRAM_HALT)), 0);
	EXPECT_EQ(vm_count(dev), 0);
}
