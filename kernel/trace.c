/*
 * Tracepoints: see trace.h.
 *
 * The record number s of a CPU (from 1) stands at place (s - 1) % TRACE_RING_RECORDS of its ring.
 *
 * Locking: none for rings.  A ring is written only by its CPU, with interrupts off.
 * Ordering: a record's sequence is 0 while the rest is written and is stored last, with release; read_record() loads it
 * first, with acquire, and again after its copy, so that a torn copy is noticed.
 */
#include "trace.h"
#include "boot_option.h"
#include "cpu.h"
#include "lock.h"
#include "sched.h"
#include "lib/printf.h"
#include "mm/buddy.h"
#include "abi/syscall.h"

#define RING_ORDER 4
_Static_assert(PAGE_SIZE << RING_ORDER == TRACE_RING_BYTES, "a ring fills its block");
_Static_assert(TRACE_EVENT_COUNT <= 64, "trace_mask has a bit for each event");

u64 trace_mask;

/* What trace_mask is made of. */
static struct {
	struct spinlock lock;
	u64 always;
	u32 asked[TRACE_EVENT_COUNT]; /* by so many open files */
} choice = { .lock = SPINLOCK_INIT("trace", RANK_TRACE) };

static struct ring {
	struct trace_record *records; /* NULL: this CPU is not traced */
	u64 count;                    /* recorded so far */
} rings[MAX_CPUS];

static const char *const event_name[] = {
#define X(name, format) #name,
	TRACE_EVENTS(X)
#undef X
};

static const char *const event_format[] = {
#define X(name, format) format,
	TRACE_EVENTS(X)
#undef X
};

static const char *const syscall_name[SYSCALL_COUNT] = {
#define X(number, name) [number] = #name,
	SYSCALL_LIST(X)
#undef X
};

/* A block of single pages, since programs may map them. */
void trace_init(u32 cpu_total)
{
	for (u32 i = 0; i < cpu_total && i < MAX_CPUS; i++) {
		hpa_t block = page_alloc_block(RING_ORDER);

		if (block.raw)
			rings[i].records = hpa_to_ptr(block);
	}
	trace_choose(boot_option_u64("trace", TRACE_QUIET_EVENTS));
}

static void set_mask_locked(void)
{
	u64 mask = choice.always;

	for (u32 e = 0; e < TRACE_EVENT_COUNT; e++)
		mask |= (u64)(choice.asked[e] != 0) << e;
	WRITE_ONCE(trace_mask, mask);
}

void trace_choose(u64 mask)
{
	spin_lock(&choice.lock);
	choice.always = mask;
	set_mask_locked();
	spin_unlock(&choice.lock);
}

void trace_ask(u64 *asked, u64 mask)
{
	spin_lock(&choice.lock);
	for (u32 e = 0; e < TRACE_EVENT_COUNT; e++)
		choice.asked[e] += (mask >> e & 1) - (*asked >> e & 1);
	*asked = mask;
	set_mask_locked();
	spin_unlock(&choice.lock);
}

/* The next record, without its arguments; nobody takes it for whole. */
static struct trace_record *begin_record(struct ring *ring, enum trace_event event)
{
	struct trace_record *r = &ring->records[ring->count % TRACE_RING_RECORDS];
	struct cpu *cpu = this_cpu();

	WRITE_ONCE(r->sequence, 0);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	r->time = arch_clock();
	r->cpu = cpu->id;
	r->event = event;
	r->tid = cpu->thread ? cpu->thread->tid : -1;
	return r;
}

static void end_record(struct ring *ring, struct trace_record *r)
{
	WRITE_ONCE(ring->count, ring->count + 1);
	__atomic_store_n(&r->sequence, ring->count, __ATOMIC_RELEASE);
}

