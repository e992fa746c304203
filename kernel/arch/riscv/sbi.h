/*
 * Calls to the firmware below (OpenSBI, or our own hypervisor).
 * Hardware: [SBI] "Binary Encoding", and the section of each extension.
 */
#ifndef RISCV_SBI_H
#define RISCV_SBI_H

#include "abi/types.h"

enum sbi_extension {
	SBI_BASE = 0x10, SBI_TIME = 0x54494d45, SBI_IPI = 0x735049, SBI_RFENCE = 0x52464e43, SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354, SBI_PMU = 0x504d55, SBI_DBCN = 0x4442434e,
};

enum sbi_error {
	SBI_SUCCESS = 0, SBI_FAILED = -1, SBI_NOT_SUPPORTED = -2, SBI_INVALID_PARAM = -3, SBI_INVALID_ADDRESS = -5,
	SBI_ALREADY_AVAILABLE = -6,
};

struct sbi_result {
	s64 error; /* enum sbi_error, or another negative one */
	u64 value;
};

/* "Timer Extension": raise the timer interrupt when `time` reaches ticks. */
void sbi_set_timer(u64 ticks);

/* "IPI Extension": raise a software interrupt on one hart. */
void sbi_send_ipi(u64 hart);

/* "Hart State Management Extension": start a hart at a physical address, with a1 = opaque. */
struct sbi_result sbi_hart_start(u64 hart, u64 start, u64 opaque);

/* "System Reset Extension".  Returns only if there is none. */
enum sbi_reset { SBI_SHUTDOWN, SBI_COLD_REBOOT };
void sbi_reset(enum sbi_reset kind);

#endif
