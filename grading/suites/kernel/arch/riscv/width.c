/*
 * How wide physical addresses are believed to be: what the node of a hypervisor says, or else 36 bits.
 */
#include "grading/ktest/ktest.h"
#include "boot_info.h"
#include "init.h"
#include "kernel/arch/riscv/fdt.h"

/* The property, of up to 4 bytes; NULL: there is none. */
static u32 width_of(const u8 *cell, u32 size)
{
	struct fdt_node node = { .name = "hypervisor", .depth = 1 };

	node.address_bits = (struct fdt_property){ cell, size };
	return fdt_address_bits(&node);
}

static void a_hint_is_believed(void)
{
	for (u8 bits = 32; bits <= 56; bits++)
		EXPECT_EQ(width_of((const u8[]){ 0, 0, 0, bits }, 4), bits);
}

static void nobody_has_more_than_the_tables(void)
{
	EXPECT_EQ(width_of((const u8[]){ 0, 0, 0, 57 }, 4), 56u);
	EXPECT_EQ(width_of((const u8[]){ 1, 0, 0, 40 }, 4), 56u);
}

static void without_a_hint_there_are_36_bits(void)
{
	EXPECT_EQ(width_of(NULL, 0), 36u);
}

/* QEMU's tree has no hypervisor. */
static void a_machine_of_its_own_has_all(void)
{
	EXPECT_EQ(boot_info()->address_bits, 56u);
}

static const struct ktest_case cases[] = {
	CASE(a_hint_is_believed),
	CASE(nobody_has_more_than_the_tables),
	CASE(without_a_hint_there_are_36_bits),
	CASE(a_machine_of_its_own_has_all),
};
KTEST_SUITE(width, cases);
