#!/bin/sh
# `make budgets`: what the solution needs of each lab's instruction budget.  Prints a table for each lab, and "ok name"
# or "not ok name".
#
#	budgets.sh DIR MAKE LAB...     DIR is where kernels are built and run; no LAB: all that are graded
#
# Each case of a lab.conf runs on both machines, in kernels built with -O2 and with -Og: neither the options nor the
# compiler that a student has may decide.  The budget is at least 4 times what the dearest case needs in the worst of
# them; what is dearer than the solution, but not endless, is for cases to judge that count visits, flushes, tables.
set -u

dir=$1 make=$2
shift 2
labs=${*:-$(ls labs/*/lab.conf | sed 's|labs/\(.*\)/lab.conf|\1|')}
for lab in $labs; do
	[ -f "labs/$lab/lab.conf" ] || { echo "budgets: no lab $lab that is graded" >&2; exit 2; }
done
mkdir -p "$dir"
log=$dir/log suite=budgets
. grading/run/selftest_check.sh

run_make() { # OPT ARCH TARGET VARIABLE=VALUE...
	o=$1 a=$2
	shift 2
	MAKEFLAGS= "$make" --no-print-directory -s -j"${JOBS:-2}" ARCH="$a" OPT="$o" O="$dir/build$o" MMU=tdp DEPS=no \
		KMMU_INSTANCES="$format toy arm64" "$@" < /dev/null
}

# The cases of a lab in a kernel: lines "MACHINE-OPT NAME INSTRUCTIONS", with FORMAT for the format, into DIR/LAB.used.
measure() { # LAB OPT ARCH
	cases=$(awk -v f="$format" -v a="$3" '
		$1 == "run" { gsub(/FORMAT/, f, $2); gsub(/ARCH/, a, $2); printf "%s%s", comma, $2; comma = "," }
		' "labs/$1/lab.conf")
	run_make "$2" "$3" grade-run GRADE_CASES="$cases" GRADE_LOG="$dir/run" GRADE_ARGS=ktest.budget=100000 \
		> "$log" 2>&1
	[ "$(cat "$dir/run.status")" = 0 ] || return
	awk -v format="$format" -v where="$3$2" '
		/^# start / { name = $4; sub(/\r/, "", name); sub("^mmu[.]" format "/", "mmu.FORMAT/", name) }
		/^# used / { print where, name, $3 }' "$dir/run.console" >> "$dir/$1.used"
}

table() { # LAB: the dearest cases first; fails if the budget is too small
	budget=$(awk '$1 == "budget" { print $2 }' "labs/$1/lab.conf")
	awk -v lab="$1" -v budget="$budget" '
		{
			used[$2, $1] = $3
			if (!($2 in worst)) name[++names] = $2
			if (worst[$2] < $3) worst[$2] = $3
		}
		END {
			if (!names) { print "no case was measured"; exit 1 }
			split("riscv-O2 riscv-Og x86-O2 x86-Og", where, " ")
			printf "%-8s", lab
			for (w = 1; w <= 4; w++) printf " %9s", where[w]
			print "   million instructions, of a budget of " budget
			for (i = 1; i <= names; i++) {
				best = i
				for (j = i + 1; j <= names; j++)
					if (worst[name[j]] > worst[name[best]]) best = j
				n = name[best]; name[best] = name[i]; name[i] = n
				printf "%-8s", ""
				for (w = 1; w <= 4; w++) printf " %9.1f", used[n, where[w]] / 1e6
				print "   " n
			}
			need = int(worst[name[1]] * 4 / 1e6) + 1
			if (budget < need) { print lab ": the budget has to be " need " million at least"; exit 1 }
		}' "$dir/$1.used"
}

echo "# a case of no lab: $(sed -n 's/.*KTEST_BUDGET (\([0-9]*\) .*/\1/p' grading/ktest/ktest.h) million instructions"
for lab in $labs; do : > "$dir/$lab.used"; done
for opt in -O2 -Og; do
	for arch in riscv x86; do
		format=$(sed -n 's/^STAGE2_FORMAT *:= *//p' "kernel/arch/$arch/build.mk")
		run_make $opt $arch grade-programs grade-kernel > "$log" 2>&1
		check $? "kernel.$arch$opt"
		for lab in $labs; do
			measure "$lab" $opt $arch
			check $? "$lab.solution_passes.$arch$opt"
		done
	done
done
for lab in $labs; do
	table "$lab" > "$log"
	status=$?
	[ $status != 0 ] || sed "s/^/# /" "$log"
	check $status "$lab.budget_is_4_times_what_is_needed"
done
