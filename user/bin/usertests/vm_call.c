/*
 * /dev/vm: what each call refuses, and by which name (docs/vm-api.md).
 */
#include "vm.h"

/* What a row's argument is: a structure in memory, in which one word may be changed. */
struct row {
	const char *name;
	u64 request;
	u32 size;       /* of the structure */
	s32 at;         /* byte offset of the word that is not as it was, or -1 */
	u64 word;
	s64 expected;
};

#define NO_WORD     (-1)
#define WORD(type, field, value) sizeof(struct type), offsetof(struct type, field), value
#define GOOD(type)  sizeof(struct type), NO_WORD, 0

static u64 room[2 * PAGE / 8];

/* Prepare an argument that is all right. */
typedef void prepare_fn(u64 request, void *argument);

static void check_rows(int fd, const struct row *rows, size_t count, prepare_fn *prepare)
{
	for (const struct row *r = rows; r < rows + count; r++) {
		s64 answer;

		memset(room, 0, sizeof(room));
		*(u32 *)room = r->size;
		prepare(r->request, room);
		if (r->at != NO_WORD)
			memcpy((u8 *)room + r->at, &r->word, r->at % 8 ? 4 : 8);
		answer = ioctl(fd, r->request, (u64)room);
		if (answer != r->expected)
			FAIL("%s: %ld, not %ld", r->name, answer, r->expected);
	}
}

/* ---- What all calls have in common --------------------------------------------------------------------- */

struct structure {
	u64 request;
	u32 size;
};

static s64 with_size(int fd, u64 request, u32 size, u64 tail_at)
{
	memset(room, 0, sizeof(room));
	*(u32 *)room = size;
	if (tail_at)
		((u8 *)room)[tail_at] = 1;
	return ioctl(fd, request, (u64)room);
}

/* Half of the structure, up to a page that is not there. */
static s64 at_edge(int fd, u64 request, u32 size)
{
	u8 *page = map(2 * PAGE, MAP_PRIVATE);
	u32 *at = (u32 *)(page + PAGE - 4);
	s64 answer;

	EXPECT_EQ(munmap(page + PAGE, PAGE), 0);
	*at = size;
	answer = ioctl(fd, request, (u64)at);
	EXPECT_EQ(munmap(page, PAGE), 0);
	return answer;
}

static void check_structures(int fd, const struct structure *list, size_t count)
{
	static const u64 bad[] = { 0, 1ul << 38, 1ul << 47, 1ul << 63, 0xffffffc000000000, ~0ul - 3 };

	for (const struct structure *s = list; s < list + count; s++) {
		for (u32 i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			EXPECT_EQ(ioctl(fd, s->request, bad[i]), -EFAULT);
		for (u32 size = 0; size < 8; size++)
			EXPECT_EQ(with_size(fd, s->request, size, 0), -EINVAL);
		EXPECT_EQ(with_size(fd, s->request, s->size + 8, s->size), -E2BIG);
		EXPECT_EQ(with_size(fd, s->request, s->size + 200, s->size + 199), -E2BIG);
		EXPECT_EQ(with_size(fd, s->request, PAGE + 8, 0), -E2BIG);
		EXPECT_EQ(with_size(fd, s->request, ~0u, 0), -E2BIG);
		EXPECT_EQ(at_edge(fd, s->request, s->size), -EFAULT);
	}
}

TEST(vmapi, sizes_and_addresses_are_checked)
{
	static const struct structure of_dev[] = {
		{ VM_CAPS, sizeof(struct vm_caps) }, { VM_CREATE, sizeof(struct vm_config) },
		{ VM_LIST, sizeof(struct vm_list) }, { VM_STAT, sizeof(struct vm_stat) },
		{ VM_DUMP, sizeof(struct vm_text) }, { VM_WHY, sizeof(struct vm_text) },
	};
	static const struct structure of_machine[] = {
		{ VM_SET_MEMSLOT, sizeof(struct vm_memslot) }, { VM_SET_LINE, sizeof(struct vm_line) },
		{ VM_PREFAULT, sizeof(struct vm_range) }, { VM_GET_STATE, sizeof(struct vm_state_call) },
		{ VM_SET_STATE, sizeof(struct vm_state_call) }, { VM_SET_LIMIT, sizeof(struct vm_limit) },
		{ VM_GET_DIRTY, sizeof(struct vm_dirty_log) }, { VM_CLEAR_DIRTY, sizeof(struct vm_dirty_log) },
		{ VM_SET_ATTRIBUTES, sizeof(struct vm_attributes) },
		{ VM_GET_ATTRIBUTES, sizeof(struct vm_attributes) },
	};
	static const struct structure of_vcpu[] = {
		{ VCPU_GET_STATE, sizeof(struct vm_state_call) }, { VCPU_SET_STATE, sizeof(struct vm_state_call) },
		{ VCPU_STAT, sizeof(struct vm_vcpu_stat) },
	};
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	check_structures(m.dev, of_dev, sizeof(of_dev) / sizeof(of_dev[0]));
	check_structures(m.fd, of_machine, sizeof(of_machine) / sizeof(of_machine[0]));
	check_structures(m.cpu[0].fd, of_vcpu, sizeof(of_vcpu) / sizeof(of_vcpu[0]));
	EXPECT_EQ(vm_count(m.dev), 1);
	vm_close(&m);
}

static void check_unknown(int fd, u64 first, u64 end)
{
	for (u64 request = 0x55f0; request < 0x5660; request++)
		if (request < first || request >= end)
			EXPECT_EQ(ioctl(fd, request, (u64)room), -ENOTTY);
	EXPECT_EQ(ioctl(fd, 0, 0), -ENOTTY);
	EXPECT_EQ(ioctl(fd, ~0ul, ~0ul), -ENOTTY);
}

TEST(vmapi, unknown_numbers_are_refused)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	check_unknown(m.dev, VM_VERSION, VM_WHY + 1);
	check_unknown(m.fd, VM_SET_MEMSLOT, VM_CHECK + 1);
	check_unknown(m.cpu[0].fd, VCPU_RUN, VCPU_STAT + 1);
	vm_close(&m);
}

