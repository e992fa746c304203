/*
 * The hypervisor's start.
 */
#include "hyp/hyp.h"
#include "hyp/arch/hyp_arch.h"
#include "hyp/dev.h"
#include "cpu.h"

static const char *missing = "hyp_init() has not run";
u32 hyp_guests_lost;

static void init_here(void *unused)
{
	arch_hyp_cpu_init();
}

void hyp_init(void)
{
	missing = arch_hyp_probe();
	if (missing)
		return;
	arch_hyp_init();
	smp_call(~0u, init_here, NULL);
	hyp_dev_init();
}

const char *hyp_missing(void)
{
	return missing;
}
