/*
 * hostile: what a guest should not do, in random order; arch/<a>/attack.c has what only that machine knows.
 *
 * A trap in an attack comes back to where the attack was begun; so does a timer, if it goes on for ever.  The guest
 * ends by itself when all are done.  If its machine is stopped before, with a report, or goes round for ever until its
 * monitor is killed, that is as good: what must not happen is anything to its host.
 */
#include "attack.h"
#include "guest.h"

#define ATTACKS   2000
#define LIMIT_NS  2000000
#define FLOOD     100

static u64 seed = 88172645463325252;
static void *back[5]; /* where a trap comes back to */
static u64 *tables;

/* Addresses of every class: RAM, devices, holes, the ends of the usual widths. */
static u64 any_address(void)
{
	static const u64 some[] = {
		0, 0x1000, 0xa0000, 0x100000, 0xc000000, 0x10000000, 0x10001000, 0x80000000, 0x84000000, 0xfe000000,
		0xfeb00000, 0xfec00000, 0xfee00000, 0xfffff000, 1ul << 32, 1ul << 36, 1ul << 39, 1ul << 40, 1ul << 41,
		1ul << 47, 1ul << 52, 1ul << 55, 1ul << 63, ~0ul << 12,
	};
	u64 r = next_random(&seed);

	return some[r % (sizeof(some) / sizeof(some[0]))] + (r >> 32) % 0x2000 - 0x10;
}

/* Writes into the guest itself would only end it early. */
static bool is_own(u64 address)
{
	u64 end = free_ram().start + (1 << 20);

	return address < end && address + (4 << 20) > end;
}

static void read_any(u64 random)
{
	*(volatile u8 *)any_address();
	*(volatile u64 *)any_address();
}

static void write_any(u64 random)
{
	u64 at = any_address();

	if (!is_own(at))
		*(volatile u64 *)at = random;
}

static void jump_any(u64 random)
{
	u64 at = any_address();

	if (!is_own(at))
		((void (*)(void))at)();
}

static void flood(u64 random)
{
	for (u32 i = 0; i < FLOOD; i++) {
		ipi_send(random >> i & 1 ? 0 : random >> 8);
		timer_set(random >> 60 ? i : ~random);
		interrupts_on();
		interrupts_off();
	}
}

/* Tables of nonsense, except for where we are. */
static void any_tables(u64 random)
{
	for (u32 i = 8; i < 512; i++)
		tables[i] = next_random(&seed);
	paging_on(tables);
	for (u32 i = 0; i < 8; i++)
		*(volatile u64 *)((next_random(&seed) % 248 + 8) << 30 | (next_random(&seed) & 0x3ffffff8));
}

static void (*const attacks[])(u64 random) = {
	read_any, write_any, jump_any, flood, any_tables, attack_instruction, attack_register, attack_call,
};

static void come_back(void)
{
	__builtin_longjmp(back, 1);
}

static void ignore(void)
{
}

static void prepare(u32 attack)
{
	on_ipi = ignore;
	on_timer = attacks[attack] == flood ? ignore : come_back;
	on_unexpected = come_back;
	paging_off();
	timer_set(LIMIT_NS);
	interrupts_on();
}

void guest_main(void)
{
	static u32 done_count, trapped; /* static: traps come back past them */
	u32 count = sizeof(attacks) / sizeof(attacks[0]);

	tables = page_take();
	map_identity(tables);
	if (__builtin_setjmp(back))
		trapped++;
	while (done_count++ < ATTACKS) {
		u32 attack = next_random(&seed) % count;

		prepare(attack);
		attacks[attack](next_random(&seed));
		interrupts_off();
	}
	interrupts_off();
	paging_off();
	serial_reset();
	print("\nhostile: %u attacks, %u of them trapped\n", ATTACKS, trapped);
}
