#!/bin/sh
# Walks through a course as a student who makes no mistake: each lab's release, its parts one after the other, its
# answers.  Prints "ok name" or "not ok name" for each lab.
#
#	walk.sh DIR MAKE GRADE COURSE ARCH EARLIER [LAB...]
#
# GRADE: the program.  DIR/LAB is the release, DIR/LAB.steps what came of each step; it has to be what
# labs/walks/COURSE.ARCH says.  UPDATE=1 in the environment writes that file instead.  LABs: some of the course's, in
# its order; none: all that are graded.  EARLIER=own: a lab's release has stubs where an earlier one asked for
# something, and `make carry` brings the work.
#
# A line of the expectations is "LAB STEP: what".  Steps are "release", the parts, and "end",
# when the questions are answered.  The release has the cases that fail, all others those that pass from then on
# ("earns") or no longer ("loses"); each is complete.
#
# Laws, whatever is expected: a release is worth nothing; a part that is written has all of its points; in the end all
# is there, on one machine and on all of the course.
set -u

dir=$1 make=$2 grader=$3 course=$4 arch=$5 earlier=$6
shift 6
expected=labs/walks/$course.$arch

die() { printf 'walk: %s\n' "$*" >&2; exit 2; }

# The words behind a keyword of the course.
course_words() { sed -n "s/^$1 //p" "labs/courses/$course"; }

[ -f "labs/courses/$course" ] || die "no course $course; there are: $(ls labs/courses | tr '\n' ' ')"
arches=$(course_words arches)
case " $arches " in *" $arch "*) ;; *) die "course $course has no machine $arch, but: $arches" ;; esac
case $earlier in source|own) ;; *) die "EARLIER=$earlier: source or own" ;; esac
graded=
for lab in $(course_words labs); do
	[ ! -f "labs/$lab/lab.conf" ] || graded="$graded $lab"
done
for lab in "$@"; do
	case " $graded " in *" $lab "*) ;; *) die "course $course has no lab $lab that is graded, but:$graded" ;; esac
done
labs=${*:-$graded}
mkdir -p "$dir"
log=$dir/log

number_of() { awk -v name="$1" '/^[^#]/ && $2 == name { print $1 }' labs/labs.list; }

# ---- A lab's tree ---------------------------------------------------------------------------------------------

release() { # LAB LAB-BEFORE
	how=source
	[ "$earlier$2" = "$earlier" ] || how=$earlier
	rm -rf "${dir:?}/$1"
	"$make" --no-print-directory -s release LAB="$1" OUT="$dir/$1" COURSE="$course" EARLIER="$how" \
		> "$log" 2>&1 || return
	[ "$how" = source ] || MAKEFLAGS= "$make" --no-print-directory -s -C "$dir/$1" carry FROM="../$2" >> "$log" 2>&1
}

# What the solution has between these markers.
write() { # LAB MARKER...
	tree=$dir/$1 number=$(number_of "$1")
	shift
	(cd "$tree" && grep -rl --include='*.[chS]' "^[	 ]*/\* LAB($number) begin" mmu hyp kernel user) |
	while IFS= read -r path; do
		awk -v lab=$((number + 1)) -v path="$path" -v only="$*" -f labs/carry.awk "$path" "$tree/$path" \
			> "$dir/written" || exit
		cmp -s "$dir/written" "$tree/$path" || cat "$dir/written" > "$tree/$path"
	done
}

# ---- What it is worth -----------------------------------------------------------------------------------------

grade() { # LAB ARCH: into DIR/grades.csv
	rm -f "$dir/grades.csv"
	(cd "$dir/$1" && MAKEFLAGS= MAKE="$make" sh labs/grade.sh ARCH="$2" DEPS=no PLAIN=1) > "$log" 2>&1
	[ $? -lt 2 ] && cp "$dir/$1/build/grade/$1/grades.csv" "$dir/grades.csv"
}

total() { awk -F, '$2 == "total" && $3 == "" { print $5 " of " $6 }' "$dir/grades.csv"; }

