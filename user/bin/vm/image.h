/*
 * From files to guest memory: the guest's program (ELF, or what arch_is_flat() knows) and its RAM disk.
 * Hardware: [ELF] "Program Header"; [PVH] "x86/HVM direct boot ABI".
 */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "machine.h"

/*
 * Load the segments of an ELF file where their physical addresses say, or a flat file as one.  The guest begins where a
 * PVH note says, or else at the file's entry.  Mistakes end the program.
 */
void image_load(struct image *image, const char *path);

/* Put a file at the end of the first RAM, but for IMAGE_TAIL bytes that stay free.  path NULL: none. */
void image_load_initrd(struct image *image, const char *path);

#define IMAGE_TAIL (2ul << 20)

/* This much of a file's beginning is kept in image->head. */
#define IMAGE_HEAD 8192

#endif
