/*
 * /dev/vm: virtual machines.  docs/vm-api.md is the reference page; this file has the numbers and the layout.
 *
 * Every structure that a call takes begins with `size`, its size as the caller was compiled.  The kernel takes any size
 * from 8 bytes on: what the caller does not know is zero for the kernel; what the kernel does not know must be zero
 * (-E2BIG), and only `size` bytes are written back.  Fields are never moved; `reserved` must be 0 (-EINVAL).
 */
#ifndef ABI_VM_H
#define ABI_VM_H

#include "abi/types.h"

#define VM_API_VERSION 1

#define VM_MAX      32 /* machines */
#define VM_VCPU_MAX 8  /* of one */
#define VM_SLOT_MAX 64
#define VM_NAME_MAX 16

/* ---- Calls --------------------------------------------------------------------------------------------- */

enum vm_call {
	/* on /dev/vm */
	VM_VERSION = 0x5600,     /* no argument: VM_API_VERSION */
	VM_CAPS,                 /* struct vm_caps, out */
	VM_CREATE,               /* struct vm_config, in: descriptor of a machine */
	VM_LIST,                 /* struct vm_list, in and out */
	VM_STAT,                 /* struct vm_stat, in: id; out */
	VM_DUMP,                 /* struct vm_text, in: id, range; out: text */
	VM_WHY,                  /* struct vm_text, in: id, start; out: text */

	/* on a machine */
	VM_SET_MEMSLOT = 0x5620, /* struct vm_memslot, in */
	VM_CREATE_VCPU,          /* the index itself: descriptor of a vCPU */
	VM_SET_LINE,             /* struct vm_line, in */
	VM_PREFAULT,             /* struct vm_range, in; out: start moves to where it stopped */
	VM_GET_STATE,            /* struct vm_state_call: a set of the machine's */
	VM_SET_STATE,
	VM_SET_LIMIT,            /* struct vm_limit, in: table pages */
	VM_GET_DIRTY,            /* struct vm_dirty_log: -ENOSYS */
	VM_CLEAR_DIRTY,          /* struct vm_dirty_log: -ENOSYS */
	VM_SET_ATTRIBUTES,       /* struct vm_attributes: -ENOSYS */
	VM_GET_ATTRIBUTES,       /* struct vm_attributes: -ENOSYS */
	VM_CHECK,                /* no argument: the number of the invariant that is broken, or 0 */

	/* on a vCPU */
	VCPU_RUN = 0x5640,       /* no argument; the run page says what happened */
	VCPU_KICK,               /* no argument */
	VCPU_GET_STATE,          /* struct vm_state_call */
	VCPU_SET_STATE,
	VCPU_STAT,               /* struct vm_vcpu_stat, out */
};

/* ---- What this kernel can ------------------------------------------------------------------------------ */

enum vm_cap {
	VM_CAP_HUGE = 1, VM_CAP_DIRTY_LOG = 2, VM_CAP_ATTRIBUTES = 4, VM_CAP_PREFAULT = 8, VM_CAP_PARALLEL = 16,
};

struct vm_caps {
	u32 size, caps; /* enum vm_cap */
	u32 gpa_bits_min, gpa_bits_max;
	u32 vcpu_max, slot_max, line_count;
	u32 run_size;    /* bytes to map of a vCPU */
	u64 table_limit; /* pages that a machine may have for tables unless it asks */
	char arch[8], mmu[16];
};

struct vm_config {
	u32 size;
	u32 gpa_bits;     /* the guest's physical width; 0: 40, or the most that there is */
	u32 flags;        /* 0 */
	u32 view_count;   /* 0; more: -ENOSYS */
	u64 secure_entry; /* 0; more: -ENOSYS */
	u64 table_limit;  /* pages; 0: what vm_caps says */
	char name[VM_NAME_MAX];
};

/* ---- Memory -------------------------------------------------------------------------------------------- */

enum { VM_SLOT_READ_ONLY = 1, VM_SLOT_LOG = 2 /* -ENOSYS */ };

/*
 * `id` names it: new; the same again with other flags or another place in memory; another guest address (it moves);
 * length 0 (it goes).  In bytes, multiples of 4096.  From `guest` on the guest sees what the monitor has from `memory`
 * on.
 */
