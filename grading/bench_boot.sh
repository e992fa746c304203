#!/bin/sh
# `make bench-boot`: how long until the prompt, how long an incremental and a clean build take.  Prints milliseconds.
#
#   bench_boot.sh prompt QRUN QEMU...   median, and all, of five boots to the prompt
#   bench_boot.sh build MAKE QRUN       a clean and an incremental build of both machines, in a copy of the tree
#
# `make bench`: how many instructions a boot takes, and how many when it is inside.
#
#   bench_boot.sh count ARCH QRUN KERNEL RAM HOST DISK QEMU...
#
# The same KERNEL and RAM disk boot alone, and inside HOST, whose RAM disk DISK has both as /guest/flatland and
# /guest/ram.img.  QEMU counts instructions, and there is no other disk: so the numbers repeat exactly.  Alone: what the
# clock says to the first program that the shell runs.  Inside: what the host's clock says after such a guest has ended
# less what it said before, so that loading it is counted too.

prompt='flatland$ '

# The middle one of some numbers, one a line.
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# Milliseconds until "$1" appears in what the rest of the arguments, a command, prints.
time_until() {
	text=$1
	shift
	"$qrun" -m -t 300 -e "$text" -k -- "$@" | sed -n 's/ ms: .*//p'
}

bench_prompt() {
	times=$(for run in 1 2 3 4 5; do time_until "$prompt" "$@"; done)
	printf '%s ms to the prompt (median of %s)\n' "$(echo "$times" | median)" "$(echo $times)"
}

timed_make() {
	time_until DONE sh -c '"$@" > build.log 2>&1 && echo DONE || cat build.log' sh "$@"
}

bench_build() {
	make=$1
	work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-bench.XXXXXX") || exit 1
	trap 'rm -rf "$work"' EXIT
	tar cf - --exclude=./build --exclude=./.git . | (cd "$work" && tar xf -)
	case $qrun in /*) ;; *) qrun=$PWD/$qrun ;; esac
	cd "$work" || exit 1
	for arch in riscv x86; do
		printf '%-6s %6s ms clean build (2 jobs)\n' $arch "$(timed_make $make -j2 ARCH=$arch all)"
		echo '/* Changed. */' >> kernel/sched.c
		printf '%-6s %6s ms incremental build, kernel/sched.c changed\n' \
			$arch "$(timed_make $make ARCH=$arch all)"
		printf '%-6s %6s ms nothing to do\n' $arch "$(timed_make $make ARCH=$arch all)"
	done
}

# What the clock said to the last program that asked, less what it said to the first, if several did.
count_instructions() { # KERNEL DISK COMMAND QEMU...
	kernel=$1 disk=$2 command=$3
	shift 3
	"$qrun" -v -t 200 -e "init: exit status 0" -- "$@" -kernel "$kernel" -initrd "$disk" -append "-- $command" |
		awk '/^up [0-9]+ ns/ { last = $2; if (!count++) first = $2 }
		END { print (count > 1 ? last - first : last + 0) }'
}

# The second and third column: one and a half times what it was when it was last looked at; the ratio in hundredths.
limits="
riscv 28700000 399
x86   20600000 621
"

bench_count() {
	arch=$1 qrun=$2 kernel=$3 ram=$4 host=$5 disk=$6
	shift 6
	first=$(count_instructions "$kernel" "$ram" "uptime -n" "$@")
	inside=$(count_instructions "$host" "$disk" \
		"uptime -n; vm run -i /guest/ram.img -k '-- true' /guest/flatland < /dev/null; uptime -n" "$@")
	echo "$limits" | awk -v arch="$arch" -v first="$first" -v inside="$inside" '
		$1 != arch { next }
		{
			ratio = first ? int(100 * inside / first + 0.5) : 0
			printf "# bench boot %d, inside %d, ratio %.2f, aim 3\n", first, inside, ratio / 100
			good = first && inside && first <= $2 && ratio <= $3
			printf "%sok %s-1.bench.boot_costs_no_more\n", good ? "" : "not ", arch
		}'
}

verb=$1
case $verb in
count) shift; bench_count "$@" ;;
prompt) qrun=$2; shift 2; bench_prompt "$@" ;;
build) qrun=$3; bench_build "$2" ;;
*) exit 2 ;;
esac
