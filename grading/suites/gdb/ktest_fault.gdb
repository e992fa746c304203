# run: ktest ktest=hyp_machine.a_guest_sees_its_monitors_memory
# cpus: 1
#| A guest of the test kernel's, which has other MMUs too: the hypervisor's is meant.
next-fault
step-fault 30
next-fault
step-fault 2
into-guest
gbt
