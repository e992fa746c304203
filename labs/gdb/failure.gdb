# A failing test, at the moment in which it fails: loaded behind session.gdb by `make repro T=... GDB=1` and by editors.
#
# Whoever continues now is stopped where a check fails or the kernel panics.  The test's frame is selected then.  Shown
# are the check with both values, as the report has them, the line in the test, and the second stage's entries for the
# address that faulted last, if there is a machine.  `continue` goes on to the next failure.

# The check $arg0 of a frame of grading/ktest/check.c, as its report begins.
define fl-print-check
  printf "%s:%u: expected %s", $arg0->file, $arg0->line, $arg0->left
  if $arg0->op[0]
    printf " %s %s", $arg0->op, $arg0->right
  end
end

# Small numbers as people count them, all others as machines do.
define fl-print-value
  if (long)($arg0) > -1000000 && (long)($arg0) < 1000000
    printf "%ld", (long)($arg0)
  else
    printf "0x%lx", $arg0
  end
end

# The test's frame, its line, and the entries for the address that faulted last.
define fl-show-failure
  up-silently
  frame
  fl-pick
  if $fl_vcpu != 0
    fl-phys-on
    set $fl_failing = fl_host($fl_vcpu)->fault.gpa.raw
    fl-phys-off
    printf "What the address that faulted last meets now:\n"
    why $fl_failing
  end
end

define fl-show-panic
  printf "The kernel panics: \"%s\"\n", format
  up-silently
  frame
end

set breakpoint pending on
break ktest_compare_failed
commands
  fl-print-check check
  printf ": left "
  fl-print-value left
  printf ", right "
  fl-print-value right
  printf "\n"
  fl-show-failure
end
break ktest_string_failed
commands
  fl-print-check check
  printf ": left \"%s\", right \"%s\"\n", left, right
  fl-show-failure
end
break ktest_check_failed
commands
  fl-print-check check
  printf "\n"
  fl-show-failure
end
break report_left_behind
commands
  printf "%s leaves something behind: what is in `before' and `now'\n", ktest_state.instance->name
  frame
end
break give_up
commands
  printf "%s exceeds its budget.  Where the CPUs are:\n", i->name
  info threads
end
# A case of the MMU's suites: whatever is wrong comes through attempt_fail(), a failed check from the test.
set $fl_is_check = 0
break check_fail if ($fl_is_check = 1) == 0
break attempt_fail
commands
  printf "%s\n", text
  up-silently 1 + $fl_is_check
  frame
  set $fl_is_check = 0
end
break panic
commands
  fl-show-panic
end
set breakpoint pending off

# Behind the first `continue`.
define fl-say-end
  if $_thread == 0
    echo nothing has failed: the test kernel has ended\n
  end
end
