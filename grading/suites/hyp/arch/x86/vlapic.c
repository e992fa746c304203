/*
 * A guest's local APIC, by its registers, in a time that the test makes up.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/x86/vlapic.h"

#define START 1000000000ull

static struct vlapic apic;
static u64 now;

static bool write(u32 reg, u32 value)
{
	return vlapic_write(&apic, reg, value, now);
}

static u32 read(u32 reg)
{
	return vlapic_read(&apic, reg, now);
}

static void start(void)
{
	apic = (struct vlapic){ .id = 3 };
	vlapic_reset(&apic);
	now = START;
	write(LAPIC_SPURIOUS, 0x1ff);
}

static void reset_masks_everything(void)
{
	start();
	vlapic_reset(&apic);
	EXPECT_EQ(read(LAPIC_ID), 3u << 24);
	EXPECT_EQ(read(LAPIC_VERSION), 0x50014u);
	EXPECT_EQ(read(LAPIC_SPURIOUS), 0xffu);
	EXPECT_EQ(read(LAPIC_DFR), ~0u);
	for (u32 reg = LAPIC_LVT_TIMER; reg <= LAPIC_LVT_ERROR; reg += 16)
		EXPECT_EQ(read(reg), 0x10000u, "0x%x", reg);
	write(LAPIC_LVT_TIMER, 0x40);
	EXPECT_EQ(read(LAPIC_LVT_TIMER), 0x10040u, "while it is off");
	EXPECT_FALSE(vlapic_accept(&apic, 0x40));
}

static void priorities_nest(void)
{
	start();
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING);
	vlapic_accept(&apic, 0x41);
	vlapic_accept(&apic, 0x45);
	vlapic_accept(&apic, 0x45);
	EXPECT_EQ(vlapic_pending(&apic), 0x45);
	vlapic_acknowledge(&apic, 0x45);
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING, "the same class");
	EXPECT_EQ(read(LAPIC_PPR), 0x40u);
	vlapic_accept(&apic, 0x52);
	EXPECT_EQ(vlapic_pending(&apic), 0x52);
	vlapic_acknowledge(&apic, 0x52);
	write(LAPIC_EOI, 0);
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING);
	write(LAPIC_EOI, 0);
	EXPECT_EQ(vlapic_pending(&apic), 0x41);
	EXPECT_EQ(read(LAPIC_IRR + 0x20), 2u);
	vlapic_acknowledge(&apic, 0x41);
	EXPECT_EQ(read(LAPIC_ISR + 0x20), 2u);
	EXPECT_EQ(read(LAPIC_IRR + 0x20), 0u);
	write(LAPIC_EOI, 0);
	write(LAPIC_EOI, 0);
	EXPECT_EQ(read(LAPIC_PPR), 0u);
}

static void task_priority_counts(void)
{
	start();
	vlapic_accept(&apic, 0x41);
	write(LAPIC_TPR, 0x4f);
	EXPECT_EQ(read(LAPIC_PPR), 0x4fu);
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING);
	EXPECT_EQ(vlapic_pending_for_any_task(&apic), 0x41);
	write(LAPIC_TPR, 0x3f);
	EXPECT_EQ(vlapic_pending(&apic), 0x41);
}

static void bad_vectors_are_errors(void)
{
	start();
	write(LAPIC_LVT_ERROR, 0x33);
	EXPECT_FALSE(write(LAPIC_ICR, 0x4000f));
	EXPECT_EQ(vlapic_pending(&apic), 0x33);
	EXPECT_EQ(read(LAPIC_ESR), 0u, "before it is written");
	write(LAPIC_ESR, 0);
	EXPECT_EQ(read(LAPIC_ESR), 0x20u);
	write(LAPIC_ESR, 0);
	EXPECT_EQ(read(LAPIC_ESR), 0u);
	EXPECT_TRUE(vlapic_accept(&apic, 3));
	write(LAPIC_ESR, 0);
	EXPECT_EQ(read(LAPIC_ESR), 0x40u);
	EXPECT_TRUE(write(LAPIC_ICR, 0x40010));
	EXPECT_TRUE(write(LAPIC_ICR, 0x4500), "INIT has no vector");
}

static void destinations_match(void)
{
	start();
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_PHYSICAL, 3));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_PHYSICAL, 2));
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_PHYSICAL, 0xff));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_LOGICAL, 8), "no LDR");
	write(LAPIC_LDR, 0x08000000);
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_LOGICAL, 0x0c));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_LOGICAL, 0x04));
	write(LAPIC_DFR, 0x0fffffff);
	write(LAPIC_LDR, 0x21000000);
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_LOGICAL, 0x23));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_LOGICAL, 0x11));
	vlapic_set_mode(&apic, VM_X86_APIC_X2APIC);
	EXPECT_EQ(read(LAPIC_ID), 3u);
	EXPECT_EQ(read(LAPIC_LDR), 8u);
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_LOGICAL, 0xc));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_LOGICAL, 0x1000c));
	EXPECT_FALSE(vlapic_matches(&apic, LAPIC_PHYSICAL, 0xff));
	EXPECT_TRUE(vlapic_matches(&apic, LAPIC_PHYSICAL, ~0u));
}

/* ---- Timer --------------------------------------------------------------------------------------------- */

