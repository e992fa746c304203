# Flatland: build, run, check.
#
# `make help` prints this file's "##" comments.  All that is made lies below build/.  Paths are relative throughout,
# because make cannot handle a space in a target and the checkout may well lie below one.  GNU make 3.81 is enough.
# The machine-dependent part is kernel/arch/$(ARCH)/build.mk; testing and measuring are in grading/check.mk.

## Variables, with their defaults:
## ARCH=riscv      the machine: riscv or x86
## CPUS=4          how many CPUs the machine has, 1 to 8
## MEM=256M        how much memory
## DISK=virtio     virtio: a disk that keeps what is written; ram: a RAM disk, forgotten at the end
## KARGS=          the kernel's command line
## DEBUG=1         1: with assertions and lock ranks; 0: without, in a build directory of its own
## OPT=-O2         optimization; -Og for stepping in GDB
## DEPS=ask        missing tools: ask before installing; yes: install; no: say how, and stop
## V=0             1: show the commands
## WERROR=0        1: warnings are errors (the default when CI=true)
ARCH   ?= riscv
CPUS   ?= 4
MEM    ?= 256M
DISK   ?= virtio
KARGS  ?=
DEBUG  ?= 1
OPT    ?= -O2
DEPS   ?= ask
V      ?= 0
WERROR ?= $(if $(filter true,$(CI)),1,0)
KBASE  ?= 0xffffffff80000000

known = $(if $(filter $(2),$($(1))),,$(error $(1)=$($(1)) is not known; say one of: $(addprefix $(1)=,$(2))))
$(call known,ARCH,riscv x86)
$(call known,DISK,virtio ram)
$(call known,DEBUG,0 1)
$(call known,DEPS,ask yes no)

# B holds what is built for this architecture.  K holds this kernel: the same directory, or, for a kernel without
# assertions or with another link base (a guest with symbols of its own), one beside it.
B := build/$(ARCH)
K := $(B)$(if $(filter 0,$(DEBUG)),-fast)$(if $(filter-out 0xffffffff80000000,$(KBASE)),-$(KBASE))

.PHONY: all
all: $(K)/flatland.elf $(B)/fs.img $(B)/ram.img ## build the kernel, the programs and the disk images

.PHONY: qemu
qemu: $(K)/flatland.elf $(B)/fs.img $(B)/ram.img ## boot to a shell; Ctrl-A x ends QEMU
	@echo 'Ctrl-A x ends QEMU.'
	@$(QEMU) $(QEMU_FLAGS)

.PHONY: clean
clean: ## remove all that was built
	rm -rf build

.PHONY: help
help: ## this list
	@$(AWK) '/^## ?/ { sub(/^## ?/, ""); print; next } \
		/^[a-z-]+:.*## / { t = $$0; sub(/:.*/, "", t); sub(/.*## /, ""); item[++n] = sprintf("  %-16s %s", t, $$0) } \
		END { print "\nTargets:"; for (i = 1; i <= n; i++) print item[i] }' Makefile

# ---- Tools and flags --------------------------------------------------------------------------------------------

include kernel/arch/$(ARCH)/build.mk

CROSS_riscv ?= $(firstword $(foreach p,$(CROSS_PREFIXES),$(if $(shell command -v $(p)gcc),$(p))))
CC      = $(CROSS_$(ARCH))gcc
AR      = $(CROSS_$(ARCH))ar
NM      = $(CROSS_$(ARCH))nm
OBJCOPY = $(CROSS_$(ARCH))objcopy
HOSTCC ?= cc
AWK    ?= awk

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wshadow -Wvla -Wundef \
	-Wpointer-arith -Wwrite-strings -Wno-unused-parameter -Wno-sign-compare $(if $(filter 1,$(WERROR)),-Werror)
TARGET_FLAGS := -std=gnu11 -g $(OPT) $(WARNINGS) -ffreestanding -fno-common -fno-pic -fno-pie -fno-stack-protector \
	-fno-strict-aliasing -fno-asynchronous-unwind-tables -MMD -MP
KFLAGS := $(TARGET_FLAGS) $(ARCH_KFLAGS) -fno-omit-frame-pointer -Wframe-larger-than=1024 \
	-I. -Ikernel -Ikernel/arch/$(ARCH) -DKBASE=$(KBASE) -DDEBUG=$(DEBUG)
UFLAGS := $(TARGET_FLAGS) $(ARCH_UFLAGS) -Ikernel -Iuser/lib
HOSTFLAGS := -std=gnu11 -g -O2 $(WARNINGS) -I. -MMD -MP

LINK_FLAGS := -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack
KLINK := $(LINK_FLAGS) $(ARCH_KLINK) -Wl,--defsym=KBASE=$(KBASE)
ULINK := $(LINK_FLAGS) $(ARCH_UFLAGS)

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-8s%s\n' '$(1)' '$(2)')

# ---- Kernel -----------------------------------------------------------------------------------------------------
# kernel/init.c is the one file that the test kernel replaces (by grading/ktest).

