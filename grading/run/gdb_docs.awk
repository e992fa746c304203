# The transcripts in docs/debugging.md: between "<!-- session NAME.expected -->" and "<!-- end -->" stands what the
# session says.  Its own words ("| ...") become text, commands and answers a block.
#
#   awk -v suites=grading/suites/gdb -f gdb_docs.awk docs/debugging.md    prints the page as it should be

function put_session(name,   line, text, was_text) {
	was_text = 1
	print ""
	while ((getline line < (suites "/" name)) > 0) {
		text = sub(/^\| ?/, "", line)
		if (text != was_text)
			print ""
		print text || line == "" ? line : "    " line
		was_text = text
	}
	close(suites "/" name)
	print ""
}

/^<!-- end -->$/ { skipping = 0 }

!skipping { print }

/^<!-- session .* -->$/ {
	put_session($3)
	skipping = 1
}
