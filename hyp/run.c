/*
 * Running a machine's vCPU: what happens between the monitor's call and its return.
 *
 *   vm_run_vcpu()   root -> load -> rounds -> put            again with another root if the MMU has a new one
 *     a round       requests; state: sleep while it is halted or stopped; inject; enter; answer the exit
 *
 * Locking: `busy` keeps others out of the registers; who finds it set does not wait, since a guest may run for ever.
 */
#include "hyp/vm.h"
#include "mmu/pt/todo.h"
#include "proc.h"
#include "trace.h"

/* So many faults in a row that something under way sends back, and the thread waits for the address space's lock. */
#define RETRIES_BEFORE_WAITING 3

/* ---- Leaving to the monitor ---------------------------------------------------------------------------- */

/* In a release for students: is that why? */
static void say_what_is_unwritten(void)
{
	if (lab_todo_first)
		printk("%s() is not written yet\n", lab_todo_first);
}

enum vm_next vm_leave(struct vcpu *vcpu, enum vm_exit reason)
{
	vcpu->count.exits_monitor++;
	vcpu->run->pc = arch_vcpu_pc(vcpu);
	vcpu->run->exit_reason = reason;
	return VM_NEXT_MONITOR;
}

/* A vCPU that failed says so again each time. */
static enum vm_next leave_failed(struct vcpu *vcpu)
{
	struct vcpu_failure *f = &vcpu->failure;

	vcpu->run->fail.why = f->why;
	memcpy(vcpu->run->fail.detail, f->detail, sizeof(f->detail));
	memcpy(vcpu->run->fail.text, f->text, sizeof(f->text));
	return vm_leave(vcpu, VM_EXIT_FAIL);
}

static void set_state(struct vcpu *vcpu, enum vcpu_state state)
{
	spin_lock(&vcpu->vm->irq_lock);
	if (vcpu->state != VCPU_STOPPED)
		vcpu->state = state;
	spin_unlock(&vcpu->vm->irq_lock);
}

void vm_exit_fail(struct vcpu *vcpu, enum vm_fail why, u64 detail0, u64 detail1)
{
	vcpu->failure = (struct vcpu_failure){ .why = why, .detail = { detail0, detail1 } };
	set_state(vcpu, VCPU_FAILED);
	say_what_is_unwritten();
	leave_failed(vcpu);
}

void vm_exit_shutdown(struct vcpu *vcpu, u32 kind, u64 detail)
{
	vcpu->run->system.kind = kind;
	vcpu->run->system.detail = detail;
	vm_leave(vcpu, VM_EXIT_SHUTDOWN);
}

/* ---- Faults -------------------------------------------------------------------------------------------- */

/* Without the lock: if the memslot has changed meanwhile, the monitor is told what was there. */
static hva_t memory_behind(struct vcpu *vcpu, gpa_t at)
{
	struct memslot slot;

	if (memslot_find(&vcpu->vm->slots, at, &slot) != MEMSLOT_FOUND)
		return hva(0);
	return hva_add(slot.hva, at.raw - slot.start.raw);
}

static enum vm_next leave_fault(struct vcpu *vcpu, int error)
{
	const struct tdp_fault *fault = &vcpu->fault;

	vcpu->run->fault.guest = fault->gpa.raw;
	vcpu->run->fault.memory = memory_behind(vcpu, fault->gpa).raw;
	vcpu->run->fault.access = fault->access;
	vcpu->run->fault.error = error;
	say_what_is_unwritten();
	return vm_leave(vcpu, VM_EXIT_FAULT);
}

static enum vm_next fail_fault(struct vcpu *vcpu, enum vm_fail why, const struct mmu_answer *answer)
{
	vm_exit_fail(vcpu, why, vcpu->fault.gpa.raw, arch_vcpu_pc(vcpu));
	snprintf(vcpu->failure.text, sizeof(vcpu->failure.text), "%s", answer->entry);
	return leave_failed(vcpu);
}

static enum vm_next refuse(struct vcpu *vcpu, const struct mmu_answer *answer)
{
	switch (answer->error) {
	case -EINTR: return VM_NEXT_ENTER; /* the loop looks why, and sees a dead machine */
	case -ELOOP: return fail_fault(vcpu, VM_FAIL_LIVELOCK, answer);
	case -EIO: return READ_ONCE(vcpu->vm->is_dead) ? VM_NEXT_ENTER : fail_fault(vcpu, VM_FAIL_BUG, answer);
	default: return leave_fault(vcpu, answer->error);
	}
}

