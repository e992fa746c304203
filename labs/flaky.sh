#!/bin/sh
# Does a lab's grade come out the same every time?  `make flaky`.
#
#	sh labs/flaky.sh VARIABLE=VALUE...      with MAKE= the make to use
#
#   N=20        how often
#   LOAD=1      beside it, a process for each CPU of the host computes without end
#   O=build     results are in O/grade/LAB
#
# All other variables are those of labs/grade.sh.  Verdicts of each run are compared with those of the first, and those
# that differ are named.  Exit status: 0 none differs, 1 some do, 3 there was nothing to compare.
set -u
. labs/lab.sh

runs=20 load= lab= out=build
for word in "$@"; do
	shift
	case $word in
	N=*) runs=${word#*=} ;;
	LOAD=*) load=${word#LOAD=} ;;
	LAB=*) lab=${word#*=}; set -- "$@" "$word" ;;
	O=*) out=${word#*=}; set -- "$@" "$word" ;;
	*) set -- "$@" "$word" ;;
	esac
done
name=$(lab_name "$lab")
case $runs in ''|0|*[!0-9]*) echo 'flaky: N= is a number of runs'; exit 3 ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-flaky.XXXXXX") || exit 3

burners=
stop() { [ -z "$burners" ] || kill $burners 2> /dev/null; burners=; rm -rf "$work"; }
trap stop EXIT
trap 'exit 130' INT TERM HUP

start_load() {
	cpus=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)
	while [ "$cpus" -gt 0 ]; do
		sh -c 'while :; do :; done' &
		burners="$burners $!"
		cpus=$((cpus - 1))
	done
}

verdicts() { grep -E '^(not )?ok ' "$out/grade/$name/results.ktap" 2> /dev/null | sort; }

[ "$load" != 1 ] || start_load
differing=0 run=0
while [ $run -lt "$runs" ]; do
	run=$((run + 1))
	sh labs/grade.sh "$@" > "$work/said" 2>&1
	if [ $? -ge 2 ]; then
		cat "$work/said"
		exit 3
	fi
	verdicts > "$work/now"
	[ $run != 1 ] || cp "$work/now" "$work/first"
	diff "$work/first" "$work/now" | sed -n "s/^> /run $run: /p" > "$work/differ"
	cat "$work/differ"
	differing=$((differing + $(wc -l < "$work/differ")))
done
[ -s "$work/first" ] || { echo 'flaky: no results'; exit 3; }
echo "$differing differing verdicts in $runs runs of $(wc -l < "$work/first" | tr -d ' ') cases"
[ "$differing" = 0 ]
