/*
 * The porting contract: all that the kernel asks of an architecture.
 *
 * An architecture is a folder kernel/arch/<a>/.  Its machine.h (found through the include path) gives the
 * types and the inline functions listed under "machine.h"; its .c and .S files give the functions declared
 * here.  Nothing outside kernel/arch/ knows which architecture it runs on.
 *
 * How a CPU gets here.  The boot CPU: arch entry code -> arch_boot() builds the first page tables and a
 * struct boot_info -> kernel_main().  Every other CPU: arch_cpu_start() -> arch entry code -> cpu_main().
 * Both functions are in kernel/main.c and never return.
 *
 * How a trap gets into common code.  The entry code saves a struct trapframe and calls the architecture's
 * decoder, which calls one of the functions under "Called by the architecture".
 *
 * Ordering: all CPUs have caches coherent with each other and with devices.  READ_ONCE, WRITE_ONCE and the
 * __atomic built-ins are the only way to share memory without a lock.
 */
#ifndef KERNEL_ARCH_ARCH_H
#define KERNEL_ARCH_ARCH_H

#include "abi/types.h"
#include "mmu/pt/addr.h"

struct cpu;
struct thread;
struct boot_info;
struct trapframe;

/*
 * machine.h defines:
 *
 * Constants
 *   ARCH_NAME              "riscv", "x86"
 *   DIRECT_BASE            where all physical memory below DIRECT_SIZE is mapped, devices included (u64)
 *   DIRECT_SIZE            bytes of it
 *   USER_END               first address above user space (u64); user space starts at PAGE_SIZE
 *   ELF_MACHINE            e_machine of programs that run here
 *   STACK_ALIGN            of a user stack pointer at process entry
 *
 * Types
 *   struct trapframe       the user registers, as the entry code saves them
 *   struct arch_context    what a switched-out thread keeps on the side (at least its stack pointer)
 *   struct arch_fp         floating-point registers in memory
 *   struct arch_cpu        the architecture's part of struct cpu
 *
 * Interrupts of this CPU
 *   void arch_irq_enable(void); void arch_irq_disable(void); bool arch_irq_enabled(void);
 *   void arch_wait(void)   halt until an interrupt is pending; called with interrupts off, returns with them off,
 *                          and never misses one that became pending before the call
 *
 * This CPU
 *   struct cpu *this_cpu(void)   only stable with interrupts off
 *
 * Trap frame
 *   u64 tf_syscall_number(tf), tf_syscall_arg(tf, n)  n in 0..5
 *   void tf_set_result(tf, s64)  of a system call; also fork's 0 in the child
 *   u64 tf_pc(tf), tf_sp(tf), tf_fp(tf)
 */
#include "machine.h"

/* ---- This CPU ------------------------------------------------------------------------------------------ */

/*
 * Tell the processor that this CPU spins on another's progress, and give its time slice up under `-icount`
 * (docs/platform.md).  May be called with interrupts on or off, with any locks held.  Does not serve requests of
 * other CPUs: spin_wait() in cpu.h does both.
 */
void cpu_relax(void);

/*
 * What this CPU has executed, in the finest unit that the machine counts.  Under -icount that is instructions, with
 * those that it would have executed in the time that it slept.
 */
u64 arch_instruction_count(void);

/* Stop the machine, or start it again.  `code` becomes QEMU's exit status where the machine can say it. */
__attribute__((noreturn)) void arch_halt(int code);
__attribute__((noreturn)) void arch_restart(void);

/* ---- Other CPUs ---------------------------------------------------------------------------------------- */

/*
 * Start cpu, whose fields are filled and whose boot_stack is set; it will call cpu_main(cpu).  0 or -EIO.
 * Does not wait for it.
 */
int arch_cpu_start(struct cpu *cpu);

/* Raise an interrupt on cpu, which calls trap_ipi() there as soon as its interrupts are on. */
void arch_ipi_send(struct cpu *cpu);

/* ---- Time ---------------------------------------------------------------------------------------------- */

/* Nanoseconds since boot; monotonic, the same on all CPUs. */
u64 arch_clock(void);

