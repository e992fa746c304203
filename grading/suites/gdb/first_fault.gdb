# run: flatland -- vm run /guest/hello
# cpus: 2
#| In one terminal `make qemu-gdb` starts a machine that waits; in another, `make gdb` connects to it.
#|
#| The machine has not executed anything yet. No guest exists, and commands about guests say so:
world
tdp-walk 0x80000000
#| `next-fault` lets the system run until the hypervisor is asked to mend a fault of a guest's second stage. In the
#| first terminal start a guest: `vm run /guest/hello`.
next-fault
#| That is a guest at its very first instruction: its memory is lent by the monitor, but no table says where it is.
world
machine
memslots
#| The walk that the hardware has just tried:
tdp-walk $fl_gpa
#| Now the fault, step by step: what the MMU asks for, what it visits, what it installs, what it flushes.
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
step-fault
#| The same walk again. Nobody has touched the guest's registers: it will repeat its instruction.
tdp-walk $fl_gpa
#| Into the guest, where the debugger sees the other world: its registers, its stack, its symbols.
into-guest
world
gbreak guest_main
continue
gbt
gwalk 0x80200000
#| And back, by whatever ends the guest next.
into-hyp
world
bt 3
