#!/bin/sh
# Do the suites notice mistakes?  Makes each mistake of the list in a copy of mmu/, builds the suites over it without
# sanitizers, and runs them.
#
#   sh grading/suites/mmu/mutants/run.sh MACHINE COMPILER FLAGS...
#
# Prints "ok mutant.NAME" with the cases that notice, or "not ok mutant.NAME".  $ONLY is a pattern of names.

here=grading/suites/mmu
machine=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-mutants.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# What does not see mmu/tdp is compiled once a format, into $work/FORMAT.
bench() { ls grading/sim/*.c grading/sim/walk/"$1".c grading/explore/*.c grading/explore/arch/"$machine"/switch.S; }
tested() { # FORMAT
	ls mmu/pt/*.c mmu/tdp/*.c $here/*.c $here/host/htest.c | grep -v -e /table_any
	ls $here/decode/"$1".c 2> /dev/null || echo $here/decode/none.c
}

# Objects of the files on standard input; includes of mmu/ come from the copy.  Two at a time.
compile() { # FORMAT DIRECTORY COMPILER FLAGS...
	into=$2 format=$1
	shift 2
	mkdir -p "$into"
	xargs -P 2 -I '{}' sh -c 'file=$1 into=$2 work=$3; shift 3
		case $file in mmu/*) from=$work/$file ;; *) from=$file ;; esac
		"$@" -c -o "$into/$(echo "$file" | tr / _).o" "$from"' sh '{}' "$into" "$work" \
		"$@" -w -I"$work" -I. -I"$work/mmu/fmt/$format" -Igrading/explore/arch/"$machine" -DINSTANCE="$format" \
		'-DPT_ACCESS_HEADER="grading/sim/access.h"'
}

# Prints the cases that notice, if any.  Whatever ended the program was the last case that it had started.
killers() { # FORMAT COMPILER FLAGS...
	format=$1
	[ -d "$work/$format" ] || { (shift; bench "$format" | compile "$format" "$work/$format" "$@") || return; }
	shift
	rm -rf "$work/objects"
	tested "$format" | compile "$format" "$work/objects" "$@" > "$work/said" 2>&1 || {
		echo does-not-compile
		return
	}
	"$1" -o "$work/htest" "$work/objects"/*.o "$work/$format"/*.o > "$work/said" 2>&1 || {
		echo does-not-link
		return
	}
	ulimit -c 0
	timeout 100 "$work/htest" > "$work/out" 2>&1
	status=$?
	awk -v status=$status '/^# start / { last = $3; open = 1 }
		/^not ok / { print $3; open = 0 }
		/^ok / { open = 0 }
		END { if (open && status > 1) print last (status == 124 ? "(no-end)" : "(crash)") }' "$work/out"
}

cp -R mmu "$work/mmu"
grep -v -e '^#' -e '^$' $here/mutants/list | while read -r name formats file edit; do
	case $name in ${ONLY:-*}) ;; *) continue ;; esac
	sed "$edit" "mmu/$file" > "$work/mmu/$file"
	noticed=
	if cmp -s "mmu/$file" "$work/mmu/$file"; then
		echo "# the edit changes nothing in mmu/$file"
	else
		for format in $(echo "$formats" | tr , ' '); do
			noticed=$(killers "$format" "$@" | tr '\n' ' ')
			[ -z "$noticed" ] || break
		done
	fi
	cp "mmu/$file" "$work/mmu/$file"
	case $noticed in
	*does-not-*) echo "# $noticed"; sed 's/^/# /' "$work/said" | head -5; noticed= ;;
	esac
	if [ -n "$noticed" ]; then
		echo "ok mutant.$name"
		echo "# noticed by: $noticed"
	else
		echo "not ok mutant.$name"
	fi
done | tee "$work/results"
! grep -q '^not ok' "$work/results"
