# Flatland: build and run.
#
# `make help` prints the "##" comments.  All that is made lies below build/.  Paths are relative throughout, because
# make cannot handle a space in a target and the checkout may well lie below one.  GNU make 3.81 is enough.
# What depends on the machine is in kernel/arch/$(ARCH)/build.mk; tests and measurements are in grading/check.mk.

### Build and boot
## Variables, with their defaults:
## ARCH=riscv      the machine: riscv or x86
## CPUS=4          how many CPUs it has, 1 to 8
## MEM=256M        how much memory
## DISK=virtio     virtio: a disk that keeps what is written; ram: a RAM disk, forgotten at the end
## KARGS=          the kernel's command line
## DEBUG=1         1: with assertions and lock ranks; 0: without, in a build directory of its own
## OPT=-O2         optimization; -Og for stepping in GDB
## DEPS=ask        missing tools: ask before installing; yes: install; no: say how, and stop
## MMU=tdp         the MMU that guests run on: tdp, direct, or a directory with another (its path has a "/")
## V=0             1: say more: the commands; `make grade`: every failure in full
## WERROR=0        1: warnings are errors (the default when CI=true)
## O=build         where all that is made goes
-include labs/release.mk
ARCH   ?= riscv
CPUS   ?= 4
MEM    ?= 256M
DISK   ?= virtio
KARGS  ?=
DEBUG  ?= 1
OPT    ?= -O2
DEPS   ?= ask
MMU    ?= $(or $(if $(LAB),$(shell awk -v lab='$(LAB)' '$$2 == lab { print $$3 }' labs/labs.list)),tdp)
V      ?= 0
WERROR ?= $(if $(filter true,$(CI)),1,0)
O      ?= build

# `make grade ARCH=all` is for all machines of the course; so are a few others; what else there is, for one.
GRADE_ARCH := $(ARCH)
ifeq ($(ARCH) $(filter-out grade next htest hint flaky,$(or $(MAKECMDGOALS),all)),all )
override ARCH := riscv
endif

# Where the kernel is linked: a kernel linked elsewhere, a guest say, has symbols of its own.
KBASE ?= 0xffffffff80000000

one_of = $(if $(word 2,$(1)),,$(filter $(2),$(1)))
known = $(if $(call one_of,$($(1)),$(2)),,$(error $(1)=$($(1)) is not known; choose one of: $(2)))
$(call known,ARCH,riscv x86)
$(call known,CPUS,1 2 3 4 5 6 7 8)
$(call known,DISK,virtio ram)
$(call known,DEBUG,0 1)
$(call known,DEPS,ask yes no)

