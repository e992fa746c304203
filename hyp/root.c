/*
 * Roots: see root.h.
 */
#include "hyp/root.h"

void root_init(struct host_root *root, hpa_t table, int levels)
{
	*root = (struct host_root){ .table = table, .levels = levels };
}

/* The interrupt that carries the request has ended the guest already. */
static void guest_has_ended(void *unused)
{
}

/* Ordering: pairs with vcpu_load() and arch_hwid_prepare(). */
void root_flush(struct host_root *root)
{
	__atomic_fetch_add(&root->flush_count, 1, __ATOMIC_SEQ_CST);
	smp_call(__atomic_load_n(&root->cpus, __ATOMIC_SEQ_CST), guest_has_ended, NULL);
}
