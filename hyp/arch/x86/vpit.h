/*
 * An 8254 timer, as a PC has it: channel 0 at line 0 of the PICs, channel 2 behind port 0x61; and that port.
 *
 * Time is passed in, in ns, so that tests can make it up.  Modes 1, 4 and 5 are taken for 0, and counts are binary.
 * Knows no vCPU and no lock: the caller holds vm->irq_lock (in struct arch_vm).
 * Hardware: [8254].
 */
#ifndef X86_VPIT_H
#define X86_VPIT_H

#include "kernel.h"
#include "abi/vm.h"

#define VPIT_HZ 1193182ull

struct vpit {
	struct {
		u64 start;             /* ns; the count was loaded.  May lie before 0 */
		u32 count;             /* 1 to 65536 */
		u16 latch;
		u8 status, mode, access, flags, low; /* as in abi/vm.h */
	} channel[3];
	u8 speaker;                    /* port 0x61, bits 0 and 1 */
	u64 told;                      /* rises of channel 0's output that vpit_run() has told, since `start` */
};

void vpit_reset(struct vpit *pit);

/* A byte at a port.  False: the port is not the PIT's. */
bool vpit_port_read(struct vpit *pit, u16 port, u64 now, u8 *value);
bool vpit_port_write(struct vpit *pit, u16 port, u64 now, u8 value);

/* Has the output of channel 0 risen since this was asked last?  However often: once. */
bool vpit_run(struct vpit *pit, u64 now);

/* When it rises next, in ns; ~0: never. */
u64 vpit_deadline(const struct vpit *pit);

void vpit_get_state(const struct vpit *pit, u64 now, struct vm_x86_pit *state);
/* -EINVAL, and nothing has changed. */
int vpit_set_state(struct vpit *pit, u64 now, const struct vm_x86_pit *state);

#endif
