# x86-64: where the kernel lies, its registers, and entries of both stages, which have one format
# (mmu/fmt/npt/pte.h).

set $fl_kbase_pa = 0ul
set $fl_direct = 0xffff800000000000ul
set $fl_boot_info = &'kernel/arch/x86/boot.c'::boot_info
set $fl_t_exit = SVM_EXIT_HLT

# ---- Entries ------------------------------------------------------------------------------------------------

set $fl_root_extra = 0

# As enum pte_kind: 0 empty, 1 table, 2 leaf, 3 frozen.
macro define fl_kind(pte, level) (fl_bit(pte, 0) ? ((level) > 0 && !fl_bit(pte, 7) \
    ? 1 : 2) : ((pte) & 7) == 2 ? 3 : 0)
macro define fl_is_mmio(pte) (((pte) & 7) == 4)
macro define fl_payload(pte) ((pte) >> 12)
macro define fl_table_at(pte) ((pte) & 0x000ffffffffff000ul)
macro define fl_page_at(pte, level) ((pte) & 0x000ffffffffff000ul & ~(fl_span(level) - 1))
macro define fl_reads(pte) fl_bit(pte, 0)
macro define fl_writes(pte) fl_bit(pte, 1)
macro define fl_executes(pte) (1 - fl_bit(pte, 63))
# 1 read, 2 write, 4 execute: hardware joins those of all levels.
macro define fl_rights(pte, kind) (fl_reads(pte) | fl_writes(pte) << 1 | fl_executes(pte) << 2)
macro define fl_is_users(pte) fl_bit(pte, 2)
macro define fl_is_device(pte) fl_bit(pte, 4)
macro define fl_is_logged(pte) fl_bit(pte, 9)
macro define fl_accessed(pte) fl_bit(pte, 5)
macro define fl_dirty(pte) fl_bit(pte, 6)

# The kernel's own tables for programs (kernel/arch/x86/upte.h): kind and rights.
set $fl_upt_levels = 4
macro define fl_upt_kind(pte, level) (fl_bit(pte, 9) ? 2 : fl_bit(pte, 0))
macro define fl_upt_rights(pte) (fl_bit(pte, 52) | fl_bit(pte, 1) << 1 | fl_bit(pte, 53) << 2)

# The bits that hardware looks at: a letter where one is set.  S is PS, or PAT at level 0; T and C are PWT and PCD.
define fl-arch-print-bits
  printf "%c%c%c%c%c", fl_flag($fl_pte, 0, 'P'), fl_flag($fl_pte, 1, 'W'), fl_flag($fl_pte, 2, 'U'), \
      fl_flag($fl_pte, 3, 'T'), fl_flag($fl_pte, 4, 'C')
  printf "%c%c%c%c%c", fl_flag($fl_pte, 5, 'A'), fl_flag($fl_pte, 6, 'D'), fl_flag($fl_pte, 7, 'S'), \
      fl_flag($fl_pte, 8, 'G'), fl_flag($fl_pte, 63, 'N')
end

# Why hardware refuses an entry that looks like a leaf or a table: $fl_why, or an empty text.
define fl-arch-judge
  set $fl_why = ""
  if $fl_kind == 1 || $fl_kind == 2
    if !fl_is_users($fl_pte) && $fl_stage == 2
      set $fl_why = "U/S is clear"
    end
    if $fl_level > 2 && fl_bit($fl_pte, 7)
      set $fl_why = "PS is set at a level that has no leaves"
    end
  end
  if $fl_kind == 2 && $fl_level > 0 && ($fl_pte & 0x000fffffffffe000ul & (fl_span($fl_level) - 1)) != 0
    set $fl_why = "the page is not aligned to its level"
  end
end

# ---- Registers ----------------------------------------------------------------------------------------------

