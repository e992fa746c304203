/*
 * The platform-level interrupt controller: see plic.h.
 */
#include "plic.h"

enum {
	PENDING_BASE = 0x1000,
	ENABLE_BASE = 0x2000, ENABLE_STRIDE = 0x80,
	CONTEXT_BASE = 0x200000, CONTEXT_STRIDE = 0x1000, CONTEXT_CLAIM = 4,
	PRIORITY_MAX = 7,
};

/* The pending source with the highest priority above `floor`, the lowest number among equals; 0: none. */
static u32 best(const struct plic *p, u32 context, u32 floor)
{
	u64 candidates = p->pending & p->enable[context];
	u32 found = 0;

	for (u32 s = 1; s < PLIC_SOURCES; s++)
		if ((candidates >> s & 1) && p->priority[s] > floor) {
			found = s;
			floor = p->priority[s];
		}
	return found;
}

static void update(struct plic *p)
{
	p->pending |= p->level & ~p->served;
	for (u32 c = 0; c < p->context_count; c++) {
		u32 is_up = best(p, c, p->threshold[c]) != 0;

		if (is_up != p->is_up[c])
			p->output(c, is_up);
		p->is_up[c] = is_up;
	}
}

/* A source that goes down before it was claimed asks no more. */
void plic_set_level(struct plic *p, u32 source, u32 level)
{
	u64 bit = 1ull << source % PLIC_SOURCES;

	p->level = level ? p->level | bit : p->level & ~bit;
	if (!level)
		p->pending &= ~bit;
	update(p);
}

/* Hardware: [PLIC] "Interrupt Claim Process": the threshold does not matter. */
static u32 claim(struct plic *p, u32 context)
{
	u32 source = best(p, context, 0);

	p->pending &= ~(1ull << source);
	if (source)
		p->served |= 1ull << source;
	update(p);
	return source;
}

static void complete(struct plic *p, u32 context, u32 source)
{
	if (source < PLIC_SOURCES && (p->enable[context] >> source & 1))
		p->served &= ~(1ull << source);
	update(p);
}

static u32 half_of(u64 bits, u64 index)
{
	return bits >> 32 * index;
}

static void set_half(u64 *bits, u64 index, u32 value)
{
	*bits = index ? (*bits & 0xffffffff) | (u64)value << 32 : (*bits & ~0xffffffffull) | value;
	*bits &= ~1ull;
}

/* The three ranges that have a part for each context. */
static u32 *threshold_at(struct plic *p, u64 offset)
{
	u64 context = (offset - CONTEXT_BASE) / CONTEXT_STRIDE;

	return offset % CONTEXT_STRIDE == 0 && context < p->context_count ? &p->threshold[context] : NULL;
}

static u64 *enable_at(struct plic *p, u64 offset)
{
	u64 context = (offset - ENABLE_BASE) / ENABLE_STRIDE;

	return offset % ENABLE_STRIDE < 8 && context < p->context_count ? &p->enable[context] : NULL;
}

static bool is_claim(const struct plic *p, u64 offset)
{
	return offset % CONTEXT_STRIDE == CONTEXT_CLAIM && (offset - CONTEXT_BASE) / CONTEXT_STRIDE < p->context_count;
}

static u64 plic_read(void *state, u64 offset, u32 bytes)
{
	struct plic *p = state;

	if (bytes != 4 || offset % 4)
		return 0;
	if (offset < 4 * PLIC_SOURCES)
		return p->priority[offset / 4];
	if (offset >= CONTEXT_BASE && is_claim(p, offset))
		return claim(p, (offset - CONTEXT_BASE) / CONTEXT_STRIDE);
	if (offset >= CONTEXT_BASE)
		return threshold_at(p, offset) ? *threshold_at(p, offset) : 0;
	if (offset >= ENABLE_BASE)
		return enable_at(p, offset) ? half_of(*enable_at(p, offset), offset / 4 & 1) : 0;
	if (offset >= PENDING_BASE && offset < PENDING_BASE + 8)
		return half_of(p->pending, offset / 4 & 1);
	return 0;
}

static void plic_write(void *state, u64 offset, u32 bytes, u64 data)
{
	struct plic *p = state;

	if (bytes != 4 || offset % 4)
		return;
	if (offset < 4 * PLIC_SOURCES)
		p->priority[offset / 4] = offset ? data & PRIORITY_MAX : 0;
	else if (offset >= CONTEXT_BASE && is_claim(p, offset))
		complete(p, (offset - CONTEXT_BASE) / CONTEXT_STRIDE, data);
	else if (offset >= CONTEXT_BASE && threshold_at(p, offset))
		*threshold_at(p, offset) = data & PRIORITY_MAX;
	else if (offset >= ENABLE_BASE && offset < CONTEXT_BASE && enable_at(p, offset))
		set_half(enable_at(p, offset), offset / 4 & 1, data);
	update(p);
}

void plic_init(struct plic *p)
{
	p->device.size = PLIC_SIZE;
	p->device.width = 4;
	p->device.state = p;
	p->device.read = plic_read;
	p->device.write = plic_write;
}
