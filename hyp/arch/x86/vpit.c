/*
 * The PIT: see vpit.h.
 *
 * A channel is not counted down: what its counter holds and whether its output is high follow from the time since its
 * count was loaded.  With mode 0 the output rises once, when the count reaches 0; with modes 2 and 3 it rises each time
 * that the count begins again.
 */
#include "vpit.h"

#define NS_PER_SECOND 1000000000ull
#define NS_MAX        (1ull << 62)

enum {
	PORT_0 = 0x40, PORT_2 = 0x42, PORT_COMMAND = 0x43, PORT_SPEAKER = 0x61,

	ACCESS_LATCH = 0, ACCESS_LOW = 1, ACCESS_HIGH = 2, ACCESS_BOTH = 3,
	MODE_ONCE = 0, MODE_RATE = 2, MODE_SQUARE = 3,

	READ_BACK = 3, READ_BACK_NO_COUNT = 0x20, READ_BACK_NO_STATUS = 0x10,
	STATUS_OUT = 0x80, STATUS_NO_COUNT = 0x40,

	SPEAKER_GATE = 1, SPEAKER_MASK = 3, SPEAKER_REFRESH = 0x10, SPEAKER_OUT = 0x20,
	REFRESH_NS = 15085,

	HIGH_NEXT_READ = VM_X86_PIT_HIGH_NEXT_READ, HIGH_NEXT_WRITE = VM_X86_PIT_HIGH_NEXT_WRITE,
	COUNT_LATCHED = VM_X86_PIT_COUNT_LATCHED, STATUS_LATCHED = VM_X86_PIT_STATUS_LATCHED,
	COUNTS = VM_X86_PIT_COUNTS,
	ALL_FLAGS = HIGH_NEXT_READ | HIGH_NEXT_WRITE | COUNT_LATCHED | STATUS_LATCHED | VM_X86_PIT_BCD | COUNTS,
};

/* ---- Time ---------------------------------------------------------------------------------------------- */

/* In two parts, so that nothing overflows. */
static u64 ticks_of(u64 ns)
{
	return ns / NS_PER_SECOND * VPIT_HZ + ns % NS_PER_SECOND * VPIT_HZ / NS_PER_SECOND;
}

/* The first ns at which so many ticks are over. */
static u64 ns_of(u64 ticks)
{
	return ticks / VPIT_HZ * NS_PER_SECOND + (ticks % VPIT_HZ * NS_PER_SECOND + VPIT_HZ - 1) / VPIT_HZ;
}

static u64 ticks_since(const struct vpit *pit, u32 n, u64 now)
{
	s64 ns = now - pit->channel[n].start;

	return ns > 0 ? ticks_of(ns) : 0;
}

static bool counts(const struct vpit *pit, u32 n)
{
	return pit->channel[n].flags & COUNTS && (n != 2 || pit->speaker & SPEAKER_GATE);
}

static u16 counter(const struct vpit *pit, u32 n, u64 now)
{
	u64 ticks = ticks_since(pit, n, now), count = pit->channel[n].count;

	if (!counts(pit, n))
		return count;
	switch (pit->channel[n].mode) {
	case MODE_ONCE: return count - ticks;
	case MODE_SQUARE: return count - 2 * ticks % count;
	default: return count - ticks % count;
	}
}

static bool output(const struct vpit *pit, u32 n, u64 now)
{
	u64 ticks = ticks_since(pit, n, now), count = pit->channel[n].count;

	if (!counts(pit, n))
		return pit->channel[n].mode != MODE_ONCE;
	switch (pit->channel[n].mode) {
	case MODE_ONCE: return ticks >= count;
	case MODE_SQUARE: return ticks % count < (count + 1) / 2;
	default: return ticks % count != count - 1;
	}
}

/* How often the output of channel 0 has risen since the count was loaded. */
static u64 rises(const struct vpit *pit, u64 now)
{
	u64 periods = ticks_since(pit, 0, now) / pit->channel[0].count;

	return pit->channel[0].mode == MODE_ONCE ? MIN(periods, 1) : periods;
}

