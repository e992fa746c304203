/*
 * vm: virtual machines.  `vm help` says how it is used.
 */
#include "args.h"
#include "io.h"
#include "machine.h"
#include "number.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "watch.h"

#define PAGE 4096ul

static const char run_usage[] =
	"vm run [-W] [-m MiB] [-M size@address] [-c vCPUs] [-k command-line] [-i initrd] [-d disk] [-a address-bits]\n"
	"       [-n name] FILE";

static u64 size_option(const struct args *a, u64 unit)
{
	u64 value;

	if (!parse_size(a->value, unit, &value))
		args_usage(a);
	return value;
}

/* "16M@0xfff000000": whole pages. */
static void more_option(struct options *o, const struct args *a)
{
	char text[48];
	char *at;

	strlcpy(text, a->value, sizeof(text));
	at = strchr(text, '@');
	if (!at)
		args_usage(a);
	*at = 0;
	if (!parse_size(text, 1 << 20, &o->more) || !parse_size(at + 1, 1, &o->more_at) ||
	    (o->more | o->more_at) % PAGE)
		args_usage(a);
}

static void read_option(struct options *o, struct args *a, int flag)
{
	switch (flag) {
	case 'm': o->memory = size_option(a, 1 << 20); break;
	case 'M': more_option(o, a); break;
	case 'W': o->hides_width = true; break;
	case 'c': o->vcpus = size_option(a, 1); break;
	case 'a': o->address_bits = size_option(a, 1); break;
	case 'k': o->command_line = a->value; break;
	case 'i': o->initrd = a->value; break;
	case 'd': o->disk = a->value; break;
	case 'n': o->name = a->value; break;
	}
}

/*
 * A machine that starts again is a new one: new memory, all as the first time.  So this program starts again.
 * argv begins with the program's name.
 */
static int restart(char **argv)
{
	int error = exec("/bin/vm", (const char *const *)argv);

	die("starting again", error);
}

static int run(int argc, char **argv)
{
	struct options o = { .memory = 64 << 20, .vcpus = 1, .command_line = "" };
	struct args a = args_start(argc, argv, "m:c:k:i:d:a:n:M:W", run_usage);
	int status;

	for (int flag; (flag = args_flag(&a));)
		read_option(&o, &a, flag);
	if (args_left(&a) != 1 || o.vcpus == 0 || o.vcpus > VM_VCPU_MAX || o.memory == 0 || o.memory % PAGE)
		args_usage(&a);
	o.file = args_next(&a);
	if (!o.name) {
		char *copy = strdup(o.file);

		o.name = copy ? path_base(copy) : "guest";
	}
	status = machine_run(&o);
	return status == MACHINE_RESTART ? restart(argv - 1) : status;
}

static int help(int argc, char **argv)
{
	printf("%s\n", run_usage);
	puts("        start a kernel (ELF, or flat on RISC-V) in a machine of its own; Ctrl-] x ends it,");
	puts("        Ctrl-] h lists other keys");
	puts("        -m 64M     memory; a number alone counts MiB");
	puts("        -M SIZE@AT more memory, above all else");
	puts("        -a BITS    how wide guest-physical addresses are; -W does not tell the guest that it is true");
	puts("vm list");
	puts("        the machines that run");
	puts("vm stat ID");
	puts("        figures of one");
	puts("vm dump ID [START [END]]");
	puts("        its second-stage entries");
	puts("vm why ID ADDRESS");
	puts("        in words: what an access of the guest's would meet now");
	puts("vm trace [-n COUNT] [ID]");
	puts("        what the hypervisor does, as it happens: COUNT events, or until it is interrupted");
	puts("Numbers may begin with 0x, and end with K, M or G.");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", run },
	{ "list", watch_list },
	{ "stat", watch_stat },
	{ "dump", watch_dump },
	{ "why", watch_why },
	{ "trace", watch_trace },
	{ "help", help },
};

int main(int argc, char **argv)
{
	for (u32 i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	dprintf(2, "usage: vm run|list|stat|dump|why|trace|help ...\n");
	return 2;
}
