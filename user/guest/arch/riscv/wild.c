/*
 * wild, on RISC-V.
 *
 * Every trap comes to wild_back, which goes back to where arch_attack() was called, whatever the registers hold.
 */
#include "machine.h"
#include "../../guest.h"
#include "../../wild.h"

/* Registers that a call keeps; and those to attack with. */
u64 wild_frame[16], wild_registers[32];
static u8 spare[65536];
void wild_enter(const u8 *code);
extern char wild_back[], image_end[];

__asm__(".pushsection .text\n"
	".balign 4\n"
	"wild_enter:\n"
	"	lla t0, wild_frame\n"
	"	sd ra, 0(t0); sd sp, 8(t0); sd gp, 16(t0); sd tp, 24(t0)\n"
	"	sd s0, 32(t0); sd s1, 40(t0); sd s2, 48(t0); sd s3, 56(t0); sd s4, 64(t0); sd s5, 72(t0)\n"
	"	sd s6, 80(t0); sd s7, 88(t0); sd s8, 96(t0); sd s9, 104(t0); sd s10, 112(t0); sd s11, 120(t0)\n"
	"	mv t0, a0\n"
	"	lla t1, wild_registers\n"
	"	ld s0, 64(t1); ld s1, 72(t1); ld a0, 80(t1); ld a1, 88(t1); ld a2, 96(t1); ld a3, 104(t1)\n"
	"	ld a4, 112(t1); ld a5, 120(t1); ld a6, 128(t1); ld a7, 136(t1); ld s2, 144(t1); ld s3, 152(t1)\n"
	"	ld s4, 160(t1); ld s5, 168(t1); ld s6, 176(t1); ld s7, 184(t1); ld sp, 16(t1); ld t2, 56(t1)\n"
	"	fence.i\n"
	"	jalr t0\n"
	".balign 4\n"
	"wild_back:\n"
	"	lla t0, wild_frame\n"
	"	ld ra, 0(t0); ld sp, 8(t0); ld gp, 16(t0); ld tp, 24(t0)\n"
	"	ld s0, 32(t0); ld s1, 40(t0); ld s2, 48(t0); ld s3, 56(t0); ld s4, 64(t0); ld s5, 72(t0)\n"
	"	ld s6, 80(t0); ld s7, 88(t0); ld s8, 96(t0); ld s9, 104(t0); ld s10, 112(t0); ld s11, 120(t0)\n"
	"	ret\n"
	".popsection\n");

u64 machine_seed(void)
{
	return tree_number("chosen", "bootargs", 0);
}

/* ---- Instructions -------------------------------------------------------------------------------------- */

enum { SYSTEM = 0x73, CSR_SATP = 0x180, CSR_STVEC = 0x105 };

static u32 reg(void)
{
	return pick(4) ? 8 + pick(16) : pick(32);
}

/* Those of supervisors, of hypervisors, of guests, of all, and any. */
static u32 csr_number(void)
{
	static const u16 known[] = {
		0x100, 0x104, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x15a, 0x5a8, 0xda0,
		0x600, 0x602, 0x603, 0x604, 0x605, 0x606, 0x607, 0x60a, 0x643, 0x644, 0x645, 0x64a, 0x680, 0xe12,
		0x200, 0x204, 0x205, 0x240, 0x241, 0x242, 0x243, 0x244, 0x24d, 0x280, 0x1, 0x2, 0x3, 0xc00, 0xc01,
		0xc02, 0x300, 0x301, 0x302, 0x304, 0x305, 0x340, 0x3a0, 0x3b0, 0x7a0, 0x7b0, 0xf11, 0xf14, 0x015
	};

	switch (pick(200)) {
	case 0: return CSR_SATP;
	case 1: return CSR_STVEC;
	default: return pick(3) ? known[pick(sizeof(known) / sizeof(known[0]))] : pick(4096);
	}
}

/* addi a7, zero, ...: one of the firmware's extensions; functions and arguments are what is in the registers. */
static void prepare_call(void)
{
	static const u32 extensions[] = {
		0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x4442434e, 0x504d55,
		0x53525354
	};

	wild_registers[17] = pick(8) ? extensions[pick(pick(200) ? 7 : 8)] : next_random(&wild_state);
	wild_registers[16] = pick(8);
	if (wild_registers[17] == SBI_HSM && wild_registers[16] == 1 && pick(100))
		wild_registers[16] = 2; /* a hart that stops itself attacks no more */
	for (u32 i = 10; i < 14; i++)
		if (pick(2))
			wild_registers[i] = pick(2) ? pick(16) : ~pick(4);
}

