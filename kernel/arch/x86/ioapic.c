/*
 * The IOAPICs: see ioapic.h.
 * Hardware: [IOAPIC] "Register Description": two windows, one to select a register, one to access it.
 */
#include "ioapic.h"
#include "kernel.h"
#include "layout.h"
#include "mm/buddy.h"

enum {
	WINDOW_SELECT = 0x00,
	WINDOW_DATA = 0x10,

	REG_VERSION = 0x01, /* bits 16-23: the number of the last line */
	REG_REDIRECTION = 0x10, /* two for each line */

	REDIRECTION_ACTIVE_LOW = 1 << 13,
	REDIRECTION_LEVEL = 1 << 15,
	REDIRECTION_MASKED = 1 << 16,
	REDIRECTION_CPU_SHIFT = 24, /* in the second register */
};

static struct ioapic {
	hpa_t base;
	u32 first_line, line_end;
} ioapics[4];
static u32 ioapic_count;

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
	*(volatile u32 *)hpa_to_ptr(hpa_add(io->base, WINDOW_SELECT)) = reg;
	return *(volatile u32 *)hpa_to_ptr(hpa_add(io->base, WINDOW_DATA));
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 value)
{
	*(volatile u32 *)hpa_to_ptr(hpa_add(io->base, WINDOW_SELECT)) = reg;
	*(volatile u32 *)hpa_to_ptr(hpa_add(io->base, WINDOW_DATA)) = value;
}

void ioapic_add(hpa_t base, u32 first_line)
{
	struct ioapic *io = &ioapics[ioapic_count];

	if (ioapic_count == ARRAY_SIZE(ioapics))
		return;
	ioapic_count++;
	io->base = base;
	io->first_line = first_line;
	io->line_end = first_line + (ioapic_read(io, REG_VERSION) >> 16 & 0xff) + 1;
	for (u32 i = 0; i < io->line_end - first_line; i++)
		ioapic_write(io, REG_REDIRECTION + 2 * i, REDIRECTION_MASKED);
}

static const struct ioapic *ioapic_of(u32 line)
{
	for (u32 i = 0; i < ioapic_count; i++)
		if (line >= ioapics[i].first_line && line < ioapics[i].line_end)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has_line(u32 line)
{
	return ioapic_of(line) != NULL;
}

void ioapic_unmask(u32 line, u32 apic_id, enum ioapic_trigger trigger, enum ioapic_polarity polarity)
{
	const struct ioapic *io = ioapic_of(line);
	u32 reg, value = VECTOR_LINE + line;

	if (!io || value >= VECTOR_TIMER)
		return;
	if (trigger == IOAPIC_LEVEL)
		value |= REDIRECTION_LEVEL;
	if (polarity == IOAPIC_ACTIVE_LOW)
		value |= REDIRECTION_ACTIVE_LOW;
	reg = REG_REDIRECTION + 2 * (line - io->first_line);
	ioapic_write(io, reg + 1, apic_id << REDIRECTION_CPU_SHIFT);
	ioapic_write(io, reg, value);
}
