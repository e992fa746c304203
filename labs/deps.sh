#!/bin/sh
# Finds the tools that a target needs and, where they are missing, says or does what it takes to get them.
#
#   sh labs/deps.sh need TOOL...     0 when all are there; exits 3 when one is missing and could not be installed
#   sh labs/deps.sh have TOOL        0 when it is there; says nothing
#   sh labs/deps.sh packages TOOL... the packages that provide the tools on this system
#   sh labs/deps.sh prefix ARCH      the prefix of the cross tools ("" for the native ones); 3 when there are none
#
# A tool is looked for by trying it, never by asking a package manager: it may have come from anywhere.  What was
# tried with success is remembered in build/deps/, so that the next call costs a few look-ups in PATH.
#
# Environment: DEPS=ask|yes|no (see `make help`); CROSS_riscv, CROSS_x86, QEMU_riscv, QEMU_x86, HOSTCC name the tools;
# DEPS_SYSTEM=debian|fedora|arch|brew|none overrides the guess of the system.
# Next to read: labs/packages.list, labs/doctor.sh.

list=labs/packages.list
memory=${DEPS_MEMORY:-build/deps}
qemu_floor=7.2
LC_ALL=C
export LC_ALL

# ---- Trying tools ---------------------------------------------------------------------------------------------

# The first word of "$1", a command that may carry options, as a path; nothing when it does not exist.
path_of() {
	command -v "${1%% *}" 2>/dev/null
}

# Does the compiler "$1" make an object for the kernel of ARCH "$2"?  Clang says it is gcc: it is not meant here.
compiler_works() {
	case $2 in
	riscv) flags='-march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax' macro=__riscv ;;
	x86) flags='-m64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fcf-protection=none' macro=__x86_64__ ;;
	esac
	path_of "$1" >/dev/null || return 1
	printf '#if !defined(%s) || !defined(__ELF__) || defined(__clang__)\n#error\n#endif\nint x;\n' $macro |
		"$1" $flags -ffreestanding -fno-pic -fno-pie -x c -c -o /dev/null - 2>/dev/null
}

# Sets $prefix for ARCH "$1".
find_prefix() {
	case $1 in
	riscv) given=${CROSS_riscv+given} prefix=${CROSS_riscv-}
		try='riscv64-linux-gnu- riscv64-unknown-elf- riscv64-elf- riscv64-none-elf-' ;;
	x86) given=${CROSS_x86+given} prefix=${CROSS_x86-}
		try='native x86_64-linux-gnu- x86_64-elf-' ;;
	*) return 1 ;;
	esac
	if [ "$given" ]; then
		compiler_works "${prefix}gcc" "$1"
		return
	fi
	for prefix in $try; do
		[ "$prefix" = native ] && prefix=
		compiler_works "${prefix}gcc" "$1" && return 0
	done
	return 1
}

# The cross tools of ARCH "$1" are all there.
cross_works() {
	find_prefix "$1" || return 1
	for tool in gcc ar nm objcopy objdump; do
		path_of "$prefix$tool" >/dev/null || return 1
	done
}

host_compiler_works() {
	path_of "${HOSTCC:-cc}" >/dev/null &&
		printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
		${HOSTCC:-cc} -x c -o /dev/null - 2>/dev/null
}

qemu_of() {
	case $1 in
	riscv) printf %s "${QEMU_riscv:-qemu-system-riscv64}" ;;
	x86) printf %s "${QEMU_x86:-qemu-system-x86_64}" ;;
	esac
}

# The version of QEMU for ARCH "$1": "7.2.22"; nothing when it cannot be run.
qemu_version() {
	"$(qemu_of "$1")" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

# Is version "$1" at least "$2"?
version_reaches() {
	awk -v have="$1" -v want="$2" 'BEGIN {
		n = split(want, w, "."); split(have, h, ".")
		for (i = 1; i <= n; i++)
			if (h[i] + 0 != w[i] + 0)
				exit !(h[i] + 0 > w[i] + 0)
	}'
}

# A QEMU that is too old is not a missing tool: another may be installed beside it, and only the user knows.
qemu_works() {
	version=$(qemu_version "$1")
	[ "$version" ] || return 1
	version_reaches "$version" $qemu_floor && return 0
	echo "$(qemu_of "$1") is version $version; Flatland needs $qemu_floor or later" \
		"(set QEMU_$1= to a newer one)." >&2
	exit 3
}

