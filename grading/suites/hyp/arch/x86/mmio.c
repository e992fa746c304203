/*
 * What guests get of memory that is not there: devices of the monitor's, the width's end, in all modes of paging.
 */
#include "grading/suites/hyp/arch/x86/x86vm.h"
#include "grading/suites/kernel/space.h"
#include "hyp/arch/x86/vmcb.h"

enum { VECTOR_PF = 14 };

#define CR4_PSE 0x10

/* ---- MMIO ---------------------------------------------------------------------------------------------- */

static void expect_mmio(struct x86vm *m, u64 offset, u8 bytes, u8 is_write, u64 data)
{
	struct vm_run *run = x86vm_page(m);

	ASSERT_EQ(x86vm_run(m), VM_EXIT_MMIO, "pc 0x%lx, 0x%lx 0x%lx", run->pc, run->fail.detail[0],
		  run->fail.detail[1]);
	EXPECT_EQ(run->mmio.address, X86VM_HOLE + offset);
	EXPECT_EQ(run->mmio.bytes, bytes);
	EXPECT_EQ(run->mmio.is_write, is_write);
	EXPECT_EQ(run->mmio.why, VM_MMIO_NO_SLOT);
	if (is_write)
		EXPECT_EQ(run->mmio.data, data, "at 0x%lx", offset);
	run->mmio.data = data;
}

static void mmio_instructions_are_executed(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_mmio);
	expect_mmio(m, 0, 8, 1, 0x1122334455667788);
	expect_mmio(m, 2, 2, 1, 0x7788);
	expect_mmio(m, 5, 1, 1, 0x5a);
	expect_mmio(m, 8, 4, 1, 0xfffffffe);
	expect_mmio(m, 0x10, 4, 0, 0xffffffff87654321);
	x86vm_expect_call(m, 0x87654321);
	expect_mmio(m, 0x14, 1, 0, 0xfffffff5);
	x86vm_expect_call(m, 0xf5);
	expect_mmio(m, 0x18, 4, 0, 0x80000001);
	x86vm_expect_call(m, 0xffffffff80000001);
	expect_mmio(m, 0x19, 1, 0, 0x7e);
	x86vm_expect_call(m, 0x7e00);
	expect_mmio(m, 0x20, 4, 0, 0x80000001);
	expect_mmio(m, 0x20, 4, 1, 0x80000101);
	x86vm_expect_call(m, 0x82); /* SF */
	expect_mmio(m, 0x24, 4, 0, 0x77);
	expect_mmio(m, 0x24, 4, 1, 0x30);
	x86vm_expect_call(m, 0x77);
	expect_mmio(m, 0x28, 8, 0, 0x1000000000);
	x86vm_expect_call(m, 0x1000000009);
	expect_mmio(m, 0x30, 4, 0, 0x10);
	expect_mmio(m, 0x30, 4, 1, 0x10);
	x86vm_expect_call(m, 1);
	expect_mmio(m, 0x40, 8, 1, 0x0102030405060708);
	expect_mmio(m, 0x48, 8, 1, 0x0102030405060708);
	x86vm_expect_call(m, X86VM_HOLE + 0x50);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_FAIL, "MOVAPS");
	EXPECT_EQ(x86vm_page(m)->fail.why, VM_FAIL_EMULATE);
	EXPECT_EQ(x86vm_page(m)->fail.detail[1] & 0xffffff, 0x03280fu);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_FAIL, "for good");
}

static void strings_move_to_and_from_devices(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_movs);
	expect_mmio(m, 0, 4, 0, 0x04030201);
	expect_mmio(m, 0x100, 1, 1, 0x01);
	expect_mmio(m, 0x101, 1, 1, 0x02);
	expect_mmio(m, 8, 2, 0, 0xcafe);
	expect_mmio(m, 0x18, 2, 1, 0xcafe);
	x86vm_expect_call(m, X86VM_HOLE + 0x1a);
	EXPECT_EQ(x86vm_word(m, X86VM_DATA), 0x04030201u);
}

#define RAM_END    (X86VM_RAM_SIZE - X86VM_HOLE) /* from the hole */
#define ISLAND     0x10000ull                    /* RAM in the hole */

