#!/bin/sh
# Runs every case of a program of suites (host/htest.c) by itself, so that one that dies takes no other with it.  After
# three that never end it stops.
#
#   each_case.sh PROGRAM [OPTION...]

program=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/flatland-case.XXXXXX") || exit 2
trap 'rm -f "$log"' EXIT
ulimit -c 0
alarm=142 # the status of a program that SIGALRM has ended

"$program" -l "$@" | {
	failed=0 endless=0
	while read -r name; do
		if [ $endless = 3 ]; then
			echo "not ok $name # NOT RUN"
			continue
		fi
		"$program" -w 40 -t "$name" "$@" > "$log" 2>&1
		status=$?
		grep -E '^(not )?ok |^# ' "$log" | grep -v '^# start'
		[ $status = 0 ] && continue
		failed=1
		grep -q -E '^(not )?ok ' "$log" && continue
		echo "not ok $(sed -n 's/^# start //p' "$log")"
		if [ $status = $alarm ]; then
			echo "# It does not end."
			endless=$((endless + 1))
		else
			echo "# It crashed, with status $status:"
			grep -v '^# ' "$log" | sed -n '1,12s/^/# /p'
		fi
	done
	[ $failed = 0 ]
}