# QEMU finds the firmware that it loads before the kernel.
firmware_works() {
	case $1 in
	riscv) machine='virt -bios default' ;;
	x86) machine=microvm ;;
	esac
	echo quit | "$(qemu_of "$1")" -accel tcg -M $machine -nodefaults -display none -S -monitor stdio \
		>/dev/null 2>&1
}

gdb_of() {
	case $1 in
	riscv) machine=riscv:rv64 others='riscv64-elf-gdb riscv64-unknown-elf-gdb riscv64-linux-gnu-gdb' ;;
	x86) machine=i386:x86-64 others=x86_64-elf-gdb ;;
	esac
	for gdb in ${GDB:-gdb-multiarch $others gdb}; do
		path_of "$gdb" >/dev/null || continue
		"$gdb" -nx -batch -ex "set architecture $machine" 2>&1 | grep -q 'is set to\|assumed to be' || continue
		printf '%s\n' "$gdb"
		return 0
	done
	return 1
}

try_tool() {
	case $1 in
	host-cc) host_compiler_works ;;
	riscv-cc|x86-cc) cross_works "${1%-cc}" ;;
	riscv-qemu|x86-qemu) qemu_works "${1%-qemu}" ;;
	riscv-firmware|x86-firmware) firmware_works "${1%-firmware}" ;;
	riscv-gdb|x86-gdb) gdb_of "${1%-gdb}" >/dev/null ;;
	*) path_of "$1" >/dev/null ;;
	esac
}

# ---- Memory ---------------------------------------------------------------------------------------------------

# What tool "$1" stands on: the commands of which a change means to try again.
footprint() {
	case $1 in
	host-cc) path_of "${HOSTCC:-cc}" ;;
	riscv-cc) for p in ${CROSS_riscv-riscv64-linux-gnu- riscv64-unknown-elf- riscv64-elf- riscv64-none-elf-}; do
			path_of "${p}gcc"; path_of "${p}objcopy"; done ;;
	x86-cc) for p in "${CROSS_x86-}" x86_64-linux-gnu- x86_64-elf-; do
			path_of "${p}gcc"; path_of "${p}objcopy"; done ;;
	*-qemu|*-firmware) path_of "$(qemu_of "${1%-*}")" ;;
	*) ;;
	esac
}

have_tool() {
	case $1 in
	*-cc|*-qemu|*-firmware) ;;
	*) try_tool "$1"; return ;;
	esac
	foot=$(footprint "$1")
	[ "$foot" ] || return 1
	[ -f "$memory/$1" ] && [ "$(cat "$memory/$1")" = "$foot" ] && return 0
	try_tool "$1" || return 1
	mkdir -p "$memory" && printf '%s\n' "$foot" > "$memory/$1"
}

# ---- Packages -------------------------------------------------------------------------------------------------

guess_system() {
	if [ "${DEPS_SYSTEM-}" ]; then echo "$DEPS_SYSTEM"
	elif [ "$(uname -s)" = Darwin ]; then echo brew
	elif path_of apt-get >/dev/null; then echo debian
	elif path_of dnf >/dev/null; then echo fedora
	elif path_of pacman >/dev/null; then echo arch
	elif path_of brew >/dev/null; then echo brew
	else echo none
	fi
}

# Does the package manager know package "$1"?
package_known() {
	case $system in
	debian) [ "$(apt-cache --quiet=1 madison "$1" 2>/dev/null)" ] ;;
	fedora) dnf -q list "$1" >/dev/null 2>&1 ;;
	arch) pacman -Si "$1" >/dev/null 2>&1 ;;
	*) false ;;
	esac
}

# "a|b|c": the first known one; when none is known (no package lists yet), the last, which the oldest system has.
choose_package() {
	for choice in $(echo "$1" | tr '|' ' '); do
		case $1 in *'|'*) package_known "$choice" && break ;; esac
	done
	echo "$choice"
}

# The row of tool "$1" to read: an x86-64 compiler is a native one only on such a machine.
row_of() {
	case $1-$(uname -m) in
	x86-cc-x86_64|x86-cc-amd64) [ "$system" = brew ] && echo x86-cc-cross || echo x86-cc ;;
	x86-cc-*) echo x86-cc-cross ;;
	*) echo "$1" ;;
	esac
}

