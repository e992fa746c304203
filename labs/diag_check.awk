# What labs/diag_check.sh needs to know of files; `mode` says which:
#
#   list      grading/diag.list: lines "id ID LAB", "has ID KEYWORD", "look ID TEXT", "read ID LAB ANCHOR"
#   used      C sources: the identifiers that stand in strings in brackets, or are one, each as "ID FILE:LINE"
#   anchors   a handout: its anchors, of headings as GitHub and pandoc make them and of <a id="...">
#   links     a handout: what it links to
#   targets   makefiles: the targets
#   commands  a handout: what it tells the reader to make, each as "TARGET LINE"

# ---- The list ---------------------------------------------------------------------------------------------------

mode == "list" && $1 == "id" { id = $2; next }
mode == "list" && $1 == "lab" { lab[id] = $2; print "id", id, $2; next }
mode == "list" && /^(why|ask|point|case) / { print "has", id, $1; next }
mode == "list" && /^look / { print "has", id, "look"; sub(/^look +/, ""); looks[id] = looks[id] " " $0; next }
mode == "list" && /^read / { print "has", id, "read"; print "read", id, lab[id], $2; next }

# ---- Sources: what has an odd number of quotes before it stands in a string --------------------------------------

mode == "used" {
	rest = $0
	before = ""
	while (match(rest, /[["][A-Z][A-Z0-9]*(-[A-Z0-9]+)+[]"]/)) {
		before = before substr(rest, 1, RSTART)
		if (gsub(/"/, "\"", before) % 2)
			print substr(rest, RSTART + 1, RLENGTH - 2), FILENAME ":" FNR
		before = before substr(rest, RSTART + 1, RLENGTH - 2)
		rest = substr(rest, RSTART + RLENGTH - 1)
	}
	next
}

# ---- Makefiles --------------------------------------------------------------------------------------------------

mode == "targets" && /^[a-z][a-z0-9 -]*:([^=]|$)/ {
	sub(/:.*/, "")
	for (i = 1; i <= NF; i++)
		print $i
}
mode == "targets" { next }

# ---- Handouts ---------------------------------------------------------------------------------------------------

/^```/ { fenced = !fenced; next }

function anchor_of(heading,    anchor, times) {
	gsub(/`|\*/, "", heading)
	anchor = tolower(heading)
	gsub(/[^a-z0-9 _-]/, "", anchor)
	gsub(/ /, "-", anchor)
	times = seen[anchor]++
	return times ? anchor "-" times : anchor
}

mode == "anchors" && /^#+ / && !fenced {
	heading = $0
	sub(/^#+ +/, "", heading)
	sub(/ +$/, "", heading)
	print anchor_of(heading)
}
mode == "anchors" && !fenced {
	rest = $0
	while (match(rest, /<a (id|name)="[^"]*"/)) {
		split(substr(rest, RSTART, RLENGTH), part, "\"")
		print part[2]
		rest = substr(rest, RSTART + RLENGTH)
	}
}

mode == "links" && !fenced {
	rest = $0
	gsub(/`[^`]*`/, "", rest)
	while (match(rest, /\]\([^)]*\)/)) {
		link = substr(rest, RSTART + 2, RLENGTH - 3)
		sub(/ .*/, "", link)
		print link
		rest = substr(rest, RSTART + RLENGTH)
	}
}

# A command: "make" at the beginning of a code span, or of a line of code.
function command(text,    word, count, i) {
	count = split(text, word, " ")
	for (i = 2; i <= count && word[1] == "make"; i++) {
		if (word[i] ~ /^[a-z][a-z0-9-]*$/)
			print word[i], FNR
		else if (word[i] !~ /^[A-Z_a-z0-9]+=/ && word[i] !~ /^-/)
			return
		else
			continue
		return
	}
}

mode == "commands" && (fenced || /^    /) {
	text = $0
	sub(/^ *\$ /, "", text)
	command(text)
	next
}
mode == "commands" {
	count = split($0, span, "`")
	for (j = 2; j <= count; j += 2)
		command(span[j])
}

END {
	for (id in looks)
		print "look", id looks[id]
}
