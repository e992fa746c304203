/*
 * A local APIC: its registers, its priorities, its timer.
 *
 *   accept ---> IRR --(above PPR)--> pending --acknowledge--> ISR --EOI-->
 *
 * Time is passed in, in ns, so that tests can make it up; the timer counts at 1 GHz.  Knows no vCPU and no lock: the
 * caller holds vm->irq_lock (in struct arch_vcpu).  apic.c finds the receivers of what ICR sends.
 *
 * I1 reg[] has what a read of the register at 16 * i gives, but for those that are computed: ID, PPR, current count.
 * I2 ISR and IRR have no bit below LAPIC_VECTOR_MIN.
 *
 * Hardware: [SDM3] "Advanced Programmable Interrupt Controller (APIC)".
 */
#ifndef X86_VLAPIC_H
#define X86_VLAPIC_H

#include "kernel.h"
#include "abi/vm.h"

#define LAPIC_PAGE       0xfee00000ull
#define LAPIC_VECTOR_MIN 16
#define LAPIC_NOTHING    (-1)

/* Registers, by their place in the page. */
enum vlapic_register {
	LAPIC_ID = 0x20, LAPIC_VERSION = 0x30, LAPIC_TPR = 0x80, LAPIC_PPR = 0xa0, LAPIC_EOI = 0xb0, LAPIC_LDR = 0xd0,
	LAPIC_DFR = 0xe0, LAPIC_SPURIOUS = 0xf0, LAPIC_ISR = 0x100, LAPIC_TMR = 0x180, LAPIC_IRR = 0x200,
	LAPIC_ESR = 0x280, LAPIC_ICR = 0x300, LAPIC_ICR_HIGH = 0x310, LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_THERMAL = 0x330, LAPIC_LVT_COUNTERS = 0x340, LAPIC_LVT_LINT0 = 0x350, LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370, LAPIC_INITIAL = 0x380, LAPIC_CURRENT = 0x390, LAPIC_DIVIDE = 0x3e0,
	LAPIC_SELF_IPI = 0x3f0, /* x2APIC */
};

struct vlapic {
	u32 id;
	u32 mode;         /* VM_X86_APIC_ */
	u32 reg[64];
	u32 errors;       /* to appear in ESR */
	bool timer_is_on;
	u64 timer_start;  /* ns; its count was loaded, or began again.  May lie before 0 */
};

/* As after power-on, with the mode of a reset; `id` stays.  vlapic_init(): as after INIT, the mode stays too. */
void vlapic_reset(struct vlapic *lapic);
void vlapic_init(struct vlapic *lapic);

void vlapic_set_mode(struct vlapic *lapic, u32 mode);

/* Registers: `reg` is a multiple of 16 below 0x400.  Unknown ones read as 0. */
u32 vlapic_read(struct vlapic *lapic, u32 reg, u64 now);

/* True: what was written to ICR or SELF_IPI is to be sent. */
bool vlapic_write(struct vlapic *lapic, u32 reg, u32 value, u64 now);

/* Is there such a register for MSRs? */
bool vlapic_has_x2apic_register(u32 reg);

bool vlapic_is_enabled(const struct vlapic *lapic);

/* An interrupt arrives.  False: it is disabled. */
bool vlapic_accept(struct vlapic *lapic, u8 vector);

/* The vector to deliver, or LAPIC_NOTHING.  The second: were the task priority 0. */
int vlapic_pending(const struct vlapic *lapic);
int vlapic_pending_for_any_task(const struct vlapic *lapic);

/* The processor takes it; has ended the one with the highest priority. */
void vlapic_acknowledge(struct vlapic *lapic, u8 vector);
void vlapic_end(struct vlapic *lapic);

/* Does LINT0 hand on what the PIC asks for? */
bool vlapic_hears_pic(const struct vlapic *lapic);
/* Is LINT1 an NMI? */
bool vlapic_hears_nmi(const struct vlapic *lapic);

/* Deliver what the timer owes. */
void vlapic_run_timer(struct vlapic *lapic, u64 now);
/* When it expires, in ns; ~0: never, or nobody wants to know. */
u64 vlapic_deadline(const struct vlapic *lapic);

enum vlapic_destination { LAPIC_PHYSICAL, LAPIC_LOGICAL };

/* Is it one of the receivers?  `destination` as the sender wrote it, in the format of the mode that it is in. */
bool vlapic_matches(const struct vlapic *lapic, enum vlapic_destination how, u32 destination);


void vlapic_get_state(const struct vlapic *lapic, u64 now, struct vm_x86_lapic *state);
/* -EINVAL, and nothing has changed. */
int vlapic_set_state(struct vlapic *lapic, u64 now, const struct vm_x86_lapic *state);

#endif
