#!/bin/sh
# Runs every case of a program of suites (host/htest.c) by itself, so that one that dies takes no other with it.
#
#   each_case.sh PROGRAM [OPTION...]

program=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/flatland-case.XXXXXX") || exit 2
trap 'rm -f "$log"' EXIT
ulimit -c 0

"$program" -l "$@" | {
	failed=0
	while read -r name; do
		"$program" "$@" -t "$name" > "$log" 2>&1
		status=$?
		grep -E '^(not )?ok |^# ' "$log" | grep -v '^# start'
		[ $status = 0 ] || failed=1
		if ! grep -q -E '^(not )?ok ' "$log"; then
			echo "not ok $(sed -n 's/^# start //p' "$log") # status $status: it crashed, or never ended"
			grep -v '^# ' "$log" | sed -n '1,12s/^/# /p'
		fi
	done
	[ $failed = 0 ]
}
