#!/bin/sh
# Types at the console of a booted system as a user would, and prints "ok name" or "not ok name" for each thing tried.
#
#   console.sh PREFIX QRUN QEMU...
#
# One boot for each: what one leaves behind cannot help the next.

prefix=$1 qrun=$2
shift 2
log=$(mktemp "${TMPDIR:-/tmp}/flatland-console.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
prompt='flatland$ '
# On a terminal, as a user does; in a chroot without pseudo-terminals, on pipes.
terminal=-p
"$qrun" -p -t 5 -- true > "$log" 2>&1 || terminal=

# try NAME STEP...: after the prompt, the steps of qrun; then the system must halt.
try() {
	name=$1
	shift
	if eval '"$qrun" $terminal -t 60 -x 0 -e "$prompt" "$@" -s "halt\n" -- '"$qemu" > "$log" 2>&1; then
		echo "ok ${prefix}console.$name"
	else
		echo "not ok ${prefix}console.$name"
		sed 's/^/# /' "$log"
	fi
}

# The QEMU command as words that eval gives back unchanged.
qemu=
for word in "$@"; do
	qemu="$qemu '$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")'"
done

try shell_answers -s 'echo a$((1 + 1))b\n' -w 100 -s 'echo one | cat\n' -e 'one' -e "$prompt"
try backspace_deletes -s 'echo abX\x7fc\n' -e '\nabc' -e "$prompt"
try arrow_up_repeats -s 'echo first\n' -e '\nfirst' -e "$prompt" -s '\e[A\n' -e '\nfirst' -e "$prompt"
try control_c_ends_a_program -s 'sleep 100\n' -w 300 -s '\x03' -e "$prompt"
try files_stay -s 'echo kept > /tmp/f; cat /tmp/f\n' -e '\nkept' -e "$prompt"
