#!/bin/sh
# `make check-mmu`: judges an MMU that nobody has seen.
#
#   check_mmu.sh DIRECTORY MAKE...     MAKE runs the Makefile, for this MMU and this machine
#
# Builds everything with it; without that there is nothing to judge.  Then the parts of grading/mmu.mk one after the
# other: suites over simulated machines, the same in the kernel, machines whose memory changes, guests.  Results are
# kept in DIRECTORY; the last line is "N passed, N failed, N skipped".

dir=$1
shift
rm -rf "$dir"

part() { # NAME TARGET MAKE...
	name=$1 target=$2
	shift 2
	CHECK_DIR=$dir sh grading/check.sh part "$name" env "$@" "$target"
}

part +build plug-build "$@"
parts=build
if grep -q '^ok' "$dir/build.tap"; then
	parts='build simulated kernel machine guests'
	part simulated plug-simulated "$@"
	part kernel plug-kernel "$@"
	part machine plug-machine "$@"
	part guests plug-guests "$@"
fi
CHECK_DIR=$dir sh grading/check.sh sum $parts > "$dir/report"
status=$?
sed '$s/failed$/failed, 0 skipped/' "$dir/report"
exit $status
