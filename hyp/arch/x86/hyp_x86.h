/*
 * What the files of this machine share.
 */
#ifndef X86_HYP_X86_H
#define X86_HYP_X86_H

#include "hyp_machine.h"
#include "hyp/vm.h"
#include "vmcb.h"
#include "state_check.h"
#include "walk.h"

/*
 * switch.S: run the guest of the VMCB at this physical address, with the general registers of gpr[]; `host` is the
 * physical address of this CPU's page for what VMSAVE saves of the kernel.
 */
void x86_vcpu_enter(u64 vmcb, u64 *gpr, u64 host);

/* switch.S: the instruction after VMRUN, where the kernel goes on when a guest has ended. */
extern const char x86_behind_vmrun[];

/* asid.c: what arch_hwid_limit() does, on this CPU. */
void x86_asid_limit_here(u32 limit);

/* asid.c: the vCPU's next entry forgets all translations. */
void x86_forget_translations(struct vcpu *vcpu);

/* machine.c: what a vCPU of a machine has more. */
void x86_machine_cpu_create(struct vcpu *vcpu);

/* svm.c: what ends the guest, and the registers, in the VMCB as after a reset. */
void x86_vmcb_reset(struct vmcb *vmcb);

/* ---- Registers and exceptions (guest.c) ---------------------------------------------------------------- */

enum {
	EXCEPTION_DB = 1, EXCEPTION_NMI = 2, EXCEPTION_UD = 6, EXCEPTION_DF = 8, EXCEPTION_GP = 13, EXCEPTION_PF = 14,
	EXCEPTION_AC = 17, EXCEPTION_MC = 18,
};

u64 *x86_register(struct vcpu *vcpu, u32 number);
enum insn_mode x86_mode(const struct vmcb *vmcb);

/* Deliver an exception at the next entry.  No event is pending there yet. */
void x86_raise(struct vcpu *vcpu, u8 vector);
void x86_raise_with_error(struct vcpu *vcpu, u8 vector, u32 error);
void x86_raise_page_fault(struct vcpu *vcpu, u64 address, u32 error);

/* Has the event to deliver at the next entry been chosen? */
bool x86_has_event(const struct vcpu *vcpu);

/* The instruction is done: behind its `length` bytes the guest goes on. */
void x86_advance(struct vcpu *vcpu, u32 length);

/*
 * The length of an instruction whose bytes without prefixes are `length`.  0: it cannot be read, and will fault when
 * the guest executes it again.  x86_skip() also advances; false: it cannot.
 */
u32 x86_length(struct vcpu *vcpu, u32 length);
bool x86_skip(struct vcpu *vcpu, u32 length);

/* ---- Memory, as the guest sees it (guest.c) ------------------------------------------------------------ */

/*
 * The guest's translation of a linear address.  DONE: *at, and for a write accessed and dirty bits are set; else an
 * exception is raised.
 */
enum walk_outcome x86_translate(struct vcpu *vcpu, u64 address, enum access access, gpa_t *at);

/* The linear address of the instruction. */
u64 x86_code_address(const struct vcpu *vcpu);

/* What can be read of the instruction at rip.  count is 0 if nothing can. */
void x86_fetch(struct vcpu *vcpu, struct insn_bytes *bytes);

/*
 * Copy up to 8 bytes at a linear address, with the guest's rights; a write sets accessed and dirty bits.  False: an
 * exception is raised, or there is no memory.
 */
bool x86_read_linear(struct vcpu *vcpu, u64 address, void *to, u32 size);
bool x86_write_linear(struct vcpu *vcpu, u64 address, const void *from, u32 size);

/* ---- Operands in memory (place.c) ---------------------------------------------------------------------- */

struct x86_operand_at {
	u64 address; /* linear */
	u8 size;
	enum access access;
};

/* Where that is: one part, or two (size[1] is not 0). */
struct x86_place {
	gpa_t at[2];
	u8 size[2];
};

/* AGAIN: not now; the guest will fault on it again.  MONITOR: the run page is filled. */
enum x86_memory { X86_MEMORY_DONE, X86_MEMORY_MONITOR, X86_MEMORY_AGAIN };
enum vm_next x86_next_of(enum x86_memory memory);

/* By the guest's tables.  False: an exception is raised. */
bool x86_place_find(struct vcpu *vcpu, struct x86_operand_at at, struct x86_place *place);

/* Is memory there being changed?  To be asked before an instruction does anything, since x86_place_write() does not. */
bool x86_place_is_busy(struct vcpu *vcpu, const struct x86_place *place);

