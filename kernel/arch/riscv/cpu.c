/*
 * This hart and the others: interrupts between them, halting, threads' registers, translation caches.
 */
#include "riscv.h"
#include "arch/arch.h"
#include "sbi.h"
#include "mm/buddy.h"

extern u64 riscv_image_offset;
extern char _start_secondary[];
extern struct cpu *riscv_starting; /* boot.S: the one that arch_cpu_start() has asked for last */

/*
 * Hardware: docs/platform.md, "Under -icount": `pause` keeps the slice, `wfi` with an interrupt pending gives it up.
 * So raise our own software interrupt, wait, and take it back - unless a real one came meanwhile.
 */
void cpu_relax(void)
{
	bool on = arch_irq_enabled();

	arch_irq_disable();
	csr_set(sip, SIE_SOFTWARE);
	arch_wait();
	csr_clear(sip, SIE_SOFTWARE);
	if (__atomic_load_n(&this_cpu()->arch.ipi_pending, __ATOMIC_SEQ_CST))
		csr_set(sip, SIE_SOFTWARE);
	if (on)
		arch_irq_enable();
}

/* ---- Other harts --------------------------------------------------------------------------------------- */

int arch_cpu_start(struct cpu *cpu)
{
	u64 start = (u64)_start_secondary - riscv_image_offset;

	cpu->arch.kernel_stack = (u64)cpu->boot_stack;
	riscv_starting = cpu;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return sbi_hart_start(cpu->hw_id, start, 0).error ? -EIO : 0;
}

void arch_ipi_send(struct cpu *cpu)
{
	/* One interrupt is enough until it is served. */
	if (__atomic_exchange_n(&cpu->arch.ipi_pending, 1, __ATOMIC_SEQ_CST) == 0)
		sbi_send_ipi(cpu->hw_id);
}

/* ---- The end ------------------------------------------------------------------------------------------- */

/* Hardware: docs/platform.md, "RISC-V: virt": 0x5555 ends with status 0, (code << 16) | 0x3333 with code. */
enum { TEST_PASS = 0x5555, TEST_FAIL = 0x3333, TEST_RESET = 0x7777 };

static void test_device_write(u32 value)
{
	if (riscv_machine.test.raw)
		*(volatile u32 *)hpa_to_ptr(riscv_machine.test) = value;
}

void arch_halt(int code)
{
	test_device_write(code ? (u32)code << 16 | TEST_FAIL : TEST_PASS);
	sbi_reset(SBI_SHUTDOWN);
	for (;;)
		arch_wait();
}

void arch_restart(void)
{
	test_device_write(TEST_RESET);
	sbi_reset(SBI_COLD_REBOOT);
	for (;;)
		arch_wait();
}

/* ---- The console's registers --------------------------------------------------------------------------- */

u8 arch_uart_read(int reg)
{
	return *(volatile u8 *)hpa_to_ptr(hpa_add(riscv_machine.uart, reg));
}

void arch_uart_write(int reg, u8 value)
{
	*(volatile u8 *)hpa_to_ptr(hpa_add(riscv_machine.uart, reg)) = value;
}

/* ---- Threads ------------------------------------------------------------------------------------------- */

void arch_context_init(struct arch_context *ctx, void *stack_top, void (*entry)(void *), void *arg)
{
	*ctx = (struct arch_context){ .ra = (u64)riscv_thread_start, .sp = (u64)stack_top };
	ctx->s[1] = (u64)entry;
	ctx->s[2] = (u64)arg;
}

void arch_fp_init(struct arch_fp *fp)
{
	memset(fp, 0, sizeof(*fp));
}

void arch_fp_save_and_disable(struct arch_fp *fp)
{
	if ((csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY)
		riscv_fp_store(fp);
	csr_clear(sstatus, SSTATUS_FS);
}

void arch_fp_restore(const struct arch_fp *fp)
{
	csr_set(sstatus, SSTATUS_FS_DIRTY);
	riscv_fp_load(fp);
}

void arch_user_frame(struct trapframe *tf, u64 pc, u64 sp, u64 arg)
{
	*tf = (struct trapframe){ .sepc = pc, .sstatus = SSTATUS_SPIE };
	tf->x[REG_SP] = sp;
	tf->x[REG_A0] = arg;
}

void arch_user_return(struct trapframe *tf)
{
	tf->sstatus = (tf->sstatus & ~SSTATUS_FS) | (csr_read(sstatus) & SSTATUS_FS);
	riscv_user_return(tf);
}

void arch_set_kernel_stack(void *stack_top)
{
	this_cpu()->arch.kernel_stack = (u64)stack_top;
}

/* ---- Translation --------------------------------------------------------------------------------------- */

void arch_root_load(hpa_t root)
{
	csr_write(satp, SATP_SV39 | root.raw >> PAGE_SHIFT);
	__asm__ volatile("sfence.vma" : : : "memory");
}

/* Above this many pages one fence for all is cheaper.  Hardware: [RV-PRIV] "Supervisor Memory-Management Fence". */
#define FLUSH_PAGES_MAX 32

void arch_flush_local(hva_t start, hva_t end)
{
	/* With an address the fence covers last-level entries only; a table that went needs the full one (2 MiB). */
	if (end.raw - start.raw > FLUSH_PAGES_MAX * PAGE_SIZE) {
		__asm__ volatile("sfence.vma" : : : "memory");
		return;
	}
	for (u64 va = start.raw; va < end.raw; va += PAGE_SIZE)
		__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

void arch_icache_sync(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}

/* ---- Looking back -------------------------------------------------------------------------------------- */

u64 arch_frame_pointer(void)
{
	return (u64)__builtin_frame_address(0);
}

/* With frame pointers a function stores its return address at fp - 8 and its caller's fp at fp - 16. */
bool arch_frame_next(u64 *fp, u64 *pc, u64 stack_start, u64 stack_end)
{
	if (*fp < stack_start + 16 || *fp > stack_end || *fp % 8 != 0)
		return false;
	*pc = ((u64 *)*fp)[-1];
	*fp = ((u64 *)*fp)[-2];
	return *pc != 0;
}
