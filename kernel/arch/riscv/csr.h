/*
 * RISC-V control and status registers: access, and the bits that the kernel uses.
 * Hardware: [RV-PRIV] "Supervisor-Level ISA".
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#define SSTATUS_SIE     (1ull << 1)
#define SSTATUS_SPIE    (1ull << 5)
#define SSTATUS_SPP     (1ull << 8)
#define SSTATUS_FS      (3ull << 13) /* off, initial, clean, dirty */
#define SSTATUS_FS_CLEAN (2ull << 13)
#define SSTATUS_FS_DIRTY (3ull << 13)

#define SIE_SOFTWARE    (1ull << 1) /* in sie and sip */
#define SIE_TIMER       (1ull << 5)
#define SIE_EXTERNAL    (1ull << 9)

#define SCAUSE_INTERRUPT (1ull << 63)
enum {
	IRQ_SOFTWARE = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9,
	CAUSE_FETCH_MISALIGNED = 0, CAUSE_FETCH_ACCESS, CAUSE_ILLEGAL, CAUSE_BREAKPOINT,
	CAUSE_LOAD_MISALIGNED, CAUSE_LOAD_ACCESS, CAUSE_STORE_MISALIGNED, CAUSE_STORE_ACCESS,
	CAUSE_USER_ECALL, CAUSE_FETCH_PAGE = 12, CAUSE_LOAD_PAGE = 13, CAUSE_STORE_PAGE = 15,
};

#define SATP_SV39       (8ull << 60)

#ifndef __ASSEMBLER__
#define csr_read(name)                                                                             \
	({                                                                                         \
		u64 value_;                                                                        \
		__asm__ volatile("csrr %0, " #name : "=r"(value_) : : "memory");                   \
		value_;                                                                            \
	})
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" : : "rK"((u64)(value)) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" : : "rK"((u64)(bits)) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" : : "rK"((u64)(bits)) : "memory")
#endif

#endif
