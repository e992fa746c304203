/*
 * RISC-V, for guests: CSRs, firmware calls, the device tree.
 */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "abi/types.h"

#define csr_read(name)                                                                                                 \
	({                                                                                                             \
		u64 csr_value;                                                                                         \
		__asm__ volatile("csrr %0, " #name : "=r"(csr_value));                                                 \
		csr_value;                                                                                             \
	})
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" : : "r"((u64)(value)) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" : : "r"((u64)(bits)) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" : : "r"((u64)(bits)) : "memory")

#define SSTATUS_SIE  2ul
#define SI_SOFTWARE  (1ul << 1)
#define SI_TIMER     (1ul << 5)
#define SCAUSE_IRQ   (1ul << 63)

/* Hardware: [SBI] "Binary Encoding". */
struct sbi_result {
	s64 error;
	u64 value;
};

enum { SBI_TIME = 0x54494d45, SBI_IPI = 0x735049, SBI_HSM = 0x48534d, SBI_SRST = 0x53525354 };

static inline struct sbi_result sbi_call(u64 extension, u64 function, u64 x, u64 y, u64 z)
{
	register u64 a0 __asm__("a0") = x;
	register u64 a1 __asm__("a1") = y;
	register u64 a2 __asm__("a2") = z;
	register u64 a6 __asm__("a6") = function;
	register u64 a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ .error = a0, .value = a1 };
}

/*
 * A property of the first node whose name begins with `node`: up to two cells from cell `at` on, as one number; 0 if it
 * is not there.
 */
u64 tree_number(const char *node, const char *property, u32 at);

/* From start.S. */
extern u64 boot_hart, device_tree;
void machine_init(void);
void run_other(u32 hart);
void trap(void);

#endif
