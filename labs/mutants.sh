#!/bin/sh
# Are a lab's mistakes noticed, and called by their names?  `make mutants`, which has compiled what mutants share.
#
#	OUT=build/host/mutants GRADE=build/host/grade sh labs/mutants.sh PATTERN LAB
#
# PATTERN is one of names (""): all; LAB a lab (""): all.  A mutant is a file labs/LAB/mutants/NAME.patch:
#
#	model: PH-01              what it was modelled on
#	id: PTE-U-MISSING         by which name it has to be noticed; several, if each of them is right
#	arch: riscv               riscv, x86, or both: then on each
#	equivalent: reason        in the place of id: nobody can notice it; it only has to compile
#	case: *.tables_*          by which cases it has to be noticed, in a pattern: those of the part that asks for it
#
# and behind that a patch of the solution, for `patch -p1`.  It is killed if one of the lab's cases that run on the host
# (labs/LAB/lab.conf) fails with one of these names.  Prints "ok mutant.LAB.NAME", or "not ok" and what was seen.
# SAMPLE=n: only each n-th.  MUTANTS= another place for labs/LAB/mutants.
set -u
. labs/lab.sh

pattern=${1:-*} only=$2
labs=${MUTANTS:-labs}
list=${DIAG_LIST:-grading/diag.list}
seconds=2 # of CPU time for a case; all take less than half of one
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-mutants.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
ulimit -c 0

headed() { sed -n "/^---/q; s/^$2: *//p" "$1"; }

# ---- What a lab's cases need ----------------------------------------------------------------------------------

lab_cases() { conf_words "labs/$lab/lab.conf" run "$machine" "$format" | sed -n "s|^mmu\.$format/||p"; }

# The table of suites with the lab's alone.
write_table() {
	suites=$(lab_cases | sed 's/\..*//' | sort -u)
	printf '#include <stddef.h>\n#include "grading/suites/mmu/table.h"\n'
	for suite in $suites; do echo "extern const struct check_suite suite_$suite;"; done
	echo 'const struct mmu_suite_entry mmu_suites[] = {'
	for suite in $suites; do echo "	{ \"$suite\", &suite_$suite },"; done
	printf '	{ NULL, NULL },\n};\n'
}

# Into $work/LAB-FORMAT: table.o, and in "objects" what it is linked with.  The archive is thin: it has paths.
prepare_lab() {
	need=$work/$lab-$format
	[ ! -s "$need/objects" ] || return 0
	mkdir -p "$need"
	write_table > "$need/table.c"
	compile '' "$need/table.o" "$need/table.c" || return
	main=$OUT/$format/objects/grading/suites/mmu/host/htest.c.o
	find "$PWD/$OUT/$format/objects" -name '*.o' ! -path '*/suites/mmu/table.c.o' ! -name htest.c.o -print0 |
		xargs -0 ar rcsT "$need/all.a"
	cc -o "$need/htest" "$main" "$need/table.o" "$need/all.a" -Wl,-t > "$need/linked" || return
	{
		echo "$main"
		awk -v top="$PWD/" 'index($0, top) == 1 { print substr($0, length(top) + 1) }' "$need/linked"
	} > "$need/objects"
}

# ---- A mutant -------------------------------------------------------------------------------------------------

compile() { # BEFORE OBJECT SOURCE
	BEFORE=$1
	eval "$(cat "$OUT/$format/command")" -c -o "$2" "$3"
}

# The changed files, from the top of the tree.
changed_files() { sed -n 's|^+++ b/\([^	 ]*\).*|\1|p' "$1"; }

# The objects that a changed file goes into.
stale_objects() {
	changed_files "$1" | while read -r file; do
		sed 's/o$/d/' "$need/objects" | xargs grep -l -e "[ :/]$file\\([ :]\\|\$\\)" 2> /dev/null
	done | sort -u | sed 's/d$/o/'
}

# $work/tree has mmu/ with the patch; says why not on stdout.
apply() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R mmu "$work/tree/mmu"
	patch -s -p1 -d "$work/tree" < "$1" > "$work/said" 2>&1 || { echo "the patch does not apply"; return; }
	[ -n "$(changed_files "$1")" ] || { echo "the patch names no file: lines +++ b/mmu/..."; return; }
	! diff -r mmu "$work/tree/mmu" > /dev/null || echo "the patch changes nothing"
}

