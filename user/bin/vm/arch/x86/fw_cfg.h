/*
 * A few facts about the machine at two ports, as QEMU's firmware finds them: a selector, then bytes of what it selects.
 * Hardware: [FW_CFG] "Guest-side Hardware Interface", "Data Items".
 */
#ifndef VM_FW_CFG_H
#define VM_FW_CFG_H

#include "abi/types.h"
#include "../../bus.h"

#define FW_CFG_PORT 0x510

struct fw_cfg {
	u64 memory; /* bytes; set before fw_cfg_init() */
	u32 vcpus;
	struct device device;
	u16 key;
	u32 at;     /* the next byte */
};

/* Fill in .device; .device.base is set. */
void fw_cfg_init(struct fw_cfg *f);

#endif
