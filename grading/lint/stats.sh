#!/bin/sh
# `make stats`: sizes of everything; with "update" as the argument, also writes the line counts of docs/tour.md.

here=grading/lint
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-stats.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

find Makefile kernel mmu hyp user mkfs grading labs .ci -type f 2>/dev/null |
	grep -E '\.(c|h|S|ld|sh|awk|mk)$|(^|/)(Makefile|run)$' | sort > "$work/list"
awk -v list="$work/list" -f $here/source.awk -f $here/functions.awk -f $here/stats.awk || exit 1
if [ "$1" = update ] && [ -f docs/tour.md ]; then
	awk -v update=1 -f $here/tour.awk docs/tour.md > "$work/tour" || exit 1
	if ! cmp -s "$work/tour" docs/tour.md; then
		cat "$work/tour" > docs/tour.md
		echo "docs/tour.md is up to date again."
	fi
fi
