/*
 * Machines and their vCPUs: life, the list, lines.  See vm.h.
 */
#include "hyp/vm.h"
#include "lib/printf.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "proc.h"

#define GPA_BITS_MIN   32
#define GPA_BITS_PLAIN 40 /* unless the monitor says: what three levels reach on RISC-V */

static struct spinlock vms_lock = SPINLOCK_INIT("machines", RANK_VM_LIST);
static struct list vms = LIST_INIT(vms); /* by id, lowest first */
static u32 last_id, vm_count;

/* ---- The list ------------------------------------------------------------------------------------------ */

static int enlist(struct vm *vm)
{
	int error = 0;

	spin_lock(&vms_lock);
	if (vm_count == VM_MAX) {
		error = -ENFILE;
	} else {
		vm_count++;
		vm->id = ++last_id;
		list_push_back(&vms, &vm->link);
	}
	spin_unlock(&vms_lock);
	return error;
}

static void delist(struct vm *vm)
{
	spin_lock(&vms_lock);
	list_remove(&vm->link);
	vm_count--;
	spin_unlock(&vms_lock);
}

u32 vm_list(u32 *ids, u32 room)
{
	struct vm *vm;
	u32 count = 0;

	spin_lock(&vms_lock);
	list_for_each(vm, &vms, link) {
		if (count < room)
			ids[count] = vm->id;
		count++;
	}
	spin_unlock(&vms_lock);
	return count;
}

