/*
 * What a guest needs of a RISC-V machine.  QEMU's "virt" and `vm run` have the same devices.
 */
#include "machine.h"
#include "../../guest.h"

const char *const machine_name = "riscv";
u64 boot_hart = ~0ul, device_tree = ~0ul; /* in data: start.S writes them */

extern char image_end[];

/* ---- Memory, words, the end ---------------------------------------------------------------------------- */

#define TAIL (2ul << 20) /* of RAM, where loaders put the device tree */

u64 ram_size(void)
{
	return tree_number("memory@", "reg", 2);
}

struct range free_ram(void)
{
	u64 initrd = tree_number("chosen", "linux,initrd-start", 0);
	u64 end = initrd ? initrd : tree_number("memory@", "reg", 0) + ram_size() - TAIL;

	return (struct range){ (u64)image_end, end & ~(PAGE_SIZE - 1) };
}

#define UART ((volatile u8 *)0x10000000)
enum { UART_DATA = 0, UART_ENABLE = 1, UART_FORMAT = 3, UART_MODEM = 4, UART_STATUS = 5, UART_STATUS_EMPTY = 0x20 };

void serial_put(char c)
{
	while (!(UART[UART_STATUS] & UART_STATUS_EMPTY))
		;
	UART[UART_DATA] = c;
}

void serial_reset(void)
{
	UART[UART_FORMAT] = 3;
	UART[UART_ENABLE] = 0;
	UART[UART_MODEM] = 0;
}

void power_off(int failed)
{
	sbi_call(SBI_SRST, 0, 0, failed, 0);
	for (;;)
		__asm__ volatile("wfi");
}

/* ---- Interrupts ---------------------------------------------------------------------------------------- */

void machine_init(void)
{
	csr_write(sie, SI_SOFTWARE | SI_TIMER);
}

void interrupts_on(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

void interrupts_off(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

void sleep_once(void)
{
	__asm__ volatile("wfi");
	interrupts_on();
	interrupts_off();
}

void timer_set(u64 ns)
{
	u64 hz = tree_number("cpus", "timebase-frequency", 0);

	csr_set(sie, SI_TIMER);
	sbi_call(SBI_TIME, 0, csr_read(time) + ns * hz / 1000000000, 0, 0);
}

enum { IRQ_SOFTWARE = 1, IRQ_TIMER = 5, FAULT_FETCH = 12, FAULT_READ = 13, FAULT_WRITE = 15 };

static void interrupt(u64 number)
{
	switch (number) {
	case IRQ_SOFTWARE:
		csr_clear(sip, SI_SOFTWARE);
		trap_ipi();
		break;
	case IRQ_TIMER: /* it stays up until it is set again */
		csr_clear(sie, SI_TIMER);
		trap_timer();
		break;
	default:
		trap_unexpected(number | SCAUSE_IRQ, csr_read(sepc), 0);
	}
}

void trap(void)
{
	u64 cause = csr_read(scause), pc = csr_read(sepc), status = csr_read(sstatus), address = csr_read(stval);
	bool is_page_fault = cause == FAULT_FETCH || cause == FAULT_READ || cause == FAULT_WRITE;

	if (cause & SCAUSE_IRQ)
		interrupt(cause & ~SCAUSE_IRQ);
	else if (!is_page_fault || !trap_page_fault(address))
		trap_unexpected(cause, pc, address);
	csr_write(sepc, pc);
	csr_write(sstatus, status);
}

/* ---- Other CPUs ---------------------------------------------------------------------------------------- */

/* CPU 0 is the one that started; the others are the other harts, in order. */
static void (*other_main[CPUS_MAX])(u32 cpu);

static u32 hart_of(u32 cpu)
{
	return cpu == 0 ? boot_hart : cpu - (cpu <= boot_hart);
}

u32 cpu_count(void)
{
	u32 count = 0;

	while (count < CPUS_MAX && sbi_call(SBI_HSM, 2, count, 0, 0).error == 0)
		count++;
	return count;
}

void run_other(u32 hart)
{
	u32 cpu = hart + (hart < boot_hart);

	machine_init();
	other_main[cpu](cpu);
	fail("CPU %u came back", cpu);
}

extern char start_other[];

void cpu_start(u32 cpu, void (*run)(u32 cpu))
{
	struct sbi_result r;

	other_main[cpu] = run;
	r = sbi_call(SBI_HSM, 0, hart_of(cpu), (u64)start_other, (u64)page_take() + PAGE_SIZE);
	CHECK(r.error == 0, "CPU %u does not start: %lu", cpu, -r.error);
}

void ipi_send(u32 cpu)
{
	sbi_call(SBI_IPI, 0, 1, hart_of(cpu), 0);
}

void relax(void)
{
	__asm__ volatile("" : : : "memory");
}

/* ---- Paging and code ----------------------------------------------------------------------------------- */

enum { PTE_V = 1, PTE_RWX = 0xe, PTE_A_D = 0xc0 };

const u32 paging_levels = 3;

u64 entry_table(u64 address)
{
	return address >> 12 << 10 | PTE_V;
}

u64 entry_leaf(u64 address)
{
	return address >> 12 << 10 | PTE_V | PTE_RWX | PTE_A_D;
}

u64 entry_address(u64 entry)
{
	return entry << 10 >> 20 << 12;
}

void map_identity(u64 *root)
{
	for (u64 i = 0; i < 4; i++)
		root[i] = entry_leaf(i << 30);
}

void paging_on(const u64 *root)
{
	__asm__ volatile("sfence.vma" : : : "memory");
	csr_write(satp, 8ul << 60 | (u64)root >> 12);
	__asm__ volatile("sfence.vma" : : : "memory");
}

void paging_flush(u64 va)
{
	__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

/* addi a0, zero, value; ret */
void write_function(void *to, u32 value)
{
	volatile u32 *code = to;

	code[0] = value << 20 | 0x513;
	code[1] = 0x8067;
	__asm__ volatile("fence.i" : : : "memory");
}
