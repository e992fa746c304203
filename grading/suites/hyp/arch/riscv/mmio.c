/*
 * RISC-V: accesses where no memory is: the monitor's devices, and the guest's exceptions.
 */
#include "rvm.h"
#include "hyp/arch/riscv/hyp_riscv.h"
#include "kernel/arch/riscv/csr.h"

extern const char rvm_slot[], rvm_tries[], rvm_traps[], rvm_user_traps[], rvm_walks[];

#define NOP        0x00000013
#define C_NOP      0x0001
#define SATP_SV39 (8ull << 60)

/* Put an instruction where rvm_tries comes by. */
static void put_insn(struct vm *vm, u32 insn)
{
	u32 code[3] = { insn, NOP, NOP };

	if ((insn & 3) != 3)
		code[0] = insn | C_NOP << 16;
	ASSERT_EQ(guest_write(vm, gpa(rvm_address(rvm_slot)), code, sizeof(code)), 0);
}

static const struct rvm_args *args(u64 a0, u64 a1)
{
	static struct rvm_args a;

	a = (struct rvm_args){ { a0, a1 } };
	return &a;
}

/* ---- Loads and stores ---------------------------------------------------------------------------------- */

struct mmio_case {
	const char *name;
	u32 insn; /* of a0, at a1 */
	u8 bytes;
	u64 offset, loaded; /* `loaded`: what is in a0, if it is a load, of 0x8182838485868788 */
};

static const struct mmio_case mmio_cases[] = {
	{ "lb", 0x00058503, 1, 0, 0xffffffffffffff88 },
	{ "lbu", 0x0005c503, 1, 0, 0x88 },
	{ "lh", 0x00459503, 2, 4, 0xffffffffffff8788 },
	{ "lhu", 0x0005d503, 2, 0, 0x8788 },
	{ "lw", 0xffc5a503, 4, -4ull, 0xffffffff85868788 },
	{ "lwu", 0x0005e503, 4, 0, 0x85868788 },
	{ "ld", 0x0005b503, 8, 0, 0x8182838485868788 },
	{ "c_lw", 0x4188, 4, 0, 0xffffffff85868788 },
	{ "c_ld", 0x6188, 8, 0, 0x8182838485868788 },
	{ "sb", 0x00a58023, 1, 0, 0 },
	{ "sh", 0x00a59023, 2, 0, 0 },
	{ "sw", 0x00a5a023, 4, 0, 0 },
	{ "sd", 0x00a5b023, 8, 0, 0 },
	{ "c_sw", 0xc188, 4, 0, 0 },
	{ "c_sd", 0xe188, 8, 0, 0 },
	{ "lh_at_an_odd_address", 0x001595 << 8 | 0x03, 2, 1, 0xffffffffffff8788 },
};

static bool each_access(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(mmio_cases))
		return false;
	string_copy(param->name, mmio_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static u64 low_bytes(u64 value, u8 bytes)
{
	return bytes == 8 ? value : value & ((1ull << 8 * bytes) - 1);
}

#define REGISTER 0x1122334455667788ull
#define ANSWER   0x8182838485868788ull

static void an_access_goes_to_the_monitor(void)
{
	const struct mmio_case *c = &mmio_cases[ktest_param()];
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	struct vm_run *run = vcpu->run;

	put_insn(vm, c->insn);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_DEVICE));
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.address, RVM_DEVICE + c->offset);
	EXPECT_EQ(run->mmio.bytes, c->bytes);
	EXPECT_EQ(run->mmio.why, VM_MMIO_NO_SLOT);
	EXPECT_EQ(run->mmio.is_write, c->loaded == 0);
	EXPECT_EQ(run->pc, rvm_address(rvm_slot));
	if (run->mmio.is_write)
		EXPECT_EQ(run->mmio.data, low_bytes(REGISTER, c->bytes));
	run->mmio.data = ANSWER;
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), c->loaded ? c->loaded : REGISTER);
}

