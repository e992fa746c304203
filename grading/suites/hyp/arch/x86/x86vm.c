/*
 * Machines for tests: see x86vm.h.
 *
 * The monitor is the case's own thread: for its time the kernel's process has an address space.
 */
#include "grading/suites/hyp/arch/x86/x86vm.h"
#include "grading/suites/kernel/space.h"
#include "abi/syscall.h"
#include "hyp/hyp.h"
#include "proc.h"

#define ENTRY       0x007 /* P R/W U/S */
#define LEAF        0x087 /* and PS */
#define GDT_CODE    0x00af9b000000ffffull
#define GDT_DATA    0x00cf93000000ffffull
#define GATE_SIZE   16

static void destroy(void *arg)
{
	struct x86vm *m = arg;

	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (m->vcpu[i])
			vm_vcpu_destroy(m->vcpu[i]);
	if (m->vm)
		vm_put(m->vm);
	kernel_proc.aspace = NULL;
}

static void write_memory(struct x86vm *m, u64 at, const void *from, u64 size)
{
	ASSERT_EQ(guest_write(m->vm, gpa(at), from, size), 0);
}

u64 x86vm_word(struct x86vm *m, u64 at)
{
	u64 value = 0;

	EXPECT_EQ(guest_read(m->vm, gpa(at), &value, sizeof(value)), 0);
	return value;
}

void x86vm_set_word(struct x86vm *m, u64 at, u64 value)
{
	write_memory(m, at, &value, sizeof(value));
}

static void make_tables(struct x86vm *m)
{
	x86vm_set_word(m, X86VM_TABLES, (X86VM_TABLES + PAGE_SIZE) | ENTRY);
	for (u64 i = 0; i < 4; i++)
		x86vm_set_word(m, X86VM_TABLES + PAGE_SIZE + 8 * i, i << 30 | LEAF);
	x86vm_set_word(m, X86VM_GDT + 8, GDT_CODE);
	x86vm_set_word(m, X86VM_GDT + 16, GDT_DATA);
	for (u64 vector = 0; vector < 256; vector++) {
		u64 handler = X86VM_CODE + (x86vm_stubs - x86vm_code) + vector * GATE_SIZE;

		x86vm_set_word(m, X86VM_IDT + vector * GATE_SIZE,
				 (handler & 0xffff) | 8ull << 16 | 0x8e00ull << 32 | (handler >> 16 & 0xffff) << 48);
	}
}

static void fill_memory(struct x86vm *m)
{
	struct vm_memslot slot = { .length = X86VM_RAM_SIZE };

	slot.memory = space_map(m->aspace, X86VM_RAM_SIZE / PAGE_SIZE, PROT_READ | PROT_WRITE, 0).raw;
	mutex_lock(&m->vm->lock);
	ASSERT_EQ(memslot_update(m->vm, &slot), 0);
	mutex_unlock(&m->vm->lock);
	write_memory(m, X86VM_CODE, x86vm_code, x86vm_code_end - x86vm_code);
	write_memory(m, X86VM_TRAMPOLINE, x86vm_trampoline, x86vm_trampoline_end - x86vm_trampoline);
	make_tables(m);
}

struct x86vm *x86vm_create(u32 vcpu_count, u32 gpa_bits)
{
	static struct x86vm only;
	struct x86vm *m = &only;
	struct vm_config config = { .gpa_bits = gpa_bits, .name = "test" };

	if (hyp_missing())
		SKIP("no guests here: %s", hyp_missing());
	*m = (struct x86vm){ .aspace = space_create() };
	ktest_defer(destroy, m);
	kernel_proc.aspace = m->aspace;
	ASSERT_EQ(vm_create(&config, &m->vm), 0);
	for (u32 i = 0; i < vcpu_count; i++)
		ASSERT_EQ(vm_vcpu_create(m->vm, i, &m->vcpu[i]), 0);
	fill_memory(m);
	return m;
}

/* ---- State --------------------------------------------------------------------------------------------- */

void x86vm_get(struct x86vm *m, u32 set, void *data)
{
	*(u32 *)data = arch_vcpu_state_size(set);
	arch_vcpu_state_get(m->vcpu[0], set, data);
}

int x86vm_set(struct x86vm *m, u32 set, const void *data)
{
	return arch_vcpu_state_set(m->vcpu[0], set, data);
}

void x86vm_start(struct x86vm *m, const char *piece)
{
	struct vm_x86_segment data = { 0, 0xffffffff, 16, 0xc93 };
	struct vm_x86_core core = { .rip = X86VM_CODE + (piece - x86vm_code), .rflags = 2 };
	struct vm_x86_events events = { .state = VM_X86_RUNS };
	struct vm_x86_system system = {
		.cs = { 0, 0xffffffff, 8, 0xa9b }, .ss = data, .ds = data, .es = data, .fs = data, .gs = data,
		.tr = { 0, 0xffff, 24, 0x8b },
		.gdtr = { .base = X86VM_GDT, .limit = 0xff }, .idtr = { .base = X86VM_IDT, .limit = 0xfff },
		.cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_PE, .cr3 = X86VM_TABLES, .cr4 = CR4_PAE | CR4_OSFXSR,
		.efer = EFER_LME | 0x400 | EFER_NXE | EFER_SCE,
	};

	core.gpr[4] = X86VM_STACK;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_SYSTEM, &system), 0);
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_CORE, &core), 0);
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_EVENTS, &events), 0);
}

/* ---- Running ------------------------------------------------------------------------------------------- */

struct vm_run *x86vm_page(struct x86vm *m)
{
	return m->vcpu[0]->run;
}

u32 x86vm_run(struct x86vm *m)
{
	ASSERT_EQ(vm_run_vcpu(m->vcpu[0]), 0);
	return x86vm_page(m)->exit_reason;
}

void x86vm_answer(struct x86vm *m, u64 result)
{
	x86vm_page(m)->call.result[0] = result;
}

void x86vm_expect_call(struct x86vm *m, u64 rax)
{
	struct vm_run *run = x86vm_page(m);

	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL, "pc 0x%lx, 0x%lx 0x%lx", run->pc, run->fail.detail[0],
		  run->fail.detail[1]);
	if (run->call.arg[0] == REPORT && rax != REPORT)
		EXPECT_EQ(run->call.arg[0], rax, "vector %lu, error 0x%lx at 0x%lx", run->call.arg[1], run->call.arg[2],
			  run->call.arg[3]);
	else
		EXPECT_EQ(run->call.arg[0], rax, "before 0x%lx", run->pc);
	x86vm_answer(m, 0);
}

void x86vm_expect_report(struct x86vm *m, u8 vector, u64 error, u64 skip)
{
	struct vm_run *run = x86vm_page(m);

	x86vm_expect_call(m, REPORT);
	EXPECT_EQ(run->call.arg[1], vector, "at 0x%lx", run->call.arg[3]);
	EXPECT_EQ(run->call.arg[2], error, "at 0x%lx", run->call.arg[3]);
	x86vm_answer(m, skip);
}
