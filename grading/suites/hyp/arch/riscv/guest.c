/*
 * Guests for tests, on RISC-V: their state, and the kernel's.
 */
#include "grading/suites/hyp/guest.h"
#include "hyp/arch/riscv/hyp_riscv.h"

#define SV39          (8ull << 60)
#define LEAF          0xcf /* V R W X A D */
#define TABLE         0x01
#define ENTRY(at)     ((at) >> 2)
#define REG_A1        11
#define REG_A7        17
#define SBI_EXTENSION 0x0a000000 /* of nobody: the call is the monitor's */

/* The root's first entry maps a GiB, its second leads to a table where nothing is. */
void guest_reset(struct guest *g, u64 pc)
{
	struct arch_vcpu *arch = &g->vcpu->arch;
	u64 *root = guest_memory(g, GUEST_TABLES);

	root[0] = LEAF;
	root[1] = ENTRY(GUEST_HOLE_TABLE) | TABLE;
	memset(arch->x, 0, sizeof(arch->x));
	memset(&arch->vs, 0, sizeof(arch->vs));
	arch->x[REG_SP] = GUEST_STACK;
	arch->x[REG_A7] = SBI_EXTENSION;
	arch->pc = pc;
	arch->sstatus = SSTATUS_SPP;
	g->vcpu->has_unfinished = false;
	arch->vs.sstatus = SSTATUS_FS_CLEAN;
	arch->vs.satp = SV39 | GUEST_TABLES >> PAGE_SHIFT;
	arch->vs.timecmp = ~0ull;
}

u64 *guest_arg(struct guest *g)
{
	return &g->vcpu->arch.x[REG_A0];
}

u64 *guest_result(struct guest *g)
{
	return &g->vcpu->arch.x[REG_A1];
}

const u32 guest_register_count = 31;

u64 *guest_register(struct guest *g, u32 n)
{
	return &g->vcpu->arch.x[n + 1];
}

u64 guest_pc(const struct guest *g)
{
	return g->vcpu->arch.pc;
}

/* SPIE and FS of sstatus are nobody's between traps and uses of floating point. */
void host_state(u64 *value)
{
	u64 state[] = {
		csr_read(sstatus) & ~(SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS), csr_read(hstatus), csr_read(sscratch),
		csr_read(stvec), csr_read(satp), csr_read(sie), csr_read(hie), csr_read(hideleg), csr_read(hedeleg),
		csr_read(hgatp), csr_read(hvip), csr_read(hcounteren), (u64)this_cpu(), arch_irq_enabled(),
	};

	_Static_assert(ARRAY_SIZE(state) <= HOST_STATE_COUNT, "guest.h has room");
	memset(value, 0, HOST_STATE_COUNT * sizeof(*value));
	memcpy(value, state, sizeof(state));
}

void fp_fill(struct arch_fp *fp, u64 seed)
{
	for (u64 i = 0; i < 32; i++)
		fp->f[i] = seed + i;
	fp->fcsr = seed & 0x1f;
}

bool fp_matches(const struct arch_fp *fp, u64 seed)
{
	struct arch_fp expected;

	fp_fill(&expected, seed);
	return memcmp(fp, &expected, sizeof(expected)) == 0;
}
