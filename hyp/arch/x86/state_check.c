/*
 * The checks: see state_check.h.
 * Hardware: [APM2] "Canonicalization and Consistency Checks"; [SDM3] "Checks on Guest Segment Registers".
 */
#include "state_check.h"
#include "vmcb.h"

#define CR0_ALLOWED 0xe005003full
#define CR0_NW      0x20000000
#define CR0_CD      0x40000000
#define EFER_LMA    0x400
#define RFLAGS_VM   0x20000
#define RFLAGS_ALLOWED 0x3f7fd7ull

bool x86_core_is_valid(const struct vm_x86_core *core, u64 efer, enum insn_mode mode)
{
	if (core->reserved || core->rflags & ~RFLAGS_ALLOWED || !(core->rflags & RFLAGS_FIXED))
		return false;
	if (efer & EFER_LMA && core->rflags & RFLAGS_VM)
		return false;
	return mode == INSN_64 ? x86_is_canonical(core->rip) : core->rip >> 32 == 0;
}

/* ---- Control registers --------------------------------------------------------------------------------- */

static bool cr0_is_valid(u64 cr0)
{
	return !(cr0 & ~CR0_ALLOWED) && (!(cr0 & CR0_NW) || cr0 & CR0_CD) && (!(cr0 & CR0_PG) || cr0 & CR0_PE);
}

static bool efer_is_valid(const struct vm_x86_system *s, u64 allowed)
{
	bool is_long = s->efer & EFER_LME && s->cr0 & CR0_PG;

	if (s->efer & ~(allowed | EFER_LMA) || !!(s->efer & EFER_LMA) != is_long)
		return false;
	return !is_long || s->cr4 & CR4_PAE;
}

static bool control_is_valid(const struct vm_x86_system *s, const struct cpuid_table *table, u32 gpa_bits)
{
	return cr0_is_valid(s->cr0) && !(s->cr4 & ~cpuid_cr4(table)) && efer_is_valid(s, cpuid_efer(table)) &&
	       s->cr3 >> gpa_bits == 0 && s->cr8 <= 15;
}

/* ---- Segments ------------------------------------------------------------------------------------------ */

enum {
	TYPE = 0xf, TYPE_CODE = 8, TYPE_CONFORMING = 4, TYPE_WRITABLE = 2, TYPE_LDT = 2, TYPE_TSS_16 = 3, TYPE_TSS = 11,
	NO_SYSTEM = 0x10, DPL_SHIFT = 5, PRESENT = 0x80, LONG = 0x200, BIG = 0x400, BY_PAGE = 0x800,
	ATTRIBUTES = 0xfff,
};

static u32 dpl(const struct vm_x86_segment *s)
{
	return s->attributes >> DPL_SHIFT & 3;
}

static bool limit_is_valid(const struct vm_x86_segment *s)
{
	return s->attributes & BY_PAGE ? (s->limit & 0xfff) == 0xfff : s->limit <= 0xfffff;
}

static bool is_well_formed(const struct vm_x86_segment *s)
{
	return !(s->attributes & ~ATTRIBUTES) && x86_is_canonical(s->base) &&
	       (!(s->attributes & PRESENT) || limit_is_valid(s));
}

static bool is_data(const struct vm_x86_segment *s)
{
	return is_well_formed(s) && (!(s->attributes & PRESENT) || s->attributes & NO_SYSTEM);
}

static bool is_low_data(const struct vm_x86_segment *s)
{
	return is_data(s) && s->base >> 32 == 0;
}

/* Before protected mode a code segment may look like data. */
static bool code_is_valid(const struct vm_x86_system *s)
{
	const struct vm_x86_segment *cs = &s->cs;
	u32 cpl = dpl(&s->ss), type = cs->attributes & TYPE;

	if (!is_low_data(cs) || !(cs->attributes & PRESENT))
		return false;
	if (!(s->cr0 & CR0_PE))
		return true;
	if (!(type & TYPE_CODE) || (cs->attributes & LONG && cs->attributes & BIG))
		return false;
	return type & TYPE_CONFORMING ? dpl(cs) <= cpl : dpl(cs) == cpl;
}

static bool stack_is_valid(const struct vm_x86_system *s)
{
	const struct vm_x86_segment *ss = &s->ss;

	if (!is_low_data(ss) || (!(s->cr0 & CR0_PE) && dpl(ss)))
		return false;
	return !(ss->attributes & PRESENT) || (ss->attributes & (TYPE_CODE | TYPE_WRITABLE)) == TYPE_WRITABLE;
}

