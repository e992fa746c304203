#!/bin/sh
# Do the kernel's tests notice mistakes?  Makes each mistake of the list in a copy of the sources and runs the tests
# that are named beside it.
#
#	run.sh ARCH MAKE
#
# Mistakes in another machine's files are left out.  Prints "ok mutant.NAME" with the first test that notices, or
# "not ok mutant.NAME".  $ONLY is a pattern of names.
arch=$1 make=$2
here=grading/suites/kernel/mutants
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-mutants.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

in_copy() {
	timeout 300 "$make" -s -C "$work/tree" ARCH="$arch" CPUS=4 "$@" < /dev/null > "$work/said" 2>&1
}

run_tests() { # TESTS
	case $1 in
	user:*) in_copy usertests USERTESTS="${1#user:}" RESULTS="$work/results" ;;
	*) in_copy ktest KTEST="$1" RESULTS="$work/results" ;;
	esac
}

# The name of a test that notices; nothing if none does.
noticed() { # TESTS
	rm -f "$work/results"
	run_tests "$1"
	awk '/^not ok / { sub(/^not ok ([0-9]+ )?(- )?/, ""); print $1; exit }' "$work/results" 2> /dev/null
}

mkdir "$work/tree"
tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$work/tree" || exit 2
in_copy all ktest-kernel || { tail -n 5 "$work/said"; exit 2; }

# The kernel's list names files from kernel/ on.
mistakes() {
	awk '/^#/ || !NF { next } { sub(/^[^ ]+ +[^ ]+ +/, "&kernel/") } 1' $here/list
	grep -v -e '^#' -e '^$' grading/suites/hyp/mutants.list
}

mistakes | while read -r name tests file edit; do
	case $file in */arch/$arch/*) ;; */arch/*) continue ;; esac
	case $name in ${ONLY:-*}) ;; *) continue ;; esac
	sed "$edit" "$file" > "$work/tree/$file"
	killer=
	if cmp -s "$file" "$work/tree/$file"; then
		echo "# the edit changes nothing in $file"
	elif ! in_copy all ktest-kernel; then
		sed 's/^/# /' "$work/said" | tail -n 5
	else
		killer=$(noticed "$tests")
	fi
	cp "$file" "$work/tree/$file"
	if [ "$killer" ]; then
		echo "ok mutant.$name"
		echo "# noticed by $killer"
	else
		echo "not ok mutant.$name"
	fi
done | tee "$work/all"
! grep -q '^not ok' "$work/all"