static void timer_expires_once(void)
{
	start();
	write(LAPIC_DIVIDE, 0xb);
	write(LAPIC_LVT_TIMER, 0x60);
	write(LAPIC_INITIAL, 1000);
	EXPECT_EQ(vlapic_deadline(&apic), START + 1000);
	now += 300;
	EXPECT_EQ(read(LAPIC_CURRENT), 700u);
	vlapic_run_timer(&apic, START + 999);
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING);
	vlapic_run_timer(&apic, START + 1000);
	EXPECT_EQ(vlapic_pending(&apic), 0x60);
	EXPECT_EQ(vlapic_deadline(&apic), ~0ull);
	now = START + 5000;
	EXPECT_EQ(read(LAPIC_CURRENT), 0u);
}

static void timer_repeats(void)
{
	start();
	write(LAPIC_DIVIDE, 3); /* by 16 */
	write(LAPIC_LVT_TIMER, 0x20060);
	write(LAPIC_INITIAL, 100);
	for (u32 i = 1; i < 4; i++) {
		EXPECT_EQ(vlapic_deadline(&apic), START + i * 1600);
		vlapic_run_timer(&apic, START + i * 1600);
		EXPECT_EQ(vlapic_pending(&apic), 0x60);
		vlapic_acknowledge(&apic, 0x60);
		vlapic_end(&apic);
	}
	vlapic_run_timer(&apic, START + 10 * 1600 + 16);
	EXPECT_EQ(vlapic_deadline(&apic), START + 11 * 1600, "what was missed is one");
	now = START + 10 * 1600 + 16;
	EXPECT_EQ(read(LAPIC_CURRENT), 99u);
	write(LAPIC_INITIAL, 0);
	EXPECT_EQ(vlapic_deadline(&apic), ~0ull);
}

static void dividers_are_powers_of_two(void)
{
	static const u32 divide[] = { 0xb, 0, 1, 2, 3, 8, 9, 10 };

	for (u32 i = 0; i < ARRAY_SIZE(divide); i++) {
		start();
		write(LAPIC_DIVIDE, divide[i]);
		write(LAPIC_LVT_TIMER, 0x60);
		write(LAPIC_INITIAL, 10);
		EXPECT_EQ(vlapic_deadline(&apic), START + (10u << i), "divide 0x%x", divide[i]);
	}
}

static void masked_timer_is_silent(void)
{
	start();
	write(LAPIC_LVT_TIMER, 0x10060);
	write(LAPIC_INITIAL, 10);
	EXPECT_EQ(vlapic_deadline(&apic), ~0ull);
	vlapic_run_timer(&apic, START + 1000);
	EXPECT_EQ(vlapic_pending(&apic), LAPIC_NOTHING);
}

/* ---- Pins, state --------------------------------------------------------------------------------------- */

