#!/bin/sh
# Tests of `make lint`: every rule must catch a snippet that breaks it, and leave a good one alone.  Prints one
# "ok lint.name" or "not ok lint.name" a case.

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-lint.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
tree="$work/tree"

# fresh_tree: a small tree without an offence.
fresh_tree() {
	rm -rf "$tree"
	for d in kernel/mm kernel/arch/riscv kernel/arch/x86 kernel/abi mmu/pt mmu/fmt/riscv mmu/tdp \
		hyp/arch/riscv user/bin user/lib docs grading; do
		mkdir -p "$tree/$d"
	done
	for f in kernel/kernel.h kernel/abi/syscall.h kernel/arch/arch.h kernel/arch/riscv/plic.h mmu/pt/addr.h \
		kernel/arch/riscv/upte.h mmu/pt/pt_iter.h mmu/host.h mmu/mmu.h mmu/tdp/tdp.h hyp/hyp.h hyp/vm.h \
		user/lib/string.h mmu/fmt/riscv/pte.h mmu/fmt/riscv/tlb.h mmu/fmt/tdp_fault.h mmu/pt/prot.h \
		grading/check.h; do
		printf '/* For a test. */\n' > "$tree/$f"
	done
}

# snippet PATH: the rest of the file, after a good head, comes from stdin.
snippet() {
	mkdir -p "$tree/$(dirname "$1")"
	{ echo '/* For a test. */'; cat; } > "$tree/$1"
}

verdict() {
	sh "$here/lint.sh" "$tree" > "$work/out" 2>&1
}

report() {
	if [ "$1" = 0 ]; then
		echo "ok lint.$2"
	else
		echo "not ok lint.$2"
		sed 's/^/# /' "$work/out"
	fi
}

# caught NAME RULE: lint complains of that rule, and of nothing else.
caught() {
	verdict
	grep -q ": $2 " "$work/out" && ! grep -v ": $2 " "$work/out" | grep -q -v '^grading/lint/allow:'
	report $? "$1_is_caught"
	fresh_tree
}

# clean NAME: no complaint.
clean() {
	verdict
	! grep -q -v '^grading/lint/allow:' "$work/out"
	report $? "$1_is_clean"
	fresh_tree
}

fresh_tree
clean empty_tree

# ---- Layers ---------------------------------------------------------------------------------------------------

echo '#include "mmu/host.h"' | snippet mmu/pt/walk.c
caught pt_that_sees_its_surroundings layer
echo '#include "kernel.h"' | snippet mmu/fmt/riscv/tlb.h
caught format_that_sees_the_kernel layer
echo '#include "kernel/kernel.h"' | snippet mmu/tdp/map.c
caught tdp_that_sees_the_kernel layer
printf '#include "mmu/host.h"\n#include "mmu/pt/pt_iter.h"\n#include "pte.h"\n#include "tdp.h"\n' |
	snippet mmu/tdp/map.c
clean tdp_over_its_host
echo '#include "mmu/tdp/tdp.h"' | snippet mmu/mine/map.c
caught mmu_that_uses_another layer
snippet mmu/mine/mine.h < /dev/null
printf '#include "mine.h"\n#include "mmu/host.h"\n' | snippet mmu/mine/map.c
clean mmu_with_a_header_of_its_own
echo '#include <stdio.h>' | snippet labs/skeleton/map.c
caught skeleton_with_a_hosted_header layer
echo '#include "mmu/tdp/tdp.h"' | snippet hyp/run.c
caught hyp_that_sees_into_the_mmu layer
printf '#include "mmu/mmu.h"\n#include "kernel.h"\n' | snippet hyp/run.c
clean hyp_over_the_plug
printf '#include "mmu/pt/prot.h"\n#include "mmu/fmt/tdp_fault.h"\n' | snippet hyp/run.c
clean hyp_that_reads_a_fault
echo '#include "mmu/fmt/riscv/tlb.h"' | snippet hyp/run.c
caught hyp_that_knows_a_format layer
echo '#include "mmu/fmt/riscv/tlb.h"' | snippet hyp/arch/riscv/flush.c
clean hyp_of_a_machine_with_its_format
echo '#include "mmu/fmt/riscv/pte.h"' | snippet hyp/arch/riscv/exit.c
caught hyp_of_a_machine_that_sees_entries layer
echo '#include "hyp/vm.h"' | snippet kernel/main.c
caught kernel_that_sees_into_hyp layer
printf '#include "hyp/hyp.h"\n#include "mmu/pt/addr.h"\n#include "arch/arch.h"\n#include "upte.h"\n' |
	snippet kernel/main.c
