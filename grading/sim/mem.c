/*
 * Memory for tables: see mem.h.
 *
 * A page map, searched from `search.next` on.  A block lies between two red pages, which neighbours may share.
 */
#include "grading/sim/mem.h"
#include "grading/sim/parts.h"

#define PAGE_SIZE  4096u
#define PAGE_WORDS (PAGE_SIZE / 8)
#define NO_PAGE    UINT32_MAX
#define RECENT_MAX 64

struct page {
	enum sim_page_state state;
	bool poisoned;          /* free: it has been used before, and holds poison */
	uint32_t head;          /* live, dying: of the block */
	uint32_t next_dying;    /* head of a dying block */
	struct sim_block block; /* head */
};

static struct walk_memory memory;
static struct page *pages;
static uint32_t page_count;

static struct {
	enum sim_reuse reuse;
	uint32_t next;               /* where the search goes on */
	uint32_t recent[RECENT_MAX]; /* a stack of blocks that were freed */
	int recent_count;
} search;

static struct {
	enum sim_fail_mode mode;
	uint64_t left; /* questions until the one that fails */
} plan;

static uint32_t first_dying;
static uint64_t live_pages, live_blocks;

/* ---- Addresses ------------------------------------------------------------------------------------------ */

static bool is_inside(hpa_t at)
{
	return at.raw - memory.start.raw < memory.size;
}

static uint32_t page_at(hpa_t at)
{
	return (at.raw - memory.start.raw) / PAGE_SIZE;
}

static hpa_t page_hpa(uint32_t page)
{
	return hpa_add(memory.start, (uint64_t)page * PAGE_SIZE);
}

static bool is_taken(uint32_t page)
{
	return pages[page].state == SIM_PAGE_LIVE || pages[page].state == SIM_PAGE_DYING;
}

static uint64_t *page_words(uint32_t page)
{
	return (uint64_t *)(void *)(memory.bytes + (uint64_t)page * PAGE_SIZE);
}

const struct walk_memory *sim_memory(void)
{
	return &memory;
}

void *sim_mem_pointer(hpa_t at)
{
	if (!is_inside(at))
		sim_fail("sim: there is no memory for tables at %x", at.raw);
	return memory.bytes + (at.raw - memory.start.raw);
}

hpa_t sim_mem_hpa(const void *pointer)
{
	return hpa_add(memory.start, (uintptr_t)pointer - (uintptr_t)memory.bytes);
}

enum sim_page_state sim_mem_state(hpa_t at)
{
	return is_inside(at) ? pages[page_at(at)].state : SIM_PAGE_OUTSIDE;
}

struct sim_block *sim_mem_block(hpa_t at)
{
	enum sim_page_state state = sim_mem_state(at);

	if (state != SIM_PAGE_LIVE && state != SIM_PAGE_DYING)
		return NULL;
	return &pages[pages[page_at(at)].head].block;
}

const struct sim_block *sim_mem_next_block(const struct sim_block *block)
{
	uint32_t page = block ? page_at(block->start) + (1u << block->order) : 0;

	while (page < page_count && !is_taken(page))
		page++;
	return page < page_count ? &pages[page].block : NULL;
}

/* ---- Poison --------------------------------------------------------------------------------------------- */

static void poison(uint32_t page)
{
	uint64_t *words = page_words(page);

	for (uint32_t i = 0; i < PAGE_WORDS; i++)
		words[i] = SIM_POISON;
}

static void check_poison(uint32_t page, const char *what)
{
	const uint64_t *words = page_words(page);

	for (uint32_t i = 0; i < PAGE_WORDS; i++)
		if (words[i] != SIM_POISON)
			sim_fail("%s: %x was written to %x", what, words[i], page_hpa(page).raw + 8 * i);
}

static uint64_t checksum(const struct sim_block *block)
{
	const uint64_t *words = page_words(page_at(block->start));
	uint64_t sum = 0;

	for (uint32_t i = 0; i < PAGE_WORDS << block->order; i++)
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15ull;
	return sum;
}

