/*
 * timer: sleeps through ten ticks.
 */
#include "guest.h"

#define TICKS  10
#define PERIOD 5000000 /* ns */

static volatile u32 ticks;

static void tick(void)
{
	ticks++;
	if (ticks < TICKS)
		timer_set(PERIOD);
}

void guest_main(void)
{
	u64 sleeps = 0;

	on_timer = tick;
	timer_set(PERIOD);
	for (; ticks < TICKS; sleeps++)
		sleep_once();
	print("timer: %u ticks\n", ticks);
	CHECK(sleeps < 100 * TICKS, "timer: %lu times awake", sleeps);
}
