/*
 * Register sets: all go through, each field is checked, a machine goes on as another one; and any bytes as a program.
 */
#include "grading/suites/hyp/arch/x86/x86vm.h"
#include "hyp/arch/x86/vmcb.h"
#include "grading/ktest/crew.h"
#include "mm/kmalloc.h"

/* ---- What is refused ----------------------------------------------------------------------------------- */

/* A value at a place in a set. */
struct bad {
	u32 set;
	u32 at, size;
	u64 value;
};

#define BAD(SET, type, field, value) \
	{ VM_SET_X86_##SET, offsetof(struct type, field), sizeof(((struct type *)0)->field), value }

static const struct bad bad[] = {
	BAD(CORE, vm_x86_core, reserved, 1),
	BAD(CORE, vm_x86_core, rip, 1ull << 47),
	BAD(CORE, vm_x86_core, rflags, 0),
	BAD(CORE, vm_x86_core, rflags, 0xa),
	BAD(CORE, vm_x86_core, rflags, 0x8002),
	BAD(CORE, vm_x86_core, rflags, 0x20002),
	BAD(CORE, vm_x86_core, rflags, 1ull << 32 | 2),

	BAD(SYSTEM, vm_x86_system, reserved, 1),
	BAD(SYSTEM, vm_x86_system, cr0, 1ull << 32 | 0x80000011),
	BAD(SYSTEM, vm_x86_system, cr0, 0x80000010),
	BAD(SYSTEM, vm_x86_system, cr0, 0xa0000011),
	BAD(SYSTEM, vm_x86_system, cr0, 0x80000051),
	BAD(SYSTEM, vm_x86_system, cr3, 1ull << 40),
	BAD(SYSTEM, vm_x86_system, cr4, 0),
	BAD(SYSTEM, vm_x86_system, cr4, 0x2020),
	BAD(SYSTEM, vm_x86_system, cr4, 0x1020),
	BAD(SYSTEM, vm_x86_system, cr4, 0x40020),
	BAD(SYSTEM, vm_x86_system, cr8, 16),
	BAD(SYSTEM, vm_x86_system, efer, 0x1500),
	BAD(SYSTEM, vm_x86_system, efer, 0x100),
	BAD(SYSTEM, vm_x86_system, efer, 0x4500),
	BAD(SYSTEM, vm_x86_system, efer, 0x400),
	BAD(SYSTEM, vm_x86_system, cs.attributes, 0xe9b), /* L and D */
	BAD(SYSTEM, vm_x86_system, cs.attributes, 0xa93), /* data */
	BAD(SYSTEM, vm_x86_system, cs.attributes, 0xa1b), /* not present */
	BAD(SYSTEM, vm_x86_system, cs.attributes, 0xafb), /* DPL 3, CPL 0 */
	BAD(SYSTEM, vm_x86_system, cs.attributes, 0x1a9b),
	BAD(SYSTEM, vm_x86_system, cs.limit, 0xffffe),
	BAD(SYSTEM, vm_x86_system, cs.base, 1ull << 32),
	BAD(SYSTEM, vm_x86_system, ss.attributes, 0xcf3),
	BAD(SYSTEM, vm_x86_system, ss.attributes, 0xc91),
	BAD(SYSTEM, vm_x86_system, ds.attributes, 0xc83),
	BAD(SYSTEM, vm_x86_system, es.limit, 0x1000),
	BAD(SYSTEM, vm_x86_system, fs.base, 1ull << 47),
	BAD(SYSTEM, vm_x86_system, gs.base, 1ull << 63),
	BAD(SYSTEM, vm_x86_system, tr.attributes, 0x89),
	BAD(SYSTEM, vm_x86_system, tr.attributes, 0x0b),
	BAD(SYSTEM, vm_x86_system, tr.attributes, 0x83),
	BAD(SYSTEM, vm_x86_system, tr.base, 1ull << 47),
	BAD(SYSTEM, vm_x86_system, ldtr.attributes, 0x92),
	BAD(SYSTEM, vm_x86_system, gdtr.base, 1ull << 47),
	BAD(SYSTEM, vm_x86_system, gdtr.limit, 0x10000),
	BAD(SYSTEM, vm_x86_system, idtr.limit, 0x10000),

	BAD(MSR, vm_x86_msr, reserved, 1),
	BAD(MSR, vm_x86_msr, lstar, 1ull << 47),
	BAD(MSR, vm_x86_msr, cstar, 1ull << 47),
	BAD(MSR, vm_x86_msr, kernel_gs_base, 1ull << 47),
	BAD(MSR, vm_x86_msr, sysenter_esp, 1ull << 47),
	BAD(MSR, vm_x86_msr, sysenter_eip, 1ull << 47),
	BAD(MSR, vm_x86_msr, sfmask, 1ull << 32),
	BAD(MSR, vm_x86_msr, pat, 2),
	BAD(MSR, vm_x86_msr, pat, 8ull << 56),
	BAD(MSR, vm_x86_msr, apic_base, 0xfee01900),
	BAD(MSR, vm_x86_msr, apic_base, 0xfee00500),
	BAD(MSR, vm_x86_msr, apic_base, 0xfee00800), /* not the boot CPU */

	BAD(FP, vm_x86_fp, reserved[2], 1),

	BAD(DEBUG, vm_x86_debug, reserved, 1),
	BAD(DEBUG, vm_x86_debug, dr[3], 1ull << 47),
	BAD(DEBUG, vm_x86_debug, dr6, 0),
	BAD(DEBUG, vm_x86_debug, dr6, 1ull << 32 | 0xffff0ff0),
	BAD(DEBUG, vm_x86_debug, dr7, 0),
	BAD(DEBUG, vm_x86_debug, dr7, 0x2400),
	BAD(DEBUG, vm_x86_debug, dr7, 1ull << 32 | 0x400),

	BAD(EVENTS, vm_x86_events, state, 3),
	BAD(EVENTS, vm_x86_events, injected, 1),
	BAD(EVENTS, vm_x86_events, injected, 0x8000000f), /* interrupt 15 */
	BAD(EVENTS, vm_x86_events, injected, 0x80000180), /* reserved type */
	BAD(EVENTS, vm_x86_events, injected, 0x80000203), /* NMI, 3 */
	BAD(EVENTS, vm_x86_events, injected, 0x80000302),
	BAD(EVENTS, vm_x86_events, injected, 0x80000320),
	BAD(EVENTS, vm_x86_events, injected, 0x8000030d), /* #GP without its error code */
	BAD(EVENTS, vm_x86_events, injected, 0x80000b06), /* #UD with one */
	BAD(EVENTS, vm_x86_events, injected, 0x80000480), /* software */
	BAD(EVENTS, vm_x86_events, injected, 0x80001040),
	BAD(EVENTS, vm_x86_events, injected_error, 1),
	BAD(EVENTS, vm_x86_events, nmi_pending, 2),
	BAD(EVENTS, vm_x86_events, nmi_masked, 2),
	BAD(EVENTS, vm_x86_events, shadow, 2),
	BAD(EVENTS, vm_x86_events, reserved[4], 1),

	BAD(LAPIC, vm_x86_lapic, mode, 3),
	BAD(CPUID, vm_x86_cpuid, count, VM_CPUID_MAX + 1),
	BAD(CPUID, vm_x86_cpuid, entry[0].leaf, 0x12345678),
	BAD(CPUID, vm_x86_cpuid, entry[1].subleaf, 1),
};

static void *new_set(u32 set)
{
	void *data = kmalloc(arch_vcpu_state_size(set));

	ASSERT_NE(data, NULL);
	return data;
}

static void each_field_is_checked(void)
{
	struct x86vm *m = x86vm_create(1, 40);

	x86vm_start(m, piece_cpuid);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		u32 size = arch_vcpu_state_size(bad[i].set);
		u8 *good = new_set(bad[i].set), *changed = new_set(bad[i].set), *after = new_set(bad[i].set);

		x86vm_get(m, bad[i].set, good);
		memcpy(changed, good, size);
		memcpy(changed + bad[i].at, &bad[i].value, bad[i].size);
		EXPECT_EQ(x86vm_set(m, bad[i].set, changed), -EINVAL, "set 0x%x, place %u, value 0x%lx", bad[i].set,
			  bad[i].at, bad[i].value);
		EXPECT_EQ(x86vm_set(m, bad[i].set, good), 0, "set 0x%x", bad[i].set);
		x86vm_get(m, bad[i].set, after);
		if (bad[i].set != VM_SET_X86_MSR)
			EXPECT_EQ(memcmp(good, after, size), 0, "set 0x%x, place %u", bad[i].set, bad[i].at);
		kfree(good);
		kfree(changed);
		kfree(after);
	}
}

