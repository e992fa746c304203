# Stage-2 faults, one after the other and step by step: next-fault, step-fault.
#
# The fault path has no hooks, and an optimized MMU hardly has variables.  What is shown is seen from outside, and is
# the same for every MMU: the calls that it makes of its surroundings (mmu/host.h), in the order of mmu/mmu.h's six
# steps; and the entries that it reads, each watched where it lies in the kernel's memory.

set $fl_at_table_reserve = fl_ul(&'hyp/host.c'::host_table_reserve)
set $fl_at_sample = fl_ul(&'hyp/host.c'::host_sample)
set $fl_at_lookup = fl_ul(&'hyp/host.c'::host_lookup)
set $fl_at_resolve = fl_ul(&'hyp/host.c'::host_resolve)
set $fl_at_lock = fl_ul(&'hyp/host.c'::host_lock)
set $fl_at_unlock = fl_ul(&'hyp/host.c'::host_unlock)
set $fl_at_must_retry = fl_ul(&'hyp/host.c'::host_must_retry)
set $fl_at_trace = fl_ul(&'hyp/host.c'::host_trace)
set $fl_at_flush = fl_ul(&'hyp/host.c'::host_flush)
set $fl_at_page_mark = fl_ul(&'hyp/host.c'::host_page_mark)

set $fl_t_fault = (struct tdp_fault *)0
set $fl_t_answer = (struct mmu_answer *)0
set $fl_t_host_slot = (struct host_slot *)0
set $fl_t_host_page = (struct host_page *)0

# The fault that is stepped through: none, or since next-fault has come to it.
set $fl_step_on = 0
set $fl_step_sp = 0ul

# ---- The next fault -----------------------------------------------------------------------------------------

define fl-print-access
  if $fl_f_access == 0
    printf "a read"
  end
  if $fl_f_access == 1
    printf "a write"
  end
  if $fl_f_access == 2
    printf "a fetch"
  end
  if $fl_f_flags & 1
    printf " by the guest's own walk"
  end
end

# Who, where, why: of $fl_loaded, which has faulted.
define fl-print-fault
  set $fl_one_vcpu = $fl_loaded
  set $fl_on_cpu = 0
  fl-arch-frame
  fl-arch-fault
  printf "fault     "
  fl-print-vcpu-name
  printf ", cpu %u: ", fl_host($fl_cpu)->id
  fl-print-access
  printf "\nat        pc "
  output/a $fl_g_pc
  if $fl_f_flags & 2
    printf ", virtual address 0x%lx\n", $fl_f_gva
  else
    printf ", virtual address not told\n"
  end
  fl-arch-print-cause
  set $fl_gpa = $fl_f_gpa
  fl-print-guest
  fl-print-why
end

# At mmu_fault(): all that is known of the fault.
define fl-show-fault
  fl-pick
  if $fl_loaded == 0
    printf "fault     at guest-physical 0x%lx, of no vCPU that is loaded here\n", $fl_fault_gpa
  else
    set $fl_vcpu = $fl_loaded
    fl-phys-on
    set $fl_vm = fl_host($fl_vcpu)->vm
    set $fl_root = fl_host($fl_vcpu)->root
    fl-print-fault
    fl-phys-off
  end
end

# At mmu_fault(): $fl_fault_gpa, and what step-fault has to know.
define fl-note-fault
  fl-arch-arguments
  set $fl_fault_gpa = fl_as($fl_t_fault, $fl_a1)->gpa.raw
  set $fl_step_on = 1
  set $fl_step_sp = fl_ul($sp)
  set $fl_stack = $fl_step_sp
  set $fl_step_return = $fl_return
  set $fl_step_answer = fl_as($fl_t_answer, $fl_a2)
  set $fl_step_locked = 0
  set $fl_step_level = -1
end

# Is there still a machine that could fault?
define fl-any-machine
  fl-phys-on
  fl-find-machine 0
  set $fl_ok = $fl_found != 0
  fl-phys-off
