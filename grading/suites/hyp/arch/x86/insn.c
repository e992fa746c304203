/*
 * The decoder, by a table of encodings, and the arithmetic, against the processor's own.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/x86/insn.h"

/* ---- Encodings ----------------------------------------------------------------------------------------- */

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, NONE = INSN_NONE };

struct encoding {
	const char *text;
	enum insn_mode mode;
	u8 count, byte[15];

	bool known;
	enum insn_op op;
	u8 size, reg, reg_size;
	u8 base, index, scale;
	u64 displacement, immediate;
};

#define BYTES(...) sizeof((u8[]){ __VA_ARGS__ }), { __VA_ARGS__ }

static const struct encoding encodings[] = {
	{ "mov %eax,(%rbx)", 64, BYTES(0x89, 0x03), true, INSN_STORE, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "mov %r9,(%rbx)", 64, BYTES(0x4c, 0x89, 0x0b), true, INSN_STORE, 8, R9, 8, RBX, NONE, 0, 0, 0 },
	{ "mov %ax,4(%r13)", 64, BYTES(0x66, 0x41, 0x89, 0x45, 4), true, INSN_STORE, 2, RAX, 2, R13, NONE, 0, 4, 0 },
	{ "mov (%rsp),%al", 64, BYTES(0x8a, 0x04, 0x24), true, INSN_LOAD, 1, RAX, 1, RSP, NONE, 0, 0, 0 },
	{ "mov -8(%rbp,%r12,4),%rdx", 64, BYTES(0x4a, 0x8b, 0x54, 0xa5, 0xf8), true, INSN_LOAD, 8, RDX, 8, RBP, R12,
	  2, -8ull, 0 },
	{ "mov 0x12345678(,%rcx,8),%ebx", 64, BYTES(0x8b, 0x1c, 0xcd, 0x78, 0x56, 0x34, 0x12), true, INSN_LOAD, 4,
	  RBX, 4, NONE, RCX, 3, 0x12345678, 0 },
	{ "mov 0xfee00000,%eax (SIB)", 64, BYTES(0x8b, 0x04, 0x25, 0x00, 0x00, 0xe0, 0xfe), true, INSN_LOAD, 4, RAX,
	  4, NONE, NONE, 0, 0xfffffffffee00000, 0 },
	{ "mov 0xfee00000,%eax (32)", 32, BYTES(0x8b, 0x05, 0x00, 0x00, 0xe0, 0xfe), true, INSN_LOAD, 4, RAX, 4, NONE,
	  NONE, 0, 0xfffffffffee00000, 0 },
	{ "mov 0x10(%rip),%eax", 64, BYTES(0x8b, 0x05, 0x10, 0, 0, 0), true, INSN_LOAD, 4, RAX, 4, NONE, NONE, 0, 0x10,
	  0 },
	{ "movl $-1,(%rdi)", 64, BYTES(0xc7, 0x07, 0xff, 0xff, 0xff, 0xff), true, INSN_STORE, 4, 0, 0, RDI, NONE, 0, 0,
	  -1ull },
	{ "movq $-2,(%rdi)", 64, BYTES(0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff), true, INSN_STORE, 8, 0, 0, RDI, NONE,
	  0, 0, -2ull },
	{ "movw $0x1234,(%rdi)", 64, BYTES(0x66, 0xc7, 0x07, 0x34, 0x12), true, INSN_STORE, 2, 0, 0, RDI, NONE, 0, 0,
	  0x1234 },
	{ "movb $7,0x100(%rsi)", 64, BYTES(0xc6, 0x86, 0, 1, 0, 0, 7), true, INSN_STORE, 1, 0, 0, RSI, NONE, 0, 0x100,
	  7 },
	{ "c7 /1", 64, BYTES(0xc7, 0x0f, 0, 0, 0, 0), .known = false },
	{ "mov %sil,(%rbx)", 64, BYTES(0x40, 0x88, 0x33), true, INSN_STORE, 1, RSI, 1, RBX, NONE, 0, 0, 0 },
	{ "mov %al,moffs64", 64, BYTES(0xa2, 1, 2, 3, 4, 5, 6, 7, 8), true, INSN_STORE, 1, RAX, 1, NONE, NONE, 0,
	  0x0807060504030201, 0 },
	{ "mov moffs32,%eax", 32, BYTES(0xa1, 0, 0, 0xe0, 0xfe), true, INSN_LOAD, 4, RAX, 4, NONE, NONE, 0, 0xfee00000,
	  0 },
	{ "mov moffs16,%al", 16, BYTES(0xa0, 0x34, 0x12), true, INSN_LOAD, 1, RAX, 1, NONE, NONE, 0, 0x1234, 0 },
	{ "movzbl (%rax),%r8d", 64, BYTES(0x44, 0x0f, 0xb6, 0x00), true, INSN_LOAD, 1, R8, 4, RAX, NONE, 0, 0, 0 },
	{ "movzwq (%rax),%rcx", 64, BYTES(0x48, 0x0f, 0xb7, 0x08), true, INSN_LOAD, 2, RCX, 8, RAX, NONE, 0, 0, 0 },
	{ "movsbw (%rax),%cx", 64, BYTES(0x66, 0x0f, 0xbe, 0x08), true, INSN_LOAD_SIGNED, 1, RCX, 2, RAX, NONE, 0, 0,
	  0 },
	{ "movswl (%rax),%ecx", 64, BYTES(0x0f, 0xbf, 0x08), true, INSN_LOAD_SIGNED, 2, RCX, 4, RAX, NONE, 0, 0, 0 },
	{ "movslq (%rax),%rcx", 64, BYTES(0x48, 0x63, 0x08), true, INSN_LOAD_SIGNED, 4, RCX, 8, RAX, NONE, 0, 0, 0 },
	{ "arpl", 32, BYTES(0x63, 0x08), .known = false },
	{ "movnti %eax,(%rbx)", 64, BYTES(0x0f, 0xc3, 0x03), true, INSN_STORE, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "or %eax,(%rbx)", 64, BYTES(0x09, 0x03), true, INSN_OR, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "and (%rbx),%rax", 64, BYTES(0x48, 0x23, 0x03), true, INSN_AND, 8, RAX, 8, RBX, NONE, 0, 0, 0 },
	{ "xor %cl,(%rbx)", 64, BYTES(0x30, 0x0b), true, INSN_XOR, 1, RCX, 1, RBX, NONE, 0, 0, 0 },
	{ "lock addl $1,(%rbx)", 64, BYTES(0xf0, 0x83, 0x03, 1), true, INSN_ADD, 4, 0, 0, RBX, NONE, 0, 0, 1 },
	{ "subq $-128,(%rbx)", 64, BYTES(0x48, 0x83, 0x2b, 0x80), true, INSN_SUB, 8, 0, 0, RBX, NONE, 0, 0, -128ull },
	{ "cmpl $0x100,(%rbx)", 64, BYTES(0x81, 0x3b, 0, 1, 0, 0), true, INSN_CMP, 4, 0, 0, RBX, NONE, 0, 0, 0x100 },
	{ "cmpw $0x100,(%rbx)", 64, BYTES(0x66, 0x81, 0x3b, 0, 1), true, INSN_CMP, 2, 0, 0, RBX, NONE, 0, 0, 0x100 },
	{ "cmpb $1,(%rbx)", 64, BYTES(0x80, 0x3b, 1), true, INSN_CMP, 1, 0, 0, RBX, NONE, 0, 0, 1 },
	{ "test %eax,(%rbx)", 64, BYTES(0x85, 0x03), true, INSN_TEST, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "testb $1,(%rbx)", 64, BYTES(0xf6, 0x03, 1), true, INSN_TEST, 1, 0, 0, RBX, NONE, 0, 0, 1 },
	{ "testl $1,(%rbx)", 64, BYTES(0xf7, 0x03, 1, 0, 0, 0), true, INSN_TEST, 4, 0, 0, RBX, NONE, 0, 0, 1 },
	{ "notl (%rbx)", 64, BYTES(0xf7, 0x13), true, INSN_NOT, 4, 0, 0, RBX, NONE, 0, 0, 0 },
	{ "negl (%rbx)", 64, BYTES(0xf7, 0x1b), true, INSN_NEG, 4, 0, 0, RBX, NONE, 0, 0, 0 },
	{ "mull (%rbx)", 64, BYTES(0xf7, 0x23), .known = false },
	{ "incl (%rbx)", 64, BYTES(0xff, 0x03), true, INSN_INC, 4, 0, 0, RBX, NONE, 0, 0, 0 },
	{ "decb (%rbx)", 64, BYTES(0xfe, 0x0b), true, INSN_DEC, 1, 0, 0, RBX, NONE, 0, 0, 0 },
	{ "call *(%rbx)", 64, BYTES(0xff, 0x13), .known = false },
	{ "xchg %eax,(%rbx)", 64, BYTES(0x87, 0x03), true, INSN_XCHG, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "btl $5,(%rbx)", 64, BYTES(0x0f, 0xba, 0x23, 5), true, INSN_BT, 4, 0, 0, RBX, NONE, 0, 0, 5 },
	{ "btcq $5,(%rbx)", 64, BYTES(0x48, 0x0f, 0xba, 0x3b, 5), true, INSN_BTC, 8, 0, 0, RBX, NONE, 0, 0, 5 },
	{ "0f ba /0", 64, BYTES(0x0f, 0xba, 0x03, 5), .known = false },
	{ "rep stosq", 64, BYTES(0xf3, 0x48, 0xab), true, INSN_STOS, 8, RAX, 8, NONE, NONE, 0, 0, 0 },
	{ "stosb", 64, BYTES(0xaa), true, INSN_STOS, 1, RAX, 1, NONE, NONE, 0, 0, 0 },
	{ "movsl", 64, BYTES(0xa5), true, INSN_MOVS, 4, RAX, 4, NONE, NONE, 0, 0, 0 },
	{ "mov %eax,%ebx", 64, BYTES(0x89, 0xc3), .known = false },
	{ "mov (%ebx),%eax in 16", 16, BYTES(0x67, 0x66, 0x8b, 0x03), true, INSN_LOAD, 4, RAX, 4, RBX, NONE, 0, 0, 0 },
	{ "mov (%bx),%ax", 16, BYTES(0x8b, 0x07), .known = false },
	{ "a prefix behind REX", 64, BYTES(0x48, 0x66, 0x8b, 0x03), true, INSN_LOAD, 2, RAX, 2, RBX, NONE, 0, 0, 0 },
	{ "dec %eax; mov", 32, BYTES(0x48, 0x8b, 0x03), .known = false },
	{ "movaps", 64, BYTES(0x0f, 0x28, 0x03), .known = false },
	{ "fnstsw", 64, BYTES(0xdd, 0x3b), .known = false },
};

