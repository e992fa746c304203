# What scripts of labs have in common; they read it with ".".  The working directory is the top of the tree.

# What a release, or the course in the whole tree, says of itself.
said() { [ ! -f labs/release.mk ] || sed -n "s/^$1 *[?:]*= *//p" labs/release.mk; }

# The name of a lab, given by name or number; by nothing: that of the release.  Empty: there is no such lab.
lab_name() { # LAB
	wanted=$1
	[ -n "$wanted" ] || wanted=$(said LAB)
	awk -v lab="$wanted" '/^[^#]/ && ($1 == lab || $2 == lab) { print $2 }' labs/labs.list
}

all_labs() { awk '/^[^#]/ { printf "%s ", $2 }' labs/labs.list; }

# A machine's format of the second stage.
format_of() { sed -n 's/^STAGE2_FORMAT *:= *//p' "kernel/arch/$1/build.mk"; }

# The second words of lab.conf's lines of a kind, or the ones in another column.
conf_words() { # CONF KEYWORD ARCH FORMAT [COLUMN]
	awk -v word="$2" -v arch="$3" -v format="$4" -v n="${5:-2}" '
		$1 == word { if (format) gsub(/FORMAT/, format, $n); if (arch) gsub(/ARCH/, arch, $n); print $n }' "$1"
}

# The patterns of a part's cases.
part_cases() { # CONF PART ARCH FORMAT
	awk -v part="$2" -v arch="$3" -v format="$4" '
		$1 == "part" { on = $3 == part }
		on && $1 == "case" { gsub(/FORMAT/, format, $3); gsub(/ARCH/, arch, $3); print $3 }' "$1"
}

joined() { awk '{ text = text separator $0; separator = "," } END { print text }'; }

# Fails if the text is no pattern of names.
is_pattern() { case $1 in *[!A-Za-z0-9_./*?-]*) return 1 ;; esac; }

# The format of a lab's simulated machines: the machine's, unless the lab's cases name one.
sim_format() { # CONF FORMAT
	named=$(sed -n 's|^run mmu\.\([a-z0-9]*\)/.*|\1|p' "$1" | head -n 1)
	printf '%s\n' "${named:-$2}"
}
