/*
 * wild, on x86.
 *
 * Every vector comes to wild_back, on a stack of its own, which goes back to where arch_attack() was called,
 * whatever the registers hold.
 * Hardware: [APM2] "Interrupt-Stack Table", "64-Bit Task State Segment".
 */
#include "layout.h"
#include "machine.h"
#include "../../guest.h"
#include "../../wild.h"

u64 wild_frame[8], wild_registers[16];
void wild_enter(const u8 *code);
extern char wild_back[], image_end[];
extern u64 boot_root[512], boot_level2[512];

__asm__(".pushsection .text\n"
	"wild_enter:\n"
	"	mov %rsp, wild_frame\n"
	"	mov %rbx, wild_frame + 8; mov %rbp, wild_frame + 16; mov %r12, wild_frame + 24\n"
	"	mov %r13, wild_frame + 32; mov %r14, wild_frame + 40; mov %r15, wild_frame + 48\n"
	"	mov (%rsp), %rax; mov %rax, wild_frame + 56\n"
	"	mov %rdi, wild_registers + 15 * 8\n"
	"	mov wild_registers, %rax; mov wild_registers + 8, %rcx; mov wild_registers + 16, %rdx\n"
	"	mov wild_registers + 24, %rbx; mov wild_registers + 32, %rsp; mov wild_registers + 40, %rbp\n"
	"	mov wild_registers + 48, %rsi; mov wild_registers + 56, %rdi; mov wild_registers + 64, %r8\n"
	"	mov wild_registers + 72, %r9; mov wild_registers + 80, %r10; mov wild_registers + 88, %r11\n"
	"	mov wild_registers + 96, %r12; mov wild_registers + 104, %r13\n"
	"	jmp *wild_registers + 15 * 8\n"
	"wild_back:\n"
	"	mov wild_frame, %rsp\n"
	"	mov wild_frame + 8, %rbx; mov wild_frame + 16, %rbp; mov wild_frame + 24, %r12\n"
	"	mov wild_frame + 32, %r13; mov wild_frame + 40, %r14; mov wild_frame + 48, %r15\n"
	"	mov wild_frame + 56, %rax; mov %rax, (%rsp)\n"
	"	cld\n"
	"	ret\n"
	".popsection\n");

u64 machine_seed(void)
{
	return loader_command_word();
}

/* ---- Tables -------------------------------------------------------------------------------------------- */

enum { GATE_INTERRUPT = 0x8e, TSS_SELECTOR = 0x20 };

static u64 gdt[6], gates[256][2] __attribute__((aligned(16)));
static u8 stack[4096] __attribute__((aligned(16)));
static u8 wild_room[128], spare[65536];
static u32 task[26]; /* 104 bytes: RSP0 at 4, IST1 at 36 */

struct pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

static void load_tables(void)
{
	struct pointer gdtr = { sizeof(gdt) - 1, (u64)gdt }, idtr = { sizeof(gates) - 1, (u64)gates };
	u64 back = (u64)wild_back, top = (u64)(stack + sizeof(stack)), at = (u64)task;

	task[9] = task[1] = top;
	gdt[1] = 0x00af9b000000ffff;
	gdt[2] = 0x00cf9b000000ffff;
	gdt[3] = 0x00cf93000000ffff;
	gdt[4] = (sizeof(task) - 1) | (at & 0xffffff) << 16 | 0x89ul << 40 | (at >> 24 & 0xff) << 56;
	gdt[5] = at >> 32;
	for (u32 i = 0; i < 256; i++) {
		gates[i][0] = (back & 0xffff) | CODE64 << 16 | 1ul << 32 | (u64)GATE_INTERRUPT << 40 |
			      (back >> 16 & 0xffff) << 48;
		gates[i][1] = back >> 32;
	}
	__asm__ volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(gdtr), "m"(idtr), "r"(TSS_SELECTOR) : "memory");
}

/* ---- Instructions -------------------------------------------------------------------------------------- */

static u32 msr_number(void)
{
	static const u32 known[] = {
		0x10, 0x1b, 0x8b, 0xc1, 0xfe, 0x174, 0x175, 0x176, 0x179, 0x17a, 0x1a0, 0x1d9, 0x200, 0x250, 0x277,
		0x2ff, 0x400, 0x6e0, 0x802, 0x808, 0x80b, 0x80d, 0x80f, 0x830, 0x832, 0x838, 0x83e, 0x83f, 0xc0000080,
		0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103,
		0xc0010010, 0xc0010015, 0xc0010114, 0xc0010117, 0x40000000, 0x4b564d00
	};

	return pick(3) ? known[pick(sizeof(known) / sizeof(known[0]))] : next_random(&wild_state) >> pick(40);
}