end

# To mmu_fault(), or to the end of the last machine.
define fl-run-to-fault
  set $fl_going = 1
  while $fl_going
    fl-run
    set $fl_going = 0
    if $fl_hit == 3
      fl-any-machine
      set $fl_going = $fl_ok
    end
  end
end

# Where mmu_fault() begins; with an address in the page $fl_page, if $fl_page_counts.
define fl-set-fault
  if $fl_page_counts
    eval "hbreak *0x%lx if (*(unsigned long *)(%s + %lu) & ~0xffful) == 0x%lx && ($fl_hit = 1) == 1", \
        $fl_at_mmu_fault, $fl_second_argument, fl_offset($fl_t_fault, gpa), $fl_page
    fl-note-bp
  else
    fl-break $fl_at_mmu_fault 1
  end
  fl-break $fl_at_panic 2
  fl-break $fl_at_arch_vm_destroy 3
end

define fl-next-fault
  fl-begin-run
  if $fl_ok
    set $fl_step_on = 0
    fl-quietly fl-set-fault
    fl-run-to-fault
    fl-clear
    if $fl_hit == 1
      fl-note-fault
      fl-show-fault
    else
      set $fl_step_on = 0
      if $fl_hit == 3
        echo no fault: the last machine has ended\n
      end
      fl-print-stop
    end
  end
end

define next-fault
  set $fl_page_counts = $argc == 1
  if $argc > 1
    echo next-fault [GPA]: one address, written without blanks\n
  else
    set $fl_page = 0ul
    if $argc == 1
      set $fl_page = fl_ul($arg0) & ~0xffful
    end
    fl-next-fault
  end
end
document next-fault
next-fault [GPA]: run to the next fault of the second stage, of any guest's; with GPA to one in that page.
Stops where the hypervisor asks the MMU to mend it, at mmu_fault().  Shows whose it is, what the guest did where, the
cause in the architecture's words, and what `why` says: memslot, the monitor's page, the walk.  Without a machine it
waits for one, until Ctrl-C.  step-fault goes on from there.

  next-fault 0x80221000
end

# ---- A step: what the MMU asks for --------------------------------------------------------------------------

# Its breakpoints, by the function's number in fl-print-step.
define fl-set-step
  fl-break-thread $fl_step_return 10
  fl-break-thread $fl_at_table_reserve 11
  fl-break-thread $fl_at_sample 12
  fl-break-thread $fl_at_lookup 13
  fl-break-thread $fl_at_resolve 14
  fl-break-thread $fl_at_lock 15
  fl-break-thread $fl_at_must_retry 16
  fl-break-thread $fl_at_trace 17
  fl-break-thread $fl_at_flush 18
  fl-break-thread $fl_at_unlock 19
  fl-break-thread $fl_at_page_mark 20
  fl-break-thread $fl_at_mmu_fault 6
  fl-break $fl_at_panic 2
end

define fl-step-table-reserve
  set $fl_have = (int)$fl_a2
  set $fl_want = (int)$fl_a3
  printf "1 tables  there are %d spare tables, %d may be needed: ", $fl_have, $fl_want
  if (int)$fl_result == 0
    printf "the rest is allocated\n"
  else
    printf "error %d\n", (int)$fl_result
  end
end

define fl-step-sample
  printf "2 sample  before anything is looked up: notifier's sequence %lu, memslots' %lu\n", $fl_result, $fl_result_2
end

define fl-step-lookup
  set $fl_step_slot = fl_as($fl_t_host_slot, $fl_a2)
  printf "3 lookup  "
  if (int)$fl_result == 0
    printf "no memslot: a device, or nothing\n"
  end
  if (int)$fl_result == 1
    printf "memslot 0x%lx-0x%lx, ", $fl_step_slot->start.raw, $fl_step_slot->end.raw
    set $fl_rights = $fl_step_slot->rights
    fl-print-words
    printf ", leaves up to level %d\n", $fl_step_slot->level_max
  end
  if (int)$fl_result == 2
    printf "the memslot is being changed: neither memory nor a device yet\n"
  end
