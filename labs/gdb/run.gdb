# How commands run the system: to one of several places, and back to a prompt in any case.
#
#     define fl-set-example
#       fl-break $fl_at_mmu_fault 1
#       fl-break $fl_at_panic 2
#     end
#     ...
#     fl-quietly fl-set-example
#     fl-run
#     ... $fl_hit is 1, 2, or something else has happened, which fl-print-stop tells
#     fl-clear
#
# A breakpoint's condition notes which one it was in $fl_hit: GDB 13 does not tell.  A breakpoint's commands do not run
# when it is hit in a command of ours, so that what has to be done is done here.
#
# R1 Breakpoints of ours exist only while a command runs, but for that of guest.gdb; those of a command that an error
#    has ended (QEMU is gone) go with the next one.
# R2 `continue` is nowhere but in fl-run.

# ---- Places of the kernel -----------------------------------------------------------------------------------
# Looked up before a guest's symbols are there.

set $fl_at_mmu_fault = fl_ul(&mmu_fault_of_hyp)
set $fl_at_panic = fl_ul(&panic)
set $fl_at_vm_vcpu_create = fl_ul(&vm_vcpu_create)
set $fl_at_arch_vm_destroy = fl_ul(&arch_vm_destroy)
set $fl_at_vcpu_enter_guest = fl_ul(&vcpu_enter_guest)

set $fl_stack_mask = ~0x3ffful
set $fl_stack = 0ul

# ---- Breakpoints --------------------------------------------------------------------------------------------

set $fl_first_bp = 0
set $fl_last_bp = -1

# Without what GDB says of it.  A process for each, so that breakpoints are set together.
define fl-quietly
  pipe $arg0 | cat > /dev/null
end

define fl-note-bp
  commands $bpnum
    silent
  end
  if $fl_last_bp < $fl_first_bp
    set $fl_first_bp = $bpnum
  end
  set $fl_last_bp = $bpnum
end

# fl-break ADDRESS HIT
define fl-break
  hbreak *($arg0) if ($fl_hit = $arg1) == $arg1
  fl-note-bp
end

# The same, for the thread that has its kernel stack at $fl_stack: it may change CPUs.
define fl-break-thread
  hbreak *($arg0) if (((unsigned long)$sp ^ $fl_stack) & $fl_stack_mask) == 0 && ($fl_hit = $arg1) == $arg1
  fl-note-bp
end

# The same, for the CPU of $fl_this alone.
define fl-break-cpu
  hbreak *($arg0) if $_thread == $fl_this && ($fl_hit = $arg1) == $arg1
  fl-note-bp
end

# The same, when that thread reads or writes the word at a kernel address.
define fl-watch-thread
  eval "awatch *(unsigned long *)0x%lx if (((unsigned long)$sp ^ $fl_stack) & $fl_stack_mask) == 0 && \
      ($fl_hit = %d) == %d", $arg0, $arg1, $arg1
  fl-note-bp
end

# Any access to a byte at a virtual address, whosever it is.
define fl-watch
  eval "awatch *(unsigned char *)0x%lx if ($fl_hit = %d) == %d", $arg0, $arg1, $arg1
  fl-note-bp
end

define fl-clear
  if $fl_last_bp >= $fl_first_bp
    eval "delete %d-%d", $fl_first_bp, $fl_last_bp
  end
  set $fl_first_bp = 0
  set $fl_last_bp = -1
end

# ---- Running ------------------------------------------------------------------------------------------------

# Until a breakpoint is hit.  $fl_hit: its number, 0: something else has stopped the system, -1: it has ended.
define fl-run
  set $fl_on = 1
  while $fl_on
    set $fl_hit = 0
    continue
    set $fl_on = 0
    if $_thread == 0
      set $fl_hit = -1
    else
      if $fl_hit == 90
        fl-guest-starts
        set $fl_on = 1
      end
    end
  end
end

define fl-set-return
  fl-break-thread $fl_return 5
  fl-break $fl_at_panic 2
end

# From a function's first instruction to where it has returned to; other breakpoints are forgotten.
define fl-run-to-return
  fl-clear
  fl-quietly fl-set-return
  fl-run
  if $fl_hit == 5
    fl-arch-result
  end
end

# ---- What to say --------------------------------------------------------------------------------------------

# An interrupt that is pending ends the guest before the instruction at which it has stopped, which it comes to again:
# into-hyp lets it pass a breakpoint of gbreak's there.
set $fl_passing = 0ul

# For a command that runs the system; false in $fl_ok: it cannot.
define fl-begin-run
  set $fl_ok = $_thread != 0
  set $fl_passing = 0ul
  if !$fl_ok
    echo not connected: no CPU to run\n
  else
    fl-clear
  end
end

# Why the system has stopped where a command did not want it.
define fl-print-stop
  if $fl_hit == -1
    echo the system has ended: nothing runs any more\n
  end
  if $fl_hit == 0
    printf "stopped elsewhere, at "
    output/a fl_ul($pc)
    printf ": the same command goes on from there\n"
  end
  if $fl_hit == 2
    fl-arch-arguments
    printf "the kernel panics: %s\n", (char *)$fl_a0
  end
end