/* Each register, but a7 and those that make the access. */
static void a_load_reaches_each_register(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];

	for (u32 reg = 0; reg < 32; reg++) {
		if (reg == REG_A7)
			continue;
		put_insn(vm, 0x0005b003 | reg << 7);
		rvm_start(vcpu, rvm_tries, args(0, RVM_DEVICE));
		ASSERT_EQ(rvm_run(vcpu), VM_EXIT_MMIO);
		vcpu->run->mmio.data = ANSWER + reg;
		rvm_finish(vcpu);
		EXPECT_EQ(rvm_reg_get(vcpu, reg), reg ? ANSWER + reg : 0, "x%u", reg);
	}
}

static void a_write_to_a_read_only_memslot_says_so(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];

	put_insn(vm, 0x00a5b023);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_READ_ONLY + 8));
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_MMIO);
	EXPECT_EQ(vcpu->run->mmio.address, RVM_READ_ONLY + 8);
	EXPECT_EQ(vcpu->run->mmio.why, VM_MMIO_READ_ONLY);
	EXPECT_TRUE(vcpu->run->mmio.is_write);
	rvm_finish(vcpu);
	put_insn(vm, 0x0005b503);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_READ_ONLY + 8));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), 0u);
}

#define RS1 0xf8000ull /* not in an instruction that comes by htinst */

/* What both loads and stores, and what is about floating point, no device of ours understands. */
static void an_access_that_is_no_load_fails(void)
{
	static const u32 insn[] = { 0x00a5a52f, 0x1005a52f, 0x0005b507, 0x00a5b027 };
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];

	for (u32 i = 0; i < ARRAY_SIZE(insn); i++) {
		struct vm_riscv_csr csr = { .sstatus = SSTATUS_FS_CLEAN };

		ASSERT_EQ(arch_vcpu_state_set(vcpu, VM_SET_RISCV_CSR, &csr), 0);
		put_insn(vm, insn[i]);
		rvm_start(vcpu, rvm_tries, args(0, RVM_DEVICE));
		vcpu_forgive(vcpu);
		ASSERT_EQ(rvm_run(vcpu), VM_EXIT_FAIL, "%x", insn[i]);
		EXPECT_EQ(vcpu->run->fail.why, VM_FAIL_EMULATE);
		EXPECT_EQ(vcpu->run->fail.detail[0], rvm_address(rvm_slot));
		EXPECT_EQ(vcpu->run->fail.detail[1] & ~RS1, insn[i] & ~RS1);
	}
}

/* Setting registers between the exit and the next run takes the access back. */
static void new_registers_end_an_access(void)
{
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];

	put_insn(vm, 0x0005b503);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_DEVICE));
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_MMIO);
	put_insn(vm, NOP);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_DEVICE));
	vcpu->run->mmio.data = ANSWER;
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), REGISTER);
}

/*
 * A switch of threads between the exit and the look at the instruction takes the guest's tables out of the hart: then
 * its address would be one of the host's.
 */
static void the_instruction_is_the_guests_after_a_switch(void)
{
	struct vcpu *vcpu = rvm_create(1)->vcpu[0];

	put_insn(vcpu->vm, 0x00a5b023);
	rvm_start(vcpu, rvm_tries, args(REGISTER, RVM_DEVICE));
	ASSERT_EQ(rvm_run(vcpu), VM_EXIT_MMIO);
	vcpu->arch.pc = rvm_address(rvm_slot);
	memset(&vcpu->run->mmio, 0, sizeof(vcpu->run->mmio));
	vcpu_begin(vcpu);
	EXPECT_EQ(arch_vcpu_emulate(vcpu, MMU_WHY_NO_SLOT), VM_NEXT_MONITOR);
	vcpu_end(vcpu);
	EXPECT_EQ(vcpu->run->mmio.data, REGISTER);
}

/* ---- Exceptions ---------------------------------------------------------------------------------------- */