/* ---- Red zones ------------------------------------------------------------------------------------------ */

static void make_red(uint32_t page)
{
	if (pages[page].state == SIM_PAGE_RED)
		return;
	if (pages[page].poisoned)
		check_poison(page, "[TABLE-USED-AFTER-FREE] a freed table");
	poison(page);
	pages[page].state = SIM_PAGE_RED;
}

static void check_red(uint32_t page)
{
	check_poison(page, "[TABLE-OVERRUN] beside a table");
}

/* A neighbour has gone; the page stays red for the other, if there is one. */
static void release_red(uint32_t page)
{
	check_red(page);
	if ((page > 0 && is_taken(page - 1)) || (page + 1 < page_count && is_taken(page + 1)))
		return;
	pages[page].state = SIM_PAGE_FREE;
	pages[page].poisoned = true;
}

/* ---- Allocation ----------------------------------------------------------------------------------------- */

static bool is_free(uint32_t page)
{
	return pages[page].state == SIM_PAGE_FREE && !(search.reuse == SIM_REUSE_NEVER && pages[page].poisoned);
}

static bool may_be_red(uint32_t page)
{
	return !is_taken(page);
}

static bool fits(uint32_t page, int order)
{
	uint32_t count = 1u << order;

	if (page == 0 || page + count >= page_count || page_hpa(page).raw & ((uint64_t)PAGE_SIZE * count - 1))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!is_free(page + i))
			return false;
	return may_be_red(page - 1) && may_be_red(page + count);
}

static uint32_t find_recent(int order)
{
	while (search.recent_count > 0) {
		uint32_t page = search.recent[--search.recent_count];

		if (fits(page, order))
			return page;
	}
	return NO_PAGE;
}

static uint32_t find(int order)
{
	uint32_t page = search.reuse == SIM_REUSE_AT_ONCE ? find_recent(order) : NO_PAGE;

	for (uint32_t i = 0; page == NO_PAGE && i < page_count; i++) {
		uint32_t candidate = (search.next + i) % page_count;

		if (fits(candidate, order))
			page = candidate;
	}
	return page;
}

static bool must_fail(void)
{
	if (plan.mode == SIM_FAIL_NEVER)
		return false;
	if (plan.left > 1) {
		plan.left--;
		return false;
	}
	if (plan.mode == SIM_FAIL_ONCE)
		plan.mode = SIM_FAIL_NEVER;
	return true;
}

static void take(uint32_t head, int order)
{
	uint32_t count = 1u << order;

	for (uint32_t i = head; i < head + count; i++) {
		if (pages[i].poisoned)
			check_poison(i, "[TABLE-USED-AFTER-FREE] a freed table");
		poison(i);
		pages[i].state = SIM_PAGE_LIVE;
		pages[i].head = head;
	}
	make_red(head - 1);
	make_red(head + count);
	pages[head].block = (struct sim_block){ .start = page_hpa(head), .order = order, .level = -1 };
	pages[head].block.state = SIM_PAGE_LIVE;
	live_pages += count;
	live_blocks++;
}

hpa_t sim_mem_alloc(int order)
{
	uint32_t head;

	if (order < 0 || order > SIM_ORDER_MAX)
		sim_fail("sim: a table of order %d was asked for", order);
	head = must_fail() ? NO_PAGE : find(order);
	if (head == NO_PAGE) {
		sim_work()->failed_allocs++;
		return hpa(0);
	}
	sim_work()->allocs++;
	take(head, order);
	search.next = head + (1u << order) + 1;
	return page_hpa(head);
}

bool sim_mem_refuses(void)
{
	bool refuses = must_fail();

	sim_work()->failed_allocs += refuses;
	return refuses;
}

/* ---- Freeing -------------------------------------------------------------------------------------------- */