static u32 put(u8 *code, u64 bytes, u32 count)
{
	for (u32 i = 0; i < count; i++)
		((volatile u8 *)code)[i] = bytes >> 8 * i;
	return count;
}

static u32 put_msr(u8 *code)
{
	put(code, 0xb9 | (u64)msr_number() << 8, 5); /* mov $..., %ecx */
	if (pick(2))
		put(code + 5, 0xd231, 2); /* xor %edx, %edx */
	else
		put(code + 5, 0x9090, 2);
	return 7 + put(code + 7, pick(2) ? 0x300f : 0x320f, 2);
}

/* One that has a ModRM byte, with a register as its address, or as its operand. */
static u32 put_modrm(u8 *code)
{
	static const u16 opcodes[] = {
		0x8b, 0x89, 0x8a, 0x88, 0x01, 0x03, 0x31, 0x39, 0x80, 0x81, 0x83, 0xc6, 0xc7, 0xf6, 0xf7, 0xfe, 0xff,
		0x86, 0x87, 0xb60f, 0xb70f, 0xbe0f, 0xab0f, 0xb10f, 0xc70f, 0x010f, 0x000f, 0x200f, 0x220f, 0x210f,
		0x230f, 0xae0f, 0x0d0f, 0x180f, 0x6f0f, 0x290f, 0x280f, 0xc00f, 0xc10f, 0x020f, 0x030f
	};
	u32 opcode = opcodes[pick(sizeof(opcodes) / sizeof(opcodes[0]))], at = 0;

	if (pick(3) == 0)
		at += put(code, 0x40 + pick(16), 1);
	else if (pick(6) == 0)
		at += put(code, pick(2) ? 0x66 : 0xf0, 1);
	at += put(code + at, opcode, opcode > 0xff ? 2 : 1);
	return at + put(code + at, next_random(&wild_state), 1 + pick(6));
}

static u32 put_fixed(u8 *code)
{
	static const struct {
		u32 bytes, count;
	} fixed[] = {
		{ 0xf4fb, 2 }, { 0xfa, 1 }, { 0xfb, 1 }, { 0xcc, 1 }, { 0x80cd, 2 }, { 0xcf48, 2 }, { 0xcb, 1 },
		{ 0x050f, 2 }, { 0x070f48, 3 }, { 0x340f, 2 }, { 0x350f, 2 }, { 0x080f, 2 }, { 0x090f, 2 },
		{ 0xa20f, 2 },
		{ 0x310f, 2 }, { 0x330f, 2 }, { 0xaa0f, 2 }, { 0xd8010f, 3 }, { 0xd9010f, 3 }, { 0xda010f, 3 },
		{ 0xdb010f, 3 }, { 0xdc010f, 3 }, { 0xdd010f, 3 }, { 0xde010f, 3 }, { 0xdf010f, 3 }, { 0xc8010f, 3 },
		{ 0xc9010f, 3 }, { 0xf8010f, 3 }, { 0xf9010f, 3 }, { 0xd0010f, 3 }, { 0xd1010f, 3 }, { 0xa4f3, 2 },
		{ 0xabf3, 2 }, { 0x6cf3, 2 }, { 0x6ef3, 2 }, { 0x6f66, 2 }, { 0x9c, 1 }, { 0x9d, 1 }, { 0xd1ff, 2 },
		{ 0xe1ff, 2 }, { 0x0b0f, 2 }, { 0x60e4, 2 }, { 0x20e6, 2 }, { 0x43e6, 2 }, { 0x40e6, 2 }, { 0xec, 1 },
		{ 0xed, 1 }, { 0xee, 1 }, { 0xef, 1 }, { 0xf1, 1 }, { 0xdb9b, 2 }, { 0xc358, 2 }
	};
	u32 which = pick(sizeof(fixed) / sizeof(fixed[0]));

	return put(code, fixed[which].bytes, fixed[which].count);
}

