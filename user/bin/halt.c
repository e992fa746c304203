/*
 * halt: write everything to the disk and stop the machine.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	int error = sync();

	if (error)
		warn("sync", error);
	die("cannot halt", reboot(REBOOT_HALT));
}
