#!/bin/sh
# Runs sessions of GDB with a booted machine each, and compares what GDB says with what is expected.
#
#   gdb.sh ARCH GDB-ARCH QRUN OUT SESSION... -- QEMU...
#
# SESSION is a file of GDB commands, grading/suites/gdb/NAME.gdb.  Its first lines say what it needs:
#
#   # run: KERNEL ARGUMENTS     ktest or flatland, and the kernel's command line
#   # cpus: N                   2 unless it says so
#
# In the QEMU command @KERNEL@, @CPUS@ and @KARGS@ become that.  Lines "#| text" say what one sees next; they are part
# of the transcript, and of docs/debugging.md; "#riscv| text" and "#x86> command" are for that machine only.  The
# commands are typed, so that one that fails does not end the session.  The transcript shows every command behind
# "(gdb)", then its output as gdb.awk leaves it: structure, no addresses.  It is compared with NAME.ARCH.expected or,
# if there is none, NAME.expected beside the session; UPDATE=1 writes them.
#
# Prints "ok ARCH.gdb.NAME" or "not ok ...".  Without a GDB the sessions are skipped, but not where CI=true.
# Transcripts as they came and the machine's console stay in OUT.

# The one place of time limits, in seconds: of a session, and of the machine below it.
session_seconds=${SESSION_SECONDS:-60}
machine_seconds=75

arch=$1 gdb_arch=$2 qrun=$3 out=$4
shift 4
sessions=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	sessions="$sessions $1"
	shift
done
shift
mkdir -p "$out"
machine=
trap '[ -z "$machine" ] || kill $machine 2>/dev/null' EXIT
trap 'exit 130' INT TERM HUP

name_of() {
	basename "$1" .gdb
}

# What the head of session "$1" says of "$2".
said() {
	sed -n "s/^# $2: *//p" "$1" | head -n 1
}

# Start the machine of session "$1" with the QEMU command that follows; $machine is its process.
start_machine() {
	session=$1
	shift
	run=$(said "$session" run)
	kernel=${run%% *}
	kargs=${run#"$kernel"}
	cpus=$(said "$session" cpus)
	elf=
	for word in "$@"; do
		shift
		case $word in
		@CPUS@) word=${cpus:-2} ;;
		@KARGS@) word=${kargs# } ;;
		*@KERNEL@*) word="${word%@KERNEL@*}$kernel${word#*@KERNEL@}" elf=$word ;;
		esac
		set -- "$@" "$word"
	done
	socket=$(sh labs/debug.sh prepare "$place" "$gdb_arch" "$elf") || return 1
	"$qrun" -t $machine_seconds -o "$place/console" -- "$@" -S -pidfile "$place/qemu.pid" \
		-chardev "socket,path=$socket,server=on,wait=off,id=gdb0" -gdb chardev:gdb0 \
		< /dev/null > "$place/qemu" 2>&1 &
	machine=$!
	until [ -S "$socket" ] && [ -s "$place/qemu.pid" ]; do
		kill -0 $machine 2>/dev/null || return 1
		sleep 0.1
	done
}

# QEMU is gone when this returns: qrun's guard has killed it.
stop_machine() {
	[ -z "$machine" ] && return
	kill $machine 2>/dev/null
	wait $machine 2>/dev/null
	machine=
}

# The session's commands as they are typed: before each, an echo of it.
commands_of() {
	awk -v arch="$arch" '
		function say(text) {
			gsub(/\\/, "\\\\", text)
			print "echo " text "\\n"
		}
		sub("^#" arch "> ", "") { }
		/^#/ {
			if (sub("^#(" arch ")?[|] ?", ""))
				say("| " $0)
			next
		}
		NF == 0 && !depth { next }
		{ block = block $0 "\n"; line[++n] = $0 }
		$1 ~ /^(define|document|if|while|commands)$/ { depth++ }
		$1 == "end" { depth-- }
		depth == 0 {
			for (i = 1; i <= n; i++)
				say((i == 1 ? "(gdb) " : "> ") line[i])
			printf "%s", block
			n = 0
			block = ""
		}
		END { print "echo (end)\\n" }' "$1"
}

expectation_of() { # SESSION
	specific=${1%.gdb}.$arch.expected
	[ -f "$specific" ] && echo "$specific" || echo "${1%.gdb}.expected"
}

# What it says is expected from now on; of both machines in one file where they say the same.
update() { # SESSION
	common=${1%.gdb}.expected mine=${1%.gdb}.$arch.expected
	case $arch in riscv) other=${1%.gdb}.x86.expected ;; *) other=${1%.gdb}.riscv.expected ;; esac
	cp "$place/transcript" "$mine"
	if cmp -s "$mine" "$common"; then
		rm "$mine"
	elif cmp -s "$mine" "$other"; then
		mv "$mine" "$common"
		rm "$other"
	fi
}

# Run one session; true when its transcript is as expected.
run_session() { # SESSION QEMU...
	session=$1
	place=$out/$(name_of "$session")
	mkdir -p "$place"
	commands_of "$session" > "$place/commands"
	start_machine "$@" || { tail -n 20 "$place/qemu" "$place/console"; return 1; }
	commands="$place/commands" "$qrun" -v -t $session_seconds -- sh -c 'exec "$0" "$@" < "$commands" 2>&1' \
		"$gdb" -nx -q -ex 'set prompt' -x "$place/session.gdb" > "$place/raw" 2> "$place/late"
	status=$?
	stop_machine
	sed -n '/^| \|^(gdb) /,/^(end)/{/^(end)/!p;}' "$place/raw" | awk -f grading/run/gdb.awk > "$place/transcript"
	[ "${UPDATE-}" = 1 ] && update "$session"
	[ $status = 0 ] || { cat "$place/late"; tail -n 20 "$place/raw"; return 1; }
	diff "$(expectation_of "$session")" "$place/transcript"
}

if ! gdb=$(sh labs/deps.sh gdb "$arch"); then
	for session in $sessions; do
		if [ "${CI-}" = true ]; then
			echo "not ok $arch.gdb.$(name_of "$session")"
		else
			echo "ok $arch.gdb.$(name_of "$session") # SKIP no GDB here knows $arch: install" \
				"$(sh labs/deps.sh packages "$arch-gdb")"
		fi
	done
	exit 0
fi
for session in $sessions; do
	if run_session "$session" "$@" > "$out/diff" 2>&1; then
		echo "ok $arch.gdb.$(name_of "$session")"
	else
		echo "not ok $arch.gdb.$(name_of "$session")"
		sed 's/^/# /' "$out/diff"
		echo "# again: make gdb-sessions ARCH=$arch SESSIONS=$(name_of "$session")"
	fi
done