static u32 put_instruction(u8 *code)
{
	switch (pick(8)) {
	case 0: return put_msr(code);
	case 1:
	case 2:
	case 3: return put_modrm(code);
	case 4:
	case 5: return put_fixed(code);
	case 6: return put(code, 0x0f | next_random(&wild_state) << 8, 1 + pick(7));
	default: return put(code, next_random(&wild_state), 1 + pick(8));
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
	u32 at = 0;

	for (u32 i = 0; i < 15; i++)
		wild_registers[i] = operand();
	if (pick(4))
		wild_registers[4] = (u64)(stack + 2048); /* rsp */
	for (u32 left = 1 + pick(6); left; left--)
		at += put_instruction(code + at);
	while (at < room)
		at += put(code + at, 0xcc, 1); /* int3: back */
}

/* Mostly with interrupts on, so that the timer ends what would go on for ever. */
void arch_attack(const u8 *code)
{
	if (pick(8))
		interrupts_on();
	wild_enter(code);
}

/* ---- The rest ------------------------------------------------------------------------------------------ */

u64 arch_own_address(void)
{
	static const u64 places[] = {
		(u64)boot_root, (u64)boot_level2, (u64)gates, (u64)gdt, (u64)task, (u64)stack, (u64)wild_back,
		0x100000
	};

	return places[pick(sizeof(places) / sizeof(places[0]))] + (pick(2) ? 0 : pick(4096));
}

static void write_msr(u32 number, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(number), "a"((u32)value), "d"((u32)(value >> 32)));
}

void arch_mend(void)
{
	__asm__ volatile("cli; cld; mov %0, %%dr7; mov %1, %%cr4; mov %2, %%cr3; mov %3, %%cr0; mov %4, %%cr8"
			 : : "r"(0x400ul), "r"(0x220ul), "r"(boot_root), "r"(0x80010011ul), "r"(0ul) : "memory");
	write_msr(0xc0000080, 0x500);
	load_tables();
	*lapic(LAPIC_EOI) = 0;
	*lapic(LAPIC_SPURIOUS) = 0x100 | VECTOR_SPURIOUS;
	*lapic(LAPIC_TIMER) = VECTOR_TIMER;
	*lapic(LAPIC_TIMER_DIVIDE) = 0xb;
	timer_set(1000000); /* a wait ends */
}

/* Exceptions that meet another on their way: most end in a triple fault. */
static void break_delivery(void)
{
	struct pointer nowhere = { pick(0x10000), wild_address() << 16 >> 16 };

	switch (pick(40)) {
	case 0: gates[pick(32)][pick(2)] = wild_address(); break;
	case 1: task[9] = wild_address(); break; /* the stack */
	case 2: __asm__ volatile("lidt %0" : : "m"(nowhere)); break;
	case 3: __asm__ volatile("mov %0, %%dr0; mov %1, %%dr7" : : "r"(wild_back), "r"(0x402ul)); break; /* for ever */
	default: return;
	}
	arch_emit(wild_room, sizeof(wild_room));
	arch_attack(wild_room);
}

/* Mostly beyond where we are. */
void arch_spoil_tables(void)
{
	u64 *level1 = (u64 *)(boot_level2[0] & -PAGE_SIZE);

	for (u32 i = 0; i < 50; i++)
		level1[8 + pick(2048 - 8)] = wild_address();
	if (pick(4) == 0)
		boot_root[1 + pick(511)] = wild_address();
	__asm__ volatile("mov %0, %%cr3" : : "r"(boot_root) : "memory");
	break_delivery();
}

/* CPUs begin in pages of real-mode code that nobody has written. */
void arch_storm(u64 target)
{
	static const u32 commands[] = { 0x4500, 0x8500, 0x4600, 0x4400, 0x4041, 0x4200, 0xc4041, 0x84041, 0x80500 };

	for (u32 i = 0; i < PAGE_SIZE; i++)
		((volatile u8 *)(0x20000 + pick(4) * PAGE_SIZE))[i] = next_random(&wild_state);
	for (u32 i = 0; i < 20; i++) {
		u32 command = commands[pick(sizeof(commands) / sizeof(commands[0]))];

		*lapic(LAPIC_ICR_HIGH) = (target ? target : 1) << 24;
		*lapic(LAPIC_ICR_LOW) = command | ((command & 0x700) == 0x600 ? 0x20 + pick(4) : 0);
		if (pick(4) == 0)
			*lapic(LAPIC_TIMER_START) = pick(10000);
		if (pick(8) == 0)
			*lapic(pick(64) * 16) = next_random(&wild_state);
	}
}
