/*
 * reboot: write everything to the disk and start the machine again.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	int error = sync();

	if (error)
		warn("sync", error);
	die("cannot reboot", reboot(REBOOT_RESTART));
}
