#!/bin/sh
# Tests of how releases are made: what is refused, what is left out, what is said.  Prints "ok name" or "not ok name".
#
#   release_check.sh DIR MAKE     DIR is where releases are made; MAKE runs a Makefile

dir=$1 make=$2
mkdir -p "$dir"
log="$dir/log"

suite=release
. grading/run/selftest_check.sh

# ---- What releases are made with ------------------------------------------------------------------------------

rm -rf "$dir/cuts" "$dir/leaks" "$dir/leaks-not" "$dir/own-pte" "$dir/own-iter"
cp -R labs/cuts "$dir/cuts"
secret='while (level < pt_top(it->pt) \&\& pt_is_aligned(next.raw, level + 1))'
sed "s/^	*highest--;/	$secret/" labs/cuts/mmu/pt/pt_iter.h.cut > "$dir/cuts/mmu/pt/pt_iter.h.cut"
! LABS_CUTS="$dir/cuts" sh labs/release.sh pte "$dir/leaks" half > "$log" 2>&1 &&
	grep -q '^mmu/pt/pt_iter.h:[0-9]*: shown: ' "$log" && [ ! -e "$dir/leaks" ]
check $? solution_in_plain_code_is_refused
sed '/^=== stub pt_iter_next/,/^===/d' labs/cuts/mmu/pt/pt_iter.h.cut > "$dir/cuts/mmu/pt/pt_iter.h.cut"
! LABS_CUTS="$dir/cuts" sh labs/release.sh iter "$dir/leaks" half > "$log" 2>&1 &&
	grep -q 'no stub for pt_iter_next' "$log" && [ ! -e "$dir/leaks" ]
check $? missing_stub_is_named
! sh labs/release.sh map "$dir/leaks" two-week > "$log" 2>&1 && grep -q 'not in course' "$log"
check $? lab_that_the_course_has_not_is_refused

grep -v '^until pte mmu/fmt/sv39' labs/staff.list > "$dir/staff"
! LABS_STAFF="$dir/staff" sh labs/release.sh pte "$dir/leaks" half > "$log" 2>&1 &&
	grep -q '^mmu/fmt/sv39/pte.h:[0-9]*: shown: .*12 lines before it' "$log"
check $? other_format_that_is_the_answer_is_refused
printf '/* LAB(1) begin f */\n\treturn pte.raw + pt_span(level);\n/* LAB(1) end */\n' > "$dir/f.c"
printf 'It is `pte.raw  + pt_span(level)`, or `PTE_LEAF_ALWAYS_ALWAYS()`; they return pte.raw +\n' > "$dir/f.md"
echo "$dir/f.c 1" > "$dir/asked"
! awk -v asked="$dir/asked" -v tree=none/ -f labs/leaks.awk "$dir/f.c" pass=2 "$dir/f.md" pass=3 "$dir/f.md" > "$log" &&
	[ "$(grep -c '/f.md:1: shown: ' "$log")" = 1 ]
check $? document_that_quotes_the_answer_is_refused
sh labs/release.sh pte "$dir/leaks" half > "$log" 2>&1 &&
	sh labs/release.sh iter "$dir/leaks-not" half >> "$log" 2>&1 &&
	[ ! -e "$dir/leaks/mmu/fmt/ept" ] && [ -e "$dir/leaks-not/mmu/fmt/ept/pte.h" ]
check $? what_is_left_out_until_a_lab_comes_after_it
sed '/^#/d; /^until/d; /^$/d' labs/staff.list > "$log.staff"
[ -s "$log.staff" ] && [ -z "$(cd "$dir/leaks" && while IFS= read -r path; do ls -d $path 2> /dev/null; done)" ] \
	< "$log.staff"
check $? what_is_for_the_staff_is_left_out
rm -rf "$dir/plain" && mkdir "$dir/plain" && git -c safe.directory='*' ls-files > "$log.files" 2> /dev/null &&
	tar cf - -T "$log.files" | (cd "$dir/plain" && tar xf - && sh labs/release.sh pte out half) > "$log" 2>&1
[ -s "$log.files" ] && ! diff -r "$dir/leaks" "$dir/plain/out" >> "$log" 2>&1
check $((! $?)) a_tree_without_git_makes_the_same
rm -rf "$dir/leaks" "$dir/leaks-not"

for course in full half two-week; do
	for lab in $(sed -n 's/^labs //p' "labs/courses/$course"); do
		[ -f "labs/$lab/lab.conf" ] || continue
		rm -rf "$dir/whole"
		sh labs/release.sh "$lab" "$dir/whole" $course > "$log" 2>&1
		check $? "$course.$lab.can_be_made"
	done
done

sh labs/release.sh pte "$dir/own-pte" half own > "$log" 2>&1 &&
	sh labs/release.sh iter "$dir/own-iter" half own >> "$log" 2>&1 &&
	sed -i.bak 's/lab_todo("pte_ad");/(void)"my own";/' "$dir/own-pte/mmu/fmt/riscv/pte.h" &&
	(cd "$dir/own-iter" && sh labs/carry.sh ../own-pte iter) >> "$log" 2>&1 &&
	grep -q '"my own"' "$dir/own-iter/mmu/fmt/riscv/pte.h" &&
	grep -q 'lab_todo("pt_iter_next")' "$dir/own-iter/mmu/pt/pt_iter.h"
check $? work_is_carried_to_the_next_release

# ---- What is asked of it wrongly ------------------------------------------------------------------------------

refused() { # PATTERN ARGUMENT...: release.sh fails and says so
	pattern=$1
	shift
	! sh labs/release.sh "$@" > "$log" 2>&1 && grep -q "$pattern" "$log"
}

mkdir -p "$dir/two"
refused 'no course half2; there are: full half two-week' pte "$dir/leaks" half2
check $? course_that_does_not_exist_is_named
refused "no lab 'ptes'; there are: tour pte" ptes "$dir/leaks" half
check $? lab_that_does_not_exist_is_named
refused "$dir/two exists: remove it" pte "$dir/two" half && [ -d "$dir/two" ]
check $? release_is_not_made_over_what_is_there
refused 'OUT= says where to' pte '' half
check $? release_needs_a_place
(cd labs && ! sh release.sh pte x half > ../"$log" 2>&1) && grep -q 'not the top of Flatland' "$log"
check $? release_from_elsewhere_is_refused
rm -rf "$dir/a place"
touch labs/not-tracked
"$make" --no-print-directory -s release LAB=tour OUT="$dir/a place" COURSE=half > "$log" 2>&1 &&
	[ -f "$dir/a place/labs/supplied/riscv.o" ] && [ ! -e "$dir/a place/labs/not-tracked" ] &&
	grep -q 'not released, since git does not track it: labs/not-tracked' "$log"
check $? release_below_a_path_with_a_blank
rm -f labs/not-tracked
status=0
for object in "$dir/a place"/labs/supplied/*.o; do
	! grep -e "\.debug_" -e "\.stab" "$object" || status=1
done > "$log" 2>&1
check $status supplied_objects_have_no_debugging_information
find "$dir/a place" -name TA.md -o -path '*/mutants/*' -o -path '*/labs/cuts*' -o -path '*/labs/walks*' > "$log"
[ ! -s "$log" ]
check $? folders_for_staff_are_left_out_with_all_that_is_in_them
