#!/bin/sh
# What stands between QEMU and GDB; labs/debug.mk calls it.
#
#   debug.sh prepare DIR GDB-ARCH ELF   before QEMU starts: leave a session in DIR, and print the socket's path
#   debug.sh gdb DIR ARCH               GDB, connected to the QEMU of DIR; waits until there is one
#   debug.sh failure DIR ARCH QRUN LOG QEMU...
#                                       QEMU and GDB together, stopped at the failure of the case that QEMU runs
#   debug.sh replay DIR ARCH QRUN LOG QEMU...
#                                       the same with a recorded run, whose disk for snapshots is DIR/snapshots
#   debug.sh editor DIR ARCH OPTION...  GDB with these options; started by DIR/gdb, for editors
#   debug.sh proof LOG ELF              what shows that two runs were the same: counts of instructions, a checksum
#
# DIR/session.gdb is all that GDB loads: which machine, which kernel, the commands of labs/gdb, how to connect.  The
# command `reconnect` loads it again, so that it also finds a QEMU that was started later, with another kernel.
# DIR/qemu.pid is QEMU's as long as it runs, DIR/gdb.pid that of the last GDB.  GDB= in the environment names a GDB.
# Next to read: labs/gdb/flatland.gdb.

# Longer paths of sockets do not fit where the system keeps them (104 bytes on macOS).
path_max=100

