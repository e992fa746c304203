# Prints what the makefiles say of themselves, in sections: a line "### title" begins one.  In each, first the targets,
# "target: ... ## text", then the lines that start with "## ", which are variables.

/^### / {
	title[++sections] = substr($0, 5)
	next
}

/^## / {
	variables[sections] = variables[sections] substr($0, 4) "\n"
}

/^[a-z][a-z-]*:.*## / {
	target = $0
	sub(/:.*/, "", target)
	sub(/.*## /, "")
	targets[sections] = targets[sections] sprintf("make %-15s %s\n", target, $0)
}

END {
	for (i = 1; i <= sections; i++)
		if (targets[i] variables[i])
			printf "%s%s\n%s%s", (i == 1 ? "" : "\n"), title[i], targets[i], variables[i]
}
