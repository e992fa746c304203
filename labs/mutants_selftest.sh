#!/bin/sh
# Tests of labs/mutants.sh: mutants of lab pte made here, for the format riscv.  Prints "ok name" or "not ok name".
#
#	OUT=build/host/mutants GRADE=build/host/grade sh labs/mutants_selftest.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-mutants-test.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/labs/pte/mutants" "$work/a/mmu/fmt/riscv" "$work/b/mmu/fmt/riscv"
hooks=mmu/fmt/riscv/pte.h
cp "$hooks" "$work/a/$hooks"

# ID ARCH EXPRESSION: pte_kind() begins with the expression; an ID "equivalent" is none.
mutant() {
	{
		echo 'model: a test'
		case $1 in equivalent) echo 'equivalent: a test' ;; *) echo "id: $1" ;; esac
		echo "arch: $2"
		echo
		awk -v text="$3" '
			{ print }
			/pte_kind\(/ { inside = 1 }
			inside && /^{/ { print "\t" text; inside = 0 }' \
			"$work/a/$hooks" > "$work/b/$hooks"
		(cd "$work" && diff -u "a/$hooks" "b/$hooks")
	} > "$work/labs/pte/mutants/x.patch"
	MUTANTS="$work/labs" DIAG_LIST="${list:-grading/diag.list}" sh labs/mutants.sh 'x' pte > "$work/out" 2>&1
}

check() { # NAME PATTERN
	if grep -q -e "$2" "$work/out"; then
		echo "ok mutants.$1"
	else
		echo "not ok mutants.$1"
		sed 's/^/# /' "$work/out" | head -n 20
	fi
}

mutant PANIC riscv '__builtin_trap();'
check a_crash_has_its_name '^ok mutant.pte.x$'
check killed_are_counted '^# 1 of 1 mutants are killed or equivalent$'
mutant NO-END riscv 'for (;;) __asm__ volatile("");'
check a_loop_has_its_name '^ok mutant.pte.x$'
mutant NO-END riscv '__builtin_trap();'
check another_name_does_not_count 'ids seen: .*PANIC ('
mutant PANIC both '__builtin_trap();'
check both_is_on_each_machine '^# x86: \(ids seen\|no case\)'
mutant equivalent riscv ';'
check an_equivalent_one_compiles '^ok mutant.pte.x # equivalent: a test$'
mutant equivalent riscv 'no such thing'
check what_does_not_compile_is_none '^not ok mutant.pte.x$'
mutant PANIC riscv ''
: > "$work/nothing"
check what_changes_nothing_visible_is_noticed '^# riscv: ids seen: $'
mutant PANIC sparc ';'
check a_machine_is_known 'riscv, x86 or both'
mutant NO-SUCH-ID riscv ';'
check a_name_is_known 'NO-SUCH-ID is not in'
sed 's/^@@.*/@@ -9000,3 +9000,3 @@/; s/^ /  no /' "$work/labs/pte/mutants/x.patch" > "$work/bad"
sed 's/NO-SUCH-ID/PANIC/' "$work/bad" > "$work/labs/pte/mutants/x.patch"
MUTANTS="$work/labs" sh labs/mutants.sh '' pte > "$work/out" 2>&1
check what_does_not_apply_is_noticed 'the patch does not apply'
