# Prints what the Makefile says of itself: lines that start with "## ", then all "target: ... ## text".

/^## ?/ {
	sub(/^## ?/, "")
	print
}

/^[a-z][a-z-]*:.*## / {
	target = $0
	sub(/:.*/, "", target)
	sub(/.*## /, "")
	line[++n] = sprintf("%-15s %s", target, $0)
}

END {
	print "\nTargets:"
	for (i = 1; i <= n; i++)
		print line[i]
}
