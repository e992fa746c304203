# Do the tests notice mistakes?  Each of these makes them one by one, in a copy, and runs what should notice.  Included
# by the Makefile where it is there; a release has neither this nor the lists.  Mistakes in labs: labs/mutants.mk.

### Do the tests notice mistakes?

## ONLY=           `make mmu-mutants`, `make kernel-mutants`: a pattern of their names, such as ONLY='IT-*'
.PHONY: kernel-mutants mmu-mutants fmt-mutants fs-mutants
kernel-mutants: need-qemu ## made in the kernel and the hypervisor
	@ONLY='$(ONLY)' sh grading/suites/kernel/mutants/run.sh $(ARCH) $(MAKE)
mmu-mutants: need-host ## made in mmu/pt and mmu/tdp
	@ONLY='$(ONLY)' sh grading/suites/mmu/mutants/run.sh $(HOST_MACHINE) $(HOSTCC) -std=gnu11 -O1
fmt-mutants: ## made in formats
	@sh grading/suites/mmu/fmt_mutants.sh $(HOSTCC) -std=gnu11 -O1
fs-mutants: need-host ## made in the file system
	@FS_SOURCES='$(FS_SOURCES)' TEST_SOURCES='$(FS_HOST_SOURCES) $(FSCK_SOURCES) $(FS_TEST_SOURCES)' \
		sh mkfs/mutants.sh $(FSHOST)/mutants $(HOSTCC) $(filter-out -MMD -MP,$(FS_FLAGS)) -O1

MUTANT_PARTS := fmt-mutants
MUTANT_FULL_PARTS := kernel-mutants-riscv kernel-mutants-x86 fs-mutants mmu-mutants
PART_kernel-mutants-riscv = $(again) ARCH=riscv kernel-mutants
PART_kernel-mutants-x86   = $(again) ARCH=x86 kernel-mutants
PART_fs-mutants           = $(again) fs-mutants
PART_mmu-mutants          = $(again) mmu-mutants
PART_fmt-mutants          = $(again) fmt-mutants
