# RISC-V: where the kernel lies, its registers, and entries of Sv39, Sv48, Sv57 and their x4 second stages.

set $fl_kbase_pa = 0x80000000ul
set $fl_direct = 0xffffffc000000000ul

# $fl_pc; $fl_table, the table that satp names: 0 for none.
define fl-arch-registers
  set $fl_pc = fl_ul($pc)
  set $fl_satp = fl_ul($satp)
  set $fl_table = fl_bits($fl_satp, 43, 0) << 12
end
