#!/bin/sh
# A hint for a case that failed: first a question, the second time a pointer, then both again.  `make hint`.
#
#	sh labs/hint.sh VARIABLE=VALUE...
#
#   LAB=        the lab, by name or number; a release knows its own
#   T=          a case of the last results, or the name of a mistake, as in PTE-U-MISSING; none: the first that failed
#   ARCH=       only results of this machine
#   O=build     results are in O/grade/LAB: grades.csv of `make grade`, host.csv of `make htest LAB=`
#
# What has been asked is noted in O/grade/LAB/hints, for each case.  Questions and pointers are in grading/diag.list.
set -u
. labs/lab.sh

list=${DIAG_LIST:-grading/diag.list}
lab= wanted= arch= out=build case= pattern=

die() { printf 'hint: %s\n' "$*"; exit 1; }

for word in "$@"; do
	case $word in
	LAB=*) lab=${word#*=} ;;
	T=*) wanted=${word#*=} ;;
	ARCH=all) arch= ;;
	ARCH=*) arch=${word#*=} ;;
	O=*) out=${word#*=} ;;
	esac
done

name=$(lab_name "$lab")
[ -n "$name" ] || die "LAB= says which lab: $(all_labs)"
dir=$out/grade/$name
results=
for file in grades host; do [ ! -f "$dir/$file.csv" ] || results="$results $file.csv"; done
[ -n "$results" ] || die "there are no results of lab $name yet: make grade LAB=$name"

# The results, newest file first: lines "CASE MACHINE VERDICT ID".
all_results() {
	(cd "$dir" && awk -F, -v arch="$arch" '
		FNR > 1 && $3 != "" && (arch == "" || $4 == arch) { gsub(/"/, "", $3); print $3, $4, $7, $8 }' \
		$(ls -t $results))
}

# The texts of a mistake that begin with a keyword.
text_of() { # ID KEYWORD
	awk -v id="$1" -v word="$2" '
		$1 == "id" { here = $2 == id }
		here && $1 == word { sub(/^[a-z]+ +/, ""); printf "%s%s", text++ ? " " : "", $0 }
		END { if (text) print "" }' "$list"
}

is_mistake() { grep -q -x "id $1" "$list"; }

# Sets $id.
find_mistake() {
	case $wanted in *[!A-Za-z0-9_./*?-]*) die "T=$wanted: a case, or the name of a mistake" ;; esac
	if [ -n "$wanted" ] && is_mistake "$wanted"; then
		id=$wanted
		return
	fi
	found=$(all_results | awk -v wanted="${wanted#mmu.*/}" '
		(wanted == "" || $1 == wanted) && $3 == "failed" { print; exit }')
	if [ -z "$found" ]; then
		[ -n "$wanted" ] || die "no case has failed in the last results of lab $name"
		all_results | grep -q "^$wanted .* passed" && die "$wanted has passed"
		die "the last results have no $wanted: make grade LAB=$name T=$wanted"
	fi
	case=$(echo "$found" | awk '{ print $1, $2 }') id=$(echo "$found" | awk '{ print $4 }')
	[ -n "$id" ] || die "nobody knows this mistake; all that is known: make grade LAB=$name T=${case% *} V=1"
}

show() { # ID KEYWORD
	text=$(text_of "$1" "$2")
	[ -z "$text" ] || printf '%s\n' "$text" | fold -s -w 98 | sed 's/ *$//; s/^/  /'
}

find_mistake
[ -z "$case" ] || pattern="$id $case"
told=$(grep -c -x "${pattern:-$id .*}" "$dir/hints" 2> /dev/null)
echo "$id $case" >> "$dir/hints"
echo "[$id]${case:+ $case}"
[ "${told:-0}" = 1 ] || show "$id" ask
[ "${told:-0}" = 0 ] || show "$id" point
[ "${told:-0}" != 0 ] || echo "  (The same command again gives a pointer.)"
