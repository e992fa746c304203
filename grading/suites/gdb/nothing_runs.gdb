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
machine
exits
