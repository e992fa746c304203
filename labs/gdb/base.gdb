# What all commands stand on: physical memory, the kernel's objects, the selected machine and vCPU.
#
# Addresses.  With a guest on the CPU, GDB's reads are translated by the guest's tables, and on x86-64 even wrongly.  So
# every command reads physical memory, between fl-phys-on and fl-phys-off.  Objects of the kernel lie in its image or in
# the direct map, both at known offsets: fl_host(p) is a pointer p of the kernel's as a physical one, of the same type.
#
#     fl-phys-on
#     printf "%u\n", fl_host($fl_vm)->gpa_bits
#     fl-phys-off
#
# Names.  A guest may bring symbols of the same names (it may be this kernel), so that those of the host are looked up
# once, here, before any guest's are there.  Types likewise: fl_as($fl_t_vm, x) is x as a `struct vm *`.
#
# B1 Only commands that are typed switch the memory mode, helpers find it on; fl-pick minds by itself.
# B2 What depends on a frame ($pc, $satp, arguments) is evaluated while the mode is off: finding a frame may read
#    memory, and GDB remembers what it found.  The CPU's registers are those of frame 0, whatever the user has selected.

# ---- Expressions --------------------------------------------------------------------------------------------

macro define fl_ul(x) ((unsigned long)(x))
macro define fl_bits(x, high, low) ((fl_ul(x) >> (low)) & ((2ul << ((high) - (low))) - 1))
macro define fl_bit(x, n) ((fl_ul(x) >> (n)) & 1)
macro define fl_as(like, x) ((typeof(like))(x))
macro define fl_offset(like, field) fl_ul(&fl_as(like, 0)->field)
macro define fl_container(like, field, p) fl_as(like, fl_ul(p) - fl_offset(like, field))

# The address of a kernel pointer in physical memory, as a number and as a pointer of the same type.
macro define fl_pa(p) (fl_ul(p) >= $fl_kbase ? fl_ul(p) - $fl_kbase + $fl_kbase_pa : fl_ul(p) - $fl_direct)
macro define fl_host(p) ((typeof(p))fl_pa(p))

# ---- The kernel's objects -----------------------------------------------------------------------------------

set $fl_kbase = fl_ul(&kernel_start) - 0x200000
set $fl_text_start = fl_ul(&kernel_start)
set $fl_text_end = fl_ul(&kernel_text_end)
set $fl_cpus = &cpus[0]
set $fl_cpu_count = &cpu_count
set $fl_vms = &'hyp/vm.c'::vms
set $fl_hook_out = fl_ul(&'hyp/vcpu.c'::switched_out)
set $fl_trace_mask = &trace_mask
set $fl_rings = &'kernel/trace.c'::rings[0]

# The test kernel has another `struct vm` besides: what vm_find() would return is the right one.
set $fl_t_vm = fl_as(vm_find(0), 0)
set $fl_t_vcpu = fl_as($fl_t_vm->vcpu[0], 0)
set $fl_t_root = fl_as($fl_t_vcpu->root, 0)
set $fl_t_hook = fl_as(&$fl_t_vcpu->hook, 0)
set $fl_t_cpu = fl_as($fl_cpus, 0)
set $fl_t_mode = (enum vcpu_mode)0

# ---- Physical memory ----------------------------------------------------------------------------------------

set $fl_phys = 0

# The answer of `maintenance packet` can be silenced in no other way.
define fl-phys-on
  if !$fl_phys
    pipe maintenance packet Qqemu.PhyMemMode:1 | cat > /dev/null
    set $fl_phys = 1
  end
end
document fl-phys-on
Reads and writes of memory are physical from here on.
end

define fl-phys-off
  if $fl_phys
    pipe maintenance packet Qqemu.PhyMemMode:0 | cat > /dev/null
    set $fl_phys = 0
  end
end
document fl-phys-off
Reads and writes of memory are translated again, as the selected CPU does.
end

# Ctrl-C may have ended a command in between.  Then the next command of GDB's own that reads memory, or runs the system,
# finds it as it should be, and nothing that was remembered meanwhile.
define fl-recover
  if $fl_phys
    fl-phys-off
    pipe maintenance flush dcache | cat > /dev/null
    pipe maintenance flush register-cache | cat > /dev/null
  end
end

define hook-x
  fl-recover
end
define hook-print
  fl-recover
end
define hook-backtrace
  fl-recover
end
define hook-frame
  fl-recover
end
define hook-up
  fl-recover
end
define hook-step
  fl-recover
end
define hook-stepi
  fl-recover
end
define hook-next
  fl-recover
end
define hook-nexti
  fl-recover
end
define hook-finish
  fl-recover
end

# ---- Which machine, which vCPU ------------------------------------------------------------------------------

# The user's choice: ids of machines are never used again, so that an old choice names nobody.
set $fl_chosen_id = 0
set $fl_chosen_index = -1

# The struct cpu of the selected thread: QEMU numbers its CPUs as the hardware does, and its threads from 1.
define fl-find-cpu
  set $fl_cpu = fl_as($fl_t_cpu, 0)
  set $fl_i = 0
  while $fl_i < *fl_host($fl_cpu_count) && $fl_cpu == 0
    if fl_host($fl_cpus + $fl_i)->hw_id == $_thread - 1
      set $fl_cpu = $fl_cpus + $fl_i
    end
    set $fl_i = $fl_i + 1
  end
end

