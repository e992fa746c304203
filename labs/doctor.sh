#!/bin/sh
# `make doctor`: is all there that Flatland needs, and which versions?  Only looks; the Makefile boots after this.
#
# Exit status 0 when the course tier is complete, 3 when not.  Next to read: labs/packages.list, labs/deps.sh.

deps() {
	sh labs/deps.sh "$@"
}

# The version of tool "$1", one line.
version_of() {
	case $1 in
	riscv-qemu|x86-qemu) deps version "${1%-qemu}" ;;
	riscv-firmware|x86-firmware) echo 'found by QEMU' ;;
	riscv-cc|x86-cc) "$(deps prefix "${1%-cc}")gcc" --version | head -n 1 ;;
	host-cc) ${HOSTCC:-cc} --version | head -n 1 ;;
	riscv-gdb|x86-gdb) "$(deps gdb "${1%-gdb}")" --version | head -n 1 ;;
	awk) readlink -f "$(command -v awk)" 2>/dev/null || command -v awk ;;
	*) "$1" --version 2>/dev/null | sed -n '/[0-9]\.[0-9]/{s/^ *//;p;q;}' ;;
	esac
}

report_tool() {
	if deps have "$1"; then
		printf '  %-16s %s\n' "$1" "$(version_of "$1")"
	elif [ "$1" = riscv-qemu ] || [ "$1" = x86-qemu ] && [ "$(version_of "$1")" ]; then
		printf '  %-16s %s is too old: 7.2 or later is needed\n' "$1" "$(version_of "$1")"
		return 1
	else
		printf '  %-16s missing: %s\n' "$1" "$(deps packages "$1" | tr '\n' ' ')"
		return 1
	fi
}

tools_of_tier() {
	awk -v tier="$1" '$1 == tier && $2 != "x86-cc-cross" { print $2 }' labs/packages.list
}

report_tier() {
	echo "$1"
	lacking=0
	for tool in $(tools_of_tier "$1"); do
		report_tool "$tool" || lacking=$((lacking + 1))
	done
	[ $lacking = 0 ] && echo "  complete" || echo "  $lacking missing"
	[ $lacking = 0 ]
}

echo "system"
printf '  %s, %s CPUs\n' "$(uname -srm)" "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
report_tier course
status=$?
report_tier docs
report_tier maintainer
[ $status = 0 ] && echo "All is there for the course." || { echo "Something is missing for the course."; exit 3; }