struct vm_memslot {
	u32 size, id, flags, reserved;
	u64 guest, length, memory;
};

struct vm_range {
	u32 size, reserved;
	u64 start, end;
};

struct vm_limit {
	u32 size, reserved;
	u64 pages;
};

struct vm_dirty_log {
	u32 size, id;     /* of the memslot */
	u64 first, count; /* pages of it */
	u64 bitmap;       /* user address */
};

enum { VM_ATTRIBUTE_PRIVATE = 1, VM_ATTRIBUTE_SECURE = 2 };

struct vm_attributes {
	u32 size, reserved;
	u64 start, end;
	u64 attributes; /* get: those that all pages have */
};

/*
 * RISC-V: line i is the external interrupt of vCPU i.  x86: lines 0-15 are the PICs'; 16 + i is the NMI of vCPU i, at
 * each rise of its level.
 */
struct vm_line {
	u32 size, line;
	u32 level, reserved; /* 0 or 1 */
};

/* ---- Running ------------------------------------------------------------------------------------------- */

enum vm_exit {
	VM_EXIT_NONE,
	VM_EXIT_KICKED,   /* VCPU_KICK, or `kick` was set */
	VM_EXIT_MMIO,     /* .mmio */
	VM_EXIT_IO,       /* .io; x86 */
	VM_EXIT_CALL,     /* .call: an SBI call (RISC-V) or VMMCALL (x86) that the kernel does not do */
	VM_EXIT_SHUTDOWN, /* .system: the guest asked for it (SBI SRST), or a triple fault */
	VM_EXIT_FAULT,    /* .fault: the monitor has no page there, or a limit */
	VM_EXIT_FAIL,     /* .fail: this vCPU runs no more, unless its state is set */
	VM_EXIT_STOPPED,  /* all vCPUs are stopped: nobody is left to start one */
};

enum vm_fail {
	VM_FAIL_INVALID_STATE = 1, /* hardware refuses the registers */
	VM_FAIL_EMULATE,           /* an instruction on MMIO that the kernel cannot decode; detail: pc, its bytes */
	VM_FAIL_LIVELOCK,          /* the same fault again and again; detail: address, pc; text: the entry in the way */
	VM_FAIL_EXIT,              /* an exit that should not be; detail: its code, pc */
	VM_FAIL_BUG,               /* an entry of ours was malformed; detail: address, pc; text: the entry */
};

enum { VM_SYSTEM_SHUTDOWN, VM_SYSTEM_RESET, VM_SYSTEM_TRIPLE_FAULT };

/* Why an access found no memory, in VM_EXIT_MMIO's `why`. */
enum { VM_MMIO_NO_SLOT = 1, VM_MMIO_READ_ONLY };

/*
 * The run page: mmap() of a vCPU's descriptor, MAP_SHARED, offset 0, one page.  The kernel writes it before VCPU_RUN
 * returns, and reads `in` fields once each when it is called again; whatever it finds there harms only this guest.
 */
struct vm_run {
	/* in */
	u32 kick;        /* not 0: return at once with VM_EXIT_KICKED; any thread may set it, then call VCPU_KICK */
	u32 reserved0[7];
	/* out */
	u32 exit_reason; /* enum vm_exit */
	u32 reserved1;
	u64 pc;
	u64 reserved2[2];
	union {
		struct {              /* VM_EXIT_MMIO */
			u64 address;   /* guest-physical */
			u64 data;     /* a write: out.  A read: in, at the next run; its low `bytes` bytes count */
			u8 bytes;     /* 1 to 8 */
			u8 is_write;
			u8 why;       /* VM_MMIO_ */
			u8 reserved[5];
		} mmio;
		struct {              /* VM_EXIT_IO */
			u16 port;
			u8 bytes;     /* 1, 2, 4 */
			u8 is_write;
			u32 data;     /* OUT: out.  IN: in, at the next run */
		} io;
		struct {              /* VM_EXIT_CALL: arguments out, results in */
			u64 arg[8];   /* RISC-V: a0-a7; x86: rax rbx rcx rdx rsi rdi */
			u64 result[2]; /* a0, a1; rax */
		} call;
		struct {
			u32 kind;     /* VM_SYSTEM_ */
			u32 reserved;
			u64 detail;   /* SRST's reason */
		} system;
		struct {              /* VM_EXIT_FAULT */
			u64 guest, memory; /* where the guest was, and what the monitor has not */
			u32 access;   /* 0 read, 1 write, 2 execute */
			s32 error;    /* -EFAULT, -ENOMEM, -EDQUOT */
		} fault;
		struct {
			u32 why;      /* enum vm_fail */
			u32 reserved;
			u64 detail[4];
			char text[120];
		} fail;
		u8 room[512];
	};
};

