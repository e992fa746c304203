/*
 * Guests that a Multiboot loader starts: see multiboot.h.
 *
 * All addresses are 32 bits wide: what is written lies below 1 MiB, and RAM disks below RAM_LOW_MAX.
 */
#include "multiboot.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

/* ---- The header ---------------------------------------------------------------------------------------- */

enum {
	HEADER_MAGIC = 0x1badb002, HEADER_SIZE = 12, HEADER_WITHIN = 8192,
	HEADER_PAGES = 1, HEADER_MEMORY = 2, HEADER_REQUIRED = 0xffff, /* others of these cannot be ignored */
};

static bool is_header(const u32 word[3])
{
	return word[0] == HEADER_MAGIC && word[0] + word[1] + word[2] == 0 &&
	       !(word[1] & HEADER_REQUIRED & ~(HEADER_PAGES | HEADER_MEMORY));
}

bool multiboot_is_wanted(const u8 *head, u64 head_size)
{
	u32 word[3];

	for (u64 at = 0; at + HEADER_SIZE <= head_size && at + HEADER_SIZE <= HEADER_WITHIN; at += 4) {
		memcpy(word, head + at, sizeof(word));
		if (is_header(word))
			return true;
	}
	return false;
}

/* ---- What the loader tells ----------------------------------------------------------------------------- */

enum {
	INFO_MEMORY = 1 << 0, INFO_COMMAND_LINE = 1 << 2, INFO_MODULES = 1 << 3, INFO_MAP = 1 << 6,
	INFO_LOADER = 1 << 9,
};

struct info {
	u32 flags;
	u32 memory_lower, memory_upper; /* KiB: from 0, from 1 MiB */
	u32 boot_device, command_line;
	u32 module_count, modules;
	u32 symbols[4];
	u32 map_length, map;
	u32 drives[2], config, loader;
	u32 unused[13];
};
_Static_assert(sizeof(struct info) == 120, "[MULTIBOOT] Boot information format");

struct module {
	u32 start, end, text, reserved;
};

struct map_entry {
	u32 size; /* of what follows */
	u64 start, length;
	u32 type;
} __attribute__((packed));

static u32 write_text(const char *text)
{
	u64 at;
	u32 size = strlen(text) + 1;

	memcpy(firmware_take(size, &at), text, size);
	return at;
}

/* The first word is the program's name. */
static u32 write_command_line(const struct options *o)
{
	u64 at;
	char *to = firmware_take(COMMAND_LINE_MAX, &at);

	if (snprintf(to, COMMAND_LINE_MAX, "%s %s", o->file, o->command_line) >= COMMAND_LINE_MAX)
		die("the command line is too long", 0);
	return at;
}

static void write_map(struct info *info)
{
	struct memory_piece piece[MEMORY_PIECES];
	u32 count = list_memory(piece);
	u64 at;
	struct map_entry *map = firmware_take(count * sizeof(*map), &at);

	for (u32 i = 0; i < count; i++)
		map[i] = (struct map_entry){
			.size = sizeof(*map) - sizeof(map->size),
			.start = piece[i].start,
			.length = piece[i].end - piece[i].start,
			.type = piece[i].type,
		};
	info->map = at;
	info->map_length = count * sizeof(*map);
}

static void write_module(struct info *info, const struct image *image, const char *text)
{
	u64 at;
	struct module *module = firmware_take(sizeof(*module), &at);

	*module = (struct module){ .start = image->initrd, .end = image->initrd + image->initrd_size };
	module->text = write_text(text);
	info->modules = at;
	info->module_count = 1;
	info->flags |= INFO_MODULES;
}

u64 multiboot_write_info(const struct options *options, const struct image *image)
{
	u64 at;
	struct info *info = firmware_take(sizeof(*info), &at);

	info->flags = INFO_MEMORY | INFO_COMMAND_LINE | INFO_MAP | INFO_LOADER;
	info->memory_lower = RAM_LOW_END / 1024;
	info->memory_upper = (low_memory_end() - RAM_HIGH) / 1024;
	info->command_line = write_command_line(options);
	info->loader = write_text("flatland vm");
	write_acpi(); /* guests find it by its signature, in the last 128 KiB below 1 MiB */
	write_map(info);
	if (image->initrd_size)
		write_module(info, image, options->initrd);
	return at;
}
