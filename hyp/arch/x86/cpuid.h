/*
 * CPUID as guests see it.
 *
 * The offer: what this processor has and guests can use, without what the hypervisor keeps (SVM, XSAVE, MONITOR) and
 * with what it adds (x2APIC, the leaves at 0x40000000).  A vCPU's own table starts as the offer, and a monitor can take
 * bits away.
 *
 *   0x40000000  ebx ecx edx: "FlatlandHyp", and a zero
 *   0x40000001  eax bit 0: the width that 0x80000008 tells is true
 */
#ifndef X86_GUEST_CPUID_H
#define X86_GUEST_CPUID_H

#include "kernel.h"
#include "abi/vm.h"
#include "arch/arch.h"

enum { CPUID_ROWS = 16 };

struct cpuid_table {
	struct cpuid row[CPUID_ROWS]; /* of the leaves that cpuid.c lists */
};

/* What changes from one vCPU to another, or while it runs. */
struct cpuid_view {
	u32 apic_id;
	u32 gpa_bits;
	bool has_apic; /* it is switched on */
};

void cpuid_offer(struct cpuid_table *table);

/* What CPUID says to a guest.  Leaves that are not there: zeros. */
struct cpuid cpuid_answer(const struct cpuid_table *table, const struct cpuid_view *view, u32 leaf, u32 subleaf);

void cpuid_get_state(const struct cpuid_table *table, const struct cpuid_view *view, struct vm_x86_cpuid *state);
/* Leaves that are not named stay.  -EINVAL: a leaf is unknown, or count is too large; nothing has changed. */
int cpuid_set_state(struct cpuid_table *table, const struct vm_x86_cpuid *state);

/* Bits of CR4 and EFER that a guest with this table may have. */
u64 cpuid_cr4(const struct cpuid_table *table);
u64 cpuid_efer(const struct cpuid_table *table);

/* Are there leaves of 1 GiB in its tables? */
bool cpuid_has_gib(const struct cpuid_table *table);

#endif