# $work/htest from the mutant.
build() { # PATCH
	rm -rf "$work/objects"
	mkdir "$work/objects"
	before="-I$work/tree -I$work/tree/mmu/fmt/$format"
	stale_objects "$1" > "$work/stale"
	while read -r object; do
		source=${object#"$OUT/$format/objects/"}
		source=${source%.o}
		[ ! -f "$work/tree/$source" ] || source=$work/tree/$source
		echo "$source"
	done < "$work/stale" | jobs_of "$before" || return
	grep -v -x -F -f "$work/stale" "$need/objects" > "$work/kept"
	xargs cc -o "$work/htest" "$need/table.o" "$work/objects"/*.o < "$work/kept" > "$work/said" 2>&1
}

# Compiles the sources on standard input, two at a time.
jobs_of() { # BEFORE
	BEFORE=$1 COMMAND=$(cat "$OUT/$format/command") INTO=$work/objects xargs -P "${JOBS:-2}" -I '{}' sh -c '
		eval "$COMMAND" -c -o "$INTO/$(echo "$1" | tr / _).o" "$1"' sh '{}' > "$work/said" 2>&1
}

# The names that the lab's cases give it: lines "NAME CASE".
ids_of() {
	"$work/htest" -k -w $seconds -e 0 -t "$(lab_cases | joined)" > "$work/ktap" 2> /dev/null
	"$GRADE" -h -p -d "$list" -C "$work/csv" "labs/$lab/lab.conf" "$machine:$format:ran:$work/ktap" > /dev/null
	awk -F, 'FNR > 1 && $7 == "failed" { gsub(/"/, "", $3); print $8 == "" ? "none" : $8, $3 }' "$work/csv"
}

# Did a case of $cases fail with this name?
is_seen() { # ID
	while read -r id case; do
		case $case in $cases) [ "$id" != "$1" ] || return 0 ;; esac
	done < "$work/ids"
	return 1
}

# Nothing, if it is killed on this machine; else why not.
survives() { # PATCH IDS
	prepare_lab > "$work/said" 2>&1 || { echo "the suites do not link"; return; }
	if ! build "$1" || [ ! -s "$work/stale" ]; then
		[ -s "$work/stale" ] && echo "$machine: it does not compile" || echo "$machine: no case depends on it"
		return
	fi
	[ -n "$2" ] || return 0
	ids_of > "$work/ids"
	for wanted in $2; do
		! is_seen "$wanted" || return 0
	done
	echo "$machine: ids seen: $(awk '{ printf "%s%s (%s)", n++ ? ", " : "", $1, $2 }' "$work/ids")"
}

machines_of() { case $1 in both) echo riscv x86 ;; *) echo "$1" ;; esac; }

judge() { # PATCH; sets $why
	ids=$(headed "$1" id) equivalent=$(headed "$1" equivalent) arch=$(headed "$1" arch) cases=$(headed "$1" case)
	cases=${cases:-*}
	case $arch in riscv|x86|both) ;; *) why='arch: is riscv, x86 or both'; return ;; esac
	[ -n "$(headed "$1" model)" ] || { why='there is no model:'; return; }
	[ -n "$ids$equivalent" ] || { why='there is no id:'; return; }
	for id in $ids; do
		grep -q -x "id $id" "$list" || { why="$id is not in $list"; return; }
	done
	why=$(apply "$1")
	for machine in $(machines_of "$arch"); do
		[ -z "$why" ] || return
		format=$(sim_format "labs/$lab/lab.conf" "$(format_of "$machine")")
		why=$(survives "$1" "$ids")
	done
}

# ---- All of them ----------------------------------------------------------------------------------------------

if [ -n "$only" ]; then
	name=$(lab_name "$only")
	[ -n "$name" ] || { echo "mutants: LAB= says which lab: $(all_labs)" >&2; exit 2; }
	only=$name
fi
for patch in "$labs"/${only:-*}/mutants/$pattern.patch; do
	[ ! -f "$patch" ] || echo "$patch"
done | awk -v sample="${SAMPLE:-1}" '(NR - 1) % sample == 0' > "$work/patches"

while read -r patch <&3; do
	lab=${patch%/mutants/*}
	lab=${lab##*/}
	name=$(basename "$patch" .patch)
	judge "$patch"
	if [ -z "$why" ]; then
		echo "ok mutant.$lab.$name${equivalent:+ # equivalent: $equivalent}"
	else
		echo "not ok mutant.$lab.$name"
		echo "# $why"
		case $why in *ids*) ;; *) head -n 8 "$work/said" 2> /dev/null | sed 's/^/# | /' ;; esac
	fi
done 3< "$work/patches" | tee "$work/results"
echo "# $(grep -c '^ok' "$work/results") of $(wc -l < "$work/patches" | tr -d ' ') mutants are killed or equivalent"
! grep -q '^not ok' "$work/results"
