#!/bin/sh
# `make diag-check`: does grading/diag.list fit tests, handouts and TA notes?  Prints "ok name" or "not ok name".
#
#	sh labs/diag_check.sh GRADE [TOP]     GRADE: the program; TOP: another tree than this
#
# Every identifier is explained: a reason, files and functions that are there, a heading in the handout, a question, a
# pointer, and "### ID" in labs/LAB/TA.md.  Every one in a test's sentence is in the list, and every one in the list is
# used.  Handouts fit on eight pages, link to what is there and name targets that there are.  A release has no TA notes,
# nor all handouts.

grade=$1 top=${2:-.}
here=$PWD/labs/diag_check.awk
words_max=2800
case $grade in /*) ;; *) grade=$PWD/$grade ;; esac
cd "$top" || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-diag.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
[ -f labs/staff.list ] && release= || release=yes

read_files() { # MODE FILE...
	mode=$1
	shift
	awk -v mode="$mode" -f "$here" "$@" < /dev/null
}

verdict() { # NAME; what is wrong is on standard input
	cat > "$work/said"
	if [ -s "$work/said" ]; then
		echo "not ok diag.$1"
		sed 's/^/# /' "$work/said"
	else
		echo "ok diag.$1"
	fi
}

# ---- The list -------------------------------------------------------------------------------------------------

"$grade" -D grading/diag.list 2>&1 > "$work/ids" | verdict list_is_understood
read_files list grading/diag.list > "$work/list"
find grading -name '*.[ch]' | sort > "$work/sources"
xargs awk -v mode=used -f "$here" < "$work/sources" > "$work/used"

awk 'FNR == NR { has[$1] = 1; next } !($1 in has) { print $2 ": " $1 " is not in grading/diag.list" }' \
	"$work/ids" "$work/used" | verdict names_in_tests_are_in_the_list
awk 'FNR == NR { used[$1] = 1; next }
	$1 == "has" && $3 == "case" { used[$2] = 1 }
	$1 == "id" && $3 != "any" { ids[$2] = 1 }
	END { for (id in ids) if (!(id in used)) print id " is used by no test" }' "$work/used" "$work/list" |
	sort | verdict names_in_the_list_are_used
awk '$1 == "id" { lab[$2] = $3 }
	$1 == "has" { has[$2 " " $3] = 1 }
	END {
		words = split("why look read ask point", word, " ")
		for (id in lab)
			for (i = 1; i <= words; i++)
				if (!((id " " word[i]) in has) && (lab[id] != "any" || word[i] !~ /look|read/))
					print id " has no line \"" word[i] "\""
	}' "$work/list" | sort | verdict names_are_explained

# What "look" names, on each machine: files that are there, with these functions.
look_on() { # ARCH FORMAT
	sed -n 's/^look //p' "$work/list" | sed "s/ARCH/$1/g; s/FORMAT/$2/g" | while read -r id text; do
		files= functions=
		for word in $(echo "$text" | tr ',;' '  '); do
			case $word in
			*'()') functions="$functions ${word%??}" ;;
			*/*) files="$files $word" ;;
			esac
		done
		for file in $files; do [ -f "$file" ] || echo "$id: there is no $file"; done
		for function in $functions; do
			grep -q "\\<$function(" ${files:-/dev/null} 2> /dev/null || echo "$id: no $function() in$files"
		done
	done
}
{ look_on riscv riscv; look_on x86 npt; } | sort -u | verdict files_and_functions_are_there

# ---- Handouts and TA notes ------------------------------------------------------------------------------------

anchors_of_list() { # LAB: those that are not in the handout
	read_files anchors "labs/$1/README.md" > "$work/anchors"
	awk -v lab="$1" 'FNR == NR { there[$1] = 1; next }
		$1 == "read" && $3 == lab && !($4 in there) { print $2 ": the handout has no #" $4 }' \
		"$work/anchors" "$work/list"
}

links_of() { # HANDOUT
	read_files anchors "$1" > "$work/anchors"
	read_files links "$1" | while read -r link; do
		case $link in
		http*:*) ;;
		'#'*) grep -q -x -F -e "${link#?}" "$work/anchors" || echo "there is no $link" ;;
		*) [ -e "$(dirname "$1")/${link%%#*}" ] || echo "there is no $link" ;;
		esac
	done
}

read_files targets Makefile grading/*.mk $(ls labs/*.mk | grep -v -e staff.mk -e mutants.mk) > "$work/targets"
commands_of() { # HANDOUT
	read_files commands "$1" | while read -r target line; do
		grep -q -x -e "$target" "$work/targets" || echo "$1:$line: there is no \`make $target\`"
	done
}

for lab in $(awk '$1 == "id" && $3 != "any" { print $3 }' "$work/list" | sort -u); do
	handout=labs/$lab/README.md notes=labs/$lab/TA.md
	if [ -f "$handout" ]; then
		anchors_of_list "$lab" | verdict "$lab.names_are_in_the_handout"
	elif [ -z "$release" ]; then
		echo "there is no $handout" | verdict "$lab.names_are_in_the_handout"
	fi
	[ -z "$release" ] || continue
	awk -v lab="$lab" '$1 == "id" && $3 == lab { print $2 }' "$work/list" | while read -r id; do
		grep -q -x "### $id" "$notes" 2> /dev/null || echo "$notes has no heading \"### $id\""
	done | verdict "$lab.names_are_in_the_notes"
done

for handout in labs/*/README.md; do
	[ -f "$handout" ] || continue
	lab=${handout#labs/} lab=${lab%/README.md}
	words=$(wc -w < "$handout")
	[ "$words" -le $words_max ] || echo "$handout has $((words)) words; $words_max fill eight pages"
done | verdict handouts_have_eight_pages
for handout in labs/*/README.md; do
	[ ! -f "$handout" ] || links_of "$handout" | sed "s|^|$handout: |"
done | verdict handouts_link_to_what_is_there
for handout in labs/*/README.md; do
	[ ! -f "$handout" ] || commands_of "$handout"
done | verdict handouts_name_targets_that_there_are
