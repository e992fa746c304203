/*
 * ASIDs, under which a CPU remembers translations.
 *
 * An ASID belongs to one vCPU with one root on one CPU; each CPU gives out its own, in order, and 0 is the kernel's.
 * When they run out, a new *generation* begins: the CPU forgets everything at that VMRUN, and numbers start again.
 *
 * I1 The VMCB's ASID is valid for what asid_for says and nothing else: another CPU, another root, another generation
 *    of this CPU, or a root that was flushed since, and the vCPU gets a new one.
 * I2 An ASID is not given back.  So a new one is also how all of a root is forgotten, without any flush.
 *
 * Locking: none: a CPU's counters are its own, with interrupts off.
 */
#include "hyp_x86.h"
#include "vmcb.h"
#include "hyp/vcpu.h"
#include "mmu/fmt/npt/tlb.h"

static struct {
	u64 generation;
	u32 next, count;
} asids[MAX_CPUS];

/* The numbers may be in use from before, so the next one begins a generation. */
void x86_asid_limit_here(u32 limit)
{
	u32 me = this_cpu()->id;

	asids[me].count = MIN(limit, cpuid(CPUID_SVM).ebx);
	asids[me].next = asids[me].count;
	asids[me].generation++;
}

static void limit_here(void *limit)
{
	x86_asid_limit_here(*(u32 *)limit);
}

void arch_hwid_limit(u32 limit)
{
	smp_call(~0u, limit_here, &limit);
}

static void new_asid(struct arch_vcpu *arch, u32 cpu)
{
	struct tlb_tag tag = { &arch->vmcb->tlb_control, SVM_TLB_ALL };

	if (asids[cpu].next == asids[cpu].count) {
		asids[cpu].generation++;
		asids[cpu].next = 1;
		tlb_flush_all(&tag);
	}
	arch->vmcb->asid = asids[cpu].next++;
}

/* Ordering: flush_count is read with interrupts off before the entry: see hyp/root.h. */
void arch_hwid_prepare(struct vcpu *vcpu)
{
	u64 flush_count = __atomic_load_n(&vcpu->root->flush_count, __ATOMIC_SEQ_CST);
	struct arch_vcpu *arch = &vcpu->arch;
	u32 me = this_cpu()->id;

	if (arch->asid_for.root == vcpu->root && arch->asid_for.cpu == me &&
	    arch->asid_for.generation == asids[me].generation && arch->asid_for.flush_count == flush_count)
		return;
	new_asid(arch, me);
	arch->vmcb->nested_cr3 = vcpu->root->table.raw;
	arch->asid_for.root = vcpu->root;
	arch->asid_for.cpu = me;
	arch->asid_for.flush_count = flush_count;
	arch->asid_for.generation = asids[me].generation;
}

void x86_forget_translations(struct vcpu *vcpu)
{
	vcpu->arch.asid_for.root = NULL;
}
