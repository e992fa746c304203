# Machines and vCPUs as they are now: world, machine, vcpu, memslots, exits, trace.

# ---- Names --------------------------------------------------------------------------------------------------

# machine 1 "paging", vcpu 0: of $fl_one_vcpu.
define fl-print-vcpu-name
  set $fl_one = fl_host($fl_one_vcpu)->vm
  if $fl_one != 0
    set $fl_text = fl_host($fl_one)->name
    printf "machine %u \"%s\", vcpu %u", fl_host($fl_one)->id, $fl_text, fl_host($fl_one_vcpu)->index
  else
    printf "vcpu %u of no machine", fl_host($fl_one_vcpu)->index
  end
end

# ---- world --------------------------------------------------------------------------------------------------

define fl-print-cpu
  if $fl_cpu == 0
    printf "cpu       not one of the kernel's yet: %s, pc ", $fl_mode
  else
    printf "cpu       %u: ", fl_host($fl_cpu)->id
    if $fl_in_guest
      set $fl_one_vcpu = $fl_loaded
      printf "in the guest of "
      fl-print-vcpu-name
    else
      set $fl_thread = fl_host($fl_cpu)->thread
      if $fl_in_firmware
        printf "under"
      else
        printf "in"
      end
      printf " the host, thread %d", $fl_thread != 0 ? fl_host($fl_thread)->tid : -1
    end
    printf ": %s, pc ", $fl_mode
  end
  output/a $fl_pc
  printf "\n"
end

define world
  if $_thread == 0
    echo not connected: no CPU to look at\n
  else
    fl-pick
    fl-phys-on
    fl-arch-mode
    fl-print-cpu
    if $fl_loaded != 0 && !$fl_in_guest
      set $fl_one_vcpu = $fl_loaded
      printf "loaded    "
      fl-print-vcpu-name
      printf ", which is not in its guest\n"
    end
    set $fl_on_cpu = 1
    set $fl_vcpu = $fl_loaded
    fl-arch-print-translation
    fl-phys-off
  end
end
document world
world: which world the selected CPU is in, in which mode, and how its addresses are translated.
In the guest there are two stages; in the host there is one, even while a vCPU is loaded.

  world
end

# ---- machine ------------------------------------------------------------------------------------------------

define fl-print-machine
  set $fl_text = fl_host($fl_one)->name
  printf "%c machine %u \"%s\" of process %d: %u bits", $fl_one == $fl_vm ? '*' : ' ', fl_host($fl_one)->id, \
      $fl_text, fl_host($fl_one)->pid, fl_host($fl_one)->gpa_bits
  printf ", %lu of %lu table pages", fl_host($fl_one)->host.table_count, fl_host($fl_one)->host.table_limit
  printf ", %lu flushes", fl_host($fl_one)->host.flush_count
  if fl_host($fl_one)->is_dead
    printf ", its monitor is gone"
  end
  printf "\n"
end

define fl-print-machines
  set $fl_link = fl_host($fl_vms)->next
  if $fl_link == $fl_vms
    echo no machine: a vCPU of none is tested\n
  end
  while $fl_link != 0 && $fl_link != $fl_vms
    set $fl_one = fl_container($fl_t_vm, link, $fl_link)
    fl-print-machine
    set $fl_link = fl_host($fl_link)->next
  end
end

define fl-choose-machine
  fl-find-machine $fl_wanted
  if $fl_found != 0 || $fl_wanted == 0
    set $fl_chosen_id = $fl_wanted
    set $fl_chosen_index = -1
    fl-phys-off
    fl-pick
    fl-phys-on
    fl-print-machines
  else
    printf "no machine %ld\n", $fl_wanted
  end
end

define machine
  set $fl_wanted = 0l
  if $argc == 1
    set $fl_wanted = (long)($arg0)
  end
  fl-begin
  if $fl_ok
    if $argc != 1
      fl-print-machines
    else
      fl-choose-machine
    end
  end
  fl-end
end
document machine
machine [ID]: the machines; * is the one that the other commands are about.
With an ID that one is chosen.  Without a choice, or after `machine 0`, it is the one whose vCPU is loaded on the
selected CPU, or else the first.

  machine 2
end

