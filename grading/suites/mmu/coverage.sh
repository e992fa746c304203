#!/bin/sh
# Branch coverage of mmu/pt, mmu/tdp and every pte.h by the suites, over all formats.
#
#   sh grading/suites/mmu/coverage.sh DIRECTORY MACHINE COMPILER FORMAT...
#
# Hooks are compiled as functions here (-Dalways_inline=unused): a branch then is one branch, not one at each caller.

work=$1 machine=$2 compiler=$3
shift 3
here=grading/suites/mmu
rm -rf "$work"

sources() { # FORMAT
	ls mmu/pt/*.c mmu/tdp/*.c grading/sim/*.c grading/sim/walk/"$1".c grading/explore/*.c \
		grading/explore/arch/"$machine"/switch.S $here/*.c $here/host/htest.c \
		"$(ls $here/decode/"$1".c 2> /dev/null || echo $here/decode/none.c)" |
		grep -v -e /table_any
}

for format in "$@"; do
	mkdir -p "$work/$format"
	sources "$format" | xargs -P 2 -I '{}' sh -c 'file=$1 compiler=$2 format=$3 into=$4 machine=$5
		case $file in mmu/* | grading/suites/*) coverage=--coverage ;; *) coverage= ;; esac
		"$compiler" -std=gnu11 -O0 -g -w $coverage -Dalways_inline=unused -I. -Immu/fmt/"$format" \
			-Igrading/explore/arch/"$machine" -DINSTANCE="$format" \
			"-DPT_ACCESS_HEADER=\"grading/sim/access.h\"" \
			-c -o "$into/$(echo "$file" | tr / _).o" "$file"' \
		sh '{}' "$compiler" "$format" "$work/$format" "$machine" || exit 2
	"$compiler" --coverage -o "$work/$format/htest" "$work/$format"/*.o || exit 2
	"$work/$format/htest" > "$work/$format.out" || { grep -B 3 '^not ok' "$work/$format.out"; exit 1; }
	gcov -b -c -t -o "$work/$format" "$work/$format"/*.gcda > "$work/$format.gcov" 2> /dev/null
done
awk -v least=95 -v missed="$MISSED" -f $here/coverage.awk "$work"/*.gcov
