/*
 * Numbers as arguments.
 */
#ifndef VM_NUMBER_H
#define VM_NUMBER_H

#include "abi/types.h"

/*
 * A number in any base that C has, with K, M or G behind it for 2^10, 2^20, 2^30; without, it counts in `unit`s.  False
 * if it is anything else, or does not fit.
 */
bool parse_size(const char *text, u64 unit, u64 *value);

#endif
