# Mutants of labs: mistakes as students make them, each noticed by the lab's cases, by its name.  Included by the
# Makefile where it is there; a release has it not.
#
# The suites of a format are compiled without sanitizers into build/host/mutants/FORMAT; labs/mutants.sh compiles again
# what a mutant changes.

## M=              `make mutants`: a pattern of names, such as M='u-*'; LAB= one lab's
M ?=
CHECK_TOOLS += patch
MUTANTS := $(HOST)/mutants
MUTANT_FORMATS := $(filter riscv npt toy,$(MMU_FORMATS))
MUTANT_SRC = $(call MMU_SRC,$(1),$(HOST_MACHINE)) grading/suites/mmu/host/htest.c

# The file "command" compiles; $BEFORE in it is for who has other files of mmu/.
define mutant_rules
$(MUTANTS)/$(1)/command: FORCE | need-host
	$$(call stamp,$(HOSTCC) $$$$BEFORE -std=gnu11 -O0 -w -MMD -MP -I. $$(call MMU_FLAGS,$(1),$$(HOST_MACHINE)))
$(MUTANTS)/$(1)/objects/%.o: % $(MUTANTS)/$(1)/command
	$$(call say,HOSTCC,$$< (mutants of $(1)))
	@mkdir -p $$(@D)
	$$(Q)BEFORE=; eval "$$$$(cat $(MUTANTS)/$(1)/command)" -c -o $$@ $$<
.PHONY: mutant-objects-$(1)
mutant-objects-$(1): $$(patsubst %,$(MUTANTS)/$(1)/objects/%.o,$$(call MUTANT_SRC,$(1)))
-include $$(patsubst %,$(MUTANTS)/$(1)/objects/%.d,$$(call MUTANT_SRC,$(1)))
endef
$(foreach f,$(MUTANT_FORMATS),$(eval $(call mutant_rules,$(f))))

mutant_run = @OUT=$(MUTANTS) GRADE=$(HOST)/grade SAMPLE='$(SAMPLE)' sh labs/mutants.sh
.PHONY: mutants mutants-selftest mutant-needs need-patch
need-patch: ; @$(DEPS_ENV) sh labs/deps.sh need patch
mutant-needs: need-patch $(MUTANT_FORMATS:%=mutant-objects-%) $(HOST)/grade
mutants: mutant-needs ## mistakes in labs, each noticed by its name: LAB=, M=
	$(mutant_run) '$(M)' $(call quoted,$(LAB))
mutants-selftest: mutant-needs
	@OUT=$(MUTANTS) GRADE=$(HOST)/grade sh labs/mutants_selftest.sh