static void other_sets_are_not_here(void)
{
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_RISCV_CORE), 0u);
	EXPECT_EQ(arch_vcpu_state_size(VM_SET_X86_PIC), 0u);
	EXPECT_EQ(arch_vm_state_size(VM_SET_X86_CORE), 0u);
}

/* Any bits in any set: refused, or the guest runs as far as it may. */
static void random_state_is_refused_or_runs(void)
{
	struct x86vm *m = x86vm_create(1, 40);
	struct vm_x86_system system;
	struct ktest_random random = ktest_random(0);
	u32 accepted = 0;

	for (u32 i = 0; i < 400; i++) {
		u32 set = VM_SET_X86_CORE + random_next(&random) % 7;
		u32 size = arch_vcpu_state_size(set);
		u8 *data = new_set(set);

		x86vm_start(m, piece_cpuid);
		x86vm_get(m, set, data);
		for (u32 n = 1 + random_next(&random) % 3; n; n--)
			data[4 + random_next(&random) % (size - 4)] ^= 1u << random_next(&random) % 8;
		if (x86vm_set(m, set, data) == 0) {
			accepted++;
			vcpu_forgive(m->vcpu[0]);
			vcpu_kick(m->vcpu[0], VCPU_REQUEST_KICK);
			EXPECT_EQ(vm_run_vcpu(m->vcpu[0]), 0);
			x86vm_get(m, VM_SET_X86_SYSTEM, &system);
		}
		kfree(data);
	}
	EXPECT_GT(accepted, 20u);
}

