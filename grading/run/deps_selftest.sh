#!/bin/sh
# Tests of labs/deps.sh in a PATH where the tools, the package managers and the user are fakes.  Prints one "ok name" or
# "not ok name" a case.

work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-deps.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

# A PATH with the ordinary tools and nothing of ours.
mkdir "$work/tools"
for tool in sh awk sed grep tr cat mkdir rmdir printf uname head sleep env rm chmod; do
	path=$(command -v $tool) && [ -x "$path" ] && ln -s "$path" "$work/tools/$tool"
done

# fake NAME: a script, its body from stdin.
fake() {
	{ echo '#!/bin/sh'; cat; } > "$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# Start again: user number $1, nothing installed.
fresh() {
	rm -rf "$work/bin" "$work/memory"
	mkdir "$work/bin"
	echo "echo $1" | fake id
}

# deps ARGUMENT...: run it there; $status and the file out are what came of it.
deps() {
	PATH="$work/bin:$work/tools" DEPS_MEMORY="$work/memory" work="$work" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}

suite=deps log=$work/out
. grading/run/selftest_check.sh

# The last command ended with status $1 and said a line that contains $2.
ended() {
	[ "$status" = "$1" ] && grep -q -F -e "$2" "$work/out"
}

need='sh labs/deps.sh need'
for case in 'debian|apt-get install -y --no-install-recommends gcc-riscv64-linux-gnu' \
	'fedora|dnf install -y gcc-riscv64-linux-gnu' \
	'arch|pacman -S --needed --noconfirm riscv64-linux-gnu-gcc' \
	'none|gcc-riscv64-linux-gnu'; do
	fresh 1000
	DEPS_SYSTEM=${case%%|*}
	export DEPS_SYSTEM
	deps $need riscv-cc
	ended 3 "${case#*|}"
	check $? "says_how_on_$DEPS_SYSTEM"
done
fresh 1000
DEPS_SYSTEM=debian
deps $need riscv-cc
grep -q 'sudo apt-get install' "$work/out"
check $? user_is_told_to_use_sudo
DEPS_SYSTEM=brew
deps $need riscv-cc host-cc
ended 3 'brew install riscv64-elf-gcc' && grep -q 'xcode-select --install' "$work/out" && ! grep -q sudo "$work/out"
check $? says_how_on_brew

# Root, or DEPS=yes, installs; the fake apt-get brings a compiler that accepts everything.
DEPS_SYSTEM=debian
fake_apt() {
	fake apt-get <<- 'END'
		echo "apt-get $*" >> "$work/apt"
		case "$*" in *install*gcc-riscv64*)
			for t in gcc ar nm objcopy objdump; do
				printf '#!/bin/sh\n' > "$work/bin/riscv64-linux-gnu-$t"
				chmod +x "$work/bin/riscv64-linux-gnu-$t"
			done ;;
		esac
	END
	: > "$work/apt"
}
fresh 0
fake_apt
deps $need riscv-cc
ended 0 'Installing for riscv-cc' && grep -q 'install -y --no-install-recommends gcc-riscv64-linux-gnu$' "$work/apt"
check $? root_announces_and_installs
deps sh labs/deps.sh prefix riscv
ended 0 'riscv64-linux-gnu-'
check $? prefix_is_found_after_that
: > "$work/apt"
deps $need riscv-cc
[ $status = 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/apt" ]
check $? nothing_is_said_when_all_is_there
rm "$work/bin/riscv64-linux-gnu-gcc"
deps env DEPS=no $need riscv-cc
ended 3 'Missing: riscv-cc'
check $? lost_tool_is_noticed
deps env DEPS=no $need riscv-cc
[ ! -s "$work/apt" ]
check $? deps_no_installs_nothing_even_for_root
fresh 1000
fake_apt
echo 'exec "$@"' | fake sudo
deps env DEPS=yes $need riscv-cc
ended 0 'sudo apt-get install'
check $? deps_yes_installs_with_sudo
fresh 0
echo 'exit 100' | fake apt-get
deps $need riscv-cc
ended 3 'Installing failed'
check $? failed_installation_is_an_error
[ ! -d "$work/memory/lock" ]
check $? lock_is_released

# QEMU: too old is refused, with and without being asked to install.
old_qemu() {
	echo "echo 'QEMU emulator version $1 (Debian 1:$1)'" | fake qemu-system-riscv64
}
fresh 0
fake_apt
old_qemu 6.2.0
deps $need riscv-qemu
ended 3 'is version 6.2.0; Flatland needs 7.2'
check $? old_qemu_is_refused
[ ! -s "$work/apt" ]
check $? old_qemu_installs_nothing
for version in 7.2.22 7.10.0 8.0.0 10.0.2; do
	fresh 0
	old_qemu $version
	deps $need riscv-qemu
	[ $status = 0 ]
	check $? qemu_${version}_is_accepted
done
fresh 0
echo 'echo "QEMU emulator version 9.0.0"' | fake my-qemu
deps env QEMU_riscv=my-qemu $need riscv-qemu
[ $status = 0 ]
check $? qemu_can_be_named

# Alternatives: the first package that the system knows.
fresh 1000
echo 'case "$*" in *qemu-system-riscv) echo "qemu-system-riscv | 10" ;; esac' | fake apt-cache
deps sh labs/deps.sh packages riscv-qemu
ended 0 qemu-system-riscv
check $? newer_package_is_preferred
fresh 1000
deps sh labs/deps.sh packages riscv-qemu
ended 0 qemu-system-misc
check $? older_package_is_the_fallback
