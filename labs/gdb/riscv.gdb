# RISC-V: where the kernel lies, its registers, and entries of Sv39, Sv48, Sv57 and of their x4 second stages.
#
# Entries of both stages look the same (mmu/fmt/riscv/pte.h); what differs is who looks: the second stage takes every
# access for a user's.

set $fl_kbase_pa = 0x80000000ul
set $fl_direct = 0xffffffc000000000ul
set $fl_boot_info = &'kernel/arch/riscv/boot.c'::boot_info

# ---- Entries ------------------------------------------------------------------------------------------------

# Index bits that a root of the second stage decodes beyond 9.
set $fl_root_extra = 2

# As enum pte_kind: 0 empty, 1 table, 2 leaf, 3 frozen.
macro define fl_kind(pte, level) (fl_bit(pte, 0) ? ((level) > 0 && ((pte) & 14) == 0 \
    ? 1 : 2) : ((pte) & 7) == 2 ? 3 : 0)
macro define fl_is_mmio(pte) (((pte) & 7) == 4)
macro define fl_payload(pte) ((pte) >> 10)
macro define fl_table_at(pte) (fl_bits(pte, 53, 10) << 12)
macro define fl_page_at(pte, level) (fl_bits(pte, 53, 10) << 12)
macro define fl_reads(pte) fl_bit(pte, 1)
macro define fl_writes(pte) fl_bit(pte, 2)
macro define fl_executes(pte) fl_bit(pte, 3)
# 1 read, 2 write, 4 execute: a table gives them all.
macro define fl_rights(pte, kind) ((kind) == 1 ? 7 : fl_bits(pte, 3, 1))
macro define fl_is_users(pte) fl_bit(pte, 4)
macro define fl_is_device(pte) fl_bit(pte, 9)
macro define fl_is_logged(pte) fl_bit(pte, 8)
macro define fl_accessed(pte) fl_bit(pte, 6)
macro define fl_dirty(pte) fl_bit(pte, 7)

# The kernel's own tables for programs (kernel/arch/riscv/upte.h): kind and rights.
set $fl_upt_levels = 3
macro define fl_upt_kind(pte, level) ((pte) == 0 ? 0 : (level) > 0 && fl_bit(pte, 0) && ((pte) & 14) == 0 ? 1 : 2)
macro define fl_upt_rights(pte) (fl_bit(pte, 0) ? fl_bits(pte, 3, 1) : 0)

# The bits that hardware looks at: a letter where one is set.
define fl-arch-print-bits
  printf "%c%c%c%c", fl_flag($fl_pte, 0, 'V'), fl_flag($fl_pte, 1, 'R'), fl_flag($fl_pte, 2, 'W'), \
      fl_flag($fl_pte, 3, 'X')
  printf "%c%c%c%c", fl_flag($fl_pte, 4, 'U'), fl_flag($fl_pte, 5, 'G'), fl_flag($fl_pte, 6, 'A'), \
      fl_flag($fl_pte, 7, 'D')
end

# Why hardware refuses an entry that looks like a leaf or a table: $fl_why, or an empty text.
define fl-arch-judge
  set $fl_why = ""
  if $fl_kind == 1 && ($fl_pte & 0xd0) != 0
    set $fl_why = "A, D or U is set in an entry that leads to a table"
  end
  if ($fl_pte >> 54) != 0
    set $fl_why = "bits above the address are set"
  end
  if $fl_kind == 2
    if !fl_is_users($fl_pte) && $fl_stage == 2
      set $fl_why = "U is clear"
    end
    if fl_writes($fl_pte) && !fl_reads($fl_pte)
      set $fl_why = "W is set without R"
    end
    if ($fl_pte & 14) == 0
      set $fl_why = "an entry for a table, where no table can be"
    end
    if (fl_page_at($fl_pte, $fl_level) & (fl_span($fl_level) - 1)) != 0
      set $fl_why = "the page is not aligned to its level"
    end
  end
