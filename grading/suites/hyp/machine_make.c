/*
 * Machines for tests: see machine.h.
 */
#include "grading/suites/hyp/machine.h"
#include "hyp/hyp.h"
#include "mm/kmalloc.h"
#include "proc.h"

/* ---- Beginning and end --------------------------------------------------------------------------------- */

void machine_use(struct aspace *as)
{
	current()->proc->aspace = as;
	irq_push();
	this_cpu()->thread->aspace = as;
	aspace_load(as);
	irq_pop();
}

static void forget_space(void *unused)
{
	machine_use(NULL);
}

void machine_end(struct machine *m)
{
	struct vm *vm = m->vm;

	if (!vm)
		return;
	m->vm = NULL;
	for (u32 i = 0; i < m->vcpu_count; i++)
		if (m->guest[i].vcpu)
			vm_vcpu_destroy(m->guest[i].vcpu);
	vm_put(vm);
}

static void destroy(void *arg)
{
	machine_end(arg);
	kfree(arg);
}

static void make_ram(struct machine *m)
{
	struct user_page page;

	space_map_at(m->as, RAM_MEMORY, GUEST_RAM_SIZE / PAGE_SIZE, RW, MAP_HUGE);
	ASSERT_EQ(aspace_resolve(m->as, RAM_MEMORY, ACCESS_WRITE, &page), 0);
	ASSERT_EQ(page.level, 1, "2 MiB in one piece");
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		m->guest[i].ram = page.page;
	memcpy(hpa_to_ptr(page.page), guest_code, guest_code_end - guest_code);
}

void machine_renew_ram(struct machine *m)
{
	ASSERT_EQ(aspace_unmap(m->as, pages_of(RAM_MEMORY, 0, GUEST_RAM_SIZE / PAGE_SIZE)), 0);
	make_ram(m);
}

static void make_memory(struct machine *m)
{
	m->as = space_create();
	make_ram(m);
	space_map_at(m->as, WINDOW_MEMORY, WINDOW_PAGES, RW, 0);
	machine_use(m->as);
	ktest_defer(forget_space, NULL);
}

static void make_vcpu(struct machine *m, u32 index)
{
	struct vcpu *vcpu;

	ASSERT_EQ(vm_vcpu_create(m->vm, index, &vcpu), 0);
	m->guest[index].vcpu = vcpu;
	spin_lock(&m->vm->irq_lock);
	vcpu_start_locked(vcpu);
	vcpu->start_asked = false; /* guest_start() says where */
	spin_unlock(&m->vm->irq_lock);
}

struct machine *machine_create(u32 vcpu_count)
{
	struct vm_config config = { .size = sizeof(config), .name = "test" };
	struct machine *m;

	if (hyp_missing())
		SKIP("no guests here: %s", hyp_missing());
	m = kmalloc(sizeof(*m));
	ASSERT_NE(m, NULL);
	make_memory(m);
	ktest_defer(destroy, m);
	ASSERT_EQ(vm_create(&config, &m->vm), 0);
	m->vcpu_count = vcpu_count;
	for (u32 i = 0; i < vcpu_count; i++)
		make_vcpu(m, i);
	ASSERT_EQ(machine_slot(m, RAM_SLOT, gpa(GUEST_RAM), GUEST_RAM_SIZE, RAM_MEMORY), 0);
	ASSERT_EQ(machine_slot(m, WINDOW_SLOT, gpa(WINDOW), WINDOW_SIZE, WINDOW_MEMORY), 0);
	return m;
}

int machine_slot(struct machine *m, u32 id, gpa_t start, u64 size, hva_t memory)
{
	struct vm_memslot request = { sizeof(request), id, 0, 0, start.raw, size, memory.raw };

	return machine_set_slot(m, &request);
}

int machine_set_slot(struct machine *m, const struct vm_memslot *request)
{
	int error;

	mutex_lock(&m->vm->lock);
	error = memslot_update(m->vm, request);
	mutex_unlock(&m->vm->lock);
	return error;
}

/* ---- Running ------------------------------------------------------------------------------------------- */

void machine_expect(struct guest *g, const char *piece, u64 arg, enum vm_exit reason)
{
	guest_start(g, piece);
	*guest_arg(g) = arg;
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0);
	EXPECT_EQ(g->vcpu->run->exit_reason, reason, "at 0x%lx", arg);
}

void machine_read(struct guest *g, u64 at, u64 value)
{
	machine_expect(g, guest_reads, at, VM_EXIT_CALL);
	EXPECT_EQ(*guest_result(g), value, "at 0x%lx", at);
}

void machine_write(struct guest *g, u64 at, u64 value)
{
	guest_start(g, guest_writes);
	*guest_arg(g) = at;
	*guest_result(g) = value;
	EXPECT_EQ(vm_run_vcpu(g->vcpu), 0);
	EXPECT_EQ(g->vcpu->run->exit_reason, VM_EXIT_CALL, "at 0x%lx", at);
}

void machine_check(struct machine *m)
{
	char line[MMU_LINE_MAX];

	EXPECT_EQ(mmu_check(m->vm->mmu, line), 0, "%s", line);
}
