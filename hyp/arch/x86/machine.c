/*
 * Machines and their vCPUs: what they have on x86-64, how they begin.
 */
#include "hyp_x86.h"
#include "paging.h"

#define WIDTH_MASK 0xff
#define HOST_LEVELS 4 /* the nested walk has as many as the host's own (docs/platform.md) */

/* What this processor has for its own memory it has for guests'. */
int arch_gpa_bits_max(void)
{
	if (cpuid(CPUID_LARGEST_EXTENDED).eax < CPUID_ADDRESS_WIDTHS)
		return 36;
	return cpuid(CPUID_ADDRESS_WIDTHS).eax & WIDTH_MASK;
}

void arch_mmu_config(struct mmu_config *config)
{
	config->root_bits = config->gpa_bits;
	config->levels_fixed = HOST_LEVELS;
}

int arch_vm_create(struct vm *vm)
{
	vpic_reset(&vm->arch.pic);
	vpit_reset(&vm->arch.pit);
	vm->arch.tsc_offset = -tsc_read();
	return 0;
}

void arch_vm_destroy(struct vm *vm)
{
}

void x86_machine_cpu_create(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	m->lapic.id = vcpu->index;
	vlapic_reset(&m->lapic);
	cpuid_offer(&m->cpuid);
	m->look = true;
	vcpu->arch.vmcb->tsc_offset = vcpu->vm->arch.tsc_offset;
}

/* Hardware: [SDM3] "MP Initialization Protocol Algorithm": at the start of the page that the message names. */
static void set_start(struct vmcb *vmcb, u8 vector)
{
	vmcb->cs.selector = vector << 8;
	vmcb->cs.base = (u64)vector << PAGE_SHIFT;
	vmcb->rip = 0;
}

/* All that INIT resets; floating point and the time-stamp counter stay. */
void arch_vcpu_started(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;
	struct x86_machine_cpu *m = &arch->m;

	memset(arch->gpr, 0, sizeof(arch->gpr));
	memset(m->dr, 0, sizeof(m->dr));
	memset(&m->unfinished, 0, sizeof(m->unfinished));
	vcpu->has_unfinished = false;
	m->nmi_masked = m->at_iret = m->is_stepping = false;
	arch->vmcb->event_inject = 0;
	arch->vmcb->interrupt_shadow = 0;
	arch->vmcb->virtual_interrupt = VMCB_INTERRUPT_MASKING;
	x86_vmcb_reset(arch->vmcb);
	spin_lock(&vcpu->vm->irq_lock);
	vlapic_init(&m->lapic);
	m->nmi_pending = 0;
	set_start(arch->vmcb, m->sipi_vector);
	spin_unlock(&vcpu->vm->irq_lock);
	WRITE_ONCE(m->look, true);
	x86_forget_translations(vcpu);
}

/* There are none. */
void arch_vcpu_serve(struct vcpu *vcpu, u32 requests)
{
}

/* An ASID is this vCPU's alone: a new one, and all is forgotten. */
void arch_root_flush_here(struct host_root *root, gpa_t start, gpa_t end)
{
	struct thread_hook *hook = current()->hook;
	struct vcpu *vcpu = hook ? container_of(hook, struct vcpu, hook) : NULL;

	if (vcpu && vcpu->root == root)
		x86_forget_translations(vcpu);
}
