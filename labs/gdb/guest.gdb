# Into guests and out of them: symbols, into-guest, into-hyp, gbreak, gbt, watch-gpa.
#
# Symbols.  The host's are there from the beginning; a guest's are added when it starts, by its machine's name: those of
# this kernel, linked elsewhere ("flatland"), and those of one of the programs in user/guest at a time, since these are
# all linked at one place.  The three lie at disjoint addresses:
#
#                         RISC-V               x86-64
#     host                0xffffffff80200000   0xffffffff80200000
#     guest kernel        0xffffffffc0200000   0xffffffffc0200000
#     program as a guest  0x80200000           0x100000
#
# GDB takes a name that several have for all of them (`break`), or for that of the host (expressions).
#
# `make gdb` says where the files are: $fl_build, $fl_guest_kernel, and the names in $fl_guests.

set $fl_guest_kernel_at = 0xffffffffc0200000ul
set $fl_arch_name = $is_riscv ? "riscv" : "x86\0\0"
if $_isvoid($fl_build)
  eval "set $fl_build = \"build/%s\"", $fl_arch_name
end
if $_isvoid($fl_guest_kernel)
  eval "set $fl_guest_kernel = \"build/%s-0xffffffffc0000000/flatland.elf\"", $fl_arch_name
end
if $_isvoid($fl_guests)
  set $fl_guests = " hello hostile mmio paging smc smp timer toucher wild "
end

# ---- Symbols ------------------------------------------------------------------------------------------------

set $fl_kernel_added = 0
set $fl_program = ""

# Before the host's symbols are looked up again (flatland.gdb).
define fl-forget-symbols
  if $fl_program[0] != 0
    remove-symbol-file -a $fl_program_at
    set $fl_program = ""
  end
  if $fl_kernel_added
    remove-symbol-file -a $fl_guest_kernel_at
    set $fl_kernel_added = 0
  end
  eval "pipe delete %d | cat > /dev/null", $fl_start_bp
end

# Breakpoints are looked up again when symbols come or go: GDB wants to see code then, which may not be there now, and
# takes it from the files.

# $fl_same: $fl_name is $fl_text.
define fl-compare
  set $fl_i = 0
  while $fl_name[$fl_i] != 0 && $fl_name[$fl_i] == $fl_text[$fl_i]
    set $fl_i = $fl_i + 1
  end
  set $fl_same = $fl_name[$fl_i] == $fl_text[$fl_i]
end

# $fl_found: $fl_name is a word of $fl_guests.
define fl-find-name
  set $fl_found = 0
  set $fl_i = 0
  while $fl_guests[$fl_i] != 0 && !$fl_found
    if $fl_guests[$fl_i] == ' '
      set $fl_j = 0
      while $fl_name[$fl_j] != 0 && $fl_name[$fl_j] == $fl_guests[$fl_i + 1 + $fl_j]
        set $fl_j = $fl_j + 1
      end
      set $fl_found = $fl_j != 0 && $fl_name[$fl_j] == 0 && $fl_guests[$fl_i + 1 + $fl_j] == ' '
    end
    set $fl_i = $fl_i + 1
  end
end

define fl-add-kernel
  if !$fl_kernel_added
    eval "pipe with trust-readonly-sections on -- add-symbol-file %s | cat > /dev/null", $fl_guest_kernel
    set $fl_kernel_added = 1
    printf "symbols   of the guest %s: %s\n", $fl_name, $fl_guest_kernel
  end
end

define fl-add-program
  set $fl_text = $fl_program
  fl-compare
  if !$fl_same
    if $fl_program[0] != 0
      with trust-readonly-sections on -- remove-symbol-file -a $fl_program_at
      set $fl_program = ""
    end
    eval "pipe with trust-readonly-sections on -- add-symbol-file %s/user/guest/%s.elf | cat > /dev/null", \
        $fl_build, $fl_name
    eval "set $fl_program = \"%s\"", $fl_name
    printf "symbols   of the guest %s: %s/user/guest/%s.elf\n", $fl_name, $fl_build, $fl_name
  end
end

# $fl_found: $fl_name is known.
define fl-add-symbols
  set $fl_text = "flatland"
  fl-compare
  if $fl_same
    fl-add-kernel
    set $fl_found = 1
  else
    fl-find-name
    if $fl_found
      fl-add-program
      set $fl_found = 1
    end
  end
end

