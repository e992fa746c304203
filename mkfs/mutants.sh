#!/bin/sh
# Do the tests notice mistakes?  Breaks the file system in each of the ways of mutants.list and runs the crash test, and
# as long as that passes, the tests of names and contents, of faults, and of what comes between.
#
#	FS_SOURCES=... TEST_SOURCES=... mutants.sh OUT COMMAND...
#
# COMMAND... is compiler and flags, OUT a directory for what is built, FS_SOURCES what is broken, TEST_SOURCES what
# the tests consist of besides their own files.  Prints "ok mutant.NAME" when a test fails with the mistake or does not
# end.
set -u
out=$1
shift
here=$(dirname "$0")
tests="crash_test names_test faults_test between_test"
mkdir -p "$out"

object() { # SOURCE
	echo "$out/$(echo "$1" | tr / _).o"
}

# The objects of all sources but $1.
other_objects() {
	for source in $FS_SOURCES $TEST_SOURCES; do
		[ "$source" = "$1" ] || object "$source"
	done
}

for source in $FS_SOURCES $TEST_SOURCES $(printf "$here/test/%s.c " $tests); do
	"$@" -c -o "$(object "$source")" "$source" || exit 1
done

# Build both tests with the mutant of $1.
build() { # FILE COMMAND...
	mutated=$1
	shift
	"$@" -iquote "$(dirname "$mutated")" -w -c -o "$out/mutant.o" "$out/mutant.c" || return 1
	for test in $tests; do
		"$@" -o "$out/$test" "$(object "$here/test/$test.c")" "$out/mutant.o" $(other_objects "$mutated") ||
			return 1
	done
}

passes_tests() {
	timeout 120 "$out/crash_test" -s 6 && timeout 60 "$out/names_test" &&
		timeout 60 "$out/faults_test" && timeout 60 "$out/between_test"
}

grep -v -e '^#' -e '^$' "$here/mutants.list" | while read -r name file edit; do
	sed "$edit" "$file" > "$out/mutant.c"
	if cmp -s "$file" "$out/mutant.c"; then
		echo "not ok mutant.$name"
		echo "# the edit changes nothing in $file"
	elif ! build "$file" "$@" > "$out/mutant.log" 2>&1; then
		echo "not ok mutant.$name"
		sed 's/^/# /' "$out/mutant.log"
	elif passes_tests > "$out/mutant.log" 2>&1; then
		echo "not ok mutant.$name"
		echo "# no test notices it"
	else
		echo "ok mutant.$name"
	fi
done