# Of the selected CPU: $fl_pc; $fl_table, the table that it translates by.
define fl-arch-registers
  set $fl_pc = fl_ul($pc)
  set $fl_in_firmware = 0
  set $fl_frame = fl_ul($rbp)
  set $fl_rsp = fl_ul($rsp)
  set $fl_cr0 = fl_ul($cr0)
  set $fl_cr3 = fl_ul($cr3)
  set $fl_cr4 = fl_ul($cr4)
  set $fl_efer = fl_ul($efer)
  set $fl_cs = fl_ul($cs)
  set $fl_table = $fl_cr3 & 0x000ffffffffff000ul
end

# How the guest translates: from the registers above while it runs, else from the VMCB.  $fl_g_levels: 0 none, -1 not
# known here.
define fl-arch-stage1
  if $fl_on_cpu && $fl_in_guest
    set $fl_g_cr0 = $fl_cr0
    set $fl_g_cr3 = $fl_cr3
    set $fl_g_cr4 = $fl_cr4
    set $fl_g_efer = $fl_efer
  else
    set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
    set $fl_g_cr0 = fl_ul($fl_vmcb->cr0)
    set $fl_g_cr3 = fl_ul($fl_vmcb->cr3)
    set $fl_g_cr4 = fl_ul($fl_vmcb->cr4)
    set $fl_g_efer = fl_ul($fl_vmcb->efer)
  end
  set $fl_g_table = $fl_g_cr3 & 0x000ffffffffff000ul
  set $fl_g_levels = -1
  if !fl_bit($fl_g_cr0, 31)
    set $fl_g_levels = 0
  else
    if fl_bit($fl_g_efer, 10)
      set $fl_g_levels = 4 + fl_bit($fl_g_cr4, 12)
    end
  end
end

define fl-arch-print-stage1
  printf "stage 1   cr0 0x%lx, cr3 0x%lx, cr4 0x%lx, efer 0x%lx: ", $fl_g_cr0, $fl_g_cr3, $fl_g_cr4, $fl_g_efer
  if $fl_g_levels == 0
    printf "none, linear addresses are the guest's physical ones\n"
  end
  if $fl_g_levels > 0
    printf "long mode, %d levels, table at 0x%lx of the guest\n", $fl_g_levels, $fl_g_table
  end
  if $fl_g_levels < 0
    if fl_bit($fl_g_cr4, 5)
      printf "PAE of 32-bit mode, whose tables are not decoded here\n"
    else
      printf "32-bit paging, whose tables are not decoded here\n"
    end
  end
end

# ---- world, vcpu, exits -------------------------------------------------------------------------------------

# $fl_mode: the privilege of the selected CPU, in words.
define fl-arch-mode
  set $fl_mode = "ring 0"
  if ($fl_cs & 3) == 3
    set $fl_mode = "ring 3"
  end
  if !fl_bit($fl_cr0, 0)
    set $fl_mode = "real mode"
  end
end

# Both stages of the selected CPU, in the world that it is in.
define fl-arch-print-translation
  if $fl_in_guest
    fl-arch-stage1
    fl-arch-print-stage1
    set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
    printf "stage 2   nested paging: root 0x%lx, ASID %u\n", $fl_vmcb->nested_cr3, $fl_vmcb->asid
  else
    if fl_bit($fl_cr0, 31)
      printf "stage 1   cr3 0x%lx: table at 0x%lx\n", $fl_cr3, $fl_table
    else
      printf "stage 1   none\n"
    end
    echo stage 2   none in the host\n
  end
end

# General registers are in the CPU while the guest runs, else in the VMCB and in gpr[].
define fl-arch-print-registers
  set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
  if $fl_on_cpu && $fl_in_guest
    printf "registers in the CPU, pc "
    output/a $fl_pc
    printf "\n"
  else
    set $fl_x = fl_host($fl_vcpu)->arch.gpr
    printf "registers in memory, cs:rip 0x%x:0x%lx, ring %u\n", $fl_vmcb->cs.selector, $fl_vmcb->rip, $fl_vmcb->cpl
    printf "          rax 0x%lx rsp 0x%lx rcx 0x%lx rdx 0x%lx rdi 0x%lx rsi 0x%lx\n", $fl_vmcb->rax, \
        $fl_vmcb->rsp, $fl_x[1], $fl_x[2], $fl_x[7], $fl_x[6]
  end
