# Reads source files for lint and stats.
#
# The files to read are named, one a line, in the file `list`.  For each, the program that is loaded beside this one is
# told begin_file(path), line(raw, code) for every line, and end_file(path); finish() comes at the end.  `code` is the
# line without comments and without what stands in quotes (the quotes stay), so that a pattern cannot match there.
#
# line_count is the number of the last line read; language is "c" for .c and .h, "asm" for .S, "ld", "text" for the
# rest, of which no comments are known: code = raw.

BEGIN {
	while ((getline path < list) > 0)
		ARGV[ARGC++] = path
	close(list)
	current = ""
}

FNR == 1 {
	if (current != "")
		end_file(current)
	current = FILENAME
	language = language_of(current)
	in_comment = 0
	begin_file(current)
}

{
	line($0, language == "text" ? $0 : code_of($0))
	line_count = FNR
}

END {
	if (current != "")
		end_file(current)
	finish()
}

function language_of(path)
{
	if (path ~ /\.[ch]$/)
		return "c"
	if (path ~ /\.S$/)
		return "asm"
	return path ~ /\.ld$/ ? "ld" : "text"
}

# Takes a line apart from the left: code up to the next comment or quote, then that.
function code_of(s,   out, at, mark)
{
	out = ""
	while (s != "") {
		if (in_comment) {
			at = index(s, "*/")
			if (!at)
				return out
			in_comment = 0
			s = substr(s, at + 2)
			continue
		}
		if (!match(s, language == "c" ? "[\"']|/\\*|//" : "\"|/\\*|//"))
			return out s
		mark = substr(s, RSTART, RLENGTH)
		out = out substr(s, 1, RSTART - 1)
		s = substr(s, RSTART + RLENGTH)
		if (mark == "//")
			return out
		if (mark == "/*")
			in_comment = 1
		else {
			out = out mark mark
			s = after_quote(s, mark)
		}
	}
	return out
}

# What follows the end of the literal that s begins in; nothing when it does not end on this line.
function after_quote(s, mark,   c)
{
	while (s != "") {
		c = substr(s, 1, 1)
		s = substr(s, c == "\\" ? 3 : 2)
		if (c == mark)
			break
	}
	return s
}

# Columns that a line takes, with tabs of 8.
function columns(s,   n, at)
{
	n = 0
	while ((at = index(s, "\t"))) {
		n += at - 1
		n += 8 - n % 8
		s = substr(s, at + 1)
	}
	return n + length(s)
}

function tab_count(s)
{
	match(s, /^\t*/)
	return RLENGTH
}

function trimmed(s)
{
	sub(/^[ \t]+/, "", s)
	sub(/[ \t\r]+$/, "", s)
	return s
}
