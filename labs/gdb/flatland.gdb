# GDB for two worlds: the kernel and its guests.  `make gdb` loads this file; `help flatland` lists the commands.
#
# Everything is written in GDB's own command language, so that any GDB (13 or newer) that knows the machine will do.
# The machine is $is_riscv: 1 for RISC-V, 0 for x86-64.
#
# Internal commands, macros and variables begin with fl-, fl_ and $fl_.  Read next: base.gdb.

set pagination off
set confirm off
set print pretty on
set print frame-info auto
set height 0
set width 0

define-prefix flatland
document flatland
Looking at machines, guests and their second stage.  What follows is ordinary commands: help tdp-walk, and so on.

  tdp-walk GPA          the walk of the second stage, entry by entry, and what it yields
  gwalk GVA             the guest's own walk, and the second stage's of every address on it
  tdp-dump [START END]  all entries of a range that are not empty
  why GPA               what an access would meet now: memslot, monitor's page, entries

  world                 which world the selected CPU is in, and how it translates
  machine [ID]          the machines; choose one, 0: the one that runs here
  vcpu [N]              the virtual CPUs; choose one
  memslots              which memory of the monitor's is the guest's
  exits [N]             why guests have left, and the last N times
  trace [N]             the last N trace events of all CPUs
  record-guests         let events of guests be among them

  next-fault [GPA]      run to the next fault of the second stage, and show it
  step-fault            one step of mending it: what is asked, visited, installed, flushed
  into-guest, into-hyp  run until a guest is entered, or left
  gbreak SYM            a breakpoint in the guest
  gbt                   the guest's stack
  watch-gpa GPA         run until guest memory changes
  guest-symbols NAME    symbols of a guest, where they are not added by themselves
end

# What is asked of a machine is in riscv.gdb and x86.gdb, under the same names.
if $_isvoid($is_riscv)
  set $fl_text = $_gdb_setting_str("architecture")
  set $is_riscv = $fl_text[0] == 'r'
end

# Loaded again, for another kernel: names are the host's alone.
if !$_isvoid($fl_start_bp)
  fl-forget-symbols
end

source labs/gdb/base.gdb
source labs/gdb/walk.gdb
source labs/gdb/state.gdb
if $is_riscv
  source labs/gdb/riscv.gdb
else
  source labs/gdb/x86.gdb
end
source labs/gdb/run.gdb
source labs/gdb/fault.gdb
source labs/gdb/guest.gdb

# A command that GDB ended by an error has not put the memory mode back.
define hook-stop
  fl-phys-off
end
