/*
 * Faults against those who take away: every interleaving of a fault with a notifier, a memslot update, a new set of
 * roots and the end of the machine.
 *
 * Afterwards no tree says what the monitor does not say, and while a page is being taken away nothing brings it back
 * (vm.c looks, in the middle).
 */
#include "grading/explore/explore.h"
#include "grading/sim/guest.h"
#include "grading/sim/sim_host.h"
#include "grading/suites/mmu/explore_case.h"
#include "grading/suites/mmu/suite.h"
#include "grading/suites/mmu/vm.h"

#define HERE  (VM_SMALL + 3 * VM_PAGE)
#define OTHER (VM_HPA(VM_END) + 8 * VM_PART)

/* ---- Beginnings -------------------------------------------------------------------------------------------- */

/* The page by itself, so that it can go without its neighbours. */
static void start(void *unused)
{
	struct sim_user user = { hva(VM_HVA(HERE)), hva(VM_HVA(HERE + VM_PAGE)), hpa(VM_HPA(HERE)), 0, true };

	vm_start_smallest(NULL);
	sim_user_set(VM_USER_SMALL, &user);
}

static void start_with_page(void *unused)
{
	start(NULL);
	vm_must(0, HERE, WALK_READ);
	vm_must(1, HERE, WALK_WRITE);
}

/* ---- Guests ------------------------------------------------------------------------------------------------ */

static void guest_access(int cpu, uint64_t at, unsigned access)
{
	struct mmu_answer answer;

	explore_doing("cpu %d accesses 0x%lx (%u)", cpu, (unsigned long)at, access);
	if (!vm_access(cpu, at, access, &answer))
		EXPECT(answer.outcome != MMU_ERROR || answer.error == -MMU_EFAULT || answer.error == -MMU_EIO,
		       "[FAULT-ERRNO] error %d", answer.error);
}

static void guest_reads(void *unused)
{
	guest_access(0, HERE, WALK_READ);
}

static void guest_writes(void *unused)
{
	guest_access(0, HERE, WALK_WRITE);
}

static void guest_reads_large(void *unused)
{
	guest_access(0, VM_LARGE + VM_PAGE, WALK_READ);
}

static void prefault(void *unused)
{
	explore_doing("prefault");
	mmu_prefault(vm.vcpus[0], gpa(HERE), gpa(HERE + VM_PAGE));
}

/* ---- Who takes away ---------------------------------------------------------------------------------------- */

static void unmap_page(void *unused)
{
	explore_doing("munmap");
	vm_munmap(HERE, HERE + VM_PAGE, VM_USER_SMALL);
}

static void move_page(void *unused)
{
	explore_doing("move the page");
	vm_move_pages(HERE, HERE + VM_PAGE, VM_USER_SMALL, OTHER);
}

static void share_page(void *unused)
{
	explore_doing("make it read-only");
	vm_make_shared(HERE, HERE + VM_PAGE, VM_USER_SMALL);
}

static void unmap_large(void *unused)
{
	explore_doing("munmap of a part");
	vm_munmap(VM_LARGE, VM_SMALL, VM_USER_LARGE);
}

static void delete_slot(void *unused)
{
	explore_doing("delete the memslot");
	vm_delete_slot(VM_IN_SLOT);
}

static void shift_slot(void *unused)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	explore_doing("move the memslot");
	slot.hva = hva(slot.hva.raw - VM_PAGE);
	vm_change_slot(VM_IN_SLOT, &slot);
}

static void make_slot_read_only(void *unused)
{
	struct host_slot slot = vm_slot(VM_IN_SLOT);

	explore_doing("make the memslot read-only");
	slot.rights = PT_READ;
	vm_change_slot(VM_IN_SLOT, &slot);
}

static void reload(void *unused)
{
	explore_doing("new roots");
	mmu_reload_roots(vm.mmu);
}

static void end_it(void *unused)
{
	explore_doing("kill");
	mmu_kill(vm.mmu);
	sim_expect_unmapped(gpa(VM_SLOT), gpa(VM_ROM_END));
}

/* Two in a row: what was announced for the first does not protect from the second. */
static void unmap_twice(void *unused)
{
	unmap_page(NULL);
	unmap_large(NULL);
}

