/*
 * Loads and stores of x86.
 * Hardware: [SDM2] "MOV", "MOVZX", "MOVSX/MOVSXD", "XCHG", "AND", "OR", "STOS", "MOVS".
 */
#include "../../access.h"

/* The register is rax, the address rdx; a store that needs both uses rcx and rdi as it likes. */
#define LOAD(name, text)                                                                                               \
	static u64 name(u64 address, u64 preset)                                                                       \
	{                                                                                                              \
		__asm__ volatile(text : "+a"(preset) : "d"(address) : "rcx", "rsi", "rdi", "r9", "memory", "cc");      \
		return preset;                                                                                         \
	}
#define STORE(name, text)                                                                                              \
	static void name(u64 address, u64 value)                                                                       \
	{                                                                                                              \
		__asm__ volatile(text : "+a"(value) : "d"(address) : "rcx", "rsi", "rdi", "r9", "memory", "cc");       \
	}

LOAD(mov8, "movb (%%rdx), %%al")
LOAD(mov16, "movw (%%rdx), %%ax")
LOAD(mov32, "movl (%%rdx), %%eax")
LOAD(mov64, "movq (%%rdx), %%rax")
LOAD(mov8_high, "movb (%%rdx), %%ah; xchgb %%al, %%ah; movb $0x32, %%ah")
LOAD(movzx8, "movzbl (%%rdx), %%eax")
LOAD(movzx16, "movzwl (%%rdx), %%eax")
LOAD(movsx8_32, "movsbl (%%rdx), %%eax")
LOAD(movsx8, "movsbq (%%rdx), %%rax")
LOAD(movsx16, "movswq (%%rdx), %%rax")
LOAD(movsxd, "movslq (%%rdx), %%rax")
LOAD(indexed, "movl $16, %%ecx; movl -0x40(%%rdx,%%rcx,4), %%eax")
LOAD(with_r9, "movq %%rdx, %%r9; movl (%%r9), %%r9d; movq %%r9, %%rax")
LOAD(absolute_or, "xorl %%eax, %%eax; orl (%%rdx), %%eax")

STORE(mov8_to, "movb %%al, (%%rdx)")
STORE(mov16_to, "movw %%ax, (%%rdx)")
STORE(mov32_to, "movl %%eax, (%%rdx)")
STORE(mov64_to, "movq %%rax, (%%rdx)")
STORE(mov8_high_to, "movb %%al, %%ah; movb %%ah, (%%rdx)")
STORE(with_r9_to, "movq %%rax, %%r9; movl %%r9d, (%%rdx)")
STORE(stos8, "movq %%rdx, %%rdi; cld; stosb")
STORE(and8, "movb $0xff, (%%rdx); andb %%al, (%%rdx)")
STORE(or8, "movb $0, (%%rdx); orb %%al, (%%rdx)")
STORE(xchg8, "xchgb %%al, (%%rdx)")

const struct load loads[] = {
	{ "mov r8", 1, EXTEND_KEEP, mov8 }, { "mov r16", 2, EXTEND_KEEP, mov16 }, { "mov r32", 4, EXTEND_ZERO, mov32 },
	{ "mov r64", 8, EXTEND_ZERO, mov64 }, { "mov ah", 1, EXTEND_KEEP, mov8_high },
	{ "movzx r8", 1, EXTEND_ZERO, movzx8 }, { "movzx r16", 2, EXTEND_ZERO, movzx16 },
	{ "movsx r32, r8", 1, EXTEND_SIGN_32, movsx8_32 }, { "movsx r64, r8", 1, EXTEND_SIGN, movsx8 },
	{ "movsx r64, r16", 2, EXTEND_SIGN, movsx16 }, { "movsxd", 4, EXTEND_SIGN, movsxd },
	{ "mov r9", 4, EXTEND_ZERO, with_r9 }, { "or", 4, EXTEND_ZERO, absolute_or },
	{ "mov, indexed", 4, EXTEND_ZERO, indexed },
};
const u32 load_count = sizeof(loads) / sizeof(loads[0]);

const struct store stores[] = {
	{ "mov r8", 1, mov8_to }, { "mov r16", 2, mov16_to }, { "mov r32", 4, mov32_to }, { "mov r64", 8, mov64_to },
	{ "mov ah", 1, mov8_high_to }, { "mov r9", 4, with_r9_to }, { "stos", 1, stos8 }, { "and", 1, and8 },
	{ "or", 1, or8 }, { "xchg", 1, xchg8 },
};
const u32 store_count = sizeof(stores) / sizeof(stores[0]);

/* Where `vm run` has it beside the ports. */
u64 uart_address(void)
{
	return 0xfe000000;
}
