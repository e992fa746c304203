#!/bin/sh
# Tests of grade and labs/hint.sh: results made by hand, good, crashed, forged, huge, empty.  Prints "ok name" or
# "not ok name".
#
#   selftest.sh GRADE

grade=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-grade.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset NO_COLOR

check() { # NAME CONDITION...
	name=$1
	shift
	if "$@"; then
		echo "ok grade.$name"
	else
		echo "not ok grade.$name"
		head -n 40 "$work/out" | cut -c 1-200 | sed 's/^/# /'
	fi
}

answer_line() { echo "answer 5 width $("$grade" -H toy width 0x40)"; }
cat > "$work/conf" << END
# a lab
lab toy A lab of three cases
allow Makefile
run mmu.FORMAT/a.*
part 50 one The first part
case 20 mmu.FORMAT/a.first parity
case 30 mmu.FORMAT/a.second parity
part 35 two Two at once
case 10x2 mmu.FORMAT/b.* parity
case 15 ARCH_only.third
case 0 mmu.FORMAT/a.given
parity 10
$(answer_line)
END
cat > "$work/diag" << END
# a list
id NOT-WRITTEN
lab any
why it is empty
look FUNCTION

id TOY-ONE
lab toy
why riscv because of riscv
why riscv on two lines
why x86 because of x86
look toy_make() mmu/fmt/FORMAT/pte.h
read its-anchor
ask What is it?
point It is a toy.
case mmu.FORMAT/b.*

id TOY-TWO
lab toy
END
echo 'width: 64' > "$work/answers"

