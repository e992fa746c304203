# For those who give the course: releases.  Included by the Makefile where it is there; a release has it not.

### Give the course
## LAB=            `make release`: the lab, by name or number (labs/labs.list)
## OUT=            ... where its tree goes
## COURSE=full     ... the course (labs/courses)
## EARLIER=source  ... labs before it: source, solved; own, left for the student's own work
LAB     ?=
OUT     ?=
COURSE  ?= full
EARLIER ?= source
RELEASE_OUT = $(call quoted,$(OUT))
SUPPLIED_OUT = $(RELEASE_OUT)/labs/supplied

.PHONY: release
release: ## the tree for the students of a lab
	@sh labs/release.sh $(call quoted,$(LAB)) $(RELEASE_OUT) $(call quoted,$(COURSE)) '$(EARLIER)'
	@[ ! -d $(SUPPLIED_OUT) ] || for arch in riscv x86; do \
		$(again) ARCH=$$arch supplied || { rm -rf $(RELEASE_OUT); exit 1; }; done

.PHONY: supplied
supplied: need-build
	@$(CC) $(filter-out -g -MMD -MP,$(KFLAGS)) -Immu/fmt/$(STAGE2_FORMAT) -c \
		-o $(SUPPLIED_OUT)/$(STAGE2_FORMAT).o labs/supplied.c
	@$(OBJCOPY) --strip-debug --localize-symbol=pte_make_leaf $(SUPPLIED_OUT)/$(STAGE2_FORMAT).o

## CUTS=           `make cut-check`: releases, such as CUTS='half:iter:riscv'; all of which labs/expected has a list
CUTS ?= $(subst .,:,$(subst /,:,$(patsubst labs/expected/%,%,$(wildcard labs/expected/*/*))))
.PHONY: cut-check
cut-check: need-qemu $(O)/host/qrun ## every release compiles, boots, and fails exactly as it should
	@UPDATE='$(UPDATE)' sh labs/cut_check.sh $(O)/cuts $(MAKE) $(CUTS)

.PHONY: release-check
release-check: need-build ## how releases are made: what is refused, and what is left out
	@sh labs/release_check.sh $(O)/releases $(MAKE)

## LABS=           `make walk`: some labs of COURSE, such as LABS='pte iter'; all that are graded if it is empty
LABS ?=
.PHONY: walk
walk: need-qemu $(O)/host/grade ## COURSE on ARCH, part by part: points are as labs/walks says; UPDATE=1 writes it
	@UPDATE='$(UPDATE)' sh labs/walk.sh $(O)/walk/$(COURSE).$(ARCH).$(EARLIER) $(MAKE) $(O)/host/grade \
		$(call quoted,$(COURSE)) $(ARCH) '$(EARLIER)' $(LABS)

.PHONY: budgets
budgets: need-qemu ## LAB=x, or all: what the solution needs of its budget, on both machines, with -O2 and -Og
	@sh labs/budgets.sh $(O)/budgets $(MAKE) $(filter-out all,$(LAB))

# `make check` has samples, `make check-full` all of which there are expectations.
LAB_SAMPLES := cuts walk
LAB_PARTS := releases walk-selftest $(LAB_SAMPLES)
PART_releases = $(again) release-check
PART_walk-selftest = sh labs/walk_check.sh
PART_cuts = $(again) CUTS='full:tour:x86 full:pte:riscv' cut-check
PART_walk = $(again) COURSE=half ARCH=riscv LABS=pte walk

WALKS := $(patsubst labs/walks/%,%,$(wildcard labs/walks/*))
GRADED := $(patsubst labs/%/lab.conf,%,$(wildcard labs/*/lab.conf))
LAB_FULL_PARTS := budgets cuts-all walk-own $(addprefix walk-,$(subst .,-,$(WALKS))) $(GRADED:%=flaky-%)
WHOLE_PARTS += $(GRADED:%=flaky-%)
PART_budgets = $(again) LAB=all budgets
PART_cuts-all = $(again) cut-check
PART_walk-own = $(again) COURSE=half ARCH=riscv EARLIER=own LABS='pte iter' walk
$(foreach l,$(GRADED),$(eval PART_flaky-$(l) = $$(again) O=$(O)/flaky-$(l) LAB=$(l) ARCH=all N=20 LOAD=1 flaky))
$(foreach w,$(WALKS),$(eval PART_walk-$(subst .,-,$(w)) = \
	$$(again) COURSE=$(basename $(w)) ARCH=$(patsubst .%,%,$(suffix $(w))) walk))

# ---- How labs are graded ------------------------------------------------------------------------------------------

CONF_NAMES := $(O)/conf-check
.PHONY: conf-check conf-names
conf-check: need-host $(O)/host/grade ## does each lab.conf add up, and fit the tests?
	@for arch in riscv x86; do $(again) ARCH=$$arch conf-names || exit 1; done
	@sh labs/conf_check.sh $(O)/host/grade $(CONF_NAMES) riscv:riscv x86:npt
conf-names:
	@mkdir -p $(CONF_NAMES)
	@$(again) -s ktest-list > $(CONF_NAMES)/$(ARCH)

LAB_PARTS += conf
PART_conf = $(again) conf-check

.PHONY: grade-check
grade-check: need-qemu $(O)/host/grade ## what `make grade` says in a release, as the work is done
	@sh labs/grade_check.sh $(O)/grade-check $(MAKE) $(ARCH)

LAB_PARTS += grade-release
PART_grade-release = $(again) ARCH=riscv grade-check

# ---- Mistakes that labs notice ------------------------------------------------------------------------------------
# labs/mutants.mk; `make check` has a sample.

LAB_PARTS += lab-mutants
LAB_FULL_PARTS += lab-mutants-full
PART_lab-mutants = $(again) SAMPLE=12 mutants-selftest mutants
PART_lab-mutants-full = $(again) mutants

LAB_PARTS += diag-selftest
PART_diag-selftest = sh labs/diag_selftest.sh $(O)/host/grade