/* ---- Cases ------------------------------------------------------------------------------------------------- */

static void expect_gone(void *unused)
{
	struct mmu_answer answer;

	EXPECT(!vm_access(0, HERE, WALK_READ, &answer) && !vm_access(1, HERE, WALK_READ, &answer),
	       "[FAULT-STALE-SEQUENCE] did fault against who takes the page away | got it accessible after that");
	EXPECT(answer.outcome == MMU_EMULATE || answer.error == -MMU_EFAULT,
	       "[FAULT-ERRNO] did fault where nothing is any more | got another answer than EMULATE or -EFAULT");
	vm_check_and_finish(NULL);
}

static void expect_moved(void *unused)
{
	vm_must(0, HERE, WALK_WRITE);
	vm_must(1, HERE, WALK_READ);
	EXPECT(sim_guest(0, ia(HERE), WALK_READ).out.raw == OTHER,
	       "[FAULT-STALE-SEQUENCE] did fault against a moving page | got the old page");
	vm_check_and_finish(NULL);
}

static void expect_no_writes(void *unused)
{
	struct mmu_answer answer;

	EXPECT(!vm_access(0, HERE, WALK_WRITE, &answer) && !vm_access(1, HERE, WALK_WRITE, &answer),
	       "[FAULT-STALE-SEQUENCE] did fault against who makes it read-only | got it writable after that");
	vm_must(1, HERE, WALK_READ);
	vm_check_and_finish(NULL);
}

static void expect_life(void *unused)
{
	vm_must(0, HERE, WALK_WRITE);
	vm_must(1, HERE, WALK_WRITE);
	vm_check_and_finish(NULL);
}

static void expect_death(void *unused)
{
	struct mmu_answer answer;

	EXPECT(vm_fault(0, HERE, WALK_READ, &answer) == MMU_ERROR && answer.error == -MMU_EIO,
	       "[FAULT-DEAD-ROOT] did fault after mmu_kill() | got another answer than -EIO");
	sim_expect_unmapped(gpa(VM_SLOT), gpa(VM_ROM_END));
	vm_check_and_finish(NULL);
}

static void a_fault_against_munmap(uint64_t seed)
{
	explore_closely(start, expect_gone, guest_reads, unmap_page);
	explore_two(start_with_page, expect_gone, guest_writes, unmap_page);
}

static void a_fault_against_a_moving_page(uint64_t seed)
{
	explore_two(start, expect_moved, guest_writes, move_page);
}

static void a_fault_against_protect(uint64_t seed)
{
	explore_closely(start_with_page, expect_no_writes, guest_writes, share_page);
}

static void a_fault_against_munmap_of_a_part(uint64_t seed)
{
	explore_two(start, vm_check_and_finish, guest_reads_large, unmap_twice);
}

static void a_fault_against_a_memslot_update(uint64_t seed)
{
	explore_two(start, expect_gone, guest_reads, delete_slot);
	explore_two(start, vm_check_and_finish, guest_reads, shift_slot);
	explore_two(start_with_page, expect_no_writes, guest_writes, make_slot_read_only);
}

static void a_fault_against_new_roots(uint64_t seed)
{
	explore_two(start, expect_life, guest_writes, reload);
}

static void a_fault_against_the_end(uint64_t seed)
{
	explore_two(start, expect_death, guest_writes, end_it);
}

static void a_notifier_against_the_end(uint64_t seed)
{
	explore_two(start_with_page, expect_death, unmap_page, end_it);
}

static void a_notifier_against_new_roots(uint64_t seed)
{
	explore_closely(start_with_page, expect_gone, unmap_page, reload);
}

static void a_prefault_against_who_takes_away(uint64_t seed)
{
	if (!(mmu_caps()->caps & MMU_CAP_PREFAULT))
		case_skip("this MMU cannot");
	explore_two(start, expect_gone, prefault, unmap_page);
	explore_two(start, expect_gone, prefault, delete_slot);
}

/* ---- In one thread ----------------------------------------------------------------------------------------- */

