/*
 * vmfuzz [-s seed] [-n calls] [-j monitors] [-g guests]: hostile monitors; then hostile guests.
 *
 * The system must survive them: afterwards there are no machines, and all memory, processes and threads are back.  A
 * monitor is killed now and then, whatever it does, and when it does nothing: its guest may have halted for ever.
 *
 * The last line is `vmfuzz: seed S: N calls and G guests survived`, or says what is wrong; the exit status is 0 or 1.
 */
#include "args.h"
#include "fuzz.h"
#include "guests.h"
#include "io.h"
#include "stdio.h"
#include "string.h"
#include "thread.h"

#define MONITORS_MAX    8
#define STUCK_AFTER     (200 * MS)
#define LIFE            600 /* calls, on average */
#define PAGES_OF_CACHES 64  /* that the kernel may keep for later */

/* Shared with the monitors; a cache line each. */
static struct stream {
	u64 done;
	u64 padding[7];
} *streams;

static u64 seed = 1, quota, monitor_count = 2;
static u64 ended_count;
static struct random killer;

struct monitor {
	int pid;           /* 0: it has done all it should */
	u64 progress, end; /* calls; when it is to be killed */
	s64 changed;       /* when it has made progress */
};

/* ---- A monitor ----------------------------------------------------------------------------------------- */

static u64 state_of(u64 number, u64 k)
{
	return ((seed * 1000003 + number) * 1000003 + k) * 0x9e3779b97f4a7c15ul;
}

/* A call counts before it is made: one that ends the monitor is not made again. */
static s64 run_stream(void *arg)
{
	u64 number = (u64)arg;
	struct stream *s = &streams[number];
	struct caller c = { .number = number % STREAMS };

	while (s->done < quota) {
		c.random.state = state_of(number, s->done++);
		monitor_call(&c);
	}
	return 0;
}

static NORETURN void run_monitor(u64 index)
{
	static struct thread thread[STREAMS];
	u64 first = index * STREAMS;
	struct caller c = { .random.state = state_of(first, streams[first].done + 1000000007) };

	setgroup(0, 0);
	monitor_init(&c);
	for (u64 i = 1; i < STREAMS; i++)
		if (thread_create(&thread[i], run_stream, (void *)(first + i)))
			_exit(1);
	run_stream((void *)first);
	for (;;) {
		monitor_kick_all();
		sleep(MS);
		if (streams[first + 1].done >= quota && streams[first + 2].done >= quota)
			_exit(0);
	}
}

/* ---- Watching over them -------------------------------------------------------------------------------- */

static u64 progress_of(u64 index)
{
	u64 sum = 0;

	for (u64 i = 0; i < STREAMS; i++)
		sum += __atomic_load_n(&streams[index * STREAMS + i].done, __ATOMIC_RELAXED);
	return sum;
}

static void start(struct monitor *m, u64 index)
{
	int pid = fork();

	if (pid == 0)
		run_monitor(index);
	*m = (struct monitor){ .pid = pid > 0 ? pid : -1, .progress = progress_of(index), .changed = clock() };
	m->end = m->progress + random_below(&killer, 2 * LIFE);
}

/* It, and all that it forked. */
static void end(struct monitor *m)
{
	kill(-m->pid);
	kill(m->pid);
	wait(m->pid, NULL, 0);
	kill(-m->pid);
	ended_count++;
	m->pid = 0;
}

static bool shall_end(struct monitor *m, u64 index)
{
	u64 progress = progress_of(index);

	if (progress != m->progress) {
		m->progress = progress;
		m->changed = clock();
	}
	return progress >= m->end || clock() - m->changed > (s64)STUCK_AFTER;
}

static void watch(struct monitor *m, u64 index)
{
	if (m->pid > 0 && wait(m->pid, NULL, WAIT_NOHANG) == m->pid) {
		kill(-m->pid);
		m->pid = 0;
	} else if (m->pid > 0 && shall_end(m, index)) {
		end(m);
	} else if (m->pid > 0) {
		return;
	}
	if (progress_of(index) < quota * STREAMS)
		start(m, index);
	else
		m->pid = 0;
}

static void run_monitors(void)
{
	struct monitor m[MONITORS_MAX];
	bool working;

	for (u64 i = 0; i < monitor_count; i++)
		start(&m[i], i);
	do {
		working = false;
		sleep(MS);
		for (u64 i = 0; i < monitor_count; i++) {
			if (m[i].pid)
				watch(&m[i], i);
			working |= m[i].pid != 0;
		}
	} while (working);
}

/* ---- Is the system well? ------------------------------------------------------------------------------- */

static struct sysinfo measure(void)
{
	struct sysinfo i = { 0 };
	int error = sysinfo(&i);

	if (error)
		die("sysinfo", error);
	return i;
}

static bool is_settled(const struct sysinfo *before, const struct sysinfo *now)
{
	return now->proc_count == before->proc_count && now->thread_count == before->thread_count &&
	       now->page_free + PAGES_OF_CACHES >= before->page_free;
}

static u32 count_machines(int dev)
{
	struct vm_list list = { .size = sizeof(list) };
	int error = ioctl(dev, VM_LIST, (u64)&list);

	if (error)
		die("VM_LIST", error);
	return list.count;
}

static bool check_health(const struct sysinfo *before, int dev)
{
	struct sysinfo now;

	if (!guests_are_well()) {
		printf("vmfuzz: seed %lu: no guest runs any more\n", seed);
		return false;
	}
	now = measure();
	for (int tries = 0; tries < 300 && !is_settled(before, &now); tries++) {
		sleep(10 * MS);
		now = measure();
	}
	if (count_machines(dev)) {
		printf("vmfuzz: seed %lu: %u machines are left\n", seed, count_machines(dev));
		return false;
	}
	if (is_settled(before, &now))
		return true;
	printf("vmfuzz: seed %lu: lost: %ld pages, %d processes, %d threads\n", seed,
	       (s64)(before->page_free - now.page_free), (int)(now.proc_count - before->proc_count),
	       (int)(now.thread_count - before->thread_count));
	return false;
}

int main(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "s:n:j:g:",
				   "vmfuzz [-s seed] [-n calls] [-j monitors] [-g guests]");
	u64 calls = 10000, guests = 0;

	for (int flag; (flag = args_flag(&a));) {
		u64 number = args_number(&a);

		*(flag == 's' ? &seed : flag == 'n' ? &calls : flag == 'g' ? &guests : &monitor_count) = number;
	}
	if (args_left(&a) || calls < 1 || monitor_count < 1 || monitor_count > MONITORS_MAX)
		args_usage(&a);
	int dev = open("/dev/vm", O_RDWR);

	if (dev < 0)
		die("/dev/vm", dev);
	quota = (calls + monitor_count * STREAMS - 1) / (monitor_count * STREAMS);
	killer.state = seed;
	streams = mmap(NULL, sizeof(*streams) * STREAMS * MONITORS_MAX, PROT_READ | PROT_WRITE,
		       MAP_ANON | MAP_SHARED | MAP_POPULATE, -1, 0);
	if (error_of(streams))
		die("no shared memory", error_of(streams));
	struct sysinfo before = measure();

	run_monitors();
	ended_count += guests_run(seed, guests);
	if (!check_health(&before, dev))
		return 1;
	printf("vmfuzz: %lu machines were killed\n", ended_count);
	printf("vmfuzz: seed %lu: %lu calls and %lu guests survived\n", seed, quota * monitor_count * STREAMS, guests);
	return 0;
}
