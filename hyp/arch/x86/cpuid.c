/*
 * CPUID as guests see it: see cpuid.h.
 * Hardware: [SDM2] "CPUID"; [APM2] "Obtaining Processor Information Using the CPUID Instruction".
 */
#include "cpuid.h"

/* Bits of leaf 1, ecx and edx. */
#define SSE3       (1u << 0)
#define PCLMUL     (1u << 1)
#define SSSE3      (1u << 9)
#define CX16       (1u << 13)
#define SSE41      (1u << 19)
#define SSE42      (1u << 20)
#define X2APIC     (1u << 21)
#define MOVBE      (1u << 22)
#define POPCNT     (1u << 23)
#define AES        (1u << 25)
#define RDRAND     (1u << 30)
#define HYPERVISOR (1u << 31)
#define FEATURES_ECX (SSE3 | PCLMUL | SSSE3 | CX16 | SSE41 | SSE42 | MOVBE | POPCNT | AES | RDRAND)

#define FPU    (1u << 0)
#define DE     (1u << 2)
#define PSE    (1u << 3)
#define TSC    (1u << 4)
#define MSR    (1u << 5)
#define PAE    (1u << 6)
#define MCE    (1u << 7)
#define CX8    (1u << 8)
#define APIC   (1u << 9)
#define SEP    (1u << 11)
#define PGE    (1u << 13)
#define CMOV   (1u << 15)
#define PAT    (1u << 16)
#define CLFLUSH (1u << 19)
#define MMX    (1u << 23)
#define FXSR   (1u << 24)
#define SSE    (1u << 25)
#define SSE2   (1u << 26)
#define FEATURES_EDX \
	(FPU | DE | PSE | TSC | MSR | PAE | MCE | CX8 | SEP | PGE | CMOV | PAT | CLFLUSH | MMX | FXSR | SSE | SSE2)

/* Of leaf 7: what needs no state beyond FXSAVE's. */
#define FSGSBASE (1u << 0)
#define BMI1     (1u << 3)
#define SMEP     (1u << 7)
#define BMI2     (1u << 8)
#define ERMS     (1u << 9)
#define RDSEED   (1u << 18)
#define ADX      (1u << 19)
#define SMAP     (1u << 20)
#define UMIP     (1u << 2)
#define EXTENDED_EBX (FSGSBASE | BMI1 | SMEP | BMI2 | ERMS | RDSEED | ADX | SMAP)

/* Of leaf 0x80000001. */
#define LAHF     (1u << 0)
#define ABM      (1u << 5)
#define SSE4A    (1u << 6)
#define SYSCALL  (1u << 11)
#define NX       (1u << 20)
#define PDPE1GB  (1u << 26)
#define LM       (1u << 29)
#define AMD_ECX  (LAHF | ABM | SSE4A)
#define AMD_EDX  ((FEATURES_EDX & ~SEP & 0x01ffffff) | SYSCALL | NX | PDPE1GB | LM)

#define APIC_ID_SHIFT 24
#define CLFLUSH_SIZE  (8u << 8) /* leaf 1, ebx: 64 bytes */

/* "FlatlandHyp" */
#define SIGNATURE_0 0x74616c46
#define SIGNATURE_1 0x646e616c
#define SIGNATURE_2 0x00707948

