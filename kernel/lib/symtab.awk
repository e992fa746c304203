# Turns `nm -n kernel.elf` into an assembler file with the names of all functions, for the kernel's backtraces.
#
# The kernel is linked twice: first with an empty table, whose output comes through here, then with the full one.
# The table lies in section .symtab_flat, which kernel.ld places after all other read-only data, so that no function
# moves in the second link; the Makefile checks that none did.  kernel/lib/symtab.h declares what is written here:
#
#   u32 ksym_count          how many functions
#   u32 ksym_offset[]       their addresses, rising, as distances from kernel_start
#   u32 ksym_name[]         where each one's name starts in ksym_names
#   char ksym_names[]       the names, each with its final zero
#
# Addresses have 64 bits and awk's numbers are exact to 53, so distances are computed from the low 32 bits: the kernel
# is smaller than 4 GiB.  -v empty=1 makes the table for the first link.

function hex(digits,   i, n)
{
	n = 0
	for (i = 1; i <= length(digits); i++)
		n = n * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
	return n
}

function low(address)
{
	return hex(substr(tolower(address), length(address) - 7))
}

$3 == "kernel_start" { start = low($1); started = 1 }

# Functions only; assembler labels that start with a dot or a dollar sign name no function.
$2 ~ /^[tTwW]$/ && $3 !~ /^[.$]/ && started && !empty {
	distance = low($1) - start
	if (distance < 0)
		distance += 4294967296
	if (n && distance == offset[n - 1])
		next
	offset[n] = distance
	name[n++] = $3
}

END {
	print "\t.section .symtab_flat, \"a\", @progbits"
	print "\t.balign 4"
	print "\t.globl ksym_count, ksym_offset, ksym_name, ksym_names"
	printf "ksym_count:\n\t.long %d\n", n
	print "ksym_offset:"
	for (i = 0; i < n; i++)
		printf "\t.long %.0f\n", offset[i]
	print "ksym_name:"
	for (i = at = 0; i < n; i++) {
		printf "\t.long %d\n", at
		at += length(name[i]) + 1
	}
	print "ksym_names:"
	for (i = 0; i < n; i++)
		printf "\t.asciz \"%s\"\n", name[i]
	print "\t.byte 0"
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
