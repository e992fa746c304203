/*
 * A vCPU's thread: enter the guest, do what it needs, enter again.
 */
#include "machine.h"
#include "bus.h"
#include "string.h"

static const char *const access_names[] = { "a read", "a write", "a fetch" };

static void serve_mmio(struct vm_run *run)
{
	if (run->mmio.is_write)
		bus_write(BUS_MEMORY, run->mmio.address, run->mmio.bytes, run->mmio.data);
	else
		run->mmio.data = bus_read(BUS_MEMORY, run->mmio.address, run->mmio.bytes);
}

static void serve_io(struct vm_run *run)
{
	if (run->io.is_write)
		bus_write(BUS_PORTS, run->io.port, run->io.bytes, run->io.data);
	else
		run->io.data = bus_read(BUS_PORTS, run->io.port, run->io.bytes);
}

static void end_shutdown(const struct vcpu *v)
{
	switch (v->run->system.kind) {
	case VM_SYSTEM_SHUTDOWN:
		machine_end(v->run->system.detail ? 1 : 0, "the guest has shut down%s",
			    v->run->system.detail ? ", after a failure" : "");
		break;
	case VM_SYSTEM_RESET:
		machine_end(MACHINE_RESTART, "the guest has asked for a restart");
		break;
	default:
		machine_end(1, "vCPU %u: triple fault at pc %#lx", v->index, v->run->pc);
	}
}

static void end_fault(const struct vcpu *v)
{
	const struct vm_run *run = v->run;

	machine_end(1, "vCPU %u: %s at guest address %#lx needs the monitor's page at %#lx: %s (pc %#lx)", v->index,
		    run->fault.access < 3 ? access_names[run->fault.access] : "an access", run->fault.guest,
		    run->fault.memory, strerror(run->fault.error), run->pc);
}

static void end_fail(const struct vcpu *v)
{
	const struct vm_run *run = v->run;
	u64 a = run->fail.detail[0], b = run->fail.detail[1];

	switch (run->fail.why) {
	case VM_FAIL_INVALID_STATE:
		machine_end(1, "vCPU %u: the hardware refuses its registers (pc %#lx) %s", v->index, run->pc,
			    run->fail.text);
		break;
	case VM_FAIL_EMULATE:
		machine_end(1, "vCPU %u: cannot decode the instruction at pc %#lx (bytes %#lx), which uses a device %s",
			    v->index, a, b, run->fail.text);
		break;
	case VM_FAIL_LIVELOCK:
		machine_end_at(a, "vCPU %u: faults at guest address %#lx again and again (pc %#lx) %s", v->index, a,
			       b, run->fail.text);
		break;
	case VM_FAIL_EXIT:
		machine_end(1, "vCPU %u: left the guest with code %#lx, which should not be (pc %#lx) %s", v->index, a,
			    b, run->fail.text);
		break;
	default:
		machine_end_at(a,
			       "vCPU %u: a bad entry in the hypervisor's tables, for guest address %#lx (pc %#lx) %s",
			       v->index, a, b, run->fail.text);
	}
}

/* What needs a device, with the devices' lock. */
static void serve_device(struct vm_run *run)
{
	mutex_lock(&machine.lock);
	switch (run->exit_reason) {
	case VM_EXIT_MMIO: serve_mmio(run); break;
	case VM_EXIT_IO: serve_io(run); break;
	case VM_EXIT_CALL: arch_call(run); break;
	}
	mutex_unlock(&machine.lock);
}

static void serve(const struct vcpu *v)
{
	switch (v->run->exit_reason) {
	case VM_EXIT_NONE:
	case VM_EXIT_KICKED:
		break;
	case VM_EXIT_MMIO:
	case VM_EXIT_IO:
	case VM_EXIT_CALL:
		serve_device(v->run);
		break;
	case VM_EXIT_SHUTDOWN:
		end_shutdown(v);
		break;
	case VM_EXIT_FAULT:
		end_fault(v);
		break;
	case VM_EXIT_FAIL:
		end_fail(v);
		break;
	case VM_EXIT_STOPPED:
		machine_end(1, "the guest has stopped all its vCPUs");
		break;
	default:
		machine_end(1, "vCPU %u: exit reason %u, which this program does not know", v->index,
			    v->run->exit_reason);
	}
}

s64 vcpu_thread(void *arg)
{
	struct vcpu *v = arg;

	while (!__atomic_load_n(&machine.is_ending, __ATOMIC_SEQ_CST)) {
		int error = ioctl(v->fd, VCPU_RUN, 0);

		if (error)
			machine_end(1, "vCPU %u does not run: %s", v->index, strerror(error));
		else
			serve(v);
	}
	return 0;
}
