/*
 * Guests for tests: see guest.h.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/hyp.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"

#define PAGES_ORDER 1

static void destroy(void *arg)
{
	struct guest *g = arg;

	vcpu_destroy(g->vcpu);
	stage2_destroy(g->stage2);
	buddy_free(g->ram, ORDER_HUGE);
	buddy_free(g->pages, PAGES_ORDER);
	kfree(g);
}

static void map_memory(struct guest *g)
{
	u32 all = STAGE2_READ | STAGE2_WRITE | STAGE2_EXEC;

	ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_RAM), g->ram, GUEST_RAM_SIZE, all), 0);
	ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_READ_ONLY), g->pages, PAGE_SIZE, STAGE2_READ | STAGE2_EXEC), 0);
	ASSERT_EQ(stage2_map(g->stage2, gpa(GUEST_NO_EXEC), hpa_add(g->pages, PAGE_SIZE), PAGE_SIZE,
			     STAGE2_READ | STAGE2_WRITE), 0);
}

struct guest *guest_create(void)
{
	struct guest *g;

	if (hyp_missing())
		SKIP("no guests here: %s", hyp_missing());
	g = kmalloc(sizeof(*g));
	ASSERT_NE(g, NULL);
	g->ram = buddy_alloc(ORDER_HUGE);
	g->pages = buddy_alloc(PAGES_ORDER);
	g->stage2 = stage2_create();
	ASSERT_TRUE(g->ram.raw && g->pages.raw && g->stage2);
	g->root = stage2_root(g->stage2);
	ASSERT_EQ(vcpu_init(&g->own, NULL, 0), 0);
	g->vcpu = &g->own;
	g->vcpu->root = g->root;
	ktest_defer(destroy, g);
	memset(hpa_to_ptr(g->ram), 0, GUEST_RAM_SIZE);
	memset(hpa_to_ptr(g->pages), 0, PAGE_SIZE << PAGES_ORDER);
	memcpy(hpa_to_ptr(g->ram), guest_code, guest_code_end - guest_code);
	map_memory(g);
	return g;
}

void *guest_memory(const struct guest *g, u64 at)
{
	return (char *)hpa_to_ptr(g->ram) + (at - GUEST_RAM);
}

void guest_start(struct guest *g, const char *piece)
{
	guest_reset(g, GUEST_RAM + (piece - guest_code));
}
