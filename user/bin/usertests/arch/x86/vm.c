/*
 * What guests do in the tests of /dev/vm: x86, in real mode.  A vCPU begins 16 bytes below 4 GiB, its code segment with
 * the 64 KiB below 4 GiB, its data segment with the lowest.
 */
#include "../../vm.h"

#define RESET_AT  0xfff0
#define NOTHING   "0x100" /* in the code segment: zeros */

#define PROGRAM(name, text)                                                                                            \
	extern const u8 program_##name[], program_##name##_end[];                                                      \
	__asm__(".pushsection .rodata\n.code16\n"                                                                      \
		"program_" #name ":\n" text "\nprogram_" #name "_end:\n.code64\n.popsection")

PROGRAM(spin, "1: jmp 1b");
PROGRAM(halt, "1: hlt; jmp 1b");
PROGRAM(read, "1: movl 0x8000, %eax; jmp 1b");
PROGRAM(write, "xorl %eax, %eax; 1: movl %eax, 0x8000; jmp 1b");
PROGRAM(count, "1: movl 0x8000, %eax; incl %eax; movl %eax, 0x8000; jmp 1b");
PROGRAM(call, "1: vmmcall; jmp 1b");
PROGRAM(strange, "1: lock xaddl %eax, 0x8000; jmp 1b");
/* Without an interrupt table an exception becomes a triple fault. */
PROGRAM(shutdown, "lidtl %cs:" NOTHING "; ud2");

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

const u64 vm_code_at = 0xffff0000;
const u32 vm_core_set = VM_SET_X86_CORE, vm_core_size = sizeof(struct vm_x86_core);
const u32 vm_foreign_set = VM_SET_RISCV_CORE;

/* A jump from where it begins to offset 0 of the segment. */
void vm_begin(int vcpu, u8 *code)
{
	static const u8 jump[] = { 0xe9, 0x0d, 0x00 };

	memcpy(code + RESET_AT, jump, sizeof(jump));
}

void vm_set_run_state(int vcpu, enum vm_run_state state)
{
	static const u32 states[] = {
		[RUN_STATE_STOPPED] = VM_X86_WAITS_FOR_SIPI,
		[RUN_STATE_RUNS] = VM_X86_RUNS,
		[RUN_STATE_HALTED] = VM_X86_HALTED,
	};
	struct vm_x86_events events = { .size = sizeof(events), .state = states[state] };
	struct vm_state_call call = { sizeof(call), VM_SET_X86_EVENTS, (u64)&events };

	OK(ioctl(vcpu, VCPU_SET_STATE, (u64)&call));
}