static void expect_no_file(int fd)
{
	EXPECT_EQ(read(fd, room, 1), -EBADF);
	EXPECT_EQ(write(fd, room, 1), -EBADF);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), -ESPIPE);
}

TEST(vmapi, descriptors_are_for_calls_only)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	expect_no_file(m.dev);
	expect_no_file(m.fd);
	expect_no_file(m.cpu[0].fd);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, m.dev, 0)), -ENODEV);
	EXPECT_EQ(error_of(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, m.fd, 0)), -ENODEV);
	vm_close(&m);
}

/* ---- The device ---------------------------------------------------------------------------------------- */

static void prepare_dev(u64 request, void *argument)
{
	if (request == VM_DUMP)
		((struct vm_text *)argument)->end = PAGE;
}

TEST(vmapi, device_refuses_bad_arguments)
{
	static const struct row rows[] = {
		{ "width 31", VM_CREATE, WORD(vm_config, gpa_bits, 31), -EINVAL },
		{ "width 64", VM_CREATE, WORD(vm_config, gpa_bits, 64), -EINVAL },
		{ "width ~0", VM_CREATE, WORD(vm_config, gpa_bits, 0xffffffff), -EINVAL },
		{ "flags", VM_CREATE, WORD(vm_config, flags, 1), -EINVAL },
		{ "views", VM_CREATE, WORD(vm_config, view_count, 1), -ENOSYS },
		{ "entry", VM_CREATE, WORD(vm_config, secure_entry, 1), -ENOSYS },
		{ "figures of nobody", VM_STAT, WORD(vm_stat, id, 0x7fffffff), -ENOENT },
		{ "figures of 0", VM_STAT, GOOD(vm_stat), -ENOENT },
		{ "entries of nobody", VM_DUMP, WORD(vm_text, id, 0x7fffffff), -ENOENT },
		{ "no entries", VM_DUMP, WORD(vm_text, end, 0), -EINVAL },
		{ "part of a page", VM_DUMP, WORD(vm_text, start, 1), -EINVAL },
		{ "backwards", VM_DUMP, WORD(vm_text, start, 0x10000), -EINVAL },
		{ "words about nobody", VM_WHY, WORD(vm_text, id, 0x7fffffff), -ENOENT },
	};
	int dev = vm_open();
	u32 before = vm_count(dev);

	EXPECT_EQ(ioctl(dev, VM_VERSION, 77), VM_API_VERSION);
	check_rows(dev, rows, sizeof(rows) / sizeof(rows[0]), prepare_dev);
	EXPECT_EQ(vm_count(dev), before);
}

