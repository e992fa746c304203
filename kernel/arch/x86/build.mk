# x86-64: what the compiler, the linker, QEMU and GDB need to know.
#
# The kernel uses general registers only, so that a user program's other registers stay where they are.
# The machine is a small one without PCI, whose virtio devices sit where RISC-V's do; the CPU has what the hypervisor
# needs and nothing that QEMU cannot emulate and would warn of.
ARCH_KFLAGS := -m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fcf-protection=none
ARCH_KLINK  := -m64 -Wl,-m,elf_x86_64
ARCH_UFLAGS := -m64 -march=x86-64 -fcf-protection=none
ARCH_GFLAGS := -m64 -march=x86-64 -mno-red-zone -mgeneral-regs-only -fcf-protection=none

QEMU_MACHINE := -M microvm,auto-kernel-cmdline=off -cpu qemu64,+svm,+npt,+pdpe1gb,+smep,+smap,+fsgsbase \
	-device isa-debug-exit,iobase=0xf4,iosize=4
GDB_ARCH     := i386:x86-64

# Formats of mmu/fmt: what this machine translates with.
STAGE1_FORMAT := x86_4l
STAGE2_FORMAT := npt
