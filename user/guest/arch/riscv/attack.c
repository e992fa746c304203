/*
 * What a RISC-V guest should not do.
 *
 * Left out is what would only end the guest early: stvec and satp with random values, stopping its own hart, the end of
 * the machine.
 */
#include "machine.h"
#include "../../attack.h"
#include "../../guest.h"

/* Two words that are run, then a return. */
static void run(u32 first, u32 second)
{
	static u32 code[3] __attribute__((aligned(16)));

	code[0] = first;
	code[1] = second;
	code[2] = 0x8067; /* ret */
	__asm__ volatile("fence.i" : : : "memory");
	((void (*)(u64, u64))code)(0, 0);
}

enum { NOP = 0x13 };

void attack_instruction(u64 random)
{
	static const u32 some[] = {
		0x30200073, 0x10200073, 0x10500073, /* mret, sret, wfi */
		0x62000073, 0x22000073, 0x12000073, /* hfence.gvma, hfence.vvma, sfence.vma */
		0x60054073, 0x6c054073, 0x62054073, /* hlv.b, hlv.d, hsv.b */
		0x00000000, 0xffffffff, 0x00100073, /* nothing, nothing, ebreak */
	};

	csr_write(sepc, (u64)attack_call);
	if (random & 1)
		run(some[(random >> 8) % (sizeof(some) / sizeof(some[0]))], NOP);
	else
		run(random >> 16, random >> 32);
}

/* csrrw zero, number, a0 */
void attack_register(u64 random)
{
	u32 number = random >> 8 & 0xfff;

	if (number != 0x105 && number != 0x180)
		run(number << 20 | 10 << 15 | 1 << 12 | 0x73, NOP);
}

void attack_call(u64 random)
{
	static const u64 extensions[] = {
		SBI_TIME, SBI_IPI, SBI_HSM, 0x10, 0x52464e43, 0x4442434e, 0x504d55, 0, 1, 8, 0x0a000000, ~0ul,
	};
	u64 extension = extensions[random % (sizeof(extensions) / sizeof(extensions[0]))];
	u64 function = random >> 8 & 7;

	if (extension == 8 || (extension == SBI_HSM && (function == 1 || function == 3)))
		return; /* off, stop, sleep */
	if (extension == 0x4442434e)
		random &= 0xffff; /* no screens full of memory */
	sbi_call(extension, function, random >> 12, random >> 20, random >> 28);
}

void paging_off(void)
{
	csr_write(satp, 0);
	__asm__ volatile("sfence.vma" : : : "memory");
}
