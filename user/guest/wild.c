/*
 * wild: runs random instructions with hostile operands, for some steps; the first seven characters of the command line
 * say which.  hostile.c does chosen things; this one, whatever comes.
 *
 * It may end well, or its machine may stop with a report, or it may hang: only the host must not notice.  Not with
 * -icount: a RISC-V guest whose trap handler cannot be fetched stops the time (docs/platform.md).
 */
#include "guest.h"
#include "wild.h"

#define STEPS 3000
#define ROOM  128

static u8 code[ROOM + 64] __attribute__((aligned(64)));
static u32 step;

/* Whatever a step has done to them, the variables here are in memory. */
void guest_main(void)
{
	wild_state = (machine_seed() + 1) * 0x9e3779b97f4a7c15ul | 1;
	print("wild: seed 0x%lx\n", machine_seed());
	while (step < STEPS) {
		step++;
		arch_mend();
		switch (pick(64)) {
		case 0: arch_spoil_tables(); break;
		case 1:
		case 2: arch_storm(pick(CPUS_MAX)); break;
		default:
			arch_emit(code, ROOM);
			arch_attack(code);
		}
	}
	arch_mend();
	print("wild: %u steps\n", step);
}
