#!/bin/sh
# Tests of `make repro`, `make record` and `make replay`, with the cases of grading/suites/ktest/broken.c, which fail on
# purpose.  Prints "ok name" or "not ok name".
#
#   repro_selftest.sh ARCH MAKE...

arch=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/flatland-repro.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
unset RESULTS

suite=$arch.repro
. grading/run/selftest_check.sh

says() { # PATTERN...
	for pattern in "$@"; do
		grep -q -e "$pattern" "$log" || return 1
	done
}

make=$*
run() { # TARGET CASE [variable=value...]
	target=$1 case=$2
	shift 2
	$make "$target" ARCH="$arch" KARGS=ktest.hidden T="$case" "$@" > "$log" 2>&1 < /dev/null
}

run repro broken.prints_random_numbers SEED=3
check $? case_that_passes_is_a_success
first=$(sed -n 's/^[ic][a-z]*: //p' "$log")
run repro broken.prints_random_numbers SEED=3
says '^the same as last time$' && [ "$first" = "$(sed -n 's/^[ic][a-z]*: //p' "$log")" ]
check $? same_seed_executes_the_same_instructions
run repro broken.prints_random_numbers SEED=4
! says '^the same as last time$'
check $? another_seed_is_not_compared
! run repro broken.expects_wrongly && says '^instructions: [0-9]* in broken.expects_wrongly' 'left 2, right 3'
check $? case_that_fails_is_a_failure
! run repro '' && says 'make repro needs T='
check $? missing_case_is_named

if ! sh labs/deps.sh gdb "$arch" > /dev/null; then
	echo "ok $arch.repro.gdb_stops_at_the_failure # SKIP no GDB here knows $arch"
	exit 0
fi
GDB_OPTIONS=-batch
export GDB_OPTIONS
run repro broken.expects_wrongly GDB=1
says 'broken.c:[0-9]*: expected 1 + 1 == 3: left 2, right 3' ' in expects_wrongly () at .*broken.c:'
check $? gdb_stops_at_the_failure_in_the_tests_frame
run repro broken.panics GDB=1
says 'The kernel panics: "test of a panic' ' in panics () at .*broken.c:'
check $? gdb_stops_at_a_panic
run repro broken.passes GDB=1
! says 'expected ' && says 'ok 1 broken.passes'
check $? gdb_comes_to_the_end_without_a_failure
run repro no.such GDB=1
says 'no case of this kernel matches T='
check $? gdb_without_a_case_is_an_error

# Forwards alone: backwards hangs on x86 (docs/platform.md, "Record and replay").
run record broken.fails_for_two SEED=1
run replay ''
says 'broken.c:[0-9]*: expected ktest_param() != 2: left 2, right 2' ' in fails_for_two () at .*broken.c:'
check $? replay_stops_at_the_recorded_failure