TEST(vmapi, capabilities_are_told)
{
	struct vm_caps caps = { .size = sizeof(caps) };
	int dev = vm_open();

	OK(ioctl(dev, VM_CAPS, (u64)&caps));
	EXPECT_EQ(caps.vcpu_max, VM_VCPU_MAX);
	EXPECT_EQ(caps.slot_max, VM_SLOT_MAX);
	EXPECT_EQ(caps.run_size, PAGE);
	EXPECT(caps.gpa_bits_min <= 36 && caps.gpa_bits_max >= 40);
	EXPECT(caps.table_limit > 0 && caps.line_count > 0);
	EXPECT(caps.arch[0] && caps.mmu[0]);
	EXPECT_EQ(caps.caps & (VM_CAP_DIRTY_LOG | VM_CAP_ATTRIBUTES), 0);
}

/* A caller that was compiled with less gets less, and the rest of its memory is left alone. */
TEST(vmapi, smaller_structure_gets_less)
{
	u8 bytes[sizeof(struct vm_caps)];
	int dev = vm_open();

	for (u32 size = 8; size < sizeof(bytes); size++) {
		memset(bytes, 0xa5, sizeof(bytes));
		*(u32 *)bytes = size;
		EXPECT_EQ(ioctl(dev, VM_CAPS, (u64)bytes), 0);
		EXPECT_EQ(*(u32 *)bytes, size);
		for (u32 i = size; i < sizeof(bytes); i++)
			EXPECT_EQ(bytes[i], 0xa5);
	}
}

/* ---- A machine ----------------------------------------------------------------------------------------- */

static void prepare_machine(u64 request, void *argument)
{
	struct vm_memslot *slot = argument;
	struct vm_range *range = argument;

	if (request == VM_SET_MEMSLOT)
		*slot = (struct vm_memslot){ sizeof(*slot), 1, 0, 0, 0x100000, PAGE, 0x100000 };
	if (request == VM_PREFAULT)
		*range = (struct vm_range){ sizeof(*range), 0, vm_code_at, vm_code_at + PAGE };
}

TEST(vmapi, memslots_refuse_bad_arguments)
{
	static const struct row rows[] = {
		{ "reserved", VM_SET_MEMSLOT, WORD(vm_memslot, reserved, 1), -EINVAL },
		{ "id", VM_SET_MEMSLOT, WORD(vm_memslot, id, VM_SLOT_MAX), -EINVAL },
		{ "unknown flag", VM_SET_MEMSLOT, WORD(vm_memslot, flags, 4), -EINVAL },
		{ "log", VM_SET_MEMSLOT, WORD(vm_memslot, flags, VM_SLOT_LOG), -ENOSYS },
		{ "guest not aligned", VM_SET_MEMSLOT, WORD(vm_memslot, guest, 1), -EINVAL },
		{ "length not aligned", VM_SET_MEMSLOT, WORD(vm_memslot, length, PAGE + 8), -EINVAL },
		{ "memory not aligned", VM_SET_MEMSLOT, WORD(vm_memslot, memory, 0x100800), -EINVAL },
		{ "guest beyond", VM_SET_MEMSLOT, WORD(vm_memslot, guest, 1ul << 40), -EINVAL },
		{ "guest wraps", VM_SET_MEMSLOT, WORD(vm_memslot, guest, -PAGE), -EINVAL },
		{ "length beyond", VM_SET_MEMSLOT, WORD(vm_memslot, length, 1ul << 40), -EINVAL },
		{ "length wraps", VM_SET_MEMSLOT, WORD(vm_memslot, length, -PAGE), -EINVAL },
		{ "the kernel's memory", VM_SET_MEMSLOT, WORD(vm_memslot, memory, 0xffffffc000000000), -EINVAL },
		{ "last page", VM_SET_MEMSLOT, WORD(vm_memslot, memory, -PAGE), -EINVAL },
		{ "elsewhere", VM_SET_MEMSLOT, WORD(vm_memslot, guest, 0x80000000), 0 },
		{ "removes it", VM_SET_MEMSLOT, WORD(vm_memslot, length, 0), 0 },
		{ "removes it again", VM_SET_MEMSLOT, WORD(vm_memslot, length, 0), -ENOENT },
	};
	struct machine m;

	vm_make(&m, 0, PROGRAM_SPIN);
	EXPECT_EQ(vm_slot(&m, 0, 0, 0, NULL), 0);
	check_rows(m.fd, rows, sizeof(rows) / sizeof(rows[0]), prepare_machine);
	vm_close(&m);
}