static void what_is_being_changed_is_tried_again(uint64_t seed)
{
	struct mmu_answer answer;

	start(NULL);
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_BUSY);
	EXPECT(vm_fault(0, HERE, WALK_READ, &answer) == MMU_RETRY,
	       "[FAULT-STALE-SEQUENCE] did fault while the memslot is busy | got outcome %d | expected MMU_RETRY",
	       answer.outcome);
	sim_slot_set(VM_IN_SLOT, NULL, SIM_SLOT_READY);
	sim_notify_begin(hva(VM_HVA(HERE)), hva(VM_HVA(HERE + VM_PAGE)));
	EXPECT(vm_fault(0, HERE, WALK_READ, &answer) == MMU_RETRY,
	       "[FAULT-STALE-SEQUENCE] did fault while the range is in progress | got outcome %d | expected MMU_RETRY",
	       answer.outcome);
	vm_must(0, VM_LARGE, WALK_READ);
	sim_notify_end(hva(VM_HVA(HERE)), hva(VM_HVA(HERE + VM_PAGE)));
	vm_must(0, HERE, WALK_READ);
	vm_check_and_finish(NULL);
}

/* A write makes the host copy the page, which tells us to forget the one that it was. */
static int copy_on_write(void *arg, hva_t at, enum tdp_access access)
{
	int *copies = arg;

	if (access == TDP_ACCESS_WRITE && (*copies)++ == 0)
		vm_move_pages(HERE, HERE + VM_PAGE, VM_USER_SMALL, OTHER);
	return 0;
}

static void a_fault_causes_its_own_notification(uint64_t seed)
{
	int copies = 0;

	start(NULL);
	vm_make_shared(HERE, HERE + VM_PAGE, VM_USER_SMALL);
	vm_must(0, HERE, WALK_READ);
	vm_must(1, HERE, WALK_READ);
	sim_resolve_by(copy_on_write, &copies);
	vm_must(0, HERE, WALK_WRITE);
	EXPECT(copies == 2,
	       "[FAULT-STALE-SEQUENCE] did fault, and the host copied the page meanwhile | got %d lookups | expected 2",
	       copies);
	EXPECT(!vm_touch(1, HERE, WALK_WRITE) || sim_guest(1, ia(HERE), WALK_READ).out.raw == OTHER,
	       "[FAULT-STALE-SEQUENCE] did fault, and the host copied the page | got cpu 1 still writes the old one");
	expect_moved(NULL);
}

static int fail_to_resolve(void *arg, hva_t at, enum tdp_access access)
{
	return *(int *)arg;
}

static void what_the_host_says_is_told(uint64_t seed)
{
	const int errors[] = { -MMU_ENOMEM, -MMU_EINTR, -MMU_EFAULT };
	struct mmu_answer answer;

	start(NULL);
	for (int i = 0; i < 3; i++) {
		int error = errors[i];

		sim_resolve_by(fail_to_resolve, &error);
		EXPECT(vm_fault(0, HERE, WALK_READ, &answer) == MMU_ERROR && answer.error == error,
		       "[FAULT-ERRNO] did host_resolve | got outcome %d, error %d | expected MMU_ERROR, the host's "
		       "error",
		       answer.outcome, answer.error);
		sim_resolve_by(NULL, NULL);
	}
	vm_check_and_finish(NULL);
}

static const struct check_case cases[] = {
	{ "a_fault_against_munmap", a_fault_against_munmap },
	{ "a_fault_against_a_moving_page", a_fault_against_a_moving_page },
	{ "a_fault_against_protect", a_fault_against_protect },
	{ "a_fault_against_munmap_of_a_part", a_fault_against_munmap_of_a_part },
	{ "a_fault_against_a_memslot_update", a_fault_against_a_memslot_update },
	{ "a_fault_against_new_roots", a_fault_against_new_roots },
	{ "a_fault_against_the_end", a_fault_against_the_end },
	{ "a_notifier_against_the_end", a_notifier_against_the_end },
	{ "a_notifier_against_new_roots", a_notifier_against_new_roots },
	{ "a_prefault_against_who_takes_away", a_prefault_against_who_takes_away },
	{ "what_is_being_changed_is_tried_again", what_is_being_changed_is_tried_again },
	{ "a_fault_causes_its_own_notification", a_fault_causes_its_own_notification },
	{ "what_the_host_says_is_told", what_the_host_says_is_told },
};
CHECK_SUITE(suite_retry, "retry", cases);