/* ---- State --------------------------------------------------------------------------------------------- */

/* A register set: `data` is the user address of its structure, which begins with its own size. */
struct vm_state_call {
	u32 size, set; /* enum vm_set */
	u64 data;
};

enum vm_set {
	/* RISC-V: of a vCPU */
	VM_SET_RISCV_CORE = 0x100, VM_SET_RISCV_FP, VM_SET_RISCV_CSR, VM_SET_RISCV_TIMER, VM_SET_RISCV_HART,
	/* x86: of a vCPU */
	VM_SET_X86_CORE = 0x200, VM_SET_X86_SYSTEM, VM_SET_X86_MSR, VM_SET_X86_FP, VM_SET_X86_DEBUG, VM_SET_X86_EVENTS,
	VM_SET_X86_LAPIC, VM_SET_X86_CPUID,
	/* x86: of the machine */
	VM_SET_X86_PIC = 0x240, VM_SET_X86_PIT,
};

struct vm_riscv_core {
	u32 size, mode; /* 0 user's, 1 supervisor's */
	u64 x[32];      /* x[0] is 0 */
	u64 pc;         /* bit 0 is cleared */
};

struct vm_riscv_fp {
	u32 size, reserved;
	u64 f[32];
	u64 fcsr; /* & 0xff */
};

struct vm_riscv_csr {
	u32 size, reserved;
	u64 sstatus;        /* SIE SPIE SPP FS SUM MXR; UXL is 64 bits; others 0 */
	u64 sie, sip;       /* sip: SSIP, and SEIP as a line; STIP is the timer's */
	u64 stvec;          /* mode 0 or 1, else -EINVAL */
	u64 sscratch, sepc; /* sepc: bit 0 is cleared */
	u64 scause, stval;
	u64 satp;           /* mode 0, 8, 9 or 10, else -EINVAL */
	u64 scounteren;     /* & 7 */
	u64 senvcfg;        /* FIOM CBIE CBCFE CBZE; CBIE 2: -EINVAL */
};

struct vm_riscv_timer {
	u32 size, reserved;
	u64 time;     /* the guest's, now */
	u64 stimecmp; /* ~0: never */
};

enum { VM_HART_STOPPED, VM_HART_STARTED, VM_HART_HALTED };

struct vm_riscv_hart {
	u32 size, state; /* VM_HART_ */
};

/* rip is canonical with a long code segment, else below 2^32; rflags: bit 1 set, VM and reserved bits 0: -EINVAL. */
struct vm_x86_core {
	u32 size, reserved;
	u64 gpr[16]; /* as instructions number them: rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15 */
	u64 rip, rflags;
};

struct vm_x86_segment {
	u64 base;
	u32 limit;
	u16 selector, attributes; /* type S DPL P, AVL L D/B G */
};

struct vm_x86_system {
	u32 size, reserved;
	struct vm_x86_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr; /* gdtr, idtr: base and limit */
	u64 cr0, cr2, cr3, cr4, cr8, efer; /* efer: without SVME */
};

struct vm_x86_msr {
	u32 size, reserved;
	u64 star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp, sysenter_eip;
	u64 pat, apic_base, tsc;
};

struct vm_x86_fp {
	u32 size, reserved[3];
	u8 fxsave[512];
};

struct vm_x86_debug {
	u32 size, reserved;
	u64 dr[4], dr6, dr7;
};

enum { VM_X86_APIC_OFF, VM_X86_APIC_XAPIC, VM_X86_APIC_X2APIC };

