/*
 * What machines need of this architecture, as far as it is there.
 */
#include "hyp/vm.h"

int arch_gpa_bits_max(void) { return 40; }
void arch_mmu_config(struct mmu_config *config) { config->levels_fixed = 4; }
int arch_vm_create(struct vm *vm) { return 0; }
void arch_vm_destroy(struct vm *vm) { }
enum vm_next arch_vcpu_handle(struct vcpu *vcpu, enum vcpu_exit exit)
{
	if (exit != VCPU_EXIT_CALL) {
		vm_exit_fail(vcpu, VM_FAIL_EXIT, 0, arch_vcpu_pc(vcpu));
		return VM_NEXT_MONITOR;
	}
	vcpu->run->exit_reason = VM_EXIT_CALL;
	return VM_NEXT_MONITOR;
}
enum vm_next arch_vcpu_emulate(struct vcpu *vcpu, u32 why)
{
	vm_exit_fail(vcpu, VM_FAIL_EMULATE, vcpu->fault.gpa.raw, why);
	return VM_NEXT_MONITOR;
}
int arch_vcpu_finish(struct vcpu *vcpu) { return 0; }
void arch_vcpu_serve(struct vcpu *vcpu, u32 requests) { }
void arch_vcpu_started(struct vcpu *vcpu) { }
void arch_vcpu_inject(struct vcpu *vcpu) { }
bool arch_vcpu_wakes_locked(struct vcpu *vcpu) { return false; }
u64 arch_vcpu_run_deadline(const struct vcpu *vcpu) { return NO_DEADLINE; }
u64 arch_vcpu_halt_deadline(const struct vcpu *vcpu) { return NO_DEADLINE; }
void arch_vm_line_locked(struct vm *vm, u32 line, u32 level) { }
u32 arch_vcpu_state_size(u32 set) { return 0; }
void arch_vcpu_state_get(struct vcpu *vcpu, u32 set, void *data) { }
int arch_vcpu_state_set(struct vcpu *vcpu, u32 set, const void *data) { return -EINVAL; }
u32 arch_vm_state_size(u32 set) { return 0; }
void arch_vm_state_get(struct vm *vm, u32 set, void *data) { }
int arch_vm_state_set(struct vm *vm, u32 set, const void *data) { return -EINVAL; }
#include "vmcb.h"
u64 arch_vcpu_pc(const struct vcpu *vcpu) { return vcpu->arch.vmcb->rip; }
void arch_root_flush_here(struct host_root *root, gpa_t start, gpa_t end)
{
	__atomic_fetch_add(&root->flush_count, 1, __ATOMIC_SEQ_CST);
}