/* irq_push() would do too; this is shorter on a path that every system call takes. */
void trace_record(enum trace_event event, u64 a, u64 b, u64 c, u64 d)
{
	bool irqs_were_on = arch_irq_enabled();
	struct ring *ring;

	arch_irq_disable();
	ring = &rings[this_cpu()->id];
	if (ring->records) {
		struct trace_record *r = begin_record(ring, event);

		r->arg[0] = a;
		r->arg[1] = b;
		r->arg[2] = c;
		r->arg[3] = d;
		end_record(ring, r);
	}
	if (irqs_were_on)
		arch_irq_enable();
}

/* False if record `sequence` of the CPU is overwritten or about to be. */
static bool read_record(u32 cpu, u64 sequence, struct trace_record *copy)
{
	const struct trace_record *r = &rings[cpu].records[(sequence - 1) % TRACE_RING_RECORDS];

	if (__atomic_load_n(&r->sequence, __ATOMIC_ACQUIRE) != sequence)
		return false;
	*copy = *r;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return READ_ONCE(r->sequence) == sequence;
}

void trace_cursor_init(struct trace_cursor *cursor)
{
	for (u32 i = 0; i < MAX_CPUS; i++) {
		u64 count = READ_ONCE(rings[i].count);

		cursor->next[i] = count > TRACE_RING_RECORDS ? count - TRACE_RING_RECORDS + 1 : 1;
		cursor->end[i] = count + 1;
	}
}

/* The CPU's next record that still exists; false if there is none. */
static bool peek(struct trace_cursor *cursor, u32 cpu, struct trace_record *record)
{
	for (; cursor->next[cpu] < cursor->end[cpu]; cursor->next[cpu]++)
		if (read_record(cpu, cursor->next[cpu], record))
			return true;
	return false;
}

bool trace_cursor_next(struct trace_cursor *cursor, struct trace_record *record)
{
	struct trace_record candidate;
	bool found = false;

	for (u32 i = 0; i < MAX_CPUS; i++)
		if (peek(cursor, i, &candidate) && (!found || candidate.time < record->time)) {
			*record = candidate;
			found = true;
		}
	if (found)
		cursor->next[record->cpu]++;
	return found;
}

/* The arguments as event_format[] wants them: the number of a system call becomes its name. */
static u64 first_argument(const struct trace_record *r)
{
	const char *name = "unknown";

	if (r->event != TRACE_syscall && r->event != TRACE_sysret)
		return r->arg[0];
	if (r->arg[0] < SYSCALL_COUNT && syscall_name[r->arg[0]])
		name = syscall_name[r->arg[0]];
	return (u64)name;
}

int trace_format(char *buf, size_t size, const struct trace_record *r)
{
	int head = snprintf(buf, size, "[%5lu.%06lu] cpu %u, thread %d: %s: ", r->time / 1000000000,
			    r->time / 1000 % 1000000, r->cpu, r->tid, event_name[r->event]);
	size_t used = MIN((size_t)head, size);
	int text = snprintf(buf + used, size - used, event_format[r->event], first_argument(r),
			    r->arg[1], r->arg[2], r->arg[3]);

	used = MIN(used + text, size);
	return head + text + snprintf(buf + used, size - used, "\n");
}

void trace_print(u32 count)
{
	struct trace_cursor cursor;
	struct trace_record record;
	u64 total = 0;
	char line[160];

	trace_cursor_init(&cursor);
	for (u32 i = 0; i < MAX_CPUS; i++)
		total += cursor.end[i] - cursor.next[i];
	for (; trace_cursor_next(&cursor, &record); total--)
		if (total <= count) {
			trace_format(line, sizeof(line), &record);
			printk("%s", line);
		}
}

hpa_t trace_page(u32 cpu, u64 offset)
{
	if (cpu >= MAX_CPUS || offset >= TRACE_RING_BYTES || !rings[cpu].records)
		return hpa(0);
	return ptr_to_hpa((char *)rings[cpu].records + ALIGN_DOWN(offset, PAGE_SIZE));
}