static u32 instruction(void)
{
	static const u32 fixed[] = {
		0x00000073, 0x00100073, 0x10200073, 0x30200073, 0x10500073, 0x12000073, 0x16000073, 0x22000073,
		0x62000073, 0x18000073, 0x18100073, 0x0000100f, 0x0ff0000f, 0x0010a00f, 0x0020a00f, 0, ~0u
	};
	u32 random = next_random(&wild_state);

	switch (pick(10)) {
	case 0:
	case 1: return csr_number() << 20 | reg() << 15 | (1 + pick(7)) << 12 | reg() << 7 | SYSTEM;
	case 2: return (random & 0xfff00000) | reg() << 15 | pick(8) << 12 | reg() << 7 | 0x03; /* load */
	case 3: return (random & 0xfe000f80) | reg() << 20 | reg() << 15 | pick(8) << 12 | 0x23; /* store */
	case 4: return (random & 0xfe000000) | reg() << 20 | reg() << 15 | (2 + pick(2)) << 12 | reg() << 7 | 0x2f;
	case 5: return (random & 0xfe000000) | reg() << 20 | reg() << 15 | 4 << 12 | reg() << 7 | SYSTEM; /* hlv */
	case 6: return (random & 0xfff00000) | reg() << 15 | reg() << 7 | (pick(2) ? 0x67 : 0x3007); /* jalr */
	case 7: prepare_call(); return SYSTEM; /* ecall */
	case 8: return fixed[pick(sizeof(fixed) / sizeof(fixed[0]))];
	default: return random;
	}
}

/* Most go to memory that nobody needs: an access to a device that is not decoded is the end. */
static u64 operand(void)
{
	switch (pick(8)) {
	case 0: return wild_address();
	case 1: return wild_address() | 1ul << (40 + pick(24));
	case 2: return arch_own_address();
	default: return (u64)spare + pick(sizeof(spare));
	}
}

void arch_emit(u8 *code, u32 room)
{
	volatile u32 *at = (volatile u32 *)code;

	for (u32 i = 0; i < 32; i++)
		wild_registers[i] = operand();
	for (u32 i = 0; i < room / 4; i++)
		at[i] = i < 1 + wild_state % 8 ? instruction() : 0x00100073; /* ebreak: back */
}

/* Mostly with interrupts on, so that the timer ends what would go on for ever. */
void arch_attack(const u8 *code)
{
	if (pick(8))
		interrupts_on();
	wild_enter(code + (pick(30) ? 0 : 2));
}

/* ---- The rest ------------------------------------------------------------------------------------------ */

#define WAIT_TICKS 10000 /* of the time CSR: 1 ms */

static u64 tables[8][512] __attribute__((aligned(4096)));

u64 arch_own_address(void)
{
	static const u64 places[] = { 0x80200000, 0x80201000, (u64)tables, 0x80000000 };

	return places[pick(sizeof(places) / sizeof(places[0]))] + (pick(2) ? 0 : pick(4096));
}

void arch_mend(void)
{
	csr_write(stvec, wild_back);
	csr_write(satp, 0);
	__asm__ volatile("sfence.vma" : : : "memory");
	csr_clear(sstatus, SSTATUS_SIE);
	csr_clear(sip, SI_SOFTWARE);
	csr_write(sie, ~0ul); /* a wait ends */
	sbi_call(SBI_TIME, 0, csr_read(time) + WAIT_TICKS, 0, 0);
	csr_write(scounteren, ~0ul);
}

/* Tables that point to each other, to devices and to nothing, and the satp to use them. */
void arch_spoil_tables(void)
{
	for (u32 i = 0; i < 8 * 512; i++)
		tables[i / 512][i % 512] = pick(3) ? entry_table((u64)tables[pick(8)]) | pick(256) :
						     wild_address() >> 2;
	for (u32 i = 0; i < 512; i++)
		if (i >= 2 && i < 4)
			tables[0][i] = entry_leaf((u64)i << 30); /* where we are */
	csr_write(satp, (pick(50) ? 8 : 8 + pick(3)) << 60 | (u64)tables[0] >> 12);
	arch_emit((u8 *)tables[7], 128);
	arch_attack((const u8 *)tables[7]);
}

void arch_storm(u64 target)
{
	for (u32 i = 0; i < 20; i++) {
		switch (pick(4)) {
		case 0: sbi_call(SBI_HSM, 0, pick(4) ? target : pick(9), wild_address() & ~1ul, pick(2)); break;
		case 1: sbi_call(SBI_IPI, 0, pick(256), 0, 0); break;
		case 2: sbi_call(0x52464e43, pick(3), pick(256), pick(2) ? 0 : -1ul, wild_address()); break;
		default: sbi_call(SBI_TIME, 0, pick(2) ? 0 : csr_read(time) + pick(1000), 0, 0); break;
		}
	}
}
