/*
 * Guests for tests, on x86-64: their state, and the kernel's.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/arch/x86/vmcb.h"

#define ENTRY       0x07 /* P R/W U/S */
#define LEAF        0x87 /* and PS */
#define EFER_LMA    0x400
#define CODE_64     0xa9b
#define DATA        0xc93
#define LDT         0x082
#define TSS_64      0x08b

/* The root leads to a table whose first entry maps a GiB, and whose second to a table where nothing is. */
static void make_tables(struct guest *g)
{
	u64 *root = guest_memory(g, GUEST_TABLES), *level2 = guest_memory(g, GUEST_TABLES + PAGE_SIZE);

	root[0] = (GUEST_TABLES + PAGE_SIZE) | ENTRY;
	level2[0] = LEAF;
	level2[1] = GUEST_HOLE_TABLE | ENTRY;
}

static void set_segments(struct vmcb *vmcb)
{
	struct vmcb_segment data = { 16, DATA, 0xffffffff, 0 };

	vmcb->cs = (struct vmcb_segment){ 8, CODE_64, 0xffffffff, 0 };
	vmcb->ss = vmcb->ds = vmcb->es = vmcb->fs = vmcb->gs = data;
	vmcb->tr = (struct vmcb_segment){ 24, TSS_64, 0xffff, 0 };
	vmcb->ldtr = (struct vmcb_segment){ 0, LDT, 0, 0 };
	vmcb->gdtr = vmcb->idtr = (struct vmcb_segment){ 0 };
}

void guest_reset(struct guest *g, u64 pc)
{
	struct vmcb *vmcb = g->vcpu->arch.vmcb;

	make_tables(g);
	set_segments(vmcb);
	memset(g->vcpu->arch.gpr, 0, sizeof(g->vcpu->arch.gpr));
	vmcb->efer = EFER_SVME | EFER_NXE | EFER_LMA | EFER_LME | EFER_SCE;
	vmcb->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE;
	vmcb->cr3 = GUEST_TABLES;
	vmcb->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	vmcb->rflags = RFLAGS_FIXED;
	vmcb->rip = pc;
	vmcb->rsp = GUEST_STACK;
	vmcb->rax = 0;
	vmcb->event_inject = 0;
}

u64 *guest_arg(struct guest *g)
{
	return &g->vcpu->arch.gpr[GPR_RDI];
}

u64 *guest_result(struct guest *g)
{
	return &g->vcpu->arch.gpr[GPR_RSI];
}

const u32 guest_register_count = GPR_COUNT;

u64 *guest_register(struct guest *g, u32 n)
{
	switch (n) {
	case GPR_RAX: return &g->vcpu->arch.vmcb->rax;
	case GPR_RSP: return &g->vcpu->arch.vmcb->rsp;
	default: return &g->vcpu->arch.gpr[n];
	}
}

u64 guest_pc(const struct guest *g)
{
	return g->vcpu->arch.vmcb->rip;
}

/* What LGDT and LIDT read. */
struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

/* TS of CR0 changes with floating point. */
void host_state(u64 *value)
{
	static const u32 msr[] = {
		MSR_EFER, MSR_STAR, MSR_LSTAR, MSR_FMASK, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	};
	struct table_pointer gdt, idt;
	u16 tr, ldt;

	__asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	__asm__ volatile("str %0; sldt %1" : "=m"(tr), "=m"(ldt));
	u64 state[HOST_STATE_COUNT - ARRAY_SIZE(msr)] = {
		cr0_read() & ~CR0_TS, cr3_read(), cr4_read(), gdt.base, gdt.limit, idt.base, idt.limit, tr, ldt,
		arch_irq_enabled(), (u64)this_cpu(),
	};

	for (u32 i = 0; i < ARRAY_SIZE(msr); i++)
		value[i] = msr_read(msr[i]);
	memcpy(value + ARRAY_SIZE(msr), state, sizeof(state));
}

#define FXSAVE_XMM 160
#define XMM_COUNT  16

void fp_fill(struct arch_fp *fp, u64 seed)
{
	arch_fp_init(fp);
	for (u64 i = 0; i < 2 * XMM_COUNT; i++) {
		u64 value = seed + i;

		memcpy(fp->fxsave + FXSAVE_XMM + 8 * i, &value, sizeof(value));
	}
}

bool fp_matches(const struct arch_fp *fp, u64 seed)
{
	struct arch_fp expected;

	fp_fill(&expected, seed);
	return memcmp(fp->fxsave + FXSAVE_XMM, expected.fxsave + FXSAVE_XMM, 16 * XMM_COUNT) == 0;
}
