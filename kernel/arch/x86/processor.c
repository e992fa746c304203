/*
 * This CPU's segments, gates, control registers and model-specific registers: see processor.h.
 *
 * Long mode needs segments only to tell user from kernel mode, and a TSS only to name stacks: one for traps from user
 * mode, and three (IST) for the traps that may come at any instruction.
 */
#include "processor.h"
#include "arch/arch.h"
#include "paging.h"
#include "x86.h"

struct control processor_control;
u64 pte_nx;

/* ---- What the processor can do ------------------------------------------------------------------------- */

/* Without nested paging it is of no use. */
static bool detect_svm(const struct cpuid *amd)
{
	return amd->ecx & CPUID_AMD_ECX_SVM && cpuid(CPUID_LARGEST_EXTENDED).eax >= CPUID_SVM &&
	       cpuid(CPUID_SVM).edx & CPUID_SVM_EDX_NESTED_PAGING;
}

void processor_detect(void)
{
	struct cpuid features = cpuid(CPUID_FEATURES), extended = { 0 }, amd = { 0 };

	if (cpuid(0).eax >= CPUID_EXTENDED_FEATURES)
		extended = cpuid(CPUID_EXTENDED_FEATURES);
	if (cpuid(CPUID_LARGEST_EXTENDED).eax >= CPUID_AMD_FEATURES)
		amd = cpuid(CPUID_AMD_FEATURES);

	processor_control.efer = EFER_SCE | EFER_LME;
	if (amd.edx & CPUID_AMD_EDX_NX) {
		processor_control.efer |= EFER_NXE;
		pte_nx = PTE_NX;
	}
	processor_control.has_svm = detect_svm(&amd);
	if (processor_control.has_svm)
		processor_control.efer |= EFER_SVME;
	processor_control.cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (features.edx & CPUID_1_EDX_PGE)
		processor_control.cr4 |= CR4_PGE;
	if (extended.ebx & CPUID_7_EBX_SMEP)
		processor_control.cr4 |= CR4_SMEP;
	if (extended.ebx & CPUID_7_EBX_SMAP)
		processor_control.cr4 |= CR4_SMAP;
	if (extended.ecx & CPUID_7_ECX_UMIP)
		processor_control.cr4 |= CR4_UMIP;
}

void processor_load_control(void)
{
	msr_write(MSR_EFER, processor_control.efer);
	cr4_write(processor_control.cr4);
}

/* ---- The width ----------------------------------------------------------------------------------------- */

#define ADDRESS_BITS_LEAST 36
#define WIDTH_MASK         0xff

/* "FlatlandHyp" and a zero: hyp/arch/x86/cpuid.c. */
static bool is_under_flatland(cpuid_fn *ask)
{
	struct cpuid signature = ask(CPUID_HYPERVISOR);

	return memcmp(&signature.ebx, "FlatlandHyp", sizeof("FlatlandHyp")) == 0 &&
	       signature.eax >= CPUID_HYPERVISOR_FEATURES;
}

static bool width_is_true(cpuid_fn *ask)
{
	if (!(ask(CPUID_FEATURES).ecx >> CPUID_1_ECX_HYPERVISOR_SHIFT))
		return true;
	return is_under_flatland(ask) && ask(CPUID_HYPERVISOR_FEATURES).eax & CPUID_HYPERVISOR_EAX_WIDTH_IS_TRUE;
}

u32 processor_address_bits(cpuid_fn *ask)
{
	if (!width_is_true(ask) || ask(CPUID_LARGEST_EXTENDED).eax < CPUID_ADDRESS_WIDTHS)
		return ADDRESS_BITS_LEAST;
	return ask(CPUID_ADDRESS_WIDTHS).eax & WIDTH_MASK;
}

/* ---- Segments ------------------------------------------------------------------------------------------ */

#define IST_STACK_SIZE 4096

enum { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_COUNT = IST_MACHINE_CHECK };

static u8 ist_stack[MAX_CPUS][IST_COUNT][IST_STACK_SIZE] __attribute__((aligned(16)));

/* What LGDT and LIDT read. */
struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

