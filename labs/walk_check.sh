#!/bin/sh
# Tests of walk.sh, in a tree of one source, with a make and a grader that only look at that.  Prints "ok name" or "not
# ok name".
#
# The source has functions f and g, which two parts ask for.  Case a.f passes if f is written, and so on; what "extra"
# holds passes in any case, what "broken" holds never.

here=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-walk.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
suite=walk-selftest log=$work/log
. grading/run/selftest_check.sh
unset MAKEFLAGS UPDATE

# ---- The tree -------------------------------------------------------------------------------------------------

mkdir -p "$work/tree/labs/courses" "$work/tree/labs/toy" "$work/tree/mmu" "$work/bin"
cd "$work/tree" || exit 1
cp "$here/labs/walk.sh" "$here/labs/carry.awk" labs
printf 'labs toy\narches riscv\n' > labs/courses/one
printf '1 toy direct speaks a lab\n' > labs/labs.list
printf 'part 50 one The first\nwrite f\npart 45 two The second\nwrite g\n' > labs/toy/lab.conf
echo 'width: 64' > labs/toy/answers
for f in f g; do
	printf '/* LAB(1) begin %s */\nint %s(void) { return 1; }\n/* LAB(1) end */\n' $f $f
done > mmu/a.h

cat > "$work/bin/make" << 'END'
#!/bin/sh
for word in "$@"; do
	case $word in OUT=*) out=${word#*=} ;; EARLIER=*) echo "$word" >> asked ;; esac
done
mkdir -p "$out/labs/toy" "$out/mmu"
cp "$(dirname "$0")/grade.sh" "$out/labs/grade.sh"
sed 's/return 1/return 0/' mmu/a.h > "$out/mmu/a.h"
: > "$out/labs/toy/answers"
END
cat > "$work/bin/grade.sh" << 'END'
mkdir -p build/grade/toy
row() { # PART CASE POINTS
	verdict=failed points=0
	grep -q "int $2.*return 1" mmu/a.h && verdict=passed points=$3
	[ "$(cat ../../../extra)" != "$2" ] || verdict=passed points=$3
	[ "$(cat ../../../broken)" != "$2" ] || verdict=failed points=0
	total=$((total + points))
	echo "toy,$1,\"a.$2\",riscv,$points,$3,$verdict"
}
total=0
{
	echo lab,part,case,machine,points,of,verdict
	row one f 50
	row two g 45
	answers=0
	! grep -q 64 labs/toy/answers || answers=5
	echo "toy,answers,,,$answers,5,"
	echo "toy,total,,,$((total + answers)),100,"
} > build/grade/toy/grades.csv
exit 1
END
printf '#!/bin/sh\nprintf "one f\\ntwo g\\n"\n' > "$work/bin/grade"
chmod +x "$work/bin/make" "$work/bin/grade"

# What is extra and broken is said three folders above a release.
walk() { # [variable=value...]
	env "$@" sh labs/walk.sh build/walk/one "$work/bin/make" "$work/bin/grade" one riscv source > "$log" 2>&1
	grep -q '^ok walk.one.riscv.toy$' "$log"
}
says() { grep -q -e "$1" "$log"; }
mkdir -p build
echo none > build/extra
echo none > build/broken

# ---- Tests ----------------------------------------------------------------------------------------------------

! walk && says '^not ok walk.one.riscv.toy$' && says '^# +toy release:'
check $? walk_without_expectations_fails_and_shows_what_it_found
walk UPDATE=1 && [ "$(grep -c '^toy' labs/walks/one.riscv)" = 8 ] && cp labs/walks/one.riscv "$log" &&
	says '^toy release:  one 0/50  two 0/45  questions 0/5  total 0/100$' && says '^toy release: fails a.g$' &&
	says '^toy one: earns a.f$' && says '^toy end:  one 50/50  two 45/45  questions 5/5  total 100/100$'
check $? update_writes_what_each_step_earns
walk
check $? expected_walk_passes
sed -i.bak '/two: earns/d' labs/walks/one.riscv
! walk && says '^# +toy two: earns a.g$'
check $? difference_is_shown
cp labs/walks/one.riscv.bak labs/walks/one.riscv
echo g > build/extra
! walk UPDATE=1 && says 'the release is worth 45 of 100 points'
check $? points_of_a_release_are_never_expected
echo none > build/extra
echo f > build/broken
! walk UPDATE=1 && says 'part one is written and has not all of its points:' && says 'a.f'
check $? part_without_its_points_is_never_expected
echo none > build/broken
: > labs/toy/answers
! walk UPDATE=1 && says 'in the end it has 95 of 100 points'
check $? end_without_all_points_is_never_expected
cmp labs/walks/one.riscv labs/walks/one.riscv.bak > "$log"
check $? failed_walk_leaves_the_expectations
! sh labs/walk.sh build/walk/one make grade none riscv source > "$log" 2>&1 && says 'no course none; there are: one'
check $? missing_course_is_named
! sh labs/walk.sh build/walk/one make grade one x86 source > "$log" 2>&1 && says 'has no machine x86, but: riscv'
check $? missing_machine_is_named
! sh labs/walk.sh build/walk/one make grade one riscv source toys > "$log" 2>&1 && says 'no lab toys .*but: toy'
check $? missing_lab_is_named

# ---- failures.awk ---------------------------------------------------------------------------------------------

n=0
while read -r verdict name why; do
	n=$((n + 1))
	echo "$verdict $n m-4.$name $why" | sed 's/^not /not ok /; s/ $//'
done > run.ktap << END
ok a.one
not a.two
not b.x/p
not b.x/q
not b.y
not c.x/p
not c.x/q
ok c.y
not mmu.riscv/s.c
not mmu.toy/s.c
not mmu.riscv/s.d
ok mmu.toy/s.d
ok d.one # SKIP no second CPU
not d.two
not d.three
END
printf '%s\n' a.two 'b.*' 'c.x/*' 'mmu.*/s.c' 'mmu.riscv/s.*' 'd.*' > wanted
awk -f "$here/labs/failures.awk" run.ktap | diff wanted - > "$log"
check $? failures_are_as_few_lines_as_can_be
printf 'case 5 mmu.FORMAT/s.*\ncase 0 a.one\ncase 2x3 c.*\n' > toy.conf
[ "$(awk -v conf=toy.conf -v format=toy -v arch=m -f "$here/labs/failures.awk" run.ktap)" = 'c.y
mmu.toy/s.d' ]
check $? what_passes_and_earns_points_is_named
