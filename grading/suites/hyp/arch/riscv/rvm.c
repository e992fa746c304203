/*
 * RISC-V machines for tests: see rvm.h.
 */
#include "rvm.h"
#include "grading/suites/kernel/space.h"
#include "hyp/hyp.h"
#include "proc.h"

static void destroy(void *arg)
{
	struct vm *vm = arg;

	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (vm->vcpu[i])
			vm_vcpu_destroy(vm->vcpu[i]);
	vm_put(vm);
	kernel_proc.aspace = NULL;
}

static void add_memslot(struct vm *vm, const struct vm_memslot *slot)
{
	int error;

	mutex_lock(&vm->lock);
	error = memslot_update(vm, slot);
	mutex_unlock(&vm->lock);
	ASSERT_EQ(error, 0);
}

static void add_memory(struct vm *vm, struct aspace *as)
{
	u64 pages = RVM_RAM_SIZE / PAGE_SIZE;
	hva_t memory = space_map(as, pages + 1, RW, 0);

	add_memslot(vm, &(struct vm_memslot){ .id = 0, .guest = RVM_RAM, .length = RVM_RAM_SIZE,
					      .memory = memory.raw });
	add_memslot(vm, &(struct vm_memslot){ .id = 1, .flags = VM_SLOT_READ_ONLY, .guest = RVM_READ_ONLY,
					      .length = PAGE_SIZE, .memory = page_at(memory, pages).raw });
	ASSERT_EQ(guest_write(vm, gpa(RVM_RAM), rvm_code, rvm_code_end - rvm_code), 0);
}

/* Kernel threads have no address space, but here: the machine's owner. */
struct vm *rvm_create_wide(u32 vcpu_count, u32 gpa_bits)
{
	struct vm_config config = { .gpa_bits = gpa_bits, .name = "test" };
	struct vcpu *vcpu;
	struct aspace *as;
	struct vm *vm;

	if (hyp_missing())
		SKIP("no guests here: %s", hyp_missing());
	as = space_create();
	kernel_proc.aspace = as;
	ASSERT_EQ(vm_create(&config, &vm), 0);
	ktest_defer(destroy, vm);
	add_memory(vm, as);
	for (u32 i = 0; i < vcpu_count; i++)
		ASSERT_EQ(vm_vcpu_create(vm, i, &vcpu), 0);
	return vm;
}

struct vm *rvm_create(u32 vcpu_count)
{
	return rvm_create_wide(vcpu_count, RVM_GPA_BITS);
}

void rvm_add_page(struct vm *vm, gpa_t at)
{
	add_memslot(vm, &(struct vm_memslot){ .id = 2, .guest = at.raw, .length = PAGE_SIZE,
					      .memory = space_map(vm->owner, 1, RW, 0).raw });
}

u64 rvm_address(const char *piece)
{
	return RVM_RAM + (piece - rvm_code);
}

void rvm_start(struct vcpu *vcpu, const char *piece, const struct rvm_args *args)
{
	struct vm_riscv_core core = { .mode = 1, .pc = rvm_address(piece) };

	memcpy(&core.x[REG_A0], args->a, sizeof(args->a));
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), 0);
}

u32 rvm_run(struct vcpu *vcpu)
{
	ASSERT_EQ(vm_run_vcpu(vcpu), 0);
	return vcpu->run->exit_reason;
}

void rvm_finish(struct vcpu *vcpu)
{
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_CALL);
	ASSERT_EQ(vcpu->run->call.arg[7], RVM_EXTENSION);
}

u64 rvm_said(const struct vcpu *vcpu, u32 n)
{
	return vcpu->run->call.arg[n];
}

u64 rvm_reg_get(struct vcpu *vcpu, u32 n)
{
	struct vm_riscv_core core;

	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CORE, &core);
	return core.x[n];
}

void rvm_reg_set(struct vcpu *vcpu, u32 n, u64 value)
{
	struct vm_riscv_core core;

	arch_vcpu_state_get(vcpu, VM_SET_RISCV_CORE, &core);
	core.x[n] = value;
	ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CORE, &core), 0);
}