# ---- vcpu ---------------------------------------------------------------------------------------------------

# On which CPU $fl_one_vcpu is loaded: $fl_home, or 0.
define fl-find-home
  set $fl_home = fl_as($fl_t_cpu, 0)
  set $fl_save_cpu = $fl_cpu
  set $fl_save_loaded = $fl_loaded
  set $fl_n = 0
  while $fl_n < *fl_host($fl_cpu_count)
    set $fl_cpu = $fl_cpus + $fl_n
    fl-find-loaded
    if $fl_loaded == $fl_one_vcpu
      set $fl_home = $fl_cpu
    end
    set $fl_n = $fl_n + 1
  end
  set $fl_cpu = $fl_save_cpu
  set $fl_loaded = $fl_save_loaded
end

# As `vm stat` has it.
define fl-print-state
  set $fl_state = (int)fl_host($fl_one_vcpu)->state
  if $fl_state == 0
    printf "stopped"
  end
  if $fl_state == 1
    printf "runs"
  end
  if $fl_state == 2
    printf "halted"
  end
  if $fl_state == 3
    printf "failed"
  end
end

define fl-print-vcpu
  printf "%c vcpu %u: ", $fl_one_vcpu == $fl_vcpu ? '*' : ' ', fl_host($fl_one_vcpu)->index
  fl-print-state
  fl-find-home
  if $fl_home != 0
    printf ", loaded on cpu %u as ", fl_host($fl_home)->id
    output fl_as($fl_t_mode, fl_host($fl_one_vcpu)->mode)
  end
  printf ", %lu entries\n", fl_host($fl_one_vcpu)->count.entries
end

define fl-print-vcpus
  set $fl_k = 0
  if $fl_vm == 0
    set $fl_one_vcpu = $fl_vcpu
    fl-print-vcpu
  end
  while $fl_vm != 0 && $fl_k < sizeof($fl_t_vm->vcpu) / sizeof($fl_t_vm->vcpu[0])
    set $fl_one_vcpu = fl_host($fl_vm)->vcpu[$fl_k]
    if $fl_one_vcpu != 0
      fl-print-vcpu
    end
    set $fl_k = $fl_k + 1
  end
end

define fl-print-vcpu-state
  set $fl_one_vcpu = $fl_vcpu
  fl-print-vcpu
  fl-guest-registers
  printf "requests  0x%x\n", fl_host($fl_vcpu)->requests
  if $fl_root != 0
    printf "root      0x%lx, %d levels\n", fl_host($fl_root)->table.raw, fl_host($fl_root)->levels
  end
  fl-arch-print-stage1
  fl-arch-print-registers
  if fl_host($fl_vcpu)->state == 3
    set $fl_text = fl_host($fl_vcpu)->failure.text
    printf "failure   %u: 0x%lx 0x%lx %s\n", fl_host($fl_vcpu)->failure.why, \
        fl_host($fl_vcpu)->failure.detail[0], fl_host($fl_vcpu)->failure.detail[1], $fl_text
  end
  fl-print-last-exit
end

define fl-choose-vcpu
  set $fl_found = 0
  if $fl_wanted < sizeof($fl_t_vm->vcpu) / sizeof($fl_t_vm->vcpu[0])
    set $fl_found = fl_host($fl_vm)->vcpu[$fl_wanted] != 0
  end
  if $fl_found
    set $fl_chosen_id = fl_host($fl_vm)->id
    set $fl_chosen_index = $fl_wanted
    fl-phys-off
    fl-pick
    fl-phys-on
    fl-print-vcpu-state
  else
    printf "machine %u has no vcpu %ld\n", fl_host($fl_vm)->id, $fl_wanted
  end
end

define vcpu
  set $fl_wanted = 0ul
  if $argc == 1
    set $fl_wanted = fl_ul($arg0)
  end
  fl-begin
  if $fl_ok
    if $argc == 1 && $fl_vm != 0
      fl-choose-vcpu
    else
      fl-print-vcpus
    end
  end
  fl-end
end
document vcpu
vcpu [N]: the virtual CPUs of the machine; * is the one that the other commands are about.
With an N that one is chosen, and its registers and its last exit are shown; `machine 0` undoes the choice.

  vcpu 0
