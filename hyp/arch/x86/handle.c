/*
 * What a guest's exits ask for, but for memory (emulate.c), and what the monitor answers.
 *
 * An instruction that CPUID does not show is #UD, whatever this processor has.
 */
#include "hyp_x86.h"

enum { LENGTH_CPUID = 2, LENGTH_INVD = 2, LENGTH_RDPMC = 2 };

#define PERFORMANCE_COUNTERS 4 /* of the processors that CPUID shows: a family with four, which count nothing here */

/* ---- To the monitor ------------------------------------------------------------------------------------ */

enum vm_next x86_fail(struct vcpu *vcpu, enum vm_fail why, u64 detail0, u64 detail1)
{
	vm_exit_fail(vcpu, why, detail0, detail1);
	return VM_NEXT_MONITOR;
}

/* The first eight bytes, as a number. */
enum vm_next x86_fail_emulate(struct vcpu *vcpu, const struct insn_bytes *bytes)
{
	u64 first = 0;

	memcpy(&first, bytes->byte, MIN(bytes->count, sizeof(first)));
	return x86_fail(vcpu, VM_FAIL_EMULATE, arch_vcpu_pc(vcpu), first);
}

void x86_expect(struct vcpu *vcpu, enum unfinished kind, u64 address, u8 size)
{
	vcpu->has_unfinished = true;
	vcpu->arch.m.unfinished.kind = kind;
	vcpu->arch.m.unfinished.rip = arch_vcpu_pc(vcpu);
	vcpu->arch.m.unfinished.address = address;
	vcpu->arch.m.unfinished.size = size;
	vcpu->arch.m.unfinished.answers = 0;
}

static enum vm_next leave_call(struct vcpu *vcpu)
{
	const u64 *gpr = vcpu->arch.gpr;
	u64 *arg = vcpu->run->call.arg;

	arg[0] = vcpu->arch.vmcb->rax;
	arg[1] = gpr[GPR_RBX];
	arg[2] = gpr[GPR_RCX];
	arg[3] = gpr[GPR_RDX];
	arg[4] = gpr[GPR_RSI];
	arg[5] = gpr[GPR_RDI];
	arg[6] = arg[7] = 0;
	x86_expect(vcpu, UNFINISHED_CALL, 0, 0);
	return vm_leave(vcpu, VM_EXIT_CALL);
}

static enum vm_next shut_down(struct vcpu *vcpu)
{
	vcpu->arch.vmcb->event_inject = 0;
	vm_exit_shutdown(vcpu, VM_SYSTEM_TRIPLE_FAULT, arch_vcpu_pc(vcpu));
	return VM_NEXT_MONITOR;
}

/*
 * An instruction that the guest is not at any more has no use for its answer.  The answer to a read that is not used at
 * once is kept for the instruction, which is executed again.
 */
enum vm_next arch_vcpu_finish(struct vcpu *vcpu)
{
	struct x86_machine_cpu *m = &vcpu->arch.m;
	struct vm_run *run = vcpu->run;

	vcpu->has_unfinished = false;
	if (m->unfinished.kind != UNFINISHED_CALL && m->unfinished.rip != arch_vcpu_pc(vcpu))
		return VM_NEXT_ENTER;
	switch (m->unfinished.kind) {
	case UNFINISHED_CALL:
		*x86_register(vcpu, GPR_RAX) = READ_ONCE(run->call.result[0]);
		break;
	case UNFINISHED_IN:
		x86_finish_in(vcpu, READ_ONCE(run->io.data));
		break;
	case UNFINISHED_INS:
		x86_finish_ins(vcpu, READ_ONCE(run->io.data));
		break;
	case UNFINISHED_LOAD:
		x86_finish_load(vcpu, READ_ONCE(run->mmio.data));
		break;
	case UNFINISHED_WRITE:
		return x86_next_of(x86_finish_write(vcpu));
	default:
		x86_finish_read(vcpu, READ_ONCE(run->mmio.data));
		break;
	}
	return VM_NEXT_ENTER;
}

/* ---- Instructions -------------------------------------------------------------------------------------- */

static enum vm_next skip(struct vcpu *vcpu, u32 length)
{
	x86_skip(vcpu, length);
	return VM_NEXT_ENTER;
}

static enum vm_next raise(struct vcpu *vcpu, u8 vector)
{
	x86_raise(vcpu, vector);
	return VM_NEXT_ENTER;
}

static enum vm_next handle_cpuid(struct vcpu *vcpu)
{
	struct cpuid_view view = x86_cpuid_view(vcpu);
	u32 leaf = *x86_register(vcpu, GPR_RAX), subleaf = *x86_register(vcpu, GPR_RCX);
	struct cpuid answer;

