# What is compared of a GDB session's transcript: its structure.
#
# Addresses that depend on where the compiler, the linker, the allocator or the monitor put something become letters,
# the same letter for the same address: A, B... in the host's memory (what lies in a leaf's page is A+0x10), a, b... in
# the guest's program, K for the kernel's own, M for the monitor's; where a symbol is told, it is enough.  Other
# addresses of the guest stay, as do slots, rights and flags, and what was typed.  Line numbers, arguments of frames,
# times and counts go.

BEGIN {
	host_words = "(table|leaf|page|root|yields|->|hgatp|satp|cr3|table at) *$"
	program_of["riscv"] = 2149580800 # 0x80200000
	program_of["x86"] = 1048576      # 0x100000
}

function hex(text,   i, n) {
	n = 0
	for (i = 3; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

# The letter of a number: the first, the second... of its kind, from `first` on.
function letter_for(number, kind, first) {
	if (!((kind, number) in letter))
		letter[kind, number] = sprintf("%c", first + count[kind]++)
	return letter[kind, number]
}

# Where in its page something is; of an instruction that is the compiler's choice.
function offset(n) {
	return is_in_code ? "..." : shown(sprintf("0x%x", n), "")
}

# A host-physical address: in a leaf that has been shown, or for itself.
function host(number,   n, i) {
	n = hex(number)
	if (!(("host", number) in letter))
		for (i = 1; i <= leaf_count; i++)
			if (n > leaf_start[i] && n < leaf_end[i])
				return letter_for(leaf[i], "host", 65) "+" offset(n - leaf_start[i])
	return letter_for(number, "host", 65)
}

function learn_leaf(number, level) {
	if (number in is_leaf)
		return
	is_leaf[number] = 1
	leaf[++leaf_count] = number
	leaf_start[leaf_count] = hex(number)
	leaf_end[leaf_count] = hex(number) + 4096 * 512 ^ level
}

function is_in_program(n,   machine) {
	for (machine in program_of)
		if (n > program_of[machine] && n < program_of[machine] + 2 ^ 20)
			return 1
	return 0
}

# How a number is shown that stands behind this text.
function shown(number, before) {
	if (number in typed || number == "0x0" || before ~ /0x[0-9a-f]+-$/)
		return number
	if (number ~ /^0xffff/)
		return "K"
	if (before ~ /monitor +$/)
		return "M"
	if (before ~ host_words)
		return host(number)
	return is_in_program(hex(number)) ? letter_for(number, "place", 97) : number
}

# The line with its numbers as they are shown.
function numbers_of(line,   done, number) {
	done = ""
	while (match(line, /0x[0-9a-f]+/)) {
		number = substr(line, RSTART, RLENGTH)
		done = done substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		done = done shown(number, done)
	}
	return done line
}

# What is typed, and what is said of it.
/^(\| |\(gdb\) |> )/ {
	print
	while (match($0, /0x[0-9a-f]+/)) {
		typed[substr($0, RSTART, RLENGTH)] = 1
		$0 = substr($0, RSTART + RLENGTH)
	}
	next
}

match($0, / leaf 0x[0-9a-f]+/) {
	number = substr($0, RSTART + 6, RLENGTH - 6)
	match($0, /l[0-9] 0x/)
	learn_leaf(number, substr($0, RSTART + 1, 1))
}

{
	sub(/\r$/, "")
	sub(/: 0x[0-9a-f]+ = /, ": ")          # an entry's value: what it means stands behind it
	if (/, slot [0-9]+: 0x[0-9a-f]+$/)
		sub(/: 0x[0-9a-f]+$/, "")   # the kernel says the value alone
	gsub(/[+][0-9]+>/, ">")
	gsub(/0x[0-9a-f]+ </, "<")
	gsub(/0x[0-9a-f]+ in /, "")
	sub(/^#[0-9]+ +/, "#  ")
	$0 = numbers_of($0)
	if (/^guest +(0x|virtual|[a-z],)/)
		is_in_code = $2 ~ /^[a-z],/
	sub(/^[0-9]+\t/, "\t")
	gsub(/\.[cS]:[0-9]+/, "&#")
	gsub(/:[0-9]+#/, "")
	sub(/ \(.*\) at /, " (...) at ")
	sub(/^\[ *[0-9.]+\]/, "[time]")
	gsub(/([Bb]reakpoint|thread|process|sequence|memslots') [0-9]+/, "&#")
	gsub(/[0-9]+#/, "N")
	sub(/ if .*\) pending/, ") pending")                # GDB 16 leaves the condition out
	if (is_access) # QEMU 7.2 and 10.0 differ
		sub(/htinst 0x[0-9a-f]+: (nothing is told about )?the instruction.*/, "htinst ...")
	sub(/ at K: /, ": ")
	sub(/\([0-9]+ locations\)/, "(N locations)")
	sub(/ at [K0-9a-z]+: file/, ": file")
	sub(/, line [0-9]+\./, "")
	sub(/[0-9]+ of [0-9]+ table pages/, "N table pages")
}

# When QEMU ends, GDB says one of these.
/^(Remote connection closed|Remote communication error.*|\[Inferior .* exited .*\])$/ {
	$0 = "(the machine has ended)"
}

# Of a walk of the guest's own QEMU 7.2 tells another cause than 10.0.
/^fault / {
	is_walk = /own walk/
}
/^cause / {
	if (is_walk)
		sub(/scause 2[01], [a-z]+/, "scause ...,")
	is_access = /load|store/
}

/^(entries|exits|kicks) / {
	gsub(/[1-9][0-9]*/, "N")
}

{
	print
}
