#!/bin/sh
# Runs commands in a freshly booted system, and prints "ok name" or "not ok name" for each.
#
#   guest.sh LIST PREFIX QRUN QEMU...
#
# LIST is a file like guest.list; PREFIX goes before the names.  In the QEMU command, @KARGS@ becomes the kernel's
# command line that makes init run the command and halt.

list=$1 prefix=$2 qrun=$3
shift 3
log=$(mktemp "${TMPDIR:-/tmp}/flatland-guest.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT

# run SECONDS COMMAND QEMU...: boot and run it; true when the command says that all is well.
run() {
	seconds=$1 command=$2
	shift 2
	for word in "$@"; do
		shift
		[ "$word" = @KARGS@ ] && word="-- $command"
		set -- "$@" "$word"
	done
	"$qrun" -t "$seconds" -e 'init: exit status 0' -- "$@" > "$log" 2>&1
}

grep -v '^#' "$list" | while read -r name seconds command; do
	if run "$seconds" "$command" "$@" < /dev/null; then
		echo "ok $prefix$name"
	else
		echo "not ok $prefix$name"
		echo "# again: make run CMD='$command'"
		sed 's/^/# /' "$log"
	fi
done
