#!/bin/sh
# Tests of releases.  Prints "ok name" or "not ok name".
#
#   cut_check.sh DIR MAKE COURSE:LAB:ARCH...     DIR is where releases are made and built; MAKE runs a Makefile
#
# A release is made, so it shows no line of what is to be written (release.sh); it compiles without a warning, boots to
# a shell, and `vm run /guest/hello` does what labs.list says it does before anything is written.  Of the tests in its
# kernel, those fail that labs/expected/COURSE/LAB.ARCH lists (failures.awk), and no others; UPDATE=1 in the
# environment writes that list.  What a lab pays for is not among those that pass.

dir=$1 make=$2
shift 2
mkdir -p "$dir"
log="$dir/log"
made=
unset RESULTS

suite=cut
. grading/run/selftest_check.sh

column() { awk -v name="$1" -v n="$2" '/^[^#]/ && $2 == name { print $n }' labs/labs.list; }

# What `vm run /guest/hello` says at last.
hello_says() {
	case $(column "$1" 4) in
	speaks) echo 'the guest has shut down' ;;
	silent) echo "lacks U.*: hardware checks every access of the second stage as user's" ;;
	*) echo 'not written yet' ;;
	esac
}

# What failed, and what should.
tests_of() { # EXPECTED KTAP
	awk -f labs/failures.awk "$2" | LC_ALL=C sort > "$dir/failed"
	grep -q "^ok " "$2" || { echo "no test has run"; return 1; }
	[ "${UPDATE:-0}" != 1 ] || { mkdir -p "labs/expected/${1%/*}" && cp "$dir/failed" "labs/expected/$1"; }
	diff -u "labs/expected/$1" "$dir/failed"
}

unearned() { # LAB ARCH KTAP
	format=$(sed -n 's/^STAGE2_FORMAT *:= *//p' "kernel/arch/$2/build.mk")
	grep -q "^ok " "$3" || { echo "no test has run"; return 1; }
	[ -f "labs/$1/lab.conf" ] || return 0
	awk -v conf="labs/$1/lab.conf" -v format="$format" -v arch="$2" -f labs/failures.awk "$3" > "$dir/unearned"
	[ ! -s "$dir/unearned" ] || { echo "passes unearned:"; cat "$dir/unearned"; return 1; }
}

for cut in "$@"; do
	course=${cut%%:*} arch=${cut##*:} lab=${cut#*:}
	lab=${lab%:*}
	out="$dir/$course-$lab" name="$course.$lab"
	case " $made " in
	*" $name "*) ;;
	*)
		made="$made $name"
		rm -rf "$out"
		"$make" --no-print-directory -s release LAB="$lab" OUT="$out" COURSE="$course" > "$log" 2>&1
		check $? "$name.is_made"
		;;
	esac
	build="$make --no-print-directory -s -C $out ARCH=$arch DEPS=no O=build WERROR=1"
	$build all ktest-kernel > "$log" 2>&1
	check $? "$name.$arch.compiles_without_a_warning"
	$build CMD='vm run /guest/hello' run > "$log" 2>&1
	grep -q 'init: exit status' "$log" && grep -q "$(hello_says "$lab")" "$log" && ! grep -q 'panic' "$log"
	check $? "$name.$arch.guest_stops_where_it_should"
	$build KARGS=ktest.nodeaths KTEST_LOG=build/cut-$arch ktest > "$log" 2>&1
	tests_of "$course/$lab.$arch" "$out/build/cut-$arch.ktap" > "$log" 2>&1
	check $? "$name.$arch.what_should_fail_fails"
	unearned "$lab" "$arch" "$out/build/cut-$arch.ktap" > "$log" 2>&1
	check $? "$name.$arch.nothing_passes_unearned"
done
