/*
 * Writing a flattened device tree: see dtb.h.
 *
 *   header | reservations: none | structure: tokens, names and values, in words | strings: names of properties
 */
#include "dtb.h"
#include "string.h"

enum {
	MAGIC = 0xd00dfeed, VERSION = 17, COMPATIBLE = 16, HEADER_SIZE = 40, RESERVATIONS_SIZE = 16,
	TOKEN_BEGIN = 1, TOKEN_END_NODE = 2, TOKEN_PROPERTY = 3, TOKEN_END = 9,
};

static void store_be32(u8 *to, u32 value)
{
	for (u32 i = 0; i < 4; i++)
		to[i] = value >> (24 - 8 * i);
}

/* Room for `size` bytes more, up to a whole word, zeroed; NULL if there is none. */
static u8 *append(struct dtb_writer *w, u32 size)
{
	u8 *to = w->blob + w->size;
	u32 whole = (size + 3) & ~3u;

	if (whole < size || whole > sizeof(w->blob) - w->size) {
		w->is_full = true;
		return NULL;
	}
	w->size += whole;
	memset(to, 0, whole);
	return to;
}

static void append_be32(struct dtb_writer *w, u32 value)
{
	u8 *to = append(w, 4);

	if (to)
		store_be32(to, value);
}

static void append_bytes(struct dtb_writer *w, const void *from, u32 size)
{
	u8 *to = append(w, size);

	if (to)
		memcpy(to, from, size);
}

/* The offset of a property's name, which is stored once. */
static u32 string_offset(struct dtb_writer *w, const char *name)
{
	u32 size = strlen(name) + 1, at = 0;

	for (; at < w->strings_size; at += strlen(w->strings + at) + 1)
		if (strcmp(w->strings + at, name) == 0)
			return at;
	if (size > sizeof(w->strings) - at) {
		w->is_full = true;
		return 0;
	}
	memcpy(w->strings + at, name, size);
	w->strings_size += size;
	return at;
}

static void property(struct dtb_writer *w, const char *name, const void *value, u32 size)
{
	append_be32(w, TOKEN_PROPERTY);
	append_be32(w, size);
	append_be32(w, string_offset(w, name));
	append_bytes(w, value, size);
}

void dtb_start(struct dtb_writer *w)
{
	w->size = w->strings_size = 0;
	w->is_full = false;
	append(w, HEADER_SIZE + RESERVATIONS_SIZE);
}

void dtb_begin_node(struct dtb_writer *w, const char *name)
{
	append_be32(w, TOKEN_BEGIN);
	append_bytes(w, name, strlen(name) + 1);
}

void dtb_end_node(struct dtb_writer *w)
{
	append_be32(w, TOKEN_END_NODE);
}

void dtb_empty(struct dtb_writer *w, const char *name)
{
	property(w, name, "", 0);
}

void dtb_string(struct dtb_writer *w, const char *name, const char *value)
{
	property(w, name, value, strlen(value) + 1);
}

void dtb_cells(struct dtb_writer *w, const char *name, const u32 *cells, u32 count)
{
	append_be32(w, TOKEN_PROPERTY);
	append_be32(w, 4 * count);
	append_be32(w, string_offset(w, name));
	for (u32 i = 0; i < count; i++)
		append_be32(w, cells[i]);
}

void dtb_u32(struct dtb_writer *w, const char *name, u32 value)
{
	dtb_cells(w, name, &value, 1);
}

void dtb_u64(struct dtb_writer *w, const char *name, u64 value)
{
	u32 cells[2] = { value >> 32, value };

	dtb_cells(w, name, cells, 2);
}

void dtb_reg(struct dtb_writer *w, u64 address, u64 size)
{
	u32 cells[4] = { address >> 32, address, size >> 32, size };

	dtb_cells(w, "reg", cells, 4);
}

u32 dtb_finish(struct dtb_writer *w)
{
	u32 structure = HEADER_SIZE + RESERVATIONS_SIZE, strings;

	append_be32(w, TOKEN_END);
	strings = w->size;
	append_bytes(w, w->strings, w->strings_size);
	if (w->is_full)
		return 0;
	u32 header[] = { MAGIC, w->size, structure, strings, HEADER_SIZE, VERSION, COMPATIBLE, 0, w->strings_size,
			 strings - structure };

	for (u32 i = 0; i < HEADER_SIZE / 4; i++)
		store_be32(w->blob + 4 * i, header[i]);
	return w->size;
}
