#!/bin/sh
# Tests of MMU= and `make new-mmu`, on one machine.  Prints "ok name" or "not ok name".
#
#   plug_selftest.sh ARCH BUILD MAKE...     MAKE runs the Makefile; BUILD is where it builds
#
# Machines run on mmu/direct with 1 and 4 CPUs.  A new skeleton compiles without a warning, and guests on it stop with
# an error: no panic, nothing that never ends.

unset RESULTS
arch=$1 parent=$2/new-mmu-$1
shift 2
new="$parent/fresh"
mkdir -p "$parent" && rm -rf "$new"
log="$parent/log"

suite=$arch.plug
. grading/run/selftest_check.sh

sh labs/new_mmu.sh fresh "$parent" > "$log" 2>&1
check $? new_mmu_is_written
! sh labs/new_mmu.sh fresh "$parent" > "$log" 2>&1 && grep -q 'there already' "$log"
check $? one_that_exists_is_refused
status=0
for name in '' Big 1st a-b 'a b' ../a mmu host tdp; do
	sh labs/new_mmu.sh "$name" "$parent" > "$log" 2>&1 && status=1
done
check $status bad_names_are_refused
! grep -i -q skeleton "$new"/* > "$log" 2>&1
check $? new_name_is_everywhere

"$@" ARCH="$arch" MMU="$new" all > "$log" 2>&1 && ! grep -q 'warning:' "$log"
check $? skeleton_compiles_without_a_warning
! "$@" ARCH="$arch" MMU="$new" CMD='vm run /guest/hello' run > "$log" 2>&1 &&
	grep -q 'init: exit status 1' "$log" && grep -q 'does not run' "$log" && ! grep -q panic "$log"
check $? guest_on_a_skeleton_stops_with_an_error
! "$@" ARCH="$arch" MMU="$new" KMMU_INSTANCES= KTEST='hyp_machine.*' ktest > "$log" 2>&1 &&
	grep -q ' [1-9][0-9]* failed' "$log" && grep -q '(1 boots, 0 crashes)' "$log"
check $? skeleton_fails_tests_and_crashes_in_none
! "$@" ARCH="$arch" MMU="$parent/none" all > "$log" 2>&1 && grep -q 'there is no .c file in' "$log"
check $? missing_mmu_is_named
rm -rf "$new"

for cpus in 1 4; do
	results=$parent/direct-$cpus
	RESULTS=$results "$@" ARCH="$arch" MMU=direct CPUS=$cpus KMMU_INSTANCES= KTEST='hyp_machine*' \
		ktest > "$log" 2>&1
	grep -E '^(not )?ok |^# ' "$results"
	grep -q '^ok' "$results"
	check $? machines_run_on_direct_with_${cpus}_cpus
done
