#!/bin/sh
# Tests of labs/diag_check.sh, over a tree made here.  Prints "ok name" or "not ok name".
#
#	sh labs/diag_selftest.sh GRADE

grade=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-diag-test.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
top=$work/tree

# A tree without a mistake.
plant() {
	rm -rf "$top"
	mkdir -p "$top/grading/suites" "$top/labs/toy" "$top/mmu/fmt/riscv" "$top/mmu/fmt/npt"
	: > "$top/labs/staff.list"
	printf 'grade: need ## x\nhtest next: ; true\nX := y\n' > "$top/Makefile"
	: > "$top/grading/a.mk"
	: > "$top/labs/lab.mk"
	echo 'staff:' > "$top/labs/staff.mk"
	echo 'int toy_make(void);' | tee "$top/mmu/fmt/riscv/pte.h" > "$top/mmu/fmt/npt/pte.h"
	cat > "$top/grading/diag.list" <<- END
		id NOT-WRITTEN
		lab any
		why empty
		ask a
		point p

		id PANIC
		lab any
		why panic
		ask a
		point p

		id NO-END
		lab any
		why endless
		ask a
		point p

		id TOY-ONE
		lab toy
		why a
		look toy_make(), mmu/fmt/FORMAT/pte.h
		read the-first-one-2
		ask a
		point p

		id TOY-TWO
		lab toy
		why a
		look toy_make(),
		look mmu/fmt/FORMAT/pte.h
		read by-hand
		ask a
		point p
	END
	cat > "$top/grading/suites/a.c" <<- END
		/* [TOY-NONE] "Title" */
		f("x [TOY-ONE] y"); f("TOY-TWO"); /* [SPEC-KEY] */
	END
	cat > "$top/labs/toy/README.md" <<- END
		# The lab
		## The first: one, 2
		<a id="by-hand"></a> Try \`make grade LAB=toy T='x y'\`, [this](#the-lab) and [that](TA.md#toy).

		    make V=1 htest
	END
	printf '### TOY-ONE\n\n### TOY-TWO\n' > "$top/labs/toy/TA.md"
}

judge() { sh labs/diag_check.sh "$grade" "$top" > "$work/out" 2>&1; }

report() { # NAME STATUS
	if [ "$2" = 0 ]; then
		echo "ok diagcheck.$1"
	else
		echo "not ok diagcheck.$1"
		sed 's/^/# /' "$work/out"
	fi
}

# NAME FILE SED-EXPRESSION FAILURE TEXT: with that edit this alone fails, and says so
breaks() {
	plant
	sed "$3" "$top/$2" > "$work/new" && cat "$work/new" > "$top/$2"
	judge
	[ "$(grep '^not ok' "$work/out")" = "not ok diag.$4" ] && grep -q -e "$5" "$work/out"
	report "$1" $?
}

plant
judge
! grep '^not ok' "$work/out" > /dev/null && [ "$(grep -c '^ok' "$work/out")" -ge 10 ]
report a_tree_without_a_mistake_passes $?
rm "$top/labs/staff.list" "$top/labs/toy/TA.md"
sed 's/TA.md#toy/README.md/' "$top/labs/toy/README.md" > "$work/new" && cat "$work/new" > "$top/labs/toy/README.md"
judge
! grep '^not ok' "$work/out" > /dev/null
report a_release_needs_no_notes $?
plant
sed 's/ f("TOY-TWO");//' "$top/grading/suites/a.c" > "$work/new" && cat "$work/new" > "$top/grading/suites/a.c"
echo 'case mmu.FORMAT/*' >> "$top/grading/diag.list"
judge
! grep '^not ok' "$work/out" > /dev/null
report a_name_may_be_used_by_its_cases $?
breaks an_unknown_name_is_found grading/suites/a.c 's/TOY-ONE/TOY-NEW/; $s/$/ f("[TOY-ONE]");/' \
	names_in_tests_are_in_the_list 'grading/suites/a.c:2: TOY-NEW'
breaks an_unused_name_is_found grading/suites/a.c 's/ f(.TOY-TWO.);//; ' names_in_the_list_are_used TOY-TWO
breaks a_missing_question_is_found grading/diag.list '/TOY-ONE/,/TOY-TWO/{/^ask/d;}' names_are_explained \
	'TOY-ONE has no line "ask"'
breaks a_missing_function_is_found mmu/fmt/npt/pte.h 's/toy_make/toy_maker/' files_and_functions_are_there \
	'no toy_make() in mmu/fmt/npt/pte.h'
breaks a_missing_file_is_found grading/diag.list '/TOY-TWO/,$s/pte.h/pt.h/' files_and_functions_are_there \
	'TOY-TWO: there is no mmu/fmt/riscv/pt.h'
breaks a_missing_heading_is_found labs/toy/README.md 's/one, 2/one, 3/' toy.names_are_in_the_handout \
	'TOY-ONE: the handout has no #the-first-one-2'
breaks a_missing_note_is_found labs/toy/TA.md 's/### TOY-TWO/## TOY-TWO/' toy.names_are_in_the_notes TOY-TWO
long=$(printf 'word %.0s' $(seq 1 2800))
breaks a_long_handout_is_found labs/toy/README.md "3s/^/$long/" handouts_have_eight_pages \
	'labs/toy/README.md has 28'
breaks a_dead_link_is_found labs/toy/README.md 's/#the-lab/#the-labs/' handouts_link_to_what_is_there '#the-labs'
breaks an_unknown_target_is_found labs/toy/README.md 's/1 htest/1 htests/' handouts_name_targets_that_there_are \
	'there is no `make htests`'
breaks a_target_of_staff_is_found labs/toy/README.md 's/make grade/make staff/' \
	handouts_name_targets_that_there_are '`make staff`'
breaks a_broken_list_is_found grading/diag.list "s/^id NO-END/&  end/" list_is_understood "not understood"
