#!/bin/sh
# What a student sees before the machine boots: which lab this is, what guests run on, what to try.
#
#	labs/banner.sh LAB MMU
line=$(awk -v lab="$1" '/^[^#]/ && $2 == lab { $1 = $2 = $3 = $4 = ""; sub(/^ */, ""); print }' labs/labs.list)
[ -n "$line" ] || {
	echo "LAB=$1: no such lab; there are: $(awk '/^[^#]/ { printf "%s ", $2 }' labs/labs.list)" >&2
	exit 2
}
echo "Lab $1: $line."
echo "Guests run on mmu/$2.  In the shell: vm run /guest/hello"
