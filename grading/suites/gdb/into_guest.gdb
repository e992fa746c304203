# run: flatland -- vm run /guest/toucher
# cpus: 1
#| From the host into the guest and back.
into-guest
into-guest
into-hyp
gbt
into-hyp
#| A function of the guest's, and of nobody else.
gbreak touch
continue
pipe gbt | head -n 2
tdp-walk $pc
pipe info breakpoints | grep -c "hw breakpoint"
delete
#| Memory that the guest writes: who is it?
set $word = $is_riscv ? 0x80600000 : 0x600000
watch-gpa $word
gbt
watch-gpa 0x200000000
watch-gpa
#| A virtual address, from the slots on the way to a leaf of the lowest level.
set $fl_g_levels = 3ul
set $fl_g_level = 0ul
set $fl_scan_index[2] = 1
set $fl_scan_index[1] = 2
set $fl_index = 3
fl-scan-gva
print/x $fl_gva
#| A command that was interrupted left memory physical: GDB's own next command puts that right.
fl-phys-on
print $fl_phys
