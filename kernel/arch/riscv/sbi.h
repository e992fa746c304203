/*
 * Calls to the firmware below (OpenSBI, or our own hypervisor).
 * Hardware: [SBI] "Binary Encoding", and the section of each extension.
 */
#ifndef RISCV_SBI_H
#define RISCV_SBI_H

#include "abi/types.h"

struct sbi_result {
	s64 error; /* 0 or a negative SBI error */
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