end

# The last exit, as the processor told it.
define fl-arch-print-exit
  fl-arch-fault
  set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
  set $fl_code = $fl_vmcb->exitcode & 0xffffffff
  printf "exit      code 0x%lx: ", $fl_code
  if $fl_code == 0x400
    printf "a nested page fault, info 0x%lx", $fl_vmcb->exitinfo1
  else
    if $fl_code == 0xffffffff
      printf "VMRUN refused the VMCB"
    else
      output fl_as($fl_t_exit, $fl_code)
      printf ", info 0x%lx", $fl_vmcb->exitinfo1
    end
  end
  printf ", 0x%lx\n", $fl_is_fault ? $fl_f_gpa : $fl_vmcb->exitinfo2
end

# Decode the last exit as mmu/fmt/npt/fault.h does: $fl_is_fault, $fl_f_gpa, $fl_f_gva, $fl_f_access, $fl_f_flags.
# QEMU clears exitinfo2 while the guest runs; the kernel has decoded it by then.
define fl-arch-fault
  set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
  set $fl_is_fault = ($fl_vmcb->exitcode & 0xffffffff) == 0x400
  set $fl_info = $fl_vmcb->exitinfo1
  set $fl_f_gpa = $fl_vmcb->exitinfo2
  if $fl_in_guest && $fl_vcpu == $fl_loaded
    set $fl_f_gpa = fl_host($fl_vcpu)->fault.gpa.raw
  end
  set $fl_f_gva = 0ul
  set $fl_f_access = fl_bit($fl_info, 4) ? 2 : fl_bit($fl_info, 1)
  set $fl_f_flags = fl_bit($fl_info, 33)
  if $fl_f_flags
    set $fl_f_access = 1
  end
  set $fl_f_flags = $fl_f_flags | (fl_bit($fl_info, 3) ? 16 : fl_bit($fl_info, 0) ? 4 : 8)
end

# ---- Running ------------------------------------------------------------------------------------------------

# At a function's first instruction: its arguments $fl_a0 to $fl_a4, and where it returns to.
define fl-arch-arguments
  set $fl_a0 = fl_ul($rdi)
  set $fl_a1 = fl_ul($rsi)
  set $fl_a2 = fl_ul($rdx)
  set $fl_a3 = fl_ul($rcx)
  set $fl_a4 = fl_ul($r8)
  set $fl_return = *(unsigned long *)$rsp
end

set $fl_second_argument = "$rsi"

# Where it has returned to: what it has returned.
define fl-arch-result
  set $fl_result = fl_ul($rax)
  set $fl_result_2 = fl_ul($rdx)
end

# What the guest in $fl_vcpu executes, its frame, and its stack: $fl_g_pc, $fl_g_fp, $fl_g_sp.
define fl-arch-frame
  if $fl_on_cpu && $fl_in_guest
    set $fl_g_pc = $fl_pc
    set $fl_g_fp = $fl_frame
    set $fl_g_sp = $fl_rsp
  else
    set $fl_vmcb = fl_host(fl_host($fl_vcpu)->arch.vmcb)
    set $fl_g_pc = fl_ul($fl_vmcb->rip)
    set $fl_g_fp = fl_ul(fl_host($fl_vcpu)->arch.gpr[5])
    set $fl_g_sp = fl_ul($fl_vmcb->rsp)
  end
end

# Is the word at $fl_gva what a CALL has pushed whose target is just before $fl_g_pc?  Then the function has no frame
# (yet), and that is where it returns to: $fl_g_caller.
define fl-try-caller
  fl-read-guest
  set $fl_gva = $fl_word - 5
  set $fl_g_back = $fl_word
  if $fl_found
    fl-read-guest
  end
  if $fl_found && ($fl_word & 0xff) == 0xe8
    set $fl_g_start = $fl_g_back + (long)(int)($fl_word >> 8)
    if $fl_g_pc >= $fl_g_start && $fl_g_pc - $fl_g_start < 0x1000
      set $fl_g_caller = $fl_g_back
    end
  end