KDIRS := kernel kernel/mm kernel/fs kernel/dev kernel/lib kernel/arch/$(ARCH)
KSRC := $(wildcard $(addsuffix /*.c,$(KDIRS)) $(addsuffix /*.S,$(KDIRS)))
KTEST_SRC := $(wildcard grading/ktest/*.c grading/suites/*.c grading/suites/*/*.c)
KOBJ := $(patsubst %,$(K)/%.o,$(KSRC))
KTEST_OBJ := $(filter-out $(K)/kernel/init.c.o,$(KOBJ)) $(patsubst %,$(K)/%.o,$(KTEST_SRC))
LDSCRIPT := kernel/arch/$(ARCH)/kernel.ld

.PHONY: objects
objects: $(KOBJ) $(UOBJ) ## compile all, link nothing (with -k: as much as can be)

$(sort $(KOBJ) $(KTEST_OBJ)): $(K)/%.o: %
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) -c -o $@ $<

$(K)/flatland.elf: $(KOBJ) $(LDSCRIPT)
	$(call say,LINK,$@)
	$(Q)$(CC) $(KLINK) -T $(LDSCRIPT) -o $@ $(KOBJ)

$(K)/ktest.elf: $(KTEST_OBJ) $(LDSCRIPT)
	$(call say,LINK,$@)
	$(Q)$(CC) $(KLINK) -T $(LDSCRIPT) -o $@ $(KTEST_OBJ)

# ---- User programs ----------------------------------------------------------------------------------------------
# user/bin/x.c is the program x; user/bin/x/*.c together are the program x.

ULIB_SRC := $(wildcard user/lib/*.c user/lib/arch/$(ARCH)/*.c user/lib/arch/$(ARCH)/*.S)
ULIB_OBJ := $(patsubst %,$(B)/%.o,$(ULIB_SRC))
UBIN_SRC := $(wildcard user/bin/*.c user/bin/*/*.c)
UBIN_OBJ := $(patsubst %,$(B)/%.o,$(UBIN_SRC))
UPROG := $(sort $(foreach f,$(UBIN_SRC),$(firstword $(subst /, ,$(basename $(f:user/bin/%=%))))))
UPROG_ELF := $(addprefix $(B)/user/bin/,$(addsuffix .elf,$(UPROG)))
comma := ,
ULAYOUT := $(if $(wildcard user/user.ld),-T user/user.ld,-Wl$(comma)-Ttext-segment=0x10000)

$(ULIB_OBJ) $(UBIN_OBJ): $(B)/%.o: %
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UFLAGS) -c -o $@ $<

$(B)/user/libu.a: $(ULIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(ULIB_OBJ)

define program_rule
$(B)/user/bin/$(1).elf: $(filter $(B)/user/bin/$(1).c.o $(B)/user/bin/$(1)/%,$(UBIN_OBJ)) $(B)/user/libu.a
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ULINK) $$(ULAYOUT) -o $$@ $$^ -lgcc
endef
$(foreach p,$(UPROG),$(eval $(call program_rule,$(p))))

# ---- Disk images ------------------------------------------------------------------------------------------------

ROOT := $(B)/root
ROOT_SRC := $(shell find user/root -type f 2>/dev/null)

$(B)/root.stamp: $(UPROG_ELF) $(ROOT_SRC)
	$(call say,ROOT,$(ROOT))
	$(Q)rm -rf $(ROOT) && mkdir -p $(ROOT)/bin $(ROOT)/tests $(ROOT)/etc
	$(Q)if [ -d user/root ]; then cp -R user/root/. $(ROOT)/; fi
	$(Q)for p in $(UPROG); do $(OBJCOPY) --strip-debug $(B)/user/bin/$$p.elf $(ROOT)/bin/$$p || exit 1; done
	@touch $@

-include mkfs/build.mk

$(B)/fs.img: $(B)/root.stamp build/host/mkfs
	$(call say,MKFS,$@)
	$(Q)build/host/mkfs -s 256M $@ $(ROOT)

$(B)/ram.img: $(B)/root.stamp build/host/mkfs
	$(call say,MKFS,$@)
	$(Q)build/host/mkfs -s 16M $@ $(ROOT)

# ---- QEMU -------------------------------------------------------------------------------------------------------

QEMU_DISK_virtio = -drive file=$(B)/fs.img,if=none,format=raw,id=hd0 -global virtio-mmio.force-legacy=false \
	-device virtio-blk-device,drive=hd0,bus=virtio-mmio-bus.0
QEMU_DISK_ram = -initrd $(B)/ram.img
QEMU_FLAGS = $(QEMU_MACHINE) -kernel $(K)/flatland.elf -m $(MEM) -smp $(CPUS) -nographic -no-reboot \
	-append "$(KARGS)" $(QEMU_DISK_$(DISK))

-include $(patsubst %.o,%.d,$(KOBJ) $(KTEST_OBJ) $(ULIB_OBJ) $(UBIN_OBJ))
