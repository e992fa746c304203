/*
 * Operations as data: sequences that can be made at random, run against the plain model (ref.h), shrunk and printed.
 *
 * Used by the suite model.c and by the fuzzer, which makes sequences of bytes.
 */
#ifndef SUITES_MMU_MODEL_H
#define SUITES_MMU_MODEL_H

#include "grading/suites/mmu/ref.h"
#include "grading/suites/mmu/world.h"

enum op_kind { OP_MAP, OP_UNMAP, OP_PROTECT, OP_SPLIT, OP_ACCESS, OP_KINDS };

struct op {
	enum op_kind kind;
	uint64_t start, end; /* OP_SPLIT, OP_ACCESS: start */
	uint64_t page;       /* OP_MAP */
	uint8_t prot;        /* OP_MAP, OP_PROTECT: for world_prot() */
	uint8_t max_level;   /* OP_MAP */
	uint8_t cpu, access; /* OP_ACCESS */
	uint8_t fail;        /* 0, or: the allocation that fails */
	uint8_t yield;       /* 0 never, 1 always, else at question yield - 1 */
};

#define MODEL_OPS_MAX 400

struct model {
	struct op ops[MODEL_OPS_MAX];
	int count;
	uint64_t seed;  /* of the addresses that are looked at */
	enum walk_ad ad;
	int failed_at;  /* how many operations were done when it failed */
	struct ref ref;
};

/* The i-th operation of a sequence, at random. */
struct op model_op(uint64_t *random, int i);

/* Run the sequence; NULL or what went wrong, which lives until the next attempt. */
const char *model_run(struct model *model);

/* Leave out what is not needed for a failure; `text` is the first one's.  Returns the text of the last failure. */
const char *model_shrink(struct model *model, struct model *scratch);

/* Print the sequence as calls. */
void model_print(const struct model *model);

#endif
