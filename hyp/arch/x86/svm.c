/*
 * VMCBs, floating point, and preparing CPUs.
 *
 * Floating point is not lazy here: with CR0.TS set only in the hypervisor's mind, the guest would not trap.  Its
 * registers are loaded before the entry, and stay until the vCPU is put.
 */
#include "hyp_x86.h"
#include "vmcb.h"
#include "hyp/vcpu.h"
#include "mm/buddy.h"
#include "mmu/fmt/npt/tlb.h"
#include "processor.h"

/* ---- CPUs ---------------------------------------------------------------------------------------------- */

#define MSR_VM_HSAVE_PA 0xc0010117
#define IO_MAP_ORDER    2 /* 12 KiB are used */
#define MSR_MAP_ORDER   1

static hpa_t io_map, msr_map; /* all ones: every port, every MSR ends the guest */

static struct {
	hpa_t saved;    /* VMRUN's place for the kernel's state */
	hpa_t vmsaved;  /* VMSAVE's */
} host[MAX_CPUS];

const char *arch_hyp_probe(void)
{
	return processor_control.has_svm ? NULL : "no SVM with nested paging";
}

static hpa_t boot_pages(u32 order, int fill)
{
	hpa_t pages = buddy_alloc(order);

	if (!pages.raw)
		panic("hyp: no memory at boot for %lu bytes", PAGE_SIZE << order);
	memset(hpa_to_ptr(pages), fill, PAGE_SIZE << order);
	return pages;
}

void arch_hyp_init(void)
{
	struct cpu *cpu;

	io_map = boot_pages(IO_MAP_ORDER, 0xff);
	msr_map = boot_pages(MSR_MAP_ORDER, 0xff);
	for_each_cpu(cpu) {
		host[cpu->id].saved = boot_pages(0, 0);
		host[cpu->id].vmsaved = boot_pages(0, 0);
	}
}

/* EFER.SVME is set already: processor.c.  Hardware: [APM2] "VM_HSAVE_PA MSR (C001_0117h)". */
void arch_hyp_cpu_init(void)
{
	msr_write(MSR_VM_HSAVE_PA, host[this_cpu()->id].saved.raw);
	x86_asid_limit_here(~0u);
}

/* ---- World switch -------------------------------------------------------------------------------------- */

/* All that the hardware must know is in the VMCB. */
void arch_vcpu_load(struct vcpu *vcpu)
{
}

void arch_vcpu_put(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;

	if (!arch->fp_loaded)
		return;
	arch_fp_save_and_disable(&arch->fp);
	arch->fp_loaded = false;
}

/*
 * Is the event one that the guest meets again when it goes on at its rip?  INT n, INT3 and INTO: the instruction is
 * executed again.
 */
static bool is_of_an_instruction(u64 event)
{
	u64 vector = event & EVENT_VECTOR;

	switch (event & EVENT_TYPE) {
	case EVENT_SOFTWARE_INTERRUPT: return true;
	case EVENT_EXCEPTION: return vector == 3 || vector == 4;
	default: return false;
	}
}

/*
 * An exit in the middle of an event's delivery: the next entry delivers it.  Hardware: docs/platform.md, "Guests on
 * x86-64": without V the rest of the field means nothing, and event_inject is to be written whole.
 */
static void keep_event(struct vmcb *vmcb)
{
	u64 event = vmcb->exitintinfo;

	vmcb->event_inject = (event & EVENT_VALID) && !is_of_an_instruction(event) ? event : 0;
}

/*
 * QEMU's VMRUN does not load the shadow (docs/platform.md).  So it says that there is none when the guest has not even
 * got past the instruction at `rip` that the shadow covers.
 */
static void keep_shadow(struct vmcb *vmcb, u64 shadow, u64 rip)
{
	if (vmcb->rip == rip)
		vmcb->interrupt_shadow |= shadow;
}

/*
 * An NMI that waits for the end of another one's handler: a single step over the IRET ends the guest right behind it.
 * IRET loads the flags, so TF needs to be taken away only if it has not been executed.  If it faults, its handler sees
 * TF in the flags that were saved, and the step ends when it has returned.
 */
static void begin_step(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;
	struct vmcb *vmcb = vcpu->arch.vmcb;

	if (!m->at_iret || !READ_ONCE(m->nmi_pending) || vmcb->rip != m->iret_rip || vmcb->rflags & RFLAGS_TF)
		return;
	vmcb->rflags |= RFLAGS_TF;
	m->is_stepping = true;
	m->step_dr6 = vmcb->dr6;
}

static void give_up_step(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;

	if (!m->is_stepping || vcpu->arch.vmcb->rip != m->iret_rip)
		return;
	vcpu->arch.vmcb->rflags &= ~(u64)RFLAGS_TF;
	m->is_stepping = false;
}

