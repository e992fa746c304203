/*
 * Looking at machines: figures, entries, and why an access would fault now.
 *
 * For anybody, at any moment, and without disturbing the guest: nothing is faulted in or mapped for the sake of it.
 */
#include "hyp/vm.h"
#include "lib/printf.h"

/* ---- Figures ------------------------------------------------------------------------------------------- */

static u32 public_state(const struct vcpu *vcpu)
{
	static const u32 states[] = {
		[VCPU_STOPPED] = 0, [VCPU_RUNS] = 1, [VCPU_HALTED] = 2, [VCPU_FAILED] = 3,
	};

	return states[READ_ONCE(vcpu->state)];
}

void vcpu_stat(const struct vcpu *vcpu, struct vm_vcpu_stat *stat)
{
	u32 size = stat->size;

	*stat = vcpu->count;
	stat->size = size;
	stat->state = public_state(vcpu);
	stat->loads = vcpu->load_count;
}

static u64 memory_of(struct vm *vm)
{
	u64 bytes = 0;

	rwmutex_lock_read(&vm->slots.lock);
	for (u32 i = 0; i < vm->slots.count; i++)
		bytes += vm->slots.slot[i].end.raw - vm->slots.slot[i].start.raw;
	rwmutex_unlock_read(&vm->slots.lock);
	return bytes;
}

static void mmu_part(struct vm *vm, struct vm_stat *stat)
{
	struct mmu_stats mmu;

	mmu_stats(vm->mmu, &mmu);
	for (u32 i = 0; i < ARRAY_SIZE(stat->leaf_count); i++)
		stat->leaf_count[i] = mmu.leaf_count[i];
	for (u32 i = 0; i < ARRAY_SIZE(stat->faults); i++)
		stat->faults[i] = mmu.faults[i];
	stat->root_count = mmu.root_count;
}

static void vcpu_part(struct vm *vm, struct vm_stat *stat)
{
	spin_lock(&vm->irq_lock);
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (vm->vcpu[i]) {
			stat->vcpu[i].size = sizeof(stat->vcpu[i]);
			vcpu_stat(vm->vcpu[i], &stat->vcpu[i]);
			stat->vcpu_count++;
		}
	spin_unlock(&vm->irq_lock);
}

void vm_stat(struct vm *vm, struct vm_stat *stat)
{
	*stat = (struct vm_stat){
		.id = vm->id,
		.pid = vm->pid,
		.is_dead = READ_ONCE(vm->is_dead),
		.gpa_bits = vm->gpa_bits,
		.memory = memory_of(vm),
		.table_pages = READ_ONCE(vm->host.table_count),
		.table_limit = READ_ONCE(vm->host.table_limit),
		.flush_count = READ_ONCE(vm->host.flush_count),
		.yield_count = READ_ONCE(vm->host.yield_count),
		.slot_updates = READ_ONCE(vm->slot_updates),
		.notifier_begins = READ_ONCE(vm->notifier_begins),
	};
	memcpy(stat->name, vm->name, sizeof(stat->name));
	mmu_part(vm, stat);
	vcpu_part(vm, stat);
}

/* ---- Text ---------------------------------------------------------------------------------------------- */

struct text {
	char *at;
	size_t room, used;
	bool is_full;
	gpa_t stopped; /* where the first line that did not fit begins */
};

/* Where the entry begins that a line is about: its first number with 0x. */
static gpa_t line_start(const char *line)
{
	const char *end;

	while (*line && !(line[0] == '0' && line[1] == 'x'))
		line++;
	return gpa(string_to_u64(line, &end));
}

static void add_line(void *arg, const char *line)
{
	struct text *t = arg;
	size_t length = strlen(line) + 1;

	if (t->is_full)
		return;
	if (length > t->room - t->used) {
		t->is_full = true;
		t->stopped = line_start(line);
		return;
	}
	memcpy(t->at + t->used, line, length - 1);
	t->at[t->used + length - 1] = '\n';
	t->used += length;
}

size_t vm_dump(struct vm *vm, gpa_t *start, gpa_t end, char *text, size_t size)
{
	struct text t = { .at = text, .room = size };

	mmu_dump(vm->mmu, *start, end, add_line, &t);
	*start = t.is_full ? t.stopped : end;
	return t.used;
}

/* ---- Why ----------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void say(struct text *t, const char *format, ...)
{
	char line[MMU_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	add_line(t, line);
}

static const char *rights_word(u32 rights)
{
	static const char *const words[] = { "no access", "read", "write", "read and write" };

	return words[rights & (PROT_READ | PROT_WRITE)];
}

/* What a fault would find in the monitor's memory. */
static void say_memory(struct text *t, struct vm *vm, hva_t at)
{
	struct user_page page;

	if (!aspace_peek(vm->owner, at, &page)) {
		say(t, "monitor   0x%lx: no page yet; the first access brings one, if its memory allows", at.raw);
		return;
	}
	say(t, "monitor   0x%lx: page 0x%lx of %s, %s", at.raw, page.page.raw, page.level ? "2 MiB" : "4 KiB",
	    rights_word(page.rights));
}

static bool say_slot(struct text *t, struct vm *vm, gpa_t at)
{
	struct memslot slot;

	switch (memslot_find(&vm->slots, at, &slot)) {
	case MEMSLOT_NONE:
		say(t, "memslot   none: the access goes to the monitor, as a device's");
		return false;
	case MEMSLOT_BUSY:
		say(t, "memslot   being changed: the access waits");
		return false;
	default: break;
	}
	say(t, "memslot   %u: 0x%lx-0x%lx, %s", slot.id, slot.start.raw, slot.end.raw,
	    slot.flags & VM_SLOT_READ_ONLY ? "read-only: a write goes to the monitor" : "read and write");
	say_memory(t, vm, hva_add(slot.hva, at.raw - slot.start.raw));
	return true;
}

static void say_entries(struct text *t, struct vm *vm, gpa_t at)
{
	gpa_t page = gpa(ALIGN_DOWN(at.raw, PAGE_SIZE));
	size_t before = t->used;

	mmu_dump(vm->mmu, page, gpa_add(page, PAGE_SIZE), add_line, t);
	if (t->used == before)
		say(t, "stage 2   nothing on the way: every access faults");
}

size_t vm_why(struct vm *vm, gpa_t at, char *text, size_t size)
{
	struct text t = { .at = text, .room = size };

	say(&t, "guest     0x%lx, of %u bits", at.raw, vm->gpa_bits);
	if (READ_ONCE(vm->is_dead))
		say(&t, "machine   its monitor is gone: nothing is mapped any more");
	else if (at.raw >> vm->gpa_bits)
		say(&t, "width     beyond: the guest gets its architecture's fault");
	else if (say_slot(&t, vm, at))
		say_entries(&t, vm, at);
	return t.used;
}
