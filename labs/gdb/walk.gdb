# Walks of the second stage, and of the guest's own tables through it: tdp-walk, gwalk, tdp-dump, why.
#
# An entry's line is what mmu/pt/pt_print.c makes of it, and a walk's text that of `vm why`, so that both can be
# compared; behind it stand the bits that hardware looks at.
#
#     l0 0x80003000-0x80004000 leaf 0x8fa3c000 rwx--- AD, slot 3: 0x23e8f0df = VRWXU-AD
#
# An entry is $fl_pte, found at $fl_slot of a table of level $fl_level, on the way to the address $fl_at; $fl_stage says
# whose it is.

macro define fl_shift(level) (12 + 9 * (level))
macro define fl_span(level) (1ul << fl_shift(level))
macro define fl_flag(pte, n, letter) (fl_bit(pte, n) ? letter : '-')
macro define fl_letter(yes, letter) ((yes) ? letter : '-')

# ---- One entry ----------------------------------------------------------------------------------------------

define fl-print-rights
  printf " %c%c%c", fl_letter(fl_reads($fl_pte), 'r'), fl_letter(fl_writes($fl_pte), 'w'), \
      fl_letter(fl_executes($fl_pte), 'x')
  if $fl_stage == 1
    printf "%c--", fl_letter(fl_is_users($fl_pte), 'u')
  else
    printf "-%c%c", fl_letter(fl_is_device($fl_pte), 'd'), fl_letter(fl_is_logged($fl_pte), 'l')
  end
  printf " %c%c", fl_letter(fl_accessed($fl_pte), 'A'), fl_letter(fl_dirty($fl_pte), 'D')
end

# Also $fl_kind.  Frozen is a word of our own tables alone.
define fl-print-entry
  set $fl_kind = fl_kind($fl_pte, $fl_level)
  if $fl_stage == 1 && $fl_kind == 3
    set $fl_kind = 0
  end
  set $fl_start = $fl_at & ~(fl_span($fl_level) - 1)
  printf "l%d 0x%lx-0x%lx", $fl_level, $fl_start, $fl_start + fl_span($fl_level)
  if $fl_kind == 1
    printf " table 0x%lx", fl_table_at($fl_pte)
  end
  if $fl_kind == 2
    printf " leaf 0x%lx", fl_page_at($fl_pte, $fl_level)
    fl-print-rights
  end
  if $fl_kind == 3
    printf " frozen"
  end
  if $fl_kind == 0
    printf " empty"
    if $fl_stage == 2 && fl_is_mmio($fl_pte)
      printf " mmio 0x%lx", fl_payload($fl_pte)
    end
  end
end

define fl-print-walk-line
  fl-print-entry
  printf ", slot %lu: 0x%lx = ", $fl_slot, $fl_pte
  fl-arch-print-bits
  printf "\n"
end

# ", "-separated rights of $fl_rights: 1 read, 2 write, 4 execute.
define fl-print-words
  set $fl_text = ""
  if $fl_rights == 0
    printf "no right at all"
  end
  if $fl_rights & 1
    printf "read"
    set $fl_text = ", "
  end
  if $fl_rights & 2
    printf "%swrite", $fl_text
    set $fl_text = ", "
  end
  if $fl_rights & 4
    printf "%sexecute", $fl_text
  end
end

# ---- The second stage ---------------------------------------------------------------------------------------

# $fl_root_table, $fl_levels and $fl_root_bits, the width of what it translates; false in $fl_ok: there is no root.
define fl-load-root
  set $fl_ok = $fl_root != 0
  if $fl_ok
    set $fl_root_table = fl_host($fl_root)->table.raw
    set $fl_levels = fl_host($fl_root)->levels
    set $fl_root_bits = 12 + 9 * $fl_levels + $fl_root_extra
  else
    echo root      none: no guest has run yet\n
  end
end

