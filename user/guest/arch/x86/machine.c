/*
 * What a guest needs of an x86 machine.
 */
#include "layout.h"
#include "machine.h"
#include "../../guest.h"

const char *const machine_name = "x86";

extern char image_end[];

/* ---- Memory, words, the end ---------------------------------------------------------------------------- */

u64 ram_size(void)
{
	return loader_ram_end();
}

struct range free_ram(void)
{
	return (struct range){ (u64)image_end, loader_free_end() & ~(PAGE_SIZE - 1) };
}

enum { UART = 0x3f8, UART_ENABLE = UART + 1, UART_FORMAT = UART + 3, UART_MODEM = UART + 4,
       UART_STATUS = UART + 5, UART_STATUS_EMPTY = 0x20 };

void serial_put(char c)
{
	while (!(port_read8(UART_STATUS) & UART_STATUS_EMPTY))
		;
	port_write8(UART, c);
}

void serial_reset(void)
{
	port_write8(UART_FORMAT, 3);
	port_write8(UART_ENABLE, 0);
	port_write8(UART_MODEM, 0);
}

/* ACPI's sleep control register, where `vm run` has it; QEMU's debug port elsewhere. */
enum { SLEEP_PORT = 0x604, SLEEP_OFF = 0x20 | 5 << 2, DEBUG_EXIT_PORT = 0xf4 };

void power_off(int failed)
{
	if (!failed)
		port_write8(SLEEP_PORT, SLEEP_OFF);
	port_write32(DEBUG_EXIT_PORT, 0);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

/* Hardware: [APM2] "Long-Mode Interrupt Gate Descriptor". */
static struct gate {
	u16 offset0, selector;
	u8 stack, type;
	u16 offset1;
	u32 offset2, reserved;
} gates[256] __attribute__((aligned(16)));

enum { GATE_INTERRUPT = 0x8e, STUB_SIZE = 16 };

extern char trap_stubs[];

static void load_gates(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) pointer = { sizeof(gates) - 1, (u64)gates };

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

static void init_lapic(void)
{
	*lapic(LAPIC_SPURIOUS) = 0x100 | VECTOR_SPURIOUS;
	*lapic(LAPIC_TIMER_DIVIDE) = 0xb; /* by 1 */
	*lapic(LAPIC_TIMER) = VECTOR_TIMER;
}

void machine_init(void)
{
	for (u32 i = 0; i < 256; i++) {
		u64 at = (u64)trap_stubs + i * STUB_SIZE;

		gates[i] = (struct gate){ .offset0 = at, .selector = CODE64, .type = GATE_INTERRUPT,
					  .offset1 = at >> 16, .offset2 = at >> 32 };
	}
	load_gates();
	port_write8(0x21, 0xff); /* the PICs stay out of this */
	port_write8(0xa1, 0xff);
	init_lapic();
}

void interrupts_on(void)
{
	__asm__ volatile("sti; nop" : : : "memory");
}

void interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

void sleep_once(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* The local APIC's timer counts nanoseconds, in QEMU as under `vm run`. */
void timer_set(u64 ns)
{
	*lapic(LAPIC_TIMER_START) = ns;
}

void trap(u64 vector, u64 rip)
{
	u64 address = 0;

	switch (vector) {
	case VECTOR_TIMER:
		*lapic(LAPIC_EOI) = 0;
		trap_timer();
		break;
	case VECTOR_IPI:
		*lapic(LAPIC_EOI) = 0;
		trap_ipi();
		break;
	case VECTOR_SPURIOUS:
		break;
	case VECTOR_PAGE_FAULT:
		__asm__ volatile("mov %%cr2, %0" : "=r"(address));
		if (trap_page_fault(address))
			break;
		/* fall through */
	default:
		trap_unexpected(vector, rip, address);
	}
}

/* ---- Other CPUs: one at a time ------------------------------------------------------------------------- */

enum { ICR_INIT = 0x4500, ICR_STARTUP = 0x4600, ICR_FIXED = 0x4000, ICR_BUSY = 0x1000 };

extern char trampoline[], trampoline_end[];
static void (*other_run)(u32 cpu);
static u32 started;

u32 cpu_count(void)
{
	return loader_cpu_count();
}

static void send(u32 cpu, u32 command)
{
	*lapic(LAPIC_ICR_HIGH) = cpu << 24;
	*lapic(LAPIC_ICR_LOW) = command;
	while (*lapic(LAPIC_ICR_LOW) & ICR_BUSY)
		relax();
}

void run_other(u32 cpu)
{
	void (*run)(u32) = other_run;

	load_gates();
	init_lapic();
	__atomic_store_n(&started, 1, __ATOMIC_SEQ_CST);
	run(cpu);
	fail("CPU %u came back", cpu);
}

/* Local APIC ids count from 0, and the first CPU has 0. */
void cpu_start(u32 cpu, void (*run)(u32 cpu))
{
	for (char *p = trampoline; p < trampoline_end; p++)
		((volatile char *)TRAMPOLINE)[p - trampoline] = *p;
	other_run = run;
	next_cpu = cpu;
	next_stack = (u64)page_take() + PAGE_SIZE;
	__atomic_store_n(&started, 0, __ATOMIC_SEQ_CST);
	send(cpu, ICR_INIT);
	send(cpu, ICR_STARTUP | TRAMPOLINE >> 12);
	while (!__atomic_load_n(&started, __ATOMIC_SEQ_CST))
		relax();
}

void ipi_send(u32 cpu)
{
	send(cpu, ICR_FIXED | VECTOR_IPI);
}

void relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* ---- Paging and code ----------------------------------------------------------------------------------- */

enum { PTE_P_W = 3, PTE_A_D = 0x60 };

const u32 paging_levels = 4;

u64 entry_table(u64 address)
{
	return address | PTE_P_W;
}

u64 entry_leaf(u64 address)
{
	return address | PTE_P_W | PTE_A_D;
}

u64 entry_address(u64 entry)
{
	return entry & 0xffffffffff000;
}

/* The tables that the guest began with, below a level of our own, since others may be linked there. */
void map_identity(u64 *root)
{
	extern u64 boot_level2[];
	u64 *level2 = page_take();

	for (u32 i = 0; i < 4; i++)
		level2[i] = boot_level2[i];
	root[0] = entry_table((u64)level2);
}

void paging_on(const u64 *root)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

void paging_flush(u64 va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* mov $value, %eax; ret.  The jump to it is all that the processor needs to see it. */
void write_function(void *to, u32 value)
{
	volatile u8 *code = to;

	code[0] = 0xb8;
	for (u32 i = 0; i < 4; i++)
		code[1 + i] = value >> 8 * i;
	code[5] = 0xc3;
	__asm__ volatile("" : : : "memory");
}