/* What is under way needs the CPU too.  Nothing is held while it is waited for. */
static enum vm_next again_later(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (++vcpu->retry_count < RETRIES_BEFORE_WAITING)
		return VM_NEXT_ENTER;
	vcpu->retry_count = 0;
	memslots_wait(&vm->slots);
	rwmutex_lock_read(&vm->owner->lock);
	rwmutex_unlock_read(&vm->owner->lock);
	return VM_NEXT_ENTER;
}

static enum vm_next answer_fault(struct vcpu *vcpu)
{
	struct mmu_answer answer;

	vcpu->count.exits_fault++;
	mmu_fault(vcpu->mv, &vcpu->fault, &answer);
	if (answer.outcome == MMU_RETRY)
		return again_later(vcpu);
	vcpu->retry_count = 0;
	switch (answer.outcome) {
	case MMU_EMULATE: return arch_vcpu_emulate(vcpu, answer.why);
	case MMU_ERROR: return refuse(vcpu, &answer);
	default: return VM_NEXT_ENTER;
	}
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

void vcpu_ask_locked(struct vcpu *vcpu, u32 request)
{
	TRACE(vm_kick, vcpu->vm->id, vcpu->index, request, 0);
	vcpu_kick(vcpu, request);
	waitq_wake(&vcpu->sleeper, WAKE_ALL);
}

void vcpu_ask(struct vcpu *vcpu, u32 request)
{
	spin_lock(&vcpu->vm->irq_lock);
	vcpu_ask_locked(vcpu, request);
	spin_unlock(&vcpu->vm->irq_lock);
}

/*
 * Its CPU is in the guest, and needs no lock to leave.
 *
 * Ordering: an acquire of what the guest did before it left.  A vCPU that is OUT, or IN again, has looked at its
 * requests since, or will: (b) of vcpu.h.
 */
void vcpu_wait_locked(const struct vcpu *vcpu)
{
	while (__atomic_load_n(&vcpu->mode, __ATOMIC_ACQUIRE) == VCPU_EXITING)
		spin_wait();
}

/* ---- Sleeping ------------------------------------------------------------------------------------------ */

static u64 sleep_deadline(const struct vcpu *vcpu)
{
	return vcpu->state == VCPU_HALTED ? arch_vcpu_halt_deadline(vcpu) : NO_DEADLINE;
}

/*
 * Until the guest may run, or somebody asks.  What is pending and what is asked changes with irq_lock held by those who
 * wake, so no wake-up is lost.
 */
static int sleep(struct vcpu *vcpu, enum vm_next *next)
{
	struct vm *vm = vcpu->vm;
	int error = 0;

	spin_lock(&vm->irq_lock);
	while (error != -EINTR && !READ_ONCE(vcpu->requests)) {
		if (vcpu->state == VCPU_HALTED && arch_vcpu_wakes_locked(vcpu))
			vcpu->state = VCPU_RUNS;
		if (vcpu->state != VCPU_HALTED && vcpu->state != VCPU_STOPPED)
			break;
		if (vm->live_count == 0) {
			*next = vm_leave(vcpu, VM_EXIT_STOPPED);
			break;
		}
		error = waitq_sleep(&vcpu->sleeper, &vm->irq_lock, WAIT_INTERRUPTIBLE, sleep_deadline(vcpu));
	}
	spin_unlock(&vm->irq_lock);
	return error == -EINTR ? error : 0;
}

static bool take_start(struct vcpu *vcpu)
{
	bool asked;

	spin_lock(&vcpu->vm->irq_lock);
	asked = vcpu->start_asked;
	vcpu->start_asked = false;
	spin_unlock(&vcpu->vm->irq_lock);
	return asked;
}

/* ---- Rounds -------------------------------------------------------------------------------------------- */

static int serve(struct vcpu *vcpu, enum vm_next *next)
{
	u32 requests = READ_ONCE(vcpu->requests) ? vcpu_requests(vcpu) : 0;

	if (proc_is_leaving())
		return -EINTR;
	if (requests >= VCPU_REQUEST_ARCH)
		arch_vcpu_serve(vcpu, requests & ~(VCPU_REQUEST_ARCH - 1));
	if ((requests & VCPU_REQUEST_KICK) || READ_ONCE(vcpu->run->kick))
		*next = vm_leave(vcpu, VM_EXIT_KICKED);
	if (READ_ONCE(vcpu->vm->is_dead))
		return -EIO;
	return 0;
}

/* True: the guest may be entered.  Ordering: pairs with vcpu_start_locked(): who sees RUNS sees the start. */
static bool is_ready(struct vcpu *vcpu, enum vm_next *next, int *error)
{
	enum vcpu_state state = __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE);

