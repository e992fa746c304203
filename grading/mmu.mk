# The MMU's suites: one program a format on the host, and all formats in the test kernel.  Included by grading/check.mk.
#
# An instance is all of mmu/pt, mmu/tdp, the simulated machine, the explorer and the suites, compiled for one format
# (grading/suites/mmu/suite.h).  Two instances are other builds of arm128: with atomics made of a lock, and with
# accesses that are wrong, which the explorer must notice.
# Those called direct_FORMAT have mmu/direct in the place of mmu/tdp, and the suites that any MMU is judged by; those
# called plug_FORMAT have the MMU that MMU= says.

### Test the MMU
## FMT=            `make htest`: the formats to run, such as FMT='toy riscv'; without, and with LAB=: the lab's cases
## T=              ... a pattern of case names, such as T='tlb.*'
## EFFORT=1        ... how much random tests try
## REPLAY=         ... a schedule that an explorer printed, with T= its case
## FLUSH=          ... verbs: flush with the format's tlb.h
FMT    ?=
T      ?=
EFFORT ?= 1
REPLAY ?=
FLUSH  ?=

# Formats that have both hooks, as sources, and an independent walker.
MMU_FORMATS := $(filter-out $(patsubst labs/supplied/%.o,%,$(wildcard labs/supplied/*.o)),\
	$(foreach f,toy riscv npt ept arm64 arm128 sv39 x86_4l,$(if $(wildcard mmu/fmt/$(f)/pte.h),$(if \
	$(wildcard grading/sim/walk/$(f).c),$(f)))))
MMU_STAGE2 := $(filter-out sv39 x86_4l,$(MMU_FORMATS))
MMU_INSTANCES := $(MMU_FORMATS) $(if $(filter arm128,$(MMU_FORMATS)),arm128_locked arm128_torn) \
	$(MMU_STAGE2:%=direct_%)
MMU_DEFINES_arm128_locked := -DARM128_LOCKED
MMU_DEFINES_arm128_torn   := -DARM128_TORN
mmu_format = $(patsubst plug_%,%,$(patsubst direct_%,%,$(patsubst %_torn,%,$(patsubst %_locked,%,$(1)))))
PLUG_INSTANCES := $(MMU_STAGE2:%=plug_%)

MMU_LIB_SRC   := $(wildcard mmu/pt/*.c mmu/tdp/*.c)
MMU_BENCH_SRC := $(wildcard grading/sim/*.c grading/explore/*.c)
MMU_SUITE_SRC := $(filter-out %/table_any.c,$(wildcard grading/suites/mmu/*.c))
MMU_ANY_SRC := $(wildcard mmu/pt/*.c) $(addprefix grading/suites/mmu/, \
	harness.c tree.c explore_case.c vm.c fault.c taking.c roots.c retry.c table_any.c)

# What a format makes of the registers of an exit, if a machine has it.
mmu_decode = $(firstword \
	$(wildcard grading/suites/mmu/decode/$(call mmu_format,$(1)).c) grading/suites/mmu/decode/none.c)

# Of an instance, for a machine.  What MMU= says is not among them: it may lie outside the tree.
MMU_SRC = $(if $(filter direct_% plug_%,$(1)),$(MMU_ANY_SRC),$(MMU_LIB_SRC) $(MMU_SUITE_SRC) $(call mmu_decode,$(1))) \
	$(MMU_BENCH_SRC) \
	$(if $(filter direct_%,$(1)),$(wildcard mmu/direct/*.c)) \
	grading/sim/walk/$(call mmu_format,$(1)).c grading/explore/arch/$(2)/switch.S
MMU_FLAGS = -Immu/fmt/$(call mmu_format,$(1)) -Igrading/explore/arch/$(2) -DINSTANCE=$(1) $(MMU_DEFINES_$(1)) \
	-DPT_ACCESS_HEADER='"grading/sim/access.h"'

# ---- On the host ------------------------------------------------------------------------------------------------

HOST_MACHINE = $(call once,HOST_MACHINE,$(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/riscv64/riscv/'))
HMMU := $(HOST)/mmu
HMMU_FLAGS = $(filter-out -O2,$(HFLAGS)) -O1 \
	-Wno-unknown-warning-option -Wno-format-truncation -fno-omit-frame-pointer $(SANITIZE)
HTESTS := $(MMU_INSTANCES:%=$(HMMU)/%/htest)

$(HMMU)/host.flags: FORCE | need-host ; $(call stamp,$(HOSTCC) $(HMMU_FLAGS))

define hmmu_rules
$(HMMU)/$(1)/%.o: % $(HMMU)/host.flags
	$$(call say,HOSTCC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) $$(call MMU_FLAGS,$(1),$$(HOST_MACHINE)) -c -o $$@ $$<

$(HMMU)/$(1)/$(if $(filter plug_%,$(1)),$(PLUG_ID)/)htest: \
		$$(patsubst %,$(HMMU)/$(1)/%.o,$$(call MMU_SRC,$(1),$(HOST_MACHINE)) grading/suites/mmu/host/htest.c)
	$$(call say,LINK,$$@)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) -o $$@ $$^

-include $$(patsubst %,$(HMMU)/$(1)/%.d,$$(call MMU_SRC,$(1),$(HOST_MACHINE)) grading/suites/mmu/host/htest.c)
endef
$(foreach i,$(MMU_INSTANCES) $(PLUG_INSTANCES),$(eval $(call hmmu_rules,$(i))))

# The objects of the MMU itself.
define hmmu_plug_rules
$(HMMU)/$(1)/$(PLUG_ID)/htest: $(PLUG_SRC:$(MMU_DIR)/%=$(HMMU)/$(1)/$(PLUG_ID)/%.o)
$(HMMU)/$(1)/$(PLUG_ID)/%.o: $(MMU_DIR)/% $(HMMU)/host.flags
	$$(call say,HOSTCC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(HMMU_FLAGS) $$(call MMU_FLAGS,$(1),$$(HOST_MACHINE)) -c -o $$@ $$<

-include $(PLUG_SRC:$(MMU_DIR)/%=$(HMMU)/$(1)/$(PLUG_ID)/%.d)
endef
$(foreach i,$(PLUG_INSTANCES),$(eval $(call hmmu_plug_rules,$(i))))

HTEST_OPTIONS = $(if $(filter verbs,$(FLUSH)),-f) $(if $(SEED),-s '$(SEED)') $(if $(REPLAY),-r '$(REPLAY)') \
	-e '$(EFFORT)'
htest-arm128_torn: T := interleave.a_torn_write_is_caught

.PHONY: htest htest-programs $(MMU_INSTANCES:%=htest-%) $(PLUG_INSTANCES:%=htest-%)
# With LAB= the lab's cases alone, judged as `make grade` does it; a release knows its LAB.
IS_LAB_HTEST = $(if $(FMT)$(REPLAY)$(FLUSH)$(filter command,$(firstword $(origin MMU))),,$(LAB))
HTEST_RUNS = $(if $(IS_TDP),$(or $(FMT),$(MMU_INSTANCES)),$(addprefix plug_,$(or $(FMT),$(MMU_STAGE2))))
htest: $(if $(IS_LAB_HTEST),,$(HTEST_RUNS:%=htest-%)) ## run the MMU's suites, over all formats; LAB=: a lab's cases
	$(if $(IS_LAB_HTEST),$(call grade_lab,HOST=1))
htest-programs: $(HTESTS)
$(MMU_INSTANCES:%=htest-%): htest-%: $(HMMU)/%/htest
	@$< $(if $(T),-t '$(T)') $(HTEST_OPTIONS)
$(PLUG_INSTANCES:%=htest-%): htest-%: $(HMMU)/%/$(PLUG_ID)/htest
	@$< $(if $(T),-t '$(T)') $(HTEST_OPTIONS)

# Where there is a tlb.h, what depends on flushes runs once more with its verbs.
htest-riscv htest-npt: htest-%: htest-verbs-%
.PHONY: htest-verbs-riscv htest-verbs-npt
htest-verbs-riscv htest-verbs-npt: htest-verbs-%: $(HMMU)/%/htest
	@$(if $(T)$(FLUSH),,for cases in 'tlb.*' 'choke.*' 'fault.*' 'taking.*' 'model.*'; do \
		$< -f -t "$$cases" $(HTEST_OPTIONS) || exit; done)

# ---- In the test kernel -------------------------------------------------------------------------------------------
# An instance is linked into one object, of which only mmu_instance_<name> is left visible.  A kernel for a machine
# without a 128-bit compare-and-swap has the other build of arm128.
# `make KMMU_INSTANCES= ktest` is without them: for runs that look at the kernel alone.

KMMU_STAGE2 := $(filter $(STAGE2_FORMAT),$(MMU_FORMATS))
KMMU_INSTANCES := $(if $(IS_TDP),$(filter-out $(if $(filter x86,$(ARCH)),,arm128),$(MMU_FORMATS)) \
	$(if $(filter arm128,$(MMU_FORMATS)),$(if $(filter x86,$(ARCH)),,arm128_locked)) \
	$(addprefix direct_,toy $(KMMU_STAGE2)),$(addprefix plug_,$(or $(FMT),toy $(KMMU_STAGE2))))
KMMU_FLAGS = $(filter-out -Wframe-larger-than=%,$(KFLAGS))

define kmmu_rules
$(K)/mmu/$(1)/%.o: % $(K)/kernel.flags
	$$(call say,CC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KMMU_FLAGS) $$(call MMU_FLAGS,$(1),$(ARCH)) -c -o $$@ $$<

$(P)/mmu/$(1).o: $$(patsubst %,$(K)/mmu/$(1)/%.o,$$(call MMU_SRC,$(1),$(ARCH)))
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LINK_FLAGS) $$(ARCH_KLINK) -Wl,-r -o $$@.all $$^
	$$(Q)$$(OBJCOPY) --keep-global-symbol=mmu_instance_$(1) $$@.all $$@ && rm -f $$@.all

-include $$(patsubst %,$(K)/mmu/$(1)/%.d,$$(call MMU_SRC,$(1),$(ARCH)))
endef
$(foreach i,$(KMMU_INSTANCES),$(eval $(call kmmu_rules,$(i))))

define kmmu_plug_rules
$(P)/mmu/$(1).o: $(PLUG_SRC:$(MMU_DIR)/%=$(P)/mmu/$(1)/%.o)
$(P)/mmu/$(1)/%.o: $(MMU_DIR)/% $(K)/kernel.flags
	$$(call say,CC,$$< ($(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KMMU_FLAGS) $$(call MMU_FLAGS,$(1),$(ARCH)) -c -o $$@ $$<

-include $(PLUG_SRC:$(MMU_DIR)/%=$(P)/mmu/$(1)/%.d)
endef
$(foreach i,$(filter plug_%,$(KMMU_INSTANCES)),$(eval $(call kmmu_plug_rules,$(i))))

$(P)/mmu/instances.h: FORCE ; $(call stamp,${KMMU_INSTANCES:%=INSTANCE(%)})
$(P)/mmu/ktest.o: grading/suites/mmu/ktest/mmu.c $(P)/mmu/instances.h $(K)/kernel.flags
	$(call say,CC,$<)
	$(Q)$(CC) $(KFLAGS) -I$(P)/mmu -c -o $@ $<
-include $(P)/mmu/ktest.d

$(P)/ktest.elf: $(KMMU_INSTANCES:%=$(P)/mmu/%.o) $(if $(KMMU_INSTANCES),$(P)/mmu/ktest.o)

# ---- An MMU that nobody has seen -----------------------------------------------------------------------------------
# `make check-mmu MMU=dir ARCH=machine` calls the parts below, one after the other (grading/check_mmu.sh).  Simulated
# machines have the format of the machine's second stage and toy's, which has every oddity; FMT= says others.

PLUG_FORMATS := $(or $(FMT),toy $(STAGE2_FORMAT))
PLUG_HTESTS  := $(PLUG_FORMATS:%=$(HMMU)/plug_%/$(PLUG_ID)/htest)
PLUG_CASES   := $(if $(IS_TDP),$(STAGE2_FORMAT),plug_)

.PHONY: new-mmu
new-mmu: ## begin an MMU in mmu/NAME
	@sh labs/new_mmu.sh $(call quoted,$(if $(filter command,$(firstword $(origin NAME))),$(NAME)))

.PHONY: check-mmu plug-build plug-simulated plug-kernel plug-machine plug-guests
check-mmu: need-qemu need-host ## judge the MMU that MMU= says, on this machine
	@sh grading/check_mmu.sh $(O)/check-$(PLUG_ID)-$(ARCH) $(again)
plug-build:
	@$(again) -j$(CHECK_JOBS) all $(P)/ktest.elf $(PLUG_HTESTS) $(HOST)/ktest $(HOST)/qrun
plug-simulated: $(PLUG_HTESTS)
	@for program in $(PLUG_HTESTS); do sh grading/suites/mmu/each_case.sh $$program -e '$(EFFORT)'; done
	@$(if $(filter $(STAGE2_FORMAT),$(PLUG_FORMATS)),sh grading/suites/mmu/each_case.sh \
		$(HMMU)/plug_$(STAGE2_FORMAT)/$(PLUG_ID)/htest -f -e '$(EFFORT)')
plug-kernel:
	@$(again) KTEST='mmu.$(PLUG_CASES)*' KTEST_LOG=$(O)/log/$(PLUG_ID)-$(ARCH)-kernel ktest
plug-machine:
	@$(again) KTEST='hyp_machine*' KTEST_LOG=$(O)/log/$(PLUG_ID)-$(ARCH)-machine ktest
plug-guests: all $(HOST)/qrun
	@sh grading/run/guest.sh grading/run/mmu_guests.list '$(ARCH)-$(CPUS).guest.' $(HOST)/qrun $(GUEST_QEMU)

# ---- Measurements and proofs ---------------------------------------------------------------------------------------

.PHONY: coverage
coverage: need-host ## branch coverage of mmu/pt, mmu/tdp and formats; MISSED=1 names what is missed
	@MISSED='$(MISSED)' sh grading/suites/mmu/coverage.sh $(O)/coverage $(HOST_MACHINE) $(HOSTCC) \
		$(or $(FMT),$(MMU_FORMATS))

# No sanitizers, no simulated machine: the code as a kernel has it.
BENCHES := $(MMU_FORMATS:%=$(HMMU)/%/bench)
$(BENCHES): $(HMMU)/%/bench: grading/suites/mmu/host/bench.c $(MMU_LIB_SRC) $(O)/host.flags
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(filter-out -MMD -MP,$(HFLAGS)) -Immu/fmt/$* -o $@ $(filter %.c,$^)
$(BENCHES): $(wildcard mmu/*.h mmu/pt/*.h mmu/tdp/*.h mmu/fmt/*/*.h)

.PHONY: bench-pt
bench-pt: $(patsubst %,$(HMMU)/%/bench,$(or $(FMT),$(MMU_FORMATS))) ## what mapping and walking cost
	@for f in $(or $(FMT),$(MMU_FORMATS)); do \
		sh grading/suites/mmu/bench.sh $$f $(HMMU)/$$f/bench || exit 1; done

# libFuzzer where the compiler has it; else bytes are drawn at random.
## FUZZ_SECONDS=60 `make fuzz`: for so long, over each format
FUZZ_SECONDS ?= 60
FUZZER = $(call once,FUZZER,$(shell for cc in $(HOSTCC) clang; do \
	echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return 0; }' | \
	$$cc -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null && echo $$cc && break; done))
FUZZ_CC = $(if $(FUZZER),$(FUZZER) -fsanitize=fuzzer,$(HOSTCC) -DFUZZ_PLAIN)
FUZZ_RUN = $(if $(FUZZER),-max_total_time=$(FUZZ_SECONDS) -max_len=721 -len_control=0 -verbosity=0 \
	$(if $(SEED),-seed=$(SEED)),$(FUZZ_SECONDS) $(SEED))

.PHONY: fuzz
fuzz: need-host ## sequences of operations made by a fuzzer
	@for f in $(or $(FMT),$(MMU_FORMATS)); do $(again) fuzz-one FMT=$$f || exit 1; done

.PHONY: fuzz-one
fuzz-one:
	@mkdir -p $(HMMU)/$(FMT)/corpus
	$(call say,HOSTCC,$(HMMU)/$(FMT)/fuzz)
	$(Q)$(FUZZ_CC) $(filter-out -MMD -MP,$(HMMU_FLAGS)) -w $(call MMU_FLAGS,$(FMT),$(HOST_MACHINE)) \
		-o $(HMMU)/$(FMT)/fuzz $(call MMU_SRC,$(FMT),$(HOST_MACHINE)) grading/suites/mmu/host/fuzz.c
	@$(HMMU)/$(FMT)/fuzz $(FUZZ_RUN) $(if $(FUZZER),-artifact_prefix=$(HMMU)/$(FMT)/ $(HMMU)/$(FMT)/corpus)


NOCALL_FORMATS_riscv := riscv toy arm64
NOCALL_FORMATS_x86   := npt ept arm128
.PHONY: nocall
nocall: need-build ## no loop of mmu/pt and mmu/tdp calls a hook
	@for f in $(filter $(MMU_FORMATS),$(NOCALL_FORMATS_$(ARCH))); do \
		sh grading/suites/mmu/nocall.sh $$f $(patsubst %objcopy,%objdump,$(OBJCOPY)) \
		$(CC) $(filter-out -MMD -MP,$(KFLAGS)) || exit 1; done

# ---- Parts of `make check` ----------------------------------------------------------------------------------------

MMU_PARTS := $(MMU_INSTANCES:%=htest-%) nocall-riscv nocall-x86 sim-test fmt-test
PART_build-htest  = $(again) -j$(CHECK_JOBS) htest-programs $(SIM_TESTS) $(FMT_TABLE_PROGRAMS)
PART_sim-test     = $(again) sim-test
PART_fmt-test     = $(again) fmt-test
PART_nocall-riscv = $(again) ARCH=riscv nocall
PART_nocall-x86   = $(again) ARCH=x86 nocall
$(foreach i,$(MMU_INSTANCES),$(eval PART_htest-$(i) = $(again) htest-$(i)))

include grading/sim/test.mk
include grading/suites/mmu/fmt.mk
