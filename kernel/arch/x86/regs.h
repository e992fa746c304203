/*
 * Control registers, model-specific registers, CPUID, ports: their bits and how to reach them.
 * Hardware: [SDM3] "Control Registers", "Model-Specific Registers"; [APM2] "Extended Feature Enable Register".
 */
#ifndef X86_REGS_H
#define X86_REGS_H

#define CR0_PE 0x00000001 /* protected mode */
#define CR0_MP 0x00000002 /* WAIT heeds TS */
#define CR0_TS 0x00000008 /* the next floating-point instruction traps */
#define CR0_NE 0x00000020 /* x87 errors are exceptions */
#define CR0_WP 0x00010000 /* read-only pages are so for the kernel too */
#define CR0_PG 0x80000000 /* paging */

#define CR4_PAE        0x000020
#define CR4_MCE        0x000040 /* machine checks are exceptions */
#define CR4_PGE        0x000080 /* global pages */
#define CR4_OSFXSR     0x000200 /* FXSAVE, SSE */
#define CR4_OSXMMEXCPT 0x000400 /* SSE errors are exceptions */
#define CR4_UMIP       0x000800 /* SGDT and its kind are for the kernel */
#define CR4_SMEP       0x100000 /* the kernel does not execute user pages */
#define CR4_SMAP       0x200000 /* nor read or write them, unless RFLAGS.AC is set */

#define MSR_APIC_BASE      0x0000001b
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_FMASK          0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE 0x001 /* SYSCALL */
#define EFER_LME 0x100 /* long mode */
#define EFER_NXE 0x800 /* no-execute pages */
#define EFER_SVME 0x1000 /* VMRUN and its kind */

#define APIC_BASE_ENABLE 0x800
#define APIC_BASE_MASK   0x000ffffffffff000

#define RFLAGS_FIXED 0x00000002 /* always 1 */
#define RFLAGS_TF    0x00000100
#define RFLAGS_IF    0x00000200
#define RFLAGS_DF    0x00000400
#define RFLAGS_IOPL  0x00003000
#define RFLAGS_NT    0x00004000
#define RFLAGS_AC    0x00040000

#ifndef __ASSEMBLER__

#include "abi/types.h"

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

/* Hardware: [SDM2] "CPUID"; leaves and bits that this kernel asks for. */
enum {
	CPUID_FEATURES = 1,
	CPUID_EXTENDED_FEATURES = 7,
	CPUID_LARGEST_EXTENDED = 0x80000000,
	CPUID_AMD_FEATURES = 0x80000001,
	CPUID_ADDRESS_WIDTHS = 0x80000008,
	CPUID_HYPERVISOR = 0x40000000,
	CPUID_HYPERVISOR_FEATURES = 0x40000001,
	CPUID_SVM = 0x8000000a,

	CPUID_1_EBX_APIC_ID_SHIFT = 24,
	CPUID_1_ECX_HYPERVISOR_SHIFT = 31,
	CPUID_1_EDX_APIC = 1 << 9,
	CPUID_1_EDX_PGE = 1 << 13,
	CPUID_7_EBX_SMEP = 1 << 7,
	CPUID_7_EBX_SMAP = 1 << 20,
	CPUID_7_ECX_UMIP = 1 << 2,
	CPUID_AMD_ECX_SVM = 1 << 2,
	CPUID_AMD_EDX_NX = 1 << 20,
	CPUID_HYPERVISOR_EAX_WIDTH_IS_TRUE = 1 << 0,
	CPUID_SVM_EDX_NESTED_PAGING = 1 << 0,
	CPUID_SVM_EDX_FLUSH_BY_ASID = 1 << 6,
};

static inline struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

static inline u64 msr_read(u32 msr)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void msr_write(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

#define DEFINE_CR(n)                                                                               \
	static inline u64 cr##n##_read(void)                                                       \
	{                                                                                          \
		u64 value;                                                                         \
                                                                                                   \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(value));                              \
		return value;                                                                      \
	}                                                                                          \
	static inline void cr##n##_write(u64 value)                                                \
	{                                                                                          \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(value) : "memory");                     \
	}

DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)

#undef DEFINE_CR

static inline u64 tsc_read(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

static inline u8 port_read8(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_write8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write16(u16 port, u16 value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write32(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

#endif
#endif
