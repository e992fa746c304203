/*
 * The platform-level interrupt controller: 63 sources, one context for each vCPU's supervisor mode.
 * Hardware: [PLIC] "Memory Map", "Interrupt Flow".
 *
 *   source's level --gateway--> pending --priority, enable, threshold--> context's output: line `vCPU` of the machine
 *
 * The gateway lets one request through; the next one only after the driver completed it.  Devices here have levels, so
 * a source that is still up when it is completed is pending again.
 */
#ifndef VM_PLIC_H
#define VM_PLIC_H

#include "../../bus.h"
#include "abi/vm.h"

#define PLIC_SOURCES 64 /* number 0 means none */
#define PLIC_SIZE    0x600000

struct plic {
	struct device device;
	u32 context_count;
	void (*output)(u32 context, u32 level); /* called when it changes */

	u32 priority[PLIC_SOURCES];
	u64 level, pending, served; /* a bit for each source; served: claimed and not completed */
	u64 enable[VM_VCPU_MAX];
	u32 threshold[VM_VCPU_MAX];
	u32 is_up[VM_VCPU_MAX];
};

/* device.base, context_count and output are filled in. */
void plic_init(struct plic *p);

void plic_set_level(struct plic *p, u32 source, u32 level);

#endif
