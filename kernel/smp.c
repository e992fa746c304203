/*
 * What CPUs ask of each other.
 *
 * Each pair (to, from) has one mailbox: a sender waits for its request before it sends the next, so one place is
 * enough, and sending takes no lock.
 *
 * I1 A CPU that waits - for a lock, for a reply - serves requests meanwhile, so two CPUs that ask each other at once
 *    do not wait for ever, whatever locks they hold and with interrupts off.
 * I2 A request lies on its sender's stack until `left` is 0; a server does not touch it after its decrement.
 *
 * Ordering: the mailbox store is a release, the server's exchange an acquire; the decrement of `left` is a release,
 * the sender's last read an acquire.
 */
#include "cpu.h"
#include "lock.h"
#include "panic.h"
#include "trace.h"
#include "lib/bits.h"

struct cpu cpus[MAX_CPUS];
u32 cpu_count;

struct smp_request {
	void (*fn)(void *arg);
	void *arg;
	u32 left; /* CPUs that have not finished */
};

static struct smp_request *mailbox[MAX_CPUS][MAX_CPUS]; /* [to][from] */

void smp_serve(void)
{
	u32 me = this_cpu()->id;

	panic_stop_if_another();
	for (u32 from = 0; from < READ_ONCE(cpu_count); from++) {
		if (READ_ONCE(mailbox[me][from]) == NULL)
			continue;
		struct smp_request *request = __atomic_exchange_n(&mailbox[me][from], NULL, __ATOMIC_ACQUIRE);

		request->fn(request->arg);
		__atomic_fetch_sub(&request->left, 1, __ATOMIC_RELEASE);
	}
}

void spin_wait(void)
{
	cpu_relax();
	if (arch_irq_enabled())
		return; /* the interrupt serves */
	smp_serve();
}

void smp_call(cpu_mask_t mask, void (*fn)(void *arg), void *arg)
{
	struct smp_request request = { .fn = fn, .arg = arg };
	struct cpu *cpu;
	u32 me;

	irq_push();
	me = this_cpu()->id;
	mask &= (1u << READ_ONCE(cpu_count)) - 1;
	request.left = bit_count(mask & ~(1u << me));
	for_each_cpu(cpu) {
		if (cpu->id == me || !(mask & 1u << cpu->id))
			continue;
		__atomic_store_n(&mailbox[cpu->id][me], &request, __ATOMIC_RELEASE);
		arch_ipi_send(cpu);
	}
	if (mask & 1u << me)
		fn(arg);
	while (__atomic_load_n(&request.left, __ATOMIC_ACQUIRE))
		spin_wait();
	irq_pop();
}

struct flush_request {
	hva_t start, end;
};

static void flush_here(void *arg)
{
	struct flush_request *f = arg;

	arch_flush_local(f->start, f->end);
}

void smp_flush(cpu_mask_t mask, hva_t start, hva_t end)
{
	struct flush_request f = { start, end };

	TRACE(flush, mask, start.raw, end.raw, 0);
	smp_call(mask, flush_here, &f);
}

void smp_kick(struct cpu *cpu)
{
	WRITE_ONCE(cpu->resched, true);
	arch_ipi_send(cpu);
}