# The vCPU that the thread on this CPU has loaded: its hook is vcpu.c's: $fl_loaded, for $fl_cpu.
define fl-find-loaded
  set $fl_loaded = fl_as($fl_t_vcpu, 0)
  set $fl_hook = fl_as($fl_t_hook, 0)
  if $fl_cpu != 0 && fl_host($fl_cpu)->thread != 0
    set $fl_thread = fl_host($fl_cpu)->thread
    set $fl_hook = fl_host($fl_thread)->hook
  end
  if $fl_hook != 0 && fl_ul(fl_host($fl_hook)->out) == $fl_hook_out
    set $fl_loaded = fl_container($fl_t_vcpu, hook, $fl_hook)
  end
end

# The machine with this id, or the first one for id 0; 0: there is none.
define fl-find-machine
  set $fl_found = fl_as($fl_t_vm, 0)
  set $fl_link = fl_host($fl_vms)->next
  while $fl_link != 0 && $fl_link != $fl_vms
    set $fl_one = fl_container($fl_t_vm, link, $fl_link)
    if $fl_found == 0 && ($arg0 == 0 || fl_host($fl_one)->id == $arg0)
      set $fl_found = $fl_one
    end
    set $fl_link = fl_host($fl_link)->next
  end
end

# Of machine $fl_vm: vCPU $arg0 if there is one, else the first that there is.
define fl-find-vcpu
  set $fl_vcpu = fl_as($fl_t_vcpu, 0)
  if $arg0 >= 0
    set $fl_vcpu = fl_host($fl_vm)->vcpu[$arg0]
  end
  set $fl_i = 0
  while $fl_i < sizeof($fl_t_vm->vcpu) / sizeof($fl_t_vm->vcpu[0]) && $fl_vcpu == 0
    set $fl_vcpu = fl_host($fl_vm)->vcpu[$fl_i]
    set $fl_i = $fl_i + 1
  end
end

define fl-choose
  set $fl_vm = fl_as($fl_t_vm, 0)
  if $fl_chosen_id != 0
    fl-find-machine $fl_chosen_id
    set $fl_vm = $fl_found
  end
  if $fl_vm != 0
    fl-find-vcpu $fl_chosen_index
  else
    set $fl_chosen_id = 0
    set $fl_chosen_index = -1
    if $fl_loaded != 0
      set $fl_vcpu = $fl_loaded
      set $fl_vm = fl_host($fl_vcpu)->vm
    else
      fl-find-machine 0
      set $fl_vm = $fl_found
      if $fl_vm != 0
        fl-find-vcpu -1
      end
    end
  end
end

# Is the guest of $fl_loaded on the CPU?  The registers of translation change hands in the very instruction that enters
# or leaves it, and the kernel's own code never runs with a guest's.  Firmware is neither's.
define fl-find-world
  set $fl_in_guest = 0
  if $fl_loaded != 0 && fl_host($fl_loaded)->mode != 0 && !$fl_in_firmware
    set $fl_in_guest = !($fl_pc >= $fl_text_start && $fl_pc < $fl_text_end && $fl_table == fl_host($fl_cpu)->root.raw)
  end
end

define fl-pick
  set $fl_pc = 0ul
  set $fl_was_phys = $fl_phys
  set $fl_vm = fl_as($fl_t_vm, 0)
  set $fl_vcpu = fl_as($fl_t_vcpu, 0)
  set $fl_root = fl_as($fl_t_root, 0)
  set $fl_loaded = fl_as($fl_t_vcpu, 0)
  set $fl_cpu = fl_as($fl_t_cpu, 0)
  set $fl_in_guest = 0
  if $_thread != 0
    fl-phys-off
    frame apply level 0 -q fl-arch-registers
    fl-phys-on
    fl-find-cpu
    fl-find-loaded
    fl-find-world
    fl-choose
    if $fl_vcpu != 0
      set $fl_root = fl_host($fl_vcpu)->root
    end
    if !$fl_was_phys
      fl-phys-off
    end
  end
end
document fl-pick
Find the selected machine: $fl_vm, $fl_vcpu, $fl_root (0: there is none), all as the kernel's pointers.
Also $fl_cpu, the selected CPU; $fl_loaded, the vCPU that is loaded there; $fl_in_guest, whether its guest runs now;
$fl_pc.  The memory mode is left as it was.
end

# The CPU that has $fl_vcpu loaded: $fl_on_cpu, and then what fl-pick tells of the selected CPU, told of that one.
#
# Why not fl-pick: it is asked of one CPU, and where a vCPU of the user's choice is loaded matters only to those who
# need its registers.  `thread apply` puts the selected thread back.
define fl-guest-registers
  set $fl_on_cpu = $fl_vcpu == $fl_loaded
  set $fl_n = 0
  while $fl_n < *fl_host($fl_cpu_count) && !$fl_on_cpu
    set $fl_cpu = $fl_cpus + $fl_n
    fl-find-loaded
    set $fl_on_cpu = $fl_vcpu == $fl_loaded
    if $fl_on_cpu
      set $fl_i = fl_host($fl_cpu)->hw_id + 1
      fl-phys-off
      eval "thread apply %lu -q fl-arch-registers", $fl_i
      fl-phys-on
      fl-find-world
    end
    set $fl_n = $fl_n + 1
  end
  fl-arch-stage1
end

# For a command that is typed: physical memory, and a pick.  $fl_ok: there is a machine; else it has been said.
define fl-begin
  fl-pick
  set $fl_ok = $fl_vm != 0 || $fl_vcpu != 0
  if !$fl_ok
    if $_thread == 0
      echo not connected: no CPU to look at\n
    else
      echo no machine: nothing runs\n
    end
  else
    fl-phys-on
  end
end

define fl-end
  fl-phys-off
end