	if (!x86_skip(vcpu, LENGTH_CPUID))
		return VM_NEXT_ENTER;
	answer = cpuid_answer(&vcpu->arch.m.cpuid, &view, leaf, subleaf);
	*x86_register(vcpu, GPR_RAX) = answer.eax;
	*x86_register(vcpu, GPR_RBX) = answer.ebx;
	*x86_register(vcpu, GPR_RCX) = answer.ecx;
	*x86_register(vcpu, GPR_RDX) = answer.edx;
	return VM_NEXT_ENTER;
}

/* Whether the guest may at all was looked at before.  Hardware: [APM2] "RDPMC". */
static enum vm_next handle_rdpmc(struct vcpu *vcpu)
{
	if ((u32)*x86_register(vcpu, GPR_RCX) >= PERFORMANCE_COUNTERS) {
		x86_raise_with_error(vcpu, EXCEPTION_GP, 0);
	} else if (x86_skip(vcpu, LENGTH_RDPMC)) {
		*x86_register(vcpu, GPR_RAX) = 0;
		*x86_register(vcpu, GPR_RDX) = 0;
	}
	return VM_NEXT_ENTER;
}

/*
 * #DB and #AC are the guest's own.  One that comes while an interrupt is delivered is dropped for the interrupt; while
 * an exception is, the exception will come again.
 */
static enum vm_next handle_exception(struct vcpu *vcpu, u32 vector)
{
	u64 event = vcpu->arch.vmcb->event_inject;

	if (vector != EXCEPTION_DB && vector != EXCEPTION_AC)
		return x86_fail(vcpu, VM_FAIL_EXIT, vcpu->arch.vmcb->exitcode, arch_vcpu_pc(vcpu));
	if (vector == EXCEPTION_DB && x86_step_is_ours(vcpu))
		return VM_NEXT_ENTER;
	if (event & EVENT_VALID && (event & EVENT_TYPE) != EVENT_EXCEPTION)
		return VM_NEXT_ENTER;
	if (vector == EXCEPTION_AC)
		x86_raise_with_error(vcpu, vector, 0);
	else
		x86_raise(vcpu, vector);
	return VM_NEXT_ENTER;
}

/* The guest may be interrupted now. */
static enum vm_next look(struct vcpu *vcpu)
{
	WRITE_ONCE(vcpu->arch.m.look, true);
	return VM_NEXT_ENTER;
}

static enum vm_next handle_other(struct vcpu *vcpu, u32 code)
{
	if (code >= SVM_EXIT_DR && code < SVM_EXIT_DR_END)
		return x86_handle_control(vcpu);
	if (code >= SVM_EXIT_EXCEPTION && code < SVM_EXIT_EXCEPTION + 32)
		return handle_exception(vcpu, code - SVM_EXIT_EXCEPTION);
	return x86_fail(vcpu, VM_FAIL_EXIT, vcpu->arch.vmcb->exitcode, arch_vcpu_pc(vcpu));
}

enum vm_next arch_vcpu_handle(struct vcpu *vcpu, enum vcpu_exit exit)
{
	u32 code = vcpu->arch.vmcb->exitcode;

	if (exit == VCPU_EXIT_CALL)
		return leave_call(vcpu);
	switch (code) {
	case SVM_EXIT_INVALID: return x86_fail(vcpu, VM_FAIL_INVALID_STATE, 0, 0);
	case SVM_EXIT_CPUID: return handle_cpuid(vcpu);
	case SVM_EXIT_MSR: return x86_handle_msr(vcpu);
	case SVM_EXIT_IO: return x86_handle_io(vcpu);
	case SVM_EXIT_SHUTDOWN: return shut_down(vcpu);
	case SVM_EXIT_VINTR: return look(vcpu);
	case SVM_EXIT_IRET: x86_nmi_returns(vcpu); return VM_NEXT_ENTER;
	case SVM_EXIT_WRITE_CR4:
	case SVM_EXIT_WRITE_CR8: return x86_handle_control(vcpu);
	case SVM_EXIT_INVD:
	case SVM_EXIT_WBINVD: return skip(vcpu, LENGTH_INVD);
	case SVM_EXIT_INIT: return VM_NEXT_ENTER;
	case SVM_EXIT_RDPMC: return handle_rdpmc(vcpu);
	case SVM_EXIT_RSM:
	case SVM_EXIT_INVLPGA:
	case SVM_EXIT_VMRUN:
	case SVM_EXIT_VMLOAD:
	case SVM_EXIT_VMSAVE:
	case SVM_EXIT_STGI:
	case SVM_EXIT_CLGI:
	case SVM_EXIT_SKINIT:
	case SVM_EXIT_RDTSCP:
	case SVM_EXIT_MONITOR:
	case SVM_EXIT_MWAIT:
	case SVM_EXIT_MWAIT_ARMED:
	case SVM_EXIT_XSETBV: return raise(vcpu, EXCEPTION_UD);
	default: return handle_other(vcpu, code);
	}
}
