/*
 * The first thread: devices, the root file system, process 1.
 */
#include "init.h"
#include "boot_info.h"
#include "boot_option.h"
#include "kernel.h"
#include "proc.h"
#include "dev/devices.h"
#include "dev/ramdisk.h"
#include "dev/tty.h"
#include "dev/virtio_blk.h"
#include "fs/fs.h"
#include "mm/kmalloc.h"

#define INIT_PATH "/bin/init"

/* The RAM disk that the boot loader brought, else the first virtio disk. */
static struct block_device *find_root_device(void)
{
	const struct boot_info *info = boot_info();
	u64 ram_size = info->initrd.end.raw - info->initrd.start.raw;
	struct block_device *dev;

	if (ram_size)
		return ramdisk_create(info->initrd.start, ram_size);
	for (u32 i = 0; i < info->virtio_count; i++)
		if (virtio_blk_probe(info->virtio[i].base, info->virtio[i].irq, &dev) == 0)
			return dev;
	return NULL;
}

static void mount_root(void)
{
	struct block_device *dev = find_root_device();
	int error;

	if (!dev)
		panic("init: no disk: start QEMU with a virtio-blk device or with -initrd");
	error = fs_mount(dev);
	if (error)
		panic("init: %s holds no usable Flatland file system: error %d", dev->name, error);
	fs_start_flusher();
}

/* What stands behind `--` on the command line becomes one argument of process 1, a command for its shell. */
static void start_process_1(void)
{
	const char *command = boot_option_init_arguments();
	size_t path_size = sizeof(INIT_PATH), command_size = strlen(command) + 1;
	struct exec_args args = { .count = 1, .size = path_size };

	args.strings = kmalloc(path_size + command_size);
	if (!args.strings)
		panic("init: no memory for the arguments");
	memcpy(args.strings, INIT_PATH, path_size);
	if (command[0]) {
		memcpy(args.strings + path_size, command, command_size);
		args.count++;
		args.size += command_size;
	}
	proc_start_init(&args);
}

void init_main(void *unused)
{
	tty_init(boot_info()->uart_irq);
	devices_init();
	mount_root();
	start_process_1();
}
