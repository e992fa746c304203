#!/bin/sh
# Tests of the build, in a copy of the tree whose path has a blank and a quote in it.
# Prints "ok name" or "not ok name".
#
#   build_selftest.sh MAKE BUILD     BUILD: where this tree is built; what is built in the copy must be the same
#
# But for the disk image of BUILD, which machines write: one is made anew of what went into it.

make=$1 built=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-build.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
here=$PWD
tree="$work/it's a flat land"
log="$work/log"
unset MAKEFLAGS O ARCH OPT DEBUG CI WERROR

suite=build
. grading/run/selftest_check.sh

build() {
	$make --no-print-directory "$@" > "$log" 2>&1 < /dev/null
}

# The last build said nothing of compiling or linking.
was_idle() {
	! grep -q -E '^  [A-Z]+ ' "$log"
}

mkdir "$tree"
tar cf - --exclude=./build --exclude=./.git . | (cd "$tree" && tar xf -)
cd "$tree" || exit 1

build ARCH=riscv all
check $? path_with_a_blank_and_a_quote
build ARCH=riscv all && was_idle
check $? second_build_does_nothing
cmp build/riscv/flatland.elf "$here/$built/riscv/flatland.elf" > "$log" 2>&1
check $? same_sources_make_the_same_kernel
"$here/$built/host/mkfs" -s 256M "$work/fs.img" "$here/$built/riscv/disk" > "$log" 2>&1 &&
	cmp build/riscv/fs.img "$work/fs.img" > "$log" 2>&1
check $? same_sources_make_the_same_image

touch kernel/lock_rank.h
build ARCH=riscv build/riscv/kernel/lock.c.o && grep -q 'CC  *kernel/lock.c' "$log"
check $? changed_header_compiles_again
build ARCH=riscv OPT=-O1 build/riscv/user/bin/true.elf && grep -q 'LINK .*true' "$log"
check $? changed_flags_compile_again
build ARCH=riscv OPT=-O1 build/riscv/user/bin/true.elf && was_idle
check $? same_flags_do_not
echo 'int main(void) { return 0; }' > user/bin/fresh.c
build ARCH=riscv build/riscv/root.done && [ -f build/riscv/root/bin/fresh ]
check $? new_program_is_built_in
rm user/bin/fresh.c
build ARCH=riscv build/riscv/root.done && [ ! -e build/riscv/root/bin/fresh ]
check $? lost_program_is_gone

build ARCH=sparc
[ $? != 0 ] && [ "$(wc -l < "$log")" -eq 1 ] && grep -q 'ARCH=sparc is not known' "$log"
check $? wrong_architecture_is_one_line
build CPUS=9
[ $? != 0 ] && grep -q 'CPUS=9 is not known' "$log"
check $? too_many_cpus_are_refused
build help && grep -q '^ARCH=riscv' "$log" && grep -q '^make qemu ' "$log"
check $? help_lists_variables_and_targets
build DEBUG=0 -n all && grep -q 'build/riscv-fast/flatland.elf' "$log"
check $? fast_kernel_has_its_own_directory
