# The MMU's suites: one program a format on the host, and all formats in the test kernel.  Included by grading/check.mk.
#
# An instance is all of mmu/pt, mmu/tdp, the simulated machine, the explorer and the suites, compiled for one format
# (grading/suites/mmu/suite.h).

## FMT=            `make htest`: the formats to run, such as FMT='toy riscv'
## T=              ... a pattern of case names, such as T='tlb.*'
## EFFORT=1        ... how much random tests try
## REPLAY=         ... a schedule that an explorer printed, with T= its case
FMT    ?=
T      ?=
EFFORT ?= 1
REPLAY ?=

# Formats that have both hooks and an independent walker.
MMU_FORMATS := $(foreach f,toy riscv npt ept arm64 arm128 sv39 x86_4l,$(if $(wildcard mmu/fmt/$(f)/pte.h),$(if \
	$(wildcard grading/sim/walk/$(f).c),$(f))))

MMU_LIB_SRC   := $(wildcard mmu/pt/*.c mmu/tdp/*.c)
MMU_BENCH_SRC := $(wildcard grading/sim/*.c grading/explore/*.c)
MMU_SUITE_SRC := $(filter-out %/fault_%.c,$(wildcard grading/suites/mmu/*.c))
MMU_SRC = $(MMU_LIB_SRC) $(MMU_BENCH_SRC) grading/sim/walk/$(1).c $(MMU_SUITE_SRC) grading/explore/arch/$(2)/switch.S
MMU_FLAGS = -Immu/fmt/$(1) -Igrading/explore/arch/$(2) -DINSTANCE=$(1) -DPT_ACCESS_HEADER='"grading/sim/access.h"'

# ---- On the host ------------------------------------------------------------------------------------------------

HOST_MACHINE = $(call once,HOST_MACHINE,$(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/riscv64/riscv/'))
HMMU := $(HOST)/mmu
HMMU_FLAGS = $(HFLAGS) -Wno-format-truncation -fno-omit-frame-pointer $(SANITIZE)
HTESTS := $(MMU_FORMATS:%=$(HMMU)/%/htest)

$(HMMU)/host.flags: FORCE | need-host ; $(call stamp,$(HOSTCC) $(HMMU_FLAGS))

define hmmu_rules
$(HMMU)/$(1)/%.o: % $(HMMU)/host.flags
	$$(call say,HOSTCC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) $$(call MMU_FLAGS,$(1),$$(HOST_MACHINE)) -c -o $$@ $$<

$(HMMU)/$(1)/htest: $$(patsubst %,$(HMMU)/$(1)/%.o,$$(call MMU_SRC,$(1),$(HOST_MACHINE)) \
		grading/suites/mmu/host/htest.c)
	$$(call say,LINK,$$@)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) -o $$@ $$^

-include $$(patsubst %,$(HMMU)/$(1)/%.d,$$(call MMU_SRC,$(1),$(HOST_MACHINE)) grading/suites/mmu/host/htest.c)
endef
$(foreach f,$(MMU_FORMATS),$(eval $(call hmmu_rules,$(f))))

.PHONY: htest htest-programs
htest: $(addprefix htest-,$(or $(FMT),$(MMU_FORMATS))) ## run the MMU's suites on the simulated machine, over all formats
htest-programs: $(HTESTS)

.PHONY: $(MMU_FORMATS:%=htest-%)
$(MMU_FORMATS:%=htest-%): htest-%: $(HMMU)/%/htest
	@$< $(if $(T),-t '$(T)') $(if $(SEED),-s '$(SEED)') $(if $(REPLAY),-r '$(REPLAY)') -e '$(EFFORT)'
