/*
 * The local APIC's registers, priorities and state: see vlapic.h.
 */
#include "vlapic.h"
#include "vlapic_timer.h"

enum {
	VERSION = 5 << 16 | 0x14, /* six entries in the local vector table */
	SPURIOUS_RESET = 0xff, SPURIOUS_ENABLE = 0x100, SPURIOUS_MASK = 0x1ff,
	DFR_FLAT = 0xf,
	LVT_MASKED = 0x10000, LVT_MODE = 0x700, LVT_NMI = 0x400, LVT_EXTINT = 0x700,
	ICR_WRITABLE = 0x000ccfff, SELF_ICR = 0x40000,
	ERROR_SEND_VECTOR = 0x20, ERROR_RECEIVE_VECTOR = 0x40, ERROR_REGISTER = 0x80,
	TIMER_MASK = 0x300ff, LINT_MASK = 0x1a7ff, ERROR_MASK = 0x100ff, OTHER_MASK = 0x107ff,
	DIVIDE_MASK = 0xb,
	BROADCAST_8 = 0xff,
};
#define BROADCAST_32 (~0u)

static u32 *at(struct vlapic *lapic, u32 reg)
{
	return &lapic->reg[reg / 16];
}

static u32 value_of(const struct vlapic *lapic, u32 reg)
{
	return lapic->reg[reg / 16];
}

/* ---- Sets of vectors ----------------------------------------------------------------------------------- */

static void set_vector(struct vlapic *lapic, u32 set, u8 vector)
{
	lapic->reg[set / 16 + vector / 32] |= 1u << vector % 32;
}

static void clear_vector(struct vlapic *lapic, u32 set, u8 vector)
{
	lapic->reg[set / 16 + vector / 32] &= ~(1u << vector % 32);
}

static int highest_bit(u32 word)
{
	int n = 31;

	while (!(word >> n))
		n--;
	return n;
}

static int highest_vector(const struct vlapic *lapic, u32 set)
{
	for (int i = 7; i >= 0; i--) {
		u32 word = lapic->reg[set / 16 + i];

		if (word)
			return 32 * i + highest_bit(word);
	}
	return LAPIC_NOTHING;
}

/* ---- Priorities ---------------------------------------------------------------------------------------- */

static u32 in_service_class(const struct vlapic *lapic)
{
	int vector = highest_vector(lapic, LAPIC_ISR);

	return vector == LAPIC_NOTHING ? 0 : vector & 0xf0;
}

static u32 processor_priority(const struct vlapic *lapic)
{
	u32 tpr = value_of(lapic, LAPIC_TPR), in_service = in_service_class(lapic);

	return (tpr & 0xf0) >= in_service ? tpr : in_service;
}

static int pending_above(const struct vlapic *lapic, u32 priority)
{
	int vector = highest_vector(lapic, LAPIC_IRR);

	return vector != LAPIC_NOTHING && (vector & 0xf0u) > (priority & 0xf0) ? vector : LAPIC_NOTHING;
}

int vlapic_pending(const struct vlapic *lapic)
{
	return vlapic_is_enabled(lapic) ? pending_above(lapic, processor_priority(lapic)) : LAPIC_NOTHING;
}

int vlapic_pending_for_any_task(const struct vlapic *lapic)
{
	return vlapic_is_enabled(lapic) ? pending_above(lapic, in_service_class(lapic)) : LAPIC_NOTHING;
}

bool vlapic_is_enabled(const struct vlapic *lapic)
{
	return lapic->mode != VM_X86_APIC_OFF && value_of(lapic, LAPIC_SPURIOUS) & SPURIOUS_ENABLE;
}

/* An error that has its own interrupt must not cause itself again. */
static void note_error(struct vlapic *lapic, u32 error)
{
	u32 lvt = value_of(lapic, LAPIC_LVT_ERROR);

	lapic->errors |= error;
	if (!(lvt & LVT_MASKED) && (lvt & 0xff) >= LAPIC_VECTOR_MIN && vlapic_is_enabled(lapic))
		set_vector(lapic, LAPIC_IRR, lvt);
}

bool vlapic_accept(struct vlapic *lapic, u8 vector)
{
	if (!vlapic_is_enabled(lapic))
		return false;
	if (vector < LAPIC_VECTOR_MIN) {
		note_error(lapic, ERROR_RECEIVE_VECTOR);
		return true;
	}
	set_vector(lapic, LAPIC_IRR, vector);
	clear_vector(lapic, LAPIC_TMR, vector);
	return true;
}

void vlapic_acknowledge(struct vlapic *lapic, u8 vector)
{
	clear_vector(lapic, LAPIC_IRR, vector);
	set_vector(lapic, LAPIC_ISR, vector);
}

void vlapic_end(struct vlapic *lapic)
{
	int vector = highest_vector(lapic, LAPIC_ISR);

	if (vector != LAPIC_NOTHING)
		clear_vector(lapic, LAPIC_ISR, vector);
}

/* While the whole APIC is off, its pins are the processor's. */
bool vlapic_hears_pic(const struct vlapic *lapic)
{
	u32 lvt = value_of(lapic, LAPIC_LVT_LINT0);

	return lapic->mode == VM_X86_APIC_OFF || (!(lvt & LVT_MASKED) && (lvt & LVT_MODE) == LVT_EXTINT);
}

