# run: flatland -- vm run -n flatland /guest/hello; vm run -n other /guest/hello; vm run /guest/hello
# cpus: 1
#| Breakpoints in guests that are not there yet: a name that nobody knows yet, and one that the host has too.
gbreak
gbreak guest_main
gbreak printk
#| A machine's name says whose symbols it brings: the first one calls itself a kernel, the second one's says nothing.
continue
gbt
#| By hand.  Of the programs in user/guest, which all lie at one place, one has its symbols at a time.
guest-symbols
guest-symbols nonsense
guest-symbols smc
pipe info breakpoints | grep -c "hw breakpoint"
next-fault 0x200000000
