#!/bin/sh
# `make lint`: the rules of docs/STYLE.md and of the design's layering that a machine can check.
#
#   sh grading/lint/lint.sh [DIRECTORY]
#
# Looks at the tracked files of DIRECTORY (default: here) and those that git would track; without git, at all.  Prints
# one "path:line: rule key: what is wrong" for every offence that grading/lint/allow does not excuse, and exits 1 if
# there is one.  The rules about lines are in lint.awk and layers.awk; here are those about the tree.

here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-.}" || exit 2
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-lint.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# ---- Files ----------------------------------------------------------------------------------------------------

if [ -d .git ] && command -v git >/dev/null 2>&1; then
	git -c safe.directory='*' ls-files -co --exclude-standard
else
	find . -type f ! -path './build/*' ! -path './.git/*' | sed 's|^\./||'
fi | sort > "$work/all"
while IFS= read -r f; do
	[ -f "$f" ] && [ -s "$f" ] && printf '%s\n' "$f"
done < "$work/all" > "$work/present"
grep -E '\.(c|h|S|ld|sh|awk|mk|md|gdb|list|conf)$|(^|/)(Makefile|allow|run|[a-z]+\.conf)$' "$work/present" |
	grep -v '^build/' > "$work/list"

# ---- Rules about the tree -------------------------------------------------------------------------------------

# Only what the design names lies at the top.
sed 's|/.*||' "$work/all" | sort -u |
	grep -v -x -E 'Makefile|kernel|hyp|mmu|user|labs|grading|docs|mkfs|README\.md|LICENSE|\.[a-z].*' |
	sed 's|.*|&:0: top &: not in the list of things at the top level|' > "$work/found"

# No Python: no file of it, no script that starts it, no debugger script in it.
grep -E '\.py[cw]?$|(^|/)(requirements\.txt|pyproject\.toml)$' "$work/all" |
	sed 's|.*|&:0: python file: Host tools are C, scripts are sh and awk|' >> "$work/found"
grep -v -E '\.md$|^grading/lint/' "$work/list" > "$work/scripts"
[ -s "$work/scripts" ] && tr '\n' '\0' < "$work/scripts" |
	xargs -0 grep -n -i -w -E 'python[0-9.]*|pip3?' /dev/null |
	sed 's|^\([^:]*:[0-9]*\):.*|\1: python word: Host tools are C, scripts are sh and awk|' >> "$work/found"

# Names: lower case, no blanks.
grep -E '[^A-Za-z0-9_./-]' "$work/all" |
	sed 's|.*|&:0: name file: letters, digits, "_", "-" and "." only|' >> "$work/found"

# Line counts that the reading order quotes are right to a tenth.
[ -f docs/tour.md ] && awk -f "$here/tour.awk" docs/tour.md >> "$work/found"

# ---- Rules about lines ----------------------------------------------------------------------------------------

awk -v list="$work/list" -f "$here/source.awk" -f "$here/functions.awk" -f "$here/layers.awk" -f "$here/lint.awk" \
	>> "$work/found" || echo "grading/lint:0: lint awk: the rules themselves failed" >> "$work/found"

# ---- Exceptions and the verdict -------------------------------------------------------------------------------

awk -v allow="$here/allow" '
	BEGIN {
		while ((getline < allow) > 0)
			if ($0 !~ /^#/ && NF >= 4)
				excused[$1 " " $2 " " $3] = 0
			else if ($0 !~ /^#/ && NF)
				print "grading/lint/allow:0: allow " $1 ": rule, path, key and reason are needed"
		FS = ": "
	}
	{
		split($1, place, ":")
		key = $2
		sub(/ /, " " place[1] " ", key)
		if (key in excused)
			excused[key] = 1
		else
			print
	}
	END {
		for (key in excused)
			if (!excused[key])
				print "grading/lint/allow:0: allow " key ": excuses nothing"
	}' "$work/found" | sort > "$work/verdict"
cat "$work/verdict"
[ ! -s "$work/verdict" ]
