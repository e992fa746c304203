/*
 * What guests call us for: we are their firmware.
 *
 * A call's extension is in a7, its function in a6, its arguments are in a0-a5; a0 and a1 get an error and a value.
 * What is not here, the monitor may do: it gets a0-a7, and says what goes into a0 and a1.
 *
 * A hart's id is its vCPU's index.
 * Hardware: [SBI] "Binary Encoding", and the chapter of each extension.
 */
#include "hyp_riscv.h"
#include "csr.h"
#include "hyp/vm.h"
#include "sbi.h"

#define SBI_VERSION         (2u << 24) /* major 2, minor 0 */
#define SBI_IMPLEMENTATION  0x464c4154 /* nobody's in the list of those that registered */
#define SBI_LEGACY_LAST     0x0f
#define SBI_ALL_HARTS       (~0ull)

enum { REG_A1 = REG_A0 + 1, REG_A2, REG_A3, REG_A6 = REG_A0 + 6 };

static const struct sbi_result done = { SBI_SUCCESS, 0 }, not_supported = { SBI_NOT_SUPPORTED, 0 };

static u64 arg(const struct vcpu *vcpu, u32 n)
{
	return vcpu->arch.x[REG_A0 + n];
}

static u64 function_of(const struct vcpu *vcpu)
{
	return vcpu->arch.x[REG_A6];
}

static struct sbi_result error_of(s64 error)
{
	return (struct sbi_result){ error, 0 };
}

static struct sbi_result value_of(u64 value)
{
	return (struct sbi_result){ SBI_SUCCESS, value };
}

/* ---- Base ---------------------------------------------------------------------------------------------- */

/* The console is the monitor's, and it has one. */
static bool is_there(u64 extension)
{
	switch (extension) {
	case SBI_BASE:
	case SBI_TIME:
	case SBI_IPI:
	case SBI_RFENCE:
	case SBI_HSM:
	case SBI_SRST:
	case SBI_DBCN: return true;
	default: return false;
	}
}

static struct sbi_result call_base(struct vcpu *vcpu)
{
	enum { SPEC_VERSION, IMPL_ID, IMPL_VERSION, PROBE, VENDOR, ARCH, IMPLEMENTATION };

	switch (function_of(vcpu)) {
	case SPEC_VERSION: return value_of(SBI_VERSION);
	case IMPL_ID: return value_of(SBI_IMPLEMENTATION);
	case IMPL_VERSION: return value_of(VM_API_VERSION);
	case PROBE: return value_of(is_there(arg(vcpu, 0)));
	case VENDOR:
	case ARCH:
	case IMPLEMENTATION: return value_of(0);
	default: return not_supported;
	}
}

static struct sbi_result call_time(struct vcpu *vcpu)
{
	enum { SET_TIMER };

	if (function_of(vcpu) != SET_TIMER)
		return not_supported;
	riscv_timer_set(&vcpu->arch, arg(vcpu, 0));
	return done;
}

/* ---- Sets of harts ------------------------------------------------------------------------------------- */

s64 riscv_hart_set(u64 existing, u64 mask, u64 base, u64 *set)
{
	if (base == SBI_ALL_HARTS) {
		*set = existing;
		return SBI_SUCCESS;
	}
	if (base > 63 || mask << base >> base != mask || (mask << base & ~existing))
		return SBI_INVALID_PARAM;
	*set = mask << base;
	return SBI_SUCCESS;
}

static u64 existing_locked(const struct vm *vm)
{
	u64 set = 0;

	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (vm->vcpu[i])
			set |= 1ull << i;
	return set;
}

/* The mask is in a0, its base in a1. */
static s64 args_to_set_locked(const struct vcpu *vcpu, u64 *set)
{
	return riscv_hart_set(existing_locked(vcpu->vm), arg(vcpu, 0), arg(vcpu, 1), set);
}