bool vlapic_hears_nmi(const struct vlapic *lapic)
{
	u32 lvt = value_of(lapic, LAPIC_LVT_LINT1);

	return lapic->mode == VM_X86_APIC_OFF || (!(lvt & LVT_MASKED) && (lvt & LVT_MODE) == LVT_NMI);
}

/* ---- Destinations -------------------------------------------------------------------------------------- */

static bool matches_logical_8(const struct vlapic *lapic, u8 destination)
{
	u8 mine = value_of(lapic, LAPIC_LDR) >> 24;

	if (value_of(lapic, LAPIC_DFR) >> 28 == DFR_FLAT)
		return mine & destination;
	return mine >> 4 == destination >> 4 && mine & destination & 0xf;
}

/* Hardware: [SDM3] "Logical Destination Mode in x2APIC Mode". */
static u32 x2apic_ldr(const struct vlapic *lapic)
{
	return (lapic->id >> 4) << 16 | 1u << (lapic->id & 15);
}

static bool matches_logical_32(const struct vlapic *lapic, u32 destination)
{
	u32 mine = x2apic_ldr(lapic);

	return mine >> 16 == destination >> 16 && mine & destination & 0xffff;
}

bool vlapic_matches(const struct vlapic *lapic, enum vlapic_destination how, u32 destination)
{
	bool is_wide = lapic->mode == VM_X86_APIC_X2APIC;

	if (destination == BROADCAST_32 || (!is_wide && destination == BROADCAST_8))
		return true;
	if (how == LAPIC_PHYSICAL)
		return destination == lapic->id;
	return is_wide ? matches_logical_32(lapic, destination) : matches_logical_8(lapic, destination);
}

/* ---- Registers ----------------------------------------------------------------------------------------- */

static u32 id_register(const struct vlapic *lapic)
{
	return lapic->mode == VM_X86_APIC_X2APIC ? lapic->id : lapic->id << 24;
}

u32 vlapic_read(struct vlapic *lapic, u32 reg, u64 now)
{
	bool is_wide = lapic->mode == VM_X86_APIC_X2APIC;

	switch (reg) {
	case LAPIC_ID: return id_register(lapic);
	case LAPIC_VERSION: return VERSION;
	case LAPIC_PPR: return processor_priority(lapic);
	case LAPIC_LDR: return is_wide ? x2apic_ldr(lapic) : value_of(lapic, reg);
	case LAPIC_CURRENT: return vlapic_timer_left(lapic, now);
	case LAPIC_EOI: return 0;
	default: return value_of(lapic, reg);
	}
}

static u32 lvt_writable(u32 reg)
{
	switch (reg) {
	case LAPIC_LVT_TIMER: return TIMER_MASK;
	case LAPIC_LVT_LINT0:
	case LAPIC_LVT_LINT1: return LINT_MASK;
	case LAPIC_LVT_ERROR: return ERROR_MASK;
	default: return OTHER_MASK;
	}
}

static bool is_lvt(u32 reg)
{
	return reg >= LAPIC_LVT_TIMER && reg <= LAPIC_LVT_ERROR;
}

static void write_lvt(struct vlapic *lapic, u32 reg, u32 value)
{
	value &= lvt_writable(reg);
	if (!(value_of(lapic, LAPIC_SPURIOUS) & SPURIOUS_ENABLE))
		value |= LVT_MASKED;
	*at(lapic, reg) = value;
}

/* Off, it masks all of its own. */
static void write_spurious(struct vlapic *lapic, u32 value)
{
	*at(lapic, LAPIC_SPURIOUS) = value & SPURIOUS_MASK;
	if (value & SPURIOUS_ENABLE)
		return;
	for (u32 reg = LAPIC_LVT_TIMER; reg <= LAPIC_LVT_ERROR; reg += 16)
		*at(lapic, reg) |= LVT_MASKED;
}

/* A fixed interrupt's vector is checked where it is sent. */
static bool write_icr(struct vlapic *lapic, u32 value)
{
	*at(lapic, LAPIC_ICR) = value & ICR_WRITABLE;
	if ((value & 0x700) == 0 && (value & 0xff) < LAPIC_VECTOR_MIN) {
		note_error(lapic, ERROR_SEND_VECTOR);
		return false;
	}
	return true;
}

static void write_timer(struct vlapic *lapic, u32 reg, u32 value, u64 now)
{
	if (reg == LAPIC_INITIAL)
		vlapic_timer_start(lapic, value, now);
	else
		vlapic_timer_divide(lapic, value & DIVIDE_MASK, now);
}

