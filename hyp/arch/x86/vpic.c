/*
 * The PICs: see vpic.h.
 *
 * I1 Of a level-triggered input the bit in irr is its level; of another it is set by a rise of the level, and cleared
 *    when the interrupt is taken.
 * I2 Input 2 of the first chip is what the second asks for; chip[0].irr has it as a level.
 */
#include "vpic.h"

enum {
	PIC_PORT_0 = 0x20, PIC_PORT_1 = 0xa0, ELCR_PORT = 0x4d0,
	CASCADE = 2, SPURIOUS = 7, NO_INPUT = 8,
	EDGE_ONLY_0 = 0x07, EDGE_ONLY_1 = 0x21, /* of ELCR: timer, keyboard, cascade; clock, coprocessor */

	ICW1_INIT = 0x10, ICW1_ICW4 = 0x01, ICW1_LEVEL = 0x08,
	ICW4_AUTO_EOI = 0x02,
	OCW3 = 0x08, OCW3_POLL = 0x04, OCW3_READ = 0x02, OCW3_READ_ISR = 0x01, OCW3_SET_MASK = 0x40, OCW3_MASK = 0x20,
};

/* ---- Priorities ---------------------------------------------------------------------------------------- */

static void set_flag(struct vpic *pic, u32 chip, u8 flag, u8 on)
{
	if (on)
		pic->chip[chip].flags |= flag;
	else
		pic->chip[chip].flags &= ~flag;
}

/* The input of the highest priority in a set; NO_INPUT: it is empty. */
static u32 highest(const struct vpic *pic, u32 chip, u8 set)
{
	for (u32 i = 1; i <= 8; i++) {
		u32 input = (pic->chip[chip].lowest + i) & 7;

		if (set & 1u << input)
			return input;
	}
	return NO_INPUT;
}

static u32 distance(const struct vpic *pic, u32 chip, u32 input)
{
	return input == NO_INPUT ? NO_INPUT : (input - pic->chip[chip].lowest - 1) & 7;
}

/* The input that the chip asks for; NO_INPUT: none.  What is in service holds back all but higher priorities. */
static u32 asked(const struct vpic *pic, u32 chip)
{
	u8 in_service = pic->chip[chip].isr;
	u32 input = highest(pic, chip, pic->chip[chip].irr & ~pic->chip[chip].imr);

	if (pic->chip[chip].flags & VM_X86_PIC_SPECIAL_MASK)
		in_service &= ~pic->chip[chip].imr;
	return distance(pic, chip, input) < distance(pic, chip, highest(pic, chip, in_service)) ? input : NO_INPUT;
}

static void set_input(struct vpic *pic, u32 chip, u32 input, u32 level)
{
	u8 bit = 1u << input;
	bool rises = level && !(pic->chip[chip].lines & bit);

	if (level)
		pic->chip[chip].lines |= bit;
	else
		pic->chip[chip].lines &= ~bit;
	if (rises || (level && pic->chip[chip].level_triggered & bit))
		pic->chip[chip].irr |= bit;
	else if (!level && pic->chip[chip].level_triggered & bit)
		pic->chip[chip].irr &= ~bit;
}

/* Keeps I2.  The cascade is felt as a level. */
static void update_cascade(struct vpic *pic)
{
	if (asked(pic, 1) != NO_INPUT)
		pic->chip[0].irr |= 1u << CASCADE;
	else
		pic->chip[0].irr &= ~(1u << CASCADE);
}

void vpic_set_line(struct vpic *pic, u32 line, u32 level)
{
	if (line == CASCADE)
		return;
	set_input(pic, line / 8, line % 8, level);
	update_cascade(pic);
}

bool vpic_asks(const struct vpic *pic)
{
	return asked(pic, 0) != NO_INPUT;
}

/* ---- Taking and ending --------------------------------------------------------------------------------- */

static void take(struct vpic *pic, u32 chip, u32 input)
{
	u8 bit = 1u << input;

	if (!(pic->chip[chip].level_triggered & bit))
		pic->chip[chip].irr &= ~bit;
	if (!(pic->chip[chip].flags & VM_X86_PIC_AUTO_EOI))
		pic->chip[chip].isr |= bit;
	else if (pic->chip[chip].flags & VM_X86_PIC_ROTATES)
		pic->chip[chip].lowest = input;
}

/* The chip's vector; a spurious interrupt is not in service. */
static u8 acknowledge(struct vpic *pic, u32 chip)
{
	u32 input = asked(pic, chip);

	if (input == NO_INPUT)
		return pic->chip[chip].base | SPURIOUS;
	take(pic, chip, input);
	return pic->chip[chip].base | input;
}

u8 vpic_acknowledge(struct vpic *pic)
{
	bool from_second = asked(pic, 0) == CASCADE;
	u8 vector = acknowledge(pic, 0);

	if (from_second)
		vector = acknowledge(pic, 1);
	update_cascade(pic);
	return vector;
}

/* OCW2.  Hardware: [8259A] "Operation Command Words (OCWs)". */
static void end_of_interrupt(struct vpic *pic, u32 chip, u8 value)
{
	bool is_specific = value & 0x40, ends = value & 0x20, rotates = value & 0x80;
	u32 input = is_specific ? value & 7 : highest(pic, chip, pic->chip[chip].isr);

	if (!ends && !is_specific) {
		set_flag(pic, chip, VM_X86_PIC_ROTATES, rotates);
		return;
	}
	if (input == NO_INPUT)
		return;
	if (ends)
		pic->chip[chip].isr &= ~(1u << input);
	if (rotates)
		pic->chip[chip].lowest = input;
}

/* ---- Ports --------------------------------------------------------------------------------------------- */

