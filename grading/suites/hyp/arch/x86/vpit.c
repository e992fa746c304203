/*
 * A guest's PIT, by its ports, in a time that the test makes up.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/x86/vpit.h"

#define SECOND 1000000000ull
#define START  (100 * SECOND)

static struct vpit pit;
static u64 now;

static void out(u16 port, u8 value)
{
	EXPECT_TRUE(vpit_port_write(&pit, port, now, value));
}

static u8 in(u16 port)
{
	u8 value = 0;

	EXPECT_TRUE(vpit_port_read(&pit, port, now, &value));
	return value;
}

static void load(u8 command, u16 port, u16 count)
{
	vpit_reset(&pit);
	now = START;
	out(0x43, command);
	out(port, count);
	out(port, count >> 8);
}

static u16 latched(u8 command, u16 port)
{
	u16 low;

	out(0x43, command);
	low = in(port);
	return low | in(port) << 8;
}

static u64 ticks(u64 count)
{
	return count * SECOND / VPIT_HZ + 1;
}

static void one_shot_rises_once(void)
{
	load(0x30, 0x40, 1000);
	EXPECT_EQ(latched(0x00, 0x40), 1000);
	now = START + ticks(400);
	EXPECT_EQ(latched(0x00, 0x40), 600);
	EXPECT_FALSE(vpit_run(&pit, now));
	EXPECT_GE(vpit_deadline(&pit), START + ticks(1000) - 1);
	now = vpit_deadline(&pit);
	EXPECT_TRUE(vpit_run(&pit, now));
	EXPECT_FALSE(vpit_run(&pit, now + SECOND));
	EXPECT_EQ(vpit_deadline(&pit), ~0ull);
	now = START + ticks(1010);
	EXPECT_EQ(latched(0x00, 0x40), (u16)-10, "counts on");
}

static void rate_rises_each_period(void)
{
	load(0x34, 0x40, 11932); /* 10 ms */
	for (u32 i = 1; i <= 3; i++) {
		now = vpit_deadline(&pit);
		EXPECT_GE(now, START + i * 10 * SECOND / 1000 - 1000);
		EXPECT_LE(now, START + i * 10 * SECOND / 1000 + 1000);
		EXPECT_FALSE(vpit_run(&pit, now - 1));
		EXPECT_TRUE(vpit_run(&pit, now));
		EXPECT_FALSE(vpit_run(&pit, now));
	}
	EXPECT_TRUE(vpit_run(&pit, now + SECOND), "many are one");
	EXPECT_FALSE(vpit_run(&pit, now + SECOND));
}

static void count_zero_is_65536(void)
{
	load(0x34, 0x40, 0);
	now = vpit_deadline(&pit);
	EXPECT_GE(now, START + 65536 * SECOND / VPIT_HZ);
	EXPECT_LE(now, START + 65536 * SECOND / VPIT_HZ + 2);
}

static void status_and_count_are_read_back(void)
{
	load(0x30, 0x40, 0xffff);
	now = START + ticks(0x100);
	out(0x43, 0xc2);
	EXPECT_EQ(in(0x40), 0x30);
	EXPECT_EQ(in(0x40), 0xff);
	now = START + ticks(0x200);
	EXPECT_EQ(in(0x40), 0xfe, "latched before");
	EXPECT_EQ(in(0x40), 0xff, "and not any more");
	in(0x40);
	now = START + SECOND;
	out(0x43, 0xe2);
	EXPECT_EQ(in(0x40), 0xb0, "the output is high");
	out(0x43, 0x30);
	out(0x43, 0xe2);
	EXPECT_EQ(in(0x40), 0x70, "no count");
}

static void gate_and_output_of_channel_2_are_at_port_61(void)
{
	load(0xb0, 0x42, 1000);
	EXPECT_EQ(in(0x61) & 0x23, 0);
	now += SECOND;
	EXPECT_EQ(in(0x61) & 0x20, 0, "the gate is closed");
	out(0x61, 1);
	EXPECT_EQ(in(0x61) & 0x23, 1);
	now += ticks(999);
	EXPECT_EQ(in(0x61) & 0x23, 1);
	now += ticks(1);
	EXPECT_EQ(in(0x61) & 0x23, 0x21);
}

static void single_bytes_are_counts_too(void)
{
	vpit_reset(&pit);
	now = START;
	out(0x43, 0x14);
	out(0x40, 100);
	EXPECT_EQ(in(0x40), 100);
	out(0x43, 0x24);
	out(0x40, 1);
	EXPECT_EQ(in(0x40), 1);
	now += ticks(100);
	EXPECT_EQ(vpit_deadline(&pit), START + (256 * SECOND + VPIT_HZ - 1) / VPIT_HZ);
}

static void state_goes_through_and_is_checked(void)
{
	struct vm_x86_pit state = { .reserved = { 1, 2, 3 } }, bad;

	load(0x34, 0x40, 5000);
	now += ticks(1234);
	vpit_get_state(&pit, now, &state);
	vpit_reset(&pit);
	now = 5; /* another machine, just started */
	ASSERT_EQ(vpit_set_state(&pit, now, &state), 0);
	EXPECT_EQ(latched(0x00, 0x40), 5000 - 1234);
	EXPECT_FALSE(vpit_run(&pit, now));
	EXPECT_GE(vpit_deadline(&pit), ticks(5000 - 1234) - 1000);
	EXPECT_LE(vpit_deadline(&pit), ticks(5000 - 1234) + 1000);
	for (u32 i = 0; i < 8; i++) {
		bad = state;
		switch (i) {
		case 0: bad.channel[0].count = 0; break;
		case 1: bad.channel[1].count = 0x10001; break;
		case 2: bad.channel[2].mode = 1; break;
		case 3: bad.channel[0].access = 0; break;
		case 4: bad.channel[0].flags = 64; break;
		case 5: bad.channel[0].ns = ~0ull; break;
		case 6: bad.speaker = 4; break;
		case 7: bad.reserved[2] = 1; break;
		}
		EXPECT_EQ(vpit_set_state(&pit, now, &bad), -EINVAL, "%u", i);
	}
}

static void random_ports_keep_it_whole(void)
{
	static const u16 ports[] = { 0x40, 0x41, 0x42, 0x43, 0x61 };
	struct ktest_random random = ktest_random(0);
	struct vm_x86_pit state = { 0 };
	u8 value;

	vpit_reset(&pit);
	now = START;
	for (u32 i = 0; i < 5000; i++) {
		u64 bits = random_next(&random);
		u16 port = ports[bits % ARRAY_SIZE(ports)];

		vpit_port_write(&pit, port, now, bits >> 8);
		vpit_port_read(&pit, port, now, &value);
		now += bits >> 16 & 0xffffff;
		vpit_run(&pit, now);
		ASSERT_GT(vpit_deadline(&pit), now, "turn %u", i);
		vpit_get_state(&pit, now, &state);
		ASSERT_EQ(vpit_set_state(&pit, now, &state), 0, "turn %u", i);
	}
}

static const struct ktest_case cases[] = {
	CASE(one_shot_rises_once),
	CASE(rate_rises_each_period),
	CASE(count_zero_is_65536),
	CASE(status_and_count_are_read_back),
	CASE(gate_and_output_of_channel_2_are_at_port_61),
	CASE(single_bytes_are_counts_too),
	CASE(state_goes_through_and_is_checked),
	CASE(random_ports_keep_it_whole),
};
KTEST_SUITE(hyp_x86_pit, cases);
