# Does a release show what its student has to write?  Prints each place; the exit status is 1 if there is one.
#
#	awk -v asked=FILE -f labs/leaks.awk SOURCES... released=1 RELEASED...
#
# ASKED has a line "PATH LAB" for each source and lab whose marked code is not in the release.  A line is a secret if it
# stands between such markers, and nowhere else: not outside of them, and not in a stub.  White space does not count,
# nor do lines of less than 20 other characters.

BEGIN {
	while ((getline line < asked) > 0)
		is_asked[line] = 1
}

function plain(line) {
	gsub(/[ \t]/, "", line)
	return line
}

FNR == 1 { secret = is_stub = 0 }

released {
	line = plain($0)
	if ((line in secrets) && !(line in public)) {
		printf "%s:%d: shown: %s (%s)\n", FILENAME, FNR, $0, secrets[line]
		count++
	}
	next
}

# Stubs are public; plain code is what is judged.
FILENAME ~ /^labs\/cuts\// {
	if (/^=== /)
		is_stub = /^=== stub /
	else if (is_stub)
		public[plain($0)] = 1
	next
}

/^[ \t]*\/\* LAB\([0-9]+\) begin/ {
	lab = $2
	gsub(/[^0-9]/, "", lab)
	secret = (FILENAME " " lab) in is_asked
	next
}

/^[ \t]*\/\* LAB\([0-9]+\) end/ { secret = 0; next }

{
	line = plain($0)
	if (!secret)
		public[line] = 1
	else if (length(line) >= 20)
		secrets[line] = FILENAME ":" FNR
}

END { exit count > 0 }
