# run: flatland -- vm run /guest/hello
# cpus: 1
#| Every command with arguments that make no sense, while there is a machine.
next-fault
step-fault 1
next-fault nothing
next-fault 1 2
tdp-walk
tdp-walk 1 2
tdp-walk nobody
tdp-walk 0x10000000000
tdp-walk -1
tdp-walk 0x3ffff000
gwalk
gwalk 1 2
gwalk nobody
gwalk 0xffff800000000000
tdp-dump 0x3000 0x1000
tdp-dump 0 0x1000
tdp-dump 1 2 3
tdp-dump 0x10000000000 0x20000000000
why
why 0x10000000000
why 0x7ffff000
why 0xfe000000
world 1
vcpu 8
vcpu 1
vcpu -1
machine 77
machine -1
machine nobody
memslots 9
exits nobody
exits -1
trace nobody
trace -1
gbreak
gbreak no_such_function
gbt 1
watch-gpa
watch-gpa 0x10000000000
watch-gpa nobody
guest-symbols
guest-symbols no_such_guest
into-guest 1
into-hyp 1
