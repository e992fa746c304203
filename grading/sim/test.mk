# The simulated machine's own tests.  Included by grading/mmu.mk, whose rules compile its files.

SIM_TEST_SRC = $(filter grading/sim/%,$(MMU_BENCH_SRC)) grading/sim/walk/$(1).c $(wildcard grading/sim/test/*.c) \
	grading/sim/test/words/$(1).c
SIM_TESTS := $(MMU_FORMATS:%=$(HMMU)/%/simtest)

# Tables of words read better without the zeroes at their ends.
define sim_test_rules
$(HMMU)/$(1)/grading/sim/test/%.o: HMMU_FLAGS += -Wno-missing-field-initializers
$(HMMU)/$(1)/simtest: $$(patsubst %,$(HMMU)/$(1)/%.o,$$(call SIM_TEST_SRC,$(1)))
	$$(call say,LINK,$$@)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) -o $$@ $$^

-include $$(patsubst %,$(HMMU)/$(1)/%.d,$$(call SIM_TEST_SRC,$(1)))
endef
$(foreach f,$(MMU_FORMATS),$(eval $(call sim_test_rules,$(f))))

.PHONY: sim-test $(MMU_FORMATS:%=sim-test-%)
sim-test: $(MMU_FORMATS:%=sim-test-%) ## is the simulated machine as strict as it should be?
$(MMU_FORMATS:%=sim-test-%): sim-test-%: $(HMMU)/%/simtest
	@$<
