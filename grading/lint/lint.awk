# The rules of `make lint` that look at lines.  Loaded together with source.awk, functions.awk and layers.awk.
#
# Prints "path:line: rule key: what is wrong"; rule and key are what a line of grading/lint/allow names.  Rules that
# look at the tree as a whole are in lint.sh.

function complain(rule, key, what)
{
	printf "%s:%d: %s %s: %s\n", current, FNR, rule, key, what
}

function begin_file(path)
{
	measure_begin()
	head_seen = ending = 0
	is_c = language == "c"
	may_name_machine = path ~ /(^|\/)arch\// || path ~ /^mmu\/fmt\//
	is_prose = path ~ /\.(md|txt|list|conf)$/ || path ~ /^LICENSE$/
	is_linter = path ~ /^grading\/lint\//
	blank_at_end = 0
	unique_begin()
}

function line(raw, code)
{
	form(raw, code)
	if (!head_seen)
		head(raw)
	if (language == "text" || language == "ld")
		return
	layer_of_include(raw)
	if (!may_name_machine && code ~ /^[ \t]*#[ \t]*(el)?if.*(__riscv|__x86_64__|__amd64__|__i386__|__aarch64__)/)
		complain("machine", "#if", "only */arch/* and mmu/fmt/* may ask for the machine")
	if (is_c) {
		words(code)
		verbs(code)
		measure(code, FNR)
		unique(raw, code)
	}
}

function end_file(path)
{
	if (blank_at_end)
		complain("form", "end", "blank line at the end of the file")
	if (is_c && line_count > 700)
		complain("file-length", "file", line_count " lines; 700 is the limit")
	if (!head_seen)
		complain("head", "file", "no comment that says what the file is for")
}

function finish()
{
}

# ---- Form -----------------------------------------------------------------------------------------------------

function form(raw, code)
{
	blank_at_end = raw == ""
	if (raw ~ /[ \t]$/ && raw !~ /^$/)
		complain("form", "blank", "blanks at the end of the line")
	if (raw ~ /\r/)
		complain("form", "cr", "carriage return")
	if (!is_linter && raw ~ /(^|[^A-Za-z_])(TODO|FIXME|XXX)([^A-Za-z_]|$)/ && raw !~ /(TODO|FIXME|XXX)\(#[0-9]+\)/)
		complain("todo", "todo", "a TODO names its issue: TODO(#12)")
	if (is_prose)
		return
	if (columns(raw) > 120)
		complain("width", "line", columns(raw) " columns; 120 is the limit")
}

# Every file begins with a comment; scripts after their first line, which may be "#!".
function head(raw)
{
	if (raw == "" || raw ~ /^#!/)
		return
	head_seen = 1
	if (is_prose)
		return
	if (language == "text" ? raw !~ /^(#|\/\*|<!--|set |define )/ : raw !~ /^(\/\*|\/\/|#[^a-z])/)
		complain("head", "file", "no comment at the top that says what the file is for")
}

# ---- Words ----------------------------------------------------------------------------------------------------
# DESIGN's words, where a machine can tell: identifiers of the shadow-paging era and bare addresses.

function word_in(code, pattern)
{
	return match(code, "(^|[^A-Za-z0-9_])(" pattern ")([^A-Za-z0-9_]|$)")
}

function words(code)
{
	if (word_in(code, "(u64|uint64_t|unsigned long) +(gva|gpa|hva|hpa)"))
		complain("words", "address", "an address of this kind has a type: gva_t, gpa_t, hva_t, hpa_t")
	if (current !~ /^(mmu|hyp|kernel\/mm|kernel\/arch|labs\/skeleton)\//)
		return
	if (word_in(code, "spte[a-z_]*|ptep[a-z_]*|[a-z_]*(superpage|pgdir|shadow_page)[a-z_]*|pmd|pud|pgd"))
		complain("words", "table", "say table, entry, leaf, root, slot")
	if (!(is_an_mmu(current) || current ~ /^(mmu|hyp)\//) || may_name_machine)
		return
	if (word_in(code, "sp|(s2|npt|ept)_[a-z_]+|[a-z_]+_(s2|npt|ept)"))
		complain("words", "tdp", "say tdp_ in common code")
	if (word_in(code, "(is_)?present|[a-z_]+_present|removed|[a-z_]+_removed"))
		complain("words", "kind", "an entry is empty, table, leaf or frozen")
}

# ---- Entries --------------------------------------------------------------------------------------------------
# Linked tables are read and written through the three verbs of mmu/pt/pt_access.h alone: they are where an entry is
# published with release, and where the explorer lets another actor go first.  (A table that is not linked yet is filled
# with plain stores; the verb that links it publishes them.)

function verbs(code)
{
	if (!(is_an_mmu(current) || current ~ /^mmu\/pt\//) || current ~ /^mmu\/pt\/(pt_access|pte64|pte_contract)\.h$/)
		return
	if (code ~ /[^A-Za-z0-9_]pte_(load|cas|xchg)\(/)
		complain("verb", "pte", "entries are accessed by pt_read(), pt_write_cas() and pt_write_xchg()")
	if (code ~ /__atomic_[a-z_]*\(&?[^,]*(slot|entries|table\[)/ || code ~ /slot->raw/ ||
		code ~ /(^|[(=!&|,;{]|return)[ \t]*\*[A-Za-z_>.-]*slot([^A-Za-z0-9_]|$)/)
		complain("verb", "slot", "entries are accessed by pt_read(), pt_write_cas() and pt_write_xchg()")
}

# ---- Functions ------------------------------------------------------------------------------------------------

function function_done(   limit)
{
	limit = current ~ /^mmu\// || is_an_mmu(current) ? 45 : 60
	if (fn_lines > limit)
		complain("fn-length", fn_name, fn_lines " lines; " limit " is the limit")
	if (fn_params > 5)
		complain("fn-params", fn_name, fn_params " parameters; 5 is the limit")
	if (fn_nesting > 4)
		complain("fn-nesting", fn_name, "nesting of " fn_nesting "; 3 is the aim, 4 the limit")
	if (fn_bool)
		complain("fn-bool", fn_name, "a bool parameter; use an enum, or two functions")
}

# ---- Unique texts ---------------------------------------------------------------------------------------------
# The text of a panic or an assertion leads to one place in the tree.

function unique_begin()
{
	statement = ""
}

function unique(raw, code,   text)
{
	if (current !~ /^(kernel|hyp|mmu)\// || code ~ /^[ \t]*#/)
		return
	if (statement == "" && !match(code, /(^|[^A-Za-z0-9_])(panic|ASSERT)\(/))
		return
	statement = statement " " raw
	if (code !~ /;/)
		return
	text = statement
	statement = ""
	sub(/.*(panic|ASSERT)\(/, "", text)
	if (!match(text, /"([^"\\]|\\.)*"/))
		return
	text = substr(text, RSTART, RLENGTH)
	if (text in place)
		complain("unique", "text", text " is also the text at " place[text])
	else
		place[text] = current ":" FNR
}