end

# ---- Registers ----------------------------------------------------------------------------------------------

# Of the selected CPU: $fl_pc; $fl_table, the table that it translates by.  The hypervisor's too: those of a guest that
# is loaded and not running.
define fl-arch-registers
  set $fl_pc = fl_ul($pc)
  set $fl_frame = fl_ul($s0)
  set $fl_ra = fl_ul($ra)
  set $fl_satp = fl_ul($satp)
  set $fl_vsatp = fl_ul($vsatp)
  set $fl_hgatp = fl_ul($hgatp)
  set $fl_priv = fl_ul($priv) & 3
  set $fl_in_firmware = $fl_priv == 3
  set $fl_table = fl_bits($fl_satp, 43, 0) << 12
end

# How the guest translates: from the registers above, or from memory.  $fl_g_levels: 0 none, -1 not known here.
define fl-arch-stage1
  if $fl_on_cpu
    set $fl_g_satp = $fl_in_guest ? $fl_satp : $fl_vsatp
  else
    set $fl_g_satp = fl_ul(fl_host($fl_vcpu)->arch.vs.satp)
  end
  set $fl_g_mode = fl_bits($fl_g_satp, 63, 60)
  set $fl_g_table = fl_bits($fl_g_satp, 43, 0) << 12
  set $fl_g_levels = -1
  if $fl_g_mode == 0
    set $fl_g_levels = 0
  end
  if $fl_g_mode >= 8 && $fl_g_mode <= 10
    set $fl_g_levels = $fl_g_mode - 5
  end
end

define fl-arch-print-stage1
  printf "stage 1   satp 0x%lx: ", $fl_g_satp
  if $fl_g_levels == 0
    printf "none, addresses are the guest's physical ones\n"
  end
  if $fl_g_levels > 0
    printf "Sv%d, %d levels, table at 0x%lx of the guest\n", 12 + 9 * $fl_g_levels, $fl_g_levels, $fl_g_table
  end
  if $fl_g_levels < 0
    printf "mode %lu is not decoded here\n", $fl_g_mode
  end
end

# ---- world, vcpu, exits -------------------------------------------------------------------------------------

# $fl_mode: the privilege of the selected CPU, in words.
define fl-arch-mode
  set $fl_mode = "machine mode, the firmware"
  if $fl_priv == 0
    set $fl_mode = "user mode"
  end
  if $fl_priv == 1
    set $fl_mode = "supervisor mode"
  end
end

# Both stages of the selected CPU, in the world that it is in.
define fl-arch-print-translation
  if $fl_in_guest
    fl-arch-stage1
    fl-arch-print-stage1
    printf "stage 2   hgatp 0x%lx: Sv%dx4, root 0x%lx, VMID %lu\n", $fl_hgatp, \
        9 * fl_bits($fl_hgatp, 63, 60) - 33, fl_bits($fl_hgatp, 43, 0) << 12, fl_bits($fl_hgatp, 57, 44)
  else
    if fl_bits($fl_satp, 63, 60) == 0
      printf "stage 1   satp 0x%lx: none\n", $fl_satp
    else
      printf "stage 1   satp 0x%lx: table at 0x%lx\n", $fl_satp, $fl_table
    end
    echo stage 2   none in the host\n
  end
end

# General registers are in the hart while the guest runs, else in memory.
define fl-arch-print-registers
  if $fl_on_cpu && $fl_in_guest
    printf "registers in the hart, pc "
    output/a $fl_pc
    printf "\n"
  else
    set $fl_x = fl_host($fl_vcpu)->arch.x
    printf "registers in memory, pc 0x%lx, SPP %lu\n", fl_host($fl_vcpu)->arch.pc, \
        fl_bit(fl_host($fl_vcpu)->arch.sstatus, 8)
    printf "          ra 0x%lx sp 0x%lx a0 0x%lx a1 0x%lx a6 0x%lx a7 0x%lx\n", $fl_x[1], $fl_x[2], $fl_x[10], \
        $fl_x[11], $fl_x[16], $fl_x[17]
  end
