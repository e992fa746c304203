/*
 * What the files of this architecture share.
 */
#ifndef RISCV_RISCV_H
#define RISCV_RISCV_H

#include "kernel.h"
#include "cpu.h"

/* boot.c: what the device tree said about this machine. */
struct riscv_machine {
	u64 timebase;       /* ticks of `time` a second */
	bool has_sstc;      /* stimecmp is there */
	bool has_h;         /* the hypervisor extension is there */
	hpa_t uart;         /* 16550, registers one byte apart */
	hpa_t test;         /* "sifive,test0": the exit device; hpa(0) if there is none */
	hpa_t plic;
	u32 plic_context;   /* of the boot hart's supervisor mode */
};

extern struct riscv_machine riscv_machine;

void riscv_boot(u64 hart, u64 dtb, u64 image_offset) __attribute__((noreturn));
void riscv_secondary(struct cpu *cpu) __attribute__((noreturn));

/* trap.S, trap.c */
void riscv_trap_entry(void);
void riscv_trap_user(struct trapframe *tf);
void riscv_trap_kernel(struct trapframe *tf);
void riscv_user_return(struct trapframe *tf) __attribute__((noreturn));
void riscv_thread_start(void);
void riscv_fp_store(struct arch_fp *fp);
void riscv_fp_load(const struct arch_fp *fp);

/* Entries of section .fixup: where a trap at `pc` in the kernel goes on, with its cause in a0. */
struct riscv_fixup {
	u64 pc, landing;
};

/* timer.c, plic.c: this hart's part. */
void riscv_timer_init_hart(void);

/* What arch_clock() says when `time` is `ticks`; ~0: beyond all that it can say. */
u64 riscv_clock_at(u64 ticks);

void riscv_plic_init(void);
u32 riscv_plic_claim(void);
void riscv_plic_complete(u32 irq);

#endif
