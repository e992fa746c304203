/*
 * Machines for the tests of /dev/vm: one memslot with a program of a few instructions, some vCPUs.
 *
 * Programs touch GUEST_DATA, where no memory is unless a test puts it there, and go round for ever.
 */
#ifndef USERTESTS_VM_H
#define USERTESTS_VM_H

#include "test.h"
#include "abi/vm.h"

#define GUEST_DATA      0x8000ul
#define GUEST_CODE_SIZE (64 * KIB)

enum vm_program {
	PROGRAM_SPIN,
	PROGRAM_HALT,     /* and no interrupt comes */
	PROGRAM_READ,     /* 32 bits at GUEST_DATA */
	PROGRAM_WRITE,    /* the same, of 0 */
	PROGRAM_COUNT,    /* adds 1 to them, again and again */
	PROGRAM_CALL,     /* a call that only the monitor can answer */
	PROGRAM_SHUTDOWN,
	PROGRAM_STRANGE,  /* an access to GUEST_DATA that no device needs, so nobody decodes it */
	PROGRAM_NUMBER
};

/* arch/<a>/vm.c: where the code lies, what it is, and what a vCPU needs to begin with it. */
struct vm_code {
	const u8 *start, *end;
};
extern const struct vm_code vm_codes[PROGRAM_NUMBER];
extern const u64 vm_code_at;      /* guest-physical, of GUEST_CODE_SIZE bytes */
extern const u32 vm_core_set, vm_core_size; /* the set with the general registers */
extern const u32 vm_foreign_set;  /* one of the other machine's */
void vm_begin(int vcpu, u8 *code);

/* Whether a vCPU runs, by its state set. */
enum vm_run_state { RUN_STATE_STOPPED, RUN_STATE_RUNS, RUN_STATE_HALTED };
void vm_set_run_state(int vcpu, enum vm_run_state state);

struct vm_cpu {
	int fd;
	struct vm_run *run;
	struct thread thread;
	u32 rounds; /* atomic: how often VCPU_RUN came back */
};

struct machine {
	int dev, fd;
	u32 cpu_count;
	u8 *code;
	struct vm_cpu cpu[VM_VCPU_MAX];
};

/* /dev/vm, or the test is skipped because no guest can run here. */
int vm_open(void);

/* A machine with this program and so many vCPUs, all of which may run it; and all of it closed and unmapped again. */
void vm_make(struct machine *m, u32 cpu_count, enum vm_program program);
void vm_close(struct machine *m);

/* VM_SET_MEMSLOT of a writable one; what it answers. */
int vm_slot(const struct machine *m, u32 id, u64 guest, u64 length, const void *memory);

/* VCPU_RUN must succeed: the reason of the exit. */
u32 vm_run(struct vm_cpu *cpu);

/* A thread that does VCPU_RUN once; wait for it, and what VCPU_RUN answered. */
void vm_start(struct vm_cpu *cpu);
s64 vm_join(struct vm_cpu *cpu);

/* Until the guest has been entered, or sleeps. */
void vm_await_entry(const struct vm_cpu *cpu, u32 state);

/* How many machines there are. */
u32 vm_count(int dev);

#endif
