# From a source of the solution to that of a release: what is between a lab's markers is kept, or replaced.
#
#	awk -v cuts=labs/cuts/PATH -v fates='0:keep 1:stub 2:neutral ...' -f labs/cut.awk PATH
#
# Markers are comments of their own line: LAB(n) begin NAME, LAB(n) end.  They stay, so that a student's work can be
# carried from one release to the next.  The files of `cuts`, with blanks between, have what comes in their place:
#
#	=== stub NAME        where the lab asks for it: it compiles, calls lab_todo() and does no harm
#	=== neutral NAME     where a later lab will: correct and plain
#
# What stands before the first section is a remark.  A section that is missing stops everything.

function fail(text) {
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

function read_cuts(cuts,    line, head, key) {
	while ((getline line < cuts) > 0) {
		if (line ~ /^=== /) {
			split(line, head, " ")
			key = head[2] " " head[3]
			text[key] = ""
			has[key] = 1
		} else if (key) {
			text[key] = text[key] line "\n"
		}
	}
	close(cuts)
}

BEGIN {
	count = split(cuts, list, " ")
	for (i = 1; i <= count; i++)
		read_cuts(list[i])
	count = split(fates, list, " ")
	for (i = 1; i <= count; i++) {
		split(list[i], pair, ":")
		fate[pair[1]] = pair[2]
	}
}

# A marker: sets `lab` and `name`.
function is_begin() {
	if ($0 !~ /^[ \t]*\/\* LAB\([0-9]+\) begin [a-z0-9_]+ \*\/$/)
		return 0
	lab = $2
	gsub(/[^0-9]/, "", lab)
	name = $4
	return 1
}

function release_held() {
	printf "%s", held
	held = ""
}

is_begin() {
	if (inside)
		fail("a marker inside another's")
	if (!(lab in fate))
		fail("nobody says what becomes of lab " lab)
	inside = 1
	what = fate[lab]
	if (what == "stub" && !included) {
		print "#include \"mmu/pt/todo.h\"\n"
		included = 1
	}
	release_held()
	print
	if (what == "keep")
		next
	if (!((what " " name) in has))
		fail("no " what " for " name " in " cuts)
	printf "%s", text[what " " name]
	next
}

/^[ \t]*\/\* LAB\([0-9]+\) end \*\/$/ {
	if (!inside)
		fail("an end without a begin")
	inside = 0
	what = ""
	print
	next
}

# Lines outside wait for the next blank one: what a lab includes stands before the comment on its first function.
!inside {
	held = held $0 "\n"
	if ($0 == "")
		release_held()
	next
}

what == "keep"

END {
	release_held()
	if (!failed && inside)
		fail("no end of " name)
}