# The name of the machine $fl_a0: GDB keeps no more than a pointer to an array of the kernel's.
define fl-copy-name
  set $fl_text = fl_as($fl_t_vm, $fl_a0)->name
  set $fl_name = "sixteen letters."
  set $fl_i = 0
  while $fl_i < sizeof($fl_name) && $fl_i < sizeof($fl_t_vm->name)
    set $fl_name[$fl_i] = $fl_text[$fl_i]
    set $fl_i = $fl_i + 1
  end
end

# At vm_vcpu_create(): a machine's first vCPU, when its memory is filled.
define fl-guest-starts
  fl-arch-arguments
  if ($fl_a1 & 0xffffffff) == 0
    fl-copy-name
    if $fl_name[0] != 0
      fl-add-symbols
    end
  end
end

# Not of fl-break's kind: it stays.
pipe break *$fl_at_vm_vcpu_create if ($fl_hit = 90) == 90 | cat > /dev/null
set $fl_start_bp = $bpnum
commands $bpnum
  silent
  fl-guest-starts
  continue
end

define guest-symbols
  if $argc != 1
    echo guest-symbols NAME: flatland, or a program of user/guest\n
  else
    set $fl_name = "$arg0"
    fl-add-symbols
    if !$fl_found
      printf "no symbols of a guest %s: it is not flatland, nor a program of user/guest\n", $fl_name
    end
  end
end
document guest-symbols
guest-symbols NAME: add the symbols of a guest by hand: flatland, or a program of user/guest.
When a guest starts its symbols are added by themselves, if its machine has such a name; this is for one that has
another (`vm run -n`), and for breakpoints before it starts.

  guest-symbols toucher
end

# ---- In and out ---------------------------------------------------------------------------------------------

define fl-print-where
  fl-pick
  fl-phys-on
  fl-arch-mode
  fl-print-cpu
  fl-phys-off
end

define fl-set-entry
  fl-break $fl_at_vcpu_enter_guest 23
  fl-break $fl_at_panic 2
  fl-break $fl_at_arch_vm_destroy 3
end

# To the instruction that enters a guest: $fl_hit is 23.
define fl-run-to-entry
  fl-clear
  fl-quietly fl-set-entry
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

# Something that was pending may end the guest before its first instruction.  GDB reads the stack where it stops, to see
# in which function it is; on x86-64 that fails in a guest (docs/platform.md), but not of physical memory.
define fl-run-into-guest
  set $fl_hit = 21
  while $fl_hit == 21
    if fl_ul($pc) == $fl_at_vcpu_enter_guest
      set $fl_hit = 23
    else
      fl-run-to-entry
    end
    if $fl_hit == 23
      fl-clear
      set $fl_this = $_thread
      fl-arch-find-in
      fl-quietly fl-arch-set-in
      if !$is_riscv
        fl-phys-on
      end
      fl-run
      fl-phys-off
    end
  end
  fl-clear
end

define into-guest
  fl-begin-run
  if $fl_ok
    fl-pick
    if $fl_in_guest
      echo this CPU is in the guest already\n
    else
      fl-run-into-guest
      if $fl_hit == 22
        set $fl_step_on = 0
        fl-print-where
      end
      if $fl_hit == 3
        echo no guest was entered: the last machine has ended\n
      end
      fl-print-stop
    end
  end
end
document into-guest
into-guest: run until a guest is entered, and stop before its next instruction.
Whichever CPU enters one first is selected.  Without a machine it waits for one, until Ctrl-C.

  into-guest
end

define fl-set-exit
  fl-break-cpu $fl_at_vcpu_exit 21
  fl-break $fl_at_panic 2
  fl-break $fl_at_arch_vm_destroy 3
end

# After an interrupt the vCPU may be on another CPU.
define fl-set-next-exit
  fl-break $fl_at_vcpu_exit 21
  fl-break $fl_at_panic 2
  fl-break $fl_at_arch_vm_destroy 3
end

define fl-set-switch-return
  fl-break-cpu $fl_return 24
end

# To the end of the world switch, in which interrupts are off: nothing comes between.  $fl_is_interrupt: the host was
# meant.
define fl-run-to-switch-return
  set $fl_this = $_thread
  fl-arch-switch-return
  fl-clear
  fl-quietly fl-set-switch-return
  fl-run
  set $fl_is_interrupt = 0
  if $fl_hit == 24
    fl-pick
    fl-phys-on
    set $fl_vcpu = $fl_loaded
    fl-arch-find-interrupt
    fl-phys-off
  end
