/*
 * Looking at machines: figures, entries, and why an access would fault now.
 *
 * For anybody, at any moment, and without disturbing the guest: nothing is faulted in or mapped for the sake of it.
 */
#include "hyp/vm.h"
#include "hyp/hyp.h"
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

static void say_slot(struct text *t, struct vm *vm, gpa_t at)
{
	struct memslot slot;

	switch (memslot_find(&vm->slots, at, &slot)) {
	case MEMSLOT_NONE:
		say(t, "memslot   none: the access goes to the monitor, as a device's");
		return;
	case MEMSLOT_BUSY:
		say(t, "memslot   being changed: the access waits");
		return;
	default: break;
	}
	say(t, "memslot   %u: 0x%lx-0x%lx, %s", slot.id, slot.start.raw, slot.end.raw,
	    slot.flags & VM_SLOT_READ_ONLY ? "read-only: a write goes to the monitor" : "read and write");
	say_memory(t, vm, hva_add(slot.hva, at.raw - slot.start.raw));
}

static void say_walk(struct text *t, struct vm *vm, gpa_t at)
{
	size_t before = t->used;

	mmu_walk(vm->mmu, at, add_line, t);
	if (t->used == before)
		say(t, "root      none: no guest has run yet");
}

size_t vm_why(struct vm *vm, gpa_t at, char *text, size_t size)
{
	struct text t = { .at = text, .room = size };

	say(&t, "guest     0x%lx, of %u bits", at.raw, vm->gpa_bits);
	if (READ_ONCE(vm->is_dead)) {
		say(&t, "machine   its monitor is gone: nothing is mapped any more");
	} else if (at.raw >> vm->gpa_bits) {
		say(&t, "width     beyond: the guest gets its architecture's fault");
	} else {
		say_slot(&t, vm, at);
		say_walk(&t, vm, at);
	}
	return t.used;
}

/* ---- In the middle of a failure ------------------------------------------------------------------------ */

typedef void (*print_line)(void *arg, const char *line);

static void print_fault(const struct tdp_fault *fault, print_line print, void *arg)
{
	static const char *const access[] = {
		[TDP_ACCESS_READ] = "read", [TDP_ACCESS_WRITE] = "write", [TDP_ACCESS_EXEC] = "fetch",
	};
	static const struct {
		unsigned flag;
		const char *text;
	} words[] = {
		{ TDP_FAULT_ON_WALK, ", by the guest's own walk" }, { TDP_FAULT_MAPPED, ", refused by an entry" },
		{ TDP_FAULT_UNMAPPED, ", no entry" }, { TDP_FAULT_RESERVED, ", a malformed entry" },
	};
	char line[MMU_LINE_MAX];
	size_t used = snprintf(line, sizeof(line), "fault     %s of 0x%lx", access[fault->access], fault->gpa.raw);

	if (fault->flags & TDP_FAULT_HAS_GVA)
		used += snprintf(line + used, sizeof(line) - used, ", for its address 0x%lx", fault->gva.raw);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (fault->flags & words[i].flag)
			used += snprintf(line + used, sizeof(line) - used, "%s", words[i].text);
	print(arg, line);
}

void vcpu_explain(const struct vcpu *vcpu, print_line print, void *arg)
{
	const struct vm *vm = vcpu->vm;
	char line[MMU_LINE_MAX];

	if (!vm)
		return;
	snprintf(line, sizeof(line), "guest     machine %u \"%s\", vcpu %u: last seen at 0x%lx, after %lu faults",
		 vm->id, vm->name, vcpu->index, arch_vcpu_pc(vcpu), vcpu->count.exits_fault);
	print(arg, line);
	if (!vcpu->count.exits_fault)
		return;
	print_fault(&vcpu->fault, print, arg);
	mmu_walk_in_panic(vcpu->mv, vcpu->fault.gpa, print, arg);
}

static void print_prefixed(void *prefix, const char *line)
{
	printk("%s%s\n", (const char *)prefix, line);
}

void hyp_explain_guests(const char *prefix)
{
	struct cpu *cpu;

	for_each_cpu(cpu) {
		const struct vcpu *vcpu = vcpu_loaded(cpu);

		if (vcpu)
			vcpu_explain(vcpu, print_prefixed, (void *)prefix);
	}
}

int vm_check(struct vm *vm)
{
	char line[MMU_LINE_MAX];
	int rule;

	mutex_lock(&vm->lock);
	rule = mmu_check(vm->mmu, line);
	mutex_unlock(&vm->lock);
	if (rule) {
		printk("machine %u: invariant %d is broken: %s\n", vm->id, rule, line);
		mmu_walk(vm->mmu, line_start(line), print_prefixed, (void *)"  ");
	}
	return rule;
}