# A run without a mistake; $1 is the machine, $2 its format.  The rest edits it, as sed does, with "|" for a new line.
results() {
	arch=$1 format=$2
	shift 2
	[ $# -gt 0 ] || set -- -e ""
	cat << END | sed "$@" | tr '|' '\n' > "$work/$arch"
KTAP version 1
1..6
ok 1 $arch-4.mmu.$format/a.first
ok 2 $arch-4.mmu.$format/a.second
ok 3 $arch-4.mmu.$format/b.x
ok 4 $arch-4.mmu.$format/b.y
ok 5 $arch-4.${arch}_only.third
ok 6 $arch-4.mmu.$format/a.given
END
}

run() { # OPTION...: over riscv alone
	"$grade" -d "$work/diag" -a "$work/answers" "$@" "$work/conf" \
		"riscv:riscv:${state:-ran}:$work/riscv" > "$work/out" 2>&1
	status=$?
}

both() {
	"$grade" -d "$work/diag" -a "$work/answers" "$@" "$work/conf" \
		"riscv:riscv:ran:$work/riscv" "x86:npt:ran:$work/x86" > "$work/out" 2>&1
	status=$?
}

ends() { # STATUS PATTERN...: ends so, and every pattern is found
	[ "$status" = "$1" ] || return 1
	shift
	for pattern in "$@"; do
		grep -q -e "$pattern" "$work/out" || return 1
	done
}

last_is() { [ "$status" = "$1" ] && tail -n 1 "$work/out" | grep -q -e "$2"; }
without() { ! grep -q -e "$1" "$work/out"; }

# ---- Points ---------------------------------------------------------------------------------------------------

results riscv riscv
results x86 npt
run
check one_machine_is_judged_alone last_is 0 '^total: all 90 of 90 points; 10 more .* ARCH=all$'
both
check both_make_100 last_is 0 '^total: all 100 of 100 points$'
run -1
check one_machine_in_the_course_has_all_points last_is 0 '^total: all 100 of 100 points$'
results x86 npt -e 's/^ok 2/not ok 2/'
both
check parity_is_in_proportion last_is 1 '^total: 95 of 100 points$'
results riscv riscv -e 's/^ok/not ok/'
both
check suites_count_where_there_are_more_points ends 1 'suites *55 of 85 points (on x86)' 'parity *0 of 10'
results riscv riscv -e 's/^ok 3/not ok 3/'
run
check each_of_several_has_its_points last_is 1 '^total: 80 of 90'
results riscv riscv -e 's/^ok 6/not ok 6/'
run
check what_worked_must_not_break ends 1 '^FAIL a.given riscv, worked before'
results riscv riscv
for value in 65 0x41 twice; do
	echo "width: ${value#twice}" > "$work/answers"
	[ "$value" != twice ] || printf 'width: 64\nwidth: 65\n' > "$work/answers"
	run
	check "wrong_answer_earns_nothing_$value" last_is 1 '^total: 85 of 90'
done
echo 'width: 1 KiB' > "$work/answers"
run
check what_is_no_number_is_told ends 1 'width: not right, and not a number'
echo 'width: 65' > "$work/answers"
run
check a_wrong_number_is_not_right ends 1 'width: not right$'
echo 'width:  0X4_0 ' > "$work/answers"
run
check an_answer_counts_by_its_value last_is 0 '^total: all 90'
results riscv riscv -e 's/^ok 5.*/& # SKIP it is Friday/'
run
check a_skipped_case_has_not_passed ends 1 '^FAIL riscv_only.third riscv, 0 of 15 points' 'SKIP it is Friday'

# ---- What a failure says --------------------------------------------------------------------------------------

details() { # what stands behind a failure of the second case
	printf '%s\n' "$1" > "$work/details"
	results riscv riscv -e 's/^ok 2/not ok 2/' -e 's/^ok 4/not ok 4/'
	sed "/^not ok 2/r $work/details" "$work/riscv" > "$work/detailed" && mv "$work/detailed" "$work/riscv"
}

details '# [TOY-ONE] did x | got 0x41  P | expected 0x45  B P  differs: B'
sed "/^not ok 4/r $work/details" "$work/riscv" > "$work/detailed" && mv "$work/detailed" "$work/riscv"
run
check a_line_says_what_differs ends 1 '^FAIL b.y, 0 of 10 \[TOY-ONE\]: differs: B$'
details '# left 1, right 2
# again: make ktest
# used 7 instructions'
run
check first_failure_is_told_in_full ends 1 '^FAIL a.second riscv, 0 of 30 points$' '^  left 1, right 2$' \
	"^  again    make grade LAB=toy ARCH=riscv T=a.second      debug: add GDB=1$"
check other_failures_are_a_line ends 1 '^FAIL b.y, 0 of 10 \[TOY-ONE\]: the kernel does not say why$'
check dull_lines_are_left_out without 'used 7\|make ktest'
check no_colour_in_a_file without "$(printf '\033')"
run -v
check all_is_told_on_request ends 1 '^ok   a.first riscv, 20 points$' ' T=b.y  '
run -n
check next_is_the_first_failure ends 1 '^1 of 6 cases pass before it$'
check next_tells_no_other without 'b\.y'
run -n -P two
check next_of_a_part_is_of_it_alone ends 1 "^FAIL b.y " "^1 of 4 cases of part two pass before it\$"
run -n -P one
check next_of_a_part_is_in_it ends 1 "^1 of 2 cases of part one pass before it\$"
run -t 'b.*'
check some_have_no_total last_is 1 '^1 of 2 cases chosen by T= pass, 10 of their 20 points; no total$'
run -t 'mmu.riscv/b.x'
check a_full_name_can_be_chosen last_is 0 '^1 of 1 cases'
run -t 'no.such'
check none_chosen_is_said ends 1 'no case of lab toy matches'
details '# some law is broken
# not written yet: pte_kind()'
run
check unwritten_function_is_the_reason ends 1 '\[NOT-WRITTEN\]$' '^  got      not written yet: pte_kind()$' \
	'^  why      it is empty$' '^  look     pte_kind()$'
details "$(i=0; while [ $i -lt 200 ]; do echo "# line $i $(printf '%0150d' 0)"; i=$((i + 1)); done)"
run
check no_line_is_lost_on_the_way ends 1 '^  line 3 0'
run -v
check more_is_told_on_request ends 1 '^  line 40 0' 'lines more$'
run
check a_failure_has_twelve_lines test "$(sed -n '/^FAIL a.second/,/^  again/p' "$work/out" | wc -l)" -le 12
check lines_have_100_columns test "$(awk 'length($0) > 100' "$work/out" | wc -l)" = 0

results riscv riscv -e 's/^ok 2/not ok 2/' -e "s/^ok 5.*/not & # $(printf '%080d' 0)/"
run
check a_line_for_another_is_no_longer test "$(awk 'length($0) > 100' "$work/out" | wc -l)" = 0

# ---- Mistakes that have a name --------------------------------------------------------------------------------

head_of() { grep "^FAIL $1 .*\\[$2\\]\$" "$work/out" | awk '{ exit length($0) != 100 }'; }

details '# x/y.c:7: with 3 levels: [TOY-ONE] did map 0x3000 -> 0x5000 | got 0x1  -- W | R | expected 0x3  -- W R
# [TOY-TWO] comes too late'
run
check a_mistake_is_told_in_parts ends 1 \
	'^  did      map 0x3000 -> 0x5000  (with 3 levels)$' '^  got      0x1  -- W | R$' \
	'^  expected 0x3  -- W R$' '^  why      because of riscv on two lines$' \
	'^  look     toy_make() mmu/fmt/riscv/pte.h      read  labs/toy/README.md#its-anchor$'
check its_name_is_at_the_right_end head_of a.second TOY-ONE
check what_is_told_is_not_repeated without 'x/y.c\|TOY-TWO'
check other_failures_have_their_name_by_the_case ends 1 '^FAIL b.y, 0 of 10 \[TOY-ONE\]: the kernel does not say why$'
run -v
check every_line_is_told_on_request ends 1 '^  expected 0x3' '^  x/y.c:7: with 3 levels: \[TOY-ONE\]' 'too late$'
run -s 7 -K "$work/k" -J "$work/j" -G "$work/g" -C "$work/c"
check a_seed_is_repeated ends 1 '^  again    make grade LAB=toy ARCH=riscv T=a.second SEED=7  *debug: add GDB=1$'
check junit_has_the_name grep -q '<failure type="TOY-ONE" message="0x1  -- W | R"' "$work/j"
check json_has_the_name grep -q '"output": "\[TOY-ONE\]\\n.*", "tags": \["TOY-ONE"\] },$' "$work/g"
check csv_has_the_name grep -q '^toy,one,"a.second",riscv,0,30,failed,TOY-ONE$' "$work/c"
check csv_has_none_for_what_passed grep -q '^toy,one,"a.first",riscv,20,20,passed,$' "$work/c"
check ktap_has_the_name grep -q '^# \[TOY-ONE\]$' "$work/k"
run -h
check the_host_gives_no_points ends 1 '^FAIL a.second riscv, on the host ' \
	'^  again    make htest LAB=toy ARCH=riscv T=a.second$' \
	'^3 of 5 cases pass on the host; points are given by make grade$'
check the_host_gives_no_total without 'total:'
results riscv riscv
run -h
check all_on_the_host_is_enough last_is 0 '^5 of 5 cases pass on the host'
details '# expected x == 1: left 0, right 1; [NO-SUCH] [TOY-TWO] a sentence: it has no parts'
run
check a_sentence_without_parts_is_what_was_got ends 1 '^  got      a sentence: it has no parts$' '\[TOY-TWO\]$'
details '# a.c:3: expected x == 1: left 0, right 1; [TOY-TWO] did this'
run
check the_c_of_a_check_is_not_told ends 1 '^  did      this$'
details '# [TOY-THREE] nobody knows it'
run
check an_unknown_name_is_none ends 1 '^FAIL a.second riscv, 0 of 30 points$' '^  \[TOY-THREE\] nobody knows it$'
details "# [TOY-ONE] did $(printf '%0200d' 0) | got $(printf '%060d %060d' 0 0) | expected $(printf '%070d' 0)"
run
check a_long_sentence_has_twelve_lines test "$(sed -n '/^FAIL a.second/,/debug/p' "$work/out" | wc -l)" -le 12
check a_long_sentence_has_100_columns test "$(awk 'length($0) > 100' "$work/out" | wc -l)" = 0
check a_long_sentence_keeps_its_end ends 1 '^  why' '^  look' '^  again'
echo '	lab_todo("pte_kind");' > "$work/pte.h"
sed "s|^allow .*|allow $work/other\nallow $work/pte.h|" "$work/conf" > "$work/conf.stub"
details '# not written yet: pte_kind()'
"$grade" -d "$work/diag" "$work/conf.stub" "riscv:riscv:ran:$work/riscv" > "$work/out" 2>&1
status=$?
check a_stub_is_found_in_the_tree ends 1 "^  look     pte_kind(), $work/pte.h\$"

list_is_refused() { # LINE...: a list with these lines
	printf '%s\n' "$@" > "$work/list"
	"$grade" -d "$work/list" "$work/conf" "riscv:riscv:ran:$work/riscv" > "$work/out" 2>&1
	status=$?
	ends 3 "list:.*not understood"
}

check a_name_is_of_two_words list_is_refused 'id TOY' 'lab toy'
check a_name_is_upper_case list_is_refused 'id TOY-one' 'lab toy'
check a_name_is_there_once list_is_refused 'id TOY-X' 'lab toy' '' 'id TOY-X'
check a_built_in_name_is_there_once list_is_refused 'id PANIC-X' 'lab any' '' 'id PANIC' 'lab any' '' 'id PANIC'
check a_block_begins_with_its_name list_is_refused 'lab toy' 'id TOY-X'
check a_keyword_is_known list_is_refused 'id TOY-X' 'labs toy'
check a_text_has_its_bounds list_is_refused 'id TOY-X' "look $(printf '%0270d' 0)"

# ---- Crashes, forged and broken results -----------------------------------------------------------------------

printf '# | before\n# | panic: a wild pointer\n' > "$work/details"
results riscv riscv -e 's/^ok 3.*/not ok 3 riscv-4.mmu.riscv\/b.x # CRASH/'
sed "/^not ok 3/r $work/details" "$work/riscv" > "$work/crashed" && mv "$work/crashed" "$work/riscv"
run
check a_crash_loses_only_its_case last_is 1 '^total: 80 of 90'
check a_crash_shows_its_panic ends 1 '^  got      CRASH' '^  | panic: a wild pointer'
results riscv riscv -e '5,$d'
run
check a_missing_result_is_a_failure ends 1 '^FAIL b\.\* riscv, 0 of 10 points' 'no result: it was not run'
results riscv riscv -e 's/^ok 4.*/not ok 4 case-4 # NOT RUN/'
run
check a_nameless_result_is_no_case last_is 1 '^total: 80 of 90'
results riscv riscv -e 's/^ok 6.*/&|ok 6 riscv-4.mmu.riscv\/a.first/'
run
check a_case_that_reports_twice_has_failed ends 1 '^FAIL a.first riscv, 0 of 20 points' 'more than once'
results riscv riscv -e 's/^ok 3.*/&|&/'
run
check what_came_twice_is_one_case last_is 1 '^total: 80 of 90'
results riscv riscv -e 's/^ok 2/ok 1/'
run
check a_number_that_came_twice_is_a_failure ends 1 '^FAIL a.second riscv, 0 of 30'
results riscv riscv -e 's/^ok 2.*/not ok 2 mmu.riscv\/a.second|ok 2 mmu.riscv\/a.second/'
run
check a_later_ok_does_not_mend_a_failure ends 1 '^FAIL a.second'
results riscv riscv -e 's/^ok 2/not ok 2/' -e 's/^1..6/&|ok 0 mmu.riscv\/a.second|ok 99 mmu.riscv\/a.second/'
run
check numbers_outside_the_plan_are_no_results last_is 1 '^total: 60 of 90'
results riscv riscv -e 's/^KTAP/1..6|ok 2 mmu.riscv\/a.second|&/' -e 's/^ok 2/not ok 2/'
run
check nothing_before_the_version_counts last_is 1 '^total: 60 of 90'
results riscv riscv -e 's/^ok 2 \(.*\)/ok 2 \1 # and so on/' -e 's/^1\.\.6/1..9/' -e 's/^ok 6/ok 7 else.where|ok 8/'
run
check ok_with_more_behind_it_has_not_passed ends 1 '^FAIL a.second' '1 results belong to no case'
details "$(printf '# bad \033[31m \200\300 \342\200\256 <&">\\ end')"
run -K "$work/k" -J "$work/j" -G "$work/g" -C "$work/c"
check control_characters_are_shown_as_such ends 1 'bad ?\[31m ?? ??? <&">\\ end'
check files_have_none test "$(cat "$work/k" "$work/j" "$work/g" "$work/c" | LC_ALL=C tr -d '\n\040-\176' | wc -c)" = 0
check junit_is_escaped grep -q '&lt;&amp;&quot;&gt;\\ end' "$work/j"
check json_is_escaped grep -q '<&\\">\\\\ end\\n' "$work/g"
check json_has_the_score grep -q '^{ "score": 50,' "$work/g"
check csv_has_the_total grep -q '^toy,total,,,50,90,,$' "$work/c"
check ktap_names_the_lab grep -q '^not ok 2 toy.riscv.a.second$' "$work/k"

# ---- Nobody's fault -------------------------------------------------------------------------------------------

: > "$work/riscv"
run
check no_result_at_all_is_not_the_students_fault ends 3 'no test has run on riscv'
printf 'KTAP version 1\n1..1\nnot ok 1 boot # CRASH\n# | Segmentation fault\n' > "$work/riscv"
run
check a_dead_kernel_is_not_the_students_fault ends 3 'Segmentation fault'
rm "$work/riscv"
run
check a_missing_file_is_not_the_students_fault ends 3 'no test has run'
echo 'mmu/fmt/riscv/pte.h:9: error: no' > "$work/riscv"
state=unbuilt
run
check a_build_error_is_told ends 2 'does not compile' 'pte.h:9: error: no'
check a_build_error_has_no_points ends 2 '^total: 5 of 90'
state=trouble
run
check trouble_with_qemu_has_its_status ends 3 'not your fault' '^total: none'
echo 'case x y' >> "$work/conf"
run
check a_broken_conf_is_named ends 3 'conf:.*not understood'
printf 'case \033[31m\007\377 x\n' >> "$work/conf"
sed '/^case x y$/d' "$work/conf" > "$work/conf.bytes"
mv "$work/conf.bytes" "$work/conf"
run
no_control() { ! LC_ALL=C grep -q "$(printf '[\033\007\377]')" "$work/out"; }
check a_broken_conf_is_named_in_clean_text no_control
check bytes_in_a_conf_are_not_understood ends 3 'conf:.*not understood: case ?'
sed '$d' "$work/conf" > "$work/conf2" && mv "$work/conf2" "$work/conf"

state=ran

# ---- What a part asks for -------------------------------------------------------------------------------------

written() { # LINE...: a lab with these lines behind its first part; what each part asks for is in "out"
	{
		sed '/^case 20/,$d' "$work/conf"
		printf '%s\n' "$@"
		sed -n '/^case 20/,$p' "$work/conf"
	} > "$work/writes"
	"$grade" -w "$work/writes" > "$work/out" 2>&1
	status=$?
}

written 'write pte_kind pte_ad' 'write pte_make_leaf'
check parts_name_what_they_ask_for ends 0 '^one pte_kind pte_ad pte_make_leaf$' '^two$'
written 'write pte_kind' 'write pte_ad pte_kind'
check nothing_is_asked_for_twice ends 3 'writes:7: not understood: write pte_ad pte_kind'
written 'write'
check an_empty_line_is_refused ends 3 'not understood'
written "write $(seq -s ' ' 1 20)"
check names_are_not_lost_at_the_end_of_a_line ends 3 'not understood'
sed 's/^lab .*/&|write pte_kind/' "$work/conf" | tr '|' '\n' > "$work/writes"
"$grade" -w "$work/writes" > "$work/out" 2>&1
status=$?
check names_belong_to_a_part ends 3 'writes:3: not understood'

# A long run of garbage ends, and what was good in it counts.
results riscv riscv
{
	head -n 2 "$work/riscv"
	awk 'BEGIN { for (i = 0; i < 300000; i++) print "# again and again, said the kernel, and nobody stopped it" }'
	head -c 3000000 /dev/zero | tr '\0' 'x'
	echo
	head -c 200000 /dev/zero
	echo
	sed 1,2d "$work/riscv"
} > "$work/huge" && mv "$work/huge" "$work/riscv"
run
check endless_output_harms_nobody last_is 0 '^total: all 90'
awk 'BEGIN { print "KTAP version 1\n1..99999"; for (i = 1; i < 9000; i++) print "ok " i " x.y" i }' > "$work/riscv"
run
check many_strange_results_harm_nobody ends 1 'belong to no case'

# ---- Hints ----------------------------------------------------------------------------------------------------

hint() { # VARIABLE=VALUE...: from the last results of lab pte below $work
	DIAG_LIST="$work/diag" sh labs/hint.sh O="$work" LAB=pte "$@" > "$work/out" 2>&1
	status=$?
}

hint
check no_hint_without_results ends 1 'there are no results of lab pte yet: make grade LAB=pte'
mkdir -p "$work/grade/pte"
details '# [TOY-ONE] got nothing'
run -C "$work/grade/pte/grades.csv"
hint T=a.second
check the_first_hint_is_a_question ends 0 '^\[TOY-ONE\] a.second riscv$' 'What is it?'
check the_first_hint_is_no_pointer without 'It is a toy'
hint T=mmu.riscv/a.second
check the_second_hint_is_a_pointer ends 0 'It is a toy.'
check the_second_hint_is_no_question without 'What is it'
hint T=TOY-ONE
check later_hints_are_both ends 0 '^\[TOY-ONE\]$' 'What is it?' 'It is a toy.'
hint
check a_hint_is_for_the_first_failure ends 0 '^\[TOY-ONE\] a.second riscv$'
sed 's/a\.second/a.third/' "$work/grade/pte/grades.csv" > "$work/third" && mv "$work/third" "$work/grade/pte/grades.csv"
hint T=a.third
check another_case_begins_with_the_question ends 0 '^\[TOY-ONE\] a.third riscv$' 'What is it?'
check another_case_has_no_pointer_yet without 'It is a toy'
hint T=a.first
check no_hint_for_what_has_passed ends 1 'a.first has passed'
hint T=a.second ARCH=x86
check no_hint_without_a_result ends 1 'have no a.second'
details '# nobody knows'
run -C "$work/grade/pte/host.csv"
hint T=a.second
check no_hint_for_what_nobody_knows ends 1 'nobody knows this mistake'