# Is there RAM at $arg0?  Nothing else is looked at: reading a device does something to it.
define fl-check-ram
  set $fl_is_ram = 0
  set $fl_i = 0
  while $fl_i < fl_host($fl_boot_info)->ram_count && !$fl_is_ram
    set $fl_range = fl_host($fl_boot_info)->ram[$fl_i]
    set $fl_is_ram = ($arg0) >= $fl_range.start.raw && ($arg0) < $fl_range.end.raw
    set $fl_i = $fl_i + 1
  end
end

# From the root to the entry that decides about $fl_gpa, which is within the width; prints each if $fl_show.  Leaves
# $fl_pte, $fl_level, $fl_kind (4: a table that is not in RAM), $fl_why; and for a leaf that hardware takes, $fl_hpa and
# $fl_rights, those that all entries on the way give.
define fl-walk2
  set $fl_stage = 2
  set $fl_at = $fl_gpa
  set $fl_table_now = $fl_root_table
  set $fl_level = $fl_levels
  set $fl_kind = 1
  set $fl_rights = 7
  set $fl_why = ""
  while $fl_kind == 1
    set $fl_level = $fl_level - 1
    set $fl_mask = (512ul << ($fl_level == $fl_levels - 1 ? $fl_root_extra : 0)) - 1
    set $fl_slot = ($fl_gpa >> fl_shift($fl_level)) & $fl_mask
    fl-check-ram $fl_table_now
    if $fl_is_ram
      set $fl_pte = *(unsigned long *)($fl_table_now + 8 * $fl_slot)
      set $fl_kind = fl_kind($fl_pte, $fl_level)
      if $fl_show
        fl-print-walk-line
      end
      fl-arch-judge
      set $fl_rights = $fl_rights & fl_rights($fl_pte, $fl_kind)
      set $fl_table_now = fl_table_at($fl_pte)
      if $fl_why[0] && $fl_kind == 1
        set $fl_kind = 2
      end
    else
      set $fl_kind = 4
    end
  end
  set $fl_hpa = fl_page_at($fl_pte, $fl_level) + ($fl_gpa & (fl_span($fl_level) - 1))
end

# What the walk has come to, without "yields".
define fl-print-end
  if $fl_kind == 2 && !$fl_why[0]
    printf "0x%lx: ", $fl_hpa
    fl-print-words
    if fl_is_device($fl_pte)
      printf ", a device's"
    end
    if fl_is_logged($fl_pte)
      printf ", writes are logged"
    end
  end
  if $fl_kind == 2 && $fl_why[0]
    printf "nothing: the entry is malformed: %s", $fl_why
  end
  if $fl_kind == 0 && !fl_is_mmio($fl_pte)
    printf "nothing: every access faults"
  end
  if $fl_kind == 0 && fl_is_mmio($fl_pte)
    printf "nothing: marked as a device's, every access faults"
  end
  if $fl_kind == 3
    printf "nothing yet: a CPU is changing the entry"
  end
  if $fl_kind == 4
    printf "nothing: there is no RAM at 0x%lx, where the table should be", $fl_table_now
  end
  if $fl_kind == 5
    printf "nothing: beyond the width of %u bits", $fl_gpa_bits
  end
  printf "\n"
end

# $fl_gpa_bits: how wide the guest's physical addresses are.
define fl-find-width
  if $fl_vm != 0
    set $fl_gpa_bits = fl_host($fl_vm)->gpa_bits
  else
    set $fl_gpa_bits = $fl_root != 0 ? 12 + 9 * fl_host($fl_root)->levels + $fl_root_extra : 0
  end
end

define fl-print-guest
  fl-find-width
  printf "guest     0x%lx, of %u bits\n", $fl_gpa, $fl_gpa_bits
end

# $fl_is_beyond: the address is too wide, and that has been said.
define fl-print-width
  set $fl_is_beyond = ($fl_gpa >> $fl_gpa_bits) != 0
  if $fl_is_beyond
    echo width     beyond: the guest gets its architecture's fault\n
  end
end

define fl-print-walk2
  fl-load-root
  if $fl_ok
    printf "root      0x%lx, %d levels\n", $fl_root_table, $fl_levels
    set $fl_show = 1
    fl-walk2
    printf "yields    "
    fl-print-end
  end
