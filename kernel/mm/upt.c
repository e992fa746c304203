/*
 * The kernel's own stage-1 tables: see upt.h.  The walk is a loop from the root (level UPT_LEVELS - 1) down.
 */
#include "mm/upt.h"
#include "mm/buddy.h"
#include "arch/arch.h"

#define ENTRIES 512

/* hpa_to_ptr(), but a walk has no time for a call. */
static upte_t *table_of(hpa_t table)
{
	return (upte_t *)(DIRECT_BASE + table.raw);
}

static upte_t read_entry(const upte_t *slot)
{
	return (upte_t){ READ_ONCE(slot->raw) };
}

static struct upt_entry entry_at(hpa_t table, hva_t va, int level)
{
	upte_t *slot = table_of(table) + (va.raw >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1));

	return (struct upt_entry){
		.slot = slot,
		.pte = read_entry(slot),
		.level = level,
		.start = hva(ALIGN_DOWN(va.raw, upt_span(level))),
	};
}

static enum upt_kind kind_of(const struct upt_entry *e)
{
	return upte_kind(e->pte, e->level);
}

/* Ordering: release - a new table's content is visible before the entry that leads to it. */
void upt_set(const struct upt_entry *entry, upte_t pte)
{
	__atomic_store_n(&entry->slot->raw, pte.raw, __ATOMIC_RELEASE);
}

hpa_t upt_create(void)
{
	hpa_t root = page_alloc();

	if (root.raw)
		memcpy(table_of(root) + ENTRIES / 2, table_of(arch_kernel_root()) + ENTRIES / 2, PAGE_SIZE / 2);
	return root;
}

static void free_tables(hpa_t table, int level)
{
	int count = level == UPT_LEVELS - 1 ? ENTRIES / 2 : ENTRIES;

	for (int i = 0; i < count; i++) {
		upte_t e = table_of(table)[i];

		ASSERT(upte_kind(e, level) != UPT_LEAF, "upt_destroy: leaf 0x%lx is left at level %d", e.raw, level);
		if (upte_kind(e, level) == UPT_TABLE)
			free_tables(upte_hpa(e), level - 1);
	}
	page_put(table);
}

void upt_destroy(hpa_t root)
{
	free_tables(root, UPT_LEVELS - 1);
}

struct upt_entry upt_lookup(hpa_t root, hva_t va)
{
	struct upt_entry e = entry_at(root, va, UPT_LEVELS - 1);

	while (kind_of(&e) == UPT_TABLE)
		e = entry_at(upte_hpa(e.pte), va, e.level - 1);
	return e;
}

int upt_slot(hpa_t root, hva_t va, int level, struct upt_entry *entry)
{
	struct upt_entry e = entry_at(root, va, UPT_LEVELS - 1);

	while (e.level > level) {
		if (kind_of(&e) == UPT_LEAF)
			return -EEXIST;
		if (kind_of(&e) == UPT_EMPTY) {
			hpa_t table = page_alloc();

			if (table.raw == 0)
				return -ENOMEM;
			e.pte = upte_make_table(table);
			upt_set(&e, e.pte);
		}
		e = entry_at(upte_hpa(e.pte), va, e.level - 1);
	}
	*entry = e;
	return 0;
}

bool upt_next_leaf(hpa_t root, hva_t *va, hva_t end, struct upt_entry *entry)
{
	while (va->raw < end.raw) {
		*entry = upt_lookup(root, *va);
		if (kind_of(entry) == UPT_LEAF)
			return true;
		*va = hva_add(entry->start, upt_span(entry->level));
	}
	return false;
}

int upt_split(hpa_t root, hva_t va)
{
	struct upt_entry e = upt_lookup(root, va);
	hpa_t table;

	if (kind_of(&e) != UPT_LEAF || e.level == 0)
		return 0;
	ASSERT(e.level == 1, "upt_split: leaf at level %d, address 0x%lx", e.level, va.raw);
	table = page_alloc();
	if (table.raw == 0)
		return -ENOMEM;
	for (u64 i = 0; i < ENTRIES; i++)
		table_of(table)[i] = upte_make_leaf(hpa_add(upte_hpa(e.pte), i * PAGE_SIZE), 0, upte_rights(e.pte));
	upt_set(&e, upte_make_table(table));
	return 0;
}

hpa_t upt_unlink_empty(hpa_t root, hva_t va)
{
	struct upt_entry e = entry_at(root, va, UPT_LEVELS - 1);
	hpa_t table;

	while (e.level > 1 && kind_of(&e) == UPT_TABLE)
		e = entry_at(upte_hpa(e.pte), va, e.level - 1);
	if (e.level != 1 || kind_of(&e) != UPT_TABLE)
		return hpa(0);
	table = upte_hpa(e.pte);
	for (int i = 0; i < ENTRIES; i++)
		if (upte_kind(table_of(table)[i], 0) != UPT_EMPTY)
			return hpa(0);
	upt_set(&e, (upte_t){ 0 });
	return table;
}