end

# $fl_g_caller, or 0; behind PUSH rbp the place is the next one.
define fl-arch-find-caller
  set $fl_g_caller = 0ul
  if $fl_g_sp != $fl_g_fp + 8
    set $fl_gva = $fl_g_sp
    if ($fl_word & 0xffffff) == 0xe58948
      set $fl_gva = $fl_g_sp + 8
    end
    fl-try-caller
  end
end

# No function leaves its return address in a register.
macro define fl_is_leaf_frame() 0
set $fl_g_ra = 0ul

# In a frame: where the caller goes on, and where it keeps its caller's frame.
set $fl_saved_pc = 8l
set $fl_saved_frame = 0l

# A stage-2 fault in the architecture's words.
define fl-arch-print-cause
  fl-arch-fault
  printf "cause     exit code 0x400, nested page fault\n"
  printf "          info 1 0x%lx: ", $fl_info
  if fl_bit($fl_info, 3)
    printf "a reserved bit was set"
  else
    if fl_bit($fl_info, 0)
      printf "an entry was present"
    else
      printf "no entry was present"
    end
  end
  if fl_bit($fl_info, 4)
    printf ", fetch"
  else
    if fl_bit($fl_info, 1)
      printf ", write"
    else
      printf ", read"
    end
  end
  if $fl_f_flags & 1
    printf ", in the guest's own walk, which counts as a write\n"
  else
    printf ", the final access\n"
  end
  printf "          info 2 0x%lx: the guest-physical address\n", $fl_f_gpa
end

# $fl_is_interrupt: the guest was left for an interrupt of the host's.
define fl-arch-find-interrupt
  set $fl_is_interrupt = (fl_host(fl_host($fl_vcpu)->arch.vmcb)->exitcode & 0xffffffff) == 0x60
end

# Behind VMRUN: where the world switch returns to, below the nine words that x86_vcpu_enter has pushed.
define fl-arch-switch-return
  set $fl_return = *(unsigned long *)($rsp + 72)
end

# At vcpu_enter_guest: where the guest will be: at its rip, or in the handler of what is injected.  Steps over VMRUN go
# wrong on QEMU 10 (docs/platform.md).
define fl-arch-find-in
  fl-pick
  fl-phys-on
  set $fl_vmcb = fl_host(fl_host($fl_loaded)->arch.vmcb)
  set $fl_in_at = $fl_vmcb->cs.base + $fl_vmcb->rip
  set $fl_in_handler = 0ul
  if ($fl_vmcb->event_inject & 0x80000000) && fl_bit($fl_vmcb->efer, 10)
    set $fl_vcpu = $fl_loaded
    set $fl_root = fl_host($fl_vcpu)->root
    fl-load-root
    set $fl_on_cpu = 0
    fl-arch-stage1
    set $fl_gva = $fl_vmcb->idtr.base + 16 * ($fl_vmcb->event_inject & 0xff)
    fl-read-guest
    if $fl_found
      set $fl_in_handler = fl_bits($fl_word, 15, 0) | fl_bits($fl_word, 63, 48) << 16
      set $fl_gva = $fl_gva + 8
      fl-read-guest
      set $fl_in_handler = $fl_in_handler | $fl_word << 32
    end
  end
  fl-phys-off
end

define fl-arch-set-in
  fl-break-cpu $fl_at_vcpu_exit 21
  fl-break-cpu $fl_in_at 22
  if $fl_in_handler != 0
    fl-break-cpu $fl_in_handler 22
  end
end

# A guest's way out: the first instruction behind it.
set $fl_at_vcpu_exit = fl_ul(&x86_behind_vmrun)

# Where programs of user/guest are linked.
set $fl_program_at = 0x100000ul

# When a breakpoint by a guest's name is one in the guest: programs of the host may lie there too, in ring 3.
set $fl_in_guest_only = "($cs & 3) == 0"