bool vlapic_write(struct vlapic *lapic, u32 reg, u32 value, u64 now)
{
	if (is_lvt(reg)) {
		write_lvt(lapic, reg, value);
		return false;
	}
	switch (reg) {
	case LAPIC_TPR: *at(lapic, reg) = value & 0xff; break;
	case LAPIC_EOI: vlapic_end(lapic); break;
	case LAPIC_LDR: *at(lapic, reg) = value & 0xff000000; break;
	case LAPIC_DFR: *at(lapic, reg) = value | 0x0fffffff; break;
	case LAPIC_SPURIOUS: write_spurious(lapic, value); break;
	case LAPIC_ESR: *at(lapic, reg) = lapic->errors; lapic->errors = 0; break;
	case LAPIC_ICR: return write_icr(lapic, value);
	case LAPIC_ICR_HIGH: *at(lapic, reg) = value; break;
	case LAPIC_SELF_IPI: return write_icr(lapic, SELF_ICR | (value & 0xff));
	case LAPIC_INITIAL:
	case LAPIC_DIVIDE: write_timer(lapic, reg, value, now); break;
	default: note_error(lapic, ERROR_REGISTER);
	}
	return false;
}

bool vlapic_has_x2apic_register(u32 reg)
{
	switch (reg) {
	case LAPIC_ID:
	case LAPIC_VERSION:
	case LAPIC_TPR:
	case LAPIC_PPR:
	case LAPIC_EOI:
	case LAPIC_LDR:
	case LAPIC_SPURIOUS:
	case LAPIC_ESR:
	case LAPIC_ICR:
	case LAPIC_INITIAL:
	case LAPIC_CURRENT:
	case LAPIC_DIVIDE:
	case LAPIC_SELF_IPI: return true;
	default: return is_lvt(reg) || (reg >= LAPIC_ISR && reg < LAPIC_ESR);
	}
}

/* ---- Reset and state ----------------------------------------------------------------------------------- */

void vlapic_init(struct vlapic *lapic)
{
	memset(lapic->reg, 0, sizeof(lapic->reg));
	lapic->errors = 0;
	lapic->timer_is_on = false;
	*at(lapic, LAPIC_DFR) = ~0u;
	write_spurious(lapic, SPURIOUS_RESET);
}

void vlapic_reset(struct vlapic *lapic)
{
	lapic->mode = VM_X86_APIC_XAPIC;
	vlapic_init(lapic);
}

/* Off and on again, it has forgotten everything. */
void vlapic_set_mode(struct vlapic *lapic, u32 mode)
{
	if (mode == VM_X86_APIC_OFF)
		vlapic_init(lapic);
	lapic->mode = mode;
}

void vlapic_get_state(const struct vlapic *lapic, u64 now, struct vm_x86_lapic *state)
{
	state->mode = lapic->mode;
	memcpy(state->reg, lapic->reg, sizeof(state->reg));
	state->reg[LAPIC_ID / 16] = id_register(lapic);
	state->reg[LAPIC_VERSION / 16] = VERSION;
	state->reg[LAPIC_PPR / 16] = processor_priority(lapic);
	state->reg[LAPIC_CURRENT / 16] = vlapic_timer_left(lapic, now);
	state->timer_is_on = lapic->timer_is_on;
	state->timer_ns = lapic->timer_is_on ? now - lapic->timer_start : 0;
}

/* Bits of a register that a state may have; those that are computed are not looked at. */
static u32 allowed_bits(u32 reg)
{
	if (is_lvt(reg))
		return lvt_writable(reg);
	switch (reg) {
	case LAPIC_ISR:
	case LAPIC_IRR:
	case LAPIC_TMR: return 0xffffffff << LAPIC_VECTOR_MIN;
	case LAPIC_TPR: return 0xff;
	case LAPIC_LDR: return 0xff000000;
	case LAPIC_SPURIOUS: return SPURIOUS_MASK;
	case LAPIC_ESR: return 0xff;
	case LAPIC_ICR: return ICR_WRITABLE;
	case LAPIC_DIVIDE: return DIVIDE_MASK;
	case LAPIC_ID:
	case LAPIC_VERSION:
	case LAPIC_PPR:
	case LAPIC_CURRENT:
	case LAPIC_DFR:
	case LAPIC_INITIAL:
	case LAPIC_ICR_HIGH: return ~0u;
	default: return reg > LAPIC_ISR && reg < LAPIC_ESR ? ~0u : 0;
	}
}

#define TIMER_NS_MAX (1ull << 62)

static bool is_valid(const struct vm_x86_lapic *state)
{
	for (u32 reg = 0; reg < 16 * ARRAY_SIZE(state->reg); reg += 16)
		if (state->reg[reg / 16] & ~allowed_bits(reg))
			return false;
	return state->mode <= VM_X86_APIC_X2APIC && state->timer_is_on <= 1 && state->timer_ns <= TIMER_NS_MAX &&
	       state->reg[LAPIC_DFR / 16] << 4 >> 4 == 0x0fffffff &&
	       (!state->timer_is_on || state->reg[LAPIC_INITIAL / 16]);
}

int vlapic_set_state(struct vlapic *lapic, u64 now, const struct vm_x86_lapic *state)
{
	if (!is_valid(state))
		return -EINVAL;
	lapic->mode = state->mode;
	memcpy(lapic->reg, state->reg, sizeof(lapic->reg));
	lapic->errors = 0;
	lapic->timer_is_on = state->timer_is_on;
	lapic->timer_start = now - state->timer_ns;
	return 0;
}