end

define fl-step-resolve
  set $fl_step_page = fl_as($fl_t_host_page, $fl_a4)
  printf "4 resolve "
  if (int)$fl_result == 0
    printf "the host's page 0x%lx, in a block of level %d", $fl_step_page->page.raw, $fl_step_page->level
    if $fl_step_page->is_writable
      printf ", writable\n"
    else
      printf ", not writable\n"
    end
  else
    printf "no page: error %d\n", (int)$fl_result
  end
end

define fl-step-lock
  set $fl_step_locked = 1
  if (int)$fl_a1 == 0
    printf "5 lock    shared: other CPUs may be changing entries too\n"
  else
    printf "5 lock    exclusive: nobody else changes entries\n"
  end
end

define fl-step-must-retry
  if $fl_result & 0xff
    printf "5 check   something has changed since the sample: what was looked up may be wrong\n"
  else
    printf "5 check   nothing has changed since the sample\n"
  end
end

define fl-step-flush
  printf "6 flush   0x%lx-0x%lx, ", $fl_a2, $fl_a3
  if (int)$fl_a4 == 0
    printf "on this CPU alone, of leaves that allow more now\n"
  end
  if (int)$fl_a4 == 1
    printf "on all CPUs, of leaves\n"
  end
  if (int)$fl_a4 == 2
    printf "on all CPUs, of leaves and of tables on the way\n"
  end
end

define fl-step-page-mark
  printf "6 marks   the host's page 0x%lx as", $fl_a2
  if $fl_a4 & 1
    printf " accessed"
  end
  if $fl_a4 & 2
    printf " written"
  end
  printf ", because its entry goes\n"
end

# ---- A step: entries ----------------------------------------------------------------------------------------

# The entries on the way to the address: where they lie, what they are.  The places of levels that the walk does not
# come to are 0.
set $fl_way_at = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_way_pte = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_way_slot = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul}

define fl-find-way
  set $fl_level = 0
  while $fl_level < 6
    set $fl_way_at[$fl_level] = 0ul
    set $fl_level = $fl_level + 1
  end
  fl-pick
  fl-phys-on
  set $fl_root = $fl_loaded != 0 ? fl_host($fl_loaded)->root : fl_as($fl_t_root, 0)
  set $fl_kind = $fl_root != 0
  if $fl_root != 0
    fl-load-root
    set $fl_table_now = $fl_root_table
    set $fl_level = $fl_levels
  end
  while $fl_kind == 1
    set $fl_level = $fl_level - 1
    set $fl_mask = (512ul << ($fl_level == $fl_levels - 1 ? $fl_root_extra : 0)) - 1
    set $fl_slot = ($fl_fault_gpa >> fl_shift($fl_level)) & $fl_mask
    fl-check-ram $fl_table_now
    set $fl_kind = 4
    if $fl_is_ram
      set $fl_pte = *(unsigned long *)($fl_table_now + 8 * $fl_slot)
      set $fl_way_at[$fl_level] = $fl_table_now + 8 * $fl_slot
      set $fl_way_slot[$fl_level] = $fl_slot
      set $fl_way_pte[$fl_level] = $fl_pte
      set $fl_kind = fl_kind($fl_pte, $fl_level)
      set $fl_table_now = fl_table_at($fl_pte)
    end
  end
  fl-phys-off
end

define fl-set-way
  set $fl_i = 5
  while $fl_i >= 0
    if $fl_way_at[$fl_i] != 0
      fl-watch-thread $fl_way_at[$fl_i]+$fl_direct 30+$fl_i
    end
    set $fl_i = $fl_i - 1
  end
end

# The entry of $fl_level on the way: $fl_pte as it is now, ready to be printed.
define fl-read-way
  set $fl_stage = 2
  set $fl_at = $fl_fault_gpa
  set $fl_slot = $fl_way_slot[$fl_level]
  fl-phys-on
  set $fl_pte = *(unsigned long *)$fl_way_at[$fl_level]
  fl-phys-off
