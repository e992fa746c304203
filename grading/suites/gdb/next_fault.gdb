# run: flatland -- vm run /guest/toucher
# cpus: 1
#| Nothing runs: the commands of running say so, or wait for a guest.
into-hyp
step-fault
gbt
watch-gpa 0x80230180
#| The first fault of the first guest: a fetch of its first instruction.
next-fault
#| Its second one is not taken before the first is mended.
next-fault
gbt
