/*
 * Flat kernels: a header at the file's beginning says where in RAM it belongs, and how much of it it takes.
 * Hardware: [RISCV-BOOT] "Boot image header in RISC-V Linux".
 */
#include "layout.h"
#include "string.h"

struct flat_header {
	u32 code[2];
	u64 offset, size, flags;
	u32 version, reserved0;
	u64 reserved1, old_magic;
	u32 magic, reserved2;
};
_Static_assert(sizeof(struct flat_header) == 64, "[RISCV-BOOT] Boot image header in RISC-V Linux");

#define FLAT_MAGIC   0x05435352 /* "RSC" 5 */
#define FLAT_FOREIGN 1          /* in flags: big-endian */

bool arch_is_flat(const u8 *head, u64 head_size, u64 *at, u64 *size)
{
	struct flat_header h;

	if (head_size < sizeof(h))
		return false;
	memcpy(&h, head, sizeof(h));
	if (h.magic != FLAT_MAGIC || h.flags & FLAT_FOREIGN)
		return false;
	*at = RAM_BASE + h.offset;
	*size = h.size;
	return true;
}
