#!/bin/sh
# Proves that hooks cost no calls: compiles the users of the cursor at -O2 and at -Og and disassembles them.
#
#   sh grading/suites/mmu/nocall.sh FORMAT OBJDUMP COMPILER FLAGS...
#
# Prints "ok nocall.FORMAT.OPT.FILE" or, for each function that calls a hook, which one.  A
# hook that was compiled into a function of its own shows as a symbol; so does one that is only called.

format=$1 objdump=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-nocall.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The names of the hooks come from the contract.
hooks=$(sed -n 's/^\tX(\(pte_[a-z_]*\),.*/\1/p' mmu/pt/pte_contract.h)
[ -n "$hooks" ] || { echo "not ok nocall.$format.no_hooks_found"; exit 1; }

# Calls and jumps to one of the names, and bodies of them.
offenders() { # OBJECT
	"$objdump" -d -r --no-show-raw-insn "$1" | awk -v names="$hooks" '
		BEGIN { n = split(names, list, " "); for (i = 1; i <= n; i++) hook[list[i]] }
		/^[0-9a-f]+ <.*>:$/ {
			in_function = $2
			gsub(/[<>:]/, "", in_function)
			name = in_function
			sub(/\..*/, "", name)
			if (name in hook)
				print name " has a body of its own"
			if (in_function ~ /^[^.]/)
				caller = in_function
			next
		}
		/R_[A-Z0-9_]*(CALL|PLT|PC32|JAL|BRANCH)/ || /<.*>/ {
			target = $NF
			gsub(/[<>]/, "", target)
			sub(/[-+.].*/, "", target)
			if (target in hook)
				print caller " calls " target
		}' | sort -u
}

status=0
cat > "$work/walk.c" <<'EOF'
#include "mmu/pt/pt_iter.h"

uint64_t count_leaves(const struct pt *pt, ia_t start, ia_t end);
uint64_t count_leaves(const struct pt *pt, ia_t start, ia_t end)
{
	struct pt_iter it;
	uint64_t count = 0;

	pt_for_each(&it, pt, start, end, 0)
		count += pt_entry_kind(&it.entry) == PTE_LEAF;
	return count;
}

bool translate(const struct pt *pt, ia_t at, hpa_t *out);
bool translate(const struct pt *pt, ia_t at, hpa_t *out)
{
	struct pt_iter it;

	pt_for_each(&it, pt, at, ia_add(at, pt_span(0)), 0) {
		if (pt_entry_kind(&it.entry) != PTE_LEAF)
			continue;
		*out = hpa_add(pte_leaf_hpa(it.entry.pte, it.entry.level), at.raw - it.entry.ia.raw);
		return pte_prot(it.entry.pte, it.entry.level) & PT_READ;
	}
	return false;
}
EOF
for opt in -O2 -Og; do
	for file in "$work/walk.c" \
		mmu/tdp/map.c mmu/tdp/unmap.c mmu/tdp/protect.c mmu/tdp/split.c mmu/tdp/tdp_iter.c \
		mmu/tdp/fault.c; do
		name=nocall.$format${opt}.$(basename "$file" .c)
		if ! "$@" $opt -I. -Immu/fmt/"$format" -c -o "$work/object" "$file" 2> "$work/said"; then
			sed 's/^/# /' "$work/said"
			echo "not ok $name"
			status=1
			continue
		fi
		offenders "$work/object" > "$work/found"
		if [ -s "$work/found" ]; then
			sed 's/^/# /' "$work/found"
			echo "not ok $name"
			status=1
		else
			echo "ok $name"
		fi
	done
done
exit $status
