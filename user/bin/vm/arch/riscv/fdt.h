/*
 * Writing a flattened device tree.
 * Hardware: [DTSPEC] "Flattened Devicetree (DTB) Format".
 *
 * Nodes and properties in the order in which they are to stand: fdt_begin_node() and fdt_end_node() nest, a node's
 * properties come before its children.
 */
#ifndef VM_FDT_H
#define VM_FDT_H

#include "abi/types.h"

#define FDT_ROOM    (16 * 1024)
#define FDT_STRINGS 1024

struct fdt_writer {
	u8 blob[FDT_ROOM];
	char strings[FDT_STRINGS]; /* names of properties */
	u32 size, strings_size;
	bool is_full;              /* something did not fit */
};

void fdt_start(struct fdt_writer *w);
void fdt_begin_node(struct fdt_writer *w, const char *name);
void fdt_end_node(struct fdt_writer *w);

void fdt_empty(struct fdt_writer *w, const char *name);
void fdt_string(struct fdt_writer *w, const char *name, const char *value);
void fdt_cells(struct fdt_writer *w, const char *name, const u32 *cells, u32 count);
void fdt_u32(struct fdt_writer *w, const char *name, u32 value);
void fdt_u64(struct fdt_writer *w, const char *name, u64 value);
/* An address and a size, of two cells each. */
void fdt_reg(struct fdt_writer *w, u64 address, u64 size);

/* The whole blob is at w->blob: its size, or 0 if there was not enough room. */
u32 fdt_finish(struct fdt_writer *w);

#endif
