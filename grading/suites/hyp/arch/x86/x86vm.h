/*
 * Machines for tests, on x86-64: memory, tables, gates, and pieces of assembly that run in them.
 *
 * Guest-physical, and the guest's own tables map the first 4 GiB where they are:
 *
 *   0x008000    real-mode code for processors that start
 *   0x009000    what it counts
 *   0x100000    tables, GDT, IDT
 *   0x200000    the code in x86vm_pieces.S
 *   0x300000    data
 *   X86VM_HOLE  nothing
 *
 * An exception or interrupt reports itself: a call with rax = REPORT, rbx = vector, rcx = error code, rdx = rip.  The
 * result is added to rip; vectors from 0x30 on are ended at the local APIC.
 */
#ifndef SUITES_HYP_X86_X86VM_H
#define SUITES_HYP_X86_X86VM_H

#include "grading/ktest/ktest.h"
#include "hyp/vm.h"

#define X86VM_RAM_SIZE  0x400000ull
#define X86VM_TRAMPOLINE 0x008000ull
#define X86VM_COUNTER   0x009000ull
#define X86VM_TABLES    0x100000ull
#define X86VM_GDT       0x110000ull
#define X86VM_IDT       0x111000ull
#define X86VM_CODE      0x200000ull
#define X86VM_DATA      0x300000ull
#define X86VM_STACK     0x3f0000ull
#define X86VM_HOLE      0x30000000ull
#define REPORT            0x100

struct x86vm {
	struct aspace *aspace;
	struct vm *vm;
	struct vcpu *vcpu[VM_VCPU_MAX];
};

/* A machine with so many vCPUs, all but the first stopped, that ends with the case.  gpa_bits 0: the most. */
struct x86vm *x86vm_create(u32 vcpu_count, u32 gpa_bits);

/* Begin at a piece: 64 bits, user programs none, interrupts off. */
void x86vm_start(struct x86vm *m, const char *piece);

/* Run vCPU 0 until it leaves: why. */
u32 x86vm_run(struct x86vm *m);

/* ... and expect a call; its arguments are in the run page. */
void x86vm_expect_call(struct x86vm *m, u64 rax);
void x86vm_expect_report(struct x86vm *m, u8 vector, u64 error, u64 skip);

struct vm_run *x86vm_page(struct x86vm *m);
void x86vm_answer(struct x86vm *m, u64 result);

u64 x86vm_word(struct x86vm *m, u64 at);
void x86vm_set_word(struct x86vm *m, u64 at, u64 value);

/* Sets of vCPU 0: checked. */
void x86vm_get(struct x86vm *m, u32 set, void *data);
int x86vm_set(struct x86vm *m, u32 set, const void *data);

extern const char x86vm_code[], x86vm_code_end[], x86vm_stubs[];
extern const char x86vm_trampoline[], x86vm_trampoline_end[];
extern const char piece_cpuid[], piece_prefixes[], piece_rdmsr[], piece_wrmsr[], piece_ports[], piece_strings[],
	piece_mmio[], piece_timer[], piece_interrupt[], piece_ipi[], piece_start_ap[], piece_privileged[],
	piece_debug[], piece_nmi[], piece_touch[], piece_cr4[], piece_cr8[], piece_cr8_closed[], piece_shutdown[],
	piece_movs[], piece_legacy[], piece_rdpmc[], piece_split[],
	piece_compare[];

#endif
