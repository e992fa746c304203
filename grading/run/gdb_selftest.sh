#!/bin/sh
# Tests of gdb.sh and of gdb.awk.  Prints "ok name" or "not ok name".
#
#   gdb_selftest.sh ARCH GDB-ARCH QRUN QEMU...
#
# Sessions that say what they should, something else, nothing in time; machines without GDB; QEMU that does not start.

arch=$1 gdb_arch=$2 qrun=$3
shift 3
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-gdb.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
log="$work/log"
unset RESULTS UPDATE

suite=gdb
. grading/run/selftest_check.sh

# A session NAME whose commands and expectation are given.
session() { # NAME COMMANDS EXPECTED
	printf '# run: flatland\n%s\n' "$2" > "$work/$1.gdb"
	printf '%s\n' "$3" > "$work/$1.expected"
}

run() { # SESSION [variable=value...] -- QEMU...
	name=$1
	shift
	settings=
	while [ "$1" != -- ]; do
		settings="$settings $1"
		shift
	done
	shift
	env $settings sh grading/run/gdb.sh "$arch" "$gdb_arch" "$qrun" "$work/out" "$work/$name.gdb" -- "$@" \
		> "$log" 2>&1
}

says() { # PATTERN...: lines of the report
	for pattern in "$@"; do
		grep -q -e "$pattern" "$log" || return 1
	done
}

# gdb.awk: two of the host's addresses, one of them twice, and what is in a leaf; numbers that go and that stay.
printf '%s\n' 'root      0x80010000, 3 levels' 'l1 0x80000000-0x80200000 leaf 0x8fa00000 rwx' \
	'yields    0x8fa00010: read' '  0x80001000 -> 0x80010000 by' 'slot 1: 0x23e800df = VR' \
	'guest 0x80200124, twice 0x80200124, page 0x0' \
	'cpu 0: pc 0xffffffff8021de84 <mmu_fault+12>' '#1  0xffffffff80219548 in f (a=1, b=0x2) at hyp/run.c:118' \
	"338$(printf '\t')return 0;" 'entries   15, as loaded 0 times' > "$work/raw"
printf '%s\n' 'root      A, 3 levels' 'l1 0x80000000-0x80200000 leaf B rwx' \
	'yields    B+0x10: read' '  0x80001000 -> A by' 'slot 1: VR' 'guest a, twice a, page 0x0' \
	'cpu 0: pc <mmu_fault>' '#  f (...) at hyp/run.c' \
	"$(printf '\t')return 0;" 'entries   N, as loaded 0 times' > "$work/wanted"
awk -f grading/run/gdb.awk "$work/raw" | diff "$work/wanted" - > "$log"
check $? structure_stays_and_addresses_go

if ! sh labs/deps.sh gdb "$arch" > /dev/null; then
	echo "ok gdb.sessions_are_compared # SKIP no GDB here knows $arch"
	exit 0
fi
session good 'print 6 * 7' '(gdb) print 6 * 7
$1 = 42'
run good -- "$@"
says "^ok $arch.gdb.good$"
check $? expected_transcript_passes
session wrong 'print 6 * 7' '(gdb) print 6 * 7
$1 = 41'
run wrong -- "$@"
says "^not ok $arch.gdb.wrong$" '^# < .1 = 41' '^# > .1 = 42'
check $? wrong_transcript_is_noticed
session more 'print 6 * 7' '(gdb) print 6 * 7
$1 = 42
one more line'
run more -- "$@"
says "^not ok $arch.gdb.more$"
check $? missing_line_is_noticed
session unknown 'no-such-command
print 1' '(gdb) no-such-command
Undefined command: "no-such-command".  Try "help".
(gdb) print 1
$1 = 1'
run unknown -- "$@"
says "^ok $arch.gdb.unknown$"
check $? command_that_fails_does_not_end_the_session
session endless 'while 1
set $x = 1
end' ''
run endless SESSION_SECONDS=3 -- "$@"
says "^not ok $arch.gdb.endless$" '3 s passed'
check $? session_without_end_is_stopped
session bare 'print 1' ''
rm "$work/bare.expected"
run bare -- "$@"
says "^not ok $arch.gdb.bare$"
check $? session_without_expectation_fails
run good -- sh -c 'echo no machine today; exit 1' @KERNEL@
says "^not ok $arch.gdb.good$" 'no machine today'
check $? machine_that_does_not_start_is_reported
run good GDB=no-such-gdb CI= -- "$@"
says "^ok $arch.gdb.good # SKIP no GDB here knows $arch: install [a-z]"
check $? no_gdb_skips_and_names_the_package
run good GDB=no-such-gdb CI=true -- "$@"
says "^not ok $arch.gdb.good$"
check $? no_gdb_fails_where_all_is_tested
if command -v ps > /dev/null; then
	mkdir -p "$work/taken"
	sh -c "while :; do sleep 1; done" "$work/taken/session.gdb" & taken=$!
	echo $taken > "$work/taken/gdb.pid"
	! timeout 10 sh labs/debug.sh gdb "$work/taken" "$arch" > "$work/taken/said" 2>&1 &&
		grep -q "connected already" "$work/taken/said"
	check $? second_gdb_is_refused
	kill $taken
else
	echo "ok gdb.second_gdb_is_refused # SKIP no ps"
fi
