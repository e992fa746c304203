# run: flatland -- vm run /guest/hello
# cpus: 2
#| Before any machine exists, each command says so in one line.
world
tdp-walk 0x80000000
gwalk 0x80000000
tdp-dump
why 0x80000000
memslots
vcpu
vcpu 0
machine
machine 1
exits
trace 3
step-fault
into-hyp
gbt
gbreak guest_main
watch-gpa 0x80000000
#| The kernel has begun, but not yet what the commands look at.
break kernel_main
continue
world
machine
exits
trace 3