static bool each_encoding(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(encodings))
		return false;
	snprintf(param->name, sizeof(param->name), "%s", encodings[index].text);
	for (char *c = param->name; *c; c++)
		if (*c == ' ' || *c == ',' || *c == '%' || *c == '$' || *c == ';' || *c == '*')
			*c = '_';
	param->value = index;
	return true;
}

static struct insn_bytes bytes_of(const struct encoding *e, u32 count)
{
	struct insn_bytes bytes = { .count = count };

	memset(bytes.byte, 0x90, sizeof(bytes.byte));
	memcpy(bytes.byte, e->byte, MIN(count, e->count));
	return bytes;
}

/* In full, with more behind it, and cut off everywhere. */
static void an_encoding_is_decoded(void)
{
	const struct encoding *e = &encodings[ktest_param()];
	struct insn_bytes bytes = bytes_of(e, INSN_BYTES_MAX);
	struct insn insn;

	ASSERT_EQ(insn_decode(&bytes, e->mode, &insn), e->known);
	for (u32 count = 0; count < e->count; count++) {
		struct insn cut;
		struct insn_bytes part = bytes_of(e, count);

		EXPECT_FALSE(insn_decode(&part, e->mode, &cut));
	}
	if (!e->known)
		return;
	EXPECT_EQ(insn.length, e->count);
	EXPECT_EQ(insn.op, e->op);
	EXPECT_EQ(insn.size, e->size);
	EXPECT_EQ(insn.reg, e->reg);
	EXPECT_EQ(insn.reg_size, e->reg_size);
	EXPECT_EQ(insn.base, e->base);
	EXPECT_EQ(insn.index, e->index);
	EXPECT_EQ(insn.scale, e->scale);
	EXPECT_EQ(insn.displacement, e->displacement);
	EXPECT_EQ(insn.immediate, e->immediate);
	EXPECT_FALSE(insn.reg_is_high);
}

