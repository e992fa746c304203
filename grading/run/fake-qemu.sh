#!/bin/sh
# Stands in for QEMU in grading/run/selftest.sh: prints what a test kernel would, and dies, hangs or babbles in the
# middle as $1 says.  The other argument is the kernel's command line.

behaviour=$1
after=$(printf '%s\n' "$2" | sed -n 's/.*ktest\.after=\([0-9]*\).*/\1/p')
after=${after:-0}

run_case() {
	case $behaviour-$1 in
	crash-3) echo "panic: a wild pointer at 0xdead"; exit 1 ;;
	hang-2) sleep 100 ;;
	jump-2) return ;;
	fail-2) printf '# %s\r\n' "expected 4, got 5"; printf 'not ok 2 suite.case2\r\n'; return ;;
	die-2) echo "# panics wild pointer"; echo "panic: a wild pointer at 0xdead"; exit 1 ;;
	die-4) echo "# panics wild pointer"; echo "panic: out of memory"; exit 1 ;;
	die-5) echo "# panics not at all" ;;
	twice-3) echo "ok 2 suite.case2" ;;
	forge-2) echo "ok 2 suite.case3" ;;
	flood-2) yes 'said again and again' ;;
	chat-2) yes '# said again and again' ;;
	stream-2) yes 'said again and again' | tr '\n' ' ' ;;
	replan-2) echo '1..99' ;;
	killed-2) kill -9 $$ ;;
	slow-2) echo "not ok 2 suite.case2 # TIMEOUT"; exit 1 ;;
	esac
	[ "$1" = 4 ] && echo "ok 4 suite.case4 # SKIP needs two CPUs" || echo "ok $1 suite.case$1"
}

echo "Flatland boots with: $2"
echo "ok 1 before.the_version_line"
[ "$behaviour" = noboot ] && exit 1
[ "$behaviour" = bootonce ] && [ "$after" -gt 0 ] && exit 1
printf 'KTAP version 1\r\n1..5\r\n'
n=$after
while [ $n -lt 5 ]; do
	n=$((n + 1))
	echo "# start $n suite.case$n"
	echo "the kernel says something of no importance"
	[ "$behaviour-$n" = bootonce-2 ] && exit 1
	run_case $n
done
[ "$behaviour" = linger ] && sleep 100
exit 0
