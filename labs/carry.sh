#!/bin/sh
# Carries a student's work from an earlier release into this one.
#
#	labs/carry.sh FROM LAB      FROM: the tree of the earlier release; LAB: the name of this one's
#
# What stands between the markers of labs before LAB is taken from FROM, marker by marker; all else stays.  Files that
# change are named.  What FROM has not, stays as it is, and is said.
set -eu

from=$1 lab=$(awk -v name="$2" '/^[^#]/ && $2 == name { print $1 }' labs/labs.list)
[ -n "$lab" ] || { echo "carry: no lab $2" >&2; exit 2; }
[ -f "$from/labs/release.mk" ] || { echo "carry: $from is no release: it has no labs/release.mk" >&2; exit 2; }
[ "$(cd "$from" && pwd -P)" != "$(pwd -P)" ] || { echo 'carry: FROM is this tree' >&2; exit 2; }

new=$(mktemp)
trap 'rm -f "$new"' EXIT
grep -rl --include='*.[chS]' '^[	 ]*/\* LAB([0-9]*) begin' mmu hyp kernel user 2>/dev/null | sort |
while IFS= read -r path; do
	[ -f "$from/$path" ] || { echo "carry: $path is not in $from: left as it is"; continue; }
	awk -v lab="$lab" -v path="$path" -f labs/carry.awk "$from/$path" "$path" > "$new"
	cmp -s "$new" "$path" || { cat "$new" > "$path"; echo "carried: $path"; }
done
