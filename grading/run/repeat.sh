#!/bin/sh
# Do two runs of ktest say the same?
#
#	repeat.sh NAME LOG LOG
#
# Every line must be the same, but for the numbers of instructions that a few cases used: where all CPUs sleep, QEMU
# itself is not exact (docs/platform.md, "Under -icount").  One case in ten may differ; time of the host that leaks into
# a run would change nearly all.  Prints "ok NAME" or "not ok NAME".
name=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-repeat.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT

for run in 1 2; do
	shift
	grep -v '^# used ' "$1" > "$work/said.$run"
	grep '^# used ' "$1" > "$work/used.$run"
done
if ! cmp -s "$work/said.1" "$work/said.2"; then
	echo "not ok $name"
	diff "$work/said.1" "$work/said.2" | sed 's/^/# /' | head -n 20
	exit 1
fi
paste -d '\n' "$work/used.1" "$work/used.2" | awk -v name="$name" '
	NR % 2 { one = $0; next }
	{ count++; different += $0 != one }
	END {
		print "# " different + 0 " of " count " cases used another number of instructions"
		failed = count == 0 || different * 10 > count
		print (failed ? "not ok " : "ok ") name
		exit failed
	}'
