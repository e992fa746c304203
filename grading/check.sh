#!/bin/sh
# The two halves of `make check`; grading/check.mk says which parts there are.
#
#   check.sh part NAME command...   run one part and keep its results; always succeeds
#   check.sh sum NAME...            print the results of these parts and their sum; 1 when something failed
#
# A part prints lines "ok name", "not ok name", or "ok name # SKIP why" (a number may stand before the name), and "# "
# lines beside a failure that explain it; or writes them into the file that $RESULTS names.  A part that prints no
# result at all, or ends with an error but reports no failure, has failed; one that ends well without any results, and
# whose name comes with a "+" in front, counts as one test that passed.

dir=${CHECK_DIR:-build/check}
LC_ALL=C
export LC_ALL

# Seconds of the wall clock, for the report.
now() {
	date +%s
}

results_of() {
	grep -E '^(not )?ok |^# ' "$1"
}

# What the end of the part adds to its results.
verdict() { # NAME STATUS WHOLE
	if [ "$3" ]; then
		[ "$2" = 0 ] && echo "ok $1" || echo "not ok $1"
	elif ! grep -q -E '^(not )?ok ' "$dir/$1.tap"; then
		echo "not ok $1.reported_nothing"
	elif [ "$2" != 0 ] && ! grep -q '^not ok ' "$dir/$1.tap"; then
		echo "not ok $1.ended_with_status_$2"
	fi
}

run_part() {
	name=${1#+}
	whole=
	[ "$name" = "$1" ] || whole=yes
	shift
	mkdir -p "$dir"
	rm -f "$dir/$name".*
	started=$(now)
	RESULTS="$dir/$name.results" "$@" > "$dir/$name.log" 2>&1 < /dev/null
	status=$?
	if [ "$whole" ]; then
		: > "$dir/$name.tap"
	elif [ -f "$dir/$name.results" ]; then
		mv "$dir/$name.results" "$dir/$name.tap"
	else
		results_of "$dir/$name.log" > "$dir/$name.tap"
	fi
	verdict "$name" $status "$whole" > "$dir/$name.end"
	if grep -q '^not ok' "$dir/$name.end"; then
		echo "# status $status; the end of $dir/$name.log:" >> "$dir/$name.end"
		tail -n 40 "$dir/$name.log" | sed 's/^/# | /' >> "$dir/$name.end"
	fi
	cat "$dir/$name.end" >> "$dir/$name.tap"
	echo $(($(now) - started)) > "$dir/$name.seconds"
	report_part "$name"
}

count() {
	grep -c -E "$1" "$dir/$name.tap"
}

# One line of what a part found; then its failures, each with its explanation.
report_part() {
	name=$1
	failed=$(count '^not ok ')
	skipped=$(count '^ok .* # SKIP')
	passed=$(($(count '^ok ') - skipped))
	printf '%-28s %5d passed %4d failed %4d skipped %5d s\n' "$name" "$passed" "$failed" "$skipped" \
		"$(cat "$dir/$name.seconds")"
}

# An explanation may stand before its failure or after it.  What was not run because of an earlier failure is only
# counted.
failures_of() {
	awk '
		/^not ok .* # NOT RUN$/ { not_run++; shown = 0; next }
		/^not ok / { print; printf "%s", before; before = ""; shown = 1; next }
		/^ok / { shown = 0; before = "" }
		/^#/ && shown { print; next }
		/^#/ { before = before $0 "\n" }
		END { if (not_run) print "not ok: " not_run " more, not run after that" }' "$dir/$1.tap"
}

sum_parts() {
	passed_all=0 failed_all=0 skipped_all=0
	for part in "$@"; do
		part=${part#+}
		if [ ! -s "$dir/$part.tap" ] || [ ! -s "$dir/$part.seconds" ]; then
			mkdir -p "$dir"
			echo "not ok $part.did_not_run" > "$dir/$part.tap"
			echo 0 > "$dir/$part.seconds"
		fi
		failures_of "$part"
		report_part "$part" > /dev/null
		passed_all=$((passed_all + passed))
		failed_all=$((failed_all + failed))
		skipped_all=$((skipped_all + skipped))
	done
	sum="$passed_all passed, $failed_all failed"
	[ $skipped_all = 0 ] || sum="$sum, $skipped_all skipped"
	echo "$sum" | tee "$dir/sum"
	[ $failed_all = 0 ] && [ $passed_all -gt 0 ]
}

verb=$1
shift
case $verb in
part) run_part "$@" ;;
sum) sum_parts "$@" ;;
*) exit 2 ;;
esac