# "LAB STEP: points", and what is new since the last step.  DIR/failing has the cases that failed then, and gets those
# that fail now.
report_step() { # LAB STEP
	touch "$dir/failing"
	awk -F, -v head="$1 $2:" -v last="$dir/failing" -v first="$([ "$2" = release ] && echo 1)" '
		BEGIN { while ((getline name < last) > 0) failed[name] = 1; close(last) }
		NR == 1 { next }
		$3 == "" {
			if ($2 == "answers") sums = sums "  questions " $5 "/" $6
			if ($2 == "total") sums = sums "  total " $5 "/" $6
			next
		}
		{
			name = $3
			gsub(/"/, "", name)
			if (!($2 in max)) part[++parts] = $2
			points[$2] += $5
			max[$2] += $6
			if ($7 != "passed") failing[++failings] = name
			if ($7 != "passed" && !(name in failed))
				what[++whats] = (first ? "fails " : "loses ") name
			if ($7 == "passed" && name in failed)
				what[++whats] = "earns " name
		}
		END {
			printf "%s", head
			for (i = 1; i <= parts; i++)
				printf "  %s %d/%d", part[i], points[part[i]], max[part[i]]
			print sums
			for (i = 1; i <= whats; i++)
				print head " " what[i]
			printf "" > last
			for (i = 1; i <= failings; i++)
				print failing[i] > last
		}' "$dir/grades.csv" >> "$dir/$1.steps"
}

# Points of a part that are missing.
is_whole() { # PART
	awk -F, -v part="$1" '$2 == part && $3 != "" && $7 != "passed" { print $3; failed = 1 } END { exit failed }' \
		"$dir/grades.csv" > "$log"
}

# ---- A walk ---------------------------------------------------------------------------------------------------
# Each prints what is wrong, and fails.

say_log() { echo "$1"; tail -n 30 "$log"; return 1; }

step() { # LAB STEP
	grade "$1" "$arch" < /dev/null || say_log "$1 cannot be graded after $2" || return
	report_step "$1" "$2"
}

# The step of a part is on stdin as `grade -w` prints it: its name, and what it asks for.
walk_parts() { # LAB
	while read -r part markers; do
		write "$1" $markers || return
		step "$1" "$part" || return
		is_whole "$part" || say_log "part $part is written and has not all of its points:" || return
	done
}

walk_lab() { # LAB LAB-BEFORE
	rm -f "$dir/failing" "$dir/$1.steps"
	release "$1" "$2" || say_log "no release of $1" || return
	step "$1" release || return
	case $(total) in '0 of '*) ;; *) echo "the release is worth $(total) points"; return 1 ;; esac
	"$grader" -w "labs/$1/lab.conf" > "$dir/parts" || return
	walk_parts "$1" < "$dir/parts" || return
	cp "labs/$1/answers" "$dir/$1/labs/$1/answers"
	step "$1" end || return
	case $(total) in '100 of 100'|'90 of 90') ;; *) echo "in the end it has $(total) points"; return 1 ;; esac
	[ "$arches" != "$arch" ] || return 0
	grade "$1" all || say_log 'not on all machines' || return
	[ "$(total)" = '100 of 100' ] || say_log "on all machines it has $(total) points"
}

of_lab() { grep "^$1 " "$2"; }

# Writes the lab's lines in the place of those that are there.
update() { # LAB
	mkdir -p labs/walks
	{
		echo "# What \`make walk COURSE=$course ARCH=$arch\` finds (labs/walk.sh).  UPDATE=1 writes it."
		for l in $(course_words labs); do
			if [ "$l" = "$1" ]; then cat "$dir/$l.steps"; else of_lab "$l" "$expected" 2> /dev/null; fi
		done
	} > "$dir/expected"
	cat "$dir/expected" > "$expected"
}

before=
for lab in $labs; do
	name=walk.$course.$arch.$lab
	[ "$earlier" = source ] || name=$name.$earlier
	walk_lab "$lab" "$before" > "$dir/said"
	status=$?
	if [ $status = 0 ] && [ "${UPDATE:-0}" = 1 ]; then
		update "$lab"
	elif [ $status = 0 ]; then
		of_lab "$lab" "$expected" > "$dir/expected" 2>> "$dir/said"
		diff -u "$dir/expected" "$dir/$lab.steps" >> "$dir/said"
		status=$?
	fi
	if [ $status = 0 ]; then
		echo "ok $name"
	else
		echo "not ok $name"
		sed 's/^/# /' "$dir/said"
	fi
	before=$lab
done
