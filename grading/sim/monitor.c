/*
 * The monitor: see monitor.h.
 */
#include "grading/sim/monitor.h"
#include "grading/sim/guest.h"
#include "grading/sim/parts.h"
#include "grading/sim/sim_host.h"
#include "grading/sim/tlb.h"

#define PAGE_SIZE 4096

static struct {
	struct host_slot slots[SIM_SLOT_MAX];
	enum sim_slot_state slot_states[SIM_SLOT_MAX];
	struct sim_user users[SIM_USER_MAX];

	uint64_t notifier, memslots; /* sequences */

	/* Ranges that are being changed, as one. */
	int progress_count;
	hva_t progress_start, progress_end;

	sim_resolver *resolver;
	void *resolver_arg;
} monitor;

/* ---- Memslots ------------------------------------------------------------------------------------------- */

void sim_slot_set(int i, const struct host_slot *slot, enum sim_slot_state state)
{
	host_lock(sim_host(), HOST_EXCLUSIVE);
	if (slot)
		monitor.slots[i] = *slot;
	monitor.slot_states[i] = state;
	monitor.memslots++;
	host_unlock(sim_host(), HOST_EXCLUSIVE);
}

static enum host_slot_kind look_up(gpa_t at, struct host_slot *slot)
{
	for (int i = 0; i < SIM_SLOT_MAX; i++) {
		*slot = monitor.slots[i];
		if (monitor.slot_states[i] != SIM_SLOT_NONE && at.raw >= slot->start.raw && at.raw < slot->end.raw)
			return monitor.slot_states[i] == SIM_SLOT_BUSY ? HOST_SLOT_BUSY : HOST_SLOT_RAM;
	}
	return HOST_SLOT_NONE;
}

enum host_slot_kind host_lookup(struct host *h, gpa_t at, struct host_slot *slot)
{
	sim_env_point(NULL, "lookup");
	return look_up(at, slot);
}

static hva_t hva_of(const struct host_slot *slot, gpa_t at)
{
	return hva(slot->hva.raw + (at.raw - slot->start.raw));
}

/* ---- The monitor's memory ------------------------------------------------------------------------------- */

void sim_user_set(int i, const struct sim_user *user)
{
	sim_env_point(NULL, "pause");
	monitor.users[i] = user ? *user : (struct sim_user){ 0 };
}

static const struct sim_user *user_at(hva_t at)
{
	for (int i = 0; i < SIM_USER_MAX; i++)
		if (at.raw >= monitor.users[i].start.raw && at.raw < monitor.users[i].end.raw)
			return &monitor.users[i];
	return NULL;
}

static hpa_t page_of(const struct sim_user *user, hva_t at)
{
	return hpa(user->page.raw + ((at.raw - user->start.raw) & ~(uint64_t)(PAGE_SIZE - 1)));
}

void sim_resolve_by(sim_resolver *resolver, void *arg)
{
	monitor.resolver = resolver;
	monitor.resolver_arg = arg;
}

int host_resolve(struct host *h, const struct host_slot *slot, gpa_t at, enum tdp_access access,
		 struct host_page *page)
{
	hva_t address = hva_of(slot, at);
	const struct sim_user *user;
	int error = 0;

	sim_check_may_sleep("resolve");
	if (monitor.resolver)
		error = monitor.resolver(monitor.resolver_arg, address, access);
	if (error)
		return error;
	user = user_at(address);
	if (!user || (access == TDP_ACCESS_WRITE && !user->is_writable))
		return -MMU_EFAULT;
	*page = (struct host_page){ page_of(user, address), user->level, user->is_writable };
	return 0;
}

/* ---- Notifiers ------------------------------------------------------------------------------------------ */

struct host_sample host_sample(struct host *h)
{
	sim_env_point(NULL, "sample");
	return (struct host_sample){ monitor.notifier, monitor.memslots };
}

void sim_notify_begin(hva_t start, hva_t end)
{
	sim_env_point(NULL, "begin");
	if (monitor.progress_count++ == 0) {
		monitor.progress_start = start;
		monitor.progress_end = end;
	}
	if (start.raw < monitor.progress_start.raw)
		monitor.progress_start = start;
	if (end.raw > monitor.progress_end.raw)
		monitor.progress_end = end;
}

