# RISC-V: what the compiler, the linker and QEMU need to know.
#
# The kernel uses no floating point and no linker relaxation: the second link must leave code where the first put it.
# There is no soft-float libgcc in Debian's compiler, so the kernel brings what little it needs.
ARCH_KFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax
ARCH_KLINK := -march=rv64imac_zicsr_zifencei -mabi=lp64 -Wl,--no-relax
ARCH_UFLAGS := -march=rv64gc -mabi=lp64d -mcmodel=medany

QEMU ?= qemu-system-riscv64
CROSS_PREFIXES := riscv64-linux-gnu- riscv64-unknown-elf- riscv64-elf- riscv64-none-elf-
QEMU_MACHINE = -M virt -cpu rv64 -bios default
