# x86-64: what the compiler, the linker and QEMU need to know.
#
# The kernel uses no vector or x87 register, so that user state stays in place until a switch.
ARCH_KFLAGS := -m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fcf-protection=none
ARCH_KLINK := -m64 -Wl,-m,elf_x86_64
ARCH_UFLAGS := -m64 -march=x86-64 -fcf-protection=none

QEMU ?= qemu-system-x86_64
CROSS_PREFIXES := x86_64-linux-gnu- x86_64-elf-
QEMU_MACHINE = -M microvm -cpu qemu64,+svm,+npt -device isa-debug-exit
