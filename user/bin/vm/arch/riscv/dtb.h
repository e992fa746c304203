/*
 * Writing a flattened device tree.
 * Hardware: [DTSPEC] "Flattened Devicetree (DTB) Format".
 *
 * Nodes and properties in the order in which they are to stand: dtb_begin_node() and dtb_end_node() nest, a node's
 * properties come before its children.
 */
#ifndef VM_DTB_H
#define VM_DTB_H

#include "abi/types.h"

#define DTB_ROOM    (16 * 1024)
#define DTB_STRINGS 1024

struct dtb_writer {
	u8 blob[DTB_ROOM];
	char strings[DTB_STRINGS]; /* names of properties */
	u32 size, strings_size;
	bool is_full;              /* something did not fit */
};

void dtb_start(struct dtb_writer *w);
void dtb_begin_node(struct dtb_writer *w, const char *name);
void dtb_end_node(struct dtb_writer *w);

void dtb_empty(struct dtb_writer *w, const char *name);
void dtb_string(struct dtb_writer *w, const char *name, const char *value);
void dtb_cells(struct dtb_writer *w, const char *name, const u32 *cells, u32 count);
void dtb_u32(struct dtb_writer *w, const char *name, u32 value);
void dtb_u64(struct dtb_writer *w, const char *name, u64 value);
/* An address and a size, of two cells each. */
void dtb_reg(struct dtb_writer *w, u64 address, u64 size);

/* The whole blob is at w->blob: its size, or 0 if there was not enough room. */
u32 dtb_finish(struct dtb_writer *w);

#endif
