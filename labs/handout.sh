#!/bin/sh
# Handouts as pages of their own, with their figures in them: `make handout`.
#
#	sh labs/handout.sh DIR LAB      DIR: where LAB.html goes; LAB "": every lab's
set -u
. labs/lab.sh

dir=$1 labs=
if [ -n "$2" ]; then
	labs=$(lab_name "$2")
	[ -n "$labs" ] || { echo "handout: LAB= says which lab: $(all_labs)"; exit 1; }
fi
embed=--self-contained
! pandoc --help | grep -q -e --embed-resources || embed=--embed-resources
mkdir -p "$dir" || exit 1
status=0
for lab in ${labs:-$(all_labs)}; do
	handout=labs/$lab/README.md
	if [ ! -f "$handout" ]; then
		[ -z "$labs" ] || { echo "handout: lab $lab has none yet"; status=1; }
		continue
	fi
	pandoc -f gfm -t html5 --standalone $embed --css labs/handout.css --resource-path "labs/$lab" \
		--metadata pagetitle="$(sed -n '/^# /{s/^# //p;q;}' "$handout")" -o "$dir/$lab.html" "$handout" &&
		echo "$dir/$lab.html" || status=1
done
exit $status
