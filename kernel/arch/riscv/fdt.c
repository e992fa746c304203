/*
 * Reading a flattened device tree: see fdt.h.
 *
 * The structure block is a stream of 32-bit tokens: a node begins (with its name), its properties follow, then its
 * children, then it ends.  So one pass, with a little memory for each depth, sees everything.
 */
#include "fdt.h"

#define FDT_MAGIC 0xd00dfeed
enum { FDT_BEGIN_NODE = 1, FDT_END_NODE, FDT_PROP, FDT_NOP, FDT_END = 9 };
enum { HEADER_TOTALSIZE = 4, HEADER_STRUCT = 8, HEADER_STRINGS = 12, HEADER_RESERVATIONS = 16 }; /* offsets */

static u32 read_be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static u64 read_be64(const u8 *p)
{
	return (u64)read_be32(p) << 32 | read_be32(p + 4);
}

bool fdt_open(struct fdt *fdt, const void *blob)
{
	const u8 *b = blob;

	if (read_be32(b) != FDT_MAGIC)
		return false;
	*fdt = (struct fdt){
		.blob = b,
		.next = b + read_be32(b + HEADER_STRUCT),
		.strings = (const char *)b + read_be32(b + HEADER_STRINGS),
		.depth = -1,
	};
	return true;
}

u32 fdt_size(const struct fdt *fdt)
{
	return read_be32(fdt->blob + HEADER_TOTALSIZE);
}

static void keep_property(struct fdt_node *node, const char *name, struct fdt_property p)
{
	struct { const char *name; struct fdt_property *to; } wanted[] = {
		{ "compatible", &node->compatible },
		{ "reg", &node->reg },
		{ "device_type", &node->device_type },
		{ "interrupts", &node->interrupts },
		{ "interrupts-extended", &node->interrupts_extended },
		{ "phandle", &node->phandle },
		{ "status", &node->status },
		{ "riscv,isa", &node->isa },
		{ "timebase-frequency", &node->timebase },
		{ "bootargs", &node->bootargs },
		{ "linux,initrd-start", &node->initrd_start },
		{ "linux,initrd-end", &node->initrd_end },
		{ "flatland,physical-address-bits", &node->address_bits },
	};

	for (u32 i = 0; i < ARRAY_SIZE(wanted); i++)
		if (strcmp(name, wanted[i].name) == 0)
			*wanted[i].to = p;
}

/* Read the properties at fdt->next, up to the first token that is none. */
static void read_properties(struct fdt *fdt, struct fdt_node *node)
{
	for (;;) {
		u32 token = read_be32(fdt->next);

		if (token == FDT_NOP) {
			fdt->next += 4;
			continue;
		}
		if (token != FDT_PROP)
			return;
		struct fdt_property p = { .size = read_be32(fdt->next + 4), .data = fdt->next + 12 };
		const char *name = fdt->strings + read_be32(fdt->next + 8);

		if (strcmp(name, "#address-cells") == 0)
			fdt->address_cells[fdt->depth] = fdt_cell(p, 0);
		else if (strcmp(name, "#size-cells") == 0)
			fdt->size_cells[fdt->depth] = fdt_cell(p, 0);
		else
			keep_property(node, name, p);
		fdt->next += 12 + ALIGN_UP(p.size, 4u);
	}
}

static void begin_node(struct fdt *fdt, struct fdt_node *node)
{
	int depth = ++fdt->depth;

	if (depth >= FDT_DEPTH_MAX)
		panic("device tree: node %s is %d deep", (const char *)fdt->next, depth);
	*node = (struct fdt_node){ .name = (const char *)fdt->next, .depth = depth };
	node->address_cells = depth ? fdt->address_cells[depth - 1] : 2;
	node->size_cells = depth ? fdt->size_cells[depth - 1] : 1;
	fdt->address_cells[depth] = 2;
	fdt->size_cells[depth] = 1;
	fdt->next += ALIGN_UP(strlen(node->name) + 1, 4);
	read_properties(fdt, node);
}

bool fdt_next_node(struct fdt *fdt, struct fdt_node *node)
{
	for (;;) {
		u32 token = read_be32(fdt->next);

		if (token == FDT_END)
			return false;
		fdt->next += 4;
		if (token == FDT_BEGIN_NODE) {
			begin_node(fdt, node);
			return true;
		}
		if (token == FDT_END_NODE)
			fdt->depth--;
	}
}

bool fdt_reservation(const struct fdt *fdt, u32 n, u64 *start, u64 *size)
{
	const u8 *entry = fdt->blob + read_be32(fdt->blob + HEADER_RESERVATIONS) + 16 * n;

	*start = read_be64(entry);
	*size = read_be64(entry + 8);
	return *start != 0 || *size != 0;
}

bool fdt_has_string(struct fdt_property p, const char *text)
{
	for (u32 at = 0; at < p.size; at += strlen((const char *)p.data + at) + 1)
		if (strcmp((const char *)p.data + at, text) == 0)
			return true;
	return false;
}

u32 fdt_cell(struct fdt_property p, u32 n)
{
	return 4 * n + 4 <= p.size ? read_be32(p.data + 4 * n) : 0;
}

u64 fdt_cells(struct fdt_property p, u32 n, u32 cells)
{
	u64 value = 0;

	for (u32 i = 0; i < cells; i++)
		value = value << 32 | fdt_cell(p, n + i);
	return value;
}

bool fdt_reg(const struct fdt_node *node, u32 n, u64 *address, u64 *size)
{
	u32 pair = node->address_cells + node->size_cells;

	if ((n + 1) * pair * 4 > node->reg.size)
		return false;
	*address = fdt_cells(node->reg, n * pair, node->address_cells);
	*size = fdt_cells(node->reg, n * pair + node->address_cells, node->size_cells);
	return true;
}

/* Hardware: [RV-PRIV] "Addressing and Memory Protection": no table can hold more. */
enum { ADDRESS_BITS_LEAST = 36, ADDRESS_BITS_MOST = 56 };

u32 fdt_address_bits(const struct fdt_node *hypervisor)
{
	if (!hypervisor->address_bits.data)
		return ADDRESS_BITS_LEAST;
	return MIN(fdt_cell(hypervisor->address_bits, 0), ADDRESS_BITS_MOST);
}
