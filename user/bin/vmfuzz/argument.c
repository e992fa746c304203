/*
 * Arguments: see fuzz.h.
 */
#include "fuzz.h"
#include "string.h"

#define PAGE 4096ul

u64 pick(struct caller *c, u64 limit)
{
	return random_below(&c->random, limit);
}

u64 edge(struct caller *c)
{
	static const u64 values[] = {
		0, 1, 2, 7, 8, 31, 64, PAGE - 1, PAGE, PAGE + 1, 0x8000, 1ul << 20, 1ul << 21, 1ul << 30, 0x7fffffff,
		0x80000000, 0xfee00000, 0xffff0000, 0xfffffff0, 0xffffffff, 1ul << 32, 1ul << 36, (1ul << 38) - PAGE,
		1ul << 38, (1ul << 39) - 1, (1ul << 40) - PAGE, 1ul << 40, (1ul << 47) - PAGE, 1ul << 47, 1ul << 52,
		1ul << 62, 1ul << 63, 0xffff800000000000, 0xffffffc000000000, 0xffffffff80000000, -PAGE, ~0ul - 7, ~0ul
	};
	u64 count = sizeof(values) / sizeof(values[0]), which = pick(c, count + 3);

	if (which < count)
		return values[which];
	if (which == count)
		return random_next(&c->random);
	return which == count + 1 ? 1ul << pick(c, 64) : pick(c, 64);
}

void spoil(struct caller *c, u64 *words, u64 count)
{
	for (u64 left = 1 + pick(c, 3); left; left--) {
		u64 *word = &words[pick(c, count)];

		switch (pick(c, 4)) {
		case 0: *word = edge(c); break;
		case 1: *word = (*word & ~0xfffffffful) | (u32)edge(c); break;
		case 2: *word = (u32)*word | edge(c) << 32; break;
		default: *word ^= 1ul << pick(c, 64); break;
		}
	}
}

u32 argument_size(u32 request)
{
	switch (request) {
	case VM_CAPS: return sizeof(struct vm_caps);
	case VM_CREATE: return sizeof(struct vm_config);
	case VM_LIST: return sizeof(struct vm_list);
	case VM_STAT: return sizeof(struct vm_stat);
	case VM_DUMP:
	case VM_WHY: return sizeof(struct vm_text);
	case VM_SET_MEMSLOT: return sizeof(struct vm_memslot);
	case VM_SET_LINE: return sizeof(struct vm_line);
	case VM_PREFAULT: return sizeof(struct vm_range);
	case VM_SET_LIMIT: return sizeof(struct vm_limit);
	case VM_GET_STATE:
	case VM_SET_STATE:
	case VCPU_GET_STATE:
	case VCPU_SET_STATE: return sizeof(struct vm_state_call);
	case VM_GET_DIRTY:
	case VM_CLEAR_DIRTY: return sizeof(struct vm_dirty_log);
	case VM_SET_ATTRIBUTES:
	case VM_GET_ATTRIBUTES: return sizeof(struct vm_attributes);
	case VCPU_STAT: return sizeof(struct vm_vcpu_stat);
	default: return 0;
	}
}

u32 pick_set(struct caller *c)
{
	switch (pick(c, 8)) {
	case 0: return edge(c);
	case 1: return VM_SET_X86_PIC + pick(c, 3);
	case 2:
	case 3: return VM_SET_RISCV_CORE + pick(c, 6);
	default: return (pick(c, 2) ? VM_SET_RISCV_CORE : VM_SET_X86_CORE) + pick(c, 8);
	}
}

/* Where guests begin, what they use, and elsewhere. */
static u64 guest_address(struct caller *c)
{
	static const u64 places[] = { 0, 0xffff0000, 0x80000000, 0, 1ul << 21, 1ul << 30, 1ul << 39, 0xfee00000 };

	return places[pick(c, 8)] + (pick(c, 2) ? 0 : pick(c, 32) * PAGE);
}

static struct vm_memslot memslot(struct caller *c, u64 memory, u64 size)
{
	struct vm_memslot slot = { sizeof(slot), pick(c, 6), pick(c, 4) ? 0 : VM_SLOT_READ_ONLY, 0, 0, 0, 0 };
	u64 first = pick(c, size / PAGE);

	slot.guest = guest_address(c);
	slot.memory = memory + first * PAGE;
	slot.length = pick(c, 5) ? (1 + pick(c, size / PAGE - first)) * PAGE : 0;
	if (pick(c, 4) == 0)
		slot.length = PAGE << pick(c, 28);
	return slot;
}

static void fill_range(struct caller *c, u64 *words, u64 memory)
{
	struct vm_range *range = (struct vm_range *)words;

	range->start = guest_address(c);
	range->end = range->start + (1 + pick(c, 64)) * PAGE;
}

static void fill_text(struct caller *c, u64 *words, u64 memory)
{
	struct vm_text *text = (struct vm_text *)words;

	text->id = pick(c, 200);
	text->start = guest_address(c);
	text->end = pick(c, 4) ? text->start + PAGE : -PAGE;
	text->text = memory;
	text->length = pick(c, 3) ? pick(c, PAGE) : edge(c);
}

void argument_fill(struct caller *c, u32 request, u64 *words, u64 memory, u64 memory_size)
{
	u32 size = argument_size(request);

	memset(words, 0, size);
	*(u32 *)words = size;
	switch (request) {
	case VM_CREATE: ((struct vm_config *)words)->gpa_bits = pick(c, 3) ? 0 : 32 + pick(c, 12); break;
	case VM_LIST: *(struct vm_list *)words = (struct vm_list){ size, pick(c, 64), memory }; break;
	case VM_STAT: ((struct vm_stat *)words)->id = pick(c, 200); break;
	case VM_DUMP:
	case VM_WHY: fill_text(c, words, memory); break;
	case VM_SET_MEMSLOT: *(struct vm_memslot *)words = memslot(c, memory, memory_size); break;
	case VM_SET_LINE: *(struct vm_line *)words = (struct vm_line){ size, pick(c, 26), pick(c, 2), 0 }; break;
	case VM_PREFAULT: fill_range(c, words, memory); break;
	case VM_SET_LIMIT: ((struct vm_limit *)words)->pages = pick(c, 2) ? pick(c, 30) : 10000; break;
	}
	if (size && pick(c, 6) == 0)
		spoil(c, words, (size + 7) / 8);
}
