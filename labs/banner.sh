#!/bin/sh
# What a student sees before the machine boots: which lab this is, what guests run on, what of the MMU is supplied, and
# what to try.
#
#	labs/banner.sh LAB MMU
line=$(awk -v lab="$1" '/^[^#]/ && $2 == lab { $1 = $2 = $3 = $4 = ""; sub(/^ */, ""); print }' labs/labs.list)
[ -n "$line" ] || {
	echo "LAB=$1: no such lab; there are: $(awk '/^[^#]/ { printf "%s ", $2 }' labs/labs.list)" >&2
	exit 2
}

# Hooks that come as objects, and what later labs ask for: plain code.  The whole tree has neither.
supplied() {
	for object in labs/supplied/*.o; do
		[ ! -f "$object" ] || printf '%s ' "$(basename "$object" .o)"
	done
}
plain() { # the labs after this one that the course has
	[ -f labs/release.mk ] || return
	awk -v lab="$1" '/^[^#]/ { if (after) printf "%s ", $2; if ($2 == lab) after = 1 }' labs/labs.list
}

echo "Lab $1: $line."
echo "Guests run on mmu/$2."
hooks=$(supplied) later=$(plain "$1")
[ -z "$hooks" ] || later=$(echo "$later" | sed "s/pte //")
[ -z "$hooks" ] || echo "Supplied as objects: the hooks of $(echo "$hooks" | sed 's/ *$//; s/ / and /g')."
later=$(echo "$later" | sed 's| *$||; s| |, |g')
[ -z "$later" ] || echo "Given in a plain form, which works but is slow: what is asked for later ($later)."
[ ! -f "labs/$1/README.md" ] || echo "Handout: labs/$1/README.md"
echo "In the shell: vm run /guest/hello"
