/*
 * Accesses to devices, for the guest mmio: arch/<a>/access.c has the lists.
 */
#ifndef GUEST_ACCESS_H
#define GUEST_ACCESS_H

#include "abi/types.h"

/* What becomes of the rest of the register; KEEP: nothing. */
enum extension { EXTEND_ZERO, EXTEND_SIGN, EXTEND_SIGN_32, EXTEND_KEEP };

/* run(): a register that holds `preset`, after the load into it. */
struct load {
	const char *name;
	u32 bytes;
	enum extension extension;
	u64 (*run)(u64 address, u64 preset);
};

struct store {
	const char *name;
	u32 bytes;
	void (*run)(u64 address, u64 value);
};

extern const struct load loads[];
extern const struct store stores[];
extern const u32 load_count, store_count;

/* Where the serial line's registers are in memory. */
u64 uart_address(void);

/* An address where nothing is. */
#define NO_DEVICE 0x7ff00000ul

#endif
