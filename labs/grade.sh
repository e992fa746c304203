#!/bin/sh
# Builds the test kernel, runs a lab's cases, says what they are worth: `make grade`.  On the host: `make htest LAB=`.
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
#   NEXT=1      part by part, to the first that has a failure, and that alone
#   HOST=1      the cases of simulated machines, as a program with sanitizers: no points; EFFORT=1: try more
#   O=build     where all that is made goes; the results to O/grade/LAB
#
# Any other variable goes to make.  Exit status: 0 full points, 1 fewer, 2 a kernel does not compile, 3 the trouble is
# the machine's.  (make itself has only one status for all that is not 0: use this script where they matter.)
#
# The kernel has the suites of mmu/tdp whatever guests run on in this lab, over the formats that the lab's cases name.
# It is the one of `make ktest`, built as far as it has changed.
#
# Next to read: labs/lab.mk, grading/grade/grade.c.
set -u
. labs/lab.sh

make=${MAKE:-make}
lab= arch=riscv pattern= form= plain= one= out=build seed= soak= gdb= host= effort=0 part= built=

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
	HOST=1) host=-h ;;
	HOST=*) ;;
	EFFORT=*) effort=$value ;;
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
case $seed$soak$effort in *[!0-9]*) die 'SEED=, SOAK= and EFFORT= are numbers' ;; esac
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

# What a machine's kernel has, how it runs, and where its results go.
choose() { # ARCH
	machine=$1
	format=$(format_of "$machine")
	instances=$(words_of run | sed -n 's|^mmu\.\([^/]*\)/.*|\1|p' | sort -u | tr '\n' ' ')
	sim=$(sim_format "$conf" "$format")
	only=${pattern:+ktest.only=$pattern,mmu.$sim/$pattern}
	budget=$(words_of budget)
	base=$dir/${host:+host-}$machine
	if [ -n "$host" ]; then
		program=$out/host/mmu/$sim/htest
		needs=need-host what=$program
	else
		needs=need-qemu what=grade-kernel
	fi
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
	state=trouble result=$base.log
	run_make $needs "$@" DEPS="${DEPS:-no}" > "$result" 2>&1 || return
	run_make grade-programs "$@" >> "$result" 2>&1 || return
	note "$machine: building"
	state=unbuilt result=$base.errors
	if ! run_make "$what" "$@" > "$base.build" 2>&1; then
		errors_of "$base.build" > "$result"
		return
	fi
	state=ran result=$base.ktap
}

# What runs: all of the lab's cases, or those of a part.
cases() {
	if [ -z "$part" ]; then
		words_of run
	else
		part_cases "$conf" "$part" "$machine" "$format"
	fi
}

# Names of the lab's cases on the host, without their format; or T=.
host_cases() {
	if [ -n "$pattern" ]; then
		echo "${pattern#mmu."$sim"/}"
	else
		cases | sed -n "s|^mmu\.$sim/||p" | joined
	fi
}

run_on_host() {
	"$program" -k -w 20 -e "$effort" -s "${seed:-1}" -t "$(host_cases)" > "$base.ktap" 2> "$base.log" < /dev/null
}

run_machine() {
	note "$machine: testing${soak:+ with seed $seed}"
	if [ -n "$host" ]; then
		run_on_host
		return
	fi
	run_make grade-run "$@" GRADE_CASES="$(cases | joined)" GRADE_LOG="$base" \
		GRADE_ARGS="${budget:+ktest.budget=$budget} $only" > "$base.log" 2>&1
	[ "$(cat "$base.status")" != 3 ] || { state=trouble; result=$base.log; }
}

# ---- In GDB ---------------------------------------------------------------------------------------------------

# The case's whole name: laws.x is mmu.FORMAT/laws.x, if that is one of the lab's.
whole_name() {
	words_of run | while read -r cases; do
		case mmu.$sim/$pattern in $cases) echo "mmu.$sim/"; break ;; esac
	done
}

if [ -n "$gdb" ]; then
	case $pattern in ''|*[*?]*) die 'GDB= needs T=, the name of one case' ;; esac
	choose "$arch"
	MAKEFLAGS= exec "$make" --no-print-directory "$@" ARCH="$machine" MMU=tdp KMMU_INSTANCES="$instances" \
		T="$(whole_name)$pattern" SEED="$seed" KARGS="${budget:+ktest.budget=$budget}" GDB="$gdb" repro
fi

# ---- All of them ----------------------------------------------------------------------------------------------

# Builds once, runs; sets $machines for the grader.
run_machines() {
	machines= all_ran=yes
	for machine in $arch; do
		choose "$machine"
		if [ -n "$built" ]; then
			state=ran result=$base.ktap
		else
			build_machine "$@"
		fi
		[ $state != ran ] || run_machine "$@"
		[ $state = ran ] || all_ran=
		machines="$machines $machine:$format:$state:$result"
	done
	built=$all_ran
}

# Sets $status.  The files are for whoever collects points, and for `make hint`.
judge() {
	[ -x "$out/host/grade" ] || { cat "$dir"/*.log; die 'the grader does not compile'; }
	if [ -n "$host" ]; then
		set -- -h -C "$dir/host.csv"
	else
		set -- -a "labs/$name/answers" -K "$dir/results.ktap" -J "$dir/junit.xml" \
			-G "$dir/results.json" -C "$dir/grades.csv"
	fi
	set -f
	"$out/host/grade" $form $plain $one -d grading/diag.list -s "$seed" -t "$pattern" ${part:+-P "$part"} \
		"$@" "$conf" $machines
	status=$?
	set +f
}

# Does the part have something to run here?
part_runs() {
	for machine in $arch; do
		choose "$machine"
		[ -z "$host" ] || [ -n "$(host_cases)" ] || return
	done
}

has_failed() { cat "$dir/${host:+host-}riscv.ktap" "$dir/${host:+host-}x86.ktap" 2> /dev/null | grep -q "^not ok"; }

if [ -n "$host" ]; then
	for machine in $arch; do
		choose "$machine"
		[ ! -f "labs/supplied/$sim.o" ] || die "parts of $sim are an object: make grade LAB=$name"
		[ -n "$(host_cases)" ] || die "no case of lab $name runs on the host: make grade LAB=$name"
	done
fi
for machine in riscv x86; do rm -f "$dir/${host:+host-}$machine".*; done
[ -n "$host" ] || rm -f "$dir/results.ktap" "$dir/junit.xml" "$dir/results.json" "$dir/grades.csv"
if [ "$form" = -n ] && [ -z "$pattern$soak" ]; then
	for part in $(conf_words "$conf" part "" "" 3); do
		part_runs || continue
		run_machines "$@"
		judge
		[ "$status" = 0 ] || exit "$status"
	done
	echo "all parts pass: make grade LAB=$name"
	exit
fi
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
judge
exit "$status"
