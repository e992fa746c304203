#!/bin/sh
# Builds the test kernel, runs a lab's cases, and says what they are worth: `make grade`.
#
#	sh labs/grade.sh VARIABLE=VALUE...      with MAKE= the make to use
#
#   LAB=        the lab, by name or number; a release knows its own
#   ARCH=       riscv (the default), x86, or all: every machine of the course
#   T=          only cases that match this pattern
#   SEED=n      of random tests
#   SOAK=n      runs with the seeds 1 to n, until a case fails
#   GDB=1       the case T= in GDB, stopped at the failure: `make repro`
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
. labs/lab.sh

make=${MAKE:-make}
lab= arch=riscv pattern= form= plain= one= out=build seed= soak= gdb=

die() { printf 'grade: %s\n' "$*" >&2; exit 3; }

for word in "$@"; do
	shift
	value=${word#*=}
	case $word in
	LAB=*) lab=$value ;;
	ARCH=*) arch=$value ;;
	T=*) pattern=$value ;;
	SEED=*) seed=$value ;;
	SOAK=*) soak=$value ;;
	GDB=0) ;;
	GDB=*) gdb=$value ;;
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

arches=$(said ARCHES)
arches=${arches:-riscv x86}
name=$(lab_name "$lab")
[ -n "$name" ] || die "LAB= says which lab: $(all_labs)"
conf=labs/$name/lab.conf
[ -f "$conf" ] || die "lab $name has no $conf: there is nothing to grade"
is_pattern "$pattern" || die "T=$pattern: a pattern of names, such as T='laws.*'"
case $seed$soak in *[!0-9]*) die 'SEED= and SOAK= are numbers' ;; esac
case $arch in
all) ;;
riscv|x86) ;;
*) die "ARCH=$arch is not known; choose one of: riscv x86 all" ;;
esac
[ -z "$gdb" ] || [ "$arch" != all ] || die 'GDB= is for one machine: ARCH=riscv or ARCH=x86'
[ "$arch" != all ] || arch=$arches
case $arches in *' '*) ;; *) one=-1 ;; esac

dir=$out/grade/$name
mkdir -p "$dir" || exit 3

# ---- One machine ----------------------------------------------------------------------------------------------

words_of() { conf_words "$conf" "$1" "$machine" "$format"; }

# What a machine's kernel has, and how it runs.
choose() { # ARCH
	machine=$1
	format=$(format_of "$machine")
	instances=$(words_of run | sed -n 's|^mmu\.\([^/]*\)/.*|\1|p' | sort -u | tr '\n' ' ')
	only=${pattern:+ktest.only=$pattern,mmu.$format/$pattern}
	budget=$(words_of budget)
}

run_make() { # TARGET VARIABLE=VALUE...
	target=$1
	shift
	MAKEFLAGS= "$make" --no-print-directory -s -j"${JOBS:-2}" "$@" ARCH="$machine" MMU=tdp V=0 T= SEED="$seed" \
		KMMU_INSTANCES="$instances" "$target" < /dev/null
}

note() { [ ! -t 2 ] || printf '%s\n' "$*" >&2; }

# What the compiler said: errors alone, if there are any, each once.
errors_of() {
	grep -E ': (fatal )?error:|undefined reference|multiple definition' "$1" > "$1.errors" || cp "$1" "$1.errors"
	awk '!seen[$0]++' "$1.errors"
}

# Sets $state and $result.
build_machine() {
	state=trouble result=$dir/$machine.log
	run_make need-qemu "$@" DEPS="${DEPS:-no}" > "$result" 2>&1 || return
	run_make grade-programs "$@" >> "$result" 2>&1 || return
	note "$machine: building"
	state=unbuilt result=$dir/$machine.errors
	if ! run_make grade-kernel "$@" > "$dir/$machine.build" 2>&1; then
		errors_of "$dir/$machine.build" > "$result"
		return
	fi
	state=ran result=$dir/$machine.ktap
}

run_machine() {
	note "$machine: testing${soak:+ with seed $seed}"
	run_make grade-run "$@" GRADE_CASES="$(words_of run | joined)" GRADE_LOG="$dir/$machine" \
		GRADE_ARGS="${budget:+ktest.budget=$budget} $only" > "$dir/$machine.log" 2>&1
	[ "$(cat "$dir/$machine.status")" != 3 ] || { state=trouble; result=$dir/$machine.log; }
}

# ---- In GDB ---------------------------------------------------------------------------------------------------

# The case's whole name: laws.x is mmu.FORMAT/laws.x, if that is one of the lab's.
whole_name() {
	words_of run | while read -r cases; do
		case mmu.$format/$pattern in $cases) echo "mmu.$format/"; break ;; esac
	done
}

if [ -n "$gdb" ]; then
	case $pattern in ''|*[*?]*) die 'GDB= needs T=, the name of one case' ;; esac
	choose "$arch"
	MAKEFLAGS= exec "$make" --no-print-directory "$@" ARCH="$machine" MMU=tdp KMMU_INSTANCES="$instances" \
		T="$(whole_name)$pattern" SEED="$seed" KARGS="${budget:+ktest.budget=$budget}" GDB="$gdb" repro
fi

# ---- All of them ----------------------------------------------------------------------------------------------

# Runs what has been built; sets $machines for the grader.
run_machines() {
	machines=
	for machine in $arch; do
		choose "$machine"
		build_machine "$@"
		[ $state != ran ] || run_machine "$@"
		machines="$machines $machine:$format:$state:$result"
	done
}

has_failed() { cat "$dir"/*.ktap 2> /dev/null | grep -q '^not ok'; }

for machine in $arch; do rm -f "$dir/$machine".*; done
rm -f "$dir"/*.ktap
if [ -n "$soak" ]; then
	seed=0
	until [ "$seed" -ge "$soak" ] || has_failed; do
		seed=$((seed + 1))
		run_machines "$@"
	done
	if has_failed; then
		echo "SOAK=$soak: seed $seed is the first with which a case fails"
	else
		echo "SOAK=$soak: no case fails with a seed from 1 to $seed"
	fi
else
	run_machines "$@"
fi
[ -x "$out/host/grade" ] || { cat "$dir"/*.log; die 'the grader does not compile'; }

set -f
exec "$out/host/grade" $form $plain $one -d grading/diag.list -s "$seed" -t "$pattern" -a "labs/$name/answers" \
	-K "$dir/results.ktap" -J "$dir/junit.xml" -G "$dir/results.json" -C "$dir/grades.csv" "$conf" $machines
