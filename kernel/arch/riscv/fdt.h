/*
 * Reading a flattened device tree: node after node, each with the few properties that the kernel looks at.
 * Hardware: [DTSPEC] "Flattened Devicetree (DTB) Format".
 */
#ifndef RISCV_FDT_H
#define RISCV_FDT_H

#include "kernel.h"

/* A property's bytes, big-endian cells; data is NULL if the node has none of the name. */
struct fdt_property {
	const u8 *data;
	u32 size;
};

struct fdt_node {
	const char *name;
	int depth;                 /* the root has 0 */
	u32 address_cells, size_cells; /* as its parent says: for `reg` */
	struct fdt_property compatible, reg, device_type, interrupts, interrupts_extended, phandle, status;
	struct fdt_property isa, timebase, bootargs, initrd_start, initrd_end, address_bits;
};

#define FDT_DEPTH_MAX 8

struct fdt {
	const u8 *blob, *next;
	const char *strings;
	int depth;
	u32 address_cells[FDT_DEPTH_MAX], size_cells[FDT_DEPTH_MAX]; /* for the children of the node at a depth */
};

/* False if blob is no device tree. */
bool fdt_open(struct fdt *fdt, const void *blob);
u32 fdt_size(const struct fdt *fdt);

/* The next node in the tree's order; false behind the last. */
bool fdt_next_node(struct fdt *fdt, struct fdt_node *node);

/* The n-th memory reservation; false if there are fewer. */
bool fdt_reservation(const struct fdt *fdt, u32 n, u64 *start, u64 *size);

/* Is `text` one of the strings of a property like `compatible`? */
bool fdt_has_string(struct fdt_property p, const char *text);

/* The n-th 32-bit cell; and `cells` cells from the n-th on as one number.  0 beyond the end. */
u32 fdt_cell(struct fdt_property p, u32 n);
u64 fdt_cells(struct fdt_property p, u32 n, u32 cells);

/* The n-th (address, size) pair of a node's reg; false if there are fewer. */
bool fdt_reg(const struct fdt_node *node, u32 n, u64 *address, u64 *size);

/*
 * How many bits physical addresses have, as the node of a hypervisor says.  One that says nothing may well give less
 * than the registers hold, and addresses beyond may come back as others: then it is what every machine has.
 */
u32 fdt_address_bits(const struct fdt_node *hypervisor);

#endif
