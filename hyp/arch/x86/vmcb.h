/*
 * The virtual machine control block: a page that tells VMRUN what to run and what ends it, and that has the guest's
 * state and the reason afterwards.
 * Hardware: [APM2] "Layout of VMCB".
 */
#ifndef X86_VMCB_H
#define X86_VMCB_H

#include "kernel.h"

/* Attributes: type and S, DPL, P (bits 0-7 of the descriptor's), AVL, L, D/B, G (bits 8-11). */
struct vmcb_segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	/* Control. */
	u32 intercept_cr, intercept_dr, intercept_exceptions, intercept_1, intercept_2;
	u8 reserved_014[0x040 - 0x014];
	u64 io_map, msr_map; /* physical: a set bit intercepts */
	u64 tsc_offset;
	u32 asid;
	u8 tlb_control;      /* mmu/fmt/npt/tlb.h */
	u8 reserved_05d[3];
	u64 virtual_interrupt;
	u64 interrupt_shadow;
	u64 exitcode, exitinfo1, exitinfo2;
	u64 exitintinfo;     /* the event that was being delivered */
	u64 nested;          /* bit 0: nested paging */
	u8 reserved_098[0x0a8 - 0x098];
	u64 event_inject;    /* the event that VMRUN delivers */
	u64 nested_cr3;
	u8 reserved_0b8[0x400 - 0x0b8];

	/* State. */
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x4cb - 0x4a0];
	u8 cpl;
	u8 reserved_4cc[4];
	u64 efer;
	u8 reserved_4d8[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved_580[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved_5e0[0x5f8 - 0x5e0];
	u64 rax, star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	u8 reserved_648[0x668 - 0x648];
	u64 pat;
	u8 reserved_670[0x1000 - 0x670];
};
_Static_assert(offsetof(struct vmcb, asid) == 0x058, "hardware's place");
_Static_assert(offsetof(struct vmcb, exitcode) == 0x070, "hardware's place");
_Static_assert(offsetof(struct vmcb, event_inject) == 0x0a8, "hardware's place");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "hardware's place");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "hardware's place");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "hardware's place");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "hardware's place");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "hardware's place");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "hardware's place");
_Static_assert(sizeof(struct vmcb) == PAGE_SIZE, "one page");

#define VMCB_NESTED_PAGING 1ull
#define VMCB_SHADOW        1ull /* of interrupt_shadow */

/* Of virtual_interrupt: the guest's RFLAGS.IF is for its own interrupts; the host's decides about ours. */
#define VMCB_INTERRUPT_MASKING (1ull << 24)
#define VMCB_TPR               0xfull
#define VMCB_IRQ               (1ull << 8) /* "virtual interrupt pending": used only to end the guest when it may be */
#define VMCB_IGNORE_TPR        (1ull << 20)

/* Of intercept_cr. */
#define INTERCEPT_CR4_WRITE (1u << 20)
#define INTERCEPT_CR8_WRITE (1u << 24)

/* Of intercept_1 and intercept_2: bit numbers. */
enum {
	INTERCEPT_INTR = 0, INTERCEPT_NMI = 1, INTERCEPT_INIT = 3, INTERCEPT_VINTR = 4, INTERCEPT_RDPMC = 15,
	INTERCEPT_CPUID = 18, INTERCEPT_RSM = 19, INTERCEPT_IRET = 20, INTERCEPT_INVD = 22, INTERCEPT_HLT = 24,
	INTERCEPT_INVLPGA = 26, INTERCEPT_IO = 27, INTERCEPT_MSR = 28, INTERCEPT_TASK_SWITCH = 29,
	INTERCEPT_FERR_FREEZE = 30, INTERCEPT_SHUTDOWN = 31,

	INTERCEPT_2_VMRUN = 0, INTERCEPT_2_VMMCALL, INTERCEPT_2_VMLOAD, INTERCEPT_2_VMSAVE, INTERCEPT_2_STGI,
	INTERCEPT_2_CLGI, INTERCEPT_2_SKINIT, INTERCEPT_2_RDTSCP, INTERCEPT_2_WBINVD = 9, INTERCEPT_2_MONITOR,
	INTERCEPT_2_MWAIT, INTERCEPT_2_MWAIT_ARMED, INTERCEPT_2_XSETBV,
};

/* Of exitcode.  Hardware: [APM2] "SVM Intercept Exit Codes". */
#define SVM_EXIT_INVALID (~0u) /* of the lower half, which is all that QEMU writes */
enum {
	SVM_EXIT_WRITE_CR4 = 0x14, SVM_EXIT_WRITE_CR8 = 0x18, SVM_EXIT_DR = 0x20, SVM_EXIT_DR_END = 0x40,
	SVM_EXIT_EXCEPTION = 0x40,
	SVM_EXIT_INTR = 0x60, SVM_EXIT_NMI = 0x61, SVM_EXIT_INIT = 0x63, SVM_EXIT_VINTR = 0x64, SVM_EXIT_RDPMC = 0x6f,
	SVM_EXIT_CPUID = 0x72, SVM_EXIT_RSM = 0x73, SVM_EXIT_IRET = 0x74, SVM_EXIT_INVD = 0x76, SVM_EXIT_HLT = 0x78,
	SVM_EXIT_INVLPGA = 0x7a, SVM_EXIT_IO = 0x7b, SVM_EXIT_MSR = 0x7c, SVM_EXIT_SHUTDOWN = 0x7f,
	SVM_EXIT_VMRUN = 0x80, SVM_EXIT_VMMCALL = 0x81, SVM_EXIT_VMLOAD = 0x82, SVM_EXIT_VMSAVE = 0x83,
	SVM_EXIT_STGI = 0x84, SVM_EXIT_CLGI = 0x85, SVM_EXIT_SKINIT = 0x86, SVM_EXIT_RDTSCP = 0x87,
	SVM_EXIT_WBINVD = 0x89, SVM_EXIT_MONITOR = 0x8a, SVM_EXIT_MWAIT = 0x8b, SVM_EXIT_MWAIT_ARMED = 0x8c,
	SVM_EXIT_XSETBV = 0x8d,
};

/* Of exitintinfo and event_inject.  Hardware: [APM2] "Event Injection". */
#define EVENT_VALID  (1ull << 31)
#define EVENT_VECTOR 0xffull
#define EVENT_TYPE   (7ull << 8)
#define EVENT_HAS_ERROR (1ull << 11) /* in the upper half */
enum { EVENT_EXTERNAL = 0, EVENT_NMI = 2 << 8, EVENT_EXCEPTION = 3 << 8, EVENT_SOFTWARE_INTERRUPT = 4 << 8 };

#endif
