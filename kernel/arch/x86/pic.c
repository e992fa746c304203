/*
 * The pair of 8259 interrupt controllers: see pic.h.
 *
 * The second one's output is line 2 of the first.  Hardware: [8259A] "Programming the 8259A".
 */
#include "pic.h"
#include "kernel.h"
#include "layout.h"
#include "regs.h"

enum {
	COMMAND = 0, /* offsets from a controller's first port */
	DATA = 1,

	ICW1_START = 0x11, /* initialize; edge-triggered; a fourth word follows */
	ICW4_8086 = 0x01,
	OCW2_EOI = 0x20,
	OCW3_READ_IN_SERVICE = 0x0b,

	LINES_EACH = 8,
	CASCADE = 2,
};

static const u16 first_port[2] = { 0x20, 0xa0 };
static u16 mask = 0xffff & ~(1 << CASCADE); /* bit n keeps line n out */

static void write_masks(void)
{
	for (u32 i = 0; i < 2; i++)
		port_write8(first_port[i] + DATA, mask >> LINES_EACH * i);
}

void pic_init(void)
{
	for (u32 i = 0; i < 2; i++) {
		port_write8(first_port[i] + COMMAND, ICW1_START);
		port_write8(first_port[i] + DATA, VECTOR_LINE + LINES_EACH * i);
		port_write8(first_port[i] + DATA, i == 0 ? 1 << CASCADE : CASCADE);
		port_write8(first_port[i] + DATA, ICW4_8086);
	}
	write_masks();
}

void pic_unmask(u32 line)
{
	mask &= ~(1u << line);
	write_masks();
}

bool pic_is_spurious(u32 line)
{
	u16 port = first_port[line / LINES_EACH] + COMMAND;

	if (line % LINES_EACH != LINES_EACH - 1)
		return false;
	port_write8(port, OCW3_READ_IN_SERVICE);
	if (port_read8(port) & 1 << (LINES_EACH - 1))
		return false;
	if (line >= LINES_EACH) /* the first controller saw a real interrupt: the second's */
		port_write8(first_port[0] + COMMAND, OCW2_EOI);
	return true;
}

void pic_end_of_interrupt(u32 line)
{
	if (line >= LINES_EACH)
		port_write8(first_port[1] + COMMAND, OCW2_EOI);
	port_write8(first_port[0] + COMMAND, OCW2_EOI);
}
