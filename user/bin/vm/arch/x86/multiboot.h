/*
 * Guests that a Multiboot loader starts: a header near the file's beginning says so.
 * Hardware: [MULTIBOOT] "The layout of Multiboot header", "Machine state", "Boot information format".
 */
#ifndef VM_MULTIBOOT_H
#define VM_MULTIBOOT_H

#include "layout.h"

#define MULTIBOOT_EAX 0x2badb002 /* the register, when the guest begins */

/* Does the file that begins so ask for nothing that is not here? */
bool multiboot_is_wanted(const u8 *head, u64 head_size);

/* Write what the loader tells: where it is. */
u64 multiboot_write_info(const struct options *options, const struct image *image);

#endif
