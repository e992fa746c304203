/*
 * vmfuzz: random calls of /dev/vm, by several threads at once, while guests run random bytes and monitors are killed.
 *
 * A *stream* is a numbered sequence of calls; call k of stream i is chosen by nothing but the seed, i and k.  main.c
 * runs the streams as threads of monitors, kills those, and looks whether the system is well; monitor.c has what the
 * threads of a monitor share, and chooses calls; argument.c makes their structures.
 */
#ifndef VMFUZZ_FUZZ_H
#define VMFUZZ_FUZZ_H

#include "abi/vm.h"
#include "stdlib.h"
#include "sys.h"

#define STREAMS 3 /* threads of a monitor; the first never runs a guest, so that it is there to kick */

struct caller {
	struct random random;
	u32 number; /* of the stream, in its monitor */
};

/* Once in a monitor: its memory and descriptors. */
void monitor_init(struct caller *c);

/* Make one call. */
void monitor_call(struct caller *c);

/* Let guests leave, so that all threads come to their end. */
void monitor_kick_all(void);

/* ---- Arguments (argument.c) ---------------------------------------------------------------------------- */

u64 pick(struct caller *c, u64 limit);

/* A number that is often at an edge of something. */
u64 edge(struct caller *c);

/* The size of the request's structure; 0: it takes none. */
u32 argument_size(u32 request);

/* Fill the structure with what may be right, then perhaps spoil some of it.  memory: [start, start + size). */
void argument_fill(struct caller *c, u32 request, u64 *words, u64 memory, u64 memory_size);

/* A register set of a vCPU's, or of the machine's. */
u32 pick_set(struct caller *c);

/* Change a few bits or words. */
void spoil(struct caller *c, u64 *words, u64 count);

#endif
