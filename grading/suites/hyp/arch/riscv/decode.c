/*
 * RISC-V: what the decoder of device accesses makes of instructions.
 */
#include "grading/ktest/ktest.h"
#include "hyp/arch/riscv/decode.h"

struct insn_case {
	const char *name;
	u32 bits;
	u8 length;
	struct riscv_access access; /* bytes = 0: it is not to be decoded */
	bool stores;
};

#define LOAD(reg, bytes, is_signed, base, offset) { reg, bytes, is_signed, false, base, offset }, false
#define STORE(reg, bytes, base, offset)           { reg, bytes, false, true, base, offset }, true
#define OTHER                                     { 0 }, false
#define OTHER_STORE                               { 0 }, true

static const struct insn_case insn_cases[] = {
	{ "lb_a0", 0x00058503, 4, LOAD(10, 1, true, 11, 0) }, /* lb a0, 0(a1) */
	{ "lh_t6", 0x00459f83, 4, LOAD(31, 2, true, 11, 4) }, /* lh t6, 4(a1) */
	{ "lw_zero", 0xffc5a003, 4, LOAD(0, 4, true, 11, -4) }, /* lw zero, -4(a1) */
	{ "ld_ra", 0x7ff5b083, 4, LOAD(1, 8, true, 11, 2047) }, /* ld ra, 2047(a1) */
	{ "lbu_s0", 0x0005c403, 4, LOAD(8, 1, false, 11, 0) }, /* lbu s0, 0(a1) */
	{ "lhu_a5", 0x0005d783, 4, LOAD(15, 2, false, 11, 0) }, /* lhu a5, 0(a1) */
	{ "lwu_a6", 0x0005e803, 4, LOAD(16, 4, false, 11, 0) }, /* lwu a6, 0(a1) */
	{ "load_funct3_7", 0x0005f503, 4, OTHER },
	{ "sb_a0", 0x00a58023, 4, STORE(10, 1, 11, 0) }, /* sb a0, 0(a1) */
	{ "sh_t6", 0x01f59223, 4, STORE(31, 2, 11, 4) }, /* sh t6, 4(a1) */
	{ "sw_zero", 0xfe05ae23, 4, STORE(0, 4, 11, -4) }, /* sw zero, -4(a1) */
	{ "sd_ra", 0x7e15bfa3, 4, STORE(1, 8, 11, 2047) }, /* sd ra, 2047(a1) */
	{ "store_funct3_4", 0x00a5c023, 4, { 0 }, true },
	{ "c_lw_s0", 0x4180, 2, LOAD(8, 4, true, 11, 0) }, /* c.lw s0, 0(a1) */
	{ "c_lw_a5", 0x5dfc, 2, LOAD(15, 4, true, 11, 124) }, /* c.lw a5, 124(a1) */
	{ "c_ld_a0", 0x6188, 2, LOAD(10, 8, true, 11, 0) }, /* c.ld a0, 0(a1) */
	{ "c_sw_a0", 0xc188, 2, STORE(10, 4, 11, 0) }, /* c.sw a0, 0(a1) */
	{ "c_sd_a5", 0xe19c, 2, STORE(15, 8, 11, 0) }, /* c.sd a5, 0(a1) */
	{ "c_lwsp_ra", 0x4082, 2, LOAD(1, 4, true, 2, 0) }, /* c.lwsp ra, 0(sp) */
	{ "c_ldsp_t6", 0x7ffe, 2, LOAD(31, 8, true, 2, 504) }, /* c.ldsp t6, 504(sp) */
	{ "c_lwsp_zero_is_reserved", 0x4002, 2, OTHER },
	{ "c_ldsp_zero_is_reserved", 0x6002, 2, OTHER },
	{ "c_swsp_ra", 0xc006, 2, STORE(1, 4, 2, 0) }, /* c.swsp ra, 0(sp) */
	{ "c_swsp_t6", 0xdffe, 2, STORE(31, 4, 2, 252) }, /* c.swsp t6, 252(sp) */
	{ "c_lwsp_t6", 0x5ffe, 2, LOAD(31, 4, true, 2, 252) }, /* c.lwsp t6, 252(sp) */
	{ "c_lwsp_64", 0x4086, 2, LOAD(1, 4, true, 2, 64) }, /* c.lwsp ra, 64(sp) */
	{ "c_ldsp_64", 0x6086, 2, LOAD(1, 8, true, 2, 64) }, /* c.ldsp ra, 64(sp) */
	{ "c_lw_64", 0x41a8, 2, LOAD(10, 4, true, 11, 64) }, /* c.lw a0, 64(a1) */
	{ "c_ld_64", 0x61a8, 2, LOAD(10, 8, true, 11, 64) }, /* c.ld a0, 64(a1) */
	{ "c_ld_a5", 0x7dfc, 2, LOAD(15, 8, true, 11, 248) }, /* c.ld a5, 248(a1) */
	{ "c_sdsp_zero", 0xe002, 2, STORE(0, 8, 2, 0) }, /* c.sdsp zero, 0(sp) */
	{ "c_sdsp_t6", 0xfffe, 2, STORE(31, 8, 2, 504) }, /* c.sdsp t6, 504(sp) */
	{ "c_fld", 0x2188, 2, OTHER },
	{ "c_fldsp", 0x2502, 2, OTHER },
	{ "c_fsd", 0xa188, 2, OTHER_STORE },
	{ "c_fsdsp", 0xa02a, 2, OTHER_STORE },
	{ "flw", 0x0005a507, 4, OTHER },
	{ "fsd", 0x00a5b027, 4, OTHER_STORE },
	{ "lr_w", 0x1005a52f, 4, OTHER },
	{ "sc_d", 0x18a5b52f, 4, OTHER_STORE },
	{ "amoadd_w", 0x00a5a52f, 4, OTHER_STORE },
	{ "cbo_zero", 0x0045a00f, 4, OTHER_STORE },
	{ "addi", 0x00150513, 4, OTHER },
	{ "c_addi", 0x0505, 2, OTHER },
	{ "c_addi4spn", 0x0028, 2, OTHER },
	{ "all_zero", 0, 2, OTHER },
	{ "all_ones", 0xffffffff, 4, OTHER },
};

