/*
 * Loads and stores of RISC-V.
 * Hardware: [RV-UNPRIV] "Load and Store Instructions", "Load and Store Instructions" (of "C").
 */
#include "../../access.h"

#define LOAD(name, text)                                                                                               \
	static u64 name(u64 address, u64 preset)                                                                       \
	{                                                                                                              \
		register u64 x __asm__("a4") = preset;                                                                 \
		register u64 at __asm__("a5") = address;                                                               \
                                                                                                                       \
		__asm__ volatile(text : "+r"(x) : "r"(at) : "memory");                                                 \
		return x;                                                                                              \
	}
#define STORE(name, text)                                                                                              \
	static void name(u64 address, u64 value)                                                                       \
	{                                                                                                              \
		register u64 x __asm__("a4") = value;                                                                  \
		register u64 at __asm__("a5") = address;                                                               \
                                                                                                                       \
		__asm__ volatile(text : : "r"(x), "r"(at) : "memory");                                                 \
	}

LOAD(lb, "lb %0, 0(%1)")
LOAD(lbu, "lbu %0, 0(%1)")
LOAD(lh, "lh %0, 0(%1)")
LOAD(lhu, "lhu %0, 0(%1)")
LOAD(lw, ".option push; .option norvc; lw %0, 0(%1); .option pop")
LOAD(lwu, "lwu %0, 0(%1)")
LOAD(ld, ".option push; .option norvc; ld %0, 0(%1); .option pop")
LOAD(lb_far, "addi %1, %1, -2000; lb %0, 2000(%1); addi %1, %1, 2000")
LOAD(c_lw, "c.lw %0, 0(%1)")
LOAD(c_lw_far, "addi %1, %1, -124; c.lw %0, 124(%1); addi %1, %1, 124")
LOAD(c_ld, "c.ld %0, 0(%1)")
LOAD(c_lwsp, "mv t0, sp; mv sp, %1; c.lwsp %0, 0(sp); mv sp, t0")
LOAD(c_ldsp, "mv t0, sp; mv sp, %1; c.ldsp %0, 0(sp); mv sp, t0")

STORE(sb, "sb %0, 0(%1)")
STORE(sh, "sh %0, 0(%1)")
STORE(sw, ".option push; .option norvc; sw %0, 0(%1); .option pop")
STORE(sd, ".option push; .option norvc; sd %0, 0(%1); .option pop")
STORE(c_sw, "c.sw %0, 0(%1)")
STORE(c_sd, "c.sd %0, 0(%1)")
STORE(c_swsp, "mv t0, sp; mv sp, %1; c.swsp %0, 0(sp); mv sp, t0")
STORE(c_sdsp, "mv t0, sp; mv sp, %1; c.sdsp %0, 0(sp); mv sp, t0")

const struct load loads[] = {
	{ "lb", 1, EXTEND_SIGN, lb }, { "lbu", 1, EXTEND_ZERO, lbu }, { "lh", 2, EXTEND_SIGN, lh },
	{ "lhu", 2, EXTEND_ZERO, lhu }, { "lw", 4, EXTEND_SIGN, lw }, { "lwu", 4, EXTEND_ZERO, lwu },
	{ "ld", 8, EXTEND_ZERO, ld }, { "lb, far", 1, EXTEND_SIGN, lb_far }, { "c.lw", 4, EXTEND_SIGN, c_lw },
	{ "c.lw, far", 4, EXTEND_SIGN, c_lw_far }, { "c.ld", 8, EXTEND_ZERO, c_ld },
	{ "c.lwsp", 4, EXTEND_SIGN, c_lwsp }, { "c.ldsp", 8, EXTEND_ZERO, c_ldsp },
};
const u32 load_count = sizeof(loads) / sizeof(loads[0]);

const struct store stores[] = {
	{ "sb", 1, sb }, { "sh", 2, sh }, { "sw", 4, sw }, { "sd", 8, sd },
	{ "c.sw", 4, c_sw }, { "c.sd", 8, c_sd }, { "c.swsp", 4, c_swsp }, { "c.sdsp", 8, c_sdsp },
};
const u32 store_count = sizeof(stores) / sizeof(stores[0]);

u64 uart_address(void)
{
	return 0x10000000;
}