clean kernel_over_its_seams
echo '#include "mmu/pt/pt_iter.h"' | snippet kernel/mm/upt.c
caught kernel_that_uses_the_mmu layer
echo '#include "arch/riscv/plic.h"' | snippet kernel/main.c
caught kernel_that_knows_a_machine layer
echo '#include "kernel/arch/riscv/plic.h"' | snippet kernel/arch/x86/apic.c
caught machine_that_uses_another layer
echo '#include "kernel.h"' | snippet user/bin/ls.c
caught user_that_sees_the_kernel layer
printf '#include "abi/syscall.h"\n#include "string.h"\n' | snippet user/bin/ls.c
clean user_over_the_abi
echo '#include <stdio.h>' | snippet kernel/main.c
caught hosted_header_in_the_kernel layer
echo '#include "grading/check.h"' | snippet kernel/main.c
caught kernel_that_uses_the_grader layer
echo '#include "nowhere.h"' | snippet kernel/main.c
caught missing_header layer

# ---- Machines, Python, the top --------------------------------------------------------------------------------

printf '#ifdef __riscv\n#endif\n' | snippet kernel/main.c
caught ifdef_on_the_machine machine
printf '#if defined(__x86_64__)\n#endif\n' | snippet user/lib/io.c
caught if_defined_on_the_machine machine
printf '#ifdef __riscv\n#endif\n' | snippet user/lib/arch/x86/start.S
clean ifdef_under_arch
printf 'print(1)\n' > "$tree/grading/x.py"
caught python_file python
printf '#!/bin/sh\n# For a test.\npython3 -c 1\n' > "$tree/grading/x.sh"
caught python_in_a_script python
printf '# For a test.\npython\nend\n' > "$tree/grading/x.gdb"
caught python_in_gdb python
mkdir -p "$tree/tools" && echo '/* For a test. */' > "$tree/tools/x.c"
caught stranger_at_the_top top
echo '/* For a test. */' > "$tree/kernel/a b.c"
caught blank_in_a_name name

# ---- Entries --------------------------------------------------------------------------------------------------

printf 'int f(pte_t *slot)\n{\n\treturn pte_load(slot).raw != 0;\n}\n' | snippet mmu/tdp/x.c
caught entry_read_without_verb verb
printf 'void f(pte_t *slot, pte_t pte)\n{\n\t*slot = pte;\n}\n' | snippet mmu/tdp/x.c
caught entry_stored_plainly verb
printf 'void f(pte_t *slot)\n{\n\t__atomic_store_n(&slot->raw, 0, __ATOMIC_RELAXED);\n}\n' | snippet mmu/pt/x.c
caught entry_stored_without_release verb
printf 'pte_t f(struct e *e)\n{\n\treturn *e->slot;\n}\n' | snippet mmu/direct/x.c
caught entry_read_plainly verb
printf 'pte_t f(pte_t *slot, pte_t pte)\n{\n\tpte_t *other = slot;\n\n\treturn pt_write_xchg(other, pte);\n}\n' |
	snippet mmu/tdp/x.c
clean entry_written_by_the_verb

# ---- Form -----------------------------------------------------------------------------------------------------

