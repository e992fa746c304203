# Checks, or with -v update=1 rewrites, the line counts of docs/tour.md.
#
# A row of its tables names a file or folder in backquotes in the first column and its lines in the last:
# "| `kernel/main.c` | where it starts | 120 |".  Prints "path:line: ..." for a count that is off by over a tenth.

function lines_of(path,   n, text, command)
{
	command = "find '" path "' -type f \\( -name '*.[chS]' -o -name '*.sh' -o -name '*.awk' -o -name '*.mk' " \
		"-o -name Makefile \\) -exec cat {} + 2>/dev/null | wc -l"
	command | getline n
	close(command)
	return n + 0
}

/^\| `[^`]*` \|.*\| *[0-9]+ *\|$/ {
	path = $0
	sub(/^\| `/, "", path)
	sub(/`.*/, "", path)
	said = $0
	sub(/ *\|$/, "", said)
	sub(/.*\| */, "", said)
	is = lines_of(path)
	if (update)
		sub(/[0-9]+ *\|$/, is " |")
	else if (is == 0)
		printf "%s:%d: tour %s: no such file\n", FILENAME, FNR, path
	else if (is > said * 1.1 + 5 || is < said * 0.9 - 5)
		printf "%s:%d: tour %s: %d lines, not %d; run make stats UPDATE=1\n", FILENAME, FNR, path, is, said
}

update { print }