end

define fl-run-into-hyp
  set $fl_this = $_thread
  set $fl_passing = fl_ul($pc)
  fl-quietly fl-set-exit
  set $fl_tries = 10
  while $fl_tries > 0
    set $fl_tries = $fl_tries - 1
    fl-run
    if $fl_hit == 21
      fl-run-to-switch-return
    end
    if $fl_hit == 24 && $fl_is_interrupt && $fl_tries > 0
      fl-clear
      fl-quietly fl-set-next-exit
    else
      set $fl_tries = 0
    end
  end
  set $fl_passing = 0ul
  fl-clear
end

define fl-print-exit-now
  fl-print-where
  if $fl_loaded != 0
    set $fl_vcpu = $fl_loaded
    fl-phys-on
    fl-arch-print-exit
    fl-phys-off
  end
end

define into-hyp
  fl-begin-run
  if $fl_ok
    fl-pick
    if !$fl_in_guest
      echo this CPU is not in a guest: into-guest goes there\n
    else
      fl-run-into-hyp
      if $fl_hit == 24
        fl-print-exit-now
      end
      if $fl_hit == 3
        echo the machine has ended\n
      end
      fl-print-stop
    end
  end
end
document into-hyp
into-hyp: run until this CPU leaves its guest, and stop behind the world switch.
The guest's registers are saved there; shows why it was left.  Interrupts of the host's, which come because time goes on
while one looks, are passed over, but for the tenth.

  into-hyp
end

# ---- Breakpoints in a guest ---------------------------------------------------------------------------------

# Not in the host's image, and not where into-hyp is passing by.
set $fl_not_host = "(unsigned long)$pc - $fl_kbase >= 0x1000000 && (unsigned long)$pc != $fl_passing"

# GDB finds the places by name, again whenever symbols come; those in the host do not count.  What it wants to see of
# the code, it takes from the files.
define gbreak
  if $argc != 1
    echo gbreak SYM: a function of the guest's\n
  else
    eval "with breakpoint pending on -- with trust-readonly-sections on -- hbreak $arg0 if %s && %s", \
        $fl_in_guest_only, $fl_not_host
  end
end
document gbreak
gbreak SYM: a breakpoint at a function of the guest's, or wherever it was inlined.
Nothing is read there: its page need not be mapped, nor the guest have begun, nor its symbols be known yet.  The host's
function of the same name does not stop.

  gbreak guest_main
end

# ---- The guest's stack --------------------------------------------------------------------------------------

# Where the guest's virtual address $fl_gva is, through both stages: $fl_hpa, if $fl_found.  By $fl_g_levels and
# $fl_g_table, which fl-arch-stage1 has found.
define fl-find-gva
  set $fl_show = 0
  set $fl_found = $fl_g_levels >= 0
  set $fl_g_level = $fl_g_levels
  set $fl_g_kind = $fl_g_levels > 0
  set $fl_g_next = $fl_g_table
  set $fl_gpa = $fl_gva
  while $fl_found && $fl_g_kind == 1
    set $fl_g_level = $fl_g_level - 1
    set $fl_gpa = $fl_g_next + 8 * (($fl_gva >> fl_shift($fl_g_level)) & 511)
    fl-walk2
    set $fl_found = $fl_kind == 2 && !$fl_why[0]
    if $fl_found
      set $fl_pte = *(unsigned long *)$fl_hpa
      set $fl_g_kind = fl_kind($fl_pte, $fl_g_level)
      set $fl_g_next = fl_table_at($fl_pte)
      set $fl_gpa = fl_page_at($fl_pte, $fl_g_level) + ($fl_gva & (fl_span($fl_g_level) - 1))
      set $fl_found = $fl_g_kind == 1 || $fl_g_kind == 2
    end
  end
  if $fl_found
    fl-walk2
    set $fl_found = $fl_kind == 2 && !$fl_why[0]
  end
end

# The word at $fl_gva: $fl_word, if $fl_found.
define fl-read-guest
  fl-find-gva
  if $fl_found
    set $fl_word = *(unsigned long *)$fl_hpa
  end
end

define fl-print-frame
  printf "#%-3d", $fl_n
  output/a $fl_g_pc
  printf "\n"
end

# A frame lies above the one that it called.
define fl-next-frame-word
  set $fl_gva = $fl_g_fp + $fl_saved_frame
  fl-read-guest
  set $fl_g_fp = $fl_found && $fl_word > $fl_g_fp ? $fl_word : 0ul