# The socket of directory "$1": in it, or for a deep one in the directory for temporary files.
socket_of() {
	if [ ${#1} -le $((path_max - 7)) ]; then
		echo "$1/socket"
	else
		sum=$(printf %s "$1" | cksum)
		echo "${TMPDIR:-/tmp}/flatland-$(id -u)-${sum%% *}.socket"
	fi
}

# Does a QEMU run for directory "$1"?
is_alive() {
	[ -s "$1/qemu.pid" ] && kill -0 "$(cat "$1/qemu.pid")" 2>/dev/null
}

# A word as GDB's commands take one: with blanks and quotes, but not as an option.
quoted() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# What make says of guests, if it does: where programs and the kernel were linked for them, and the programs' names.
write_guests() {
	[ -z "${GUEST_BUILD-}" ] || cat <<-EOF
		set \$fl_build = $(quoted "$GUEST_BUILD")
		set \$fl_guest_kernel = $(quoted "$GUEST_KERNEL")
		set \$fl_guests = " $GUESTS "
	EOF
}

write_session() { # DIR GDB-ARCH ELF SOCKET
	case $2 in riscv*) is_riscv=1 ;; *) is_riscv=0 ;; esac
	cat > "$1/session.gdb" <<-EOF
		# Written by labs/debug.sh.
		set confirm off
		set debuginfod enabled off
		set architecture $2
		set \$is_riscv = $is_riscv
		$(write_guests)
		file $(quoted "$3")
		source labs/gdb/flatland.gdb
		define reconnect
		  if \$_thread != 0
		    disconnect
		  end
		  source $1/session.gdb
		end
		document reconnect
		Connect to the QEMU that \`make qemu-gdb\` has started last; its kernel may be another one than before.
		Breakpoints stay.
		end
		target remote $4
	EOF
}

# DIR/gdb is GDB for an editor, which starts it anywhere and does not know which one it has to be.
write_starter() { # DIR GDB-ARCH
	case $2 in riscv*) arch=riscv ;; *) arch=x86 ;; esac
	cat > "$1/gdb" <<-EOF
		#!/bin/sh
		cd '$(printf %s "$PWD" | sed "s/'/'\\\\''/g")' && exec sh labs/debug.sh editor $1 $arch "\$@"
	EOF
	chmod +x "$1/gdb"
}

prepare() { # DIR GDB-ARCH ELF
	mkdir -p "$1" || exit
	if is_alive "$1"; then
		echo "A QEMU waits for GDB already: process $(cat "$1/qemu.pid"). End it first." >&2
		exit 1
	fi
	socket=$(socket_of "$1")
	rm -f "$1/qemu.pid" "$socket"
	write_session "$1" "$2" "$3" "$socket"
	write_starter "$1" "$2"
	echo "$socket"
}

# Wait for QEMU, and say once for what.
wait_for_qemu() { # DIR ARCH
	said=
	until is_alive "$1" && [ -S "$(socket_of "$1")" ]; do
		if [ -z "$said" ]; then
			echo "Waiting for \`make qemu-gdb ARCH=$2\` in another terminal; Ctrl-C gives up."
			for other in "${1%/*/*}"/*/debug; do
				other_arch=${other%/debug}
				[ "$other" != "$1" ] && is_alive "$other" &&
					echo "(A machine of the other kind waits: make gdb ARCH=${other_arch##*/})"
			done
		fi
		said=yes
		sleep 1
	done
}

gdb_for() { # ARCH
	sh labs/deps.sh gdb "$1" || { echo "No GDB knows ARCH=$1." >&2; exit 3; }
}

# QEMU talks to one GDB: a second would wait without a word.
refuse_second() { # DIR
	[ -s "$1/gdb.pid" ] || return 0
	pid=$(cat "$1/gdb.pid")
	ps -p "$pid" -o args= 2>/dev/null | grep -qF "$1/session.gdb" || return 0
	echo "A GDB is connected already: process $pid.  End it first." >&2
	exit 1
}

# GDB takes Ctrl-C itself; nothing is left to do for us behind it.
run_gdb() { # DIR ARCH
	gdb=$(gdb_for "$2") || exit
	refuse_second "$1"
	wait_for_qemu "$1" "$2"
	echo $$ > "$1/gdb.pid"
	exec "$gdb" -q -nx -x "$1/session.gdb"
}

# For DIR/gdb: what is printed must not be taken for GDB's.
editor() { # DIR ARCH OPTION...
	gdb=$(gdb_for "$2") || exit
	wait_for_qemu "$1" "$2" >&2
	shift 2
	exec "$gdb" "$@"
}

# An empty disk in QEMU's format: a header, and the tables that say that four blocks of 64 KiB are used, all by itself.
make_disk() { # FILE
	block() { dd of="$disk" bs=65536 seek="$1" conv=notrunc 2> /dev/null; }
	disk=$1
	rm -f "$disk"
	{
		printf 'QFI\373\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20' # version 2, nothing behind it, blocks of 2^16
		printf '\0\0\0\0\0\20\0\0\0\0\0\0\0\0\0\1' # 1 MiB, not encrypted, one entry of the first table
		printf '\0\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0' # at block 3; the table of counts at block 1
		printf '\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0' # of one block; no snapshots
	} | block 0
	printf '\0\0\0\0\0\2\0\0' | block 1
	printf '\0\1\0\1\0\1\0\1' | block 2
	printf '\0\0\0\0\0\0\0\0' | block 3
}

replay() { # as failure
	make_disk "$1/snapshots"
	scripts="-x labs/gdb/replay.gdb"
	failure "$@"
}

failure() { # DIR ARCH QRUN LOG QEMU...
	dir=$1 qrun=$3 log=$4
	gdb=$(gdb_for "$2") || exit
	shift 4
	(trap '' INT; exec "$qrun" -v -t 86400 -o "$log" -- "$@" -S -pidfile "$dir/qemu.pid" \
		-chardev "socket,path=$(socket_of "$dir"),server=on,wait=off,id=gdb0" -gdb chardev:gdb0) &
	qemu=$!
	trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null' EXIT
	until [ -S "$(socket_of "$dir")" ] && [ -s "$dir/qemu.pid" ]; do
		kill -0 $qemu 2>/dev/null || exit 1
		sleep 0.1
	done
	"$gdb" -q -nx ${GDB_OPTIONS-} -x "$dir/session.gdb" $scripts -x labs/gdb/failure.gdb -ex continue -ex fl-say-end
	status=$?
	tries=10 # a machine that has ended writes its log
	while [ $((tries -= 1)) -gt 0 ] && kill -0 $qemu 2>/dev/null; do sleep 0.1; done
	if tr -d '\r' < "$log" 2>/dev/null | grep -q -x '1\.\.0'; then
		echo "debug: no case of this kernel matches T=; a lab's: make grade T= GDB=1" >&2
		status=2
	fi
	return $status
}

# The sums are the same for the same kernel, the same case and the same instructions; each run is compared with the one
# before it.
proof() { # LOG ELF
	echo "$(cksum < "$2") $(sed -n 1p "$1")" > "$1.key"
	{
		tr -d '\r' < "$1" | awk '
			/^# start / { name = $4 }
			/^# used [0-9]+ instructions/ { printf "instructions: %s in %s\n", $3, name }'
		cksum < "$1" | awk '{ printf "console: %s bytes, checksum %s\n", $2, $1 }'
	} > "$1.proof"
	cat "$1.proof"
	if [ -f "$1.last" ] && cmp -s "$1.key" "$1.lastkey"; then
		cmp -s "$1.proof" "$1.last" && echo 'the same as last time' || echo 'NOT the same as last time'
	fi
	mv "$1.key" "$1.lastkey"
	mv "$1.proof" "$1.last"
}

scripts=
verb=$1
shift
case $verb in
prepare) prepare "$@" ;;
gdb) run_gdb "$@" ;;
failure) failure "$@" ;;
replay) replay "$@" ;;
editor) editor "$@" ;;
proof) proof "$@" ;;
*) exit 2 ;;
esac
