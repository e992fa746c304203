/*
 * Second stages for tests: see stage2.h.  Compiled for the format of this machine's second stage.
 */
#include "grading/suites/hyp/stage2.h"
#include "hyp/host_state.h"
#include "mm/kmalloc.h"
#include "mmu/pt/pt_bits.h"
#include "mmu/tdp/tdp.h"

struct stage2 {
	struct host host;
	struct tdp_root tdp;
};

_Static_assert(PT_READ == (int)STAGE2_READ && PT_WRITE == (int)STAGE2_WRITE && PT_EXEC == (int)STAGE2_EXEC,
	       "the same bits");

struct stage2 *stage2_create(void)
{
	struct stage2 *s = kmalloc(sizeof(*s));

	if (!s)
		return NULL;
	host_init(&s->host, NULL, NULL);
	if (tdp_root_create(&s->tdp, &s->host, PT_LEVELS_MIN, PT_ROOT_EXTRA_MIN)) {
		kfree(s);
		return NULL;
	}
	return s;
}

struct host_root *stage2_root(struct stage2 *s)
{
	return s->tdp.hardware;
}

void stage2_destroy(struct stage2 *s)
{
	tdp_root_destroy(&s->tdp);
	host_exit(&s->host);
	kfree(s);
}

int stage2_map(struct stage2 *s, gpa_t at, hpa_t page, u64 size, u32 rights)
{
	struct tdp_map map = { .page = page, .prot = rights, .max_level = PT_LEAF_LEVEL_MAX };

	return tdp_map_range(&s->tdp, at, gpa_add(at, size), &map);
}

int stage2_unmap(struct stage2 *s, gpa_t at, u64 size)
{
	return tdp_unmap_range(&s->tdp, at, gpa_add(at, size));
}

const char *stage2_leaf(int level, u32 rights, char bits[STAGE2_BITS_MAX])
{
	pte_t pte = pte_make_leaf(hpa(16 * pt_span(level)), level, rights);

	_Static_assert(STAGE2_BITS_MAX == PT_BITS_MAX, "a line of the printer fits");
	pt_bits_line(pte, level, bits);
	return pte_lacks(pte, level);
}
