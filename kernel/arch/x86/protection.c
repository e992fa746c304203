/*
 * General protection faults of user programs: what was it?
 *
 * The processor raises the same exception for an instruction that user programs may not use and for an address that is
 * not canonical, and tells neither which nor what address.  The opcode tells.
 * Hardware: [SDM2] "Opcode Map".
 */
#include "protection.h"
#include "arch/arch.h"
#include "kernel.h"
#include "mm/uaccess.h"

#define INSTRUCTION_BYTES_MAX 15
#define TWO_BYTE_OPCODE       0x0f

struct opcode_range {
	u8 first, last;
};

static const struct opcode_range privileged[] = {
	{ 0x6c, 0x6f }, /* INS, OUTS */
	{ 0xcd, 0xcd }, /* INT */
	{ 0xe4, 0xe7 }, /* IN, OUT */
	{ 0xec, 0xef },
	{ 0xf4, 0xf4 }, /* HLT */
	{ 0xfa, 0xfb }, /* CLI, STI */
};

static const struct opcode_range privileged_two_byte[] = {
	{ 0x00, 0x01 }, /* LLDT, LTR, LGDT, LIDT, LMSW, INVLPG, SWAPGS, SVM's */
	{ 0x06, 0x09 }, /* CLTS, SYSRET, INVD, WBINVD */
	{ 0x20, 0x23 }, /* MOV to and from control and debug registers */
	{ 0x30, 0x35 }, /* WRMSR, RDMSR, RDPMC, SYSENTER, SYSEXIT */
};

static bool is_in(u8 opcode, const struct opcode_range *range, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (opcode >= range[i].first && opcode <= range[i].last)
			return true;
	return false;
}

static bool is_prefix(u8 byte)
{
	static const u8 legacy[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	for (u32 i = 0; i < sizeof(legacy); i++)
		if (byte == legacy[i])
			return true;
	return byte >= 0x40 && byte <= 0x4f; /* REX */
}

/* Byte by byte: the instruction may end where the program's memory does. */
bool protection_is_privileged(hva_t pc)
{
	hva_t end = hva_add(pc, INSTRUCTION_BYTES_MAX);
	u8 byte;

	do {
		if (copy_in(&byte, pc, 1))
			return false;
		pc = hva_add(pc, 1);
	} while (is_prefix(byte) && pc.raw < end.raw);
	if (byte != TWO_BYTE_OPCODE)
		return is_in(byte, privileged, ARRAY_SIZE(privileged));
	if (copy_in(&byte, pc, 1))
		return false;
	return is_in(byte, privileged_two_byte, ARRAY_SIZE(privileged_two_byte));
}
