/*
 * Around the inclusion of kernel sources: their names that C's library has too get a prefix.  names_end.h undoes it.
 */
#define memset    kernel_memset
#define memcpy    kernel_memcpy
#define memmove   kernel_memmove
#define memcmp    kernel_memcmp
#define strlen    kernel_strlen
#define strnlen   kernel_strnlen
#define strcmp    kernel_strcmp
#define strncmp   kernel_strncmp
#define strchr    kernel_strchr
#define snprintf  kernel_snprintf
#define vsnprintf kernel_vsnprintf
