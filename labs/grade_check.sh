#!/bin/sh
# Tests of `make grade` in a release.  Prints "ok name" or "not ok name".
#
#   grade_check.sh DIR MAKE ARCH     DIR is where the release of lab pte is made and built
#
# What has not been written earns nothing, one function earns its points, and the exit status tells a mistake from a
# kernel that does not compile and from a machine without QEMU.  What is written here, is taken from the solution.

dir=$1 make=$2 arch=$3
mkdir -p "$dir"
log="$dir/log"
out="$dir/pte"
format=$(sed -n 's/^STAGE2_FORMAT *:= *//p' "kernel/arch/$arch/build.mk")
hooks=mmu/fmt/$format/pte.h

check() { # NAME STATUS PATTERN...: what was run last ended so, and each pattern is in what it said
	name=$1 wanted=$2
	shift 2
	[ "$status" = "$wanted" ] || set -- "it ended with status $status, not $wanted"
	for pattern in "$@"; do
		grep -q -e "$pattern" "$log" && continue
		echo "not ok grade.$arch.$name"
		{ echo "no: $pattern"; tail -n 30 "$log"; } | sed 's/^/# /'
		return
	done
	echo "ok grade.$arch.$name"
}

grade() { # VARIABLE=VALUE...
	(cd "$out" && MAKE="$make" sh labs/grade.sh LAB=pte ARCH="$arch" DEPS=no "$@") > "$log" 2>&1
	status=$?
}

# What is between the marker's lines in the solution, into the release.
solve() { # FUNCTION
	awk -v begin="^/[*] LAB[(]1[)] begin $1 " '
		FNR == NR && $0 ~ begin { copying = 1; next }
		FNR == NR && copying && /LAB\(1\) end/ { copying = 0 }
		FNR == NR { if (copying) text = text $0 "\n"; next }
		/LAB\(1\) end/ { skipping = 0 }
		!skipping { print }
		$0 ~ begin { printf "%s", text; skipping = 1 }
	' "$hooks" "$out/$hooks" > "$dir/solved" && cat "$dir/solved" > "$out/$hooks"
}

rm -rf "$out"
"$make" --no-print-directory -s release LAB=pte OUT="$out" COURSE=half > "$log" 2>&1
status=$?
check release_can_be_made 0
grade
check nothing_written_earns_nothing 1 'not written yet: pte_make_table()$' '^  suites  *0 of 85' '^total: 0 of 90' \
	'\[NOT-WRITTEN\]$' "^  look     pte_make_table(), $hooks$"
grade NEXT=1
check next_names_what_to_write 1 '^FAIL laws.tables_are_what_the_manual_says' 'not written yet: pte_make_table()$'
(cd "$out" && sh labs/hint.sh LAB=pte) > "$log" 2>&1
status=$?
check hint_is_for_the_first_failure 0 '^\[NOT-WRITTEN\] laws.tables_are' 'Which function'
grade GDB=1
check gdb_needs_a_case 3 'GDB= needs T='
solve pte_leaf_ok
grade
check one_function_earns_its_points 1 '^  leaves .* 10 of  30$' '^total: 10 of 90 points'
grade T='laws.*exist*'
check chosen_cases_have_no_total 0 '^2 of 2 cases chosen'
grade QEMU_"$arch"=no-such-qemu
check machine_without_qemu_has_its_status 3 'not your fault' '^total: none'
grade HOST=1 T='laws.*exist*'
check host_judges_in_the_same_way 0 '^2 of 2 cases pass on the host'
echo 'int broken = ;' >> "$out/$hooks"
grade
check build_error_has_its_status 2 "$hooks:[0-9]*:[0-9]*: error: "
cp "$out/labs/pte/lab.conf" "$dir/lab.conf"
echo 'a line of nobody' >> "$out/labs/pte/lab.conf"
grade
[ ! -f "$out/build/grade/pte/results.json" ] || status='3, with the results of before'
check broken_conf_leaves_no_results 3 'lab.conf:[0-9]*: not understood: a line of nobody$'
cp "$dir/lab.conf" "$out/labs/pte/lab.conf"
cp "$hooks" "$out/$hooks"
cp labs/pte/answers "$out/labs/pte/answers"
grade
check solution_has_all_points 0 '^total: all 90 of 90'
grade SOAK=2 T='laws.*'
check soaking_says_what_it_found 0 '^SOAK=2: no case fails with a seed from 1 to 2$'
(cd "$out" && "$make" --no-print-directory grade LAB=pte ARCH="$arch" DEPS=no V=1 PLAIN=1) > "$log" 2>&1
status=$?
check make_grade_is_the_same 0 '^ok   laws.changes_of_rights_keep_the_rest' '^total: all 90 of 90'
mutant=labs/pte/mutants/riscv_leaf_without_user.patch
if [ "$arch" = riscv ]; then
	patch -s -p1 -d "$out" < "$mutant"
	grade SOAK=2 T='hardware.leaves*'
	check mistake_has_its_name 1 '^SOAK=2: seed 1 is the first' '^FAIL .*\[PTE-U-MISSING\]$' '^  got  ' \
		'^  expected ' 'README.md#user-bit$' ' SEED=1$' '^  debug    add GDB=1$'
fi
