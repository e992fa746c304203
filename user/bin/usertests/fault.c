/*
 * Accesses that must end the process, and only the process.
 */
#include "test.h"

static s64 load(void *arg)
{
	return *(volatile u8 *)arg;
}

static s64 store(void *arg)
{
	*(volatile u8 *)arg = 1;
	return 0;
}

static s64 jump(void *arg)
{
	((void (*)(void))arg)();
	return 0;
}

/* Addresses that no program may touch: near 0, just above user space, the holes of the address space, the kernel. */
static const u64 forbidden[] = {
	0,
	8,
	PAGE - 1,
	1ul << 38,
	1ul << 39,
	1ul << 46,
	1ul << 47,
	1ul << 48,
	1ul << 55,
	1ul << 62,
	1ul << 63,
	0xffff800000000000,
	0xffffffc000000000,
	0xffffffff80000000,
	0xffffffff80200000,
	0xfffffffffffff000,
	0xffffffffffffffff,
};

#define FORBIDDEN_COUNT (sizeof(forbidden) / sizeof(forbidden[0]))

TEST(fault, loads_of_forbidden_addresses_kill)
{
	for (size_t i = 0; i < FORBIDDEN_COUNT; i++)
		if (status_of(load, (void *)forbidden[i]) != KILLED(FAULT))
			FAIL("load of 0x%lx", forbidden[i]);
}

TEST(fault, stores_to_forbidden_addresses_kill)
{
	for (size_t i = 0; i < FORBIDDEN_COUNT; i++)
		if (status_of(store, (void *)forbidden[i]) != KILLED(FAULT))
			FAIL("store to 0x%lx", forbidden[i]);
}

TEST(fault, jumps_to_forbidden_addresses_kill)
{
	for (size_t i = 0; i < FORBIDDEN_COUNT; i++)
		if (status_of(jump, (void *)forbidden[i]) != KILLED(FAULT))
			FAIL("jump to 0x%lx", forbidden[i]);
}

static const char constant[] = "constant";

TEST(fault, program_is_read_only)
{
	EXPECT_KILLED(store, (void *)load, FAULT);
	EXPECT_KILLED(store, (void *)constant, FAULT);
}

static u64 data[64] = { 1 };

TEST(fault, data_and_stack_are_not_executable)
{
	u64 stack[64];

	memcpy(data, (const void *)load, 64);
	memcpy(stack, (const void *)load, 64);
	EXPECT_KILLED(jump, data, FAULT);
	EXPECT_KILLED(jump, stack, FAULT);
}

static s64 illegal(void *arg)
{
	abort();
}

TEST(fault, illegal_instruction_kills)
{
	EXPECT_KILLED(illegal, NULL, ILLEGAL);
}

static __attribute__((noinline)) u64 use_stack(u64 frames)
{
	volatile u8 frame[900];

	frame[0] = frames;
	return frames ? use_stack(frames - 1) + frame[0] : 0;
}

static s64 use_much_stack(void *arg)
{
	return use_stack((u64)arg) == 1;
}

TEST(fault, stack_has_a_mebibyte)
{
	EXPECT_EQ(status_of(use_much_stack, (void *)1000), 0);
	EXPECT_KILLED(use_much_stack, (void *)100000, FAULT);
}

static struct thread thread;

static s64 overflow_in_thread(void *arg)
{
	OK(thread_create(&thread, use_much_stack, (void *)100000));
	thread_join(&thread, NULL);
	return 0;
}

TEST(fault, thread_stack_has_a_guard)
{
	EXPECT_KILLED(overflow_in_thread, NULL, FAULT);
}

static s64 fault_in_thread(void *arg)
{
	OK(thread_create(&thread, store, NULL));
	sleep_forever(NULL);
	return 0;
}

TEST(fault, in_one_thread_kills_all)
{
	EXPECT_KILLED(fault_in_thread, NULL, FAULT);
}

/* The parent of a killed process goes on; so do its other children. */
TEST(fault, spares_relatives)
{
	int bystander = spawn(sleep_forever, NULL);

	for (int i = 0; i < 20; i++)
		EXPECT_KILLED(store, NULL, FAULT);
	EXPECT_EQ(wait(bystander, NULL, WAIT_NOHANG), -EAGAIN);
	OK(kill(bystander));
	EXPECT_EQ(reap(bystander), KILLED(KILL));
}