end

define tdp-walk
  if $argc != 1
    echo tdp-walk GPA: one address, written without blanks\n
  else
    set $fl_gpa = fl_ul($arg0)
    fl-begin
    if $fl_ok
      fl-print-guest
      fl-print-width
      if !$fl_is_beyond
        fl-print-walk2
      end
    end
    fl-end
  end
end
document tdp-walk
tdp-walk GPA: the walk of the second stage for a guest-physical address.
A line for each entry on the way: level, addresses, kind, where it leads, rights (r w x, d device, l logged), accessed
and dirty (A D); the slot in its table, its value and the bits that hardware looks at.  Last: what the walk yields.

  tdp-walk 0x80001234
end

# ---- The guest's own tables ---------------------------------------------------------------------------------

# Where $fl_gpa is, in one line: "  GPA -> HPA by ENTRY".  $fl_found: it is somewhere.
define fl-print-step2
  set $fl_show = 0
  set $fl_kind = 5
  if ($fl_gpa >> $fl_gpa_bits) == 0
    fl-walk2
  end
  set $fl_found = $fl_kind == 2 && !$fl_why[0]
  if $fl_found
    printf "  0x%lx -> 0x%lx by ", $fl_gpa, $fl_hpa
    fl-print-entry
    printf "\n"
  else
    printf "  0x%lx -> nothing", $fl_gpa
    if $fl_kind < 4
      printf " by "
      fl-print-entry
    end
    printf "\n"
  end
end

# The guest's walk for $fl_gva: $fl_found, and then $fl_gpa and the rights that it gives, $fl_g_rights.
define fl-walk1
  set $fl_g_level = $fl_g_levels
  set $fl_kind = 1
  set $fl_found = 1
  while $fl_kind == 1 && $fl_found
    set $fl_g_level = $fl_g_level - 1
    set $fl_g_slot = ($fl_gva >> fl_shift($fl_g_level)) & 511
    set $fl_gpa = $fl_g_table + 8 * $fl_g_slot
    fl-print-step2
    if $fl_found
      set $fl_stage = 1
      set $fl_at = $fl_gva
      set $fl_level = $fl_g_level
      set $fl_slot = $fl_g_slot
      set $fl_pte = *(unsigned long *)$fl_hpa
      fl-print-walk-line
      fl-arch-judge
      set $fl_g_table = fl_table_at($fl_pte)
      set $fl_g_rights = $fl_g_rights & fl_rights($fl_pte, $fl_kind)
      set $fl_found = $fl_kind == 1 || $fl_kind == 2
      if $fl_why[0] || !$fl_found
        printf "yields    nothing: the guest gets its own page fault"
        if $fl_why[0]
          printf ", because %s", $fl_why
        end
        printf "\n"
        set $fl_found = 0
      end
    else
      printf "yields    nothing: the guest's table at 0x%lx yields ", $fl_gpa & ~0xffful
      fl-print-end
    end
  end
  if $fl_found
    set $fl_gpa = fl_page_at($fl_pte, $fl_level) + ($fl_gva & (fl_span($fl_level) - 1))
  end
end

# Both stages, from the registers that fl-arch-stage1 has found.
define fl-walk-both
  set $fl_g_rights = 7
  set $fl_found = 1
  set $fl_gpa = $fl_gva
  if $fl_g_levels > 0
    set $fl_sign = (long)$fl_gva >> (11 + 9 * $fl_g_levels)
    if $fl_sign == 0 || $fl_sign == -1
      fl-walk1
    else
      printf "width     not canonical for %d bits: the guest gets its own fault\n", 12 + 9 * $fl_g_levels
      set $fl_found = 0
    end
  end
  if $fl_found
    fl-print-step2
    set $fl_rights = $fl_rights & $fl_g_rights
    printf "yields    "
    fl-print-end
  end
end