static void add_island(struct x86vm *m)
{
	struct vm_memslot slot = { .id = 1, .guest = X86VM_HOLE + ISLAND, .length = PAGE_SIZE };

	slot.memory = space_map(m->aspace, 1, PROT_READ | PROT_WRITE, 0).raw;
	mutex_lock(&m->vm->lock);
	ASSERT_EQ(memslot_update(m->vm, &slot), 0);
	mutex_unlock(&m->vm->lock);
}

static void accesses_go_over_the_ends_of_pages(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	add_island(m);
	x86vm_set_word(m, X86VM_RAM_SIZE - 8, 0xccbbaa0000000000);
	x86vm_set_word(m, X86VM_HOLE + ISLAND, 0x1234);
	x86vm_start(m, piece_split);
	expect_mmio(m, 0xffd, 3, 1, 0x667788);
	expect_mmio(m, 0x1000, 5, 1, 0x1122334455);
	expect_mmio(m, 0xffe, 2, 0, 0xffff2211);
	expect_mmio(m, 0x1000, 2, 0, 0xffff4433);
	x86vm_expect_call(m, 0x44332211);
	expect_mmio(m, 0xfff, 1, 0, 0x01);
	expect_mmio(m, 0x1000, 3, 0, 0x800000);
	expect_mmio(m, 0xfff, 1, 1, 0x81);
	expect_mmio(m, 0x1000, 3, 1, 0x810000);
	x86vm_expect_call(m, 0x86); /* SF, PF */
	expect_mmio(m, RAM_END, 5, 0, 0x0807060504);
	x86vm_expect_call(m, 0x0807060504ccbbaa);
	expect_mmio(m, RAM_END, 3, 1, 0x443322);
	expect_mmio(m, ISLAND - 2, 2, 0, 0xbeef);
	EXPECT_EQ(x86vm_word(m, X86VM_RAM_SIZE - 8), 0x11bbaa0000000000u);
	x86vm_expect_call(m, 0x1234beef);
	expect_mmio(m, ISLAND - 1, 1, 1, 0x55);
	expect_mmio(m, 0xffe, 2, 0, 0x0001);
	EXPECT_EQ(x86vm_word(m, X86VM_HOLE + ISLAND), 0x1266u);
	expect_mmio(m, 0x1000, 2, 0, 0x8000);
	expect_mmio(m, 0x1fff, 1, 0, 0x02);
	expect_mmio(m, 0x2000, 3, 0, 0x800000);
	x86vm_expect_call(m, 1);
	expect_mmio(m, 0xfff, 1, 0, 0xaa);
	expect_mmio(m, 0x1000, 1, 0, 0xbb);
	expect_mmio(m, 0x2fff, 1, 1, 0xaa);
	expect_mmio(m, 0x3000, 1, 1, 0xbb);
	x86vm_expect_call(m, X86VM_HOLE + 0x3001);
}

static void strings_are_compared_with_devices(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_set_word(m, X86VM_DATA, 0x2222222211111111);
	x86vm_start(m, piece_compare);
	expect_mmio(m, 0, 1, 0, 4);
	expect_mmio(m, 1, 1, 0, 6);
	expect_mmio(m, 2, 1, 0, 5);
	x86vm_expect_call(m, 1);
	x86vm_expect_call(m, X86VM_HOLE + 3);
	expect_mmio(m, 0, 4, 0, 0x11111111);
	expect_mmio(m, 4, 4, 0, 0x33333333);
	x86vm_expect_call(m, 1);
	x86vm_expect_call(m, 1);
	expect_mmio(m, 0, 1, 0, 7);
	expect_mmio(m, 0x100, 1, 0, 7);
	expect_mmio(m, 1, 1, 0, 8);
	expect_mmio(m, 0x101, 1, 0, 8);
	x86vm_expect_call(m, X86VM_HOLE + 0x102);
	expect_mmio(m, 3, 4, 0, 0x87654321);
	x86vm_expect_call(m, 0x87654321);
	x86vm_expect_call(m, X86VM_HOLE - 1);
}

