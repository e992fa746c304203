/*
 * A guest's PICs, by their ports.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/x86/vpic.h"

static struct vpic pic;

static void out(u16 port, u8 value)
{
	EXPECT_TRUE(vpic_port_write(&pic, port, value));
}

static u8 in(u16 port)
{
	u8 value = 0;

	EXPECT_TRUE(vpic_port_read(&pic, port, &value));
	return value;
}

static void initialize(u16 port, u8 base, u8 icw4)
{
	out(port, 0x11);
	out(port + 1, base);
	out(port + 1, port == 0x20 ? 4 : 2);
	out(port + 1, icw4);
}

static void start(void)
{
	vpic_reset(&pic);
	initialize(0x20, 0x20, 1);
	initialize(0xa0, 0x28, 1);
}

static void pulse(u32 line)
{
	vpic_set_line(&pic, line, 1);
	vpic_set_line(&pic, line, 0);
}

static void lower_lines_come_first(void)
{
	start();
	EXPECT_FALSE(vpic_asks(&pic));
	pulse(5);
	pulse(3);
	EXPECT_TRUE(vpic_asks(&pic));
	EXPECT_EQ(vpic_acknowledge(&pic), 0x23);
	EXPECT_FALSE(vpic_asks(&pic), "3 is in service");
	pulse(1);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x21);
	out(0x20, 0x20);
	EXPECT_FALSE(vpic_asks(&pic));
	out(0x20, 0x20);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x25);
	out(0x20, 0x65);
	EXPECT_FALSE(vpic_asks(&pic));
}

static void masked_lines_wait(void)
{
	start();
	out(0x21, 0x08);
	pulse(3);
	EXPECT_FALSE(vpic_asks(&pic));
	EXPECT_EQ(in(0x21), 0x08);
	EXPECT_EQ(in(0x20), 0x08, "IRR");
	out(0x21, 0);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x23);
	out(0x20, 0x0b);
	EXPECT_EQ(in(0x20), 0x08, "ISR");
}

static void second_chip_is_behind_line_2(void)
{
	start();
	pulse(12);
	pulse(9);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x29);
	pulse(3);
	EXPECT_FALSE(vpic_asks(&pic), "2 is in service");
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x2c);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x23);
}

static void levels_come_again_edges_do_not(void)
{
	start();
	out(0x4d0, 0x20);
	out(0x4d1, 0xff);
	EXPECT_EQ(in(0x4d0), 0x20);
	EXPECT_EQ(in(0x4d1), 0xde, "always edges: clock, coprocessor");
	vpic_set_line(&pic, 5, 1);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x25);
	out(0x20, 0x20);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x25);
	vpic_set_line(&pic, 5, 0);
	out(0x20, 0x20);
	EXPECT_FALSE(vpic_asks(&pic));
	vpic_set_line(&pic, 6, 1);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x26);
	out(0x20, 0x20);
	vpic_set_line(&pic, 6, 1);
	EXPECT_FALSE(vpic_asks(&pic), "no edge");
}

static void nothing_to_take_is_spurious(void)
{
	start();
	EXPECT_EQ(vpic_acknowledge(&pic), 0x27);
	out(0x20, 0x0b);
	EXPECT_EQ(in(0x20), 0, "not in service");
	out(0x4d0, 0x20);
	vpic_set_line(&pic, 5, 1);
	vpic_set_line(&pic, 5, 0);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x27);
}

static void auto_eoi_serves_nothing(void)
{
	vpic_reset(&pic);
	initialize(0x20, 0x20, 3);
	pulse(4);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x24);
	pulse(6);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x26);
}

static void priorities_rotate(void)
{
	start();
	out(0x20, 0xc3); /* 3 is the lowest */
	pulse(3);
	pulse(4);
	pulse(0);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x24);
	out(0x20, 0xa0);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x20);
	out(0x20, 0x20);
	EXPECT_EQ(vpic_acknowledge(&pic), 0x23);
}

static void polling_takes_an_interrupt(void)
{
	start();
	pulse(3);
	out(0x20, 0x0c);
	EXPECT_EQ(in(0x20), 0x83);
	EXPECT_FALSE(vpic_asks(&pic));
	out(0x20, 0x0c);
	EXPECT_EQ(in(0x20), 0);
}

static void state_goes_through_and_is_checked(void)
{
	struct vm_x86_pic state = { .reserved = 1 }, bad;
	struct vpic before;

	start();
	out(0x4d0, 0x20);
	vpic_set_line(&pic, 5, 1);
	pulse(9);
	vpic_acknowledge(&pic);
	vpic_get_state(&pic, &state);
	before = pic;
	vpic_reset(&pic);
	ASSERT_EQ(vpic_set_state(&pic, &state), 0);
	EXPECT_EQ(memcmp(&pic, &before, sizeof(pic)), 0);

	for (u32 i = 0; i < 8; i++) {
		bad = state;
		switch (i) {
		case 0: bad.chip[0].base = 0x21; break;
		case 1: bad.chip[1].icw_step = 1; break;
		case 2: bad.chip[1].icw_step = 5; break;
		case 3: bad.chip[0].flags = 64; break;
		case 4: bad.chip[0].lowest = 8; break;
		case 5: bad.chip[0].level_triggered = 1; break;
		case 6: bad.chip[1].reserved[6] = 1; break;
		case 7: bad.reserved = 1; break;
		}
		EXPECT_EQ(vpic_set_state(&pic, &bad), -EINVAL, "%u", i);
		EXPECT_EQ(memcmp(&pic, &before, sizeof(pic)), 0, "%u", i);
	}
}

/* Whatever a guest writes, its PICs stay PICs. */
static void random_ports_keep_it_whole(void)
{
	static const u16 ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
	struct ktest_random random = ktest_random(0);
	struct vm_x86_pic state = { 0 };
	u8 value;

	start();
	for (u32 i = 0; i < 5000; i++) {
		u64 bits = random_next(&random);
		u16 port = ports[bits % ARRAY_SIZE(ports)];

		vpic_port_write(&pic, port, bits >> 8);
		vpic_port_read(&pic, port, &value);
		vpic_set_line(&pic, bits >> 16 & 15, bits >> 20 & 1);
		if (bits >> 21 & 1)
			vpic_acknowledge(&pic);
		vpic_get_state(&pic, &state);
		ASSERT_EQ(vpic_set_state(&pic, &state), 0, "turn %u", i);
	}
}

static const struct ktest_case cases[] = {
	CASE(lower_lines_come_first),
	CASE(masked_lines_wait),
	CASE(second_chip_is_behind_line_2),
	CASE(levels_come_again_edges_do_not),
	CASE(nothing_to_take_is_spurious),
	CASE(auto_eoi_serves_nothing),
	CASE(priorities_rotate),
	CASE(polling_takes_an_interrupt),
	CASE(state_goes_through_and_is_checked),
	CASE(random_ports_keep_it_whole),
};
KTEST_SUITE(hyp_x86_pic, cases);