/* What guests get of this processor's answer, and what is added.  All other leaves are zeros. */
static const struct offered {
	u32 leaf;
	u32 eax_max; /* not 0: eax is the largest leaf, and no more than this */
	struct cpuid mask, add;
} offered[] = {
	{ 0, CPUID_EXTENDED_FEATURES, { ~0u, ~0u, ~0u, ~0u }, { 0 } },
	{ CPUID_FEATURES, 0, { ~0u, 0, FEATURES_ECX, FEATURES_EDX }, { 0, CLFLUSH_SIZE, X2APIC | HYPERVISOR, APIC } },
	{ CPUID_EXTENDED_FEATURES, 0, { 0, EXTENDED_EBX, UMIP, 0 }, { 0 } },
	{ CPUID_HYPERVISOR, 0, { 0 }, { CPUID_HYPERVISOR_FEATURES, SIGNATURE_0, SIGNATURE_1, SIGNATURE_2 } },
	{ CPUID_HYPERVISOR_FEATURES, 0, { 0 }, { CPUID_HYPERVISOR_EAX_WIDTH_IS_TRUE, 0, 0, 0 } },
	{ CPUID_LARGEST_EXTENDED, CPUID_ADDRESS_WIDTHS, { ~0u, ~0u, ~0u, ~0u }, { 0 } },
	{ CPUID_AMD_FEATURES, 0, { ~0u, 0, AMD_ECX, AMD_EDX }, { 0, 0, 0, APIC } },
	{ 0x80000002, 0, { ~0u, ~0u, ~0u, ~0u }, { 0 } }, /* the processor's name, in three parts */
	{ 0x80000003, 0, { ~0u, ~0u, ~0u, ~0u }, { 0 } },
	{ 0x80000004, 0, { ~0u, ~0u, ~0u, ~0u }, { 0 } },
	{ CPUID_ADDRESS_WIDTHS, 0, { 0 }, { 48 << 8, 0, 0, 0 } },  /* linear addresses */
};
_Static_assert(ARRAY_SIZE(offered) <= CPUID_ROWS && ARRAY_SIZE(offered) <= VM_CPUID_MAX, "a row for each");

static int row_of(u32 leaf)
{
	for (u32 i = 0; i < ARRAY_SIZE(offered); i++)
		if (offered[i].leaf == leaf)
			return i;
	return -1;
}

/* ---- The offer ----------------------------------------------------------------------------------------- */

static struct cpuid and(struct cpuid a, struct cpuid b)
{
	return (struct cpuid){ a.eax & b.eax, a.ebx & b.ebx, a.ecx & b.ecx, a.edx & b.edx };
}

static struct cpuid or(struct cpuid a, struct cpuid b)
{
	return (struct cpuid){ a.eax | b.eax, a.ebx | b.ebx, a.ecx | b.ecx, a.edx | b.edx };
}

/* A processor answers for a leaf that it has not with another's values. */
static bool processor_has(u32 leaf)
{
	return leaf <= cpuid(leaf & 0x80000000).eax;
}

static struct cpuid offered_row(const struct offered *o)
{
	struct cpuid here = { 0 };

	if (processor_has(o->leaf))
		here = and(cpuid(o->leaf), o->mask);
	if (o->eax_max)
		here.eax = o->eax_max;
	return or(here, o->add);
}

void cpuid_offer(struct cpuid_table *table)
{
	memset(table, 0, sizeof(*table));
	for (u32 i = 0; i < ARRAY_SIZE(offered); i++)
		table->row[i] = offered_row(&offered[i]);
}

/* ---- Answers ------------------------------------------------------------------------------------------- */

static void adapt(struct cpuid *answer, const struct cpuid_view *view, u32 leaf)
{
	switch (leaf) {
	case CPUID_FEATURES:
		answer->ebx |= view->apic_id << APIC_ID_SHIFT;
		if (!view->has_apic)
			answer->edx &= ~APIC;
		break;
	case CPUID_AMD_FEATURES:
		if (!view->has_apic)
			answer->edx &= ~APIC;
		break;
	case CPUID_ADDRESS_WIDTHS:
		answer->eax = (answer->eax & ~0xffu) | view->gpa_bits;
		break;
	default:
		break;
	}
}

struct cpuid cpuid_answer(const struct cpuid_table *table, const struct cpuid_view *view, u32 leaf, u32 subleaf)
{
	struct cpuid answer = { 0 };
	int row = row_of(leaf);

	if (row < 0 || (leaf == CPUID_EXTENDED_FEATURES && subleaf))
		return answer;
	answer = table->row[row];
	adapt(&answer, view, leaf);
	return answer;
}