static void initialize(struct vpic *pic, u32 chip, u8 value)
{
	u8 lines = pic->chip[chip].lines, level_triggered = pic->chip[chip].level_triggered;

	memset(&pic->chip[chip], 0, sizeof(pic->chip[chip]));
	pic->chip[chip].lines = lines;
	pic->chip[chip].level_triggered = level_triggered;
	pic->chip[chip].irr = lines & level_triggered;
	pic->chip[chip].lowest = 7;
	pic->chip[chip].icw_step = 2;
	set_flag(pic, chip, VM_X86_PIC_WANTS_ICW4, value & ICW1_ICW4);
}

static void write_ocw3(struct vpic *pic, u32 chip, u8 value)
{
	if (value & OCW3_READ)
		set_flag(pic, chip, VM_X86_PIC_READS_ISR, value & OCW3_READ_ISR);
	if (value & OCW3_SET_MASK)
		set_flag(pic, chip, VM_X86_PIC_SPECIAL_MASK, value & OCW3_MASK);
	set_flag(pic, chip, VM_X86_PIC_POLLED, value & OCW3_POLL);
}

static void write_command(struct vpic *pic, u32 chip, u8 value)
{
	if (value & ICW1_INIT)
		initialize(pic, chip, value);
	else if (value & OCW3)
		write_ocw3(pic, chip, value);
	else
		end_of_interrupt(pic, chip, value);
}

/* The third word says where the second chip is, which never changes here. */
static void write_data(struct vpic *pic, u32 chip, u8 value)
{
	switch (pic->chip[chip].icw_step) {
	case 0:
		pic->chip[chip].imr = value;
		break;
	case 2:
		pic->chip[chip].base = value & 0xf8;
		pic->chip[chip].icw_step = 3;
		break;
	case 3:
		pic->chip[chip].icw_step = pic->chip[chip].flags & VM_X86_PIC_WANTS_ICW4 ? 4 : 0;
		break;
	default:
		set_flag(pic, chip, VM_X86_PIC_AUTO_EOI, value & ICW4_AUTO_EOI);
		pic->chip[chip].icw_step = 0;
	}
}

static u8 poll(struct vpic *pic, u32 chip)
{
	u32 input = asked(pic, chip);

	set_flag(pic, chip, VM_X86_PIC_POLLED, 0);
	if (input == NO_INPUT)
		return 0;
	take(pic, chip, input);
	return 0x80 | input;
}

static u8 read_command(struct vpic *pic, u32 chip)
{
	if (pic->chip[chip].flags & VM_X86_PIC_POLLED)
		return poll(pic, chip);
	return pic->chip[chip].flags & VM_X86_PIC_READS_ISR ? pic->chip[chip].isr : pic->chip[chip].irr;
}

static bool is_chip_port(u16 port)
{
	return (port & ~1) == PIC_PORT_0 || (port & ~1) == PIC_PORT_1;
}

static u32 chip_of(u16 port)
{
	return (port & ~1) == PIC_PORT_1;
}

bool vpic_port_read(struct vpic *pic, u16 port, u8 *value)
{
	if ((port & ~1) == ELCR_PORT)
		*value = pic->chip[port & 1].level_triggered;
	else if (!is_chip_port(port))
		return false;
	else
		*value = port & 1 ? pic->chip[chip_of(port)].imr : read_command(pic, chip_of(port));
	update_cascade(pic);
	return true;
}

static u8 edge_only(u32 chip)
{
	return chip ? EDGE_ONLY_1 : EDGE_ONLY_0;
}

bool vpic_port_write(struct vpic *pic, u16 port, u8 value)
{
	if ((port & ~1) == ELCR_PORT)
		pic->chip[port & 1].level_triggered = value & ~edge_only(port & 1);
	else if (!is_chip_port(port))
		return false;
	else if (port & 1)
		write_data(pic, chip_of(port), value);
	else
		write_command(pic, chip_of(port), value);
	update_cascade(pic);
	return true;
}

/* ---- State --------------------------------------------------------------------------------------------- */

void vpic_reset(struct vpic *pic)
{
	memset(pic, 0, sizeof(*pic));
	pic->chip[0].lowest = pic->chip[1].lowest = 7;
}

void vpic_get_state(const struct vpic *pic, struct vm_x86_pic *state)
{
	state->reserved = 0;
	memcpy(state->chip, pic->chip, sizeof(state->chip));
}

#define ALL_FLAGS (VM_X86_PIC_READS_ISR | VM_X86_PIC_AUTO_EOI | VM_X86_PIC_ROTATES | VM_X86_PIC_SPECIAL_MASK | \
		   VM_X86_PIC_WANTS_ICW4 | VM_X86_PIC_POLLED)

static bool is_reserved_zero(const struct vm_x86_pic_chip *chip)
{
	for (u32 i = 0; i < sizeof(chip->reserved); i++)
		if (chip->reserved[i])
			return false;
	return true;
}

static bool is_valid(const struct vm_x86_pic_chip *chip, u32 number)
{
	return is_reserved_zero(chip) && !(chip->base & 7) && !(chip->flags & ~ALL_FLAGS) && chip->lowest < 8 &&
	       chip->icw_step <= 4 && chip->icw_step != 1 && !(chip->level_triggered & edge_only(number));
}

/* What is pending at a level is what the level says. */
int vpic_set_state(struct vpic *pic, const struct vm_x86_pic *state)
{
	if (state->reserved || !is_valid(&state->chip[0], 0) || !is_valid(&state->chip[1], 1))
		return -EINVAL;
	for (u32 i = 0; i < 2; i++) {
		struct vm_x86_pic_chip *chip = &pic->chip[i];

		*chip = state->chip[i];
		chip->irr = (chip->irr & ~chip->level_triggered) | (chip->lines & chip->level_triggered);
	}
	update_cascade(pic);
	return 0;
}
