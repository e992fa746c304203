# Debugging: a machine that waits for GDB, GDB, and one test again, exactly.  Included by grading/check.mk.
#
# $(GDB_DIR) holds what `make qemu-gdb` and `make gdb` of this checkout and machine tell each other: labs/debug.sh.
# What GDB loads is in labs/gdb; the manual is docs/debugging.md.

### Debug
## T=              `make qemu-gdb`, `make repro`: the test kernel with this case, such as T=hyp.a_guest_halts
## GDB=            `make repro`: 1: in GDB, stopped at the failure; or the name of a GDB, for `make gdb` too
GDB_DIR := $(B)/debug

# GDB=0 and GDB=1 name no program.
GDB_NAMED = $(filter-out 0 1,$(GDB))
WITH_GDB = $(if $(filter command,$(firstword $(origin GDB))),$(filter-out 0,$(GDB)))
DEBUG_SH = $(GUEST_NAMES) GDB='$(GDB_NAMED)' sh labs/debug.sh

# Where the symbols of guests are: labs/gdb/guest.gdb.
GUEST_NAMES = GUEST_BUILD='$(B)' GUEST_KERNEL='$(GUEST_K)/flatland.elf' GUESTS='$(GUESTS)'

# On RISC-V idle time passes as for the host: with sleep=off QEMU hangs after some stops (docs/platform.md, "GDB").
GDB_CLOCK_riscv := -icount shift=0
GDB_CLOCK_x86 := -icount shift=0,sleep=off
GDB_CLOCK_1 = $(GDB_CLOCK_$(ARCH))
GDB_CLOCK_0 :=

# What is debugged: the test kernel with a case, or the whole system.
DEBUG_ELF = $(P)/$(if $(T),ktest,flatland).elf
DEBUGGED = $(if $(T),$(P)/ktest.elf $(B)/ram.img,all)
CASE_LINE = $(strip ktest=$(T) $(if $(SEED),seed=$(SEED)) $(KTEST_ARGS_$(ICOUNT)) $(KARGS))
CASE_QEMU = $(QEMU_BASE) -nographic -no-reboot -kernel $(P)/ktest.elf $(QEMU_DISK_ram) $(GDB_CLOCK_$(ICOUNT)) \
	-append $(call quoted,$(CASE_LINE))

.PHONY: qemu-gdb
qemu-gdb: need-qemu $(DEBUGGED) ## boot, but wait for `make gdb` in another terminal; T=case: the test kernel
	@socket=$$($(DEBUG_SH) prepare $(GDB_DIR) $(GDB_ARCH) $(DEBUG_ELF)) || exit; $(LAB_BANNER) $(QEMU_SESSION) \
		$(if $(T),$(CASE_QEMU),$(QEMU_RUN)) -S -pidfile $(GDB_DIR)/qemu.pid \
		-chardev socket,path="$$socket",server=on,wait=off,id=gdb0 -gdb chardev:gdb0

.PHONY: gdb
gdb: need-gdb ## debug what `make qemu-gdb` has started, or will start
	@$(DEBUG_SH) gdb $(GDB_DIR) $(ARCH)

# ---- One test again ---------------------------------------------------------------------------------------------
# With instructions counted, from a RAM disk and on one CPU of the host, a case executes the same instructions every
# time (docs/platform.md, "Under -icount").  Failing tests print the line that calls this.

REPRO_LOG = $(O)/log/repro-$(ARCH).log
REPRO_KTEST = $(HOST)/ktest -1 -f '$(T)' -r '$(SEED)' -a $(call quoted,$(strip $(KTEST_ARGS_$(ICOUNT)) $(KARGS))) \
	-l $(REPRO_LOG) -- $(KTEST_QEMU)
REPRO_QEMU = $(QEMU_TEST) -kernel $(P)/ktest.elf $(QEMU_DISK_ram) $(GDB_CLOCK_$(ICOUNT)) \
	-append $(call quoted,$(CASE_LINE))
REPRO_NEEDS = $(P)/ktest.elf $(B)/ram.img $(HOST)/ktest $(HOST)/qrun $(if $(WITH_GDB),need-gdb)

.PHONY: repro
repro: need-qemu $(REPRO_NEEDS) ## run T=case SEED=n again, exactly; GDB=1: in GDB, stopped at the failure
	$(if $(T),,$(error make repro needs T=suite.case, a name that `make ktest-list` prints))
	@mkdir -p $(dir $(REPRO_LOG))
	@$(if $(WITH_GDB),$(repro_in_gdb),$(repro_alone))

REPRO_PROOF_1 = $(DEBUG_SH) proof $(REPRO_LOG) $(P)/ktest.elf
REPRO_PROOF_0 = echo "CPUs ran at once (ICOUNT=0): no two runs are the same."
define repro_alone
$(ONE_CPU) $(REPRO_KTEST); status=$$?; $(REPRO_PROOF_$(ICOUNT)); exit $$status
endef