/* ---- Moving -------------------------------------------------------------------------------------------- */

static const u32 sets[] = {
	VM_SET_X86_CPUID, VM_SET_X86_SYSTEM, VM_SET_X86_CORE, VM_SET_X86_MSR, VM_SET_X86_FP, VM_SET_X86_DEBUG,
	VM_SET_X86_LAPIC, VM_SET_X86_EVENTS,
};

static void *saved[ARRAY_SIZE(sets)];

static void save(struct x86vm *m)
{
	for (u32 i = 0; i < ARRAY_SIZE(sets); i++) {
		saved[i] = new_set(sets[i]);
		x86vm_get(m, sets[i], saved[i]);
	}
}

static void restore(struct x86vm *m)
{
	for (u32 i = 0; i < ARRAY_SIZE(sets); i++) {
		EXPECT_EQ(x86vm_set(m, sets[i], saved[i]), 0, "set 0x%x", sets[i]);
		kfree(saved[i]);
	}
}

/* In the middle of a wait for its timer, onto a vCPU that has never run. */
static void a_guest_goes_on_elsewhere(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_timer);
	x86vm_expect_report(m, 0x40, 0, 0);
	x86vm_expect_call(m, 1);
	save(m);
	vm_vcpu_destroy(m->vcpu[0]);
	ASSERT_EQ(vm_vcpu_create(m->vm, 0, &m->vcpu[0]), 0);
	restore(m);
	x86vm_expect_report(m, 0x40, 0, 0);
	x86vm_expect_call(m, 2);
	x86vm_expect_report(m, 0x41, 0, 0);
}

/* An exit that waits for its answer is made again: nothing of it is lost. */
static void an_unfinished_exit_is_made_again(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	struct vm_x86_core core;

	x86vm_start(m, piece_ports);
	for (u32 i = 0; i < 4; i++)
		ASSERT_EQ(x86vm_run(m), VM_EXIT_IO);
	EXPECT_EQ(x86vm_page(m)->io.is_write, 0);
	x86vm_get(m, VM_SET_X86_CORE, &core);
	EXPECT_EQ(x86vm_set(m, VM_SET_X86_CORE, &core), 0);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_IO);
	EXPECT_EQ(x86vm_page(m)->io.is_write, 0);
	x86vm_page(m)->io.data = 0x42;
	x86vm_expect_call(m, 0xffffffff11111142);
}

static void cpuid_only_loses_bits(void)
{
	struct x86vm *m = x86vm_create(1, 36);
	struct vm_x86_cpuid *cpuid = new_set(VM_SET_X86_CPUID);

	x86vm_start(m, piece_cpuid);
	x86vm_get(m, VM_SET_X86_CPUID, cpuid);
	for (u32 i = 0; i < cpuid->count; i++) {
		cpuid->entry[i].ecx = cpuid->entry[i].leaf == 1 ? ~0u & ~(1u << 21) : ~0u;
		cpuid->entry[i].eax = ~0u;
	}
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_CPUID, cpuid), 0);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	x86vm_answer(m, 1);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(x86vm_page(m)->call.arg[2] & (1u << 21 | 1u << 3 | 1u << 26), 0u);
	x86vm_answer(m, 0x80000008);
	x86vm_expect_call(m, 48 << 8 | 36);
	EXPECT_EQ(x86vm_set(m, VM_SET_X86_CPUID, cpuid), -EBUSY);
	kfree(cpuid);
}