static void pins_are_as_the_vector_table_says(void)
{
	start();
	EXPECT_FALSE(vlapic_hears_pic(&apic));
	write(LAPIC_LVT_LINT0, 0x700);
	write(LAPIC_LVT_LINT1, 0x400);
	EXPECT_TRUE(vlapic_hears_pic(&apic));
	EXPECT_TRUE(vlapic_hears_nmi(&apic));
	write(LAPIC_LVT_LINT0, 0x10700);
	EXPECT_FALSE(vlapic_hears_pic(&apic));
	vlapic_set_mode(&apic, VM_X86_APIC_OFF);
	EXPECT_TRUE(vlapic_hears_pic(&apic));
	EXPECT_FALSE(vlapic_accept(&apic, 0x60));
}

static void state_goes_through_and_is_checked(void)
{
	struct vm_x86_lapic state = { 0 }, again = { 0 };

	start();
	write(LAPIC_LVT_TIMER, 0x20060);
	write(LAPIC_INITIAL, 10000);
	vlapic_accept(&apic, 0x77);
	vlapic_accept(&apic, 0x99);
	vlapic_acknowledge(&apic, 0x99);
	write(LAPIC_TPR, 0x12);
	now += 1000;
	vlapic_get_state(&apic, now, &state);
	vlapic_reset(&apic);
	now = 5;
	ASSERT_EQ(vlapic_set_state(&apic, now, &state), 0);
	vlapic_get_state(&apic, now, &again);
	EXPECT_EQ(memcmp(&state, &again, sizeof(state)), 0);
	EXPECT_EQ(vlapic_deadline(&apic), 5 + 19000u);
	vlapic_end(&apic);
	EXPECT_EQ(vlapic_pending(&apic), 0x77);
}

static void bad_state_is_refused(void)
{
	struct vm_x86_lapic good = { 0 }, bad;

	start();
	vlapic_get_state(&apic, now, &good);
	for (u32 i = 0; i < 11; i++) {
		bad = good;
		switch (i) {
		case 0: bad.mode = 3; break;
		case 1: bad.reg[LAPIC_ISR / 16] = 1; break;
		case 2: bad.reg[LAPIC_IRR / 16] = 0x8000; break;
		case 3: bad.reg[LAPIC_TPR / 16] = 0x100; break;
		case 4: bad.reg[LAPIC_LVT_TIMER / 16] = 0x40000; break;
		case 5: bad.reg[LAPIC_DFR / 16] = 0; break;
		case 6: bad.reg[LAPIC_DIVIDE / 16] = 4; break;
		case 7: bad.timer_is_on = 1; break; /* with no count */
		case 8: bad.timer_ns = ~0ull; break;
		case 9: bad.reg[0] = 1; break;
		case 10: bad.timer_is_on = 2; break;
		}
		EXPECT_EQ(vlapic_set_state(&apic, now, &bad), -EINVAL, "%u", i);
	}
	EXPECT_EQ(vlapic_set_state(&apic, now, &good), 0);
}

static void random_registers_keep_it_whole(void)
{
	struct ktest_random random = ktest_random(0);
	struct vm_x86_lapic state = { 0 };

	start();
	for (u32 i = 0; i < 10000; i++) {
		u64 bits = random_next(&random);
		u32 reg = (bits & 63) * 16;

		write(reg, bits >> 32 & (bits >> 6 & 1 ? ~0u : 0x1ff));
		read(reg);
		vlapic_accept(&apic, bits >> 7);
		now += bits >> 40;
		vlapic_run_timer(&apic, now);
		if (vlapic_pending(&apic) != LAPIC_NOTHING)
			vlapic_acknowledge(&apic, vlapic_pending(&apic));
		ASSERT_GT(vlapic_deadline(&apic), now, "turn %u", i);
		vlapic_get_state(&apic, now, &state);
		ASSERT_EQ(vlapic_set_state(&apic, now, &state), 0, "turn %u", i);
	}
}

static const struct ktest_case cases[] = {
	CASE(reset_masks_everything),
	CASE(priorities_nest),
	CASE(task_priority_counts),
	CASE(bad_vectors_are_errors),
	CASE(destinations_match),
	CASE(timer_expires_once),
	CASE(timer_repeats),
	CASE(dividers_are_powers_of_two),
	CASE(masked_timer_is_silent),
	CASE(pins_are_as_the_vector_table_says),
	CASE(state_goes_through_and_is_checked),
	CASE(bad_state_is_refused),
	CASE(random_registers_keep_it_whole),
};
KTEST_SUITE(hyp_x86_lapic, cases);
