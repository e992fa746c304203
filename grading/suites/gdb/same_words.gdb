# run: ktest ktest=hyp_look.why_ends_with_what_the_walk_yields
#| The kernel and GDB say the same: `vm why` and the command `why`, before a guest has run, for a page that is mapped,
#| and for one that the monitor has unmapped.
hbreak vm_why
continue
pipe finish | cat > /dev/null
printf "%s", 'grading/suites/hyp/look.c'::told[0]
why 0x802010
continue
pipe finish | cat > /dev/null
printf "%s", 'grading/suites/hyp/look.c'::told[0]
why 0x802010
continue
pipe finish | cat > /dev/null
printf "%s", 'grading/suites/hyp/look.c'::told[0]
why 0x802010
#| The dump of all that is mapped has the same lines as the walk.
tdp-dump
