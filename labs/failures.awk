# Which cases failed in a run of the test kernel, each on a line, as few lines as can be: reads what ktest wrote (-o).
#
# Where all cases of a suite failed there is "suite.*", where all parameters of a case did "suite.case/*", and of what
# is on every simulated machine "mmu.*/suite.case".  What was skipped does not count.
#
#	awk -v conf=labs/LAB/lab.conf -v format=FORMAT -v arch=ARCH -f labs/failures.awk FILE.ktap
#
# prints what passed and earns points in that lab instead.

function add(group, failed) {
	size[group]++
	lost[group] += failed
}

function is_lost(group) { return size[group] > 1 && lost[group] == size[group] }

# The groups of a case, from the largest to itself.
function groups_of(name,    at, case_name) {
	groups = 0
	at = index(name, "/")
	if (name ~ /^mmu\./ && at) {
		case_name = substr(name, at + 1)
		group[++groups] = "mmu.*/" substr(case_name, 1, index(case_name, ".")) "*"
		group[++groups] = "mmu.*/" case_name
		group[++groups] = substr(name, 1, at) substr(case_name, 1, index(case_name, ".")) "*"
	} else {
		group[++groups] = substr(name, 1, index(name, ".")) "*"
		if (at)
			group[++groups] = substr(name, 1, at) "*"
	}
	group[++groups] = name
}

function regex(glob) {
	gsub(/FORMAT/, format, glob)
	gsub(/ARCH/, arch, glob)
	gsub(/[.+(){}|^$\[\]]/, "\\\\&", glob)
	gsub(/\*/, ".*", glob)
	gsub(/\?/, ".", glob)
	return "^" glob "$"
}

BEGIN {
	while (conf && (getline line < conf) > 0) {
		split(line, word, " ")
		if (word[1] == "case" && word[2] + 0)
			earning[regex(word[3])] = 1
	}
}

!/^(not )?ok / || / # SKIP/ { next }

{
	failed = $1 == "not"
	name = failed ? $4 : $3
	sub(/^[^.]*\./, "", name)
	if (!conf) {
		names[++count] = name
		has_failed[count] = failed
		groups_of(name)
		for (i = 1; i <= groups; i++)
			add(group[i], failed)
	} else if (!failed) {
		for (pattern in earning)
			if (name ~ pattern)
				print name
	}
}

END {
	for (n = 1; n <= count; n++) {
		if (!has_failed[n])
			continue
		groups_of(names[n])
		for (i = 1; i < groups && !is_lost(group[i]); i++)
			;
		if (!said[group[i]]++)
			print group[i]
	}
}
