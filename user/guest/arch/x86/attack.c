/*
 * What an x86 guest should not do.
 *
 * Left out is what would only end the guest early: turning the machine off or resetting it, and halting with interrupts
 * off.
 */
#include "machine.h"
#include "../../attack.h"
#include "../../guest.h"

enum { CODE_SIZE = 15, RET = 0xc3, HLT = 0xf4 };

static void run(const u8 *bytes)
{
	static u8 code[CODE_SIZE + 1] __attribute__((aligned(16)));

	for (u32 i = 0; i < CODE_SIZE; i++)
		code[i] = bytes[i] == HLT ? RET : bytes[i];
	code[CODE_SIZE] = RET;
	__asm__ volatile("" : : : "memory");
	((void (*)(void))code)();
}

void attack_instruction(u64 random)
{
	static const u8 some[][CODE_SIZE] = {
		/* vmrun vmload vmsave */
		{ 0x0f, 0x01, 0xd8, RET }, { 0x0f, 0x01, 0xda, RET }, { 0x0f, 0x01, 0xdb, RET },
		/* stgi clgi skinit */
		{ 0x0f, 0x01, 0xdc, RET }, { 0x0f, 0x01, 0xdd, RET }, { 0x0f, 0x01, 0xde, RET },
		/* invlpga vmcall xsetbv */
		{ 0x0f, 0x01, 0xdf, RET }, { 0x0f, 0x01, 0xc1, RET }, { 0x0f, 0x01, 0xd1, RET },
		/* invd wbinvd monitor */
		{ 0x0f, 0x08, RET }, { 0x0f, 0x09, RET }, { 0x0f, 0x01, 0xc8, RET },
		/* rsm rdpmc ud2 */
		{ 0x0f, 0xaa, RET }, { 0x0f, 0x33, RET }, { 0x0f, 0x0b, RET },
		/* int icebp int3 */
		{ 0xcd, 0x02, RET }, { 0xcd, 0x80, RET }, { 0xf1, RET }, { 0xcc, RET },
	};
	u8 bytes[CODE_SIZE];

	for (u32 i = 0; i < CODE_SIZE; i++)
		bytes[i] = next_random(&random);
	run(random & 1 ? bytes : some[(random >> 8) % (sizeof(some) / sizeof(some[0]))]);
}

static void write_msr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)));
}

static bool is_port_of_the_end(u16 port)
{
	return port == 0x604 || port == 0xcf9 || port == 0x64 || (port >= 0xf4 && port < 0xf8) || port == 0xcf8;
}

void attack_register(u64 random)
{
	static const u32 msrs[] = {
		0x10, 0x1b, 0x277, 0x174, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000102, 0xc0010114, 0xc0010117, 0x800,
		0x830, 0x838, 0x1d9, 0x2ff, 0x8b, 0xc0010015,
	};
	u16 port = random >> 16;

	switch (random & 3) {
	case 0: write_msr(msrs[(random >> 8) % (sizeof(msrs) / sizeof(msrs[0]))], next_random(&random)); break;
	case 1: write_msr(random >> 8, random >> 40); break;
	case 2: __asm__ volatile("mov %0, %%cr8" : : "r"(random >> 8)); break;
	default:
		if (!is_port_of_the_end(port))
			port_write8(port, random >> 32);
		port_read8(random >> 40);
	}
}

void attack_call(u64 random)
{
	u64 rax = random & 1 ? random >> 1 : random >> 56;

	__asm__ volatile("vmmcall" : "+a"(rax) : "b"(random), "c"(random >> 8), "d"(random >> 16) : "memory");
}

void paging_off(void)
{
	extern u64 boot_root[];

	__asm__ volatile("mov %0, %%cr3" : : "r"(boot_root) : "memory");
}