end

# To the caller; $fl_going: there is one.
define fl-next-frame
  set $fl_found = 0
  if $fl_g_fp != 0 && ($fl_g_fp & 7) == 0
    set $fl_gva = $fl_g_fp + $fl_saved_pc
    fl-read-guest
  end
  if $fl_found
    if fl_is_leaf_frame()
      set $fl_g_pc = $fl_g_ra
      set $fl_g_fp = $fl_word
    else
      set $fl_g_pc = $fl_word
      fl-next-frame-word
    end
  end
  set $fl_going = $fl_found && $fl_g_pc != 0
end

# The caller of a function that has no frame yet.
define fl-print-caller
  set $fl_gva = $fl_g_pc
  fl-read-guest
  if $fl_found
    fl-arch-find-caller
    if $fl_g_caller != 0
      set $fl_g_pc = $fl_g_caller
      fl-print-frame
      set $fl_n = $fl_n + 1
    end
  end
end

define fl-print-frames
  set $fl_n = 0
  fl-print-frame
  set $fl_n = 1
  fl-print-caller
  fl-next-frame
  while $fl_going && $fl_n < 40
    fl-print-frame
    set $fl_n = $fl_n + 1
    fl-next-frame
  end
end

define gbt
  fl-begin
  if $fl_ok
    fl-load-root
  end
  if $fl_ok
    fl-guest-registers
    fl-arch-frame
    set $fl_one_vcpu = $fl_vcpu
    printf "guest     "
    fl-print-vcpu-name
    if $fl_on_cpu && $fl_in_guest
      printf ", which runs here\n"
    else
      printf ", as it left\n"
    end
    fl-print-frames
  end
  fl-end
end
document gbt
gbt: the stack of the guest, from its frame pointers, read through both stages.
Works in the guest and in the hypervisor, where `bt` shows the host's.  Functions that have no frame, because they are
assembly or were compiled so, are missing or end it.

  gbt
end

# ---- Watching guest memory ----------------------------------------------------------------------------------
# QEMU watches virtual addresses: those of the guest's that its tables have for the place now, the monitor's, and the
# kernel's own.

set $fl_gva_list = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_gva_max = 8
set $fl_scan_at = {0ul, 0ul, 0ul, 0ul, 0ul, 0ul}
set $fl_scan_index = {0, 0, 0, 0, 0, 0}

define fl-add-gva
  if $fl_gva_count < $fl_gva_max
    set $fl_gva_list[$fl_gva_count] = $fl_gva
    set $fl_gva_count = $fl_gva_count + 1
  end
end

# The guest's table at its physical address $fl_g_next, for the level $fl_g_level: $fl_entries from $fl_index 0 on.
define fl-scan-down
  set $fl_gpa = $fl_g_next
  fl-walk2
  if $fl_kind == 2 && !$fl_why[0]
    set $fl_scan_at[$fl_g_level] = $fl_hpa
    set $fl_entries = *(unsigned long *)$fl_hpa@512
    set $fl_index = 0
  else
    set $fl_index = 512
    set $fl_scan_at[$fl_g_level] = 0ul
  end
end

# The table is done: on in the one above it.
define fl-scan-up
  set $fl_g_level = $fl_g_level + 1
  if $fl_g_level < $fl_g_levels
    set $fl_hpa = $fl_scan_at[$fl_g_level]
    set $fl_entries = *(unsigned long *)$fl_hpa@512
    set $fl_index = $fl_scan_index[$fl_g_level] + 1
  end
end

# The virtual address of entry $fl_index of this table, with its sign.
define fl-scan-gva
  set $fl_scan_index[$fl_g_level] = $fl_index
  set $fl_gva = 0ul
  set $fl_i = $fl_g_levels
  while $fl_i > $fl_g_level
    set $fl_i = $fl_i - 1
    set $fl_gva = $fl_gva | (fl_ul($fl_scan_index[$fl_i]) << fl_shift($fl_i))
  end
  set $fl_i = 52 - 9 * $fl_g_levels
  set $fl_gva = fl_ul((long)($fl_gva << $fl_i) >> $fl_i)
end