/* The case goes on elsewhere without telling: the load that waits for its answer is not there any more. */
static void an_answer_for_another_place_is_dropped(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_movs);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_MMIO);
	x86vm_start(m, piece_ports);
	for (u32 i = 0; i < 4; i++)
		ASSERT_EQ(x86vm_run(m), VM_EXIT_IO);
	m->vcpu[0]->arch.vmcb->rip = X86VM_CODE + (piece_cpuid - x86vm_code);
	x86vm_expect_call(m, 7);
}

/* ---- The width ----------------------------------------------------------------------------------------- */

#define WIDE       36
#define AT_BEYOND  (4ull << 30)
#define AT_EDGE    (5ull << 30)

static void beyond_the_width_is_a_reserved_bit(void)
{
	struct x86vm *m = x86vm_create(1, WIDE);
	struct vm_run *run = x86vm_page(m);

	x86vm_set_word(m, X86VM_TABLES + PAGE_SIZE + 8 * 4, 1ull << WIDE | 0x87);
	x86vm_set_word(m, X86VM_TABLES + PAGE_SIZE + 8 * 5, ((1ull << WIDE) - (1ull << 30)) | 0x87);
	x86vm_start(m, piece_touch);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	x86vm_answer(m, AT_BEYOND + 24);
	x86vm_expect_report(m, VECTOR_PF, 9, 3);
	EXPECT_EQ(m->vcpu[0]->arch.vmcb->cr2, AT_BEYOND + 24);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	x86vm_answer(m, AT_EDGE + 16);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.address, (1ull << WIDE) - (1ull << 30) + 16);
}

/* A table where no memory is reads as ones. */
static void table_without_memory_is_a_reserved_bit(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_set_word(m, X86VM_TABLES + PAGE_SIZE + 8 * 4, X86VM_HOLE | 7);
	x86vm_start(m, piece_touch);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	x86vm_answer(m, AT_BEYOND);
	x86vm_expect_report(m, VECTOR_PF, 9, 3);
}

/* ---- Other modes --------------------------------------------------------------------------------------- */

static void start_legacy(struct x86vm *m, u64 cr0, u64 cr4)
{
	struct vm_x86_system system;

	x86vm_start(m, piece_legacy);
	x86vm_get(m, VM_SET_X86_SYSTEM, &system);
	system.cs.attributes = 0xc9b;
	system.efer = 0;
	system.cr0 = cr0;
	system.cr4 = cr4;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_SYSTEM, &system), 0);
}

static void expect_legacy_runs(struct x86vm *m)
{
	x86vm_expect_call(m, 7);
	expect_mmio(m, 0, 4, 0, 0x12345678);
	x86vm_expect_call(m, 0x12345678);
}

static void paging_may_be_off(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	start_legacy(m, CR0_PE, 0);
	expect_legacy_runs(m);
}

static void paging_may_have_two_levels(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	u32 hole = X86VM_HOLE >> 22;

	x86vm_set_word(m, X86VM_TABLES, 0x87);
	x86vm_set_word(m, X86VM_TABLES + 4 * hole, hole << 22 | 0x87);
	start_legacy(m, CR0_PE | CR0_PG, CR4_PSE);
	expect_legacy_runs(m);
}

static void paging_may_be_pae(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	u64 table = X86VM_TABLES + PAGE_SIZE, hole = X86VM_HOLE >> 21;

	x86vm_set_word(m, X86VM_TABLES, table | 1);
	x86vm_set_word(m, table, 0x87);
	x86vm_set_word(m, table + 8, 0x200087);
	x86vm_set_word(m, table + 8 * hole, hole << 21 | 0x87);
	start_legacy(m, CR0_PE | CR0_PG, CR4_PAE);
	expect_legacy_runs(m);
}

static const struct ktest_case cases[] = {
	CASE(mmio_instructions_are_executed),
	CASE(strings_move_to_and_from_devices),
	CASE(accesses_go_over_the_ends_of_pages),
	CASE(strings_are_compared_with_devices),
	CASE(an_answer_for_another_place_is_dropped),
	CASE(beyond_the_width_is_a_reserved_bit),
	CASE(table_without_memory_is_a_reserved_bit),
	CASE(paging_may_be_off),
	CASE(paging_may_have_two_levels),
	CASE(paging_may_be_pae),
};
KTEST_SUITE(hyp_x86_mmio, cases);
