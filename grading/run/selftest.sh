#!/bin/sh
# Tests of the host runners, ktest and qrun, against fake-qemu.sh.  Prints one "ok name" or "not ok name" a
# case.  Arguments: the directory of the two programs.

bin=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-run.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fake='sh grading/run/fake-qemu.sh'

# check NAME CONDITION...
check() {
	name=$1
	shift
	if "$@"; then
		echo "ok run.$name"
	else
		echo "not ok run.$name"
		sed 's/^/# /' "$work/out" "$work/ktap" 2>/dev/null
	fi
}

# Run ktest over the fake that behaves as $1; the rest are options.
run_ktest() {
	behaviour=$1
	shift
	rm -f "$work/ktap"
	"$bin/ktest" -t 1 -o "$work/ktap" -l "$work/log" "$@" -- $fake "$behaviour" '@KARGS@' > "$work/out" 2>&1
	status=$?
}

says() { # FILE PATTERN: some line of it matches
	grep -q -e "$2" "$work/$1"
}

ends_with() {
	[ "$status" = "$1" ] && says out "$2"
}

run_ktest good
check good_run_passes ends_with 0 '^4 passed, 0 failed, 1 skipped of 5 (1 boots, 0 crashes)$'
check nothing_before_the_version_line_counts test "$(grep -c 'ok' "$work/ktap")" = 5
run_ktest fail -n riscv-2.
check failure_is_reported ends_with 1 '3 passed, 1 failed, 1 skipped of 5 (1 boots'
check failure_keeps_its_diagnostics says ktap '^# expected 4, got 5$'
check prefix_is_put_before_names says ktap '^not ok 2 riscv-2.suite.case2$'
run_ktest fail -g "again T='@NAME@' SEED=@SEED@" -r 7
check failure_names_the_command_that_repeats_it says ktap "^# again: again T='suite.case2' SEED=7$"
run_ktest crash -g "again @NAME@ @SEED@"
check crash_names_it_too says ktap "^# again: again suite.case3 1$"
check crash_loses_only_its_case ends_with 1 '^3 passed, 1 failed, 1 skipped of 5 (2 boots, 1 crashes)$'
check crash_is_named says ktap '^not ok 3 suite.case3 # CRASH$'
check crash_shows_the_console says ktap '^# | panic: a wild pointer'
check crash_reboots_after_the_case says log 'boots with: ktest.after=3 *$'
run_ktest hang
check hang_loses_only_its_case ends_with 1 '^3 passed, 1 failed, 1 skipped of 5 (2 boots, 1 crashes)$'
check hang_is_named says ktap '^not ok 2 suite.case2 # TIMEOUT$'
run_ktest jump
check missing_result_is_a_failure says ktap '^not ok 2 suite.case2 # MISSING$'
run_ktest die
check announced_panic_passes says ktap "^ok 2 suite.case2$"
check another_panic_is_a_crash says ktap "^not ok 4 suite.case4 # CRASH$"
check case_that_does_not_panic_fails says ktap "^not ok 5 suite.case5 # NO PANIC$"
check panics_reboot_after_their_case ends_with 1 "^3 passed, 2 failed, 0 skipped of 5 (3 boots, 1 crashes)$"
run_ktest slow
check halt_after_a_timeout_is_no_second_failure ends_with 1 "^3 passed, 1 failed, 1 skipped of 5 (2 boots, 1 crashes)$"
run_ktest noboot
check dead_kernel_is_one_failure ends_with 1 '^0 passed, 1 failed, 0 skipped of 1'
run_ktest bootonce
check kernel_that_boots_no_more_ends_the_run ends_with 1 '^1 passed, 4 failed, 0 skipped of 5 (3 boots'
check rest_is_not_run says ktap '^not ok 5 case-5 # NOT RUN$'
run_ktest crash -1
check no_second_boot_when_told ends_with 1 "^2 passed, 3 failed, 0 skipped of 5 (1 boots, 1 crashes)$"
run_ktest linger
check plan_done_means_done ends_with 0 '^4 passed, 0 failed'
run_ktest twice
check second_result_is_a_failure says ktap '^not ok 2 suite.case2 # TWICE$'
check second_result_fails_the_run ends_with 1 '^4 passed, 1 failed'
run_ktest forge
check result_of_another_case_is_a_failure says ktap '^not ok 2 suite.case2 # FORGED$'
is_small() { [ "$(wc -c < "$work/$1")" -lt "$2" ]; }
for behaviour in flood chat stream; do
	run_ktest $behaviour -t 60
	check $behaviour.endless_output_ends ends_with 1 '^3 passed, 1 failed, 1 skipped of 5 (2 boots, 1 crashes)$'
	check $behaviour.endless_output_is_not_kept is_small log 2000000
	check $behaviour.endless_output_is_not_reported is_small ktap 100000
done
run_ktest replan
check second_plan_is_a_failure says ktap '^not ok 2 suite.case2 # FORGED$'
check second_plan_loses_only_its_case ends_with 1 '^3 passed, 1 failed, 1 skipped of 5 (1 boots, 0 crashes)$'
run_ktest killed
check killed_qemu_is_not_the_kernels_fault ends_with 3 'QEMU ended with status 137$'
"$bin/ktest" -t 1 -o "$work/ktap" -- "$work/no-such-qemu" > "$work/out" 2>&1
status=$?
check missing_qemu_is_not_the_kernels_fault ends_with 3 'QEMU ended with status 127$'
run_ktest good -f 'mm.*' -r 7 -a 'x=1'
check kernel_gets_its_arguments says log 'boots with: ktest=mm.\* seed=7 x=1$'

"$bin/qrun" -t 5 -e 'name? ' -s 'Ada\x21\n' -e 'hello Ada!' -x 3 -- \
	sh -c 'printf "name? "; read n; echo "hello $n"; exit 3' > "$work/out" 2>&1
check qrun_expects_and_sends test $? = 0
"$bin/qrun" -t 5 -e never -- sh -c 'echo something' > "$work/out" 2>&1
status=$?
check qrun_shows_what_was_said ends_with 1 '^  | something$'
"$bin/qrun" -p -t 5 -e yes -- sh -c '[ -t 0 ] && [ -t 1 ] && echo yes' > "$work/out" 2>&1
status=$?
if grep -q "No such" "$work/out"; then
	echo "ok run.qrun_gives_a_terminal # SKIP this system has no pseudo-terminals"
else
	check qrun_gives_a_terminal test $status = 0
fi

# A child outlives neither the time limit nor the runner's own death.  This one would write for ever.
beat='while :; do echo x >> "$0"; sleep 0.1; done'
stopped() {
	before=$(wc -c < "$work/beats")
	sleep 0.5
	[ "$before" -gt 0 ] && [ "$before" = "$(wc -c < "$work/beats")" ]
}
"$bin/qrun" -t 1 -- sh -c "$beat" "$work/beats" > "$work/out" 2>&1
check qrun_kills_at_the_time_limit stopped
"$bin/qrun" -t 20 -- sh -c "$beat" "$work/beats" > "$work/out" 2>&1 &
runner=$!
sleep 0.5
kill -9 $runner
wait $runner 2>/dev/null
sleep 0.2
check child_dies_with_its_killed_runner stopped
