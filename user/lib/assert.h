/*
 * assert(condition): if it is false, say so and end the process by an illegal instruction.
 */
#ifndef USER_ASSERT_H
#define USER_ASSERT_H

#include "stdio.h"
#include "stdlib.h"

#define assert(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			dprintf(2, "%s: %s:%d: assertion failed: %s\n", program_name, __FILE__, __LINE__, #condition); \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

#endif
