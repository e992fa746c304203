# run: flatland -- vm run /guest/toucher
# cpus: 1
#| The first fault of a guest, from the hypervisor's question to the answer.  Nothing is mapped yet.
next-fault
step-fault 30
step-fault
#| Another one, where most tables are there.
set $page = $is_riscv ? 0x80600000 : 0x600000
next-fault $page
step-fault 30
tdp-walk $page
#| Half a fault, and the guest: the fault is over then.
next-fault $page+0x200000
step-fault
into-guest
step-fault
pipe info breakpoints | grep -c "hw breakpoint"