/*
 * MONITOR: x86_place_read() will be called for the same place again, and then have the answer; x86_place_write() has
 * written, or will without another call, so the instruction is to be done with all else.
 */
enum x86_memory x86_place_read(struct vcpu *vcpu, const struct x86_place *place, u64 *value);
enum x86_memory x86_place_write(struct vcpu *vcpu, const struct x86_place *place, u64 value);

/* An instruction is executed from its beginning; it has read all that it needs, or will not. */
void x86_answers_begin(struct vcpu *vcpu);
void x86_answers_forget(struct vcpu *vcpu);

/* ---- Leaving (exit.c, handle.c) ------------------------------------------------------------------------ */

enum vm_next x86_fail(struct vcpu *vcpu, enum vm_fail why, u64 detail0, u64 detail1);
enum vm_next x86_fail_emulate(struct vcpu *vcpu, const struct insn_bytes *bytes);

/* The monitor will answer this. */
void x86_expect(struct vcpu *vcpu, enum unfinished kind, u64 address, u8 size);

enum vm_next x86_handle_io(struct vcpu *vcpu);                     /* io.c */
enum vm_next x86_handle_msr(struct vcpu *vcpu);                    /* msr.c */
enum vm_next x86_handle_control(struct vcpu *vcpu);                /* control.c: CR8, DR0-7 */
void x86_breakpoints_load(const struct vcpu *vcpu);                /* control.c */

/* The answers: io.c, emulate.c, place.c. */
void x86_finish_in(struct vcpu *vcpu, u32 data);
void x86_finish_ins(struct vcpu *vcpu, u32 data);
void x86_finish_load(struct vcpu *vcpu, u64 data);
void x86_finish_read(struct vcpu *vcpu, u64 data);
enum x86_memory x86_finish_write(struct vcpu *vcpu);

/* ---- Operands (operand.c) ------------------------------------------------------------------------------ */

/* The operand that is not in memory, of the size in memory. */
u64 x86_operand(struct vcpu *vcpu, const struct insn *insn);
/* The register, of its own size. */
void x86_set_operand(struct vcpu *vcpu, const struct insn *insn, u64 value);
/* The linear address of the operand in memory; not of strings. */
u64 x86_operand_address(struct vcpu *vcpu, const struct insn *insn);

/* Strings: where the element is; the register moves on; a count of 0: over, and done. */
u64 x86_string_address(struct vcpu *vcpu, const struct insn *insn, enum insn_segment segment, u32 reg);
void x86_string_step(struct vcpu *vcpu, const struct insn *insn, u32 reg, u32 size);
bool x86_string_is_over(struct vcpu *vcpu, const struct insn *insn);
/* An element is done: the count, and after the last one rip; or after the one that ZF says is the last. */
void x86_string_end(struct vcpu *vcpu, const struct insn *insn);
void x86_string_end_compared(struct vcpu *vcpu, const struct insn *insn);

/* ---- Interrupts (inject.c, apic.c) --------------------------------------------------------------------- */

/* MSRs and the page: False: no such register, or not so. */
u32 x86_apic_read(struct vcpu *vcpu, u32 reg);
void x86_apic_write(struct vcpu *vcpu, u32 reg, u64 value);
void x86_apic_set_tpr(struct vcpu *vcpu, u8 tpr);
bool x86_apic_set_base(struct vcpu *vcpu, u64 base);
u64 x86_apic_base(const struct vcpu *vcpu);
/* The mode that its bits ask for; -1: there is none like that. */
int x86_apic_base_mode(const struct vcpu *vcpu, u64 base);
/* The VMCB gets the task priority. */
void x86_apic_show_tpr(struct vcpu *vcpu);

/* After a change of the PICs or the PIT by this vCPU; irq_lock is held.  NULL: by nobody. */
void x86_pic_changed_locked(struct vm *vm, struct vcpu *by);

/* Ask for a look before the next entry; irq_lock is held. */
void x86_look_locked(struct vcpu *vcpu, struct vcpu *by);

/* An NMI for the vCPU; who calls asks it to look. */
void x86_post_nmi_locked(struct vcpu *vcpu);

/* The guest is at its IRET from an NMI. */
void x86_nmi_returns(struct vcpu *vcpu);

/* Is this #DB the end of a step over an IRET?  Then it is done, and none of the guest's. */
bool x86_step_is_ours(struct vcpu *vcpu);

static inline struct cpuid_view x86_cpuid_view(const struct vcpu *vcpu)
{
	return (struct cpuid_view){ vcpu->index, vcpu->vm->gpa_bits, vcpu->arch.m.lapic.mode != VM_X86_APIC_OFF };
}

#endif
