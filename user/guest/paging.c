/*
 * paging: a guest with tables of its own.
 *
 * A window far above RAM is mapped to random pages, read and written through, remapped, and unmapped; what is not
 * mapped must fault, and works once it is.  Under a hypervisor each of these accesses is translated twice, and each
 * entry that the guest's walk reads is itself at an address that has to be translated.
 */
#include "guest.h"

#define WINDOW  (64ul << 30)
#define PAGES   64
#define SPREAD  (3 * 512 + 7) /* pages from one to the next: each in a table of its own */
#define ROUNDS  20

static u64 *root;
static u64 backing[PAGES]; /* physical; page i of the window is mapped to one of them */
static u32 faults;

static u64 va_of(u32 i)
{
	return WINDOW + (u64)i * SPREAD * PAGE_SIZE;
}

/* The leaf's slot; tables on the way there are made. */
static u64 *slot_of(u64 va)
{
	u64 *table = root;

	for (u32 level = paging_levels - 1; level > 0; level--) {
		u64 *slot = &table[va >> (12 + 9 * level) & 511];

		if (*slot == 0)
			*slot = entry_table((u64)page_take());
		table = (u64 *)entry_address(*slot);
	}
	return &table[va >> 12 & 511];
}

static void map(u64 va, u64 page)
{
	*(volatile u64 *)slot_of(va) = entry_leaf(page);
	paging_flush(va);
}

static void unmap(u64 va)
{
	*(volatile u64 *)slot_of(va) = 0;
	paging_flush(va);
}

static volatile u64 *word(u64 address, u32 i)
{
	return (u64 *)address + i % 512;
}

static void check_through(u32 i, u64 page, u64 value)
{
	*word(va_of(i), i) = value;
	CHECK(*word(page, i) == value, "paging: page %u: 0x%lx is not at 0x%lx", i, value, page);
	*word(page, i) = ~value;
	CHECK(*word(va_of(i), i) == ~value, "paging: page %u: 0x%lx does not show 0x%lx", i, va_of(i), page);
}

/* What is not mapped is mapped when it is touched. */
static bool map_at_fault(u64 address)
{
	u64 i = (address - WINDOW) / PAGE_SIZE / SPREAD;

	if (address < WINDOW || i >= PAGES)
		return false;
	faults++;
	map(va_of(i), backing[i]);
	return true;
}

static void round_of(u64 *random)
{
	for (u32 i = 0; i < PAGES; i++) {
		u64 page = backing[next_random(random) % PAGES];

		map(va_of(i), page);
		check_through(i, page, next_random(random));
	}
	for (u32 i = 0; i < PAGES; i++) {
		u32 before = faults;

		unmap(va_of(i));
		check_through(i, backing[i], next_random(random));
		CHECK(faults == before + 1, "paging: page %u was touched with %u faults", i, faults - before);
	}
}

void guest_main(void)
{
	u64 random = 12345;

	root = page_take();
	for (u32 i = 0; i < PAGES; i++)
		backing[i] = (u64)page_take();
	on_page_fault = map_at_fault;
	map_identity(root);
	paging_on(root);
	for (u32 i = 0; i < ROUNDS; i++)
		round_of(&random);
	print("paging: %u rounds over %u pages, %u faults\n", ROUNDS, PAGES, faults);
}
