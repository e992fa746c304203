# run: flatland -- vm run /guest/hello
# cpus: 1
#| A connection that is lost comes back by `reconnect`: to the same machine here, or to one that was started later.
#| Breakpoints stay.
hbreak kernel_main
continue
disconnect
world
tdp-walk 0x80200000
reconnect
world
reconnect
pipe info breakpoints | grep -c kernel_main
next-fault
