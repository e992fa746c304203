#!/bin/sh
# Tests of ktest: runs the cases that fail on purpose (grading/suites/ktest/broken.c), and the plan's options, and looks
# at what is reported.  Prints "ok name" or "not ok name" for each thing looked at.
#
#   ktest_selftest.sh PREFIX command...   the command is a `make ktest` that takes KTEST=, SEED=, KARGS= and KTEST_LOG=

prefix=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-ktest.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset RESULTS

run() { # KARGS [variable=value...]: leaves $work/run.ktap, $work/run.log, $work/out
	kargs=$1
	shift
	"$@" KARGS="$kargs" KTEST_LOG="$work/run" > "$work/out" 2>&1
	status=$?
}

# The report of one case: its result and the diagnostics that follow it.
report_of() {
	awk -v name="$prefix$1" '/^(not )?ok / { shown = index($0 " ", " " name " ") } shown' "$work/run.ktap"
}

verdict() { # NAME STATUS
	if [ "$2" = 0 ]; then
		echo "ok ktest.$1"
	else
		echo "not ok ktest.$1"
		sed 's/^/# /' "$work/seen" "$work/out" | head -n 60
	fi
}

# expect NAME CASE PATTERN...: each pattern is found in the case's report
expect() {
	name=$1
	report_of "broken.$2" > "$work/seen"
	shift 2
	for pattern in "$@"; do
		grep -q -e "$pattern" "$work/seen" || { verdict "$name" 1; return; }
	done
	verdict "$name" 0
}

# expect_not NAME CASE PATTERN: it is not
expect_not() {
	report_of "broken.$2" > "$work/seen"
	! grep -q -e "$3" "$work/seen"
	verdict "$1" $?
}

in_log() { # NAME PATTERN
	grep -e "$2" "$work/run.log" > "$work/seen"
	verdict "$1" $?
}

run ktest.hidden "$@"
expect pass_is_ok passes '^ok [0-9]* [^ ]*$'
expect param_is_named fails_for_two/one '^ok '
expect failure_says_more fails_for_two/two '^not ok ' \
	'^# grading/suites/ktest/broken.c:[0-9]*: expected ktest_param() != 2: left 2, right 2; number 7'
expect expect_shows_both_values expects_wrongly 'expected 1 + 1 == 3: left 2, right 3$' \
	'expected -5 < -6: left -5, right -6$' 'expected text equals "abd": left "abc", right "abd"$' \
	'expected text == NULL; 0\{329\}0[.]$' '^# went on'
expect failure_says_how_to_repeat_it expects_wrongly \
	"^# again: make repro ARCH=.* KARGS='ktest.hidden' T='broken.expects_wrongly' SEED=1 GDB=1$"
expect panic_says_how_to_repeat_it panics "^# again: make repro .* T='broken.panics' SEED=1 GDB=1$"
expect reports_are_limited fails_often 'left 11, right 1000' '^# and so on'
expect_not reports_end fails_often 'left 12, right 1000'
expect assert_cleans_up asserts_wrongly 'expected 1 + 1 == 3' '^# clean-up first' \
	'in a clean-up action' '^# clean-up last'
expect_not assert_leaves asserts_wrongly 'went on'
expect skip_is_skipped skips '^ok .* # SKIP it is Friday'
in_log skip_cleans_up '^# clean-up of the skipped'
expect machine_that_is_too_small_skips passes_on_many_cpus '^ok .* # SKIP needs 99 CPUs'
expect assert_in_a_helper_fails asserts_wrongly_in_a_helper '^not ok' 'in a helper'
expect_not assert_in_a_helper_ends_all asserts_wrongly_in_a_helper 'went on'
expect leaked_pages_are_found keeps_a_block '^not ok' 'leaves behind 4 pages, 0 objects, 0 processes, 0 threads'
expect leaked_objects_are_found keeps_an_object '^not ok' 'leaves behind 1 pages, 1 objects'
expect leaked_threads_are_found keeps_a_thread '^not ok' '1 threads'
expect spinning_is_found_out spins_for_ever '^not ok .* # TIMEOUT' 'budget of 30000000 instructions'
expect spinning_in_a_stub_is_cut_short spins_in_a_stub '^not ok .* # TIMEOUT' '^# it does not end' \
	'^# not written yet: a_function()'
expect sleeping_is_found_out sleeps_for_ever '^not ok .* # TIMEOUT'
expect panic_loses_its_case panics '^not ok .* # CRASH' 'panic: test of a panic with value 42'
expect announced_panic_is_ok dies_as_it_said '^ok '
expect other_panic_is_a_crash dies_of_something_else '^not ok .* # CRASH' 'surprising'
expect missing_panic_is_a_failure lives_on '^not ok' 'expected a panic'
expect later_cases_run_after_all_that prints_random_numbers '^ok '
cp "$work/out" "$work/seen"
[ "$status" != 0 ] && grep -q '[1-9][0-9]* failed' "$work/seen"
verdict status_says_failed $?

random_of() {
	sed -n 's/^# random //p' "$work/run.log" | tr -d '\r'
}
first=$(random_of)
run ktest.hidden "$@" KTEST='broken.prints*'
second=$(random_of)
run ktest.hidden "$@" KTEST='broken.prints*' SEED=2
third=$(random_of)
echo "$first; $second; $third" > "$work/seen"
[ -n "$first" ] && [ "$first" = "$second" ] && [ "$first" != "$third" ]
verdict seed_decides_random_numbers $?

run '' "$@" KTEST='list.*'
[ "$status" = 0 ] && [ "$(grep -c '^ok ' "$work/run.ktap")" = 3 ]
verdict pattern_chooses_cases $?
run '' "$@" KTEST='list.members*,no.such,list.bits*'
[ "$status" = 0 ] && [ "$(grep -c '^ok ' "$work/run.ktap")" = 3 ]
verdict several_patterns_choose_cases $?
run 'ktest.only=no.such,*.bits*' "$@" KTEST='list.*'
[ "$status" = 0 ] && [ "$(grep -c '^ok ' "$work/run.ktap")" = 1 ]
verdict cases_can_be_chosen_twice $?
run 'ktest.hidden ktest.budget=7' "$@" KTEST='broken.spins*'
expect budget_can_be_given spins_for_ever 'budget of 7000000 instructions'
run ktest.hidden "$@" KTEST='broken.loses*'
expect lost_guests_are_failures loses_a_guest '^not ok'
run 'ktest.hidden ktest.realtime' "$@" KTEST='broken.loses*'
expect lost_guests_are_qemus_in_threads loses_a_guest '^ok .* # SKIP QEMU has lost a guest'
run '' "$@" KTEST='no.such'
[ "$status" != 0 ] && grep -q 'no case matches' "$work/out"
verdict pattern_without_cases_is_an_error $?
