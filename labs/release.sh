#!/bin/sh
# The tree of a release: what a student of lab n gets.
#
#	labs/release.sh LAB OUT COURSE [EARLIER]     EARLIER: source (the default) or own
#
# LABS_CUTS= and LABS_STAFF= name another folder than labs/cuts and another list than labs/staff.list, for tests.
#
# LAB is a number or a name of labs.list.  Marked code (docs/STYLE.md) is kept, stubbed or made neutral by its lab:
#
#   before LAB in the course    kept; with EARLIER=own a stub still, for the student's own: `make carry`
#   LAB                         a stub
#   after LAB in the course     neutral
#   not in the course           kept, since it is given, if its number is smaller than LAB's; else neutral
#   of a machine's format that the course does not have: kept
#
# OUT must not exist.  What git does not track is not released (without git, what lies in build/), nor is what
# staff.list names.  A release that would show what it asks for is not made: leaks.awk.
set -eu

die() { printf 'release: %s\n' "$*" >&2; exit 2; }

lab=$1 out=$2 course=$3 earlier=${4:-source} cuts_dir=${LABS_CUTS:-labs/cuts} staff_list=${LABS_STAFF:-labs/staff.list}
[ -f labs/labs.list ] || die "$PWD is not the top of Flatland: releases are made there"
[ -n "$out" ] || die 'OUT= says where to, such as OUT=../lab1'
[ -f "labs/courses/$course" ] || die "no course $course; there are: $(ls labs/courses | tr '\n' ' ')"
[ ! -e "$out" ] || die "$out exists: remove it, or choose another OUT="
case $earlier in source|own) ;; *) die "EARLIER=$earlier: source or own" ;; esac

# of COLUMN-TO-FIND VALUE COLUMN-WANTED
of() { awk -v value="$2" "/^[^#]/ && \$$1 == value { print \$$3 }" labs/labs.list; }
# What a lab is about.
said_of() { awk -v lab="$1" '/^[^#]/ && $2 == lab { $1 = $2 = $3 = $4 = ""; sub(/^ */, ""); print }' labs/labs.list; }
name=$(of 2 "$lab" 2)
[ -n "$name" ] || name=$(of 1 "$lab" 2)
[ -n "$name" ] || die "no lab '$lab'; there are: $(awk '/^[^#]/ { printf "%s ", $2 }' labs/labs.list)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- Fates ----------------------------------------------------------------------------------------------------

fates=$(awk -v wanted="$name" -v number="$(of 2 "$name" 1)" -v earlier="$earlier" '
	FNR == NR { if ($1 == "labs") for (i = 2; i <= NF; i++) place[$i] = i; next }
	!(wanted in place) { exit }
	/^#/ { next }
	!($2 in place) { printf "%s:%s ", $1, $1 < number ? "keep" : "neutral"; next }
	place[$2] < place[wanted] { printf "%s:%s ", $1, earlier == "own" ? "stub" : "keep"; next }
	{ printf "%s:%s ", $1, $2 == wanted ? "stub" : "neutral" }
' "labs/courses/$course" labs/labs.list)
[ -n "$fates" ] || die "lab $name is not in course $course"

given=
for machine in riscv:riscv x86:npt; do
	grep -q "^arches.* ${machine%:*}\( \|$\)" "labs/courses/$course" || given="$given mmu/fmt/${machine#*:}/"
done

fates_of() { # PATH
	for folder in $given; do
		case $1 in "$folder"*) printf '%s\n' "$fates" | sed 's/:[a-z]*/:keep/g'; return ;; esac
	done
	printf '%s\n' "$fates"
}

# The cuts of a source: its own, and those of all formats.
cuts_of() { # PATH
	any=$(printf '%s\n' "$1" | sed 's|^mmu/fmt/[a-z0-9_]*/|mmu/fmt/|')
	for cuts in "$cuts_dir/$1.cut" "$cuts_dir/$any.cut"; do
		[ ! -f "$cuts" ] || printf '%s ' "$cuts"
	done
}

# ---- The tree -------------------------------------------------------------------------------------------------