define gwalk
  if $argc != 1
    echo gwalk GVA: one address, written without blanks\n
  else
    set $fl_gva = fl_ul($arg0)
    fl-begin
    if $fl_ok
      fl-load-root
    end
    if $fl_ok
      fl-guest-registers
      fl-find-width
      printf "guest     virtual 0x%lx\n", $fl_gva
      fl-arch-print-stage1
      if $fl_g_levels >= 0
        fl-walk-both
      end
    end
    fl-end
  end
end
document gwalk
gwalk GVA: the guest's own walk for one of its virtual addresses, and the second stage's of every address on it.
Each entry of the guest's lies at a guest-physical address, which is translated first: an indented line says where
it is, by which entry of the second stage.  Last: what both stages yield, with the rights that both allow.

  gwalk $pc
end

# ---- All entries --------------------------------------------------------------------------------------------

# The table of $fl_level that $fl_at is in, read as a whole: $fl_entries, $fl_count of them.
define fl-load-table
  set $fl_table_now = $fl_root_table
  set $fl_depth = $fl_levels - 1
  set $fl_count = 512ul << $fl_root_extra
  while $fl_depth > $fl_level
    set $fl_slot = ($fl_at >> fl_shift($fl_depth)) & ($fl_count - 1)
    set $fl_table_now = fl_table_at(*(unsigned long *)($fl_table_now + 8 * $fl_slot))
    set $fl_count = 512
    set $fl_depth = $fl_depth - 1
  end
  fl-check-ram $fl_table_now
  if $fl_is_ram
    set $fl_entries = *(unsigned long *)$fl_table_now@$fl_count
  end
end

# Behind the entry at $fl_at; up where a table ends.
define fl-dump-next
  set $fl_at = ($fl_at & ~(fl_span($fl_level) - 1)) + fl_span($fl_level)
  if (($fl_at >> fl_shift($fl_level)) & ($fl_count - 1)) == 0
    while $fl_level < $fl_levels - 1 && ($fl_at & (fl_span($fl_level + 1) - 1)) == 0
      set $fl_level = $fl_level + 1
    end
    if $fl_at < $fl_end
      fl-load-table
    end
  end
end

# The entry at $fl_at: a line, and into its table.
define fl-dump-entry
  set $fl_line_count = $fl_line_count + 1
  fl-print-entry
  printf "\n"
  if $fl_kind == 1
    set $fl_level = $fl_level - 1
    fl-load-table
    if !$fl_is_ram
      printf "there is no RAM at 0x%lx, where the table should be\n", $fl_table_now
      set $fl_level = $fl_level + 1
      fl-load-table
      fl-dump-next
    end
  else
    fl-dump-next
  end
end

# From $fl_at to $fl_end.
define fl-dump
  set $fl_stage = 2
  set $fl_level = $fl_levels - 1
  set $fl_line_count = 0
  fl-load-table
  while $fl_at < $fl_end && $fl_is_ram
    set $fl_pte = $fl_entries[($fl_at >> fl_shift($fl_level)) & ($fl_count - 1)]
    if $fl_pte == 0
      fl-dump-next
    else
      fl-dump-entry
    end
  end
  if $fl_line_count == 0
    echo nothing is mapped there\n
  end
end

define fl-dump-from
  fl-begin
  if $fl_ok
    fl-load-root
  end
  if $fl_ok
    set $fl_end = ($fl_end + 4095) & ~0xffful
    if $fl_end > 1ul << $fl_root_bits
      set $fl_end = 1ul << $fl_root_bits
    end
    fl-dump
  end
  fl-end
end

define tdp-dump
  set $fl_at = 0ul
  set $fl_end = ~0ul - 4095
  if $argc == 2
    set $fl_at = fl_ul($arg0) & ~0xffful
    set $fl_end = fl_ul($arg1)
  end
  if ($argc == 0 || $argc == 2) && $fl_at < $fl_end
    fl-dump-from
  else
    echo tdp-dump [START END]: two addresses, each written without blanks, START below END\n
  end