/* ---- A refused VMCB ------------------------------------------------------------------------------------ */

static void refused_state_fails_and_shows_nothing(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	struct vm_x86_system system;
	struct vm_x86_core core;

	x86vm_start(m, piece_cpuid);
	m->vcpu[0]->arch.vmcb->cr0 |= 1ull << 40;
	ASSERT_EQ(x86vm_run(m), VM_EXIT_FAIL);
	EXPECT_EQ(x86vm_page(m)->fail.why, VM_FAIL_INVALID_STATE);
	x86vm_get(m, VM_SET_X86_CORE, &core);
	x86vm_get(m, VM_SET_X86_SYSTEM, &system);
	EXPECT_EQ(core.rip, 0xfff0u);
	EXPECT_EQ(core.gpr[0], 0u);
	EXPECT_EQ(system.cr3, 0u);
	EXPECT_EQ(system.gdtr.base, 0u);
	x86vm_start(m, piece_cpuid);
	vcpu_forgive(m->vcpu[0]);
	x86vm_expect_call(m, 7);
}

/* ---- Any bytes ----------------------------------------------------------------------------------------- */

#define PROGRAMS 60
#define RUNS     30

static void fill_with(struct x86vm *m, struct ktest_random *random)
{
	static const u64 nasty[] = {
		0x909090d9010f9090, 0xf4fbf4fbf4fbf4fb, 0x300fa20f320f9090, 0xee9066ef9066ed90, 0xcdcccdf1cc80cd90,
		0x003825048b489090, 0x220f00230f00210f, 0x0b0f0b0f0b0f9090, 0x01c7fee00300c748, 0xdd010fdc010fd801,
	};

	for (u64 at = 0; at < 0x400; at += 8)
		x86vm_set_word(m, X86VM_DATA + at, random_next(random) % 3 ? random_next(random) :
				 nasty[random_next(random) % ARRAY_SIZE(nasty)]);
}

/* The other thread kicks it out of endless loops. */
static void kicker(void *arg)
{
	struct x86vm *m = arg;

	while (READ_ONCE(m->vcpu[0])) {
		sleep_ns(MILLION / 5);
		if (READ_ONCE(m->vcpu[1]))
			break;
		vcpu_ask(m->vcpu[0], VCPU_REQUEST_KICK);
	}
}

static void run_program(struct x86vm *m, struct ktest_random *random)
{
	struct vm_x86_core core;

	vcpu_forgive(m->vcpu[0]);
	x86vm_start(m, piece_cpuid);
	fill_with(m, random);
	x86vm_get(m, VM_SET_X86_CORE, &core);
	for (u32 i = 0; i < 16; i++)
		core.gpr[i] = random_next(random) % 2 ? X86VM_DATA : random_next(random) >> random_next(random) % 64;
	core.rip = X86VM_DATA;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_CORE, &core), 0);
	for (u32 i = 0; i < RUNS; i++) {
		u64 answer = random_next(random);

		memcpy(x86vm_page(m)->room, &answer, sizeof(answer));
		ASSERT_EQ(vm_run_vcpu(m->vcpu[0]), 0);
		if (x86vm_page(m)->exit_reason == VM_EXIT_FAIL || x86vm_page(m)->exit_reason == VM_EXIT_SHUTDOWN ||
		    (i > 3 && x86vm_page(m)->exit_reason == VM_EXIT_KICKED))
			return;
	}
}

static void any_bytes_run_or_fail(void)
{
	struct x86vm *m = x86vm_create(1, 36);
	struct ktest_random random = ktest_random(0);
	struct thread *t = kthread_create("kicker", kicker, m);
	struct vcpu *second;

	ASSERT_NE(t, NULL);
	thread_start(t);
	for (u32 i = 0; i < PROGRAMS; i++)
		run_program(m, &random);
	ASSERT_EQ(vm_vcpu_create(m->vm, 1, &second), 0);
	WRITE_ONCE(m->vcpu[1], second);
	kthread_join(t);
}

static const struct ktest_case cases[] = {
	CASE(each_field_is_checked),
	CASE(other_sets_are_not_here),
	CASE(random_state_is_refused_or_runs),
	CASE(a_guest_goes_on_elsewhere),
	CASE(an_unfinished_exit_is_made_again),
	CASE(cpuid_only_loses_bits),
	CASE(refused_state_fails_and_shows_nothing),
	CASE(any_bytes_run_or_fail, .budget = 2000 * MILLION),
};
KTEST_SUITE(hyp_x86_state, cases);
