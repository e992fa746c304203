# One source of two releases: prints the second, with the first's text between the markers of labs before `lab`.
#
#	awk -v lab=N -v path=PATH [-v only='NAME...'] -f labs/carry.awk FIRST/PATH SECOND/PATH
#
# With `only`, of those markers, the ones that it names.

BEGIN {
	names = split(only, list, " ")
	for (i = 1; i <= names; i++)
		named[list[i]] = 1
}

function is_begin() {
	return $0 ~ /^[ \t]*\/\* LAB\([0-9]+\) begin [a-z0-9_]+ \*\/$/
}

function is_end() {
	return $0 ~ /^[ \t]*\/\* LAB\([0-9]+\) end \*\/$/
}

function is_wanted(    number) {
	number = $2
	gsub(/[^0-9]/, "", number)
	return number + 0 < lab + 0 && (!names || $4 in named)
}

FNR == NR && is_begin() { key = $2 " " $4; has[key] = 1; next }
FNR == NR && is_end() { key = ""; next }
FNR == NR {
	if (key)
		text[key] = text[key] $0 "\n"
	next
}

is_begin() {
	key = $2 " " $4
	print
	if (!is_wanted())
		next
	if (!(key in has)) {
		print "carry: " path ": " $4 " is not there: left as it is" > "/dev/stderr"
		next
	}
	printf "%s", text[key]
	skipping = 1
	next
}

is_end() { skipping = 0 }

!skipping
