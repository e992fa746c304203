/*
 * What guests get of exits: CPUID, MSRs, ports, interrupts, other processors, refusals.
 */
#include "grading/suites/hyp/arch/x86/x86vm.h"
#include "hyp/arch/x86/vmcb.h"

enum { VECTOR_UD = 6, VECTOR_DB = 1, VECTOR_GP = 13 };

/* ---- CPUID and MSRs ------------------------------------------------------------------------------------ */

static void cpuid_names_us_and_hides_svm(void)
{
	struct x86vm *m = x86vm_create(1, 36);
	struct vm_run *run = x86vm_page(m);

	x86vm_start(m, piece_cpuid);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(run->call.arg[0], 7u);
	x86vm_answer(m, 0x40000000);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(memcmp(&run->call.arg[1], "Flat", 4), 0);
	EXPECT_EQ(memcmp(&run->call.arg[2], "land", 4), 0);
	EXPECT_EQ(memcmp(&run->call.arg[3], "Hyp", 4), 0);
	x86vm_answer(m, 0x40000001);
	x86vm_expect_call(m, 1);
	x86vm_answer(m, 0x80000008);
	x86vm_expect_call(m, 48 << 8 | 36);
	x86vm_answer(m, 0x80000001);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(run->call.arg[2] & 1u << 2, 0u, "SVM");
	x86vm_answer(m, 1);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(run->call.arg[2] & (1u << 31 | 1u << 21), 1u << 31 | 1u << 21);
	EXPECT_EQ(run->call.arg[2] & (1u << 3 | 1u << 26 | 1u << 27), 0u, "MONITOR, XSAVE");
}

static void prefixes_are_part_of_instructions(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_prefixes);
	x86vm_expect_call(m, EFER_LME | 0x400 | EFER_NXE | EFER_SCE);
	x86vm_expect_call(m, 7);
}

static void msrs_are_sanitized(void)
{
	static const struct {
		u32 msr;
		u64 value;
		bool allowed;
	} write[] = {
		{ MSR_EFER, EFER_SVME | EFER_LME | EFER_NXE, false },
		{ MSR_EFER, EFER_NXE, false }, /* LME, under paging */
		{ MSR_EFER, EFER_LME | 0x400 | EFER_NXE, true },
		{ MSR_APIC_BASE, 0xfee01900, false },
		{ MSR_APIC_BASE, 0xfee00900, true },
		{ 0x277, 0x06, true },
		{ 0x277, 0x03, false },
		{ 0x12345678, 0, false },
		{ 0x8b, 0, true },
		{ 0x80f, 0x1ff, false }, /* x2APIC, not switched on */
	};
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_wrmsr);
	for (u32 i = 0; i < ARRAY_SIZE(write); i++) {
		x86vm_expect_call(m, 1);
		x86vm_answer(m, write[i].msr);
		x86vm_expect_call(m, 2);
		x86vm_answer(m, write[i].value);
		if (!write[i].allowed) {
			x86vm_expect_report(m, VECTOR_GP, 0, 4); /* over WRMSR and RDMSR */
			ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
			continue;
		}
		x86vm_expect_call(m, write[i].value);
	}
}

static void cr4_has_what_cpuid_shows(void)
{
	static const struct {
		u64 toggle;
		bool allowed;
	} write[] = {
		{ 0x80, true }, { 0x4, true }, { 0x10, true }, { 0x8, true },
		{ 0x20, false }, /* PAE, with long mode */
		{ 0x1000, false }, { 0x2000, false }, { 0x20000, false }, { 0x40000, false }, { 0x400000, false },
		{ 1ull << 31, false }, { 1ull << 32, false }, { 1ull << 63, false },
	};
	struct x86vm *m = x86vm_create(1, 0);
	u64 cr4 = 0;

	x86vm_start(m, piece_cr4);
	for (u32 i = 0; i < ARRAY_SIZE(write); i++) {
		struct vm_x86_system system = { .size = sizeof(system) };

		x86vm_expect_call(m, 1);
		x86vm_get(m, VM_SET_X86_SYSTEM, &system);
		cr4 = system.cr4;
		x86vm_answer(m, write[i].toggle);
		if (!write[i].allowed)
			x86vm_expect_report(m, VECTOR_GP, 0, 3);
		x86vm_expect_call(m, 2);
		EXPECT_EQ(x86vm_page(m)->call.arg[3], write[i].allowed ? cr4 ^ write[i].toggle : cr4);
		x86vm_answer(m, 0);
	}
}