static bool each_insn(u32 index, struct ktest_param *param)
{
	if (index >= ARRAY_SIZE(insn_cases))
		return false;
	string_copy(param->name, insn_cases[index].name, sizeof(param->name));
	param->value = index;
	return true;
}

static void expect_access(const struct riscv_access *actual, const struct riscv_access *expected)
{
	EXPECT_EQ(actual->reg, expected->reg);
	EXPECT_EQ(actual->bytes, expected->bytes);
	EXPECT_EQ(actual->is_signed, expected->is_signed);
	EXPECT_EQ(actual->is_write, expected->is_write);
	EXPECT_EQ(actual->base, expected->base);
	EXPECT_EQ(actual->offset, expected->offset);
}

static void an_instruction_is_decoded(void)
{
	const struct insn_case *c = &insn_cases[ktest_param()];
	struct riscv_insn insn = { .bits = c->bits, .length = c->length };
	struct riscv_access access = { 0 };
	bool known = riscv_insn_decode(insn, &access);

	EXPECT_EQ(riscv_insn_length(c->bits), c->length);
	EXPECT_EQ(known, c->access.bytes != 0);
	EXPECT_EQ(riscv_insn_stores(insn), c->stores);
	if (known)
		expect_access(&access, &c->access);
}

/* A transformed instruction has no offset, and says by bit 1 how long the guest's was. */
static void htinst_is_taken_if_it_is_an_instruction(void)
{
	static const struct riscv_access load = { 10, 8, true, false, 0, 0 };
	struct riscv_insn insn = { 0 };
	struct riscv_access access;

	EXPECT_FALSE(riscv_insn_transformed(0, &insn));
	EXPECT_FALSE(riscv_insn_transformed(0x3000, &insn), "a pseudo-instruction");
	EXPECT_FALSE(riscv_insn_transformed(0x3020, &insn), "a pseudo-instruction");
	ASSERT_TRUE(riscv_insn_transformed(0x00003503, &insn));
	EXPECT_EQ(insn.length, 4u);
	ASSERT_TRUE(riscv_insn_decode(insn, &access));
	expect_access(&access, &load);
	ASSERT_TRUE(riscv_insn_transformed(0x00003501, &insn));
	EXPECT_EQ(insn.length, 2u);
	ASSERT_TRUE(riscv_insn_decode(insn, &access));
	expect_access(&access, &load);
}

static u64 extend_signed(u8 bytes, u64 data)
{
	struct riscv_access access = { .bytes = bytes, .is_signed = true };

	return riscv_access_extend(&access, data);
}

static u64 extend_unsigned(u8 bytes, u64 data)
{
	struct riscv_access access = { .bytes = bytes };

	return riscv_access_extend(&access, data);
}

static void a_value_is_extended(void)
{
	u64 data = 0x8182838485868788;

	EXPECT_EQ(extend_signed(1, data), 0xffffffffffffff88);
	EXPECT_EQ(extend_signed(2, data), 0xffffffffffff8788);
	EXPECT_EQ(extend_signed(4, data), 0xffffffff85868788);
	EXPECT_EQ(extend_signed(8, data), data);
	EXPECT_EQ(extend_unsigned(1, data), 0x88u);
	EXPECT_EQ(extend_unsigned(2, data), 0x8788u);
	EXPECT_EQ(extend_unsigned(4, data), 0x85868788u);
	EXPECT_EQ(extend_unsigned(8, data), data);
	EXPECT_EQ(extend_signed(1, 0x7f), 0x7fu);
	EXPECT_EQ(extend_signed(4, 0x7fffffff), 0x7fffffffu);
}

/* Whatever the bits are: an answer, and one that makes sense. */
static void random_bits_are_decoded_or_refused(void)
{
	struct ktest_random random = ktest_random(0);
	u32 known_count = 0;

	for (u32 i = 0; i < 20000; i++) {
		struct riscv_insn insn = { .bits = random_next(&random) };
		struct riscv_access access;

		insn.length = riscv_insn_length(insn.bits);
		if (insn.length == 2)
			insn.bits &= 0xffff;
		if (!riscv_insn_decode(insn, &access))
			continue;
		known_count++;
		EXPECT_LT(access.reg, 32u);
		EXPECT_TRUE(access.bytes && access.bytes <= 8 && (access.bytes & (access.bytes - 1)) == 0);
		EXPECT_EQ(access.is_write, riscv_insn_stores(insn), "%x", insn.bits);
	}
	EXPECT_GT(known_count, 1000u);
}

static const struct ktest_case cases[] = {
	CASE(an_instruction_is_decoded, .generate = each_insn),
	CASE(htinst_is_taken_if_it_is_an_instruction),
	CASE(a_value_is_extended),
	CASE(random_bits_are_decoded_or_refused),
};
KTEST_SUITE(hyp_decode, cases);
