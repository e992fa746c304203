/*
 * Machines for the tests of /dev/vm: see vm.h.
 */
#include "vm.h"

int vm_open(void)
{
	int fd = open("/dev/vm", O_RDWR);

	if (fd == -ENXIO)
		SKIP("no guests can run on this machine");
	return OK(fd);
}

int vm_slot(const struct machine *m, u32 id, u64 guest, u64 length, const void *memory)
{
	struct vm_memslot slot = { sizeof(slot), id, 0, 0, guest, length, (u64)memory };

	return ioctl(m->fd, VM_SET_MEMSLOT, (u64)&slot);
}

static void add_cpu(struct machine *m, u32 index)
{
	struct vm_cpu *cpu = &m->cpu[index];

	cpu->fd = OK(ioctl(m->fd, VM_CREATE_VCPU, index));
	cpu->run = (struct vm_run *)OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0));
	vm_begin(cpu->fd, m->code);
	if (index)
		vm_set_run_state(cpu->fd, RUN_STATE_RUNS);
}

void vm_make(struct machine *m, u32 cpu_count, enum vm_program program)
{
	struct vm_config config = { .size = sizeof(config), .name = "test" };
	const struct vm_code *code = &vm_codes[program];

	*m = (struct machine){ .dev = vm_open(), .cpu_count = cpu_count };
	m->fd = OK(ioctl(m->dev, VM_CREATE, (u64)&config));
	m->code = map(GUEST_CODE_SIZE, MAP_PRIVATE);
	memcpy(m->code, code->start, code->end - code->start);
	OK(vm_slot(m, 0, vm_code_at, GUEST_CODE_SIZE, m->code));
	for (u32 i = 0; i < cpu_count; i++)
		add_cpu(m, i);
}

void vm_close(struct machine *m)
{
	for (u32 i = 0; i < m->cpu_count; i++) {
		EXPECT_EQ(munmap(m->cpu[i].run, PAGE), 0);
		EXPECT_EQ(close(m->cpu[i].fd), 0);
	}
	EXPECT_EQ(close(m->fd), 0);
	EXPECT_EQ(close(m->dev), 0);
	EXPECT_EQ(munmap(m->code, GUEST_CODE_SIZE), 0);
}

u32 vm_run(struct vm_cpu *cpu)
{
	EXPECT_EQ(ioctl(cpu->fd, VCPU_RUN, 0), 0);
	return cpu->run->exit_reason;
}

static s64 run_once(void *arg)
{
	struct vm_cpu *cpu = arg;
	s64 result = ioctl(cpu->fd, VCPU_RUN, 0);

	__atomic_fetch_add(&cpu->rounds, 1, __ATOMIC_RELEASE);
	return result;
}

void vm_start(struct vm_cpu *cpu)
{
	EXPECT_EQ(thread_create(&cpu->thread, run_once, cpu), 0);
}

s64 vm_join(struct vm_cpu *cpu)
{
	s64 result;

	EXPECT_EQ(thread_join(&cpu->thread, &result), 0);
	return result;
}

void vm_await_entry(const struct vm_cpu *cpu, u32 state)
{
	struct vm_vcpu_stat stat = { .size = sizeof(stat) };
	s64 start = clock();

	do {
		if (clock() - start > (s64)(30 * SECOND))
			FAIL("the vCPU is in state %u after %lu entries", stat.state, stat.entries);
		sleep(MS);
		OK(ioctl(cpu->fd, VCPU_STAT, (u64)&stat));
	} while (stat.entries == 0 || stat.state != state);
}

u32 vm_count(int dev)
{
	struct vm_list list = { .size = sizeof(list) };

	OK(ioctl(dev, VM_LIST, (u64)&list));
	return list.count;
}
