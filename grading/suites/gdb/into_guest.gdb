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
