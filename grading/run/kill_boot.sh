#!/bin/sh
# The real thing: a machine that writes and syncs is killed in the middle, and its disk must be whole.  Prints "ok name" or
# "not ok name" for each of three kills.
#
#   kill_boot.sh PREFIX QRUN FSCK IMAGE SCRATCH QEMU...
#
# IMAGE is copied to SCRATCH, which QEMU's command uses as its disk; @KARGS@ in it becomes the kernel's command line.  A
# file counts as promised when the console has said so after a sync: it must be there, with its contents, at the next
# boot.  fsck must find nothing wrong, after the kill (with the log replayed) and after the next boot.
# What this cannot test is a flush that is missing: the host keeps what QEMU had written.  mkfs/test does that.

prefix=$1 qrun=$2 fsck=$3 image=$4 scratch=$5
shift 5
log="$scratch.log"
digits='0 1 2 3 4 5 6 7 8 9'

# Files that come, stay and go; "synced N" promises file N.
churn="mkdir /k; for a in $digits; do for b in $digits; do for c in $digits; do n=\$a\$b\$c;"
churn="$churn cp /bin/ls /k/big\$c; echo data \$n > /k/\$n; rm -f /k/big\$b; sync; echo synced \$n; done; done; done"
show="for a in $digits; do for b in $digits; do for c in $digits; do [ -f /k/\$a\$b\$c ] && cat /k/\$a\$b\$c; done; done; done; true"

# boot COMMAND LOG STEP... -- QEMU...: qrun with the steps, its kernel told to run the command.
boot() {
	command=$1 to=$2
	shift 2
	for word in "$@"; do
		shift
		[ "$word" = @KARGS@ ] && word="-- $command"
		set -- "$@" "$word"
	done
	"$qrun" -t 100 -o "$to" "$@"
}

# The file numbers that were promised, and those that are there with the right contents, one a line.
promised() {
	tr -d '\r' < "$log.1" | sed -n 's/^synced \([0-9]*\)$/\1/p'
}
kept() {
	tr -d '\r' < "$log.2" | sed -n 's/^data \([0-9]*\)$/\1/p'
}

# Kill the machine $2 ms after it has promised file $1.  Prints what is wrong; nothing when nothing is.
kill_and_look() {
	count=$1 delay=$2
	shift 2
	cp "$image" "$scratch"
	boot "$churn" "$log.1" -e "synced $count" -w "$delay" -k -- "$@" 2>&1 || return
	"$fsck" -r "$scratch" || echo "fsck finds faults after the kill"
	boot "$show" "$log.2" -e 'init: exit status 0' -- "$@" 2>&1 || return
	"$fsck" "$scratch" || echo "fsck finds faults after the next boot"
	lost=$(promised | while read -r n; do kept | grep -q -x "$n" || echo "$n"; done)
	[ -z "$lost" ] || echo "promised, but lost:" $lost
}

for moment in 011:3 047:11 083:29; do
	name=${prefix}kill.after_${moment%:*}_files
	wrong=$(kill_and_look "${moment%:*}" "${moment#*:}" "$@" | grep -v ': clean')
	if [ "$wrong" ]; then
		echo "not ok $name"
		printf '%s\n' "$wrong" | sed 's/^/# /'
	else
		echo "ok $name"
		rm -f "$log.1" "$log.2"
	fi
	rm -f "$scratch"
done
