/*
 * Spare tables: got before any lock is taken, where there is time to find memory and a way to fail.
 */
#include "tdp_mmu.h"

int tdp_cache_fill(struct tdp_cache *cache, struct host *host, int want)
{
	int error;

	if (cache->count >= want)
		return 0;
	error = host_table_reserve(host, cache->tables, cache->count, want);
	if (error)
		return error;
	for (; cache->count < want; cache->count++)
		tdp_table_clear(host, cache->tables[cache->count], (uint64_t)1 << PT_INDEX_BITS);
	return 0;
}

/* LAB(4) begin cache_take */
hpa_t tdp_cache_take(struct tdp_cache *cache, struct host *host)
{
	if (cache->count == 0)
		host_bug(host, "tdp: a fault needs more tables than a walk has levels", 0, 0);
	return cache->tables[--cache->count];
}

/* It holds nothing but empty entries still, because nobody else has seen it. */
void tdp_cache_return(struct tdp_cache *cache, hpa_t table)
{
	cache->tables[cache->count++] = table;
}
/* LAB(4) end */

void tdp_cache_drain(struct tdp_cache *cache, struct host *host)
{
	while (cache->count)
		host_table_free(host, cache->tables[--cache->count], 0);
}