end

# The last exit, as the hart told it.
define fl-arch-print-exit
  set $fl_exit = fl_host($fl_vcpu)->arch.exit
  printf "exit      scause 0x%lx: ", $fl_exit.scause
  if (long)$fl_exit.scause < 0
    printf "an interrupt of the host's\n"
  else
    if $fl_exit.scause == 10
      set $fl_x = fl_host($fl_vcpu)->arch.x
      printf "a call, extension 0x%lx, function %lu\n", $fl_x[17], $fl_x[16]
    end
    if $fl_exit.scause == 20 || $fl_exit.scause == 21 || $fl_exit.scause == 23
      printf "a guest-page fault, htval 0x%lx, stval 0x%lx, htinst 0x%lx\n", $fl_exit.htval, $fl_exit.stval, \
          $fl_exit.htinst
    end
    if $fl_exit.scause == 22
      printf "a virtual instruction, 0x%lx\n", $fl_exit.stval
    end
    if $fl_exit.scause != 10 && ($fl_exit.scause < 20 || $fl_exit.scause > 23)
      printf "stval 0x%lx\n", $fl_exit.stval
    end
  end
end

# Decode the last exit as mmu/fmt/riscv/fault.h does: $fl_is_fault, $fl_f_gpa, $fl_f_gva, $fl_f_access, $fl_f_flags.
define fl-arch-fault
  set $fl_exit = fl_host($fl_vcpu)->arch.exit
  set $fl_is_fault = $fl_exit.scause == 20 || $fl_exit.scause == 21 || $fl_exit.scause == 23
  set $fl_f_access = $fl_exit.scause == 20 ? 2 : $fl_exit.scause == 23 ? 1 : 0
  set $fl_f_gva = $fl_exit.stval
  set $fl_f_gpa = $fl_exit.htval << 2
  set $fl_f_flags = fl_bit($fl_exit.hstatus, 6) << 1
  if ($fl_exit.htinst | 0x1020) == 0x3020
    set $fl_f_access = fl_bit($fl_exit.htinst, 5)
    set $fl_f_flags = $fl_f_flags | 1
  else
    set $fl_f_gpa = $fl_f_gpa | ($fl_exit.stval & 3)
  end
end

# ---- Running ------------------------------------------------------------------------------------------------

# At a function's first instruction: its arguments $fl_a0 to $fl_a4, and where it returns to.
define fl-arch-arguments
  set $fl_a0 = fl_ul($a0)
  set $fl_a1 = fl_ul($a1)
  set $fl_a2 = fl_ul($a2)
  set $fl_a3 = fl_ul($a3)
  set $fl_a4 = fl_ul($a4)
  set $fl_return = fl_ul($ra)
end

set $fl_second_argument = "$a1"

# Where it has returned to: what it has returned.
define fl-arch-result
  set $fl_result = fl_ul($a0)
  set $fl_result_2 = fl_ul($a1)
end

# What the guest in $fl_vcpu executes, its frame, and where a function that calls no other returns to: $fl_g_pc,
# $fl_g_fp, $fl_g_ra.
define fl-arch-frame
  if $fl_on_cpu && $fl_in_guest
    set $fl_g_pc = $fl_pc
    set $fl_g_fp = $fl_frame
    set $fl_g_ra = $fl_ra
  else
    set $fl_g_pc = fl_ul(fl_host($fl_vcpu)->arch.pc)
    set $fl_g_fp = fl_ul(fl_host($fl_vcpu)->arch.x[8])
    set $fl_g_ra = fl_ul(fl_host($fl_vcpu)->arch.x[1])
  end
end