static void second_bytes_are_registers_without_rex(void)
{
	struct insn_bytes bytes = { { 0x88, 0x23 }, 2 };
	struct insn insn;

	ASSERT_TRUE(insn_decode(&bytes, INSN_64, &insn));
	EXPECT_TRUE(insn.reg_is_high);
	EXPECT_EQ(insn.reg, RAX);
}

static void segments_follow_base_and_prefix(void)
{
	static const struct { u8 count, byte[4]; enum insn_segment segment; } table[] = {
		{ 2, { 0x8b, 0x03 }, INSN_DS },
		{ 3, { 0x8b, 0x04, 0x24 }, INSN_SS },
		{ 3, { 0x8b, 0x45, 0x00 }, INSN_SS },
		{ 4, { 0x41, 0x8b, 0x45, 0x00 }, INSN_DS },
		{ 3, { 0x65, 0x8b, 0x03 }, INSN_GS },
		{ 4, { 0x64, 0x8b, 0x45, 0x00 }, INSN_FS },
	};

	for (u32 i = 0; i < ARRAY_SIZE(table); i++) {
		struct insn_bytes bytes = { .count = table[i].count };
		struct insn insn;

		memcpy(bytes.byte, table[i].byte, sizeof(table[i].byte));
		ASSERT_TRUE(insn_decode(&bytes, INSN_64, &insn), "%u", i);
		EXPECT_EQ(insn.segment, table[i].segment, "%u", i);
	}
}

