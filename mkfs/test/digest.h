/*
 * Digests of trees: how the model and what is mounted are compared.  See model.h.
 */
#ifndef TEST_DIGEST_H
#define TEST_DIGEST_H

#include "kernel.h"

/* What counts of a file. */
struct digest {
	u32 type, nlink, major, minor;
	u64 size;    /* of a file; 0 otherwise */
	u64 content; /* the sum of its blocks' digests */
};

/* A block's share in its file; 0 for zeros, so that a hole and a block of zeros are the same. */
u64 digest_block(u64 index, const u8 *block);

/* The number of a path, from its directory's number (the root has 0) and its name. */
u64 digest_name(u64 directory, const char *name);

/* A node's share in the tree. */
u64 digest_node(u64 path, const struct digest *digest);

void digest_print(u32 depth, const char *name, const struct digest *digest);

#endif
