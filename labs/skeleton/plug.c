/*
 * The rest of mmu/mmu.h: beginning and end, taking away, looking.
 */
#include "skeleton.h"

/* Step 8: a bit for each thing that it can do beyond the least. */
static const struct mmu_caps caps = {
	.name = "skeleton",
	.format = PT_FORMAT,
	.caps = 0,
	.gpa_bits_min = PT_PAGE_SHIFT + PT_INDEX_BITS * PT_LEVELS_MIN + PT_ROOT_EXTRA_MIN,
	.gpa_bits_max = PT_IA_BITS_MAX,
	.hpa_bits = PT_OA_BITS,
};

const struct mmu_caps *mmu_caps(void)
{
	return &caps;
}

void skeleton_say(char line[MMU_LINE_MAX], const char *text)
{
	int length = 0;

	while (text[length] && length < MMU_LINE_MAX - 1) {
		line[length] = text[length];
		length++;
	}
	line[length] = 0;
}

/* ---- Create and destroy ------------------------------------------------------------------------------------- */

/* Step 2: refuse a shape that the format has not, make the root's table, open it to hardware. */
int mmu_create(struct mmu **made, const struct mmu_config *config)
{
	struct mmu *mmu = host_memory_alloc(config->host, sizeof(*mmu));

	if (!mmu)
		return -MMU_ENOMEM;
	mmu->config = *config;
	mmu->host = config->host;
	*made = mmu;
	return 0;
}

/* Steps 2 and 3: whatever was made goes back, tables after their flush. */
void mmu_destroy(struct mmu *mmu)
{
	host_memory_free(mmu->host, mmu);
}

/* Step 5. */
void mmu_kill(struct mmu *mmu)
{
}

int mmu_vcpu_create(struct mmu_vcpu **made, struct mmu *mmu)
{
	struct mmu_vcpu *mv = host_memory_alloc(mmu->host, sizeof(*mv));

	if (!mv)
		return -MMU_ENOMEM;
	mv->mmu = mmu;
	*made = mv;
	return 0;
}

/* Step 3: spare tables go back. */
void mmu_vcpu_destroy(struct mmu_vcpu *mv)
{
	host_memory_free(mv->mmu->host, mv);
}

/* ---- The root to load --------------------------------------------------------------------------------------- */

/* Step 2.  Until then a guest stops here, before its first instruction. */
int mmu_vcpu_root(struct mmu_vcpu *mv, struct mmu_role role, struct mmu_root *root)
{
	return -MMU_ENOSYS;
}

/* Step 2. */
bool mmu_root_is_current(const struct mmu_vcpu *mv)
{
	return false;
}

/* Step 5. */
void mmu_reload_roots(struct mmu *mmu)
{
}

/* ---- Taking away -------------------------------------------------------------------------------------------- */

/* Step 4.  While nothing is mapped there is nothing to take; from the first leaf on it is the law (M1). */
void mmu_unmap(struct mmu *mmu, gpa_t start, gpa_t end, enum mmu_yield yield)
{
}

/* Step 4. */
void mmu_protect(struct mmu *mmu, gpa_t start, gpa_t end, pt_prot_t keep, enum mmu_yield yield)
{
}

/* ---- Dirty log and age: complete without their capabilities (step 8) ---------------------------------------- */

int mmu_log_protect(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return -MMU_ENOSYS;
}

int mmu_log_protect_mask(struct mmu *mmu, gpa_t start, uint64_t mask)
{
	return -MMU_ENOSYS;
}

int mmu_log_end(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return -MMU_ENOSYS;
}

bool mmu_age(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return true;
}

bool mmu_test_young(struct mmu *mmu, gpa_t start, gpa_t end)
{
	return true;
}

/* ---- Looking ------------------------------------------------------------------------------------------------ */

/* Step 6: leaves, tables, roots. */
void mmu_stats(struct mmu *mmu, struct mmu_stats *stats)
{
	*stats = (struct mmu_stats){ 0 };
	for (int i = 0; i < MMU_OUTCOME_COUNT; i++)
		stats->faults[i] = mmu->faults[i];
}

void mmu_dump(struct mmu *mmu, gpa_t start, gpa_t end, void (*print)(void *arg, const char *line), void *arg)
{
	print(arg, "mmu_dump() is not written: docs/writing-an-mmu.md, step 6");
}

void mmu_walk(struct mmu *mmu, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	print(arg, "mmu_walk() is not written: docs/writing-an-mmu.md, step 6");
}

void mmu_walk_in_panic(const struct mmu_vcpu *mv, gpa_t at, void (*print)(void *arg, const char *line), void *arg)
{
	print(arg, "mmu_walk_in_panic() is not written: docs/writing-an-mmu.md, step 6");
}

void mmu_describe(struct mmu_vcpu *mv, gpa_t at, char line[MMU_LINE_MAX])
{
	skeleton_say(line, "mmu_describe() is not written: docs/writing-an-mmu.md, step 6");
}

/* A number that no rule has. */
int mmu_check(struct mmu *mmu, char line[MMU_LINE_MAX])
{
	skeleton_say(line, "mmu_check() is not written: docs/writing-an-mmu.md, step 6");
	return 199;
}
