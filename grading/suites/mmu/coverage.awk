# Branch coverage: reads what `gcov -b -c -t` prints of one or more instances, and prints a table of the files under
# test.
#
#   awk -v least=95 -f coverage.awk FILE...
#
# A branch is a place in the source, by file, line and number: it is taken if any instance, or any translation unit of
# it, took it.  A switch has one branch for values that its enum has not; it is not counted.
# Exits with 1 if a file of mmu/pt, mmu/tdp or a pte.h has less than `least` per cent.

/^ *-: *0:Source:/ {
	source = $0
	sub(/.*0:Source:/, "", source)
	wanted = source ~ /^mmu\/(pt|tdp)\/[a-z0-9_]*\.[ch]$/ || source ~ /^mmu\/fmt\/[a-z0-9_]*\/pte\.h$/
	next
}

!wanted { next }

/^branch +[0-9]+ / {
	key = source SUBSEP line SUBSEP $2
	known[key] = source
	if ($3 == "taken" && $4 + 0 > 0)
		taken[key] = 1
	next
}

/^ *[-#=0-9][-#=0-9*]* *: *[0-9]+:/ {
	split($0, field, ":")
	line = field[2] + 0
	count = field[1]
	gsub(/[ *]/, "", count)
	if (count == "-")
		next
	lines[source, line] = source
	if ($0 ~ /switch \(/)
		switches[source, line]
	if (count !~ /^[#=]/)
		run[source, line] = 1
}

function sort_names(   i, j, t)
{
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && name[j] < name[j - 1]; j--) {
			t = name[j]
			name[j] = name[j - 1]
			name[j - 1] = t
		}
}

END {
	for (key in known) {
		split(key, part, SUBSEP)
		place = part[1] SUBSEP part[2]
		if (!(key in taken) && place in switches) {
			delete switches[place]
			continue
		}
		branches[known[key]]++
		took[known[key]] += key in taken
		if (missed && !(key in taken))
			print "# not taken: " part[1] ":" part[2] " branch " part[3]
	}
	for (key in lines) {
		line_count[lines[key]]++
		line_run[lines[key]] += key in run
	}
	for (source in line_count)
		name[++n] = source
	sort_names()
	printf "%-28s %8s %8s %8s\n", "file", "lines", "branches", "taken"
	for (i = 1; i <= n; i++) {
		source = name[i]
		share = branches[source] ? 100 * took[source] / branches[source] : 100
		short = share < least
		printf "%-28s %7.1f%% %8d %7.1f%%%s\n", source, 100 * line_run[source] / line_count[source],
			branches[source], share, short ? "  less than " least : ""
		bad += short
	}
	exit bad > 0
}
