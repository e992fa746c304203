/*
 * The suites of grading/suites/lib, which also run in the kernel, here with sanitizers.
 *
 * The kernel's names that C's library has too mean the kernel's functions throughout.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>

#include "names_begin.h"
#include "grading/suites/host/ktest_host.h"
#include "kernel/lib/string.c"
#include "kernel/lib/printf.c"
#include "kernel/boot_option.c"
#include "boot_info.h"
#include "init.h"

const struct boot_info *boot_info(void)
{
	static const struct boot_info none;

	return &none;
}

#include "grading/suites/lib/string.c"
#include "grading/suites/lib/printf.c"
#include "grading/suites/lib/list.c"
#include "grading/suites/lib/boot_option.c"

int main(void)
{
	int failed = 0;

	failed += host_run_suite(&ktest_suite_string);
	failed += host_run_suite(&ktest_suite_printf);
	failed += host_run_suite(&ktest_suite_list);
	failed += host_run_suite(&ktest_suite_boot_option);
	return failed != 0;
}