static void empty_msrs_read_as_zero(void)
{
	static const u32 msr[] = { 0x8b, 0x179, 0xc0010000, 0xc0010003, 0xc0010004, 0xc0010007, 0xc0010015 };
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_wrmsr);
	for (u32 i = 0; i < ARRAY_SIZE(msr); i++) {
		x86vm_expect_call(m, 1);
		x86vm_answer(m, msr[i]);
		x86vm_expect_call(m, 2);
		x86vm_answer(m, 0x430076);
		x86vm_expect_call(m, 0);
	}
}

/* ---- Ports --------------------------------------------------------------------------------------------- */

static void expect_io(struct x86vm *m, u16 port, u8 bytes, u8 is_write, u32 data)
{
	struct vm_run *run = x86vm_page(m);

	ASSERT_EQ(x86vm_run(m), VM_EXIT_IO, "pc 0x%lx", run->pc);
	EXPECT_EQ(run->io.port, port);
	EXPECT_EQ(run->io.bytes, bytes);
	EXPECT_EQ(run->io.is_write, is_write);
	if (is_write)
		EXPECT_EQ(run->io.data, data);
	run->io.data = data;
}

static void ports_are_the_monitors(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_ports);
	expect_io(m, 0x1234, 1, 1, 0xdd);
	expect_io(m, 0x1234, 2, 1, 0xccdd);
	expect_io(m, 0x99, 4, 1, 0xaabbccdd);
	expect_io(m, 0x1234, 1, 0, 0x98765432);
	x86vm_expect_call(m, 0xffffffff11111132);
	expect_io(m, 0x1234, 2, 0, 0x98765432);
	x86vm_expect_call(m, 0xffffffff11115432);
	expect_io(m, 0x1234, 4, 0, 0x98765432);
	x86vm_expect_call(m, 0x98765432);
	x86vm_expect_call(m, 0x55);
}

static void string_ports_go_element_by_element(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_set_word(m, X86VM_DATA, 0x332211);
	x86vm_start(m, piece_strings);
	expect_io(m, 0x777, 1, 1, 0x11);
	expect_io(m, 0x777, 1, 1, 0x22);
	expect_io(m, 0x777, 1, 1, 0x33);
	x86vm_expect_call(m, X86VM_DATA + 3);
	expect_io(m, 0x777, 4, 0, 0x44434241);
	expect_io(m, 0x777, 4, 0, 0x54535251);
	x86vm_expect_call(m, X86VM_DATA + 0x1006);
	EXPECT_EQ(x86vm_word(m, X86VM_DATA + 0xffe), 0x5453525144434241u, "across pages");
	expect_io(m, 0x777, 2, 0, 0xbeef);
	x86vm_expect_call(m, X86VM_DATA + 6);
	EXPECT_EQ(x86vm_word(m, X86VM_DATA + 8), 0xbeefu);
	x86vm_expect_report(m, VECTOR_GP, 0, 1); /* not canonical */
	x86vm_expect_call(m, 1);
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

static void timer_wakes_and_interrupts(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_timer);
	x86vm_expect_report(m, 0x40, 0, 0);
	x86vm_expect_call(m, 1);
	x86vm_expect_report(m, 0x40, 0, 0);
	x86vm_expect_call(m, 2);
	for (u32 i = 0; i < 3; i++)
		x86vm_expect_report(m, 0x41, 0, 0);
}

#define STI_HLT     0xf4fb
#define VECTOR_WAKE 0x41

/* Where in the piece STI and HLT stand: the guest's address of the HLT. */
static u64 hlt_of(const char *piece)
{
	const char *at = piece;

	while ((u8)at[0] != (STI_HLT & 0xff) || (u8)at[1] != STI_HLT >> 8)
		at++;
	return X86VM_CODE + (at + 1 - x86vm_code);
}

/* An exit between STI and HLT, with an interrupt pending: it comes when the guest halts, as hardware would have it. */
static void no_interrupt_between_sti_and_hlt(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	struct vm_x86_events events;
	struct vm_x86_lapic lapic;
	struct vm_x86_core core;

	x86vm_start(m, piece_timer);
	x86vm_get(m, VM_SET_X86_CORE, &core);
	core.rip = hlt_of(piece_timer);
	core.rflags |= RFLAGS_IF;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_CORE, &core), 0);
	x86vm_get(m, VM_SET_X86_LAPIC, &lapic);
	lapic.reg[0x0f] = 0x1ff;
	lapic.reg[0x20 + VECTOR_WAKE / 32] = 1u << VECTOR_WAKE % 32;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_LAPIC, &lapic), 0);
	x86vm_get(m, VM_SET_X86_EVENTS, &events);
	events.shadow = 1;
	ASSERT_EQ(x86vm_set(m, VM_SET_X86_EVENTS, &events), 0);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_CALL);
	EXPECT_EQ(x86vm_page(m)->call.arg[0], REPORT);
	EXPECT_EQ(x86vm_page(m)->call.arg[1], VECTOR_WAKE);
	EXPECT_EQ(x86vm_page(m)->call.arg[3], core.rip + 1, "behind the HLT");
}

