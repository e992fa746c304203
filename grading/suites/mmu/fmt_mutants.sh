#!/bin/sh
# Does laws.c notice mistakes in formats?  Makes each mistake of fmt_mutants.list in a copy of mmu/, and runs the laws.
#
#   sh grading/suites/mmu/fmt_mutants.sh COMMAND...
#
# COMMAND... is a compiler with its flags; run at the top of the tree.  Prints "ok mutant.NAME" if a law fails with the
# mistake; the format is what stands before the first "-".

work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-mutants.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
here=grading/suites/mmu

verdict() { # NAME PROBLEM: none if it is empty
	if [ -z "$2" ]; then
		echo "ok mutant.$1"
	else
		echo "# $2"
		echo "not ok mutant.$1"
		touch "$work/failed"
	fi
}

grep -v -e '^#' -e '^$' $here/fmt_mutants.list | while read -r name file edit; do
	format=${name%%-*}
	rm -rf "$work/mmu"
	cp -R mmu "$work/mmu"
	sed "$edit" "mmu/$file" > "$work/mmu/$file"
	if cmp -s "mmu/$file" "$work/mmu/$file"; then
		verdict "$name" "the edit changes nothing in mmu/$file"
	elif ! "$@" -w -I"$work" -I. -I"$work/mmu/fmt/$format" -DSUITE=suite_laws -o "$work/laws" $here/laws.c \
			"$work/mmu/pt/pt_bits.c" grading/sim/walk/"$format".c $here/host/main.c 2> "$work/said"; then
		verdict "$name" "it does not compile: $(grep -m 1 error "$work/said")"
	elif "$work/laws" > "$work/said"; then
		verdict "$name" "no law notices it"
	else
		verdict "$name" ""
	fi
done
[ ! -e "$work/failed" ]
