#!/bin/sh
# `make conf-check`: does each lab.conf add up, and does it fit the tests?  Prints "ok name" or "not ok name".
#
#   conf_check.sh GRADE NAMES ARCH:FORMAT...     GRADE: the program; NAMES/ARCH has the names of all cases there

grade=$1 names=$2
shift 2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

verdict() { # STATUS NAME; what is said of it is in $said
	if [ "$1" = 0 ]; then
		echo "ok conf.$2"
	else
		echo "not ok conf.$2"
		sed 's/^/# /' "$said"
	fi
}

# Suites make 85 points, parity 10, answers 5; each part is the sum of its cases.
sums_of() {
	awk '
		function wrong(text) { print FILENAME ": " text; failed = 1 }
		function close_part() {
			if (part && sum != points)
				wrong("part " part ": cases make " sum ", not " points)
		}
		$1 == "part" {
			close_part()
			part = $3
			points = $2
			sum = 0
			suites += points
			if (seen[part]++)
				wrong("part " part " twice")
		}
		$1 == "case" {
			split($2 "x1", each, "x")
			sum += each[1] * each[2]
			counted += $4 == "parity" ? each[1] * each[2] : 0
		}
		$1 == "parity" { parity = $2 }
		$1 == "answer" { answers += $2 }
		$1 == "budget" { budgets++ }
		$1 == "reading" { cap = $2 }
		$1 == "read" {
			lines = 0
			while ((getline text < $2) > 0)
				lines++
			if (!lines)
				wrong("there is no " $2)
			reading += lines
		}
		$1 == "allow" && (getline text < $2) <= 0 { wrong("there is no " $2) }
		END {
			close_part()
			if (suites != 85) wrong("suites make " suites " points, not 85")
			if (parity != 10) wrong("parity makes " parity + 0 " points, not 10")
			if (answers != 5) wrong("answers make " answers + 0 " points, not 5")
			if (!counted) wrong("no case counts for parity")
			if (budgets != 1) wrong("budget: one line is needed")
			if (reading > cap) wrong(reading " lines are to be read, more than " cap)
			exit failed
		}' "$1" > "$said"
}

# Every pattern matches as many cases as it says, no case is in two, and what runs is what counts.
cases_of() { # CONF ARCH FORMAT
	awk -v arch="$2" -v format="$3" '
		function wrong(text) { print FILENAME ": " arch ": " text; failed = 1 }
		function regex(glob) {
			gsub(/FORMAT/, format, glob)
			gsub(/ARCH/, arch, glob)
			gsub(/[.+(){}|^$\[\]]/, "\\\\&", glob)
			gsub(/\*/, ".*", glob)
			gsub(/\?/, ".", glob)
			return "^" glob "$"
		}
		FNR == NR { name[++names] = $1; next }
		$1 == "case" {
			split($2 "x1", each, "x")
			found = 0
			pattern = regex($3)
			for (i = 1; i <= names; i++)
				if (name[i] ~ pattern) {
					found++
					if (owner[i])
						wrong(name[i] " is a case of " owner[i] " and of " $3)
					owner[i] = $3
				}
			if (found != each[2])
				wrong($3 " matches " found " cases, not " each[2])
		}
		$1 == "run" {
			run_size += length($2) + 1
			pattern = regex($2)
			for (i = 1; i <= names; i++)
				if (name[i] ~ pattern)
					runs[i] = 1
		}
		END {
			for (i = 1; i <= names; i++)
				if (runs[i] && !owner[i])
					wrong(name[i] " is run but is no case")
				else if (owner[i] && !runs[i])
					wrong(name[i] " is a case but is not run")
			if (run_size > 1400) wrong("what to run does not fit the command line")
			exit failed
		}' "$names/$2" "$1" > "$said"
}

# The answers of the solution are the right ones, to the questions that there are.
answers_of() { # LAB CONF
	: > "$said"
	sed -n 's/^\([a-z0-9_]*\): *\(.*\)/\1 \2/p' "labs/$1/answers" 2>> "$said" | while read -r question value; do
		hash=$("$grade" -H "$1" "$question" "$value")
		grep -q "^answer [0-9]* $question .*$hash" "$2" || echo "labs/$1/answers: $question: $hash is not in $2"
	done >> "$said"
	awk '$1 == "answer" { print $3 }' "$2" | while read -r question; do
		grep -q "^$question: *[^ ]" "labs/$1/answers" || echo "labs/$1/answers: no $question"
	done >> "$said"
	[ ! -s "$said" ]
}

for conf in labs/*/lab.conf; do
	lab=${conf#labs/} lab=${lab%/lab.conf}
	awk -v lab="$lab" '/^[^#]/ && $2 == lab { found = 1 } END { exit !found }' labs/labs.list &&
		grep -q "^lab $lab " "$conf" && "$grade" "$conf" riscv:riscv:unbuilt:/dev/null > "$said" 2>&1
	[ $? = 2 ] # what it says of a kernel that does not compile
	verdict $? "$lab.is_understood"
	sums_of "$conf"
	verdict $? "$lab.adds_up"
	answers_of "$lab" "$conf"
	verdict $? "$lab.answers_are_right"
	for machine in "$@"; do
		cases_of "$conf" "${machine%%:*}" "${machine#*:}"
		verdict $? "$lab.cases_exist_on_${machine%%:*}"
	done
done