static void release(uint32_t head)
{
	struct sim_block *block = &pages[head].block;
	uint32_t count = 1u << block->order;

	for (uint32_t i = head; i < head + count; i++) {
		poison(i);
		pages[i].state = SIM_PAGE_FREE;
		pages[i].poisoned = true;
	}
	release_red(head - 1);
	release_red(head + count);
	if (search.recent_count == RECENT_MAX)
		search.recent_count = 0;
	search.recent[search.recent_count++] = head;
	live_pages -= count;
	live_blocks--;
}

static void begin_grace(struct sim_block *block, unsigned grace)
{
	uint32_t head = page_at(block->start);

	for (uint32_t i = head; i < head + (1u << block->order); i++)
		pages[i].state = SIM_PAGE_DYING;
	block->state = SIM_PAGE_DYING;
	block->grace = grace;
	block->checksum = checksum(block);
	pages[head].next_dying = first_dying;
	first_dying = head;
}

void sim_mem_free(hpa_t table, int order, unsigned grace)
{
	struct sim_block *block = sim_mem_block(table);

	if (block == NULL)
		sim_fail("[TABLE-FREED-TWICE] %x is freed, but no table is there", table.raw);
	if (block->state == SIM_PAGE_DYING)
		sim_fail("[TABLE-FREED-TWICE] the table %x is freed twice", table.raw);
	if (block->start.raw != table.raw || block->order != order)
		sim_fail("sim: %x is freed with order %d; there is %x with order %d", table.raw, order,
			 block->start.raw, block->order);
	sim_work()->frees++;
	begin_grace(block, grace);
	sim_mem_grace_end(SIM_ACTOR_MAX);
}

/* Unlink and release the dying blocks for which nobody is waited any more. */
void sim_mem_grace_end(int actor)
{
	uint32_t *link = &first_dying;

	while (*link != NO_PAGE) {
		uint32_t head = *link;
		struct sim_block *block = &pages[head].block;

		block->grace &= ~(1u << actor);
		if (block->grace) {
			link = &pages[head].next_dying;
			continue;
		}
		if (block->checksum != checksum(block))
			sim_fail("[TABLE-USED-AFTER-FREE] the table %x was changed after it had been freed",
				 block->start.raw);
		*link = pages[head].next_dying;
		release(head);
	}
}

/* ---- Plans, counts, checks ------------------------------------------------------------------------------ */

void sim_mem_reuse(enum sim_reuse reuse)
{
	search.reuse = reuse;
}

void sim_mem_fail(enum sim_fail_mode mode, uint64_t n)
{
	plan.mode = mode;
	plan.left = n;
}

uint64_t sim_mem_pages(void)
{
	return live_pages;
}

uint64_t sim_mem_blocks(void)
{
	return live_blocks;
}

void sim_mem_check(void)
{
	for (uint32_t i = 0; i < page_count; i++) {
		if (pages[i].state == SIM_PAGE_RED)
			check_red(i);
		else if (pages[i].state == SIM_PAGE_FREE && pages[i].poisoned)
			check_poison(i, "[TABLE-USED-AFTER-FREE] a freed table");
	}
}

void sim_mem_start(hpa_t base)
{
	pages = sim_carve(sim_carve_left() / PAGE_SIZE * sizeof(pages[0]));
	page_count = sim_carve_left() / PAGE_SIZE;
	memory.start = base;
	memory.size = (uint64_t)page_count * PAGE_SIZE;
	memory.bytes = sim_carve_pages(memory.size);
	for (uint32_t i = 0; i < page_count; i++)
		pages[i].state = SIM_PAGE_FREE;
	search.reuse = SIM_REUSE_LATE;
	search.next = 1;
	search.recent_count = 0;
	plan.mode = SIM_FAIL_NEVER;
	plan.left = 0;
	first_dying = NO_PAGE;
	live_pages = live_blocks = 0;
}