static void pic_interrupts_when_allowed(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_interrupt);
	x86vm_expect_call(m, 1);
	EXPECT_EQ(vm_set_line(m->vm, 3, 1), 0);
	EXPECT_EQ(vm_set_line(m->vm, 5, 1), 0);
	x86vm_expect_report(m, 0x2b, 0, 0);
	x86vm_expect_call(m, 2);
	x86vm_expect_report(m, 0x2d, 0, 0);
	x86vm_expect_call(m, 3);
	EXPECT_EQ(vm_set_line(m->vm, 16 + VM_VCPU_MAX, 1), -EINVAL);
}

static void ipis_to_itself_arrive_once(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_ipi);
	x86vm_expect_call(m, 1);
	x86vm_expect_report(m, 0x50, 0, 0);
	x86vm_expect_call(m, 2);
	x86vm_expect_report(m, 0x51, 0, 0);
	x86vm_expect_call(m, 3);
	x86vm_expect_call(m, 1u << (0x52 & 31));
}

static void task_priority_holds_back(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_cr8);
	x86vm_expect_call(m, 0x60);
	x86vm_expect_report(m, 0x50, 0, 0);
	x86vm_expect_call(m, 4);
	x86vm_expect_call(m, 0x40);
}

/* QEMU aborts where MOV to CR8 finds V_IRQ (docs/platform.md). */
static void task_priority_changes_with_interrupts_off(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_cr8_closed);
	x86vm_expect_call(m, 1);
	x86vm_expect_report(m, 0x50, 0, 0);
	x86vm_expect_call(m, 2);
}

static void nmi_is_not_nested(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	struct vm_x86_events events;
	struct vm_x86_debug debug;
	u64 rip;

	x86vm_start(m, piece_nmi);
	x86vm_expect_call(m, 1);
	m->vcpu[0]->arch.m.lapic.reg[LAPIC_LVT_LINT1 / 16] = 0x400;
	EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0);
	EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0, "no rise");
	x86vm_expect_report(m, 2, 0, 0);
	rip = x86vm_page(m)->call.arg[3];
	EXPECT_EQ(vm_set_line(m->vm, 16, 0), 0);
	EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0);
	x86vm_get(m, VM_SET_X86_EVENTS, &events);
	EXPECT_EQ(events.nmi_masked, 1u);
	EXPECT_EQ(events.nmi_pending, 1u);
	x86vm_expect_report(m, 2, 0, 0);
	EXPECT_EQ(x86vm_page(m)->call.arg[3], rip, "at once");
	x86vm_get(m, VM_SET_X86_DEBUG, &debug);
	EXPECT_EQ(debug.dr6, 0xffff0ff0u, "the step is not the guest's");
	x86vm_expect_call(m, 2);
	x86vm_expect_call(m, 1);
	x86vm_get(m, VM_SET_X86_EVENTS, &events);
	EXPECT_EQ(events.nmi_pending, 0u);
}

/* One is delivered, one stays; and while it is handled a third is the same as a fourth. */
static void two_nmis_at_once_are_two(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_nmi);
	x86vm_expect_call(m, 1);
	m->vcpu[0]->arch.m.lapic.reg[LAPIC_LVT_LINT1 / 16] = 0x400;
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0);
		EXPECT_EQ(vm_set_line(m->vm, 16, 0), 0);
	}
	x86vm_expect_report(m, 2, 0, 0);
	for (u32 i = 0; i < 2; i++) {
		EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0);
		EXPECT_EQ(vm_set_line(m->vm, 16, 0), 0);
	}
	x86vm_expect_report(m, 2, 0, 0);
	x86vm_expect_call(m, 2);
	for (u32 i = 0; i < 2; i++) {
		EXPECT_EQ(vm_set_line(m->vm, 16, 1), 0);
		EXPECT_EQ(vm_set_line(m->vm, 16, 0), 0);
	}
	x86vm_expect_report(m, 2, 0, 0);
	x86vm_expect_report(m, 2, 0, 0);
	x86vm_expect_call(m, 1);
}

/* ---- Other processors ---------------------------------------------------------------------------------- */

static void run_second(void *arg)
{
	struct x86vm *m = arg;

	while (vm_run_vcpu(m->vcpu[1]) == 0 && m->vcpu[1]->run->exit_reason != VM_EXIT_KICKED)
		;
}