# What the tree is: what git knows, or, where there is no git, all that is not built.
if [ -e .git ] && command -v git > /dev/null 2>&1; then
	git() { command git -c safe.directory='*' "$@"; }
	git ls-files > "$work/all"
	git ls-files --deleted > "$work/deleted"
	git status --porcelain > "$work/dirty"
else
	find . -type f ! -path './build/*' ! -path './.git/*' | sed 's|^\./||' | sort > "$work/all"
	: > "$work/deleted"
	: > "$work/dirty"
fi
[ ! -s "$work/deleted" ] || die "git knows files that are not there: $(head -n 3 "$work/deleted" | tr '\n' ' ')"
sed -n 's/^?? /release: not released, since git does not track it: /p' "$work/dirty" >&2
sed -n '/^??/!s/^.. /release: released as it is, though not committed: /p' "$work/dirty" >&2

# What these students do not get: lines PATH, and "until NAME PATH" as long as what lab NAME asks for is not there.
# `*` stands for any part of a name.
awk -v fates="$fates" '
	/^#/ || !NF { next }
	FILENAME == ARGV[1] { number_of[$2] = $1; next }
	FILENAME == ARGV[3] {
		for (i = 1; i <= count && $0 !~ patterns[i]; i++)
			;
		if (i > count)
			print
		next
	}
	$1 == "until" && index(" " fates, " " number_of[$2] ":keep ") { next }
	{
		pattern = $NF
		gsub(/\./, "\\.", pattern)
		gsub(/\*/, "[^/]*", pattern)
		patterns[++count] = "^" pattern "(/|$)"
	}
' labs/labs.list "$staff_list" "$work/all" > "$work/files"

mkdir "$work/tree"
tar -cf - -T "$work/files" | (cd "$work/tree" && tar -xf -)
grep '^labs/[^/]*/answers$' "$work/files" | while IFS= read -r path; do
	sed 's/^\([a-z0-9_]*:\).*/\1/' "$path" > "$work/tree/$path"
done
# Only sources are cut; a handout may show a marker.
grep '\.[chS]$' "$work/files" | tr '\n' '\0' | xargs -0 grep -l '^[	 ]*/\* LAB([0-9]*) begin' > "$work/marked" || :
while IFS= read -r path; do
	mine=$(fates_of "$path")
	awk -v cuts="$(cuts_of "$path")" -v fates="$mine" -f labs/cut.awk "$path" > "$work/tree/$path"
	printf '%s\n' "$mine" | tr ' ' '\n' | sed -n "s|^\([0-9]*\):[sn].*|$path \1|p" >> "$work/asked"
done < "$work/marked"

# Who opens a release sees first where to begin.
arches=$(sed -n 's/^arches //p' "labs/courses/$course")
case $arches in *" "*) more="; ARCH=x86 and ARCH=all: the other machine, both" ;; *) more= ;; esac
{
	cat <<END
# Flatland, lab $name

This is a student's tree of course $course: lab $(of 2 "$name" 1), $(said_of "$name"). Begin with its handout,
\`labs/$name/README.md\`.

    make qemu           boot; a banner says which lab this is and what to try
    make grade          what your work is worth$more
    make next           the first case that fails
    make hint T=CASE    a question about it, then a pointer

What Flatland is, and what else there is here, follows.
END
	sed '1d; /^## The labs$/,/^## Where/{/^## Where/!d;}' README.md
} > "$work/tree/README.md"

cat > "$work/tree/labs/release.mk" <<END
# What release this is; made with it.
LAB ?= $name
COURSE := $course
ARCHES := $arches
MMU ?= $(of 2 "$name" 3)
END

# Hooks that are not asked for yet come as objects: \`make supplied\` makes them.
case " $fates" in *" 1:neutral"*) mkdir -p "$work/tree/labs/supplied" ;; esac

sed "s|^|$work/tree/|" "$work/files" > "$work/released"
(
	IFS='
'
	set -f
	awk -v asked="$work/asked" -v tree="$work/tree/" -f labs/leaks.awk $(cat "$work/all") \
		pass=2 $(cat "$work/released") pass=3 $(cat "$work/released")
) > "$work/leaks" || {
	sed "s|$work/tree/||" "$work/leaks" >&2
	die "it would show what it asks for"
}
mkdir -p "$(dirname "$out")"
mv "$work/tree" "$out"