#define BEYOND  (1ull << RVM_GPA_BITS)
#define RAM_END (RVM_RAM + RVM_RAM_SIZE)
#define OVER(page) ((page) + PAGE_SIZE - 2)

struct trap_case {
	const char *name, *piece;
	u32 insn;
	u64 at, cause, value, pc; /* pc 0: of the instruction */
	u64 sstatus;              /* of SPP and SPIE */
};

static const struct trap_case trap_cases[] = {
	{ "fetch", rvm_traps, 0x00058067, RVM_DEVICE, CAUSE_FETCH_ACCESS, RVM_DEVICE, RVM_DEVICE,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_beyond", rvm_traps, 0x0005b503, BEYOND, CAUSE_LOAD_ACCESS, BEYOND, 0, SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_far_beyond", rvm_traps, 0x0005b503, 1ull << 55, CAUSE_LOAD_ACCESS, 1ull << 55, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_with_a_sign", rvm_traps, 0x0005b503, -8ull, CAUSE_LOAD_ACCESS, -8ull, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "store_beyond", rvm_traps, 0x00a5b023, BEYOND, CAUSE_STORE_ACCESS, BEYOND, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_over_a_page", rvm_traps, 0x0005a503, OVER(RVM_DEVICE), CAUSE_LOAD_ACCESS, OVER(RVM_DEVICE), 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_out_of_memory", rvm_traps, 0x0005a503, RAM_END - 2, CAUSE_LOAD_ACCESS, RAM_END, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "load_into_memory", rvm_traps, 0xffc5a503, RVM_RAM + 2, CAUSE_LOAD_ACCESS, RVM_RAM - 2, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "compressed_load_out_of_memory", rvm_traps, 0x6188, RAM_END - 1, CAUSE_LOAD_ACCESS, RAM_END, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "store_over_a_page", rvm_traps, 0x00a5a023, OVER(RVM_DEVICE), CAUSE_STORE_ACCESS, OVER(RVM_DEVICE), 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "store_out_of_memory", rvm_traps, 0x00a5a023, RAM_END - 2, CAUSE_STORE_ACCESS, RAM_END, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "store_into_memory", rvm_traps, 0x00a5b023, RVM_RAM - 7, CAUSE_STORE_ACCESS, RVM_RAM - 7, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "illegal", rvm_traps, 0xffffffff, 0, CAUSE_ILLEGAL, 0xffffffff, 0, SSTATUS_SPP | SSTATUS_SPIE },
	{ "hypervisor_instruction", rvm_traps, 0x62000073, 0, CAUSE_ILLEGAL, 0x62000073, 0,
	  SSTATUS_SPP | SSTATUS_SPIE },
	{ "hypervisor_csr", rvm_traps, 0x60002573, 0, CAUSE_ILLEGAL, 0x60002573, 0, SSTATUS_SPP | SSTATUS_SPIE },
	{ "fp_while_off", rvm_traps, 0x0005b507, 0, CAUSE_ILLEGAL, 0x0005b507, 0, SSTATUS_SPP | SSTATUS_SPIE },
	{ "user_wfi", rvm_user_traps, INSN_WFI, 0, CAUSE_ILLEGAL, INSN_WFI, 0, 0 },
	{ "user_csr", rvm_user_traps, 0x10002573, 0, CAUSE_ILLEGAL, 0x10002573, 0, 0 },
	{ "user_store_beyond", rvm_user_traps, 0x00a5b023, BEYOND, CAUSE_STORE_ACCESS, BEYOND, 0, 0 },
};

static bool each_trap(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(trap_cases))
		return false;
	string_copy(param->name, trap_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static void the_guest_gets_an_exception(void)
{
	const struct trap_case *c = &trap_cases[ktest_param()];
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];

	put_insn(vm, c->insn);
	rvm_start(vcpu, c->piece, args(REGISTER, c->at));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), c->cause);
	EXPECT_EQ(rvm_said(vcpu, 1), c->value);
	EXPECT_EQ(rvm_said(vcpu, 2), c->pc ? c->pc : rvm_address(rvm_slot));
	EXPECT_EQ(rvm_said(vcpu, 3) & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP), c->sstatus);
}