static bool is_system(const struct vm_x86_segment *s, u32 type)
{
	return is_well_formed(s) && (s->attributes & (PRESENT | NO_SYSTEM | TYPE)) == (PRESENT | type);
}

static bool task_is_valid(const struct vm_x86_system *s)
{
	return is_system(&s->tr, TYPE_TSS) || (!(s->efer & EFER_LMA) && is_system(&s->tr, TYPE_TSS_16));
}

static bool table_is_valid(const struct vm_x86_segment *s)
{
	return x86_is_canonical(s->base) && s->limit <= 0xffff;
}

static bool segments_are_valid(const struct vm_x86_system *s)
{
	return code_is_valid(s) && stack_is_valid(s) && is_low_data(&s->ds) && is_low_data(&s->es) &&
	       is_data(&s->fs) && is_data(&s->gs) && task_is_valid(s) &&
	       (!(s->ldtr.attributes & PRESENT) ? is_well_formed(&s->ldtr) : is_system(&s->ldtr, TYPE_LDT)) &&
	       table_is_valid(&s->gdtr) && table_is_valid(&s->idtr);
}

bool x86_system_is_valid(const struct vm_x86_system *system, const struct cpuid_table *table, u32 gpa_bits)
{
	return !system->reserved && control_is_valid(system, table, gpa_bits) && segments_are_valid(system);
}

/* ---- The others ---------------------------------------------------------------------------------------- */

bool x86_msrs_are_valid(const struct vm_x86_msr *msr)
{
	return !msr->reserved && x86_is_canonical(msr->lstar) && x86_is_canonical(msr->cstar) &&
	       x86_is_canonical(msr->kernel_gs_base) && x86_is_canonical(msr->sysenter_esp) &&
	       x86_is_canonical(msr->sysenter_eip) && msr->sfmask >> 32 == 0 && x86_is_pat(msr->pat);
}

#define DR6_FIXED    0xffff0ff0ull
#define DR6_WRITABLE 0x0000e00full
#define DR7_FIXED    0x00000400ull
#define DR7_WRITABLE 0xffff03ffull /* but for GD */

bool x86_debug_is_valid(const struct vm_x86_debug *debug)
{
	for (u32 i = 0; i < ARRAY_SIZE(debug->dr); i++)
		if (!x86_is_canonical(debug->dr[i]))
			return false;
	return !debug->reserved && (debug->dr6 & ~DR6_WRITABLE) == DR6_FIXED &&
	       (debug->dr7 & ~DR7_WRITABLE) == DR7_FIXED;
}

/* Exceptions that push an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
#define WITH_ERROR (1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17)

static bool exception_is_valid(const struct vm_x86_events *events)
{
	u32 vector = events->injected & EVENT_VECTOR;
	bool has_error = events->injected & EVENT_HAS_ERROR;

	return vector < 32 && vector != 2 && has_error == !!(WITH_ERROR & 1u << vector);
}

static bool event_is_valid(const struct vm_x86_events *events)
{
	u32 vector = events->injected & EVENT_VECTOR;

	if (!(events->injected & EVENT_VALID))
		return events->injected == 0 && events->injected_error == 0;
	if (events->injected & ~(EVENT_VALID | EVENT_TYPE | EVENT_HAS_ERROR | EVENT_VECTOR))
		return false;
	if (!(events->injected & EVENT_HAS_ERROR) && events->injected_error)
		return false;
	switch (events->injected & (EVENT_TYPE | EVENT_HAS_ERROR)) {
	case EVENT_EXTERNAL: return vector >= 16;
	case EVENT_NMI: return vector == 2;
	case EVENT_EXCEPTION:
	case EVENT_EXCEPTION | EVENT_HAS_ERROR: return exception_is_valid(events);
	default: return false;
	}
}

bool x86_events_are_valid(const struct vm_x86_events *events)
{
	for (u32 i = 0; i < sizeof(events->reserved); i++)
		if (events->reserved[i])
			return false;
	return events->state <= VM_X86_WAITS_FOR_SIPI && events->nmi_pending <= 1 && events->nmi_masked <= 1 &&
	       events->shadow <= 1 && event_is_valid(events);
}
