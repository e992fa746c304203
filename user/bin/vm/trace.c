/*
 * vm trace: what the hypervisor does, as it happens.
 *
 * Each CPU has a ring of records, mapped here.  A record is whole if its sequence number is the same before and after
 * it was copied.  Several rings are merged by time: a round takes the oldest of the next records until none is left,
 * so what is written during the round may come a little out of order.
 *
 * The kernel records what we ask for as long as we have the file open: so no longer than we live.
 *
 * Events of the hypervisor have names that begin with "vm_" or "mmu_"; their first argument is the machine's id.
 */
#include "args.h"
#include "number.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "sys.h"
#include "watch.h"
#include "abi/trace.h"

#define CPUS_MAX 8
#define PAUSE    (50 * MS)

static const char *const event_names[] = {
#define X(name, format) #name,
	TRACE_EVENTS(X)
#undef X
};

static const char *const event_formats[] = {
#define X(name, format) format,
	TRACE_EVENTS(X)
#undef X
};

static struct ring {
	const struct trace_record *record; /* TRACE_RING_RECORDS of them */
	u64 next;                          /* the sequence number to read */
} rings[CPUS_MAX];
static u32 ring_count;

static bool is_ours(u32 event)
{
	return strncmp(event_names[event], "vm_", 3) == 0 || strncmp(event_names[event], "mmu_", 4) == 0;
}

static int set_mask(int fd)
{
	char text[32];
	u64 mask = 0;

	for (u32 e = 0; e < TRACE_EVENT_COUNT; e++)
		mask |= (u64)is_ours(e) << e;
	snprintf(text, sizeof(text), "+%lu", mask);
	return write(fd, text, strlen(text));
}

/* ---- Rings --------------------------------------------------------------------------------------------- */

static u64 newest(const struct ring *ring)
{
	u64 sequence = 0;

	for (u32 i = 0; i < TRACE_RING_RECORDS; i++)
		if (__atomic_load_n(&ring->record[i].sequence, __ATOMIC_ACQUIRE) > sequence)
			sequence = ring->record[i].sequence;
	return sequence;
}

static void map_rings(int fd)
{
	struct sysinfo info;

	sysinfo(&info);
	for (u32 i = 0; i < info.cpu_count && i < CPUS_MAX; i++) {
		struct ring *ring = &rings[ring_count];

		ring->record = mmap(NULL, TRACE_RING_BYTES, PROT_READ, MAP_SHARED, fd, i * TRACE_RING_BYTES);
		if (error_of(ring->record))
			die("mapping the trace", error_of(ring->record));
		ring->next = newest(ring) + 1;
		ring_count++;
	}
}

/* Where records begin and end, and what is said of the first, is in the kernel's order: sequence n is at n - 1. */
static const struct trace_record *slot_of(const struct ring *ring, u64 sequence)
{
	return &ring->record[(sequence - 1) % TRACE_RING_RECORDS];
}

/* The ring's next record, if it is there; what was overwritten meanwhile is skipped. */
static bool peek(struct ring *ring, struct trace_record *to)
{
	const struct trace_record *from = slot_of(ring, ring->next);
	u64 sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);

	if (sequence < ring->next)
		return false;
	ring->next = sequence;
	*to = *from;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return to->sequence == sequence && __atomic_load_n(&from->sequence, __ATOMIC_RELAXED) == sequence;
}

static struct ring *oldest(struct trace_record *to)
{
	struct ring *best = NULL;
	struct trace_record r;

	for (u32 i = 0; i < ring_count; i++)
		if (peek(&rings[i], &r) && (!best || r.time < to->time)) {
			best = &rings[i];
			*to = r;
		}
	return best;
}

/* ---- Text ---------------------------------------------------------------------------------------------- */

static void print_record(const struct trace_record *r)
{
	char text[160];

	snprintf(text, sizeof(text), event_formats[r->event], r->arg[0], r->arg[1], r->arg[2], r->arg[3]);
	printf("%6lu.%06lu cpu %u thread %d %s: %s\n", r->time / SECOND, r->time / 1000 % 1000000, r->cpu, r->tid,
	       event_names[r->event], text);
}

static bool is_wanted(const struct trace_record *r, u64 id)
{
	if (r->event >= TRACE_EVENT_COUNT || !is_ours(r->event))
		return false;
	return id == 0 || r->arg[0] == id;
}

static void follow(u64 id, u64 limit)
{
	struct trace_record r;
	struct ring *ring;
	u64 count = 0;

	while (limit == 0 || count < limit) {
		ring = oldest(&r);
		if (!ring) {
			flush();
			sleep(PAUSE);
			continue;
		}
		ring->next++;
		if (is_wanted(&r, id)) {
			print_record(&r);
			count++;
		}
	}
}

int watch_trace(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "n:", "vm trace [-n COUNT] [ID]");
	u64 limit = 0, id = 0;
	int fd;

	for (int flag; (flag = args_flag(&a));)
		if (!parse_size(a.value, 1, &limit))
			args_usage(&a);
	if (args_left(&a) > 1 || (args_left(&a) && !parse_size(args_next(&a), 1, &id)))
		args_usage(&a);
	fd = open("/dev/trace", O_RDWR);
	if (fd < 0)
		die("/dev/trace", fd);
	map_rings(fd);
	if (set_mask(fd) < 0)
		die("/dev/trace: choosing events", -EINVAL);
	follow(id, limit);
	return 0;
}
