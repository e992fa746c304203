/*
 * A hostile monitor: what its threads share, and the calls they make: see fuzz.h.
 *
 * The threads do not wait for each other: a descriptor may be closed, a run page replaced and memory taken away while
 * another thread uses it.
 */
#include "fuzz.h"
#include "string.h"
#include "thread.h"

#define PAGE         4096ul
#define MEMORY_PAGES 128
#define MEMORY_SIZE  (MEMORY_PAGES * PAGE)
#define MACHINES     3
#define VCPUS        12

static int dev;
static u8 *memory;                /* guests' */
static int machines[MACHINES];    /* atomic */
static int vcpus[VCPUS];          /* atomic */
static u8 *run_pages;              /* of vCPUs, VCPUS pages: or plain memory */
static u64 argument[STREAMS][PAGE / 8];

/* ---- What a monitor has -------------------------------------------------------------------------------- */

static void put(int *place, int fd)
{
	int before = __atomic_exchange_n(place, fd, __ATOMIC_ACQ_REL);

	if (before >= 0)
		close(before);
}

static int get(const int *place)
{
	return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static int some_machine(struct caller *c)
{
	return get(&machines[pick(c, MACHINES)]);
}

static int some_vcpu(struct caller *c)
{
	return get(&vcpus[pick(c, VCPUS)]);
}

static void scribble(struct caller *c, u64 pages)
{
	for (u64 left = 1 + pick(c, pages); left; left--) {
		u64 *page = (u64 *)(memory + pick(c, MEMORY_PAGES) * PAGE);

		if (fstat(dev, (struct stat *)page)) /* it is not there, or may not be written */
			continue;
		for (u64 k = 0; k < PAGE / 8; k += 1 + pick(c, 4))
			page[k] = random_next(&c->random);
	}
}

/* ---- Calls that need care ------------------------------------------------------------------------------ */

static void make_machine(struct caller *c)
{
	argument_fill(c, VM_CREATE, argument[c->number], 0, 0);
	put(&machines[pick(c, MACHINES)], ioctl(dev, VM_CREATE, (u64)argument[c->number]));
}

static void make_vcpu(struct caller *c)
{
	put(&vcpus[pick(c, VCPUS)], ioctl(some_machine(c), VM_CREATE_VCPU, pick(c, 10) ? pick(c, 4) : edge(c)));
}

static void map_run(struct caller *c)
{
	u8 *page = run_pages + pick(c, VCPUS) * PAGE;

	if (pick(c, 8) == 0)
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | MAP_FIXED, -1, 0);
	else if (pick(c, 8) == 0)
		mmap(NULL, edge(c), PROT_READ, MAP_SHARED, some_vcpu(c), edge(c));
	else
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, some_vcpu(c), 0);
}

static void scribble_run(struct caller *c)
{
	struct vm_run *page = (struct vm_run *)(run_pages + pick(c, VCPUS) * PAGE);

	for (u64 left = pick(c, 20); left; left--)
		((volatile u64 *)page)[pick(c, pick(c, 2) ? 16 : PAGE / 8)] = edge(c);
	page->kick = pick(c, 2);
}

static void run_vcpu(struct caller *c)
{
	int fd = some_vcpu(c);

	if (c->number == 0)
		return;
	for (u64 left = 1 + pick(c, 8); left; left--)
		if (ioctl(fd, VCPU_RUN, 0))
			return;
}

void monitor_kick_all(void)
{
	for (u32 i = 0; i < VCPUS; i++)
		ioctl(get(&vcpus[i]), VCPU_KICK, 0);
}

static void kick(struct caller *c)
{
	monitor_kick_all();
}

/* What a set holds, a little changed. */
static void change_state(struct caller *c)
{
	u64 *data = argument[c->number];
	struct vm_state_call call = { sizeof(call), pick_set(c), (u64)data };
	bool is_machines = call.set >= VM_SET_X86_PIC && pick(c, 8);
	int fd = is_machines ? some_machine(c) : some_vcpu(c);
	u64 count = pick(c, 2) ? 16 : 80;

	memset(data, 0, PAGE);
	*(u32 *)data = 2048;
	ioctl(fd, is_machines ? VM_GET_STATE : VCPU_GET_STATE, (u64)&call);
	if (pick(c, 4))
		spoil(c, data + 1, count);
	if (pick(c, 10) == 0)
		spoil(c, (u64 *)&call, 2);
	ioctl(fd, is_machines ? VM_SET_STATE : VCPU_SET_STATE, (u64)&call);
}

