/*
 * A number from the device tree.
 * Hardware: [DTSPEC] "Flattened Devicetree (DTB) Format".
 */
#include "machine.h"

enum { BEGIN_NODE = 1, END_NODE, PROPERTY, NOP, END = 9 };

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static u64 length(const char *s)
{
	u64 n = 0;

	while (s[n])
		n++;
	return n;
}

static bool begins_with(const char *s, const char *start)
{
	while (*start && *s == *start)
		s++, start++;
	return *start == 0;
}

static u64 cells(const u8 *data, u32 size, u32 at)
{
	u64 value = 4 * at + 4 <= size ? be32(data + 4 * at) : 0;

	return 4 * at + 8 <= size ? value << 32 | be32(data + 4 * at + 4) : value;
}

u64 tree_number(const char *node, const char *property, u32 at)
{
	const u8 *blob = (const u8 *)device_tree, *p = blob + be32(blob + 8);
	const char *strings = (const char *)blob + be32(blob + 12);
	bool is_inside = false;

	for (;;) {
		u32 token = be32(p);

		p += 4;
		if (token == BEGIN_NODE) {
			is_inside = begins_with((const char *)p, node);
			p += (length((const char *)p) + 4) & ~3ul;
		} else if (token == PROPERTY) {
			u32 size = be32(p);
			const char *name = strings + be32(p + 4);

			if (is_inside && begins_with(name, property))
				return cells(p + 8, size, at);
			p += 8 + ((size + 3) & ~3u);
		} else if (token == END) {
			return 0;
		}
	}
}