enum { VM_X86_RUNS, VM_X86_HALTED, VM_X86_WAITS_FOR_SIPI };

struct vm_x86_events {
	u32 size;
	u32 state;             /* VM_X86_ */
	u32 injected;          /* an event that the next entry delivers, as EVENTINJ has it; 0: none */
	u32 injected_error;
	u8 nmi_pending, nmi_masked, shadow, reserved[5];
};

struct vm_x86_lapic {
	u32 size, mode;         /* VM_X86_APIC_ */
	u32 reg[64];            /* register at 16 * i */
	u64 timer_ns;           /* how long the timer has counted */
	u64 timer_is_on;        /* 0: it does not count */
};

#define VM_CPUID_MAX 32
struct vm_x86_cpuid {
	u32 size, count;
	struct {
		u32 leaf, subleaf, eax, ebx, ecx, edx;
	} entry[VM_CPUID_MAX];
};

enum {
	VM_X86_PIC_READS_ISR = 1, VM_X86_PIC_AUTO_EOI = 2, VM_X86_PIC_ROTATES = 4, VM_X86_PIC_SPECIAL_MASK = 8,
	VM_X86_PIC_WANTS_ICW4 = 16, VM_X86_PIC_POLLED = 32,
};

struct vm_x86_pic {
	u32 size, reserved;
	struct vm_x86_pic_chip {
		u8 lines;           /* levels of the inputs */
		u8 irr, imr, isr, base;
		u8 icw_step;        /* 0: initialized; 2, 3, 4: the word that comes next */
		u8 flags;           /* VM_X86_PIC_ */
		u8 level_triggered; /* a bit for each input */
		u8 lowest;          /* the input of the lowest priority */
		u8 reserved[7];
	} chip[2];
};

enum { VM_X86_PIT_HIGH_NEXT_READ = 1, VM_X86_PIT_HIGH_NEXT_WRITE = 2, VM_X86_PIT_COUNT_LATCHED = 4,
	VM_X86_PIT_STATUS_LATCHED = 8, VM_X86_PIT_BCD = 16, VM_X86_PIT_COUNTS = 32 };

struct vm_x86_pit {
	u32 size;
	u8 speaker, reserved[3]; /* port 0x61, bits 0 and 1 */
	struct vm_x86_pit_channel {
		u64 ns;          /* how long it has counted */
		u32 count;       /* 1 to 65536 */
		u16 latch;
		u8 status;       /* latched */
		u8 mode, access; /* 0, 2, 3; 1 low, 2 high, 3 both bytes */
		u8 flags;        /* VM_X86_PIT_ */
		u8 low;          /* written, while the high byte is to come */
		u8 reserved[5];
	} channel[3];
};

/* ---- Watching ------------------------------------------------------------------------------------------ */

struct vm_vcpu_stat {
	u32 size, state; /* 0 stopped, 1 runs, 2 halted, 3 failed */
	u64 entries, exits_monitor, exits_fault, exits_call, exits_halt, exits_other;
	u64 kicks, kick_ipis, loads;
};

struct vm_stat {
	u32 size, id;
	u32 pid, vcpu_count, is_dead, gpa_bits;
	u64 memory;          /* bytes of memslots */
	u64 table_pages, table_limit;
	u64 leaf_count[6];   /* by level */
	u64 faults[5];       /* retry, fixed, spurious, emulated, refused */
	u64 root_count, flush_count, yield_count, slot_updates, notifier_begins;
	char name[VM_NAME_MAX];
	struct vm_vcpu_stat vcpu[VM_VCPU_MAX]; /* by index; size 0: there is none */
};

struct vm_list {
	u32 size, count; /* in: how many fit; out: how many there are */
	u64 ids;         /* user address of u32[count] */
};

/*
 * VM_DUMP: the entries of [start, end), a line each; `start` moves to where the text stopped.  VM_WHY: what would
 * happen at `start` now, in words.
 */
struct vm_text {
	u32 size, id;
	u64 start, end;  /* guest-physical */
	u64 text;        /* user address */
	u64 length;      /* bytes there; out: used, without a final zero */
};

#endif
