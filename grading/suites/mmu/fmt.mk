# Tests of formats that need no instance: tables of flushes, what must not compile.  Included by grading/mmu.mk.

FMT_TABLES := tlb_riscv tlb_npt
FMT_TABLE_SRC_tlb_riscv   := grading/suites/mmu/tlb/riscv.c
FMT_TABLE_SRC_tlb_npt     := grading/suites/mmu/tlb/npt.c
FMT_TABLE_PROGRAMS := $(FMT_TABLES:%=$(HMMU)/tables/%)

define fmt_table_rule
$(HMMU)/tables/$(1): $(FMT_TABLE_SRC_$(1)) grading/suites/mmu/host/main.c $(HMMU)/host.flags
	$$(call say,HOSTCC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(filter-out -MMD -MP,$$(HMMU_FLAGS)) -DSUITE=suite_$(1) -o $$@ $$(filter %.c,$$^)
$(HMMU)/tables/$(1): $(wildcard mmu/fmt/*.h mmu/fmt/riscv/*.h mmu/fmt/npt/*.h grading/suites/mmu/tlb/*.h)
endef
$(foreach t,$(FMT_TABLES),$(eval $(call fmt_table_rule,$(t))))

.PHONY: fmt-test
fmt-test: $(FMT_TABLE_PROGRAMS) ## tables of flushes; mistakes that must not compile
	@for program in $(FMT_TABLE_PROGRAMS); do $$program || exit 1; done
	@sh grading/suites/mmu/compile_fail.sh $(HOSTCC) -std=gnu11
