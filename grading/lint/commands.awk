# Writes the entries of compile_commands.json: "F command" is the command of the source files that follow, one a line.

function quoted(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\""
}

/^F / { command = substr($0, 3); next }
NF {
	printf "{\"directory\": %s, \"file\": %s, \"command\": %s},\n",
		quoted(directory), quoted($0), quoted(command " -c " $0)
}
