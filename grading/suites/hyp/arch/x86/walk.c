/*
 * The walk of a guest's tables, over tables made by hand.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/x86/walk.h"

#define PAGES    4
#define P        1ull
#define W        2ull
#define U        4ull
#define PS       0x80ull
#define NX       (1ull << 63)
#define ADDRESS  0x0000123456789abcull
#define PAGE     0x55555000ull

/* Page i is at i * 4096; beyond is no memory. */
static u64 memory[PAGES][512];

static bool read(void *arg, gpa_t at, u64 *entry)
{
	if (at.raw >= sizeof(memory))
		return false;
	*entry = memory[at.raw / PAGE_SIZE][at.raw / 8 % 512];
	return true;
}

static struct walk_state state;

static u64 *entry_at(int level)
{
	return &memory[3 - level][ADDRESS >> (12 + 9 * level) & 511];
}

/* A page for the kernel to read, write and execute. */
static void make_page(u64 rights)
{
	memset(memory, 0, sizeof(memory));
	for (int level = 3; level > 0; level--)
		*entry_at(level) = (u64)(4 - level) * PAGE_SIZE | P | W | U;
	*entry_at(0) = PAGE | rights;
	state = (struct walk_state){ .cr0 = CR0_PG | CR0_PE | CR0_WP, .cr4 = CR4_PAE,
				     .efer = EFER_LME | 0x400 | EFER_NXE, .gpa_bits = 40, .has_gib = true,
				     .read = read };
}

static void expect_page(enum access access)
{
	struct walk w;

	ASSERT_EQ(walk(&state, ADDRESS, access, &w), WALK_DONE, "access %u", access);
	EXPECT_EQ(w.gpa.raw, PAGE | (ADDRESS & 0xfff));
}

static void expect_fault(enum access access, u32 error)
{
	struct walk w;

	ASSERT_EQ(walk(&state, ADDRESS, access, &w), WALK_FAULT, "access %u", access);
	EXPECT_EQ(w.error, error, "access %u", access);
}

static void a_page_is_found(void)
{
	make_page(P | W);
	expect_page(ACCESS_READ);
	expect_page(ACCESS_WRITE);
	expect_page(ACCESS_EXEC);
}

static void large_leaves_are_found(void)
{
	struct walk w;

	make_page(0);
	*entry_at(1) = 0xabcde00000 | P | PS | 0x1000 /* PAT */;
	ASSERT_EQ(walk(&state, ADDRESS, ACCESS_READ, &w), WALK_DONE);
	EXPECT_EQ(w.gpa.raw, 0xabcde00000 | (ADDRESS & 0x1fffff));
	*entry_at(1) |= 0x2000;
	expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);
	*entry_at(2) = 0x40000000 | P | PS;
	ASSERT_EQ(walk(&state, ADDRESS, ACCESS_READ, &w), WALK_DONE);
	EXPECT_EQ(w.gpa.raw, 0x40000000 | (ADDRESS & 0x3fffffff));
	state.has_gib = false;
	expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);
	*entry_at(3) |= PS;
	expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);
}

static void what_is_absent_faults(void)
{
	for (int level = 3; level >= 0; level--) {
		make_page(P | W);
		*entry_at(level) &= ~P;
		expect_fault(ACCESS_READ, 0);
		expect_fault(ACCESS_WRITE, PF_WRITE);
		expect_fault(ACCESS_EXEC, PF_FETCH);
		state.efer &= ~(u64)EFER_NXE;
		expect_fault(ACCESS_EXEC, 0);
		state.cr4 |= CR4_SMEP;
		expect_fault(ACCESS_EXEC, PF_FETCH);
	}
}

static void rights_of_every_level_count(void)
{
	for (int level = 3; level >= 0; level--) {
		make_page(P | W | U);
		*entry_at(level) &= ~W;
		expect_page(ACCESS_READ);
		expect_fault(ACCESS_WRITE, PF_PRESENT | PF_WRITE);
		state.cr0 &= ~(u64)CR0_WP;
		expect_page(ACCESS_WRITE);
		state.cpl = 3;
		expect_fault(ACCESS_WRITE, PF_PRESENT | PF_WRITE | PF_USER);

		make_page(P | W | U);
		*entry_at(level) |= NX;
		expect_page(ACCESS_READ);
		expect_fault(ACCESS_EXEC, PF_PRESENT | PF_FETCH);
		state.efer &= ~(u64)EFER_NXE;
		expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);

		make_page(P | W | U);
		*entry_at(level) &= ~U;
		expect_page(ACCESS_WRITE);
		state.cpl = 3;
		expect_fault(ACCESS_READ, PF_PRESENT | PF_USER);
	}
}

static void supervisor_keeps_off_user_pages(void)
{
	make_page(P | W | U);
	expect_page(ACCESS_EXEC);
	state.cr4 |= CR4_SMEP | CR4_SMAP;
	expect_fault(ACCESS_EXEC, PF_PRESENT | PF_FETCH);
	expect_fault(ACCESS_READ, PF_PRESENT);
	expect_fault(ACCESS_WRITE, PF_PRESENT | PF_WRITE);
	state.rflags = RFLAGS_AC;
	expect_page(ACCESS_WRITE);
	state.rflags = 0;
	state.cpl = 3;
	expect_page(ACCESS_WRITE);
	expect_page(ACCESS_EXEC);
}

static void bits_beyond_the_width_are_reserved(void)
{
	for (int level = 3; level >= 0; level--)
		for (u32 bits = 36; bits < 51; bits += 3) {
			make_page(P | W);
			state.gpa_bits = bits;
			*entry_at(level) |= 1ull << bits;
			expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);
			*entry_at(level) ^= 1ull << bits | 1ull << 51;
			expect_fault(ACCESS_READ, PF_PRESENT | PF_RESERVED);
		}
}

static void other_modes_are_told_apart(void)
{
	struct walk w;

	make_page(P);
	state.cr0 = 0;
	ASSERT_EQ(walk(&state, 0x123456789, ACCESS_WRITE, &w), WALK_DONE);
	EXPECT_EQ(w.gpa.raw, 0x23456789u);
	make_page(P);
	EXPECT_EQ(walk(&state, 1ull << 47, ACCESS_READ, &w), WALK_NOT_CANONICAL);
	state.efer &= ~0x400ull;
	EXPECT_EQ(walk(&state, 0, ACCESS_READ, &w), WALK_UNSUPPORTED);
	make_page(P);
	state.cr4 |= 0x1000;
	EXPECT_EQ(walk(&state, 0, ACCESS_READ, &w), WALK_UNSUPPORTED);
	make_page(P);
	*entry_at(2) = 0x80000 | P;
	EXPECT_EQ(walk(&state, ADDRESS, ACCESS_READ, &w), WALK_NO_MEMORY);
	EXPECT_EQ(ALIGN_DOWN(w.entry_at.raw, PAGE_SIZE), 0x80000u);
}

static const struct ktest_case cases[] = {
	CASE(a_page_is_found),
	CASE(large_leaves_are_found),
	CASE(what_is_absent_faults),
	CASE(rights_of_every_level_count),
	CASE(supervisor_keeps_off_user_pages),
	CASE(bits_beyond_the_width_are_reserved),
	CASE(other_modes_are_told_apart),
};
KTEST_SUITE(hyp_x86_walk, cases);
