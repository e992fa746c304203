/*
 * vCPUs: loading, the run loop, kicks.  See vcpu.h.
 */
#include "hyp/vcpu.h"
#include "mmu/mmu.h"
#include "proc.h"

/* ---- Loading ------------------------------------------------------------------------------------------- */

/*
 * Ordering: the bit is set (seq_cst) before the root can be used here.  Pairs with root_flush(), which counts first and
 * then reads the bits: it interrupts this CPU, or the next arch_hwid_prepare() here sees the count.
 */
void vcpu_load(struct vcpu *vcpu)
{
	__atomic_fetch_or(&vcpu->root->cpus, 1u << this_cpu()->id, __ATOMIC_SEQ_CST);
	vcpu->load_count++;
	arch_vcpu_load(vcpu);
}

/* Hardware may walk by a loaded root even while the kernel runs, so the bit goes last. */
void vcpu_put(struct vcpu *vcpu)
{
	arch_vcpu_put(vcpu);
	__atomic_fetch_and(&vcpu->root->cpus, ~(1u << this_cpu()->id), __ATOMIC_SEQ_CST);
}

static void switched_out(struct thread_hook *hook)
{
	vcpu_put(container_of(hook, struct vcpu, hook));
}

static void switched_in(struct thread_hook *hook)
{
	vcpu_load(container_of(hook, struct vcpu, hook));
}

void vcpu_begin(struct vcpu *vcpu)
{
	struct thread *me;

	irq_push();
	me = this_cpu()->thread;
	ASSERT(!me->hook, "vcpu_begin: thread %d has a hook already", me->tid);
	arch_fp_save_and_disable(&me->fp);
	vcpu_load(vcpu);
	me->hook = &vcpu->hook;
	irq_pop();
}

void vcpu_end(struct vcpu *vcpu)
{
	irq_push();
	this_cpu()->thread->hook = NULL;
	vcpu_put(vcpu);
	irq_pop();
}

struct vcpu *vcpu_loaded(const struct cpu *cpu)
{
	struct thread_hook *hook = cpu->thread ? cpu->thread->hook : NULL;

	return hook && hook->out == switched_out ? container_of(hook, struct vcpu, hook) : NULL;
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

/* (a) and (b) of vcpu.h; interrupts are off.  What has happened to the roots is asked for like a request. */
static bool may_enter(struct vcpu *vcpu)
{
	vcpu->cpu = this_cpu()->id;
	__atomic_store_n(&vcpu->mode, VCPU_IN, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&vcpu->requests, __ATOMIC_SEQ_CST) == 0 &&
	       (!vcpu->mv || mmu_root_is_current(vcpu->mv));
}

/* False: the guest was not entered, because somebody asks for something. */
static bool run_guest(struct vcpu *vcpu)
{
	bool entered;

	arch_irq_disable();
	entered = may_enter(vcpu);
	if (entered) {
		arch_hwid_prepare(vcpu);
		arch_vcpu_enter(vcpu);
		vcpu->last_cpu = vcpu->cpu;
	}
	__atomic_store_n(&vcpu->mode, VCPU_OUT, __ATOMIC_RELEASE);
	arch_irq_enable();
	return entered;
}

u32 vcpu_requests(struct vcpu *vcpu)
{
	return __atomic_exchange_n(&vcpu->requests, 0, __ATOMIC_SEQ_CST);
}

enum vcpu_exit vcpu_step(struct vcpu *vcpu)
{
	return run_guest(vcpu) ? arch_vcpu_exit(vcpu) : VCPU_EXIT_AGAIN;
}

enum vcpu_exit vcpu_run(struct vcpu *vcpu)
{
	enum vcpu_exit exit = VCPU_EXIT_AGAIN;

	vcpu_begin(vcpu);
	while (exit == VCPU_EXIT_AGAIN)
		if ((vcpu_requests(vcpu) & VCPU_REQUEST_KICK) || proc_is_leaving())
			exit = VCPU_EXIT_KICKED;
		else
			exit = vcpu_step(vcpu);
	vcpu_end(vcpu);
	return exit;
}

/* Ordering: (1) and (2) of vcpu.h; pairs with may_enter(). */
void vcpu_kick(struct vcpu *vcpu, u32 request)
{
	u32 in = VCPU_IN;

	__atomic_fetch_or(&vcpu->requests, request, __ATOMIC_SEQ_CST);
	if (!__atomic_compare_exchange_n(&vcpu->mode, &in, VCPU_EXITING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	__atomic_fetch_add(&vcpu->count.kick_ipis, 1, __ATOMIC_RELAXED);
	arch_ipi_send(&cpus[READ_ONCE(vcpu->cpu)]);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

int vcpu_init(struct vcpu *vcpu, struct vm *vm, u32 index)
{
	*vcpu = (struct vcpu){
		.vm = vm,
		.index = index,
		.hook = { switched_out, switched_in, NO_DEADLINE },
		.last_cpu = VCPU_NO_CPU,
	};
	waitq_init(&vcpu->sleeper);
	return arch_vcpu_create(vcpu);
}

void vcpu_destroy(struct vcpu *vcpu)
{
	ASSERT(vcpu->mode == VCPU_OUT, "vcpu_destroy: it runs on cpu %u", vcpu->cpu);
	arch_vcpu_destroy(vcpu);
}
