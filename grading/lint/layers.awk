# The layering rules of the design: who may include what.  Loaded with lint.awk; `list` names all files, so that
# an #include can be followed to the file that the compiler would find.
#
#   mmu/pt, mmu/fmt       themselves, and the compiler's freestanding headers
#   every other MMU       (mmu/tdp, mmu/direct, labs/skeleton, ...) mmu/pt, the format, itself; the surroundings through
#                         mmu/host.h and mmu/mmu.h alone
#   hyp                   the MMU through mmu/mmu.h and, to serve it, mmu/host.h; the kernel.  Of formats, its
#                         machine: faults and flushes
#   kernel                hyp through hyp/hyp.h; of the MMU the address types alone; a machine through arch/arch.h
#   user                  itself and kernel/abi
#   nobody above          grading/, labs/, mkfs/

# Also notes, by their last name, the files that an include path chooses: those of one machine or one format.
function know_files(   path, name)
{
	while ((getline path < list) > 0) {
		known_file[path] = 1
		if (path !~ /\/arch\// && path !~ /^mmu\/fmt\//)
			continue
		name = path
		sub(/.*\//, "", name)
		if (!(top_of(path) SUBSEP name in variant))
			variant[top_of(path), name] = path
		if (!(name in variant))
			variant[name] = path
	}
	close(list)
	files_known = 1
}

function top_of(path)
{
	sub(/\/.*/, "", path)
	return path
}

# The file that #include "name" finds from `from`; "" when there is none.
function resolve(from, name,   dir, n, i, try)
{
	dir = from
	sub(/[^\/]*$/, "", dir)
	n = split(dir name " " name " kernel/" name " user/lib/" name, try, " ")
	for (i = 1; i <= n; i++) {
		while (sub(/[^\/]+\/\.\.\//, "", try[i]))
			;
		if (try[i] in known_file)
			return try[i]
	}
	if (top_of(from) SUBSEP name in variant)
		return variant[top_of(from), name]
	return name in variant ? variant[name] : ""
}

function is_layer(path, layer)
{
	return index(path, layer "/") == 1
}

# One of the folders that MMU= can name.
function is_an_mmu(path)
{
	return path ~ /^mmu\/[^\/]+\// && path !~ /^mmu\/(pt|fmt)\// || path ~ /^labs\/skeleton\//
}

function freestanding(name)
{
	return name ~ /^(stdarg|stdbool|stddef|stdint|limits|stdalign|stdnoreturn|float)\.h$/
}

# Files that run on the host and may use C's library.
function on_host(path)
{
	return !is_an_mmu(path) && path ~ /^(mkfs|labs|grading\/(run|suites\/([a-z]+\/)?host|sim\/test|grade))\//
}

function layer_of_include(raw,   name, to)
{
	if (!match(raw, /^[ \t]*#[ \t]*include[ \t]*["<][^">]*[">]/))
		return
	if (!files_known)
		know_files()
	name = substr(raw, RSTART, RLENGTH)
	sub(/^[^"<]*["<]/, "", name)
	if (name ~ />$/) {
		sub(/>$/, "", name)
		if (!on_host(current) && !freestanding(name))
			complain("layer", name, "only the compiler's freestanding headers exist here")
		return
	}
	sub(/"$/, "", name)
	if (on_host(current))
		return
	if (name == "instances.h")
		return # grading/mmu.mk makes it
	to = resolve(current, name)
	if (to == "")
		complain("layer", name, "no such file")
	else if (!may_include(current, to))
		complain("layer", to, "the layering rules forbid this include")
}

function may_include(from, to)
{
	if (is_layer(to, "grading") || is_layer(to, "labs") || is_layer(to, "mkfs"))
		return is_layer(from, "grading") || is_layer(from, "labs")
	if (is_layer(from, "grading"))
		return 1
	if (is_layer(from, "mmu/pt") || is_layer(from, "mmu/fmt"))
		return is_layer(to, "mmu/pt") || is_layer(to, "mmu/fmt")
	if (is_an_mmu(from))
		return is_layer(to, "mmu/pt") || is_layer(to, "mmu/fmt") || to ~ /^mmu\/[a-z_]+\.h$/ ||
			same_folder(from, to)
	if (is_layer(from, "mmu"))
		return to ~ /^mmu\/[a-z_]+\.h$/ || is_layer(to, "mmu/pt") || to == "mmu/fmt/tdp_fault.h"
	if (is_layer(from, "user"))
		return is_layer(to, "user") || is_layer(to, "kernel/abi")
	if (is_layer(to, "user"))
		return 0
	if (is_layer(from, "hyp"))
		return hyp_may_include(from, to)
	return kernel_may_include(from, to)
}

function same_folder(a, b)
{
	sub(/[^\/]*$/, "", a)
	sub(/[^\/]*$/, "", b)
	return a == b
}

function hyp_may_include(from, to)
{
	if (is_layer(to, "mmu"))
		return to ~ /^mmu\/(mmu|host|pt\/addr|pt\/prot|pt\/todo|fmt\/tdp_fault)\.h$/ ||
			(is_layer(from, "hyp/arch") && of_the_format(to))
	if (is_layer(to, "hyp/arch") || is_layer(to, "kernel/arch"))
		return is_layer(from, "hyp/arch") || common_header(to)
	return 1
}

# What a machine needs to know of the format that its second stage has: how to flush, what a fault looks like.
function of_the_format(to)
{
	return to ~ /^mmu\/fmt\/[a-z0-9_]+\/(tlb|fault|insn)\.h$/
}

function kernel_may_include(from, to)
{
	if (is_layer(to, "hyp"))
		return to == "hyp/hyp.h"
	if (is_layer(to, "mmu"))
		return to == "mmu/pt/addr.h"
	if (is_layer(to, "kernel/arch"))
		return is_layer(from, "kernel/arch") ? same_machine(from, to) : common_header(to)
	return 1
}

# What an architecture offers to common code: the contracts and their types, and the format of stage-1 entries.
function common_header(to)
{
	return to == "kernel/arch/arch.h" || to == "hyp/arch/hyp_arch.h" ||
		to ~ /^(kernel|hyp)\/arch\/[a-z0-9]+\/(machine|upte|hyp_machine)\.h$/
}

function same_machine(from, to)
{
	if (to ~ /\/arch\/[^\/]*$/ || from ~ /\/arch\/[^\/]*$/)
		return 1
	sub(/.*\/arch\//, "", from)
	sub(/.*\/arch\//, "", to)
	sub(/\/.*/, "", from)
	sub(/\/.*/, "", to)
	return from == to
}