end

# ---- memslots -----------------------------------------------------------------------------------------------

define fl-print-memslots
  if fl_host($fl_vm)->slots.sequence & 1
    echo the set is being changed: guests wait\n
  end
  set $fl_k = 0
  while $fl_k < fl_host($fl_vm)->slots.count
    set $fl_slot_now = fl_host($fl_vm)->slots.slot[$fl_k]
    printf "memslot   %u: 0x%lx-0x%lx, monitor 0x%lx, ", $fl_slot_now.id, $fl_slot_now.start.raw, \
        $fl_slot_now.end.raw, $fl_slot_now.hva.raw
    if $fl_slot_now.flags & 1
      echo read-only: a write goes to the monitor\n
    else
      echo read and write\n
    end
    set $fl_k = $fl_k + 1
  end
  if $fl_k == 0
    echo no memslots: every access goes to the monitor\n
  end
end

define memslots
  fl-begin
  if $fl_ok
    if $fl_vm != 0
      fl-print-memslots
    else
      echo no memslots: a vCPU of no machine\n
    end
  end
  fl-end
end
document memslots
memslots: which memory of the monitor's is the machine's, and where.

  memslots
end

# ---- exits --------------------------------------------------------------------------------------------------

# A fault in words: $fl_f_gpa, $fl_f_gva, $fl_f_access, $fl_f_flags, as struct tdp_fault has them.
define fl-print-fault-line
  printf "fault     "
  if $fl_f_access == 0
    printf "read"
  end
  if $fl_f_access == 1
    printf "write"
  end
  if $fl_f_access == 2
    printf "fetch"
  end
  printf " of 0x%lx", $fl_f_gpa
  if $fl_f_flags & 1
    printf ", by the guest's own walk"
  end
  if $fl_f_flags & 2
    printf ", for its address 0x%lx", $fl_f_gva
  end
  if $fl_f_flags & 4
    printf ", refused by an entry"
  end
  if $fl_f_flags & 8
    printf ", no entry"
  end
  if $fl_f_flags & 16
    printf ", a malformed entry"
  end
  printf "\n"
end

define fl-print-last-exit
  fl-guest-registers
  if fl_host($fl_vcpu)->last_cpu == ~0u
    printf "exit      none: the guest has not been entered yet\n"
  else
    fl-arch-print-exit
    fl-arch-fault
    if $fl_is_fault
      fl-print-fault-line
    end
  end
end

define fl-print-counts
  printf "entries   %lu, as loaded %lu times\n", $fl_stat.entries, fl_host($fl_vcpu)->load_count
  printf "exits     %lu faults, %lu calls, %lu halts, %lu others", $fl_stat.exits_fault, $fl_stat.exits_call, \
      $fl_stat.exits_halt, $fl_stat.exits_other
  printf "; %lu reached the monitor\n", $fl_stat.exits_monitor
  printf "kicks     %lu by interrupt\n", $fl_stat.kick_ipis
end

define exits
  set $fl_wanted = 0
  if $argc == 1
    set $fl_wanted = (int)($arg0)
  end
  if $fl_wanted < 0
    set $fl_wanted = 0
  end
  fl-begin
  if $fl_ok
    set $fl_stat = fl_host($fl_vcpu)->count
    fl-print-counts
    fl-print-last-exit
    if $fl_wanted > 0
      fl-print-exits
    end
  end
  fl-end
end
document exits
exits [N]: why the guest has left: counts, and the last exit as hardware told it.
With an N the last N exits, if trace events of guests are recorded: see record-guests.

  exits 10
end

# ---- trace --------------------------------------------------------------------------------------------------
#
# Each CPU has a ring (kernel/trace.h); record s of it stands at place (s - 1) % 1024 and has s in `sequence`, unless it
# was overwritten or is being written.  The newest N of all rings: each ring's own place goes back, N times that of the
# ring with the newest record; then forward from there, oldest first.
#
# What counts is in $fl_mask, a bit for each event; if $fl_only is not 0, of machine $fl_only and vCPU $fl_only_index.

