/*
 * Two 8259 interrupt controllers, as a PC has them: the second's output is input 2 of the first.
 *
 * Knows no vCPU and no lock: the caller holds vm->irq_lock (in struct arch_vm).
 * Hardware: [8259A]; the registers that choose between edges and levels (ELCR) are those of all PCs since EISA.
 */
#ifndef X86_VPIC_H
#define X86_VPIC_H

#include "kernel.h"
#include "abi/vm.h"

struct vpic {
	struct vm_x86_pic_chip chip[2]; /* icw_step 2-4: the word that comes next */
};

void vpic_reset(struct vpic *pic);

/* An input, 0-15. */
void vpic_set_line(struct vpic *pic, u32 line, u32 level);

/* Does it ask for an interrupt? */
bool vpic_asks(const struct vpic *pic);

/* The processor takes the interrupt: its vector.  A spurious one if there is none any more. */
u8 vpic_acknowledge(struct vpic *pic);

/* A byte at a port.  False: the port is not the PICs'. */
bool vpic_port_read(struct vpic *pic, u16 port, u8 *value);
bool vpic_port_write(struct vpic *pic, u16 port, u8 value);

void vpic_get_state(const struct vpic *pic, struct vm_x86_pic *state);
/* -EINVAL, and nothing has changed. */
int vpic_set_state(struct vpic *pic, const struct vm_x86_pic *state);

#endif