static void prefixes_fill_an_instruction(void)
{
	struct insn_bytes bytes = { .count = INSN_BYTES_MAX };
	struct insn_prefixes prefixes;
	struct insn insn;

	memset(bytes.byte, 0x66, sizeof(bytes.byte));
	EXPECT_FALSE(insn_prefixes(&bytes, INSN_64, &prefixes));
	EXPECT_FALSE(insn_decode(&bytes, INSN_64, &insn));
	bytes.byte[14] = 0xf4;
	EXPECT_TRUE(insn_prefixes(&bytes, INSN_64, &prefixes));
	EXPECT_EQ(prefixes.count, 14u);
}

static void control_registers_are_decoded(void)
{
	struct insn_bytes bytes = { { 0x66, 0x44, 0x0f, 0x22, 0xc1, 0x90 }, 6 };
	struct insn_control c;

	ASSERT_TRUE(insn_decode_control(&bytes, INSN_64, &c));
	EXPECT_EQ(c.opcode, 0x22);
	EXPECT_EQ(c.length, 5);
	EXPECT_EQ(c.special, 8);
	EXPECT_EQ(c.reg, RCX);
	bytes.count = 4;
	EXPECT_FALSE(insn_decode_control(&bytes, INSN_64, &c));
}

/* ---- Any bytes ----------------------------------------------------------------------------------------- */

static void random_bytes_are_decoded_or_refused(void)
{
	static const enum insn_mode modes[] = { INSN_16, INSN_32, INSN_64 };
	struct ktest_random random = ktest_random(0);

	for (u32 i = 0; i < 20000; i++) {
		u64 low = random_next(&random), high = random_next(&random);
		struct insn_bytes bytes = { .count = random_next(&random) % (INSN_BYTES_MAX + 1) };
		struct insn insn;

		memcpy(bytes.byte, &low, 8);
		memcpy(bytes.byte + 8, &high, 7);
		if (!insn_decode(&bytes, modes[i % 3], &insn))
			continue;
		ASSERT_TRUE(insn.length <= bytes.count && insn.reg < 16 && insn.op <= INSN_SCAS);
		ASSERT_TRUE(insn.size == 1 || insn.size == 2 || insn.size == 4 || insn.size == 8);
		ASSERT_TRUE((insn.base < 16 || insn.base == NONE) && (insn.index < 16 || insn.index == NONE));
	}
}

/* ---- Arithmetic ---------------------------------------------------------------------------------------- */

#define FLAGS 0x8d5ull

/* The processor's own answer; `flags` gets its flags. */
#define NATIVE(instruction, type)                                                                  \
	do {                                                                                       \
		type value = a;                                                                    \
                                                                                                   \
		__asm__ volatile("push %1; popfq; " instruction " %2, %0; pushfq; pop %1"          \
				 : "+r"(value), "+r"(*flags) : "r"((type)b) : "cc");               \
		return value;                                                                      \
	} while (0)
#define NATIVE_1(instruction, type)                                                                \
	do {                                                                                       \
		type value = a;                                                                    \
                                                                                                   \
		__asm__ volatile("push %1; popfq; " instruction " %0; pushfq; pop %1"              \
				 : "+r"(value), "+r"(*flags) : : "cc");                            \
		return value;                                                                      \
	} while (0)
#define BY_SIZE(kind, instruction)                                                                 \
	switch (size) {                                                                            \
	case 1: kind(instruction, u8);                                                             \
	case 2: kind(instruction, u16);                                                            \
	case 4: kind(instruction, u32);                                                            \
	default: kind(instruction, u64);                                                           \
	}

