/*
 * A fuzz target over the model of the suites: bytes become operations.
 *
 * Built with libFuzzer where the compiler has it; else FUZZ_PLAIN makes a program that draws the bytes itself:
 *
 *	fuzz SECONDS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grading/suites/mmu/fuzz.h"
#include "grading/suites/mmu/suite.h"

static void print(const char *line)
{
	puts(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mmu_env env = { .print = print, .effort = 1 };

	if (!env.memory && posix_memalign(&env.memory, 4096, MMU_MEMORY))
		abort();
	if (!fuzz_one(&env, data, size)) {
		fflush(stdout);
		abort();
	}
	return 0;
}

#ifdef FUZZ_PLAIN
int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, count = 0;
	uint8_t bytes[FUZZ_BYTES_MAX];

	for (; time(NULL) < end; count++) {
		size_t size = check_random(&seed) % sizeof(bytes);

		for (size_t i = 0; i < size; i++)
			bytes[i] = check_random(&seed);
		LLVMFuzzerTestOneInput(bytes, size);
	}
	printf("%lu inputs\n", (unsigned long)count);
	return 0;
}
#endif