/* Is this vCPU in the set, and not stopped?  What is for a hart that is stopped is for nobody. */
static bool is_meant_locked(const struct vm *vm, u64 set, u32 index)
{
	return (set >> index & 1) && vm->vcpu[index]->state != VCPU_STOPPED;
}

static struct sbi_result call_ipi(struct vcpu *vcpu)
{
	enum { SEND_IPI };
	struct vm *vm = vcpu->vm;
	u64 set = 0;
	s64 error;

	if (function_of(vcpu) != SEND_IPI)
		return not_supported;
	spin_lock(&vm->irq_lock);
	error = args_to_set_locked(vcpu, &set);
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (is_meant_locked(vm, set, i))
			riscv_post_ipi_locked(vm->vcpu[i]);
	spin_unlock(&vm->irq_lock);
	return error_of(error);
}

/* ---- Fences -------------------------------------------------------------------------------------------- */

/*
 * All are asked, then all are waited for.  Two vCPUs may do this to each other: neither is in its guest.  Those that
 * wait with irq_lock hold nobody up who has to leave his guest.
 */
static void fence_locked(struct vm *vm, u64 set)
{
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (is_meant_locked(vm, set, i))
			vcpu_ask_locked(vm->vcpu[i], VCPU_REQUEST_FENCE);
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (is_meant_locked(vm, set, i))
			vcpu_wait_locked(vm->vcpu[i]);
}

/*
 * As if it came from a CPU elsewhere: the next entry forgets instructions and what the guest's tables said, whatever
 * was asked for.
 */
void arch_vcpu_serve(struct vcpu *vcpu, u32 requests)
{
	irq_push();
	if (requests & VCPU_REQUEST_FENCE)
		vcpu->last_cpu = VCPU_NO_CPU;
	irq_pop();
}

/* Guests have no guests, so there are no fences for those. */
static struct sbi_result call_rfence(struct vcpu *vcpu)
{
	enum { FENCE_I, SFENCE_VMA, SFENCE_VMA_ASID };
	u64 set = 0;
	s64 error;

	if (function_of(vcpu) > SFENCE_VMA_ASID)
		return not_supported;
	spin_lock(&vcpu->vm->irq_lock);
	error = args_to_set_locked(vcpu, &set);
	fence_locked(vcpu->vm, set);
	spin_unlock(&vcpu->vm->irq_lock);
	return error_of(error);
}

/* ---- Harts --------------------------------------------------------------------------------------------- */

static struct vcpu *hart_locked(const struct vm *vm, u64 id)
{
	return id < VM_VCPU_MAX ? vm->vcpu[id] : NULL;
}

static s64 start_locked(struct vcpu *vcpu)
{
	struct vcpu *hart = hart_locked(vcpu->vm, arg(vcpu, 0));
	u64 pc = arg(vcpu, 1);

	if (!hart)
		return SBI_INVALID_PARAM;
	if ((pc & 1) || pc >> vcpu->vm->gpa_bits)
		return SBI_INVALID_ADDRESS;
	return riscv_start_locked(hart, pc, arg(vcpu, 2)) ? SBI_SUCCESS : SBI_ALREADY_AVAILABLE;
}

static struct sbi_result status_locked(const struct vcpu *vcpu)
{
	enum { STARTED, STOPPED, SUSPENDED = 4 };
	const struct vcpu *hart = hart_locked(vcpu->vm, arg(vcpu, 0));

	if (!hart)
		return error_of(SBI_INVALID_PARAM);
	if (hart->state == VCPU_STOPPED)
		return value_of(STOPPED);
	return value_of(hart->state == VCPU_HALTED && hart->arch.is_suspended ? SUSPENDED : STARTED);
}

/* Registers and memory stay, so it is a wait for an interrupt that others can see. */
static enum vm_next suspend_locked(struct vcpu *vcpu, struct sbi_result *result)
{
	enum { RETENTIVE = 0, NON_RETENTIVE = 0x80000000 };
	u32 type = arg(vcpu, 0);

