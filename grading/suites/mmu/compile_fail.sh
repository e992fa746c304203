#!/bin/sh
# Mistakes that must stop every build, with a message that names them.
#
#   sh grading/suites/mmu/compile_fail.sh COMMAND...
#
# COMMAND... is a compiler with its flags; run at the top of the tree.  Prints "ok compile_fail.NAME" or "not ok ...",
# and exits with 1 if something compiled, or failed for another reason.

work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-compile.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
failed=0

# Compile stdin with the format $1 of the tree at $2; the messages go to $work/said.
compile() { # FORMAT TREE COMMAND...
	format=$1 tree=$2
	shift 2
	LC_ALL=C "$@" -I"$tree" -I"$tree/mmu/fmt/$format" -x c -c -o "$work/out.o" - 2> "$work/said"
}

verdict() { # NAME PROBLEM: none if it is empty
	if [ -z "$2" ]; then
		echo "ok compile_fail.$1"
		return
	fi
	echo "# $2"
	sed -n 's/^/# /; 1,8p' "$work/said"
	echo "not ok compile_fail.$1"
	failed=1
}

# The code on stdin must not compile; one of the errors must match the pattern.
must_fail() { # NAME PATTERN FORMAT TREE COMMAND...
	name=$1 pattern=$2
	shift 2
	if compile "$@"; then
		verdict "$name" "it compiles"
	elif ! grep -q -E "error: .*($pattern)" "$work/said"; then
		verdict "$name" "no error says \"$pattern\""
	else
		verdict "$name" ""
	fi
}

# ---- Mistakes in code that uses a format --------------------------------------------------------------------------

formats=$(ls mmu/fmt | while read -r f; do [ -f "mmu/fmt/$f/pte.h" ] && echo "$f"; done)

code() { # STATEMENT
	echo '#include "mmu/pt/pt_iter.h"'
	echo 'void use(struct pt *pt, pte_t pte, gpa_t in, hpa_t out, hva_t user);'
	echo "void use(struct pt *pt, pte_t pte, gpa_t in, hpa_t out, hva_t user) { $1; }"
}

for f in $formats; do
	code 'pte = pte_make_table(out)' | compile "$f" . "$@" && problem= || problem="a correct program fails"
	verdict "$f-control" "$problem"
	code 'pte = pte_make_table(in)' |
		must_fail "$f-gpa_for_hpa" 'incompatible.*pte_make_table|gpa_t.*hpa_t' "$f" . "$@"
	code 'pte = pte_make_leaf(user, 0, 1)' |
		must_fail "$f-hva_for_hpa" 'incompatible.*pte_make_leaf|hva_t.*hpa_t' "$f" . "$@"
	code 'pt_range_ok(pt, out, out)' | must_fail "$f-hpa_for_ia" 'incompatible.*pt_range_ok|hpa_t.*ia_t' "$f" . "$@"
	code 'pte = pte_make_table(0x1000)' |
		must_fail "$f-number_for_hpa" 'incompatible.*pte_make_table|int.*hpa_t' "$f" . "$@"
	code 'pte = pte + 4096' | must_fail "$f-pte_plus_size" 'invalid operands.*pte_t' "$f" . "$@"
	code 'pte = pte | 1' | must_fail "$f-pte_or_bit" 'invalid operands.*pte_t' "$f" . "$@"
	code 'if (pte & 1) return' | must_fail "$f-pte_and_bit" 'invalid operands.*pte_t' "$f" . "$@"
	code 'if (pte == pte_make_empty()) return' | must_fail "$f-pte_compared" 'invalid operands.*pte_t' "$f" . "$@"
	code 'if (!pte) return' | must_fail "$f-pte_as_condition" 'pte_t|unary exclamation' "$f" . "$@"
	code 'pte = 0' | must_fail "$f-number_for_pte" 'pte_t.*int' "$f" . "$@"
done

# ---- Mistakes in a format -----------------------------------------------------------------------------------------

hooks=$(sed -n 's/^	X(\(pte_[a-z_]*\),.*/\1/p' mmu/pt/pte_contract.h)
[ -n "$hooks" ] || verdict hooks "pte_contract.h lists no hooks"

# A copy of the format in which the definition of a hook, the line that begins with PT_HOOK, is edited.
spoiled_tree() { # FORMAT SED
	rm -rf "$work/tree"
	mkdir -p "$work/tree/mmu/fmt"
	cp -R mmu/pt "$work/tree/mmu/pt"
	cp -R "mmu/fmt/$1" "$work/tree/mmu/fmt/$1"
	find "$work/tree" -name '*.h' | while read -r header; do
		sed "$2" "$header" > "$work/header" && cat "$work/header" > "$header"
	done
}

contract='#include "mmu/pt/pte_contract.h"'
for f in toy arm128; do
	for hook in $hooks; do
		spoiled_tree "$f" "s/^\(PT_HOOK .*[^a-z_]\)$hook(/\1renamed_hook(/"
		echo "$contract" | must_fail "$f-without_$hook" "[^a-z_]$hook[^a-z_]" "$f" "$work/tree" "$@"
		spoiled_tree "$f" "s/^PT_HOOK .*[^a-z_]$hook(/PT_HOOK double $hook(/"
		echo "$contract" | must_fail "$f-other_type_of_$hook" "hook $hook must be" "$f" "$work/tree" "$@"
	done
	spoiled_tree "$f" 's/^\(PT_HOOK .*\)hpa_t table/\1gpa_t table/'
	echo "$contract" | must_fail "$f-hook_takes_gpa" 'hook pte_make_table must be' "$f" "$work/tree" "$@"
	spoiled_tree "$f" 's/^\(#define PT_INDEX_BITS *\)[0-9]*/\110/'
	echo "$contract" | must_fail "$f-table_of_two_pages" 'a table must fill a page' "$f" "$work/tree" "$@"
done
exit $failed
