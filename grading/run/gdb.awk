# What is compared of a GDB session's transcript: its structure.
#
# Addresses that depend on where the linker, the allocator or the monitor put something become letters, the same letter
# for the same address: A, B... in the host's memory (what lies in a leaf's page is A+0x10), K for the kernel's own
# addresses, M for the monitor's.  What the guest's layout decides stays: guest-physical addresses, slots, rights,
# flags.  Line numbers, arguments of frames, times and counts go.

function hex(text,   i, n) {
	n = 0
	text = tolower(text)
	for (i = 3; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

function letter_for(key) {
	if (!(key in letter))
		letter[key] = ++letter_count <= 26 ? sprintf("%c", 64 + letter_count) : "Z" letter_count
	return letter[key]
}

# A host-physical address: in a leaf that has been shown, or for itself.
function host(text,   n, i) {
	n = hex(text)
	if (text in letter)
		return letter[text]
	for (i = 1; i <= leaf_count; i++)
		if (n >= leaf_start[i] && n < leaf_end[i])
			return letter[leaf_text[i]] sprintf("+0x%x", n - leaf_start[i])
	return letter_for(text)
}

function learn_leaf(text, level,   i) {
	letter_for(text)
	leaf_text[++leaf_count] = text
	leaf_start[leaf_count] = hex(text)
	leaf_end[leaf_count] = hex(text) + 4096 * 512 ^ level
}

# Each match of `before` and a number behind it: the number as a host's address.
function hosts(line, before,   done, number) {
	done = ""
	while (match(line, before "0x[0-9a-f]+")) {
		number = substr(line, RSTART, RLENGTH)
		done = done substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		match(number, /0x[0-9a-f]+$/)
		done = done substr(number, 1, RSTART - 1) host(substr(number, RSTART))
	}
	return done line
}

# What is typed, and what is said of it.
/^\| / || /^\(gdb\) / || /^> / {
	print
	next
}

/ leaf 0x[0-9a-f]+/ {
	match($0, / leaf 0x[0-9a-f]+/)
	number = substr($0, RSTART + 6, RLENGTH - 6)
	match($0, /l[0-9] 0x/)
	if (!(number in letter))
		learn_leaf(number, substr($0, RSTART + 1, 1))
}

{
	sub(/\r$/, "")
	gsub(/0xffff[0-9a-f]*/, "K")
	gsub(/K in /, "")
	gsub(/<[A-Za-z_][A-Za-z_0-9]*[+][0-9]+>/, "&>")
	gsub(/[+][0-9]+>>/, ">")
	gsub(/monitor +0x[0-9a-f]+/, "monitor   M")
	$0 = hosts($0, "(table|leaf|page|root|at|yields|->|hgatp|satp|cr3|ncr3) *")
	sub(/: 0x[0-9a-f]+ = /, ": ")
	sub(/^[0-9]+\t/, "\t")
	gsub(/\.c:[0-9]+/, ".c")
	gsub(/\.S:[0-9]+/, ".S")
	sub(/ \([^()]*(=[^()]*)*\) at /, " (...) at ")
	gsub(/^\[ *[0-9.]+\]/, "[time]")
}

# Counts.
/^(entries|exits|kicks) / {
	gsub(/[1-9][0-9]*/, "N")
}

{
	print
}
