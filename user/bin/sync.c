/*
 * sync: write everything to the disk.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	int error = sync();

	if (error)
		die("disk", error);
	return 0;
}