define fl-scan-entry
  set $fl_g_kind = fl_kind($fl_pte, $fl_g_level)
  set $fl_scan_index[$fl_g_level] = $fl_index
  if $fl_g_kind == 1
    set $fl_g_level = $fl_g_level - 1
    set $fl_g_next = fl_table_at($fl_pte)
    fl-scan-down
  else
    if $fl_g_kind == 2 && (($fl_watched ^ fl_page_at($fl_pte, $fl_g_level)) & ~(fl_span($fl_g_level) - 1)) == 0
      fl-scan-gva
      set $fl_gva = $fl_gva + ($fl_watched & (fl_span($fl_g_level) - 1))
      fl-add-gva
    end
    set $fl_index = $fl_index + 1
  end
end

# All virtual addresses by which the guest reaches $fl_watched: $fl_gva_list.
define fl-find-gvas
  set $fl_gva_count = 0
  set $fl_show = 0
  set $fl_gva = $fl_watched
  if $fl_g_levels == 0
    fl-add-gva
  end
  if $fl_g_levels > 0
    set $fl_g_level = $fl_g_levels - 1
    set $fl_g_next = $fl_g_table
    fl-scan-down
    while $fl_g_level < $fl_g_levels
      if $fl_index == 512
        fl-scan-up
      else
        set $fl_pte = $fl_entries[$fl_index]
        if $fl_pte == 0
          set $fl_index = $fl_index + 1
        else
          fl-scan-entry
        end
      end
    end
  end
end

# The word at $fl_watched as the monitor's memory has it, 0 where there is no page yet: $fl_word; $fl_hva; $fl_hpa or
# 0.
define fl-read-watched
  set $fl_gpa = $fl_watched
  set $fl_word = 0ul
  set $fl_hpa = 0ul
  fl-find-slot
  if $fl_found
    set $fl_hva = $fl_slot_now.hva.raw + ($fl_gpa - $fl_slot_now.start.raw)
    fl-find-page
    if $fl_found
      set $fl_hpa = $fl_hpa + ($fl_hva & 0xfff)
      set $fl_word = *(unsigned long *)$fl_hpa
    else
      set $fl_hpa = 0ul
    end
    set $fl_found = 1
  end
end

define fl-set-watches
  set $fl_n = 0
  while $fl_n < $fl_gva_count
    fl-watch $fl_gva_list[$fl_n] 40
    set $fl_n = $fl_n + 1
  end
  fl-watch $fl_hva 41
  if $fl_hpa != 0
    fl-watch $fl_direct+$fl_hpa 42
  end
  fl-break $fl_at_arch_vm_destroy 3
  fl-break $fl_at_panic 2
end

# Until the word is another.  Accesses that leave it as it is do not count, nor do other words at the same virtual
# addresses.
define fl-run-to-change
  set $fl_old_word = $fl_word
  set $fl_going = 1
  while $fl_going
    fl-run
    set $fl_going = 0
    if $fl_hit >= 40
      fl-phys-on
      fl-read-watched
      fl-phys-off
      set $fl_going = $fl_word == $fl_old_word
    end
  end
end

define fl-watch-gpa
  fl-quietly fl-set-watches
  set $fl_watched_vm = $fl_vm
  fl-run-to-change
  fl-clear
  if $fl_hit >= 40
    printf "changed   guest-physical 0x%lx: 0x%lx -> 0x%lx, by the instruction before this:\n", \
        $fl_watched, $fl_old_word, $fl_word
    fl-print-where
  end
  if $fl_hit == 3
    echo no change: a machine has ended\n
  end
  fl-print-stop
end

define watch-gpa
  if $argc != 1
    echo watch-gpa GPA: one address, written without blanks\n
  else
    set $fl_watched = fl_ul($arg0) & ~7ul
    fl-clear
    fl-begin
    if $fl_ok
      fl-load-root
    end
    if $fl_ok
      fl-guest-registers
      fl-find-gvas
      fl-read-watched
      set $fl_ok = $fl_found
      if !$fl_ok
        printf "no memory at guest-physical 0x%lx: there is nothing to watch\n", $fl_watched
      end
    end
    fl-end
    if $fl_ok
      printf "watching  guest-physical 0x%lx, 0x%lx now: ", $fl_watched, $fl_word
      printf "%d of the guest's virtual addresses, the monitor's and the kernel's\n", $fl_gva_count
      fl-watch-gpa
    end
  end
end
document watch-gpa
watch-gpa GPA: run until the 8 bytes at a guest-physical address change, and show who changed them.
The guest by any of the virtual addresses that its tables have for the place now, the monitor, or the kernel.

  watch-gpa 0x80221000
end