# The MMU: a directory of .c files that fulfil mmu/mmu.h.
MMU_DIR := $(patsubst %/,%,$(if $(findstring /,$(MMU)),$(MMU),mmu/$(MMU)))
MMU_NAME := $(notdir $(MMU_DIR))
$(if $(word 2,$(MMU)),$(error MMU=$(MMU): the path has a blank in it))
$(if $(wildcard $(MMU_DIR)/*.c),,$(error MMU=$(MMU): there is no .c file in $(MMU_DIR)/))
IS_TDP := $(filter mmu/tdp,$(MMU_DIR))

# B holds what is built for this architecture; K this kernel, in the same directory or, for a variant, beside it.  P
# holds what depends on the MMU: the same directory, or one in it for each other MMU.
B := $(O)/$(ARCH)
K := $(B)$(if $(filter 0,$(DEBUG)),-fast)$(if $(filter-out 0xffffffff80000000,$(KBASE)),-$(KBASE))
PLUG_ID := mmu-$(subst /,_,$(MMU_DIR:mmu/%=%))
P := $(K)$(if $(IS_TDP),,/$(PLUG_ID))

.PHONY: all
all: $(P)/flatland.elf $(B)/fs.img $(B)/ram.img $(O)/compile_commands.json ## build kernel, programs, images

.PHONY: qemu
qemu: need-qemu all ## boot to a shell; Ctrl-A x ends QEMU
	@$(LAB_BANNER) $(QEMU_SESSION) $(QEMU_RUN)

.PHONY: doctor
doctor: ## are the tools there, which versions, and does it boot?
	@$(DEPS_ENV) sh labs/doctor.sh
	@echo "Booting both, which builds them first:"
	@for arch in riscv x86; do $(MAKE) --no-print-directory -s ARCH=$$arch DEPS=no boot-probe || exit 1; done

.PHONY: clean
clean: ## remove all that was built
	rm -rf $(O)

.PHONY: help
help: ## this list
	@$(AWK) -f grading/lint/help.awk Makefile labs/lab.mk labs/debug.mk grading/check.mk grading/mmu.mk \
		$(wildcard grading/mutants.mk labs/staff.mk labs/mutants.mk)

# ---- Tools ------------------------------------------------------------------------------------------------------
# labs/deps.sh finds the tools, and installs them when it may.  CROSS_riscv= and CROSS_x86= name prefixes ("" is the
# native compiler), QEMU_riscv= and QEMU_x86= QEMUs.

AWK        ?= awk
HOSTCC     ?= cc
QEMU_riscv ?= qemu-system-riscv64
QEMU_x86   ?= qemu-system-x86_64
QEMU        = $(QEMU_$(ARCH))

# The first use finds the value, all others know it: `once` defines a variable that is computed at most one time.
once = $(eval $(1) := $(2))$($(1))
CROSS_riscv ?= $(call once,CROSS_riscv,$(shell sh labs/deps.sh prefix riscv))
CROSS_x86   ?= $(call once,CROSS_x86,$(shell sh labs/deps.sh prefix x86))
CC      = $(CROSS_$(ARCH))gcc
AR      = $(CROSS_$(ARCH))ar
NM      = $(CROSS_$(ARCH))nm
OBJCOPY = $(CROSS_$(ARCH))objcopy

overridden = $(foreach v,$(1),$(if $(filter command environment,$(firstword $(origin $(v)))),$(v)='$($(v))'))
DEPS_ENV = DEPS='$(DEPS)' DEPS_MEMORY='$(O)/deps' HOSTCC='$(HOSTCC)' \
	QEMU_riscv='$(QEMU_riscv)' QEMU_x86='$(QEMU_x86)' \
	$(call overridden,CROSS_riscv CROSS_x86)

.PHONY: need-build need-host need-qemu need-gdb FORCE
need-build: ; @$(DEPS_ENV) sh labs/deps.sh need awk $(ARCH)-cc
need-host:  ; @$(DEPS_ENV) sh labs/deps.sh need awk host-cc
need-qemu:  ; @$(DEPS_ENV) sh labs/deps.sh need awk $(ARCH)-cc host-cc $(ARCH)-qemu $(ARCH)-firmware
need-gdb:   ; @$(DEPS_ENV) GDB='$(GDB_NAMED)' sh labs/deps.sh need $(ARCH)-gdb

# ---- Flags ------------------------------------------------------------------------------------------------------

include kernel/arch/$(ARCH)/build.mk

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wshadow -Wvla -Wundef \
	-Wpointer-arith -Wwrite-strings -Wno-unused-parameter -Wno-sign-compare $(if $(filter 1,$(WERROR)),-Werror)

# -ffile-prefix-map: the same sources give the same bytes in every checkout.
quoted = '$(subst ','\'',$(1))'
CODE_FLAGS = -std=gnu11 -g $(OPT) $(WARNINGS) -MMD -MP -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) \
	-fno-common -fno-pic -fno-pie -fno-stack-protector -fno-strict-aliasing -fno-asynchronous-unwind-tables \
	-ffile-prefix-map=$(call quoted,$(CURDIR))=.
GCC_INCLUDE = $(call once,GCC_INCLUDE,$(shell $(CC) -print-file-name=include))

KFLAGS = $(CODE_FLAGS) $(ARCH_KFLAGS) -fno-omit-frame-pointer -Wframe-larger-than=1024 \
	-I. -Ikernel -Ikernel/arch/$(ARCH) -Ihyp/arch/$(ARCH) -DKBASE=$(KBASE) -DDEBUG=$(DEBUG)
UFLAGS = $(CODE_FLAGS) $(ARCH_UFLAGS) -Ikernel -Iuser/lib
GFLAGS = $(CODE_FLAGS) $(ARCH_GFLAGS) -fno-omit-frame-pointer -Ikernel
HFLAGS = -std=gnu11 -g -O2 $(WARNINGS) -MMD -MP -I.

LINK_FLAGS = -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack
# The test kernel has more MMUs, with symbols of the same names: GDB finds the one of its hypervisor by another.
KLINK = $(LINK_FLAGS) $(ARCH_KLINK) -Wl,--defsym=KBASE=$(KBASE),--defsym=mmu_fault_of_hyp=mmu_fault -T $(KLAYOUT)
ULINK = $(LINK_FLAGS) $(ARCH_UFLAGS) $(ULAYOUT)

Q := $(if $(filter 1,$(V)),,@)
silent := $(filter 1,$(V))$(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(silent),@:,@printf '  %-8s%s\n' '$(1)' '$(2)')

# stamp,FILE,TEXT is the recipe of a file that changes when TEXT does: what was built with other flags is built again.
stamp = @mkdir -p $(@D); printf '%s\n' $(call quoted,$(1)) | cmp -s - $@ || printf '%s\n' $(call quoted,$(1)) > $@

$(K)/kernel.flags: FORCE | need-build ; $(call stamp,$(CC) $(KFLAGS))
$(B)/user.flags:   FORCE | need-build ; $(call stamp,$(CC) $(UFLAGS))
$(B)/guest.flags:  FORCE | need-build ; $(call stamp,$(CC) $(GFLAGS))
$(O)/host.flags:  FORCE | need-host  ; $(call stamp,$(HOSTCC) $(HFLAGS))

# ---- Kernel -----------------------------------------------------------------------------------------------------
# kernel/init.c is the one file that the test kernel replaces (by what is in grading/ktest).
# STAGE1_SRC, STAGE2_SRC and the MMU see the format of this machine's stage 1 and 2.

KDIRS := kernel kernel/mm kernel/fs kernel/dev kernel/lib kernel/arch/$(ARCH) hyp hyp/arch/$(ARCH) mmu/pt
KSRC := $(wildcard $(addsuffix /*.c,$(KDIRS)) $(addsuffix /*.S,$(KDIRS)))
PLUG_SRC := $(wildcard $(MMU_DIR)/*.c)
STAGE1_SRC := grading/suites/hyp/stage1.c
STAGE2_SRC := grading/suites/hyp/stage2.c $(addprefix mmu/tdp/,tdp_iter.c table.c map.c unmap.c split.c)
FORMAT2_SRC := hyp/host.c $(filter mmu/pt/%,$(KSRC)) $(STAGE2_SRC)
KTEST_SRC := $(sort $(filter-out grading/suites/host/% grading/suites/mmu/% $(STAGE2_SRC), \
	$(wildcard grading/ktest/*.c grading/ktest/arch/$(ARCH)/*.S grading/suites/*.c grading/suites/*/*.c \
	grading/suites/*/arch/$(ARCH)/*.c grading/suites/*/arch/$(ARCH)/*.S)))
KOBJ := $(patsubst %,$(K)/%.o,$(KSRC))
PLUG_OBJ := $(PLUG_SRC:$(MMU_DIR)/%=$(P)/plug/%.o)
STAGE2_OBJ := $(patsubst %,$(K)/%.o,$(STAGE2_SRC))
KTEST_OBJ := $(filter-out $(K)/kernel/init.c.o,$(KOBJ)) $(patsubst %,$(K)/%.o,$(KTEST_SRC))
# Hooks that a lab does not ask for yet: an object of a release.
SUPPLIED := $(wildcard labs/supplied/$(STAGE2_FORMAT).o)
KLAYOUT := kernel/arch/$(ARCH)/kernel.ld

.PHONY: objects
objects: ## compile everything, link nothing; with -k as much of it as can be

$(patsubst %,$(K)/%.o,$(STAGE1_SRC)): FORMAT_FLAGS = -Immu/fmt/$(STAGE1_FORMAT)
$(patsubst %,$(K)/%.o,$(FORMAT2_SRC)) $(PLUG_OBJ): FORMAT_FLAGS = -Immu/fmt/$(STAGE2_FORMAT)
$(sort $(KOBJ) $(KTEST_OBJ) $(STAGE2_OBJ)): $(K)/%.o: % $(K)/kernel.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) $(FORMAT_FLAGS) -c -o $@ $<
$(PLUG_OBJ): $(P)/plug/%.o: $(MMU_DIR)/% $(K)/kernel.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) $(FORMAT_FLAGS) -c -o $@ $<

# Tests have a second stage of their own, made of parts of mmu/tdp: no name of it meets one of the kernel's MMU.
$(K)/stage2.o: $(STAGE2_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_FLAGS) $(ARCH_KLINK) -Wl,-r -o $@.all $^
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='stage2_*' $@.all $@ && rm -f $@.all

$(P)/flatland.elf: $(KOBJ) $(PLUG_OBJ) $(SUPPLIED) $(P)/flatland.flags
$(P)/ktest.elf: $(KTEST_OBJ) $(PLUG_OBJ) $(K)/stage2.o $(SUPPLIED) $(P)/ktest.flags
$(P)/flatland.flags: FORCE | need-build ; $(call stamp,$(KLINK) $(KOBJ) $(PLUG_OBJ))
$(P)/ktest.flags: FORCE | need-build ; $(call stamp,$(KLINK) $(KTEST_OBJ) $(PLUG_OBJ) $(KMMU_INSTANCES))

# Two links: the second has the table of function names (kernel/lib/symtab.awk), and must not have moved a function.
functions = $(NM) $(1) | grep ' [tTwW] ' | sort > $(2)
$(P)/flatland.elf $(P)/ktest.elf: $(KLAYOUT) kernel/lib/symtab.awk
	$(call say,LINK,$@)
	$(Q)$(AWK) -v empty=1 -f kernel/lib/symtab.awk < /dev/null > $@.0.S
	$(Q)$(CC) $(ARCH_KFLAGS) -fno-pic -fno-pie -c -o $@.0.o $@.0.S
	$(Q)$(CC) $(KLINK) -o $@.0 $(filter %.o,$^) $@.0.o
	$(Q)$(NM) -n $@.0 | $(AWK) -f kernel/lib/symtab.awk > $@.1.S
	$(Q)$(CC) $(ARCH_KFLAGS) -fno-pic -fno-pie -c -o $@.1.o $@.1.S
	$(Q)$(CC) $(KLINK) -o $@.1 $(filter %.o,$^) $@.1.o
	$(Q)$(call functions,$@.0,$@.0.txt); $(call functions,$@.1,$@.1.txt); cmp $@.0.txt $@.1.txt
	$(Q)mv $@.1 $@ && rm -f $@.[01] $@.[01].*

# ---- User programs ----------------------------------------------------------------------------------------------
# user/bin/x.c is the program x; user/bin/x/*.c together are the program x, with user/bin/x/arch/$(ARCH)/*.c.

ULIB_SRC := $(wildcard user/lib/*.c user/lib/arch/$(ARCH)/*.c user/lib/arch/$(ARCH)/*.S)
ULIB_OBJ := $(patsubst %,$(B)/%.o,$(ULIB_SRC))
UBIN_SRC := $(wildcard user/bin/*.c user/bin/*/*.c user/bin/*/arch/$(ARCH)/*.c)
UBIN_OBJ := $(patsubst %,$(B)/%.o,$(UBIN_SRC))
UPROG := $(sort $(foreach f,$(UBIN_SRC),$(firstword $(subst /, ,$(basename $(f:user/bin/%=%))))))
UELF := $(patsubst %,$(B)/user/bin/%.elf,$(UPROG))
ULAYOUT := -T user/user.ld

$(ULIB_OBJ) $(UBIN_OBJ): $(B)/%.o: % $(B)/user.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UFLAGS) -c -o $@ $<

$(B)/libu.flags: FORCE | need-build ; $(call stamp,$(ULINK) $(ULIB_OBJ))
$(B)/user/libu.a: $(ULIB_OBJ) $(B)/libu.flags
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(ULIB_OBJ)

objects: $(KOBJ) $(PLUG_OBJ) $(KTEST_OBJ) $(ULIB_OBJ) $(UBIN_OBJ)

objects_of = $(filter $(B)/user/bin/$(1).c.o $(B)/user/bin/$(1)/%,$(UBIN_OBJ))
define program_rule
$(B)/user/bin/$(1).elf: $(call objects_of,$(1)) $(B)/user/libu.a user/user.ld
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ULINK) -o $$@ $$(filter %.o %.a,$$^)
endef
$(foreach p,$(UPROG),$(eval $(call program_rule,$(p))))

# ---- Guests -----------------------------------------------------------------------------------------------------
# user/guest/x.c is the guest x, with what is in lib and arch/$(ARCH): a program that has a machine to itself.

GLIB_SRC := $(wildcard user/guest/lib/*.c user/guest/arch/$(ARCH)/*.c user/guest/arch/$(ARCH)/*.S)
GUEST_SRC := $(wildcard user/guest/*.c)
GLIB_OBJ := $(patsubst %,$(B)/%.o,$(GLIB_SRC))
GUEST_OBJ := $(patsubst %,$(B)/%.o,$(GUEST_SRC))
GUESTS := $(patsubst user/guest/%.c,%,$(GUEST_SRC))
GELF := $(patsubst %,$(B)/user/guest/%.elf,$(GUESTS))
GLAYOUT := user/guest/arch/$(ARCH)/guest.ld

$(GLIB_OBJ) $(GUEST_OBJ): $(B)/%.o: % $(B)/guest.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GFLAGS) -c -o $@ $<

$(B)/guestlib.flags: FORCE | need-build ; $(call stamp,$(GLIB_OBJ))
$(GELF): %.elf: %.c.o $(GLIB_OBJ) $(GLAYOUT) $(B)/guestlib.flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_FLAGS) $(ARCH_GFLAGS) -T $(GLAYOUT) -o $@ $(filter %.o,$^)

objects: $(GLIB_OBJ) $(GUEST_OBJ)

# ---- Disk images ------------------------------------------------------------------------------------------------
# The images hold programs and guests, without their debugging information, and all that lies in user/root.  One that
# changes makes a new image: files that were written in the machine are lost then.

ROOT := $(B)/root
ROOT_SRC := $(if $(wildcard user/root),$(shell find user/root -type f))

$(B)/root.flags: FORCE ; $(call stamp,$(UPROG) $(GUESTS) $(ROOT_SRC))
$(B)/root.done: $(UELF) $(GELF) $(ROOT_SRC) $(B)/root.flags
	$(call say,ROOT,$(ROOT))
	$(Q)rm -rf $(ROOT) && mkdir -p $(addprefix $(ROOT)/,bin guest tests etc)
	$(Q)if [ -d user/root ]; then cp -R user/root/. $(ROOT)/; fi
	$(Q)for p in $(UPROG); do $(OBJCOPY) --strip-debug $(B)/user/bin/$$p.elf $(ROOT)/bin/$$p || exit 1; done
	$(Q)for g in $(GUESTS); do $(OBJCOPY) --strip-debug $(B)/user/guest/$$g.elf $(ROOT)/guest/$$g || exit 1; done
	@touch $@

$(B)/ram.img: $(B)/root.done $(O)/host/mkfs
	$(call say,MKFS,$@)
	$(Q)$(O)/host/mkfs -s 16M $@.new $(ROOT) && mv $@.new $@

# The disk has more: this kernel as a guest, linked elsewhere so that its symbols are not the host's, and a disk for
# it.  It is built by a make of its own, whenever this kernel is.
GUEST_KBASE := 0xffffffffc0000000
GUEST_K := $(B)-$(GUEST_KBASE)
ifneq ($(GUEST_K),$(K))
$(GUEST_K)/flatland.elf: $(KOBJ) $(if $(IS_TDP),$(P)/flatland.elf)
	$(Q)$(MAKE) --no-print-directory DEBUG=1 MMU=tdp KBASE=$(GUEST_KBASE) $@
	@touch $@
endif

$(B)/disk.flags: FORCE ; $(call stamp,$(GUEST_K))
$(B)/fs.img: $(B)/root.done $(B)/ram.img $(GUEST_K)/flatland.elf $(O)/host/mkfs $(B)/disk.flags
	$(call say,MKFS,$@)
	$(Q)rm -rf $(B)/disk && cp -R $(ROOT) $(B)/disk && cp $(B)/ram.img $(B)/disk/guest/ram.img
	$(Q)$(OBJCOPY) --strip-debug $(GUEST_K)/flatland.elf $(B)/disk/guest/flatland
	$(Q)$(O)/host/mkfs -s 256M $@.new $(B)/disk && mv $@.new $@

-include mkfs/build.mk

# ---- QEMU -------------------------------------------------------------------------------------------------------
# QEMU_RUN boots this kernel.  QEMU_SESSION goes before it: QEMU changes the terminal, and does not always change it
# back when it dies.

QEMU_DISK_virtio = -drive file=$(B)/fs.img,if=none,format=raw,id=hd0 \
	-device virtio-blk-device,drive=hd0,bus=virtio-mmio-bus.0
QEMU_DISK_ram = -initrd $(B)/ram.img
QEMU_BASE = $(QEMU) $(QEMU_MACHINE) -accel tcg -m $(MEM) -smp $(CPUS) -global virtio-mmio.force-legacy=false
QEMU_TEST = $(QEMU_BASE) -display none -monitor none -serial stdio -no-reboot
QEMU_RUN = $(QEMU_BASE) -nographic -kernel $(P)/flatland.elf $(QEMU_DISK_$(DISK)) -append $(call quoted,$(KARGS))
QEMU_SESSION = trap '' INT; saved=$$(stty -g 2>/dev/null); trap '[ -z "$$saved" ] || stty "$$saved"' EXIT; \
	echo 'Ctrl-A x ends QEMU, Ctrl-A h lists its other keys.';

# ---- Editors ----------------------------------------------------------------------------------------------------
# build/compile_commands.json tells clangd and others how each file is compiled, on both architectures.

COMMANDS := $(B)/compile_commands.part
$(COMMANDS): $(K)/kernel.flags $(B)/user.flags $(B)/guest.flags grading/lint/commands.awk $(B)/sources.flags
	@{ printf 'F %s\n' $(call quoted,$(CC) $(KFLAGS)); printf '%s\n' \
		$(filter-out $(STAGE1_SRC) $(FORMAT2_SRC),$(KSRC) $(KTEST_SRC)); \
	   printf 'F %s\n' $(call quoted,$(CC) $(KFLAGS) -Immu/fmt/$(STAGE1_FORMAT)); printf '%s\n' \
		$(wildcard $(STAGE1_SRC)); \
	   printf 'F %s\n' $(call quoted,$(CC) $(KFLAGS) -Immu/fmt/$(STAGE2_FORMAT)); printf '%s\n' \
		$(PLUG_SRC) $(FORMAT2_SRC); \
	   printf 'F %s\n' $(call quoted,$(CC) $(UFLAGS)); printf '%s\n' $(ULIB_SRC) $(UBIN_SRC); \
	   printf 'F %s\n' $(call quoted,$(CC) $(GFLAGS)); printf '%s\n' $(GLIB_SRC) $(GUEST_SRC); } | \
		$(AWK) -v directory=$(call quoted,$(CURDIR)) -f grading/lint/commands.awk > $@
$(B)/sources.flags: FORCE ; $(call stamp,$(KSRC) $(PLUG_SRC) $(KTEST_SRC) $(STAGE2_SRC) \
	$(ULIB_SRC) $(UBIN_SRC) $(GLIB_SRC) $(GUEST_SRC))

# The other machine's part is made too, if its compiler is there.
OTHER := $(filter-out $(ARCH),riscv x86)
$(O)/compile_commands.json: $(COMMANDS)
	@if $(DEPS_ENV) sh labs/deps.sh have $(OTHER)-cc; then \
		$(MAKE) --no-print-directory -s ARCH=$(OTHER) $(O)/$(OTHER)/compile_commands.part; fi
	@{ echo '['; cat $(O)/*/compile_commands.part | sed '$$s/,$$//'; echo ']'; } > $@

-include labs/staff.mk
-include grading/mutants.mk
include labs/lab.mk
include grading/check.mk
include labs/debug.mk
-include labs/mutants.mk

-include $(patsubst %.o,%.d,$(sort $(KOBJ) $(PLUG_OBJ) $(KTEST_OBJ) $(STAGE2_OBJ) \
	$(ULIB_OBJ) $(UBIN_OBJ) $(GLIB_OBJ) $(GUEST_OBJ)))