# The packages of the tools "$@", one a line, each once.
packages_of() {
	for tool in "$@"; do
		awk -v tool="$(row_of "$tool")" -v sys="$system" '
			BEGIN { column["debian"] = 3; column["fedora"] = 4; column["arch"] = 5; column["brew"] = 6 }
			/^#/ || $2 != tool { next }
			{ n = split($(sys in column ? column[sys] : 3), p, ",") }
			{ for (i = 1; i <= n; i++) if (p[i] != "-") print p[i] }' $list
	done | awk '!seen[$0]++' | while read -r package; do choose_package "$package"; done
}

# ---- Installing -----------------------------------------------------------------------------------------------

# The command that installs "$@"; no package names, no sudo in front.
install_line() {
	case $system in
	debian) echo "apt-get install -y --no-install-recommends $*" ;;
	fedora) echo "dnf install -y $*" ;;
	arch) echo "pacman -S --needed --noconfirm $*" ;;
	brew) echo "brew install $*" ;;
	esac
}

sudo_word() {
	if [ "$system" = brew ] || [ "$(id -u)" = 0 ]; then echo; else echo 'sudo '; fi
}

refresh_lists() {
	[ "$system" = debian ] || return 0
	$(sudo_word)env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
}

# True when the user, or the fact that we are root, allows to install.
may_install() {
	[ "$system" = none ] && return 1
	case ${DEPS:-ask} in
	yes) return 0 ;;
	no) return 1 ;;
	esac
	[ "$(id -u)" = 0 ] && [ "$system" != brew ] && return 0
	[ -t 0 ] && [ -t 2 ] || return 1
	printf 'Missing: %s.  Install with\n  %s\nnow? [y/N] ' "$missing" \
		"$(sudo_word)$(install_line $(packages_of $missing))" >&2
	read -r answer
	case $answer in [yY]*) return 0 ;; *) return 1 ;; esac
}

# Only what the row of this system names can be installed; "-" leaves nothing to do.
install_missing() {
	refresh_lists
	packages=$(packages_of $missing)
	[ "$packages" ] || return 1
	echo "Installing for$missing:" $packages >&2
	echo "  $(sudo_word)$(install_line $packages)" >&2
	$(sudo_word)env DEBIAN_FRONTEND=noninteractive $(install_line $packages) >&2
}

say_how() {
	echo "Missing:$missing.  Install with" >&2
	if [ "$system" = none ]; then
		echo "  your system's packages of what Debian calls:" $(packages_of $missing) >&2
		return
	fi
	[ "$system" = debian ] && printf '  %sapt-get update && ' "$(sudo_word)" >&2 || printf '  ' >&2
	echo "$(sudo_word)$(install_line $(packages_of $missing))" >&2
	case $system-$missing in brew-*host-cc*) echo "  xcode-select --install" >&2 ;; esac
}

list_missing() {
	missing=
	for tool in "$@"; do
		have_tool "$tool" || missing="$missing $tool"
	done
	[ "$missing" ]
}

# Two makes that both find a tool missing must not both install: the second waits, and looks again.
with_lock() {
	mkdir -p "$memory"
	tries=0
	until mkdir "$memory/lock" 2>/dev/null; do
		tries=$((tries + 1))
		if [ $tries -gt 600 ]; then
			echo "$memory/lock: another make installs packages; if none does, remove it." >&2
			exit 3
		fi
		sleep 1
	done
	trap 'rmdir "$memory/lock" 2>/dev/null' EXIT
	trap 'exit 130' INT TERM HUP
	"$@"
}

install_if_still_missing() {
	list_missing "$@" || return 0
	if may_install; then
		install_missing || echo "Installing failed." >&2
		list_missing "$@" || return 0
	fi
	say_how
	return 3
}

# ---- Commands -------------------------------------------------------------------------------------------------

verb=$1
[ $# -gt 0 ] && shift
system=
case $verb in
need)
	list_missing "$@" || exit 0
	system=$(guess_system)
	with_lock install_if_still_missing "$@"
	;;
have)
	have_tool "$1" 2>/dev/null
	;;
packages)
	system=$(guess_system)
	packages_of "$@"
	;;
prefix)
	find_prefix "$1" && printf '%s\n' "$prefix" || exit 3
	;;
gdb)
	gdb_of "$1"
	;;
version)
	qemu_version "$1"
	;;
*)
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