TEST(vmapi, memslots_do_not_overlap)
{
	struct machine m;

	vm_make(&m, 0, PROGRAM_SPIN);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at + PAGE, PAGE, m.code), -EEXIST);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at - PAGE, 2 * PAGE, m.code), -EEXIST);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at - PAGE, PAGE, m.code), 0);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at, PAGE, m.code), -EEXIST);
	EXPECT_EQ(vm_slot(&m, 0, vm_code_at - PAGE, PAGE, m.code), -EEXIST);
	vm_close(&m);
}

/* One that goes is nowhere, so its address does not matter. */
TEST(vmapi, memslot_goes_whatever_address_is_given)
{
	struct machine m;

	vm_make(&m, 0, PROGRAM_SPIN);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at - PAGE, PAGE, m.code), 0);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at + PAGE, 0, m.code), 0);
	EXPECT_EQ(vm_slot(&m, 1, vm_code_at + PAGE, 0, m.code), -ENOENT);
	vm_close(&m);
}

TEST(vmapi, machine_refuses_bad_arguments)
{
	static const struct row rows[] = {
		{ "line", VM_SET_LINE, WORD(vm_line, line, 0xffffffff), -EINVAL },
		{ "level", VM_SET_LINE, WORD(vm_line, level, 2), -EINVAL },
		{ "line's reserved", VM_SET_LINE, WORD(vm_line, reserved, 1), -EINVAL },
		{ "range's reserved", VM_PREFAULT, WORD(vm_range, reserved, 1), -EINVAL },
		{ "limit's reserved", VM_SET_LIMIT, WORD(vm_limit, reserved, 1), -EINVAL },
		{ "attributes, later", VM_SET_ATTRIBUTES, GOOD(vm_attributes), -ENOSYS },
		{ "attributes", VM_GET_ATTRIBUTES, GOOD(vm_attributes), -ENOSYS },
		{ "attributes' reserved", VM_SET_ATTRIBUTES, WORD(vm_attributes, reserved, 1), -EINVAL },
		{ "and when read", VM_GET_ATTRIBUTES, WORD(vm_attributes, reserved, 1), -EINVAL },
		{ "dirty log", VM_GET_DIRTY, GOOD(vm_dirty_log), -ENOSYS },
		{ "cleared", VM_CLEAR_DIRTY, GOOD(vm_dirty_log), -ENOSYS },
		{ "no such set", VM_GET_STATE, WORD(vm_state_call, set, 0), -ENOENT },
		{ "a vCPU's set", VM_SET_STATE, WORD(vm_state_call, set, VM_SET_RISCV_CORE), -ENOENT },
		{ "another vCPU's set", VM_SET_STATE, WORD(vm_state_call, set, VM_SET_X86_CORE), -ENOENT },
	};
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	check_rows(m.fd, rows, sizeof(rows) / sizeof(rows[0]), prepare_machine);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, VM_VCPU_MAX), -EINVAL);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, 1ul << 32), -EINVAL);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, ~0ul), -EINVAL);
	EXPECT_EQ(ioctl(m.fd, VM_CREATE_VCPU, 0), -EEXIST);
	vm_close(&m);
}

TEST(vmapi, prefault_refuses_bad_ranges)
{
	static const u64 ranges[][2] = {
		{ 0, 0 }, { PAGE, 0 }, { 1, PAGE }, { 0, PAGE + 1 }, { 0, (1ul << 40) + PAGE }, { 0, -PAGE },
		{ -PAGE, 0 }, { 1ul << 63, -PAGE },
	};
	struct vm_caps caps = { .size = sizeof(caps) };
	struct machine m;

	vm_make(&m, 0, PROGRAM_SPIN);
	OK(ioctl(m.dev, VM_CAPS, (u64)&caps));
	for (u32 i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct vm_range range = { sizeof(range), 0, ranges[i][0], ranges[i][1] };

		EXPECT_EQ(ioctl(m.fd, VM_PREFAULT, (u64)&range), caps.caps & VM_CAP_PREFAULT ? -EINVAL : -ENOSYS);
	}
	vm_close(&m);
}

