/*
 * pwd: the working directory.
 */
#include "stdio.h"
#include "sys.h"

int main(void)
{
	static char path[PATH_MAX];
	int length = getcwd(path, sizeof(path));

	if (length < 0)
		die("working directory", length);
	puts(path);
	return 0;
}
