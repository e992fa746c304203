# run: flatland -- vm run /guest/hello
# cpus: 1
#| In one terminal `make qemu-gdb` has a machine wait; in another, `make gdb` connects to it. Nothing has been executed
#| yet, there is no guest, and commands about guests say so:
world
#riscv> tdp-walk 0x80200000
#x86> tdp-walk 0x100000
#| `next-fault` lets the system run until the hypervisor is asked to mend a fault of a guest's second stage. In the
#| first terminal start a guest: `vm run /guest/hello`.
next-fault
#| That is a guest at its very first instruction. The monitor has lent it memory, so there is a memslot, and the page
#| behind it is there, because the monitor has put the program into it. But no entry says so: the walk ends in the root.
#| The CPU is in the host now, and the guest's registers are saved:
world
machine
memslots
vcpu
#| Now the fault, step by step. First all that can be done without the MMU's lock: spare tables, a look at the clock of
#| changes, the memslot, the page.
step-fault
step-fault
step-fault
step-fault
#| Then with the lock, which other CPUs that map something share: has anything changed since the look at the clock?
step-fault
step-fault
#| If not, the walk goes down from the root, and puts in what is missing on the way.
step-fault 20
#riscv| A flush where nothing was mapped: RISC-V allows a CPU to remember that there was nothing. x86-64 does not.
#x86| Nothing is flushed: x86-64 does not remember that there was nothing. RISC-V may, and flushes here.
#| The same walk again:
#riscv> tdp-walk 0x80200000
#x86> tdp-walk 0x100000
#| Into the guest: the debugger sees the other world now, its registers, its symbols, its stack.
into-guest
world
gbreak guest_main
continue
gbt
#| Both stages for one of its addresses. Indented: where the second stage has what the walk of the first reads.
#riscv> gwalk 0x80200000
#x86> gwalk 0x100000
#| And back, by whatever ends the guest next:
into-hyp
world
#| `help flatland` lists what else there is.