/* ---- A vCPU -------------------------------------------------------------------------------------------- */

static s64 state_call(int fd, u64 request, u32 set, const void *data)
{
	struct vm_state_call call = { sizeof(call), set, (u64)data };

	return ioctl(fd, request, (u64)&call);
}

TEST(vmapi, state_refuses_bad_arguments)
{
	struct machine m;
	int fd;

	vm_make(&m, 1, PROGRAM_SPIN);
	fd = m.cpu[0].fd;
	for (u64 request = VCPU_GET_STATE; request <= VCPU_SET_STATE; request++) {
		memset(room, 0, sizeof(room));
		EXPECT_EQ(state_call(fd, request, 0, room), -ENOENT);
		EXPECT_EQ(state_call(fd, request, ~0u, room), -ENOENT);
		EXPECT_EQ(state_call(fd, request, vm_foreign_set, room), -ENOENT);
		EXPECT_EQ(state_call(fd, request, vm_core_set, NULL), -EFAULT);
		EXPECT_EQ(state_call(fd, request, vm_core_set, (void *)-PAGE), -EFAULT);
		EXPECT_EQ(state_call(fd, request, vm_core_set, room), -EINVAL);
		*(u32 *)room = vm_core_size + 8;
		((u8 *)room)[vm_core_size] = 1;
		EXPECT_EQ(state_call(fd, request, vm_core_set, room), -E2BIG);
	}
	vm_close(&m);
}

/* Every set of this machine is the same after it was read and written back. */
TEST(vmapi, state_survives_a_round_trip)
{
	static u64 first[PAGE / 8], second[PAGE / 8];
	struct machine m;
	u32 sets = 0;

	vm_make(&m, 1, PROGRAM_SPIN);
	for (u32 set = 0x100; set < 0x240; set++) {
		memset(first, 0, sizeof(first));
		memset(second, 0, sizeof(second));
		*(u32 *)first = *(u32 *)second = 2048;
		if (state_call(m.cpu[0].fd, VCPU_GET_STATE, set, first) == -ENOENT)
			continue;
		EXPECT_EQ(state_call(m.cpu[0].fd, VCPU_SET_STATE, set, first), 0);
		EXPECT_EQ(state_call(m.cpu[0].fd, VCPU_GET_STATE, set, second), 0);
		if (set != VM_SET_RISCV_TIMER && set != VM_SET_X86_MSR) /* they have the time */
			EXPECT(memcmp(first, second, 2048) == 0);
		sets++;
	}
	EXPECT(sets >= 5);
	vm_close(&m);
}

/* What is reserved, or a mode or a count that cannot be. */
static u32 refuse_second_word(int fd, u64 get, u32 first, u32 end)
{
	u32 sets = 0;

	for (u32 set = first; set < end; set++) {
		memset(room, 0, sizeof(room));
		*(u32 *)room = 2048;
		if (state_call(fd, get, set, room) == -ENOENT)
			continue;
		((u32 *)room)[1] |= 0x80000000;
		if (state_call(fd, get + 1, set, room) != -EINVAL)
			FAIL("set %#x is not refused", set);
		sets++;
	}
	return sets;
}

TEST(vmapi, reserved_state_is_refused)
{
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	EXPECT(refuse_second_word(m.cpu[0].fd, VCPU_GET_STATE, 0x100, 0x280) >= 5);
	refuse_second_word(m.fd, VM_GET_STATE, 0x100, 0x280);
	vm_close(&m);
}

TEST(vmapi, run_page_is_one_page_shared)
{
	static const struct {
		u64 size, prot, flags, offset;
	} bad[] = {
		{ 2 * PAGE, PROT_READ, MAP_SHARED, 0 }, { PAGE, PROT_READ, MAP_SHARED, PAGE },
		{ PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0 }, { PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0 },
	};
	struct machine m;

	vm_make(&m, 1, PROGRAM_SPIN);
	for (u32 i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(error_of(mmap(NULL, bad[i].size, bad[i].prot, bad[i].flags, m.cpu[0].fd, bad[i].offset)),
			  -EINVAL);
	EXPECT_EQ(mprotect(m.cpu[0].run, PAGE, PROT_READ | PROT_EXEC), -EINVAL);
	vm_close(&m);
}
