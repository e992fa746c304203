# A recorded run, at the beginning of its case: loaded by `make replay` behind session.gdb.
#
# QEMU goes backwards from a snapshot that it has of an earlier moment, and forwards again; so one is taken here, and
# reverse-stepi, reverse-continue and watchpoints reach back to it.

hbreak ktest_run
continue
delete $bpnum
monitor savevm case
