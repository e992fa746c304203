/*
 * Memory and strings.  The usual functions do what the C standard says.
 */
#ifndef USER_STRING_H
#define USER_STRING_H

#include "abi/types.h"

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *from, int byte, size_t size);

size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *part);

/* Copy or append, always ending with a zero; the length that was wanted, which is >= size if it did not fit. */
size_t strlcpy(char *to, const char *from, size_t size);
size_t strlcat(char *to, const char *from, size_t size);

/* A copy from malloc(), or NULL. */
char *strdup(const char *s);

/* What an error means, for both signs of it. */
const char *strerror(int error);

/*
 * Does the whole name fit the shell pattern?  `*` any characters, `?` any one, [a-z] one of a set, [!a-z] one not of
 * the set; a backslash takes the meaning from the character behind it.
 */
bool glob_match(const char *pattern, const char *name);

#endif