void sim_notify_end(hva_t start, hva_t end)
{
	sim_env_point(NULL, "end");
	if (monitor.progress_count == 0)
		sim_fail("sim: the end of [%x, %x), which has not begun", start.raw, end.raw);
	monitor.notifier++;
	monitor.progress_count--;
}

bool host_must_retry(struct host *h, const struct host_sample *sample, const struct host_slot *slot, gpa_t at)
{
	hva_t address = hva_of(slot, at);

	if (!host_lock_is_held(h, HOST_SHARED))
		sim_fail("[LOCK-RULE] actor %d asks whether to try again, but does not hold the lock", sim_actor());
	sim_env_point(NULL, "must retry");
	return sample->notifier != monitor.notifier || sample->memslots != monitor.memslots ||
	       (monitor.progress_count && address.raw >= monitor.progress_start.raw &&
		address.raw < monitor.progress_end.raw);
}

/* ---- What a guest should see ------------------------------------------------------------------------------ */

struct sim_memory_at sim_memory_at(gpa_t at)
{
	const struct sim_user *user;
	struct host_slot slot;

	if (look_up(at, &slot) != HOST_SLOT_RAM)
		return (struct sim_memory_at){ 0 };
	user = user_at(hva_of(&slot, at));
	if (!user)
		return (struct sim_memory_at){ 0 };
	return (struct sim_memory_at){
		.rights = user->is_writable ? slot.rights : slot.rights & ~PT_WRITE,
		.page = page_of(user, hva_of(&slot, at)),
	};
}

static void check_page(const struct sim_space *space, gpa_t at)
{
	struct sim_mapping mapping = sim_mapping_of(space->root.table, ia(at.raw));
	struct sim_memory_at memory = sim_memory_at(at);
	unsigned rights = mapping.rights & PT_RWX;

	if (rights == 0)
		return;
	if (rights & ~memory.rights)
		sim_fail("[RIGHTS-TOO-MANY] the guest has the rights %x to %x; the monitor gives %x", (uint64_t)rights,
			 at.raw, (uint64_t)memory.rights);
	if (mapping.out.raw != memory.page.raw)
		sim_fail("[WRONG-PAGE] the guest finds page %x at %x, where the monitor has page %x", mapping.out.raw,
			 at.raw, memory.page.raw);
}

void sim_memory_check(gpa_t start, gpa_t end)
{
	for (int i = 0; i < SIM_SPACE_MAX; i++)
		for (gpa_t at = start; at.raw < end.raw && sim_space_at(i)->open; at = gpa_add(at, PAGE_SIZE))
			check_page(sim_space_at(i), at);
}

static void check_forgotten(int cpu, gpa_t start, gpa_t end)
{
	int count;
	const struct sim_tlb_entry *entries = sim_tlb_entries(cpu, &count);

	for (int i = 0; i < count; i++) {
		uint64_t last = entries[i].ia + ((uint64_t)1 << walk_level_shift(entries[i].level));

		if (entries[i].kind == SIM_TLB_LEAF && sim_cpu_space(cpu, entries[i].id) &&
		    entries[i].ia < end.raw && last > start.raw)
			sim_fail("[TLB-STALE] cpu %d, id %d: remembers page %x at %x, which was unmapped", cpu,
				 (int)entries[i].id, entries[i].out.raw, entries[i].ia);
	}
}

void sim_expect_unmapped_or(const char *id, gpa_t start, gpa_t end)
{
	for (int i = 0; i < SIM_SPACE_MAX; i++)
		for (gpa_t at = start; at.raw < end.raw && sim_space_at(i)->open; at = gpa_add(at, PAGE_SIZE))
			if (sim_mapping_of(sim_space_at(i)->root.table, ia(at.raw)).rights)
				sim_fail("%s a tree still maps %x, which was unmapped", id, at.raw);
	for (int cpu = 0; cpu < SIM_CPU_MAX; cpu++)
		check_forgotten(cpu, start, end);
}

void sim_expect_unmapped(gpa_t start, gpa_t end)
{
	sim_expect_unmapped_or("[UNMAP-LEAVES]", start, end);
}

/* ---- Beginning ------------------------------------------------------------------------------------------ */

void sim_monitor_start(void)
{
	monitor = (__typeof__(monitor)){ 0 };
}