/* One that nobody refers to any more is on its way out. */
static bool get_if_used(struct vm *vm)
{
	u32 count = READ_ONCE(vm->count);

	while (count)
		if (__atomic_compare_exchange_n(&vm->count, &count, count + 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

struct vm *vm_find(u32 id)
{
	struct vm *found = NULL;
	struct vm *vm;

	spin_lock(&vms_lock);
	list_for_each(vm, &vms, link)
		if (vm->id == id && get_if_used(vm))
			found = vm;
	spin_unlock(&vms_lock);
	return found;
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

static int gpa_bits_max(void)
{
	return MIN(mmu_caps()->gpa_bits_max, arch_gpa_bits_max());
}

static int check_config(const struct vm_config *config)
{
	if (config->flags)
		return -EINVAL;
	if (config->gpa_bits && (config->gpa_bits < GPA_BITS_MIN || config->gpa_bits > gpa_bits_max()))
		return -EINVAL;
	return config->view_count || config->secure_entry ? -ENOSYS : 0;
}

void vm_caps(struct vm_caps *caps)
{
	u32 can = mmu_caps()->caps;

	*caps = (struct vm_caps){
		.caps = (can & MMU_CAP_HUGE ? VM_CAP_HUGE : 0) | (can & MMU_CAP_PREFAULT ? VM_CAP_PREFAULT : 0) |
			(can & MMU_CAP_PARALLEL ? VM_CAP_PARALLEL : 0),
		.gpa_bits_min = GPA_BITS_MIN,
		.gpa_bits_max = gpa_bits_max(),
		.vcpu_max = VM_VCPU_MAX,
		.slot_max = VM_SLOT_MAX,
		.line_count = ARCH_VM_LINES,
		.run_size = PAGE_SIZE,
		.table_limit = vm_table_limit(),
		.arch = ARCH_NAME,
	};
	snprintf(caps->mmu, sizeof(caps->mmu), "%s", mmu_caps()->name);
}

/* A sixteenth of the memory: enough to map thirty times as much as there is, by 4 KiB. */
u64 vm_table_limit(void)
{
	return buddy_page_total() / 16;
}

static void init(struct vm *vm, const struct vm_config *config)
{
	vm->count = 1;
	vm->pid = current()->proc->pid;
	vm->owner = current()->proc->aspace;
	vm->gpa_bits = config->gpa_bits ? config->gpa_bits : MIN(GPA_BITS_PLAIN, gpa_bits_max());
	snprintf(vm->name, sizeof(vm->name), "%.*s", (int)sizeof(config->name), config->name);
	mutex_init(&vm->lock, "machine", RANK_VM);
	spin_init(&vm->irq_lock, "machine's interrupts", RANK_VM_IRQ);
	memslots_init(&vm->slots);
	host_init(&vm->host, vm, vm->owner);
	vm->host.table_limit = config->table_limit ? config->table_limit : vm_table_limit();
	list_init(&vm->link);
	aspace_get(vm->owner);
}

/* What init() and mmu_create() have made. */
static void destroy_parts(struct vm *vm)
{
	if (vm->mmu)
		mmu_destroy(vm->mmu);
	host_exit(&vm->host);
	aspace_put(vm->owner);
	kfree(vm);
}

static int create_parts(struct vm *vm)
{
	struct mmu_config config = { .host = &vm->host, .gpa_bits = vm->gpa_bits };
	int error;

	arch_mmu_config(&config);
	error = mmu_create(&vm->mmu, &config);
	return error ? host_why(&vm->host, 0, error) : arch_vm_create(vm);
}

/* It is listed, and hears of changes, when it is complete. */
int vm_create(const struct vm_config *config, struct vm **made)
{
	int error = check_config(config);
	struct vm *vm;

	if (error)
		return error;
	vm = kmalloc(sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	init(vm, config);
	error = create_parts(vm);
	if (!error) {
		error = enlist(vm);
		if (error)
			arch_vm_destroy(vm);
	}
	if (error) {
		destroy_parts(vm);
		return error;
	}
	notifier_register(vm->owner, &vm->notifier, &memslot_notifier);
	*made = vm;
	return 0;
}

void vm_get(struct vm *vm)
{
	__atomic_fetch_add(&vm->count, 1, __ATOMIC_RELAXED);
}

/* Ordering: each holder's use comes before its decrement, and all of them before the end. */
void vm_put(struct vm *vm)
{
	if (__atomic_fetch_sub(&vm->count, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	delist(vm);
	notifier_unregister(vm->owner, &vm->notifier);
	arch_vm_destroy(vm);
	destroy_parts(vm);
}

int vm_check_caller(const struct vm *vm)
{
	if (current()->proc->aspace != vm->owner)
		return -EPERM;
	return __atomic_load_n(&vm->is_dead, __ATOMIC_ACQUIRE) ? -EIO : 0;
}

/* ---- vCPUs --------------------------------------------------------------------------------------------- */

static void publish(struct vm *vm, u32 index, struct vcpu *vcpu)
{
	spin_lock(&vm->irq_lock);
	vm->vcpu[index] = vcpu;
	if (index == 0) {
		vcpu->state = VCPU_RUNS;
		vm->live_count++;
	}
	spin_unlock(&vm->irq_lock);
}

static int create_vcpu(struct vm *vm, u32 index, struct vcpu *vcpu)
{
	hpa_t page = page_alloc();
	int error;

	if (!page.raw)
		return -ENOMEM;
	error = vcpu_init(vcpu, vm, index);
	if (!error) {
		error = mmu_vcpu_create(&vcpu->mv, vm->mmu);
		if (error)
			vcpu_destroy(vcpu);
	}
	if (error)
		page_put(page);
	else
		vcpu->run = hpa_to_ptr(page);
	return error;
}

static int create_locked(struct vm *vm, u32 index, struct vcpu **made)
{
	struct vcpu *vcpu;
	int error;

	if (vm->vcpu[index])
		return -EEXIST;
	vcpu = kmalloc(sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	error = create_vcpu(vm, index, vcpu);
	if (error) {
		kfree(vcpu);
		return error;
	}
	vm_get(vm);
	publish(vm, index, vcpu);
	*made = vcpu;
	return 0;
}

int vm_vcpu_create(struct vm *vm, u32 index, struct vcpu **vcpu)
{
	int error;

	if (index >= VM_VCPU_MAX)
		return -EINVAL;
	mutex_lock(&vm->lock);
	error = create_locked(vm, index, vcpu);
	mutex_unlock(&vm->lock);
	return error;
}

/* First it is found by nobody any more. */
void vm_vcpu_destroy(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	spin_lock(&vm->irq_lock);
	vcpu_stop_locked(vcpu);
	vm->vcpu[vcpu->index] = NULL;
	spin_unlock(&vm->irq_lock);
	mmu_vcpu_destroy(vcpu->mv);
	vcpu_destroy(vcpu);
	page_put(ptr_to_hpa(vcpu->run));
	kfree(vcpu);
	vm_put(vm);
}

/* Ordering: pairs with is_ready(), which reads without the lock. */
bool vcpu_start_locked(struct vcpu *vcpu)
{
	if (vcpu->state != VCPU_STOPPED)
		return false;
	vcpu->start_asked = true;
	__atomic_store_n(&vcpu->state, VCPU_RUNS, __ATOMIC_RELEASE);
	vcpu->vm->live_count++;
	vcpu_ask_locked(vcpu, VCPU_REQUEST_LOOK);
	return true;
}

/* If it was the last, those that wait to be started wait in vain, and tell their monitor. */
bool vcpu_stop_locked(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (vcpu->state == VCPU_STOPPED)
		return false;
	vcpu->state = VCPU_STOPPED;
	vcpu->start_asked = false;
	if (--vm->live_count == 0)
		for (u32 i = 0; i < VM_VCPU_MAX; i++)
			if (vm->vcpu[i])
				vcpu_ask_locked(vm->vcpu[i], VCPU_REQUEST_LOOK);
	vcpu_ask_locked(vcpu, VCPU_REQUEST_LOOK);
	return true;
}

int vm_set_limit(struct vm *vm, u64 pages)
{
	if (pages < READ_ONCE(vm->host.table_count))
		return -EBUSY;
	WRITE_ONCE(vm->host.table_limit, pages);
	return 0;
}

/* A vCPU that runs has its part of the MMU to itself, so prefaulting has one of its own. */
int vm_prefault(struct vm *vm, gpa_t *start, gpa_t end)
{
	struct mmu_role role = { 0, 0 };
	struct mmu_vcpu *mv;
	struct mmu_root root;
	s64 result;

	if (!(mmu_caps()->caps & MMU_CAP_PREFAULT))
		return -ENOSYS;
	if (start->raw >= end.raw || end.raw > 1ull << vm->gpa_bits || !IS_ALIGNED(start->raw | end.raw, PAGE_SIZE))
		return -EINVAL;
	result = mmu_vcpu_create(&mv, vm->mmu);
	if (result)
		return result;
	result = mmu_vcpu_root(mv, role, &root);
	if (!result)
		result = mmu_prefault(mv, *start, end);
	mmu_vcpu_destroy(mv);
	if (result > 0)
		*start = gpa(result);
	return MIN(result, 0);
}

int vm_set_line(struct vm *vm, u32 line, u32 level)
{
	if (line >= ARCH_VM_LINES || level > 1)
		return -EINVAL;
	spin_lock(&vm->irq_lock);
	arch_vm_line_locked(vm, line, level);
	spin_unlock(&vm->irq_lock);
	return 0;
}
