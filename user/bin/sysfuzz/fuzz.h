/*
 * sysfuzz: random system calls with hostile arguments.
 *
 * A *stream* is a numbered sequence of calls; call k of stream i depends on nothing but the seed, i and k (what the
 * call meets - descriptors, files, memory - depends on all that happened before).  main.c runs the streams in
 * processes of two threads each and restarts what crashes or gets stuck; call.c chooses and makes the calls.
 */
#ifndef SYSFUZZ_FUZZ_H
#define SYSFUZZ_FUZZ_H

#include "stdlib.h"
#include "sys.h"

#define SCRATCH "/tmp/sysfuzz"

/* What a thread that makes calls knows. */
struct caller {
	struct random random;
	int group; /* of the worker process; its own pid */
	int child; /* the last one it forked, or 0 */
	u32 depth; /* 0 in a worker; 1 in its children and their threads: no further ones */
};

/* Prepare a worker process: descriptors, an area of memory. */
void call_init(void);

/* Make one call, chosen by c->random. */
void call_random(struct caller *c);

#endif