# A directory of its own: `make qemu-gdb` may run beside it.
define repro_in_gdb
$(DEBUG_SH) prepare $(GDB_DIR)-repro $(GDB_ARCH) $(P)/ktest.elf > /dev/null && \
	$(DEBUG_SH) failure $(GDB_DIR)-repro $(ARCH) $(HOST)/qrun $(REPRO_LOG) $(ONE_CPU) $(REPRO_QEMU)
endef

# ---- Record and replay -----------------------------------------------------------------------------------------
# QEMU notes what comes from outside and repeats it, in GDB backwards too: docs/debugging.md says where.  One CPU.  The
# kernel is kept with the recording.

RR_DIR := $(B)/rr
RR_QEMU = $(subst -smp $(CPUS),-smp 1,$(QEMU_TEST)) -kernel $(RR_DIR)/ktest.elf -initrd $(RR_DIR)/ram.img \
	-icount shift=0,sleep=off,rrfile=$(RR_DIR)/record,rr=$(1)
keep = ln -f $(1) $(RR_DIR) 2>/dev/null || cp $(1) $(RR_DIR)

.PHONY: record replay
record: need-qemu $(REPRO_NEEDS) ## run T=case SEED=n on one CPU, and record it for `make replay`
	$(if $(T),,$(error make record needs T=suite.case, a name that `make ktest-list` prints))
	@mkdir -p $(RR_DIR) && { $(call keep,$(P)/ktest.elf); } && { $(call keep,$(B)/ram.img); }
	@echo $(call quoted,$(CASE_LINE)) > $(RR_DIR)/line
	@$(ONE_CPU) $(HOST)/ktest -1 -a $(call quoted,$(CASE_LINE)) -l $(RR_DIR)/log -- \
		$(call RR_QEMU,record) -append @KARGS@
replay: need-qemu need-gdb $(HOST)/qrun ## what was recorded, in GDB at the failure; reverse-stepi and others go back
	@[ -f $(RR_DIR)/record ] || { echo "There is no recording: make record ARCH=$(ARCH) T=suite.case"; exit 2; }
	@$(DEBUG_SH) prepare $(GDB_DIR)-rr $(GDB_ARCH) $(RR_DIR)/ktest.elf > /dev/null && \
		$(DEBUG_SH) replay $(GDB_DIR)-rr $(ARCH) $(HOST)/qrun $(RR_DIR)/replay.log \
		$(call RR_QEMU,replay) -drive file=$(GDB_DIR)-rr/snapshots,if=none,format=qcow2,id=snapshots \
		-append "$$(cat $(RR_DIR)/line)"

# ---- Sessions of GDB --------------------------------------------------------------------------------------------
# Tests of the commands in labs/gdb, and of the manual: grading/run/gdb.sh says how.

## SESSIONS=       `make gdb-sessions`: only these, such as SESSIONS=first_fault; UPDATE=1: what they say is expected
SESSIONS ?= $(patsubst grading/suites/gdb/%.gdb,%,$(wildcard grading/suites/gdb/*.gdb))
SESSION_QEMU = $(QEMU) $(QEMU_MACHINE) -accel tcg -m $(MEM) -smp @CPUS@ -global virtio-mmio.force-legacy=false \
	-display none -monitor none -serial stdio -no-reboot -kernel $(P)/@KERNEL@.elf $(QEMU_DISK_ram) \
	-icount shift=0 -append @KARGS@

SESSION_NEEDS = $(P)/flatland.elf $(P)/ktest.elf $(GUEST_K)/flatland.elf $(B)/ram.img $(HOST)/qrun

.PHONY: gdb-sessions
gdb-sessions: need-qemu $(SESSION_NEEDS) ## test the commands of labs/gdb
	@$(GUEST_NAMES) GDB='$(GDB_NAMED)' UPDATE='$(UPDATE)' sh grading/run/gdb.sh $(ARCH) $(GDB_ARCH) $(HOST)/qrun \
		$(O)/log/gdb-$(ARCH) $(SESSIONS:%=grading/suites/gdb/%.gdb) -- $(SESSION_QEMU)

.PHONY: gdb-selftest
gdb-selftest: $(HOST)/qrun
	@sh grading/run/gdb_selftest.sh $(ARCH) $(GDB_ARCH) $(HOST)/qrun $(SESSION_QEMU)

# The sessions that the manual shows stand in it as they came.
gdb_page = $(AWK) -v suites=grading/suites/gdb -f grading/run/gdb_docs.awk docs/debugging.md
.PHONY: gdb-docs
gdb-docs: ## are the sessions in docs/debugging.md those of the tests?  UPDATE=1: make them so
	@mkdir -p $(O)/log && $(gdb_page) > $(O)/log/debugging.md
	@$(if $(filter 1,$(UPDATE)),cp $(O)/log/debugging.md docs,diff docs/debugging.md $(O)/log/debugging.md)

.PHONY: repro-selftest
repro-selftest: need-qemu $(REPRO_NEEDS)
	@sh grading/run/repro_selftest.sh $(ARCH) env $(again)