	*result = error_of(type == NON_RETENTIVE ? SBI_NOT_SUPPORTED : SBI_INVALID_PARAM);
	if (type != RETENTIVE)
		return VM_NEXT_ENTER;
	*result = done;
	vcpu->arch.is_suspended = true;
	vcpu->arch.has_news = true; /* at the next entry it is not suspended any more */
	return VM_NEXT_HALT;
}

static enum vm_next call_hsm_locked(struct vcpu *vcpu, struct sbi_result *result)
{
	enum { START, STOP, STATUS, SUSPEND };

	switch (function_of(vcpu)) {
	case START: *result = error_of(start_locked(vcpu)); break;
	case STOP:
		vcpu_stop_locked(vcpu);
		*result = done;
		break;
	case STATUS: *result = status_locked(vcpu); break;
	case SUSPEND: return suspend_locked(vcpu, result);
	default: *result = not_supported;
	}
	return VM_NEXT_ENTER;
}

static enum vm_next call_hsm(struct vcpu *vcpu, struct sbi_result *result)
{
	enum vm_next next;

	spin_lock(&vcpu->vm->irq_lock);
	next = call_hsm_locked(vcpu, result);
	spin_unlock(&vcpu->vm->irq_lock);
	return next;
}

/* ---- The end ------------------------------------------------------------------------------------------- */

/* If the monitor lets it go on, it has failed. */
static enum vm_next call_srst(struct vcpu *vcpu, struct sbi_result *result)
{
	enum { SYSTEM_RESET };
	enum { SHUTDOWN, COLD_REBOOT, WARM_REBOOT, KIND_COUNT };
	enum { NO_REASON, SYSTEM_FAILURE };
	u32 kind = arg(vcpu, 0), reason = arg(vcpu, 1);

	*result = not_supported;
	if (function_of(vcpu) != SYSTEM_RESET)
		return VM_NEXT_ENTER;
	*result = error_of(SBI_INVALID_PARAM);
	if (kind >= KIND_COUNT || reason > SYSTEM_FAILURE)
		return VM_NEXT_ENTER;
	*result = error_of(SBI_FAILED);
	vm_exit_shutdown(vcpu, kind == SHUTDOWN ? VM_SYSTEM_SHUTDOWN : VM_SYSTEM_RESET, reason);
	return VM_NEXT_MONITOR;
}

/* ---- All calls ----------------------------------------------------------------------------------------- */

static enum vm_next ask_monitor(struct vcpu *vcpu)
{
	for (u32 i = 0; i < ARRAY_SIZE(vcpu->run->call.arg); i++)
		vcpu->run->call.arg[i] = arg(vcpu, i);
	vcpu->arch.unfinished = (struct riscv_unfinished){ .kind = RISCV_CALL };
	vcpu->has_unfinished = true;
	return vm_leave(vcpu, VM_EXIT_CALL);
}

static bool is_ours(u64 extension)
{
	return extension <= SBI_LEGACY_LAST || extension == SBI_PMU || (is_there(extension) && extension != SBI_DBCN);
}

static enum vm_next do_call(struct vcpu *vcpu, struct sbi_result *result)
{
	switch (vcpu->arch.x[REG_A7]) {
	case SBI_BASE: *result = call_base(vcpu); break;
	case SBI_TIME: *result = call_time(vcpu); break;
	case SBI_IPI: *result = call_ipi(vcpu); break;
	case SBI_RFENCE: *result = call_rfence(vcpu); break;
	case SBI_HSM: return call_hsm(vcpu, result);
	case SBI_SRST: return call_srst(vcpu, result);
	default: *result = not_supported; break;
	}
	return VM_NEXT_ENTER;
}

enum vm_next riscv_sbi_call(struct vcpu *vcpu)
{
	struct sbi_result result;
	enum vm_next next;

	if (!is_ours(vcpu->arch.x[REG_A7]))
		return ask_monitor(vcpu);
	next = do_call(vcpu, &result);
	vcpu->arch.x[REG_A0] = result.error;
	vcpu->arch.x[REG_A1] = result.value;
	return next;
}
