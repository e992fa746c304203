# x86-64: where the kernel lies, its registers, and entries of both stages.

set $fl_kbase_pa = 0ul
set $fl_direct = 0xffff800000000000ul

# $fl_pc; $fl_table, the table that CR3 names.
define fl-arch-registers
  set $fl_pc = fl_ul($pc)
  set $fl_cr3 = fl_ul($cr3)
  set $fl_table = $fl_cr3 & 0x000ffffffffff000
end
