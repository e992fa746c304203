/*
 * How wide physical addresses are believed to be: what CPUID says, but under a hypervisor only with the hint.
 */
#include "grading/ktest/ktest.h"
#include "boot_info.h"
#include "init.h"
#include "kernel/arch/x86/processor.h"

#define SIGNATURE      0x74616c46, 0x646e616c, 0x00707948 /* "FlatlandHyp" */
#define IN_A_GUEST     (1u << 31)
#define LEAVES_OF_THEIRS 0x40000001

/* The processor of a case. */
static struct {
	struct cpuid features, hypervisor, hint, largest, widths;
} fake;

static struct cpuid answer(u32 leaf)
{
	switch (leaf) {
	case CPUID_FEATURES: return fake.features;
	case CPUID_HYPERVISOR: return fake.hypervisor;
	case CPUID_HYPERVISOR_FEATURES: return fake.hint;
	case CPUID_LARGEST_EXTENDED: return fake.largest;
	case CPUID_ADDRESS_WIDTHS: return fake.widths;
	default: return (struct cpuid){ 0 };
	}
}

/* A guest of Flatland, with the hint. */
static void be_a_guest(u32 bits)
{
	fake.features = (struct cpuid){ .ecx = IN_A_GUEST };
	fake.hypervisor = (struct cpuid){ LEAVES_OF_THEIRS, SIGNATURE };
	fake.hint = (struct cpuid){ .eax = 1 };
	fake.largest = (struct cpuid){ .eax = CPUID_ADDRESS_WIDTHS };
	fake.widths = (struct cpuid){ .eax = 48 << 8 | bits };
}

static void a_hint_is_believed(void)
{
	for (u32 bits = 32; bits <= 52; bits++) {
		be_a_guest(bits);
		EXPECT_EQ(processor_address_bits(answer), bits);
	}
}

static void without_a_hint_there_are_36_bits(void)
{
	be_a_guest(40);
	fake.hint.eax = ~1u;
	EXPECT_EQ(processor_address_bits(answer), 36u);
	be_a_guest(40);
	fake.hypervisor.eax = CPUID_HYPERVISOR;
	EXPECT_EQ(processor_address_bits(answer), 36u, "the leaf with the hint is not there");
}

static void anothers_hint_is_not_believed(void)
{
	be_a_guest(40);
	fake.hypervisor.edx++;
	EXPECT_EQ(processor_address_bits(answer), 36u);
	be_a_guest(40);
	fake.hypervisor.ebx = 0;
	EXPECT_EQ(processor_address_bits(answer), 36u);
}

static void a_processor_of_its_own_is_believed(void)
{
	be_a_guest(46);
	fake.features.ecx = 0;
	fake.hypervisor = fake.hint = (struct cpuid){ 0 };
	EXPECT_EQ(processor_address_bits(answer), 46u);
}

static void without_the_leaf_there_are_36_bits(void)
{
	be_a_guest(46);
	fake.largest.eax = CPUID_ADDRESS_WIDTHS - 1;
	EXPECT_EQ(processor_address_bits(answer), 36u);
}

/* Tests run under QEMU, which calls itself a hypervisor and gives no hint. */
static void the_machine_has_what_it_says(void)
{
	EXPECT_EQ(boot_info()->address_bits, processor_address_bits(cpuid));
	EXPECT_EQ(boot_info()->address_bits, 36u);
}

static const struct ktest_case cases[] = {
	CASE(a_hint_is_believed),
	CASE(without_a_hint_there_are_36_bits),
	CASE(anothers_hint_is_not_believed),
	CASE(a_processor_of_its_own_is_believed),
	CASE(without_the_leaf_there_are_36_bits),
	CASE(the_machine_has_what_it_says),
};
KTEST_SUITE(width, cases);
