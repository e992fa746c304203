/*
 * vm list, stat, dump, why: see watch.h.  Anybody may look; the kernel answers without stopping the guest.
 */
#include "watch.h"
#include "args.h"
#include "io.h"
#include "number.h"
#include "stdio.h"
#include "stdlib.h"
#include "sys.h"

#define PAGE 4096ul

static int open_dev(void)
{
	int dev = open("/dev/vm", O_RDWR);

	if (dev < 0)
		die("/dev/vm", dev);
	return dev;
}

/* The ids of all machines; how many. */
static int get_ids(int dev, u32 ids[VM_MAX])
{
	struct vm_list list = { .size = sizeof(list), .count = VM_MAX, .ids = (u64)ids };
	int error = ioctl(dev, VM_LIST, (u64)&list);

	if (error)
		return error;
	return list.count < VM_MAX ? list.count : VM_MAX;
}

static int get_stat(int dev, u32 id, struct vm_stat *stat)
{
	*stat = (struct vm_stat){ .size = sizeof(*stat), .id = id };
	return ioctl(dev, VM_STAT, (u64)stat);
}

/* The kernel did not say `what` of the machine. */
static void no_answer(const char *what, u32 id, int error)
{
	if (error != -ENOENT)
		die(what, error);
	dprintf(2, "vm: no machine %u: vm list shows those that run\n", id);
	exit(1);
}

int stat_of_process(int dev, int pid, struct vm_stat *stat)
{
	u32 ids[VM_MAX];
	int count = get_ids(dev, ids);

	for (int i = 0; i < count; i++)
		if (get_stat(dev, ids[i], stat) == 0 && stat->pid == pid)
			return 0;
	return count < 0 ? count : -ENOENT;
}

/* Each entry has an exit; the kernel counts some of those twice, by cause and as one to the monitor. */
u64 vcpu_exits(const struct vm_vcpu_stat *s)
{
	return s->entries;
}

/* ---- list ---------------------------------------------------------------------------------------------- */

int watch_list(int argc, char **argv)
{
	int dev = open_dev();
	u32 ids[VM_MAX];
	int count = get_ids(dev, ids);
	struct vm_stat s;

	if (count < 0)
		die("list of machines", count);
	printf("   ID    PID CPUS      MEMORY  TABLES     EXITS    FAULTS NAME\n");
	for (int i = 0; i < count; i++) {
		u64 exits = 0;

		if (get_stat(dev, ids[i], &s))
			continue; /* it has ended meanwhile */
		for (u32 k = 0; k < VM_VCPU_MAX; k++)
			exits += vcpu_exits(&s.vcpu[k]);
		printf("%5u %6u %4u %7lu KiB %7lu %9lu %9lu %s%s\n", s.id, s.pid, s.vcpu_count, s.memory / 1024,
		       s.table_pages, exits, s.faults[1], s.name, s.is_dead ? " (dead)" : "");
	}
	return 0;
}

/* ---- stat ---------------------------------------------------------------------------------------------- */

static void print_vcpu(int fd, u32 index, const struct vm_vcpu_stat *s, const char *eol)
{
	static const char *const states[] = { "stopped", "runs", "halted", "failed" };

	dprintf(fd, "vCPU %u: %s; %lu entries; exits: %lu to the monitor, %lu faults, %lu calls, ", index,
		s->state < 4 ? states[s->state] : "?", s->entries, s->exits_monitor, s->exits_fault, s->exits_call);
	dprintf(fd, "%lu halts, %lu others; %lu kicks, %lu by interrupt; %lu loads%s", s->exits_halt, s->exits_other,
		s->kicks, s->kick_ipis, s->loads, eol);
}

void print_stat(int fd, const struct vm_stat *s, const char *eol)
{
	dprintf(fd, "%s: id %u, process %u, %u-bit guest addresses, %lu KiB of memory%s%s", s->name, s->id, s->pid,
		s->gpa_bits, s->memory / 1024, s->is_dead ? ", dead" : "", eol);
	dprintf(fd, "tables: %lu of at most %lu pages, %lu roots; leaves by level:", s->table_pages, s->table_limit,
		s->root_count);
	for (u32 level = 0; level < 6; level++)
		if (s->leaf_count[level] || level == 0)
			dprintf(fd, " %u: %lu", level, s->leaf_count[level]);
	dprintf(fd, "%sfaults: %lu fixed, %lu to retry, %lu spurious, %lu emulated, %lu refused%s", eol, s->faults[1],
		s->faults[0], s->faults[2], s->faults[3], s->faults[4], eol);
	dprintf(fd, "flushes: %lu; locks yielded: %lu; memslot updates: %lu; notifications: %lu%s", s->flush_count,
		s->yield_count, s->slot_updates, s->notifier_begins, eol);
	for (u32 i = 0; i < VM_VCPU_MAX; i++)
		if (s->vcpu[i].size)
			print_vcpu(fd, i, &s->vcpu[i], eol);
}

static u64 number_argument(struct args *a)
{
	u64 value;

	if (!args_left(a) || !parse_size(args_next(a), 1, &value))
		args_usage(a);
	return value;
}

int watch_stat(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "vm stat ID");
	struct vm_stat s;
	u32 id;
	int error;

	args_flag(&a);
	id = number_argument(&a);
	error = get_stat(open_dev(), id, &s);
	if (error)
		no_answer("statistics", id, error);
	print_stat(1, &s, "\n");
	return 0;
}

/* ---- dump, why ----------------------------------------------------------------------------------------- */

/* One answer, written; how long it was, or a negative error. */
static s64 write_text(int fd, int dev, enum vm_call call, struct vm_text *text)
{
	static char buf[16 * 1024];
	int error;

	text->text = (u64)buf;
	text->length = sizeof(buf);
	error = ioctl(dev, call, (u64)text);
	if (error)
		return error;
	write_all(fd, buf, text->length);
	return text->length;
}

static s64 print_text(int dev, enum vm_call call, struct vm_text *text)
{
	s64 length = write_text(1, dev, call, text);

	if (length < 0)
		no_answer(call == VM_WHY ? "why" : "dump", text->id, length);
	return length;
}

void print_why(int fd, int dev, u32 id, u64 at)
{
	struct vm_text text = { .size = sizeof(text), .id = id, .start = at };

	write_text(fd, dev, VM_WHY, &text);
}

int watch_dump(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "vm dump ID [START [END]]");
	struct vm_text text = { .size = sizeof(text) };
	struct vm_stat s;
	int dev = open_dev(), error;

	args_flag(&a);
	text.id = number_argument(&a);
	error = get_stat(dev, text.id, &s);
	if (error)
		no_answer("dump", text.id, error);
	text.start = args_left(&a) ? number_argument(&a) : 0;
	text.end = args_left(&a) ? number_argument(&a) : 1ul << s.gpa_bits;
	text.start &= ~(PAGE - 1); /* whole pages */
	text.end = (text.end + PAGE - 1) & ~(PAGE - 1);
	while (text.start < text.end && print_text(dev, VM_DUMP, &text) > 0)
		;
	return 0;
}

int watch_why(int argc, char **argv)
{
	struct args a = args_start(argc, argv, "", "vm why ID ADDRESS");
	struct vm_text text = { .size = sizeof(text) };

	args_flag(&a);
	text.id = number_argument(&a);
	text.start = number_argument(&a);
	print_text(open_dev(), VM_WHY, &text);
	return 0;
}