/* With the most that three levels translate, and with one bit less: -8 is nowhere, though 2^n - 8 is memory. */
static const struct ktest_param widths[] = { { "40", 40 }, { "41", 41 }, { "50", 50 }, { "58", 58 } };

static void a_sign_is_not_part_of_an_address(void)
{
	u64 end = 1ull << ktest_param();
	struct vm *vm = rvm_create_wide(1, ktest_param());
	struct vcpu *vcpu = vm->vcpu[0];
	u64 value = REGISTER;

	rvm_add_page(vm, gpa(end - PAGE_SIZE));
	ASSERT_EQ(guest_write(vm, gpa(end - 8), &value, sizeof(value)), 0);
	put_insn(vm, 0x0005b503);
	rvm_start(vcpu, rvm_traps, args(0, end - 8));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), REGISTER);
	rvm_start(vcpu, rvm_traps, args(0, -8ull));
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), CAUSE_LOAD_ACCESS);
	EXPECT_EQ(rvm_said(vcpu, 1), -8ull);
}

/*
 * The guest's tables: the root's entry 2 maps the GiB of its RAM; entry 1 leads to a table where a device is.  What
 * the walk was for is found out by looking at the instruction.
 */
struct walk_case {
	const char *name;
	u32 insn;
	u64 cause;
};

static const struct walk_case walk_cases[] = {
	{ "load", 0x0005b503, CAUSE_LOAD_ACCESS },
	{ "store", 0x00a5b023, CAUSE_STORE_ACCESS },
	{ "compressed_store", 0xe188, CAUSE_STORE_ACCESS },
	{ "amo", 0x00a5a52f, CAUSE_STORE_ACCESS },
	{ "fetch", 0x00058067, CAUSE_FETCH_ACCESS },
};

static bool each_walk(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(walk_cases))
		return false;
	string_copy(param->name, walk_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static void tables_in_a_device_are_an_access_fault(void)
{
	const struct walk_case *c = &walk_cases[ktest_param()];
	struct vm *vm = rvm_create(1);
	struct vcpu *vcpu = vm->vcpu[0];
	u64 root[4] = { 0, RVM_DEVICE >> 2 | 1, RVM_RAM >> 2 | 0xcf, 0 };
	u64 at = 0x40201008;
	struct rvm_args a = { { 0, at, SATP_SV39 | RVM_TABLES >> PAGE_SHIFT } };

	ASSERT_EQ(guest_write(vm, gpa(RVM_TABLES), root, sizeof(root)), 0);
	put_insn(vm, c->insn);
	rvm_start(vcpu, rvm_walks, &a);
	rvm_finish(vcpu);
	EXPECT_EQ(rvm_said(vcpu, 0), c->cause);
	EXPECT_EQ(rvm_said(vcpu, 1), at);
	EXPECT_EQ(rvm_said(vcpu, 4), a.a[2], "satp is as it was");
}

static const struct ktest_case cases[] = {
	CASE(an_access_goes_to_the_monitor, .generate = each_access),
	CASE(a_load_reaches_each_register),
	CASE(a_write_to_a_read_only_memslot_says_so),
	CASE(an_access_that_is_no_load_fails),
	CASE(new_registers_end_an_access),
	CASE(the_instruction_is_the_guests_after_a_switch),
	CASE(the_guest_gets_an_exception, .generate = each_trap),
	CASE(a_sign_is_not_part_of_an_address, KTEST_PARAMS(widths)),
	CASE(tables_in_a_device_are_an_access_fault, .generate = each_walk),
};
KTEST_SUITE(hyp_mmio, cases);