bool vpit_run(struct vpit *pit, u64 now)
{
	u64 risen;

	if (!counts(pit, 0))
		return false;
	risen = rises(pit, now);
	if (risen == pit->told)
		return false;
	pit->told = risen;
	return true;
}

u64 vpit_deadline(const struct vpit *pit)
{
	if (!counts(pit, 0) || (pit->channel[0].mode == MODE_ONCE && pit->told))
		return ~0ull;
	return pit->channel[0].start + ns_of((pit->told + 1) * pit->channel[0].count);
}

/* ---- Counts -------------------------------------------------------------------------------------------- */

static void load(struct vpit *pit, u32 n, u64 now, u16 count)
{
	pit->channel[n].count = count ? count : 0x10000;
	pit->channel[n].start = now;
	pit->channel[n].flags |= COUNTS;
	if (n == 0)
		pit->told = 0;
}

static void write_count(struct vpit *pit, u32 n, u64 now, u8 value)
{
	u8 *flags = &pit->channel[n].flags;

	if (pit->channel[n].access == ACCESS_LOW) {
		load(pit, n, now, value);
	} else if (pit->channel[n].access == ACCESS_HIGH) {
		load(pit, n, now, value << 8);
	} else if (!(*flags & HIGH_NEXT_WRITE)) {
		pit->channel[n].low = value;
		*flags |= HIGH_NEXT_WRITE;
	} else {
		*flags &= ~HIGH_NEXT_WRITE;
		load(pit, n, now, value << 8 | pit->channel[n].low);
	}
}

/* The status first, if it is latched; then the count, latched or as it is. */
static u8 read_count(struct vpit *pit, u32 n, u64 now)
{
	u8 *flags = &pit->channel[n].flags;
	bool high = *flags & HIGH_NEXT_READ || pit->channel[n].access == ACCESS_HIGH;
	u16 value = *flags & COUNT_LATCHED ? pit->channel[n].latch : counter(pit, n, now);

	if (*flags & STATUS_LATCHED) {
		*flags &= ~STATUS_LATCHED;
		return pit->channel[n].status;
	}
	if (pit->channel[n].access == ACCESS_BOTH)
		*flags ^= HIGH_NEXT_READ;
	if (pit->channel[n].access != ACCESS_BOTH || high)
		*flags &= ~COUNT_LATCHED;
	return high ? value >> 8 : value;
}

/* ---- Commands ------------------------------------------------------------------------------------------ */

static void latch_count(struct vpit *pit, u32 n, u64 now)
{
	if (pit->channel[n].flags & COUNT_LATCHED)
		return;
	pit->channel[n].latch = counter(pit, n, now);
	pit->channel[n].flags |= COUNT_LATCHED;
}

static void latch_status(struct vpit *pit, u32 n, u64 now)
{
	if (pit->channel[n].flags & STATUS_LATCHED)
		return;
	pit->channel[n].status = (output(pit, n, now) ? STATUS_OUT : 0) | pit->channel[n].access << 4 |
				 pit->channel[n].mode << 1 | (pit->channel[n].flags & COUNTS ? 0 : STATUS_NO_COUNT);
	pit->channel[n].flags |= STATUS_LATCHED;
}

static void read_back(struct vpit *pit, u64 now, u8 command)
{
	for (u32 n = 0; n < 3; n++) {
		if (!(command & 2u << n))
			continue;
		if (!(command & READ_BACK_NO_COUNT))
			latch_count(pit, n, now);
		if (!(command & READ_BACK_NO_STATUS))
			latch_status(pit, n, now);
	}
}

/* Bit 2 of the mode means nothing with modes 2 and 3. */
static u8 mode_of(u8 command)
{
	u8 mode = command >> 1 & 7;

	return mode & 2 ? mode & 3 : MODE_ONCE;
}

static void command(struct vpit *pit, u64 now, u8 value)
{
	u32 n = value >> 6;

	if (n == READ_BACK) {
		read_back(pit, now, value);
	} else if ((value >> 4 & 3) == ACCESS_LATCH) {
		latch_count(pit, n, now);
	} else {
		pit->channel[n].access = value >> 4 & 3;
		pit->channel[n].mode = mode_of(value);
		pit->channel[n].flags = value & 1 ? VM_X86_PIT_BCD : 0;
	}
}

