/*
 * VMIDs, under which a hart remembers translations.
 *
 * A VMID belongs to a root, on all harts.  They are given out in order.  When they run out, a new *generation* begins:
 * all roots' VMIDs are void, and numbers start again.  A VMID and its generation are one word:
 *
 *     generation << VMID_BITS | vmid          the first generation is 1, so 0 is nobody's
 *
 * I1 Two roots never have the same word, and a hart that uses a word has, since that generation began, forgotten what
 *    it remembered under all VMIDs.
 * I2 An ID is not given back: a root that goes leaves its number unused until the next generation.
 *
 * What the guests' own tables said (gva to gpa) a hart remembers under the VMID too, and the ASIDs of two vCPUs of one
 * root may be the same.  So it forgets that where another vCPU of the root ran here last, or this vCPU ran elsewhere
 * meanwhile: there its own SFENCE.VMA and FENCE.I went.
 *
 * Locking: `lock` for the counter and all roots' `vmid`; `forgotten` and last[] are each hart's own, interrupts off.
 */
#include "hyp_riscv.h"
#include "csr.h"
#include "hyp/vcpu.h"
#include "lock.h"
#include "mmu/fmt/riscv/tlb.h"
#include "mmu/mmu.h"

#define VMID_BITS        14
#define VMID_MASK        ((1ull << VMID_BITS) - 1)
#define HGATP_VMID_SHIFT 44
#define HGATP_MODE_SHIFT 60
enum { HGATP_SV39X4 = 8, HGATP_SV48X4, HGATP_SV57X4 };

static struct spinlock lock = SPINLOCK_INIT("vmid", RANK_HW_ID);
static u64 generation = 1 << VMID_BITS; /* atomic to read */
static u64 next, count, count_max;
static u64 forgotten[MAX_CPUS]; /* the generation for which the hart has forgotten all */
static u64 widest_mode;

/* Each has a level more than the one before. */
static u64 mode_of(int levels)
{
	u64 mode = HGATP_SV39X4 + levels - 3;

	ASSERT(mode >= HGATP_SV39X4 && mode <= HGATP_SV57X4, "hgatp: a root of %d levels", levels);
	return mode;
}

static void guest_has_ended(void *unused)
{
}

/*
 * Ordering: the new generation is stored before the interrupts are sent, and harts read it with interrupts off before
 * each entry.  So when smp_call() returns, nobody is in a guest with an old VMID.
 */
static void begin_generation_locked(void)
{
	__atomic_store_n(&generation, generation + (1 << VMID_BITS), __ATOMIC_SEQ_CST);
	next = 0;
	smp_call(~0u, guest_has_ended, NULL);
}

static u64 vmid_of(struct host_root *root)
{
	u64 vmid = READ_ONCE(root->arch.vmid);

	if ((vmid & ~VMID_MASK) == __atomic_load_n(&generation, __ATOMIC_SEQ_CST))
		return vmid;
	spin_lock(&lock);
	if ((root->arch.vmid & ~VMID_MASK) != generation) {
		if (next == count)
			begin_generation_locked();
		WRITE_ONCE(root->arch.vmid, generation | next++);
	}
	vmid = root->arch.vmid;
	spin_unlock(&lock);
	return vmid;
}

/*
 * Hardware: [RV-PRIV] "Hypervisor Guest Address Translation and Protection (hgatp) Register": bits that stay 0, and a
 * mode that is not there does not stay.
 */
void riscv_vmid_init(void)
{
	widest_mode = HGATP_SV57X4;
	for (; widest_mode > HGATP_SV39X4; widest_mode--) {
		csr_write(hgatp, widest_mode << HGATP_MODE_SHIFT);
		if (csr_read(hgatp) >> HGATP_MODE_SHIFT == widest_mode)
			break;
	}
	csr_write(hgatp, VMID_MASK << HGATP_VMID_SHIFT);
	count_max = (csr_read(hgatp) >> HGATP_VMID_SHIFT & VMID_MASK) + 1;
	count = count_max;
	csr_write(hgatp, 0);
}

void arch_hwid_limit(u32 limit)
{
	spin_lock(&lock);
	count = MIN(limit, count_max);
	begin_generation_locked();
	spin_unlock(&lock);
}

static void forget_generation(const struct tlb_tag *tag, u64 vmid)
{
	u64 *done = &forgotten[this_cpu()->id];

	if (*done == (vmid & ~VMID_MASK))
		return;
	tlb_flush_all(tag);
	*done = vmid & ~VMID_MASK;
}

/*
 * The VMID must be in hgatp for tlb_flush_guest().
 *
 * Ordering: flush_count is read behind vmid_of(), which may serve other CPUs' requests while it waits for the lock:
 * what those were about is counted then.  Pairs with root_flush().
 */
void arch_hwid_prepare(struct vcpu *vcpu)
{
	struct host_root *root = vcpu->root;
	u32 me = this_cpu()->id;
	u64 vmid = vmid_of(root);
	u64 mode = mode_of(root->levels);
	u64 flush_count = __atomic_load_n(&root->flush_count, __ATOMIC_SEQ_CST);
	struct tlb_tag tag = { vmid & VMID_MASK };
	bool moved = vcpu->last_cpu != me;

	csr_write(hgatp, mode << HGATP_MODE_SHIFT | tag.vmid << HGATP_VMID_SHIFT | root->table.raw >> PAGE_SHIFT);
	forget_generation(&tag, vmid);
	if (root->arch.last[me].flush_count != flush_count)
		tlb_flush_tag(&tag);
	if (moved || root->arch.last[me].vmid != vmid || root->arch.last[me].vcpu != vcpu)
		tlb_flush_guest(&tag);
	if (moved)
		arch_icache_sync();
	root->arch.last[me].vmid = vmid;
	root->arch.last[me].flush_count = flush_count;
	root->arch.last[me].vcpu = vcpu;
}

void arch_root_flush_here(struct host_root *root, gpa_t start, gpa_t end)
{
	struct tlb_tag tag = { READ_ONCE(root->arch.vmid) & VMID_MASK };

	tlb_flush_leaves(&tag, start, end);
}

/* ---- The shape of roots -------------------------------------------------------------------------------- */

/*
 * A mode translates so many bits of an address.  The bits above should be zero; QEMU takes a sign there as well, and
 * then an address that a guest has extended from one bit below comes out in the root's upper half.  So a root has one
 * bit more than its guest, and there is nothing in that half.
 */
int arch_gpa_bits_max(void)
{
	int bits = 41 + 9 * (widest_mode - HGATP_SV39X4);

	return MIN(bits, mmu_caps()->gpa_bits_max) - 1;
}

void arch_mmu_config(struct mmu_config *config)
{
	config->root_bits = config->gpa_bits + 1;
}
