# Does a release show what its student has to write?  Prints each place; the exit status is 1 if there is one.
#
#	awk -v asked=FILE -v tree=TREE/ -f labs/leaks.awk SOURCES... pass=2 RELEASED... pass=3 RELEASED...
#
# RELEASED are below TREE.  ASKED has a line "PATH LAB" for each source and lab whose marked code is not in the release.
# A line is a secret if it stands between such markers, and has 20 characters or more; white space does not count.  It
# is none if a stub has it, or if released code has it outside of markers: that is no place to learn it from, but
#
# - a file with more than 12 such lines does by itself what is asked for, as one format's hooks do another's;
# - text that is no code, a handout or a list, shows a secret in whatever it quotes of 20 characters, if that is not a
#   mere name.

function plain(line) {
	gsub(/[ \t]/, "", line)
	return line
}

function shown(what) {
	printf "%s:%d: shown: %s (%s)\n", FILENAME, FNR, $0, what
	count++
}

# A secret that has this text in it; "" if there is none, or if it is not worth a secret.
function secret_with(text,    line) {
	if (length(text) < 20 || text !~ /[^A-Za-z0-9_()]/)
		return ""
	for (line in secrets)
		if (!(line in public) && index(line, text))
			return secrets[line]
	return ""
}

function judge_text(line,    parts, n, i, from) {
	n = split(line, parts, "`")
	for (i = 2; i <= n; i += 2) {
		from = secret_with(plain(parts[i]))
		if (from)
			shown(from)
	}
}

BEGIN {
	pass = 1
	while ((getline line < asked) > 0)
		is_asked[line] = 1
}

FNR == 1 {
	secret = is_stub = alike = 0
	is_code = FILENAME ~ /\.[chS]$/
	path = index(FILENAME, tree) == 1 ? substr(FILENAME, length(tree) + 1) : FILENAME
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
	secret = (path " " lab) in is_asked
	next
}

/^[ \t]*\/\* LAB\([0-9]+\) end/ { secret = 0; next }

pass == 1 {
	line = plain($0)
	if (secret && length(line) >= 20)
		secrets[line] = FILENAME ":" FNR
	next
}

pass == 2 {
	line = plain($0)
	if (!is_code || secret || length(line) < 20)
		next
	if (line in secrets && !(line in public) && ++alike == 13)
		shown("and " alike - 1 " lines before it are as asked for")
	outside[line] = 1
	next
}

FNR == 1 && !merged {
	for (line in outside)
		public[line] = 1
	merged = 1
}

{
	line = plain($0)
	if (line in secrets && !(line in public))
		shown(secrets[line])
	else if (!is_code && index($0, "`"))
		judge_text($0)
}

END { exit count > 0 }
