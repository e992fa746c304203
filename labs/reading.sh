#!/bin/sh
# What is to be read for a lab, with how many lines it has: `make reading`.
#
#	sh labs/reading.sh LAB
. labs/lab.sh

name=$(lab_name "$1")
[ -n "$name" ] || { echo "reading: LAB= says which lab: $(all_labs)"; exit 1; }
conf=labs/$name/lab.conf
[ -f "$conf" ] || { echo "reading: lab $name has no $conf"; exit 1; }
conf_words "$conf" read '' '' | while IFS= read -r path; do
	printf '%6d  %s\n' "$(wc -l < "$path")" "$path"
done | awk -v cap="$(conf_words "$conf" reading '' '')" '
	{ print; sum += $1 }
	END {
		printf "%6d  lines in all; the lab asks for at most %d\n", sum, cap
		exit sum > cap
	}'