/* ---- Ports --------------------------------------------------------------------------------------------- */

/* A rise of the gate begins the count again. */
static void write_speaker(struct vpit *pit, u64 now, u8 value)
{
	if (value & SPEAKER_GATE && !(pit->speaker & SPEAKER_GATE))
		pit->channel[2].start = now;
	pit->speaker = value & SPEAKER_MASK;
}

static u8 read_speaker(const struct vpit *pit, u64 now)
{
	return pit->speaker | (now / REFRESH_NS & 1 ? SPEAKER_REFRESH : 0) | (output(pit, 2, now) ? SPEAKER_OUT : 0);
}

bool vpit_port_read(struct vpit *pit, u16 port, u64 now, u8 *value)
{
	if (port == PORT_SPEAKER)
		*value = read_speaker(pit, now);
	else if (port >= PORT_0 && port <= PORT_2)
		*value = read_count(pit, port - PORT_0, now);
	else if (port == PORT_COMMAND)
		*value = 0xff;
	else
		return false;
	return true;
}

bool vpit_port_write(struct vpit *pit, u16 port, u64 now, u8 value)
{
	if (port == PORT_SPEAKER)
		write_speaker(pit, now, value);
	else if (port >= PORT_0 && port <= PORT_2)
		write_count(pit, port - PORT_0, now, value);
	else if (port == PORT_COMMAND)
		command(pit, now, value);
	else
		return false;
	return true;
}

/* ---- State --------------------------------------------------------------------------------------------- */

void vpit_reset(struct vpit *pit)
{
	memset(pit, 0, sizeof(*pit));
	for (u32 n = 0; n < 3; n++) {
		pit->channel[n].count = 0x10000;
		pit->channel[n].access = ACCESS_BOTH;
	}
}

void vpit_get_state(const struct vpit *pit, u64 now, struct vm_x86_pit *state)
{
	state->speaker = pit->speaker;
	memset(state->reserved, 0, sizeof(state->reserved));
	for (u32 n = 0; n < 3; n++)
		state->channel[n] = (struct vm_x86_pit_channel){
			.ns = now - pit->channel[n].start,
			.count = pit->channel[n].count,
			.latch = pit->channel[n].latch,
			.status = pit->channel[n].status,
			.mode = pit->channel[n].mode,
			.access = pit->channel[n].access,
			.flags = pit->channel[n].flags,
			.low = pit->channel[n].low,
		};
}

static bool channel_is_valid(const struct vm_x86_pit_channel *c)
{
	for (u32 i = 0; i < sizeof(c->reserved); i++)
		if (c->reserved[i])
			return false;
	return c->count >= 1 && c->count <= 0x10000 && c->ns <= NS_MAX && c->access >= ACCESS_LOW &&
	       c->access <= ACCESS_BOTH &&
	       (c->mode == MODE_ONCE || c->mode == MODE_RATE || c->mode == MODE_SQUARE) && !(c->flags & ~ALL_FLAGS);
}

static bool is_valid(const struct vm_x86_pit *state)
{
	for (u32 i = 0; i < sizeof(state->reserved); i++)
		if (state->reserved[i])
			return false;
	for (u32 n = 0; n < 3; n++)
		if (!channel_is_valid(&state->channel[n]))
			return false;
	return !(state->speaker & ~SPEAKER_MASK);
}

/* Rises that were not told before are told, as one, by the next vpit_run(). */
int vpit_set_state(struct vpit *pit, u64 now, const struct vm_x86_pit *state)
{
	if (!is_valid(state))
		return -EINVAL;
	pit->speaker = state->speaker;
	for (u32 n = 0; n < 3; n++) {
		const struct vm_x86_pit_channel *from = &state->channel[n];

		pit->channel[n].start = now - from->ns;
		pit->channel[n].count = from->count;
		pit->channel[n].latch = from->latch;
		pit->channel[n].status = from->status;
		pit->channel[n].mode = from->mode;
		pit->channel[n].access = from->access;
		pit->channel[n].flags = from->flags;
		pit->channel[n].low = from->low;
	}
	pit->told = counts(pit, 0) ? rises(pit, now) : 0;
	return 0;
}
