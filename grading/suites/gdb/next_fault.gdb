# run: flatland -- vm run /guest/toucher
# cpus: 1
#| Nothing runs yet: what needs a guest says so, what runs to one waits for it.
into-hyp
step-fault
gbt
watch-gpa 0x80230180
next-fault 1 2
#| The first fault of the first guest: it fetches its first instruction.  Its symbols have come with it.
next-fault
#| A fault that we know of: the guest looks whether its memory is zero, a page after the other.
set $page = $is_riscv ? 0x80600000 : 0x600000
next-fault $page
gbt
tdp-walk $page
#| The guest has no such address: it runs to its end, and back to a prompt.
next-fault 0x200000000
next-fault-of-nothing
step-fault
gbt
disconnect
next-fault
step-fault
into-guest
into-hyp
gbt
watch-gpa 0x80230180
