#!/bin/sh
# `make bench-boot`: how long until the prompt, how long an incremental and a clean build take.  Prints milliseconds.
#
#   bench_boot.sh prompt QRUN QEMU...   median, and all, of five boots to the prompt
#   bench_boot.sh build MAKE QRUN       a clean and an incremental build of both machines, in a copy of the tree

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

verb=$1
case $verb in
prompt) qrun=$2; shift 2; bench_prompt "$@" ;;
build) qrun=$3; bench_build "$2" ;;
*) exit 2 ;;
esac
