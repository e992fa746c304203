# Measures C functions, for lint and stats.  Feed every line of a C file to measure(code, number); for every function it
# calls function_done(), which finds the measures in
#
#   fn_name, fn_line           its name and where it begins
#   fn_lines                   lines from there to the closing brace
#   fn_params, fn_bool         how many parameters; 1 when one of them is a bool
#   fn_nesting                 the depth of its control statements: 1 for an if in the body
#
# The form that docs/STYLE.md asks for is taken for granted: braces of functions in the first column, bodies indented
# by tabs.

function measure_begin()
{
	fn_depth = fn_inside = fn_head_line = 0
	fn_head = ""
}

function measure(code, number)
{
	if (code ~ /^[ \t]*#/ || fn_in_macro) {
		fn_in_macro = code ~ /\\$/
		return
	}
	if (fn_inside) {
		measure_body(code)
		if (code ~ /^[}]/) {
			fn_inside = 0
			fn_lines = number - fn_line + 1
			function_done()
		}
		return
	}
	measure_head(code, number)
}

# Collects a declaration until it proves to be a function (an opening brace in the first column) or not.
function measure_head(code, number)
{
	if (code ~ /^[{]/ && fn_head ~ /\)[ \t]*(__attribute__.*)?$/ && fn_head !~ /=/) {
		fn_inside = 1
		fn_nesting = 0
		fn_line = fn_head_line
		measure_signature(fn_head)
		fn_head = ""
		return
	}
	if (fn_head == "")
		fn_head_line = number
	fn_head = trimmed(fn_head " " trimmed(code))
	if (code ~ /[;}]/ || code ~ /^[ \t]*$/)
		fn_head = ""
}

# "static int f(int a, void (*g)(int))": the name stands before the first parenthesis that is no attribute's.
function measure_signature(head,   at, params, i, c, depth)
{
	gsub(/__attribute__ *\(\([^()]*(\([^()]*\))?[^()]*\)\)/, "", head)
	at = index(head, "(")
	fn_name = substr(head, 1, at - 1)
	sub(/.*[^A-Za-z0-9_]/, "", fn_name)
	params = trimmed(substr(head, at + 1))
	sub(/\)[ \t]*$/, "", params)
	fn_bool = params ~ /(^|[(,] *)(const )?bool +[a-z]/
	fn_params = params != "" && params != "void"
	for (i = 1; i <= length(params); i++) {
		c = substr(params, i, 1)
		depth += (c == "(") - (c == ")")
		fn_params += c == "," && depth == 0
	}
}

function measure_body(code,   depth)
{
	if (code !~ /^\t+([}][ \t]*)?(if|else|for|while|do|switch|[a-z_]*for_each[a-z_]*)($|[^A-Za-z0-9_])/)
		return
	depth = tab_count(code)
	if (depth > fn_nesting)
		fn_nesting = depth
}