u64 cpuid_cr4(const struct cpuid_table *table)
{
	struct cpuid features = table->row[row_of(CPUID_FEATURES)];
	struct cpuid extended = table->row[row_of(CPUID_EXTENDED_FEATURES)];
	u64 cr4 = 0x4; /* TSD */

	cr4 |= features.edx & DE ? 0x008 : 0;
	cr4 |= features.edx & PSE ? 0x010 : 0;
	cr4 |= features.edx & PAE ? CR4_PAE : 0;
	cr4 |= features.edx & MCE ? CR4_MCE : 0;
	cr4 |= features.edx & PGE ? CR4_PGE : 0;
	cr4 |= 0x100; /* PCE: user programs may try RDPMC */
	cr4 |= features.edx & FXSR ? CR4_OSFXSR | CR4_OSXMMEXCPT : 0;
	cr4 |= extended.ecx & UMIP ? CR4_UMIP : 0;
	cr4 |= extended.ebx & FSGSBASE ? 0x10000 : 0;
	cr4 |= extended.ebx & SMEP ? CR4_SMEP : 0;
	cr4 |= extended.ebx & SMAP ? CR4_SMAP : 0;
	return cr4;
}

u64 cpuid_efer(const struct cpuid_table *table)
{
	struct cpuid amd = table->row[row_of(CPUID_AMD_FEATURES)];

	return (amd.edx & SYSCALL ? EFER_SCE : 0) | (amd.edx & LM ? EFER_LME : 0) | (amd.edx & NX ? EFER_NXE : 0);
}

bool cpuid_has_gib(const struct cpuid_table *table)
{
	return table->row[row_of(CPUID_AMD_FEATURES)].edx & PDPE1GB;
}

/* ---- State --------------------------------------------------------------------------------------------- */

void cpuid_get_state(const struct cpuid_table *table, const struct cpuid_view *view, struct vm_x86_cpuid *state)
{
	state->count = ARRAY_SIZE(offered);
	for (u32 i = 0; i < ARRAY_SIZE(offered); i++) {
		struct cpuid answer = cpuid_answer(table, view, offered[i].leaf, 0);

		state->entry[i].leaf = offered[i].leaf;
		state->entry[i].eax = answer.eax;
		state->entry[i].ebx = answer.ebx;
		state->entry[i].ecx = answer.ecx;
		state->entry[i].edx = answer.edx;
	}
}

/* Texts and numbers are no sets of bits: they stay what is offered. */
static bool is_set_of_bits(u32 leaf)
{
	return leaf == CPUID_FEATURES || leaf == CPUID_EXTENDED_FEATURES || leaf == CPUID_AMD_FEATURES ||
	       leaf == CPUID_HYPERVISOR_FEATURES;
}

/* Only what the leaves have as bits is taken away: edx and ecx, and ebx of leaf 7, eax of the hypervisor's. */
static struct cpuid keep_of(u32 leaf, struct cpuid wanted)
{
	if (leaf != CPUID_HYPERVISOR_FEATURES)
		wanted.eax = ~0u;
	if (leaf != CPUID_EXTENDED_FEATURES)
		wanted.ebx = ~0u;
	return wanted;
}

int cpuid_set_state(struct cpuid_table *table, const struct vm_x86_cpuid *state)
{
	struct cpuid_table offer;

	if (state->count > VM_CPUID_MAX)
		return -EINVAL;
	for (u32 i = 0; i < state->count; i++)
		if (row_of(state->entry[i].leaf) < 0 || state->entry[i].subleaf)
			return -EINVAL;
	cpuid_offer(&offer);
	for (u32 i = 0; i < state->count; i++) {
		u32 leaf = state->entry[i].leaf;
		struct cpuid wanted = { state->entry[i].eax, state->entry[i].ebx, state->entry[i].ecx,
					state->entry[i].edx };

		if (is_set_of_bits(leaf))
			table->row[row_of(leaf)] = and(offer.row[row_of(leaf)], keep_of(leaf, wanted));
	}
	return 0;
}
