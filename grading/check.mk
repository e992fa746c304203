# Tests and measurements.  Included by the Makefile.
#
# `make check` runs parts; a part is a command that reports results (grading/check.sh says how).  PART_x is the command
# of part x; a part in WHOLE_PARTS is a single test by its exit status.  Parts need the Makefile once more where they
# depend on the architecture: $(again) runs it, with this run's variables.

HOST := $(O)/host
RUN_SRC := grading/run/child.c grading/run/text.c
CHECK_JOBS ?= 2
again = MAKEFLAGS= $(MAKE) --no-print-directory $(MAKEOVERRIDES)

### Test

.PHONY: lint
lint: ## check the rules of style and layering
	@sh grading/lint/lint.sh

.PHONY: lint-selftest
lint-selftest: ## check that lint catches what it should
	@sh grading/lint/selftest.sh

.PHONY: stats
stats: ## sizes of folders and functions; UPDATE=1 also corrects docs/tour.md
	@sh grading/lint/stats.sh $(if $(filter 1,$(UPDATE)),update)

# ---- Host programs ----------------------------------------------------------------------------------------------
# Their sources include by path from the top: "grading/run/child.h".

$(HOST)/qrun: grading/run/qrun.c $(RUN_SRC)
$(HOST)/ktest: grading/run/ktest.c $(RUN_SRC)
$(HOST)/qrun $(HOST)/ktest: grading/run/child.h grading/run/text.h $(O)/host.flags
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(filter-out -MMD -MP,$(HFLAGS)) -o $@ $(filter %.c,$^)