/* Memory goes, comes, and changes its rights. */
static void change_memory(struct caller *c)
{
	u64 first = pick(c, MEMORY_PAGES);
	u8 *at = memory + first * PAGE;
	u64 size = (1 + pick(c, MEMORY_PAGES - first)) * PAGE;

	switch (pick(c, 5)) {
	case 0: munmap(at, size); break;
	case 1: mprotect(at, size, pick(c, 8)); break;
	case 2: madvise(at, size, pick(c, 2) ? MADV_DONTNEED : MADV_MOVE); break;
	default:
		mmap(at, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_ANON | MAP_PRIVATE | MAP_FIXED, -1, 0);
		scribble(c, 8);
	}
}

/* The child has the descriptors and the run pages, and may not use them. */
static void fork_child(struct caller *c)
{
	int pid = fork();

	if (pid == 0) {
		ioctl(some_vcpu(c), VCPU_RUN, 0);
		ioctl(some_machine(c), VM_CHECK, 0);
		scribble(c, 2);
		if (pick(c, 2))
			sleep(pick(c, 3 * MS));
		_exit(0);
	}
	wait(-1, NULL, WAIT_NOHANG);
}

static void close_one(struct caller *c)
{
	put(pick(c, 4) ? &vcpus[pick(c, VCPUS)] : &machines[pick(c, MACHINES)], -1);
}

/* ---- Calls with a structure, and nonsense -------------------------------------------------------------- */

static u64 spoiled_address(struct caller *c, u64 *words)
{
	switch (pick(c, 20)) {
	case 0: return edge(c);
	case 1: return (u64)memory + pick(c, MEMORY_SIZE);
	case 2: return (u64)words + pick(c, 16);
	default: return (u64)words;
	}
}

static u32 pick_request(struct caller *c, u32 first, u32 last)
{
	u32 request;

	do
		request = first + pick(c, last - first + 1);
	while (request == VCPU_RUN);
	return request;
}

static void plain_call(struct caller *c, int fd, u32 request)
{
	u64 *words = argument[c->number];

	argument_fill(c, request, words, (u64)memory, MEMORY_SIZE);
	ioctl(fd, request, spoiled_address(c, words));
}

/* A machine that is made here would be forgotten. */
static void call_device(struct caller *c)
{
	u32 request = pick_request(c, VM_VERSION, VM_WHY);

	if (request != VM_CREATE)
		plain_call(c, dev, request);
}

static void call_machine(struct caller *c)
{
	u32 request = pick_request(c, VM_SET_MEMSLOT, VM_CHECK);

	if (request != VM_CREATE_VCPU)
		plain_call(c, some_machine(c), request);
}

static void set_memslot(struct caller *c)
{
	plain_call(c, some_machine(c), VM_SET_MEMSLOT);
}

static void call_vcpu(struct caller *c)
{
	plain_call(c, some_vcpu(c), pick_request(c, VCPU_RUN, VCPU_STAT));
}

/* Any number on any descriptor, but for those that make some, or run. */
static void call_anything(struct caller *c)
{
	u32 request = pick(c, 2) ? edge(c) : 0x5600 + pick(c, 0x60);

	if (request == VM_CREATE || request == VM_CREATE_VCPU || request == VCPU_RUN)
		return;
	ioctl(pick(c, 2) ? some_vcpu(c) : some_machine(c), request, spoiled_address(c, argument[c->number]));
}

static void rest(struct caller *c)
{
	sleep(pick(c, MS));
}

/* ---- The table ----------------------------------------------------------------------------------------- */

static const struct {
	void (*make)(struct caller *c);
	u32 weight;
} calls[] = {
	{ make_machine, 2 }, { make_vcpu, 8 }, { map_run, 4 }, { scribble_run, 8 }, { run_vcpu, 40 }, { kick, 12 },
	{ change_state, 30 }, { change_memory, 8 }, { fork_child, 1 }, { close_one, 2 },
	{ call_device, 8 }, { call_machine, 12 }, { set_memslot, 14 }, { call_vcpu, 6 }, { call_anything, 4 },
	{ rest, 2 },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

void monitor_call(struct caller *c)
{
	u64 total = 0, at, i = 0;

	for (u64 k = 0; k < CALLS; k++)
		total += calls[k].weight;
	at = pick(c, total);
	while (at >= calls[i].weight)
		at -= calls[i++].weight;
	calls[i].make(c);
}

void monitor_init(struct caller *c)
{
	dev = open("/dev/vm", O_RDWR);
	if (dev < 0)
		_exit(1);
	for (u32 i = 0; i < MACHINES; i++)
		machines[i] = -1;
	for (u32 i = 0; i < VCPUS; i++)
		vcpus[i] = -1;
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_ANON | MAP_PRIVATE, -1, 0);
	scribble(c, 4 * MEMORY_PAGES);
	run_pages = mmap(NULL, VCPUS * PAGE, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
	for (u32 i = 0; i < MACHINES; i++)
		make_machine(c);
	for (u32 i = 0; i < VCPUS; i++) {
		make_vcpu(c);
		set_memslot(c);
	}
	for (u32 i = 0; i < VCPUS; i++)
		map_run(c);
}