end

# The MMU has read an entry.  What it does to one that leads nowhere, it does next: that is told when it is done.
define fl-step-visit
  set $fl_level = $fl_hit - 30
  set $fl_shown = $fl_level != $fl_step_level
  if $fl_shown
    fl-read-way
    printf "6 visits  "
    fl-print-walk-line
    if $fl_kind != 1
      set $fl_step_level = $fl_level
    end
  end
end

# It has changed $fl_a4 entries of level $fl_a3 from $fl_a2 on.
define fl-step-set
  set $fl_step_level = -1
  set $fl_level = (int)$fl_a3
  set $fl_start = $fl_a2 & ~(fl_span($fl_level) - 1)
  if $fl_way_at[$fl_level] == 0 || $fl_a4 != 1 || ($fl_fault_gpa & ~(fl_span($fl_level) - 1)) != $fl_start
    printf "6 sets    %lu entries of level %d from 0x%lx on\n", $fl_a4, $fl_level, $fl_a2
  else
    fl-read-way
    set $fl_new = $fl_pte
    set $fl_pte = $fl_way_pte[$fl_level]
    printf "6 was     "
    fl-print-walk-line
    set $fl_pte = $fl_new
    printf "  becomes "
    fl-print-walk-line
  end
end

define fl-step-trace
  set $fl_shown = 0
  if (int)$fl_a1 == 0
    fl-step-set
    set $fl_shown = 1
  end
  if (int)$fl_a1 == 2
    printf "6 yields  the lock to those who wait, at 0x%lx\n", $fl_a2
    set $fl_shown = 1
  end
end

# ---- A step: the answer -------------------------------------------------------------------------------------

define fl-print-error
  printf "answer    error, %d: ", $fl_error
  if $fl_error == -14
    printf "the monitor has no such page, or may not use it so\n"
  end
  if $fl_error == -12
    printf "no page or no table; trying again may help\n"
  end
  if $fl_error == -122
    printf "the monitor's limit of table pages\n"
  end
  if $fl_error == -40
    printf "the same fault came too often: the budget is used up\n"
  end
  if $fl_error == -5
    printf "the machine is dead, or an entry of ours was malformed\n"
  end
  if $fl_error == -4
    printf "the thread is being killed\n"
  end
  if $fl_error == -40 || $fl_error == -5
    printf "next      the vCPU has failed, and says so to the monitor\n"
  else
    if $fl_error == -4
      printf "next      the thread ends\n"
    else
      printf "next      the monitor is told, VM_EXIT_FAULT\n"
    end
  end
end

define fl-print-emulate
  printf "answer    emulate: "
  if $fl_reason == 1
    printf "there is no memory\n"
  end
  if $fl_reason == 2
    printf "a write to read-only memory\n"
  end
  if $fl_reason == 3
    printf "beyond the guest's width\n"
  end
  printf "next      the instruction is read and done in the guest's place, by a device's model or the monitor\n"
end

define fl-print-again
  printf "next      the guest is entered again, and repeats the instruction"
  fl-pick
  if $fl_loaded != 0
    set $fl_vcpu = $fl_loaded
    set $fl_on_cpu = 0
    fl-phys-on
    fl-arch-frame
    fl-phys-off
    printf " at "
    output/a $fl_g_pc
  end
  printf "\n"
end

# Where mmu_fault() has returned to.
define fl-step-answer
  set $fl_step_on = 0
  set $fl_outcome = (int)$fl_step_answer->outcome
  set $fl_reason = (int)$fl_step_answer->why
  set $fl_error = $fl_step_answer->error
  if $fl_outcome == 0
    printf "answer    retry: something has changed meanwhile, or a race was lost\n"
  end
  if $fl_outcome == 1
    printf "answer    fixed: the second stage allows the access now\n"
  end
  if $fl_outcome == 2
    printf "answer    spurious: the second stage allowed it already, and this CPU remembered less\n"
  end
  if $fl_outcome == 3
    fl-print-emulate
  end
  if $fl_outcome == 4
    fl-print-error
  end
  if $fl_outcome < 3
    fl-print-again
  end
