/*
 * Memory and strings, as in C's library.
 */
#ifndef KERNEL_LIB_STRING_H
#define KERNEL_LIB_STRING_H

#include "abi/types.h"

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
const char *strchr(const char *s, int c);

/* Copy at most size - 1 bytes and always end with a zero (if size > 0).  True if all of `from` fit. */
bool string_copy(char *to, const char *from, size_t size);

/* Does `name` match the pattern, in which * stands for any run of characters and ? for one? */
bool string_match(const char *pattern, const char *name);

/* A number in decimal or, with 0x, in hexadecimal; *end (may be NULL) is the first character behind it. */
u64 string_to_u64(const char *s, const char **end);

#endif
