/*
 * What guests do in the tests of /dev/vm: RISC-V, in supervisor mode, without translation.
 */
#include "../../vm.h"

#define PROGRAM(name, text)                                                                                            \
	extern const u8 program_##name[], program_##name##_end[];                                                      \
	__asm__(".pushsection .rodata\n.option push\n.option norvc\n.balign 4\n"                                       \
		"program_" #name ":\n" text "\nprogram_" #name "_end:\n.option pop\n.popsection")

PROGRAM(spin, "1: j 1b");
PROGRAM(halt, "1: wfi; j 1b");
PROGRAM(read, "lui t0, 8; 1: lw t1, (t0); j 1b");
PROGRAM(write, "lui t0, 8; 1: sw zero, (t0); j 1b");
PROGRAM(count, "lui t0, 8; 1: lw t1, (t0); addi t1, t1, 1; sw t1, (t0); j 1b");
PROGRAM(call, "lui a7, 0x1234; 1: ecall; j 1b");
PROGRAM(strange, "lui t0, 8; 1: amoadd.w t1, t1, (t0); j 1b");
PROGRAM(shutdown, "li a7, 0x53525354; li a6, 0; li a0, 0; li a1, 0; ecall");

#define CODE(name) { program_##name, program_##name##_end }

const struct vm_code vm_codes[] = {
	[PROGRAM_SPIN] = CODE(spin),
	[PROGRAM_HALT] = CODE(halt),
	[PROGRAM_READ] = CODE(read),
	[PROGRAM_WRITE] = CODE(write),
	[PROGRAM_COUNT] = CODE(count),
	[PROGRAM_CALL] = CODE(call),
	[PROGRAM_SHUTDOWN] = CODE(shutdown),
	[PROGRAM_STRANGE] = CODE(strange),
};

const u64 vm_code_at = 0x80000000;
const u32 vm_core_set = VM_SET_RISCV_CORE, vm_core_size = sizeof(struct vm_riscv_core);
const u32 vm_foreign_set = VM_SET_X86_CORE;

void vm_begin(int vcpu, u8 *code)
{
	struct vm_riscv_core core = { .size = sizeof(core), .mode = 1, .pc = vm_code_at };
	struct vm_state_call call = { sizeof(call), VM_SET_RISCV_CORE, (u64)&core };

	OK(ioctl(vcpu, VCPU_SET_STATE, (u64)&call));
}

void vm_set_run_state(int vcpu, enum vm_run_state state)
{
	static const u32 states[] = {
		[RUN_STATE_STOPPED] = VM_HART_STOPPED,
		[RUN_STATE_RUNS] = VM_HART_STARTED,
		[RUN_STATE_HALTED] = VM_HART_HALTED,
	};
	struct vm_riscv_hart hart = { sizeof(hart), states[state] };
	struct vm_state_call call = { sizeof(call), VM_SET_RISCV_HART, (u64)&hart };

	OK(ioctl(vcpu, VCPU_SET_STATE, (u64)&call));
}