static void sipi_starts_a_processor_once(void)
{
	struct x86vm *m = x86vm_create(2, 0);
	struct thread *t = kthread_create("second", run_second, m);

	ASSERT_NE(t, NULL);
	thread_start(t);
	x86vm_start(m, piece_start_ap);
	x86vm_expect_call(m, 1);
	EXPECT_EQ(x86vm_word(m, X86VM_COUNTER), 0x800000000001u & 0xffff, "started");
	EXPECT_EQ(x86vm_word(m, X86VM_COUNTER + 8) & 0xffff, 0x8000u);
	vcpu_ask(m->vcpu[1], VCPU_REQUEST_KICK);
	kthread_join(t);
}

/* ---- Refusals ------------------------------------------------------------------------------------------ */

static void what_cpuid_hides_is_undefined(void)
{
	static const u8 length[] = { 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2 };
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_privileged);
	for (u32 i = 0; i < ARRAY_SIZE(length); i++)
		x86vm_expect_report(m, VECTOR_UD, 0, length[i]);
	x86vm_expect_call(m, 1);
}

static void four_counters_count_nothing(void)
{
	static const u32 missing[] = { 4, 0x40000000, 0xffffffff };
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_rdpmc);
	for (u32 i = 0; i < 4; i++) {
		x86vm_expect_call(m, 1);
		x86vm_answer(m, i);
		x86vm_expect_call(m, 0);
		EXPECT_EQ(x86vm_page(m)->call.arg[3], 0u);
	}
	for (u32 i = 0; i < ARRAY_SIZE(missing); i++) {
		x86vm_expect_call(m, 1);
		x86vm_answer(m, missing[i]);
		x86vm_expect_report(m, VECTOR_GP, 0, 2);
		x86vm_expect_call(m, ~0ull);
	}
}

#define DR6_BREAKPOINT_1 2ull

/* QEMU 7.2's VMRUN does not arm the breakpoints of the DR7 that it loads, QEMU 10's does: then one is hit at DATA. */
static void debug_registers_are_the_guests(void)
{
	struct x86vm *m = x86vm_create(1, 0);
	struct vm_x86_debug debug;

	x86vm_start(m, piece_debug);
	x86vm_expect_call(m, 0x123456789abc);
	x86vm_expect_call(m, 0xffff0ff0);
	x86vm_expect_report(m, VECTOR_DB, 0, 0);
	x86vm_get(m, VM_SET_X86_DEBUG, &debug);
	if (debug.dr6 & DR6_BREAKPOINT_1)
		x86vm_expect_report(m, VECTOR_DB, 0, 0);
	x86vm_get(m, VM_SET_X86_DEBUG, &debug); /* after CPUID, with TF */
	EXPECT_EQ(debug.dr[1], X86VM_DATA);
	EXPECT_EQ(debug.dr6 & ~DR6_BREAKPOINT_1, 0xffff4ff0u, "a single step");
	for (u32 i = 0; i < 3; i++)
		x86vm_expect_report(m, VECTOR_DB, 0, 0);
	x86vm_expect_call(m, 3);
}

static void triple_fault_ends_the_machine(void)
{
	struct x86vm *m = x86vm_create(1, 0);

	x86vm_start(m, piece_shutdown);
	ASSERT_EQ(x86vm_run(m), VM_EXIT_SHUTDOWN);
	EXPECT_EQ(x86vm_page(m)->system.kind, VM_SYSTEM_TRIPLE_FAULT);
}

static const struct ktest_case cases[] = {
	CASE(cpuid_names_us_and_hides_svm),
	CASE(prefixes_are_part_of_instructions),
	CASE(msrs_are_sanitized),
	CASE(empty_msrs_read_as_zero),
	CASE(cr4_has_what_cpuid_shows),
	CASE(ports_are_the_monitors),
	CASE(string_ports_go_element_by_element),
	CASE(timer_wakes_and_interrupts),
	CASE(no_interrupt_between_sti_and_hlt),
	CASE(pic_interrupts_when_allowed),
	CASE(ipis_to_itself_arrive_once),
	CASE(task_priority_holds_back),
	CASE(task_priority_changes_with_interrupts_off),
	CASE(nmi_is_not_nested),
	CASE(two_nmis_at_once_are_two),
	CASE(sipi_starts_a_processor_once),
	CASE(what_cpuid_hides_is_undefined),
	CASE(four_counters_count_nothing),
	CASE(debug_registers_are_the_guests),
	CASE(triple_fault_ends_the_machine),
};
KTEST_SUITE(hyp_x86_exits, cases);