#define DEFINE_NATIVE(name, kind, instruction)                                                     \
	static u64 name(u32 size, u64 a, u64 b, u64 *flags)                                        \
	{                                                                                          \
		BY_SIZE(kind, instruction)                                                         \
	}

DEFINE_NATIVE(native_add, NATIVE, "add")
DEFINE_NATIVE(native_or, NATIVE, "or")
DEFINE_NATIVE(native_adc, NATIVE, "adc")
DEFINE_NATIVE(native_sbb, NATIVE, "sbb")
DEFINE_NATIVE(native_and, NATIVE, "and")
DEFINE_NATIVE(native_sub, NATIVE, "sub")
DEFINE_NATIVE(native_xor, NATIVE, "xor")
DEFINE_NATIVE(native_not, NATIVE_1, "not")
DEFINE_NATIVE(native_neg, NATIVE_1, "neg")
DEFINE_NATIVE(native_inc, NATIVE_1, "inc")
DEFINE_NATIVE(native_dec, NATIVE_1, "dec")

static const struct {
	enum insn_op op;
	u64 (*native)(u32 size, u64 a, u64 b, u64 *flags);
	u64 flags; /* that are defined */
} arithmetic[] = {
	{ INSN_ADD, native_add, FLAGS }, { INSN_OR, native_or, FLAGS & ~0x10ull }, { INSN_ADC, native_adc, FLAGS },
	{ INSN_SBB, native_sbb, FLAGS }, { INSN_AND, native_and, FLAGS & ~0x10ull }, { INSN_SUB, native_sub, FLAGS },
	{ INSN_XOR, native_xor, FLAGS & ~0x10ull }, { INSN_NOT, native_not, FLAGS }, { INSN_NEG, native_neg, FLAGS },
	{ INSN_INC, native_inc, FLAGS }, { INSN_DEC, native_dec, FLAGS },
};

/* Interrupts may come while the flags are changed; bit 1 and IF are as they always are. */
static void compare(u32 i, u32 size, u64 a, u64 b, u64 carry)
{
	u64 expected_flags = 0x202 | carry, flags = expected_flags;
	u64 expected = arithmetic[i].native(size, a, b, &expected_flags);
	u64 result = insn_compute(arithmetic[i].op, size, a, b, &flags);

	ASSERT_EQ(result, expected, "op %u, %u bytes, 0x%lx, 0x%lx", arithmetic[i].op, size, a, b);
	ASSERT_EQ(flags & arithmetic[i].flags, expected_flags & arithmetic[i].flags, "op %u, %u bytes, 0x%lx, 0x%lx",
		  arithmetic[i].op, size, a, b);
}

static void arithmetic_is_the_processors(void)
{
	static const u64 special[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, ~0ull };
	struct ktest_random random = ktest_random(0);

	for (u32 i = 0; i < ARRAY_SIZE(arithmetic); i++)
		for (u32 size = 1; size <= 8; size *= 2)
			for (u32 n = 0; n < 200; n++) {
				u64 a = n < 100 ? special[n / 10] : random_next(&random);
				u64 b = n < 100 ? special[n % 10] : random_next(&random);

				compare(i, size, a, b, n & 1);
			}
}

static void bits_are_tested_and_changed(void)
{
	u64 flags = 2;

	EXPECT_EQ(insn_compute(INSN_BTS, 4, 0, 33, &flags), 2u);
	EXPECT_EQ(flags, 2u);
	EXPECT_EQ(insn_compute(INSN_BTR, 8, ~0ull, 63, &flags), ~0ull >> 1);
	EXPECT_EQ(flags, 3u);
	EXPECT_EQ(insn_compute(INSN_BTC, 2, 1, 0, &flags), 0u);
	EXPECT_EQ(insn_compute(INSN_BT, 2, 1, 1, &flags), 1u);
	EXPECT_EQ(flags, 2u);
}

static const struct ktest_case cases[] = {
	CASE(an_encoding_is_decoded, .generate = each_encoding),
	CASE(second_bytes_are_registers_without_rex),
	CASE(segments_follow_base_and_prefix),
	CASE(prefixes_fill_an_instruction),
	CASE(control_registers_are_decoded),
	CASE(random_bytes_are_decoded_or_refused),
	CASE(arithmetic_is_the_processors),
	CASE(bits_are_tested_and_changed),
};
KTEST_SUITE(hyp_x86_insn, cases);
