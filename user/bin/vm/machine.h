/*
 * The machine that this process is the monitor of.  There is one, so it is a variable.
 *
 * Threads: one for each vCPU, in VCPU_RUN most of the time; the console's two (console.h); and main(), which sets all
 * up before the others exist, then waits for the vCPUs' to end.
 *
 * machine.lock protects all devices (bus.h), the UART's and the disk's among them.  A vCPU's thread takes it for each
 * access to a device.  The rest of struct machine is constant once vCPUs run, but for how it ends.
 *
 * The end: the first who calls machine_end() says why; vCPUs are kicked, their threads end, main() reports and exits,
 * which takes the console's threads along wherever they wait.
 */
#ifndef VM_MACHINE_H
#define VM_MACHINE_H

#include "thread.h"
#include "abi/vm.h"

struct options {
	u64 memory;            /* bytes */
	u32 vcpus;
	u32 address_bits;      /* 0: as wide as the kernel makes it */
	bool hides_width;      /* the guest is not told that the width is true */
	u64 more, more_at;     /* bytes, and where: more memory, above all else; or 0 */
	const char *command_line, *initrd, *disk, *name, *file;
};

struct vcpu {
	u32 index;
	int fd;
	struct vm_run *run;
	struct thread thread;
};

struct machine {
	int dev, fd;           /* of /dev/vm, and of the machine */
	const char *name;
	u32 address_bits;      /* the truth, also if nobody asked for a width */
	u32 vcpu_count;
	struct vcpu vcpu[VM_VCPU_MAX];

	struct mutex lock;
	u32 is_ending;         /* atomic */
	int status;            /* what machine_run() returns; written by who sets is_ending */
	bool has_fault;        /* it ends because of what the second stage says of fault_at */
	u64 fault_at;          /* guest-physical */
	char why[400];
};

extern struct machine machine;

/* Where the guest begins, and what must not be written over: filled in by the loader, then by arch_boot(). */
struct image {
	u64 entry;             /* guest-physical */
	bool has_pvh_entry;
	u64 end;               /* behind its last byte */
	u64 initrd, initrd_size;
	const u8 *head;        /* the file's first bytes: IMAGE_HEAD (image.h), or all */
	u64 head_size;
};

/*
 * Run a guest to its end: what `vm` exits with, or MACHINE_RESTART: the guest wants to be started again.  Nothing is
 * left then that would hinder it.
 */
#define MACHINE_RESTART (-1)
int machine_run(const struct options *options);

/* Say why the machine ends, unless it does already, and end it.  `status`: what machine_run() returns.  Any thread. */
void machine_end(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with status 1, because of what the second stage has for a guest-physical address: that is shown as well. */
void machine_end_at(u64 at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Run the vCPU until the machine ends: a thread. */
s64 vcpu_thread(void *vcpu);

/* Write a register set that begins with its size and is `size` bytes long; a failure ends the program. */
void vcpu_set_state(const struct vcpu *vcpu, enum vm_set set, const void *data, u32 size);

/*
 * ---- What each machine brings: arch/ ----
 *
 * In this order: memory, then the image is loaded, then devices, then the first vCPU's registers and what the guest
 * finds in memory.  Mistakes end the program.
 */
void arch_add_memory(u64 size);
void arch_add_devices(const struct options *options);
void arch_boot(const struct options *options, struct image *image);

/* The number of this machine in an ELF header, by the header's class. */
extern const u16 arch_elf_machine[];

/* May an image have these bytes of RAM?  Not where arch_boot() writes. */
bool arch_may_load(u64 start, u64 end);

/* Is this the beginning of a file that is loaded as it is?  *at: where; *size: how much memory it takes at least. */
bool arch_is_flat(const u8 *head, u64 head_size, u64 *at, u64 *size);

/* VM_EXIT_CALL, with machine.lock: fill in run->call.result. */
void arch_call(struct vm_run *run);

#endif