end

# ---- Steps --------------------------------------------------------------------------------------------------

# A function that was called has returned: what it was asked is in $fl_a0 to $fl_a4 yet.
define fl-print-called
  if $fl_called == 11
    fl-step-table-reserve
  end
  if $fl_called == 12
    fl-step-sample
  end
  if $fl_called == 13
    fl-step-lookup
  end
  if $fl_called == 14
    fl-step-resolve
  end
  if $fl_called == 16
    fl-step-must-retry
  end
end

# What is told when it is called.
define fl-print-call
  if $fl_called == 15
    fl-step-lock
  end
  if $fl_called == 17
    fl-step-trace
  end
  if $fl_called == 18
    fl-step-flush
  end
  if $fl_called == 19
    set $fl_step_locked = 0
    printf "6 unlock\n"
  end
  if $fl_called == 20
    fl-step-page-mark
  end
end

# What has been come to; $fl_shown: there was something to say.
define fl-print-step
  set $fl_shown = 1
  set $fl_called = $fl_hit
  if $fl_called == 10
    fl-step-answer
  end
  if $fl_called >= 11 && $fl_called <= 20
    fl-arch-arguments
  end
  if ($fl_called >= 11 && $fl_called <= 14) || $fl_called == 16
    fl-run-to-return
    if $fl_hit == 5
      fl-print-called
    end
  else
    fl-print-call
  end
  if $fl_called >= 30 && $fl_called < 36
    fl-step-visit
  end
end
define fl-step
  fl-quietly fl-set-step
  if $fl_step_locked
    fl-find-way
    fl-quietly fl-set-way
  end
  set $fl_shown = 0
  while !$fl_shown
    fl-run
    fl-print-step
  end
  fl-clear
  if $fl_hit == 6
    fl-note-fault
    echo that fault is over, another has come: step-fault goes through this one\n
  end
  if $fl_hit <= 2
    fl-print-stop
  end
end

# Is the fault over, because the system has run on without step-fault?
define fl-check-step
  if fl_ul($pc) == $fl_at_mmu_fault
    fl-note-fault
  end
  fl-pick
  if $fl_in_guest
    set $fl_step_on = 0
  end
  if ((fl_ul($sp) ^ $fl_stack) & $fl_stack_mask) == 0 && fl_ul($sp) > $fl_step_sp
    set $fl_step_on = 0
  end
end

define fl-step-fault
  fl-begin-run
  if $fl_ok
    fl-check-step
    if $fl_step_on
      fl-step
    else
      echo no fault is being mended: next-fault runs to one\n
    end
  end
end

# Several steps end with the fault, or where the system stops.
define fl-step-faults
  set $fl_step_count = $fl_wanted
  set $fl_shown = 1
  while $fl_step_count > 0 && $fl_step_on && $fl_shown
    set $fl_step_count = $fl_step_count - 1
    fl-step-fault
    if $fl_hit >= 0 && $fl_hit <= 2
      set $fl_step_count = 0
    end
  end
end

define step-fault
  set $fl_wanted = 1
  if $argc == 1
    set $fl_wanted = (long)($arg0)
  end
  if $argc > 1
    echo step-fault [N]: one number\n
  else
    fl-step-fault
    set $fl_wanted = $fl_wanted - 1
    fl-step-faults
  end
end
document step-fault
step-fault [N]: one step of the fault that next-fault has come to, or N steps, until it is over.
What the MMU asks its surroundings for, in the order of the six steps in mmu/mmu.h; each entry that it visits; what an
entry was and becomes; what is flushed; at the end the answer, and what the guest does next.

  step-fault
end