/* Interrupt this CPU once at `deadline` (ns of arch_clock()) or as soon after as possible; ~0 means never. */
void arch_timer_set(u64 deadline);

/* ---- Devices ------------------------------------------------------------------------------------------- */

/* Let interrupt `irq` (numbers as in boot_info) arrive, at the boot CPU. */
void arch_irq_unmask(u32 irq);

/* A byte of the 16550 at register `reg` (0-7). */
u8 arch_uart_read(int reg);
void arch_uart_write(int reg, u8 value);

/* ---- Threads ------------------------------------------------------------------------------------------- */

/*
 * Make ctx such that switching to it calls entry(arg) on the stack that ends at stack_top (16-aligned), with
 * interrupts off.  entry never returns.
 */
void arch_context_init(struct arch_context *ctx, void *stack_top, void (*entry)(void *), void *arg);

/* Save the callee-saved registers in *from and continue with *to.  Interrupts are off. */
void arch_context_switch(struct arch_context *from, const struct arch_context *to);

/*
 * Floating point is lazy: off after every switch; its first use by a user program traps, and the architecture
 * calls arch_fp_restore().  save is called on the way out of a thread and only writes when FP is on.
 */
void arch_fp_save_and_disable(struct arch_fp *fp);
void arch_fp_restore(const struct arch_fp *fp);
void arch_fp_init(struct arch_fp *fp);

/* Set up tf so that a return with it starts user code at pc with stack sp and `arg` as the first argument. */
void arch_user_frame(struct trapframe *tf, u64 pc, u64 sp, u64 arg);

/* Leave the kernel with the registers of tf, which lies at the top of the current thread's kernel stack. */
__attribute__((noreturn)) void arch_user_return(struct trapframe *tf);

/* Tell this CPU where the kernel stack of the thread that it runs ends, for the next trap from user mode. */
void arch_set_kernel_stack(void *stack_top);

/* ---- Stage-1 tables (kernel/mm/upt.c walks them; the entry format is in the architecture's upte.h) ------ */

/* The root that maps the kernel and no user memory; for kernel threads and idling. */
hpa_t arch_kernel_root(void);

/* Make this CPU translate through root; nothing cached of the previous one stays. */
void arch_root_load(hpa_t root);

/*
 * Forget this CPU's cached translations of user addresses in [start, end), page-aligned; where the range covers the
 * whole span of a last-level table (2 MiB), what it cached of that table too.  Never reaches another CPU: smp_flush()
 * in cpu.h does.
 */
void arch_flush_local(hva_t start, hva_t end);

/* Code was written to memory that this CPU may execute. */
void arch_icache_sync(void);

/* ---- Looking back -------------------------------------------------------------------------------------- */

/* One step up a frame-pointer chain: from *fp to its caller.  False at the end.  Reads only kernel stacks. */
bool arch_frame_next(u64 *fp, u64 *pc, u64 stack_start, u64 stack_end);
u64 arch_frame_pointer(void);

/* Print the registers of a trap frame. */
void arch_trapframe_print(const struct trapframe *tf);

/* ---- Called by the architecture ------------------------------------------------------------------------ */

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };
enum user_trap { TRAP_ILLEGAL, TRAP_BREAKPOINT, TRAP_MISALIGNED, TRAP_ARITHMETIC, TRAP_OTHER };

/* All with interrupts off, on the kernel stack of the current thread. */
void trap_syscall(struct trapframe *tf);
void trap_user_fault(struct trapframe *tf, hva_t va, enum access access);
void trap_user_other(struct trapframe *tf, enum user_trap what, u64 detail);
void trap_timer(void);
void trap_device(u32 irq);
void trap_ipi(void);

/* The last thing before a return to user mode: preemption and death.  Interrupts off on return. */
void trap_return_check(struct trapframe *tf);

/* The last thing before a return to kernel code that had interrupts on: preemption. */
void trap_kernel_preempt(void);

/* A trap that kernel code must not cause.  `what` names it. */
__attribute__((noreturn)) void trap_kernel_fatal(const char *what, u64 pc, u64 address, u64 fp);

__attribute__((noreturn)) void kernel_main(const struct boot_info *info);
__attribute__((noreturn)) void cpu_main(struct cpu *cpu);

#endif
