/*
 * The device tree that the monitor writes, read back by the kernel's reader.
 */
#include <stddef.h>
#include <stdarg.h>
#include "check.h"
#include "names_begin.h"
#include "kernel/lib/string.c"
#include "kernel/arch/riscv/fdt.c"
#include "names_end.h"
#include <string.h>
#include "user/bin/vm/arch/riscv/dtb.c"

void panic(const char *format, ...)
{
	CHECK_DIE("panic: %s", format);
	abort();
}

static struct dtb_writer w;

static void write_tree(void)
{
	u32 cells[] = { 7, 9, 8, 9 };

	dtb_start(&w);
	dtb_begin_node(&w, "");
	dtb_u32(&w, "#address-cells", 2);
	dtb_u32(&w, "#size-cells", 2);
	dtb_begin_node(&w, "chosen");
	dtb_string(&w, "bootargs", "a b");
	dtb_u64(&w, "linux,initrd-start", 0x123456789);
	dtb_end_node(&w);
	dtb_begin_node(&w, "memory@80000000");
	dtb_string(&w, "device_type", "memory");
	dtb_reg(&w, 0x80000000, 0x123000000);
	dtb_end_node(&w);
	dtb_begin_node(&w, "plic@c000000");
	dtb_empty(&w, "interrupt-controller");
	dtb_string(&w, "compatible", "riscv,plic0");
	dtb_cells(&w, "interrupts-extended", cells, 4);
	dtb_end_node(&w);
	dtb_end_node(&w);
}

static void check_node(const struct fdt_node *node, u32 number)
{
	u64 address, size;

	switch (number) {
	case 0:
		CHECK(node->name[0] == 0 && node->depth == 0, "root");
		break;
	case 1:
		CHECK(strcmp(node->name, "chosen") == 0 && node->depth == 1, "chosen");
		CHECK(strcmp((const char *)node->bootargs.data, "a b") == 0 && node->bootargs.size == 4, "bootargs");
		CHECK(fdt_cells(node->initrd_start, 0, 2) == 0x123456789, "initrd");
		break;
	case 2:
		CHECK(fdt_has_string(node->device_type, "memory"), "device_type");
		CHECK(fdt_reg(node, 0, &address, &size) && address == 0x80000000 && size == 0x123000000, "reg");
		break;
	case 3:
		CHECK(fdt_has_string(node->compatible, "riscv,plic0"), "compatible");
		CHECK(fdt_cell(node->interrupts_extended, 2) == 8 && node->interrupts_extended.size == 16, "contexts");
		break;
	}
}

static void test_tree(void)
{
	struct fdt fdt;
	struct fdt_node node;
	u64 start, size;
	u32 count = 0, total;

	write_tree();
	total = dtb_finish(&w);
	CHECK(total != 0 && fdt_open(&fdt, w.blob) && fdt_size(&fdt) == total, "size %u", total);
	CHECK(!fdt_reservation(&fdt, 0, &start, &size), "no reservations");
	for (; fdt_next_node(&fdt, &node); count++)
		check_node(&node, count);
	CHECK(count == 4, "%u nodes", count);
}

/* What does not fit is noticed, wherever it ends.  Without the text and its zero, 96 bytes are used. */
static void test_full(void)
{
	static char text[DTB_ROOM];

	for (u32 length = DTB_ROOM - 400; length < DTB_ROOM; length++) {
		memset(text, 'x', length);
		text[length] = 0;
		dtb_start(&w);
		dtb_begin_node(&w, "");
		dtb_string(&w, "bootargs", text);
		dtb_end_node(&w);
		CHECK((dtb_finish(&w) != 0) == (length + 1 <= DTB_ROOM - 96), "%u bytes", length);
	}
	dtb_start(&w);
	for (u32 i = 0; i < 200; i++) {
		char name[20];

		snprintf(name, sizeof(name), "property%u", i);
		dtb_empty(&w, name);
	}
	CHECK(dtb_finish(&w) == 0, "names do not fit");
}

int main(void)
{
	test_tree();
	test_full();
	return check_done("vm_tree_test");
}
