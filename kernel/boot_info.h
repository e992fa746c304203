/*
 * What the architecture's boot code found out about the machine, in neutral form.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

#include "abi/types.h"
#include "mmu/pt/addr.h"

#define MAX_CPUS 8
#define BOOT_COMMAND_LINE_MAX 2048

struct boot_info {
	u32 ram_count, reserved_count, cpu_count, virtio_count;
	struct hpa_range ram[16];
	struct hpa_range reserved[16]; /* inside ram: firmware, the kernel's image, RAM disk, tables */
	struct hpa_range initrd;       /* empty if there is none */
	u64 cpu_hw_id[MAX_CPUS];       /* hart id, APIC id; [0] is the boot CPU */
	u32 address_bits;              /* of physical addresses; RAM beyond is not to be trusted */
	u32 uart_irq;
	struct {
		hpa_t base;
		u32 irq;
	} virtio[24];                  /* virtio-mmio windows, empty ones included */
	char command_line[BOOT_COMMAND_LINE_MAX];
};

#endif
