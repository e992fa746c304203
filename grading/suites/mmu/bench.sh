#!/bin/sh
# `make bench-pt`: what one format costs.
#
#   sh grading/suites/mmu/bench.sh FORMAT PROGRAM
#
# Prints a table of instructions (by callgrind; left out without valgrind) and nanoseconds: for many entries also what
# each costs beyond the first, which pays for the walk and the locks.  Then the two numbers in the form in which Linux's
# generic page tables report theirs.

format=$1 program=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

"$program" > "$work/time" || exit 1
: > "$work/count"
if command -v valgrind > /dev/null 2>&1; then
	valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no --toggle-collect='measure_*' \
		--compress-strings=no --compress-pos=no "$program" once > /dev/null 2> "$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	# A function's block holds its own cost, and after each "calls=" line that of the call.
	awk '/^fn=/ { name = substr($0, 4); next }
		/^[0-9+*-]/ && name ~ /^measure_/ { cost[name] += $2 }
		END { for (name in cost) print substr(name, 9), cost[name] }' "$work/out" > "$work/count"
fi

awk -v format="$format" -v counts="$work/count" '
	function shown(value) { return value == "" ? "-" : value }
	BEGIN {
		while ((getline line < counts) > 0) {
			split(line, part, " ")
			count[part[1]] = part[2]
		}
		printf "%-14s %-10s %5s %8s %13s %10s %9s %8s\n", "format", "operation", "level", "entries",
			"instructions", "an entry", "each more", "ns"
	}
	{
		key = $1 == "empty512G" ? "empty_512g_l0" : $1 "_" ($3 > 1 ? "many" : 1) "_l" $2
		n = count[key]
		one = count[$1 "_1_l" $2]
		printf "%-14s %-10s %5d %8d %13s %10s %9s %8d\n", format, $1, $2, $3, shown(n),
			n == "" ? "-" : sprintf("%.1f", n / $3),
			$3 == 1 || n == "" || one == "" ? "-" : sprintf("%.1f", (n - one) / ($3 - 1)), $4
		if ($2 == 0 && $3 > 1) {
			ns[$1] = $4
			entries = $3
		}
	}
	END { printf "%s: %d ns map %d / %d ns unmap\n", format, ns["map"], entries, ns["unmap"] }' "$work/time"