void arch_vcpu_enter(struct vcpu *vcpu)
{
	struct arch_vcpu *arch = &vcpu->arch;
	struct vmcb *vmcb = arch->vmcb;
	u64 shadow = vmcb->interrupt_shadow & VMCB_SHADOW, rip = vmcb->rip;

	if (!arch->fp_loaded) {
		arch_fp_restore(&arch->fp);
		arch->fp_loaded = true;
	}
	x86_breakpoints_load(vcpu);
	if (arch->m.at_iret)
		begin_step(vcpu);
	x86_vcpu_enter(ptr_to_hpa(vmcb).raw, arch->gpr, host[this_cpu()->id].vmsaved.raw);
	vmcb->tlb_control = SVM_TLB_KEEP;
	keep_shadow(vmcb, shadow, rip);
	keep_event(vmcb);
	if (arch->m.is_stepping)
		give_up_step(vcpu);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

#define BIT(name) (1u << INTERCEPT_##name)

/*
 * What ends the guest: all that is ours, or would tell it of us, or could keep the CPU busy without an end.  The last
 * are #DB and #AC, whose delivery can raise them again.
 */
static void set_intercepts(struct vmcb *vmcb)
{
	vmcb->intercept_cr = INTERCEPT_CR4_WRITE;
	vmcb->intercept_dr = ~0u; /* VMRUN switches DR6 and DR7 alone */
	vmcb->intercept_exceptions = 1u << EXCEPTION_DB | 1u << EXCEPTION_AC | 1u << EXCEPTION_MC;
	vmcb->intercept_1 = BIT(INTR) | BIT(NMI) | BIT(INIT) | BIT(RDPMC) | BIT(CPUID) | BIT(RSM) | BIT(INVD) |
			    BIT(HLT) | BIT(INVLPGA) | BIT(IO) | BIT(MSR) | BIT(TASK_SWITCH) | BIT(FERR_FREEZE) |
			    BIT(SHUTDOWN);
	vmcb->intercept_2 = BIT(2_VMRUN) | BIT(2_VMMCALL) | BIT(2_VMLOAD) | BIT(2_VMSAVE) | BIT(2_STGI) |
			    BIT(2_CLGI) | BIT(2_SKINIT) | BIT(2_RDTSCP) | BIT(2_WBINVD) | BIT(2_MONITOR) |
			    BIT(2_MWAIT) | BIT(2_MWAIT_ARMED) | BIT(2_XSETBV);
	vmcb->io_map = io_map.raw;
	vmcb->msr_map = msr_map.raw;
	vmcb->virtual_interrupt = VMCB_INTERRUPT_MASKING;
	vmcb->nested = VMCB_NESTED_PAGING;
}

enum { REAL_CODE = 0x09b, REAL_DATA = 0x093, REAL_LDT = 0x082, REAL_TSS = 0x08b };
#define CR0_ET          0x10
#define CR0_NW_CD       0x60000000
#define DR6_RESET       0xffff0ff0
#define DR7_RESET       0x400
#define PAT_RESET       0x0007040600070406
#define RESET_CODE_BASE 0xffff0000
#define RESET_IP        0xfff0

/* Hardware: [SDM3] "Processor State After Reset".  VMRUN wants SVME in the guest's EFER. */
void x86_vmcb_reset(struct vmcb *vmcb)
{
	struct vmcb_segment data = { 0, REAL_DATA, 0xffff, 0 };

	memset(&vmcb->es, 0, sizeof(*vmcb) - offsetof(struct vmcb, es));
	vmcb->cs = (struct vmcb_segment){ 0xf000, REAL_CODE, 0xffff, RESET_CODE_BASE };
	vmcb->es = vmcb->ss = vmcb->ds = vmcb->fs = vmcb->gs = data;
	vmcb->gdtr = vmcb->idtr = (struct vmcb_segment){ .limit = 0xffff };
	vmcb->ldtr = (struct vmcb_segment){ 0, REAL_LDT, 0xffff, 0 };
	vmcb->tr = (struct vmcb_segment){ 0, REAL_TSS, 0xffff, 0 };
	vmcb->efer = EFER_SVME;
	vmcb->cr0 = CR0_NW_CD | CR0_ET;
	vmcb->dr6 = DR6_RESET;
	vmcb->dr7 = DR7_RESET;
	vmcb->rflags = RFLAGS_FIXED;
	vmcb->rip = RESET_IP;
	vmcb->pat = PAT_RESET;
}

int arch_vcpu_create(struct vcpu *vcpu)
{
	hpa_t page = buddy_alloc(0);
	struct vmcb *vmcb = hpa_to_ptr(page);

	if (!page.raw)
		return -ENOMEM;
	memset(vmcb, 0, sizeof(*vmcb));
	set_intercepts(vmcb);
	x86_vmcb_reset(vmcb);
	vcpu->arch.vmcb = vmcb;
	arch_fp_init(&vcpu->arch.fp);
	if (vcpu->vm)
		x86_machine_cpu_create(vcpu);
	return 0;
}

void arch_vcpu_destroy(struct vcpu *vcpu)
{
	buddy_free(ptr_to_hpa(vcpu->arch.vmcb), 0);
}