printf 'int x; \n' | snippet kernel/main.c
caught blank_at_the_end_of_a_line form
printf 'int x;\n\n' | snippet kernel/main.c
caught blank_line_at_the_end form
printf 'int x;\r\n' | snippet kernel/main.c
caught carriage_return form
printf '/* TODO: later */\n' | snippet kernel/main.c
caught todo_without_an_issue todo
printf '/* TODO(#12): later */\n' | snippet kernel/main.c
clean todo_with_an_issue
awk 'BEGIN { printf "/*"; for (i = 0; i < 119; i++) printf "x"; print "*/" }' | snippet kernel/main.c
caught wide_comment width
awk 'BEGIN { printf "int "; for (i = 0; i < 115; i++) printf "x"; print ";" }' | snippet kernel/main.c
clean full_line
echo 'int x;' > "$tree/kernel/main.c"
caught missing_head_comment head
printf '#!/bin/sh\ntrue\n' > "$tree/grading/x.sh"
caught missing_head_comment_of_a_script head
awk 'BEGIN { for (i = 0; i < 700; i++) print "int x;" }' | snippet kernel/main.c
caught long_file file-length

# ---- Words ----------------------------------------------------------------------------------------------------

echo 'static int f(u64 gpa);' | snippet hyp/run.c
caught bare_address words
echo 'int is_spte(int sptep);' | snippet mmu/tdp/map.c
caught shadow_words words
echo 'int npt_map(void);' | snippet mmu/tdp/map.c
caught format_name_in_common_code words
echo 'int npt_map(void); /* and the spte */' | snippet mmu/fmt/riscv/pte.c
clean format_name_in_its_format
echo 'int pte_present(int x);' | snippet mmu/tdp/map.c
caught ambiguous_kind words
echo 'int x; /* the guest says "present" */' | snippet mmu/tdp/map.c
clean word_in_a_comment

# ---- Functions ------------------------------------------------------------------------------------------------

long_function() { # NAME LINES
	awk -v name="$1" -v n="$2" 'BEGIN {
		print "int " name "(void)\n{"
		for (i = 3; i < n; i++)
			print "\tx++;"
		print "}"
	}'
}
long_function f 60 | snippet kernel/main.c
clean function_of_60_lines
long_function f 61 | snippet kernel/main.c
caught function_of_61_lines fn-length
long_function f 46 | snippet mmu/tdp/map.c
caught function_of_46_lines_in_mmu fn-length
printf 'int f(int a, int b, int c, int d,\n      int (*g)(int, int), int h)\n{\n\treturn 0;\n}\n' |
	snippet kernel/main.c
caught six_parameters fn-params
printf 'int f(int a, int (*g)(int, int, int, int, int, int))\n{\n\treturn 0;\n}\n' | snippet kernel/main.c
clean parameters_of_a_parameter
printf 'int f(struct x *p, bool now)\n{\n\treturn 0;\n}\n' | snippet kernel/main.c
caught bool_parameter fn-bool
printf 'bool f(bool *p)\n{\n\treturn 0;\n}\n' | snippet kernel/main.c
clean pointer_to_bool
{
	printf 'void f(void)\n{\n\tfor (;;)\n\t\twhile (1) {\n\t\t\tif (x)\n\t\t\t\tdo {\n'
	printf '\t\t\t\t\tif (y)\n\t\t\t\t\t\treturn;\n\t\t\t\t} while (z);\n\t\t}\n}\n'
} | snippet kernel/main.c
caught deep_nesting fn-nesting
printf 'void f(void)\n{\n\tpanic("one %%d", 1);\n\tASSERT(x == 0,\n\t       "one %%d", x);\n}\n' |
	snippet kernel/main.c
caught panic_text_used_twice unique
printf 'void f(void)\n{\n\tpanic("one %%d", 1);\n\tASSERT(x, "two");\n}\n' | snippet kernel/main.c
clean panic_texts_that_differ

# ---- Reading order --------------------------------------------------------------------------------------------

printf '# Tour\n\n| file | what | lines |\n|---|---|---|\n| `mmu/host.h` | x | 100 |\n' > "$tree/docs/tour.md"
caught stale_line_count tour
printf '# Tour\n\n| file | what | lines |\n|---|---|---|\n| `mmu/none.h` | x | 1 |\n' > "$tree/docs/tour.md"
caught line_count_of_nothing tour
