/*
 * A machine from its making to its end: see machine.h.
 */
#include "machine.h"
#include "console.h"
#include "image.h"
#include "ram.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "watch.h"

struct machine machine = { .dev = -1, .fd = -1 };

/* ---- The end ------------------------------------------------------------------------------------------- */

/*
 * Ordering: is_ending before the kicks, which the kernel orders against its look at them: a vCPU that is not in the
 * guest yet comes back at once, because run->kick stays set.
 */
static void end_now(int status, const char *format, va_list args)
{
	machine.status = status;
	vsnprintf(machine.why, sizeof(machine.why), format, args);
	for (u32 i = 0; i < machine.vcpu_count; i++) {
		__atomic_store_n(&machine.vcpu[i].run->kick, 1, __ATOMIC_SEQ_CST);
		ioctl(machine.vcpu[i].fd, VCPU_KICK, 0);
	}
}

static bool is_first(void)
{
	return !__atomic_exchange_n(&machine.is_ending, 1, __ATOMIC_SEQ_CST);
}

void machine_end(int status, const char *format, ...)
{
	va_list args;

	if (!is_first())
		return;
	va_start(args, format);
	end_now(status, format, args);
	va_end(args);
}

void machine_end_at(u64 at, const char *format, ...)
{
	va_list args;

	if (!is_first())
		return;
	machine.has_fault = true;
	machine.fault_at = at;
	va_start(args, format);
	end_now(1, format, args);
	va_end(args);
}

static void report(void)
{
	struct vm_stat stat = { .size = sizeof(stat) };
	u64 exits = 0, faults = 0;

	dprintf(2, "vm: %s\n", machine.why);
	if (stat_of_process(machine.dev, getpid(), &stat))
		return;
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		exits += vcpu_exits(&stat.vcpu[i]);
	for (u32 i = 0; i < sizeof(stat.faults) / sizeof(stat.faults[0]); i++)
		faults += stat.faults[i];
	dprintf(2, "vm: %s: %lu exits, %lu faults\n", machine.name, exits, faults);
	if (machine.has_fault) {
		dprintf(2, "vm: what `vm why %u %#lx` says:\n", stat.id, machine.fault_at);
		print_why(2, machine.dev, stat.id, machine.fault_at);
	}
}

/* ---- Making -------------------------------------------------------------------------------------------- */

static void create(const struct options *o)
{
	struct vm_config config = { .size = sizeof(config), .gpa_bits = o->address_bits };
	struct vm_caps caps = { .size = sizeof(caps) };
	struct vm_stat stat = { .size = sizeof(stat) };
	int error;

	machine.dev = open("/dev/vm", O_RDWR);
	if (machine.dev < 0)
		die("/dev/vm", machine.dev);
	if ((error = ioctl(machine.dev, VM_CAPS, (u64)&caps)))
		die("asking what the hypervisor can", error);
	if (o->vcpus > caps.vcpu_max)
		die("too many vCPUs", 0);
	strlcpy(config.name, o->name, sizeof(config.name));
	machine.name = o->name;
	machine.fd = ioctl(machine.dev, VM_CREATE, (u64)&config);
	if (machine.fd < 0)
		die("creating the machine", machine.fd);
	error = stat_of_process(machine.dev, getpid(), &stat);
	if (error)
		die("asking how wide the machine is", error);
	machine.address_bits = stat.gpa_bits;
}

#define MORE_FIRST (4ul << 30) /* no machine has devices above */

static void add_more_memory(const struct options *o)
{
	const struct ram *last = &ram[ram_count - 1];
	int error;

	if (o->more == 0)
		return;
	if (o->more_at < MORE_FIRST || o->more_at < last->guest + last->size)
		die("-M is for memory from 4 GiB on, above all else", 0);
	error = ram_add(o->more_at, o->more);
	if (error)
		die("more memory for the guest", error);
}

static void set_memslots(void)
{
	for (u32 i = 0; i < ram_count; i++) {
		struct vm_memslot slot = {
			.size = sizeof(slot),
			.id = i,
			.guest = ram[i].guest,
			.length = ram[i].size,
			.memory = (u64)ram[i].memory,
		};
		int error = ioctl(machine.fd, VM_SET_MEMSLOT, (u64)&slot);

		if (error)
			die("giving the guest its memory", error);
	}
}

static void create_vcpus(u32 count)
{
	for (u32 i = 0; i < count; i++) {
		struct vcpu *v = &machine.vcpu[i];

		v->index = i;
		v->fd = ioctl(machine.fd, VM_CREATE_VCPU, i);
		if (v->fd < 0)
			die("creating a vCPU", v->fd);
		v->run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
		if (error_of(v->run))
			die("mapping a vCPU's run page", error_of(v->run));
	}
	machine.vcpu_count = count;
}

void vcpu_set_state(const struct vcpu *vcpu, enum vm_set set, const void *data, u32 size)
{
	struct vm_state_call call = { .size = sizeof(call), .set = set, .data = (u64)data };
	int error = ioctl(vcpu->fd, VCPU_SET_STATE, (u64)&call);

	if (error)
		die("setting a vCPU's registers", error);
}

/* Mappings of run pages would keep the machine, but those end with the program. */
static void close_all(void)
{
	for (u32 i = 0; i < machine.vcpu_count; i++)
		close(machine.vcpu[i].fd);
	close(machine.fd);
	close(machine.dev);
}

/* ---- In order ------------------------------------------------------------------------------------------ */

/* A vCPU without a thread is one that never starts: the guest will see. */
static void run_vcpus(void)
{
	u32 started = 0;

	for (; started < machine.vcpu_count; started++) {
		struct vcpu *v = &machine.vcpu[started];
		int error = thread_create(&v->thread, vcpu_thread, v);

		if (error) {
			machine_end(1, "no thread for vCPU %u: %s", started, strerror(error));
			break;
		}
	}
	for (u32 i = 0; i < started; i++)
		thread_join(&machine.vcpu[i].thread, NULL);
}

int machine_run(const struct options *o)
{
	struct image image = { 0 };

	create(o);
	arch_add_memory(o->memory);
	add_more_memory(o);
	image_load(&image, o->file);
	image_load_initrd(&image, o->initrd);
	arch_add_devices(o);
	set_memslots();
	create_vcpus(o->vcpus);
	arch_boot(o, &image);
	console_start();
	run_vcpus();
	console_stop();
	report();
	close_all();
	return machine.status;
}
