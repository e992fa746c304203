#!/bin/sh
# Builds the test kernel, runs a lab's cases, and says what they are worth: `make grade`.
#
#	sh labs/grade.sh VARIABLE=VALUE...      with MAKE= the make to use
#
#   LAB=        the lab, by name or number; a release knows its own
#   ARCH=       riscv (the default), x86, or all: every machine of the course
#   T=          only cases that match this pattern
#   V=1         every failure in full, and what passed
#   PLAIN=1     no colour
#   NEXT=1      only the first failure
#   O=build     where all that is made goes; the results to O/grade/LAB
#
# Any other variable goes to make.  Exit status: 0 full points, 1 fewer, 2 a kernel does not compile, 3 the trouble is
# the machine's.  (make itself has only one status for all that is not 0: use this script where they matter.)
#
# The kernel has the suites of mmu/tdp whatever guests run on in this lab, over the formats that the lab's cases name.
# It is the one of `make ktest`, built as far as it has changed.
set -u

make=${MAKE:-make}
lab= arch=riscv pattern= form= plain= one= out=build

die() { printf 'grade: %s\n' "$*" >&2; exit 3; }

for word in "$@"; do
	shift
	value=${word#*=}
	case $word in
	LAB=*) lab=$value ;;
	ARCH=*) arch=$value ;;
	T=*) pattern=$value ;;
	V=1) form=-v ;;
	V=*) form= ;;
	PLAIN=1) plain=-p ;;
	PLAIN=*) ;;
	NEXT=1) form=-n ;;
	NEXT=*) ;;
	O=*) out=$value; set -- "$@" "$word" ;;
	*=*) set -- "$@" "$word" ;;
	*) die "$word: not a variable" ;;
	esac
done

# What a release, or the course in the whole tree, says of itself.
said() { [ ! -f labs/release.mk ] || sed -n "s/^$1 *[?:]*= *//p" labs/release.mk; }
[ -n "$lab" ] || lab=$(said LAB)
arches=$(said ARCHES)
arches=${arches:-riscv x86}

name=$(awk -v lab="$lab" '/^[^#]/ && ($1 == lab || $2 == lab) { print $2 }' labs/labs.list)
[ -n "$name" ] || die "LAB= says which lab: $(awk '/^[^#]/ { printf "%s ", $2 }' labs/labs.list)"
conf=labs/$name/lab.conf
[ -f "$conf" ] || die "lab $name has no $conf: there is nothing to grade"
case $pattern in *[!A-Za-z0-9_./*?-]*) die "T=$pattern: a pattern of names, such as T='laws.*'" ;; esac
case $arch in
all) ;;
riscv|x86) ;;
*) die "ARCH=$arch is not known; choose one of: riscv x86 all" ;;
esac
[ "$arch" != all ] || arch=$arches
case $arches in *' '*) ;; *) one=-1 ;; esac

dir=$out/grade/$name
mkdir -p "$dir" || exit 3

# ---- One machine ----------------------------------------------------------------------------------------------

format_of() { sed -n 's/^STAGE2_FORMAT *:= *//p' "kernel/arch/$1/build.mk"; }
words_of() { awk -v word="$1" -v format="$format" -v arch="$machine" '
	$1 == word { gsub(/FORMAT/, format, $2); gsub(/ARCH/, arch, $2); print $2 }' "$conf"; }
joined() { awk '{ text = text separator $0; separator = "," } END { print text }'; }

run_make() { # TARGET VARIABLE=VALUE...
	target=$1
	shift
	MAKEFLAGS= "$make" --no-print-directory -s -j"${JOBS:-2}" "$@" ARCH="$machine" MMU=tdp V=0 T= \
		KMMU_INSTANCES="$instances" "$target" < /dev/null
}

note() { [ ! -t 2 ] || printf '%s\n' "$*" >&2; }

# What the compiler said: errors alone, if there are any, each once.
errors_of() {
	grep -E ': (fatal )?error:|undefined reference|multiple definition' "$1" > "$1.errors" || cp "$1" "$1.errors"
	awk '!seen[$0]++' "$1.errors"
}

# Sets $state and $result.
grade_machine() {
	format=$(format_of "$machine")
	instances=$(words_of run | sed -n 's|^mmu\.\([^/]*\)/.*|\1|p' | sort -u | tr '\n' ' ')
	only=${pattern:+ktest.only=$pattern,mmu.$format/$pattern}
	budget=$(words_of budget)
	state=trouble result=$dir/$machine.log
	run_make need-qemu "$@" DEPS="${DEPS:-no}" > "$result" 2>&1 || return
	run_make grade-programs "$@" >> "$result" 2>&1 || return
	note "$machine: building"
	state=unbuilt result=$dir/$machine.errors
	if ! run_make grade-kernel "$@" > "$dir/$machine.build" 2>&1; then
		errors_of "$dir/$machine.build" > "$result"
		return
	fi
	note "$machine: testing"
	run_make grade-run "$@" GRADE_CASES="$(words_of run | joined)" GRADE_LOG="$dir/$machine" \
		GRADE_ARGS="${budget:+ktest.budget=$budget} $only" > "$dir/$machine.log" 2>&1
	state=ran result=$dir/$machine.ktap
	[ "$(cat "$dir/$machine.status")" != 3 ] || { state=trouble; result=$dir/$machine.log; }
}

# ---- All of them ----------------------------------------------------------------------------------------------

machines=
for machine in $arch; do
	rm -f "$dir/$machine".*
	grade_machine "$@"
	machines="$machines $machine:$format:$state:$result"
done
[ -x "$out/host/grade" ] || { cat "$dir"/*.log; die 'the grader does not compile'; }

set -f
exec "$out/host/grade" $form $plain $one -t "$pattern" -a "labs/$name/answers" -K "$dir/results.ktap" \
	-J "$dir/junit.xml" -G "$dir/results.json" -C "$dir/grades.csv" "$conf" $machines