GRADE_SRC := $(wildcard grading/grade/*.c)
# Its own tests are with sanitizers.
$(HOST)/grade-tested: GRADE_SANITIZE = $(SANITIZE)
$(HOST)/grade $(HOST)/grade-tested: $(GRADE_SRC) $(wildcard grading/grade/*.h) $(O)/host.flags
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(filter-out -MMD -MP -std=%,$(HFLAGS)) -std=c99 -D_POSIX_C_SOURCE=200809L $(GRADE_SANITIZE) \
		-o $@ $(GRADE_SRC)

# Each file in grading/suites/host is a program that tests the kernel sources it includes.  Sanitizers where they exist.
HOST_SUITES := $(patsubst grading/suites/host/%.c,$(HOST)/suites/%,$(wildcard grading/suites/host/*.c))
SANITIZE = $(call once,SANITIZE,$(shell echo 'int main(void) { return 0; }' | \
	$(HOSTCC) -fsanitize=address,undefined -x c -o /dev/null - 2>/dev/null && echo -fsanitize=address,undefined))

$(HOST_SUITES): $(HOST)/suites/%: grading/suites/host/%.c $(O)/host.flags
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HFLAGS) -Wno-format-overflow -Ikernel -DDEBUG=1 $(SANITIZE) -o $@ $<
-include $(addsuffix .d,$(HOST_SUITES))

include grading/mmu.mk

.PHONY: host-programs
host-programs: $(HOST)/qrun $(HOST)/ktest $(HOST)/grade $(HOST)/grade-tested $(HOST_SUITES)

# ---- Tests in the kernel ----------------------------------------------------------------------------------------
# From a RAM disk and with instruction counting (ICOUNT=1), so that a run repeats exactly; ICOUNT=0 runs CPUs in
# threads of their own.

## KTEST=          `make ktest`: a pattern of case names, such as buddy.*
## SEED=           ... the seed of random tests
## STEPS=          `make fuzz-vm`: calls of hostile monitors
## FUZZ_GUESTS=    ... how many hostile guests
## ICOUNT=1        ... 1: count instructions, every run is the same; 0: CPUs really run at once
KTEST  ?=
SEED   ?=
ICOUNT ?= 1
KTEST_ID := $(ARCH)-$(CPUS)$(if $(filter 0,$(ICOUNT)),-threads)$(if $(IS_TDP),,-$(MMU_NAME))
KTEST_LOG ?= $(O)/log/ktest-$(KTEST_ID)
KTEST_CLOCK_1 := -icount shift=0,sleep=off
KTEST_CLOCK_0 :=
KTEST_ARGS_0 := ktest.realtime
KTEST_QEMU = $(QEMU_TEST) -kernel $(P)/ktest.elf $(QEMU_DISK_ram) \
	$(KTEST_CLOCK_$(ICOUNT)) -append @KARGS@

KTEST_LINE = $(strip $(if $(KTEST),ktest=$(KTEST)) $(if $(SEED),seed=$(SEED)) $(KTEST_ARGS_$(ICOUNT)) $(KARGS))

# The command that repeats a case, with what is not as it always is.
unusual = $(if $(filter-out $(2),$($(1))), $(1)=$($(1)))
AGAIN_KARGS = $(filter-out ktest.nodeaths ktest.nosim,$(KARGS))
AGAIN = make repro ARCH=$(ARCH)$(call unusual,CPUS,4)$(call unusual,MEM,256M)$(call unusual,DEBUG,1)$(call \
	unusual,OPT,-O2)$(call unusual,MMU,tdp)$(call unusual,ICOUNT,1)$(if $(AGAIN_KARGS), KARGS='$(AGAIN_KARGS)') \
	T='@NAME@' SEED=@SEED@ GDB=1

# run_ktest,LOG,ARGUMENTS: the results go to $RESULTS, if that is set.
run_ktest = $(HOST)/ktest -n '$(KTEST_ID).' -g $(call quoted,$(AGAIN)) -f '$(KTEST)' -r '$(SEED)' \
	-a $(call quoted,$(strip $(KTEST_ARGS_$(ICOUNT)) $(2))) -l $(1).log -o "$${RESULTS:-$(1).ktap}" -- $(KTEST_QEMU)

.PHONY: ktest
ktest: need-qemu $(P)/ktest.elf $(B)/ram.img $(HOST)/ktest ## run the tests inside the kernel
	@mkdir -p $(dir $(KTEST_LOG))
	@$(call run_ktest,$(KTEST_LOG),$(KARGS))

.PHONY: ktest-list ktest-repeat
ktest-list: need-qemu $(P)/ktest.elf $(B)/ram.img ## the names of these tests
	@$(subst @KARGS@,$(call quoted,ktest.list $(KTEST_LINE)),$(KTEST_QEMU)) | \
		$(AWK) '/^# case / { sub(/\r/, ""); print $$4 }'

# A run repeats exactly: everything that it prints, instruction counts included.  On one CPU of the host, because QEMU's
# threads race where all CPUs sleep (docs/platform.md, "Under -icount"); two equal runs of three.
ONE_CPU = $(call once,ONE_CPU,$(shell taskset -c 0 true 2>/dev/null && echo taskset -c 0))
run_again = RESULTS=; $(ONE_CPU) $(call run_ktest,$(KTEST_LOG)-repeat-$(1),ktest.nodeaths ktest.nosim $(KARGS))
same_runs = cmp $(KTEST_LOG)-repeat-$(1).log $(KTEST_LOG)-repeat-$(2).log
ktest-repeat: need-qemu $(P)/ktest.elf $(B)/ram.img $(HOST)/ktest
	@mkdir -p $(dir $(KTEST_LOG))
	@$(call run_again,1)
	@$(call run_again,2)
	@$(call same_runs,1,2) || { $(call run_again,3) && { $(call same_runs,1,3) || $(call same_runs,2,3); }; }
	@echo ok $(KTEST_ID).ktest.run_repeats_exactly

.PHONY: ktest-selftest
ktest-selftest:
	@sh grading/run/ktest_selftest.sh '$(KTEST_ID).' env $(again) ktest

# ---- Tests in the booted system ---------------------------------------------------------------------------------
# The disk is a snapshot: what is written is forgotten, and several runs can share it.

GUEST_QEMU = $(QEMU_TEST) -kernel $(P)/flatland.elf -snapshot $(QEMU_DISK_$(DISK)) -append @KARGS@

.PHONY: run
run: need-qemu all $(HOST)/qrun ## boot, run CMD='command' in the shell, and halt
	@$(HOST)/qrun -v -t 3600 -e 'init: exit status 0' -- \
		$(subst @KARGS@,$(call quoted,$(KARGS) -- $(value CMD)),$(GUEST_QEMU))

.PHONY: usertests
usertests: need-qemu all $(HOST)/ktest ## run the tests of system calls; USERTESTS='pipe.*' only some
	@mkdir -p $(O)/log
	@$(HOST)/ktest -1 -t 330 -n '$(ARCH)-$(CPUS).user.' -l $(O)/log/usertests-$(ARCH)-$(CPUS).log \
		-o "$${RESULTS:-$(O)/log/usertests-$(ARCH)-$(CPUS).ktap}" -- \
		$(subst @KARGS@,"@KARGS@ -- usertests "$(call quoted,$(USERTESTS)),$(GUEST_QEMU))

.PHONY: boot-probe
boot-probe: all $(HOST)/qrun
	@printf '%-6s prompt after ' $(ARCH); $(HOST)/qrun -m -t 30 -e 'flatland$$ ' -k -- \
		$(subst @KARGS@,'',$(GUEST_QEMU)) | sed 's/:.*//'

.PHONY: fuzz-vm
fuzz-vm: ## hostile monitors and guests, for long, on both machines
	@for arch in riscv x86; do $(again) ARCH=$$arch \
		CMD='vmfuzz -s $(or $(SEED),1) -n $(or $(STEPS),500000) -g $(or $(FUZZ_GUESTS),200)' run || exit 1; done

.PHONY: guest-programs console-test
guest-programs: all $(HOST)/qrun
	@sh grading/run/guest.sh grading/run/guest.list '$(ARCH)-$(CPUS).' $(HOST)/qrun $(GUEST_QEMU)
console-test: all $(HOST)/qrun
	@sh grading/run/console.sh '$(ARCH)-$(CPUS).' $(HOST)/qrun $(subst @KARGS@,'',$(GUEST_QEMU))

# ---- All of it --------------------------------------------------------------------------------------------------
# Long parts first, so that the two jobs end together.

GUEST_PARTS := $(foreach a,riscv x86,usertests-$(a)-4) $(foreach a,riscv x86,usertests-$(a)-1) \
	$(foreach a,riscv x86,ktest-$(a)-4 ktest-$(a)-threads ktest-$(a)-1 ktest-repeat-$(a) \
	bench-$(a) programs-$(a) console-$(a) plug-$(a) gdb-$(a) repro-$(a))
OTHER_PARTS := gdb-selftest gdb-docs build-selftest run-selftest grade-selftest ktest-selftest deps-selftest lint \
	lint-selftest host-suites
BUILD_PARTS := build-host build-riscv build-x86 build-htest
TEST_PARTS  := $(GUEST_PARTS) $(OTHER_PARTS) $(FS_PARTS) $(MMU_PARTS) $(MUTANT_PARTS) $(LAB_PARTS)
# What takes too long for `make check`; and what a release for students does not have.
FULL_PARTS  := $(MUTANT_FULL_PARTS) $(LAB_FULL_PARTS)
WHOLE_PARTS += $(BUILD_PARTS) lint gdb-docs

PART_build-host  = $(again) -j$(CHECK_JOBS) host-programs
PART_build-riscv = $(again) -j$(CHECK_JOBS) ARCH=riscv all ktest-kernel
PART_build-x86   = $(again) -j$(CHECK_JOBS) ARCH=x86 all ktest-kernel
PART_lint           = sh grading/lint/lint.sh
PART_lint-selftest  = sh grading/lint/selftest.sh
PART_run-selftest   = sh grading/run/selftest.sh $(HOST)
PART_gdb-selftest   = $(again) ARCH=riscv gdb-selftest
PART_gdb-docs       = $(again) gdb-docs
PART_grade-selftest = sh grading/grade/selftest.sh $(HOST)/grade-tested
PART_ktest-selftest = $(again) ARCH=riscv CPUS=2 ktest-selftest
PART_deps-selftest  = sh grading/run/deps_selftest.sh
PART_build-selftest = sh grading/run/build_selftest.sh $(MAKE) $(O)
PART_host-suites    = QRUN=$(HOST)/qrun sh grading/run/each.sh $(HOST_SUITES)

define machine_parts
PART_usertests-$(1)-4   = $$(again) ARCH=$(1) CPUS=4 usertests
PART_usertests-$(1)-1   = $$(again) ARCH=$(1) CPUS=1 usertests
PART_ktest-$(1)-4       = $$(again) ARCH=$(1) CPUS=4 ktest
PART_ktest-$(1)-1       = $$(again) ARCH=$(1) CPUS=1 MEM=3G KARGS=ktest.nodeaths ktest
PART_ktest-$(1)-threads = $$(again) ARCH=$(1) CPUS=4 ICOUNT=0 KARGS=ktest.nodeaths ktest
PART_ktest-repeat-$(1)  = $$(again) ARCH=$(1) CPUS=4 ktest-repeat
PART_bench-$(1)         = $$(again) ARCH=$(1) bench-costs
PART_programs-$(1)      = $$(again) ARCH=$(1) CPUS=4 guest-programs
PART_console-$(1)       = $$(again) ARCH=$(1) CPUS=4 console-test
PART_plug-$(1)          = sh grading/run/plug_selftest.sh $(1) $(O) env $$(again)
PART_gdb-$(1)           = $$(again) ARCH=$(1) gdb-sessions
PART_repro-$(1)         = $$(again) ARCH=$(1) repro-selftest
endef
$(eval $(call machine_parts,riscv))
$(eval $(call machine_parts,x86))

.PHONY: ktest-kernel
ktest-kernel: $(P)/ktest.elf

named_part = $(if $(filter $(1),$(WHOLE_PARTS)),+)$(1)
ALL_PARTS := $(BUILD_PARTS) $(TEST_PARTS) $(FULL_PARTS)
.PHONY: $(addprefix part-,$(ALL_PARTS))
$(addprefix part-,$(ALL_PARTS)): part-%:
	@CHECK_DIR=$(O)/check sh grading/check.sh part $(call named_part,$*) env $(PART_$*)

.PHONY: check check-full
CHECKED := $(TEST_PARTS)
check: ## all tests on both machines; the last line is "N passed, N failed"
check-full: ## the same, with all of what `make check` has a sample of: hours
check-full: CHECKED := $(FULL_PARTS) $(filter-out $(LAB_SAMPLES),$(TEST_PARTS))
check check-full:
	@$(DEPS_ENV) sh labs/deps.sh need awk host-cc riscv-cc x86-cc riscv-qemu riscv-firmware x86-qemu x86-firmware \
		$(if $(filter true,$(CI)),riscv-gdb x86-gdb) $(CHECK_TOOLS)
	@rm -rf $(O)/check
	@$(again) -k $(addprefix part-,$(BUILD_PARTS)) || true
	@$(again) -k -j$(CHECK_JOBS) $(addprefix part-,$(CHECKED)) || true
	@CHECK_DIR=$(O)/check sh grading/check.sh sum $(BUILD_PARTS) $(CHECKED)

# ---- Measurements -----------------------------------------------------------------------------------------------

QEMU_BOOT = $(QEMU_TEST) -kernel $(P)/flatland.elf -snapshot $(QEMU_DISK_$(DISK)) -append $(call quoted,$(KARGS))

.PHONY: bench bench-costs bench-count
bench: ## what guests cost on both machines, in instructions, beside what the design asks for
	@for arch in riscv x86; do $(again) ARCH=$$arch bench-costs && \
		sed -n "s/^# bench /$$arch  /p" $(O)/log/bench-$$arch.log || exit 1; done

# The same kernel twice: the one that is a guest on the disk.
BENCH_LOG = $(O)/log/bench-$(ARCH)
bench-costs:
	@$(again) DEBUG=0 CPUS=1 KTEST='bench.*' KTEST_LOG=$(BENCH_LOG) ktest
	@$(again) DEBUG=0 CPUS=1 MEM=1G bench-count
bench-count: need-qemu all $(HOST)/qrun
	@sh grading/bench_boot.sh count $(ARCH) $(HOST)/qrun $(GUEST_K)/flatland.elf $(B)/ram.img $(P)/flatland.elf \
		$(B)/fs.img $(QEMU_TEST) $(KTEST_CLOCK_1) > $(BENCH_LOG).boot
	@cat $(BENCH_LOG).boot | tee -a $(BENCH_LOG).log $${RESULTS:+"$$RESULTS"} > /dev/null
	@! grep '^not ok' $(BENCH_LOG).boot

.PHONY: bench-boot bench-prompt
bench-boot: $(HOST)/qrun ## how long until the prompt, how long a build takes
	@for arch in riscv x86; do $(again) ARCH=$$arch bench-prompt || exit 1; done
	@MAKEFLAGS= sh grading/bench_boot.sh build $(MAKE) $(HOST)/qrun
bench-prompt: need-qemu all $(HOST)/qrun
	@printf '%-6s ' $(ARCH)
	@sh grading/bench_boot.sh prompt $(HOST)/qrun $(QEMU_BOOT)