end
document tdp-dump
tdp-dump [START END]: the entries of the second stage that are not empty, of this range or of all.
A line each, as tdp-walk has them; tables come before what is in them.

  tdp-dump 0x80000000 0x80200000
end

# ---- Why ----------------------------------------------------------------------------------------------------

# The memslot at $fl_gpa: $fl_slot_now, if $fl_found.
define fl-find-slot
  set $fl_found = 0
  set $fl_i = 0
  while $fl_i < fl_host($fl_vm)->slots.count && !$fl_found
    set $fl_slot_now = fl_host($fl_vm)->slots.slot[$fl_i]
    set $fl_found = $fl_gpa >= $fl_slot_now.start.raw && $fl_gpa < $fl_slot_now.end.raw
    set $fl_i = $fl_i + 1
  end
end

# The page of the monitor's at $fl_hva, by the kernel's tables for it: $fl_found; $fl_hpa, $fl_level, $fl_rights.
define fl-find-page
  set $fl_table_now = fl_host(fl_host($fl_vm)->owner)->root.raw
  set $fl_level = $fl_upt_levels
  set $fl_kind = $fl_table_now != 0
  while $fl_kind == 1
    set $fl_level = $fl_level - 1
    set $fl_pte = *(unsigned long *)($fl_table_now + 8 * (($fl_hva >> fl_shift($fl_level)) & 511))
    set $fl_kind = fl_upt_kind($fl_pte, $fl_level)
    set $fl_table_now = fl_table_at($fl_pte)
  end
  set $fl_found = $fl_kind == 2
  set $fl_hpa = $fl_table_now + ($fl_hva & (fl_span($fl_level) - 1) & ~0xffful)
  set $fl_rights = fl_upt_rights($fl_pte)
end

# What a fault would find in the monitor's memory at $fl_hva.
define fl-print-monitor
  printf "monitor   0x%lx: ", $fl_hva
  fl-find-page
  if $fl_found
    printf "page 0x%lx of ", $fl_hpa
    if $fl_level
      echo 2 MiB,\040
    else
      echo 4 KiB,\040
    end
    if ($fl_rights & 3) == 0
      echo no access\n
    end
    if ($fl_rights & 3) == 1
      echo read\n
    end
    if ($fl_rights & 3) == 2
      echo write\n
    end
    if ($fl_rights & 3) == 3
      echo read and write\n
    end
  else
    echo no page yet; the first access brings one, if its memory allows\n
  end
end

# The memslot, and the monitor's page behind it.
define fl-print-slot
  if fl_host($fl_vm)->slots.sequence & 1
    echo memslot   being changed: the access waits\n
  else
    fl-find-slot
    if $fl_found
      printf "memslot   %u: 0x%lx-0x%lx, ", $fl_slot_now.id, $fl_slot_now.start.raw, $fl_slot_now.end.raw
      if $fl_slot_now.flags & 1
        echo read-only: a write goes to the monitor\n
      else
        echo read and write\n
      end
      set $fl_hva = $fl_slot_now.hva.raw + ($fl_gpa - $fl_slot_now.start.raw)
      fl-print-monitor
    else
      echo memslot   none: the access goes to the monitor, as a device's\n
    end
  end
end

define fl-print-why
  set $fl_is_dead = 0
  if $fl_vm != 0
    set $fl_is_dead = fl_host($fl_vm)->is_dead
  end
  if $fl_is_dead
    echo machine   its monitor is gone: nothing is mapped any more\n
  else
    fl-print-width
    if $fl_vm != 0 && !$fl_is_beyond
      fl-print-slot
    end
    if !$fl_is_beyond
      fl-print-walk2
    end
  end
end

define why
  if $argc != 1
    echo why GPA: one address, written without blanks\n
  else
    set $fl_gpa = fl_ul($arg0)
    fl-begin
    if $fl_ok
      fl-print-guest
      fl-print-why
    end
    fl-end
  end
end
document why
why GPA: what an access to a guest-physical address would meet now, as `vm why` tells it.
The memslot, the page of the monitor's behind it, and the walk of the second stage.

  why 0x80001234
end
