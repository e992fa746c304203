# run: ktest ktest.hidden ktest=broken.fails_for_two
# cpus: 1
#| What `make repro T=broken.fails_for_two GDB=1` does: to the check that fails, with the test's frame selected.
source labs/gdb/failure.gdb
continue
#| There is no other failure.
continue