set $fl_next = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_times = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_formats = &'kernel/trace.c'::event_format[0]
set $fl_names = &'kernel/trace.c'::event_name[0]
set $fl_calls = &'kernel/trace.c'::syscall_name[0]
set $fl_call_count = sizeof('kernel/trace.c'::syscall_name) / sizeof('kernel/trace.c'::syscall_name[0])
set $fl_t_event = TRACE_vm_enter
set $fl_vm_enter = (int)TRACE_vm_enter
set $fl_vm_exit = (int)TRACE_vm_exit
set $fl_event_count = (int)TRACE_EVENT_COUNT
set $fl_t_reason = (enum vcpu_exit)0

# Record $arg1 of CPU $arg0: $fl_record; $fl_found: it is whole, and counts.
define fl-trace-read
  set $fl_record = fl_host(fl_host($fl_rings + $arg0)->records)[($arg1 - 1) % 1024]
  set $fl_found = $fl_record.sequence == $arg1 && $fl_record.event < $fl_event_count
  if $fl_found
    set $fl_found = ($fl_mask >> $fl_record.event) & 1
  end
  if $fl_found && $fl_only != 0
    set $fl_found = $fl_record.arg[0] == $fl_only && $fl_record.arg[1] == $fl_only_index
  end
end

# CPU $arg0: from $fl_next back to the record before that counts; time 0: there is none.
define fl-trace-back
  set $fl_found = 0
  set $fl_first = 1ul
  if fl_host($fl_rings + $arg0)->count > 1024
    set $fl_first = fl_host($fl_rings + $arg0)->count - 1023
  end
  while $fl_next[$arg0] > $fl_first && !$fl_found
    set $fl_next[$arg0] = $fl_next[$arg0] - 1
    fl-trace-read $arg0 $fl_next[$arg0]
  end
  set $fl_times[$arg0] = 0ul
  if $fl_found
    set $fl_times[$arg0] = $fl_record.time + 1
  end
end

# CPU $arg0: from $fl_next on to one that counts; time ~0: there is none.
define fl-trace-forward
  set $fl_found = 0
  set $fl_times[$arg0] = ~0ul
  while $fl_next[$arg0] <= fl_host($fl_rings + $arg0)->count && !$fl_found
    fl-trace-read $arg0 $fl_next[$arg0]
    if $fl_found
      set $fl_times[$arg0] = $fl_record.time
    else
      set $fl_next[$arg0] = $fl_next[$arg0] + 1
    end
  end
end

# The newest $fl_wanted records: $fl_next of each CPU is the oldest of them; $fl_got of them exist.
define fl-trace-begin
  set $fl_k = 0
  while $fl_k < $fl_cpu_total
    set $fl_next[$fl_k] = fl_host($fl_rings + $fl_k)->count + 1
    fl-trace-back $fl_k
    set $fl_k = $fl_k + 1
  end
  set $fl_got = 0
  set $fl_newest = 0
  while $fl_got < $fl_wanted && $fl_newest >= 0
    set $fl_newest = -1
    set $fl_k = 0
    set $fl_time = 0ul
    while $fl_k < $fl_cpu_total
      if $fl_times[$fl_k] > $fl_time
        set $fl_time = $fl_times[$fl_k]
        set $fl_newest = $fl_k
      end
      set $fl_k = $fl_k + 1
    end
    if $fl_newest >= 0
      set $fl_got = $fl_got + 1
      fl-trace-back $fl_newest
    end
  end
  # Each place is one step too far back, if there was a step.
  set $fl_k = 0
  while $fl_k < $fl_cpu_total
    if $fl_times[$fl_k] != 0
      set $fl_next[$fl_k] = $fl_next[$fl_k] + 1
    end
    fl-trace-forward $fl_k
    set $fl_k = $fl_k + 1
  end
end