/* Hardware: [SDM3] "TSS Descriptor in 64-bit mode": the base address in pieces, in two places of the GDT. */
static void describe_tss(u64 *place, const struct tss *tss)
{
	u64 base = (u64)tss, limit = sizeof(*tss) - 1;
	u64 present_tss = 0x89;

	place[0] = limit | (base & 0xffffff) << 16 | present_tss << 40 | (base >> 24 & 0xff) << 56;
	place[1] = base >> 32;
}

static void load_segments(struct cpu *cpu)
{
	u64 *gdt = cpu->arch.gdt;
	struct table_pointer pointer = { sizeof(cpu->arch.gdt) - 1, (u64)gdt };

	gdt[SELECTOR_KERNEL_CODE / 8] = SEGMENT_KERNEL_CODE;
	gdt[SELECTOR_KERNEL_DATA / 8] = SEGMENT_KERNEL_DATA;
	gdt[SELECTOR_USER_DATA / 8] = SEGMENT_USER_DATA;
	gdt[SELECTOR_USER_CODE / 8] = SEGMENT_USER_CODE;
	describe_tss(&gdt[SELECTOR_TSS / 8], &cpu->arch.tss);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("push %0; push $1f; lretq; 1:" : : "i"(SELECTOR_KERNEL_CODE) : "memory");
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	__asm__ volatile("mov %0, %%ss" : : "r"(SELECTOR_KERNEL_DATA));
	__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
}

static void fill_tss(struct cpu *cpu)
{
	struct tss *tss = &cpu->arch.tss;

	tss->io_map = sizeof(*tss);
	for (u32 i = 0; i < IST_COUNT; i++)
		tss->ist[i] = (u64)ist_stack[cpu->id][i] + IST_STACK_SIZE;
}

/* ---- Gates --------------------------------------------------------------------------------------------- */

/* Hardware: [SDM3] "64-Bit Mode IDT". */
struct gate {
	u16 offset_0;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_16;
	u32 offset_32;
	u32 reserved;
};
_Static_assert(sizeof(struct gate) == 16, "the hardware's gate");

enum {
	GATE_INTERRUPT = 0x8e, /* present, turns interrupts off */
	GATE_FOR_USER = 0x60,  /* user programs may use it with INT */
	VECTOR_BREAKPOINT = 3,
};

static struct gate idt[VECTOR_COUNT] __attribute__((aligned(16)));

static u8 ist_of(u32 vector)
{
	switch (vector) {
	case VECTOR_NMI: return IST_NMI;
	case VECTOR_DOUBLE_FAULT: return IST_DOUBLE_FAULT;
	case VECTOR_MACHINE_CHECK: return IST_MACHINE_CHECK;
	default: return IST_NONE;
	}
}

/* All CPUs fill in the same. */
static void load_gates(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (u64)idt };

	for (u32 vector = 0; vector < VECTOR_COUNT; vector++) {
		u64 stub = (u64)x86_trap_stubs + vector * TRAP_STUB_SIZE;

		idt[vector] = (struct gate){
			.offset_0 = stub,
			.offset_16 = stub >> 16,
			.offset_32 = stub >> 32,
			.selector = SELECTOR_KERNEL_CODE,
			.ist = ist_of(vector),
			.type = GATE_INTERRUPT | (vector == VECTOR_BREAKPOINT ? GATE_FOR_USER : 0),
		};
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* Hardware: [APM2] "SYSCALL and SYSRET"; what SYSCALL clears in rflags is MSR_FMASK. */
static void enable_syscall(void)
{
	msr_write(MSR_STAR, (u64)SYSRET_SELECTOR_BASE << 48 | (u64)SELECTOR_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (u64)x86_syscall_entry);
	msr_write(MSR_FMASK, RFLAGS_IF | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_IOPL);
}

/* Loading the gs selector clears the gs base, so that comes first. */
void processor_init(struct cpu *cpu)
{
	cpu->arch.self = cpu;
	cpu->arch.timer_deadline = ~0ull;
	fill_tss(cpu);
	load_segments(cpu);
	load_gates();
	msr_write(MSR_FS_BASE, 0);
	msr_write(MSR_GS_BASE, (u64)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	cr0_write(CR0_PG | CR0_WP | CR0_NE | CR0_TS | CR0_MP | CR0_PE);
	processor_load_control();
	enable_syscall();
	arch_set_kernel_stack(cpu->boot_stack);
}

/* Hardware: docs/platform.md, "Under -icount": QEMU gives the slice of a CPU that executes PAUSE to the next CPU. */
void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}