# Does the function only begin at $fl_g_pc, where $fl_word is its code: is its first instruction there, which lowers sp?
# Then its caller's frame is still the one, and $fl_g_caller is where it returns to.
define fl-arch-find-caller
  set $fl_g_caller = 0ul
  if ($fl_word & 0xff83) == 0x1101 || ($fl_word & 0xff83) == 0x7101 || ($fl_word & 0x800fffff) == 0x80010113
    set $fl_g_caller = $fl_g_ra
  end
end

# A function that calls no other saves its caller's frame alone, where others save ra: $fl_word is what lies there.
macro define fl_is_leaf_frame() ($fl_n == 1 && $fl_word > $fl_g_fp && $fl_word - $fl_g_fp < 0x4000)

# In a frame: where the caller goes on, and where it keeps its caller's frame.
set $fl_saved_pc = -8l
set $fl_saved_frame = -16l

# A stage-2 fault in the architecture's words.
define fl-arch-print-cause
  fl-arch-fault
  printf "cause     scause %lu, ", $fl_exit.scause
  if $fl_exit.scause == 20
    printf "instruction guest-page fault\n"
  end
  if $fl_exit.scause == 21
    printf "load guest-page fault\n"
  end
  if $fl_exit.scause == 23
    printf "store/AMO guest-page fault\n"
  end
  printf "          htval 0x%lx: the guest-physical address, shifted right by 2\n", $fl_exit.htval
  if fl_bit($fl_exit.hstatus, 6)
    printf "          stval 0x%lx: hstatus.GVA is 1, so it is the guest's virtual address\n", $fl_exit.stval
  else
    printf "          stval 0x%lx: hstatus.GVA is 0, so it is no guest's address\n", $fl_exit.stval
  end
  printf "          htinst 0x%lx: ", $fl_exit.htinst
  if $fl_f_flags & 1
    if $fl_f_access == 1
      printf "the guest's own walk wrote an entry\n"
    else
      printf "the guest's own walk read an entry\n"
    end
  else
    if $fl_exit.htinst == 0
      printf "nothing is told about the instruction\n"
    else
      printf "the instruction, transformed\n"
    end
  end
end

# $fl_is_interrupt: the guest was left for an interrupt of the host's.
define fl-arch-find-interrupt
  set $fl_is_interrupt = (long)fl_host($fl_vcpu)->arch.exit.scause < 0
end

# At vcpu_exit: where the world switch returns to; it is in the frame that riscv_vcpu_enter made.
define fl-arch-switch-return
  set $fl_return = *(unsigned long *)fl_as(&$fl_t_vcpu->arch, $sscratch)->host_sp
end

# At vcpu_enter_guest: where the guest will be.  GDB steps by a breakpoint behind the instruction, and SRET goes
# elsewhere: to sepc or, with an interrupt for the guest, to its handler.
define fl-arch-find-in
  set $fl_in_at = fl_ul($sepc)
  set $fl_in_handler = fl_ul($vstvec) & ~3ul
  set $fl_in_vectors = $fl_in_handler + (fl_bit(fl_ul($vstvec), 0) ? 4 : 0)
end

define fl-arch-set-in
  fl-break-cpu $fl_at_vcpu_exit 21
  fl-break-cpu $fl_in_at 22
  fl-break-cpu $fl_in_handler 22
  if $fl_in_vectors != $fl_in_handler
    fl-break-cpu $fl_in_handler+4*1 22
    fl-break-cpu $fl_in_handler+4*5 22
    fl-break-cpu $fl_in_handler+4*9 22
  end
end

# A guest's way out: the first instruction behind it.
set $fl_at_vcpu_exit = fl_ul(&vcpu_exit)

# Where programs of user/guest are linked.
set $fl_program_at = 0x80200000ul

# When a breakpoint by a guest's name is one in the guest: this kernel lies at 0x80200000 too, while it begins.
set $fl_in_guest_only = "$hgatp != 0"