# The arguments of $fl_record, as the kernel's format for its event wants them: a system call has a name.
define fl-trace-print-arguments
  set $fl_format = *(char (*)[64])fl_host(fl_host($fl_formats)[$fl_record.event])
  set $fl_a0 = $fl_record.arg[0]
  if $fl_format[0] == '%' && $fl_format[1] == 's'
    if $fl_a0 < $fl_call_count
      set $fl_a0 = fl_host(fl_host($fl_calls)[$fl_a0])
    end
  end
  set $fl_i = 0
  set $fl_percents = 0
  while $fl_format[$fl_i]
    set $fl_percents = $fl_percents + ($fl_format[$fl_i] == '%')
    set $fl_i = $fl_i + 1
  end
  if $fl_percents == 1
    eval "printf \"%s\", $fl_a0", $fl_format
  end
  if $fl_percents == 2
    eval "printf \"%s\", $fl_a0, $fl_record.arg[1]", $fl_format
  end
  if $fl_percents == 3
    eval "printf \"%s\", $fl_a0, $fl_record.arg[1], $fl_record.arg[2]", $fl_format
  end
  if $fl_percents == 4
    eval "printf \"%s\", $fl_a0, $fl_record.arg[1], $fl_record.arg[2], $fl_record.arg[3]", $fl_format
  end
end

# As trace_format() of kernel/trace.c.
define fl-trace-print
  set $fl_name = fl_host(fl_host($fl_names)[$fl_record.event])
  printf "[%5lu.%06lu] cpu %u, thread %d: %s: ", $fl_record.time / 1000000000, \
      $fl_record.time / 1000 % 1000000, $fl_record.cpu, $fl_record.tid, $fl_name
  fl-trace-print-arguments
  if $fl_record.event == $fl_vm_exit
    printf " "
    output fl_as($fl_t_reason, $fl_record.arg[3])
  end
  printf "\n"
end

# The newest $fl_wanted that count.
define fl-trace
  set $fl_cpu_total = *fl_host($fl_cpu_count)
  fl-trace-begin
  set $fl_oldest = 0
  while $fl_oldest >= 0 && $fl_got > 0
    set $fl_oldest = -1
    set $fl_time = ~0ul
    set $fl_k = 0
    while $fl_k < $fl_cpu_total
      if $fl_times[$fl_k] < $fl_time
        set $fl_time = $fl_times[$fl_k]
        set $fl_oldest = $fl_k
      end
      set $fl_k = $fl_k + 1
    end
    if $fl_oldest >= 0
      fl-trace-read $fl_oldest $fl_next[$fl_oldest]
      fl-trace-print
      set $fl_next[$fl_oldest] = $fl_next[$fl_oldest] + 1
      fl-trace-forward $fl_oldest
    end
  end
end

# The last exits of the selected vCPU.
define fl-print-exits
  set $fl_mask = 1ul << $fl_vm_exit
  set $fl_got = 0
  set $fl_found = fl_bit(*fl_host($fl_trace_mask), $fl_vm_exit)
  if $fl_vm == 0
    echo exits of a vCPU of no machine are not recorded\n
  end
  if $fl_vm != 0 && !$fl_found
    echo exits are not recorded; from here on they are, if you say record-guests\n
  end
  if $fl_vm != 0 && $fl_found
    set $fl_only = fl_host($fl_vm)->id
    set $fl_only_index = fl_host($fl_vcpu)->index
    fl-trace
    if $fl_got == 0
      echo none is recorded yet\n
    end
  end
end

define trace
  set $fl_wanted = 24
  if $argc == 1
    set $fl_wanted = (int)($arg0)
  end
  if $fl_wanted < 0
    set $fl_wanted = 0
  end
  if $_thread == 0
    echo not connected: no memory to look at\n
  else
    fl-phys-on
    set $fl_mask = ~0ul
    set $fl_only = 0
    fl-trace
    if $fl_got == 0 && $fl_wanted > 0
      echo nothing is recorded\n
    end
    fl-phys-off
  end
end
document trace
trace [N]: the newest N trace events of all CPUs, oldest first; 24 unless you say.
Events of guests are there only if they are recorded: see record-guests.

  trace 10
end

define record-guests
  if $_thread == 0
    echo not connected: no memory to write to\n
  else
    fl-phys-on
    set var *fl_host($fl_trace_mask) = *fl_host($fl_trace_mask) | (1ul << $fl_event_count) - (1ul << $fl_vm_enter)
    fl-phys-off
  end
end
document record-guests
record-guests: from here on, entries, exits and faults of guests are trace events too.
They leave less room for others in the rings; the boot option trace=0x3ffff does the same from the beginning.

  record-guests
end