	if (READ_ONCE(vcpu->start_asked) && take_start(vcpu))
		arch_vcpu_started(vcpu);
	if (state == VCPU_RUNS)
		return true;
	if (state == VCPU_FAILED)
		*next = leave_failed(vcpu);
	else
		*error = sleep(vcpu, next);
	return false;
}

static void set_deadline(struct vcpu *vcpu)
{
	u64 deadline = arch_vcpu_run_deadline(vcpu);

	if (deadline != READ_ONCE(vcpu->hook.deadline))
		thread_hook_deadline(deadline);
}

static enum vm_next answer(struct vcpu *vcpu, enum vcpu_exit exit)
{
	switch (exit) {
	case VCPU_EXIT_AGAIN: return VM_NEXT_ENTER;
	case VCPU_EXIT_FAULT: return answer_fault(vcpu);
	case VCPU_EXIT_HALT: return VM_NEXT_HALT;
	case VCPU_EXIT_CALL: vcpu->count.exits_call++; break;
	default: vcpu->count.exits_other++; break;
	}
	return arch_vcpu_handle(vcpu, exit);
}

static enum vm_next enter(struct vcpu *vcpu)
{
	enum vcpu_exit exit;
	enum vm_next next;

	arch_vcpu_inject(vcpu);
	set_deadline(vcpu);
	TRACE(vm_enter, vcpu->vm->id, vcpu->index, 0, 0);
	vcpu->count.entries++;
	exit = vcpu_step(vcpu);
	TRACE(vm_exit, vcpu->vm->id, vcpu->index, arch_vcpu_pc(vcpu), exit);
	next = answer(vcpu, exit);
	if (next != VM_NEXT_HALT)
		return next;
	vcpu->count.exits_halt++;
	set_state(vcpu, VCPU_HALTED);
	return VM_NEXT_ENTER;
}

static int one_round(struct vcpu *vcpu, enum vm_next *next)
{
	int error = serve(vcpu, next);

	if (!error && *next == VM_NEXT_ENTER && is_ready(vcpu, next, &error))
		*next = enter(vcpu);
	return error;
}

static int run_loaded(struct vcpu *vcpu, enum vm_next *next)
{
	int error = 0;

	if (vcpu->has_unfinished)
		*next = arch_vcpu_finish(vcpu);
	while (!error && *next == VM_NEXT_ENTER && mmu_root_is_current(vcpu->mv))
		error = one_round(vcpu, next);
	return error;
}

/* Not loaded: the one before may go now. */
static int take_root(struct vcpu *vcpu)
{
	struct mmu_role role = { 0, 0 };
	struct mmu_root root;
	u64 refused = READ_ONCE(vcpu->vm->host.refused_count);
	int error = mmu_vcpu_root(vcpu->mv, role, &root);

	if (error)
		return host_why(&vcpu->vm->host, refused, error);
	vcpu->root = root.host;
	return 0;
}

static int run(struct vcpu *vcpu)
{
	enum vm_next next = VM_NEXT_ENTER;
	int error = 0;

	while (!error && next == VM_NEXT_ENTER) {
		error = take_root(vcpu);
		if (error)
			return error;
		vcpu_begin(vcpu);
		error = run_loaded(vcpu, &next);
		vcpu_end(vcpu);
	}
	return error;
}

void vcpu_forgive(struct vcpu *vcpu)
{
	spin_lock(&vcpu->vm->irq_lock);
	if (vcpu->state == VCPU_FAILED)
		vcpu->state = VCPU_RUNS;
	spin_unlock(&vcpu->vm->irq_lock);
}

bool vcpu_take(struct vcpu *vcpu)
{
	return !__atomic_exchange_n(&vcpu->busy, 1, __ATOMIC_ACQUIRE);
}

void vcpu_let_go(struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->busy, 0, __ATOMIC_RELEASE);
}

int vm_run_vcpu(struct vcpu *vcpu)
{
	int error = vm_check_caller(vcpu->vm);

	if (error)
		return error;
	if (!vcpu_take(vcpu))
		return -EBUSY;
	error = run(vcpu);
	vcpu_let_go(vcpu);
	return error;
}
