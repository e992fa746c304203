# `make stats`: how large is what, and how large are its functions.  Loaded with source.awk and functions.awk.
#
# Code lines have something besides comments and blanks.  A folder's row counts the files right in it; the sums below
# count whole trees.  The figures of the model codebases were measured in the same way; comments are their share of
# all lines that are not blank.

function begin_file(path)
{
	folder = path
	if (!sub(/\/[^\/]*$/, "", folder))
		folder = "."
	if (!(folder in files))
		order[++folder_count] = folder
	files[folder]++
	measure_begin()
}

function line(raw, code)
{
	if (raw ~ /^[ \t]*$/)
		return
	if (code ~ /[^ \t]/ && !(language == "text" && raw ~ /^[ \t]*#/)) {
		code_lines[folder]++
		file_code[FILENAME]++
	} else
		comment_lines[folder]++
	if (match(raw, /^_Static_assert\(sizeof\(struct page\) == [0-9]+/)) {
		metadata = substr(raw, RSTART, RLENGTH)
		sub(/.*== /, "", metadata)
	}
	if (language == "c")
		measure(code, FNR)
}

function end_file(path)
{
}

function function_done()
{
	size[folder, ++functions[folder]] = fn_lines
	if (fn_lines > longest[folder]) {
		longest[folder] = fn_lines
		longest_name[folder] = fn_name
	}
	if (fn_params > params[folder])
		params[folder] = fn_params
	if (fn_nesting > nesting[folder])
		nesting[folder] = fn_nesting
}

# Sorts size[f, 1..n] by insertion: a folder has some hundred functions.
function sort_sizes(f, n,   i, j, x)
{
	for (i = 2; i <= n; i++) {
		x = size[f, i]
		for (j = i - 1; j >= 1 && size[f, j] > x; j--)
			size[f, j + 1] = size[f, j]
		size[f, j + 1] = x
	}
}

function percentile(f, n, share)
{
	return n ? size[f, int((n - 1) * share + 1.5)] : "-"
}

function row(f,   n, all)
{
	n = functions[f]
	sort_sizes(f, n)
	all = code_lines[f] + comment_lines[f]
	printf "%-26s %5d %7d %8d%% %6d %6s %6s %8s %7s %8s  %s\n", f, files[f], code_lines[f],
		all ? 100 * comment_lines[f] / all : 0, n, percentile(f, n, 0.5), percentile(f, n, 0.9),
		n ? longest[f] : "-", n ? params[f] + 0 : "-", n ? nesting[f] + 0 : "-", longest_name[f]
}

# Adds all folders at or below `top` into one.
function sum(top, title,   i, f, k)
{
	for (i = 1; i <= folder_count; i++) {
		f = order[i]
		if (top != "" && f != top && index(f, top "/") != 1)
			continue
		files[title] += files[f]
		code_lines[title] += code_lines[f]
		comment_lines[title] += comment_lines[f]
		for (k = 1; k <= functions[f]; k++)
			size[title, ++functions[title]] = size[f, k]
		if (longest[f] > longest[title]) {
			longest[title] = longest[f]
			longest_name[title] = longest_name[f]
		}
		if (params[f] > params[title])
			params[title] = params[f]
		if (nesting[f] > nesting[title])
			nesting[title] = nesting[f]
	}
	if (files[title])
		row(title)
}

# The share of common code in the MMU over one format: the plug, the walk and what it does, against what knows bits.
function share(format,   common, own)
{
	common = code_lines["mmu/pt"] + code_lines["mmu/tdp"] + file_code["mmu/mmu.h"] + file_code["mmu/host.h"]
	own = file_code["mmu/fmt/" format "/pte.h"] + file_code["mmu/fmt/" format "/tlb.h"] + \
		file_code["mmu/fmt/" format "/fault.h"]
	if (own)
		printf "%-26s common %d lines, its own %d: %.1f %% are common (aim: 92)\n", \
			"mmu over " format, common, own, 100 * common / (common + own)
}

function model(name, file_count, lines, comments, n, median, p90, max, most)
{
	printf "%-26s %5s %7s %9s %6s %6s %6s %8s %7s\n", name, file_count, lines, comments, n, median, p90, max, most
}

function finish(   i, n, tops)
{
	printf "%-26s %5s %7s %9s %6s %6s %6s %8s %7s %8s  %s\n", "folder", "files", "code", "comments", "fns", \
		"median", "p90", "longest", "params", "nesting", "the longest function"
	for (i = 1; i <= folder_count; i++)
		row(order[i])
	print ""
	n = split("kernel mmu hyp user mkfs grading labs", tops, " ")
	for (i = 1; i <= n; i++)
		sum(tops[i], tops[i] "/ in all")
	sum("", "everything")
	print "\nmmu/mmu.h, mmu/host.h, mmu/pt and mmu/tdp against pte.h, tlb.h and fault.h of one format:"
	share("riscv")
	share("npt")
	printf "%-26s %d bytes (aim: 64 at most)\n", "metadata of a table page", metadata
	print "\nModels, for comparison (all lines, not code lines):"
	model("xv6 kernel", 24, "5.1k", "17-25%", 197, 12, 38, 118, 5)
	model("KVM x86 tdp_iter.c", 1, 180, "34%", 9, 10, "-", 23, 4)
	model("KVM x86 tdp_mmu.c", 1, 1885, "31%", 64, 17.5, "-", 84, 9)
	model("KVM arm64 pgtable.c", 1, 1251, "7%", 61, 14, "-", 42, 7)
	model("Hafnium", 33, "-", "27%", 620, 13, 82, 302, 8)
	model("Bao core, riscv, armv8", "-", "-", "15%", 454, 9.5, 32, 190, 6)
	model("seL4", "-", "-", "11-24%", 643, 15, 52, 270, 9)
	model("Plan 9 port and pc", 7, "5.0k", "8-23%", 144, 21, 64, 144, 4)
	model("egos-2000", 15, "-", "27%", 87, 10, 36, 105, 4)
	model("PintOS threads", "-", "-", "13%", 104, 11, 31, 113, 6)
	print "Our aims: median 12, p90 35, longest 60 (45 in mmu/), parameters 5, nesting 3."
}
