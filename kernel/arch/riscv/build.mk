# RISC-V: what the compiler, the linker, QEMU and GDB need to know.
#
# The kernel uses no floating point.  It is linked without relaxation, because the second link must leave every
# function where the first one put it, and without libgcc, of which Debian's compiler has none for this ABI.
ARCH_KFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax
ARCH_KLINK  := $(ARCH_KFLAGS) -Wl,--no-relax
ARCH_UFLAGS := -march=rv64gc -mabi=lp64d -mcmodel=medany -mno-relax
ARCH_GFLAGS := $(ARCH_KFLAGS)

QEMU_MACHINE := -M virt -cpu rv64 -bios default
GDB_ARCH     := riscv:rv64

# Formats of mmu/fmt: what this machine translates with.
STAGE1_FORMAT := sv39
STAGE2_FORMAT := riscv
