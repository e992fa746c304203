# One source of two releases: prints the second, with the first's text between the markers of labs before `lab`.

function is_begin() {
	return $0 ~ /^[ \t]*\/\* LAB\([0-9]+\) begin [a-z0-9_]+ \*\/$/
}

function is_end() {
	return $0 ~ /^[ \t]*\/\* LAB\([0-9]+\) end \*\/$/
}

function is_earlier(    number) {
	number = $2
	gsub(/[^0-9]/, "", number)
	return number + 0 < lab + 0
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
	if (!is_earlier())
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
