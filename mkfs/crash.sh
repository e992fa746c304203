#!/bin/sh
# The crash test with the real machine.
#
#	crash.sh NAME OUT ROOT QEMU...
#
# QEMU... starts the kernel without a disk or a command line; ROOT is the directory tree of the disk, OUT a directory
# for what is made; $HOST holds the host programs, $CRASH_SEED chooses the work and the moments (1).
#
# 1. A run of crashload on a disk whose writes and flushes are recorded (QEMU's blklogwrites), and a check of what a
#    crash at any moment of it would have left (logreplay).
# 2. Three runs that are killed shortly after some "synced N".  The image must fsck clean, once its log is replayed; the
#    next boot must find everything that was synced; then it must fsck clean as it is.
#
# 3. A run whose disk refuses all writes: programs get an error, and the image stays as it was.
#
# Prints "ok NAME..." and "not ok NAME...".
set -u
name=$1 out=$2 root=$3
shift 3
seed=${CRASH_SEED:-1}
mkdir -p "$out"

# A number below $2 that follows from the seed and $1.
choose() {
	awk -v seed="$seed" -v i="$1" -v below="$2" 'BEGIN {
		srand(seed * 1000 + i)
		rand()
		print int(rand() * below)
	}'
}

fail() { # CASE FILE
	echo "not ok $name.$1"
	tail -n 20 "$2" | sed 's/^/# /'
}

make_disk() {
	"$HOST/mkfs" -s 24M -l 128 "$out/disk.img" "$root"
}

recorded_run() {
	"$HOST/qrun" -t 60 -o "$out/record.log" -e 'synced 30' -- \
		"$@" -blockdev "driver=blklogwrites,node-name=hd0,log-super-update-interval=1,file.driver=file,\
file.filename=$out/disk.img,log.driver=file,log.filename=$out/writes.log" \
		-device virtio-blk-device,drive=hd0 -append "-- crashload run $seed 30; halt" 2> "$out/record.err"
}

# ---- A recorded run ---------------------------------------------------------------------------------------------

make_disk && cp "$out/disk.img" "$out/before.img" || exit 1
: > "$out/writes.log"
if recorded_run "$@"; then
	echo "ok $name.recorded_run"
	"$HOST/fs/logreplay" -s "$seed" "$name.replay" "$out/before.img" "$out/writes.log" || true
else
	fail recorded_run "$out/record.log"
fi

# ---- Killed runs ------------------------------------------------------------------------------------------------

# The last N of "synced N" in a complete line.
last_synced() {
	tr -d '\r' < "$1" | awk 'NF == 2 && $1 == "synced" { n = $2 } END { print n + 0 }'
}

killed_run() { # STEP DELAY WORK QEMU...
	step=$1 delay=$2 work=$3
	shift 3
	"$HOST/qrun" -t 60 -o "$out/killed.log" -e "synced $step" -w "$delay" -k -- \
		"$@" -drive "file=$out/disk.img,if=none,format=raw,id=hd0" -device virtio-blk-device,drive=hd0 \
		-append "-- crashload run $work" 2> "$out/killed.err"
}

verifying_run() { # WORK SYNCED QEMU...
	work=$1 synced=$2
	shift 2
	"$HOST/qrun" -t 60 -o "$out/verify.log" -e 'verified ' -- \
		"$@" -drive "file=$out/disk.img,if=none,format=raw,id=hd0" -device virtio-blk-device,drive=hd0 \
		-append "-- crashload verify $work $synced; halt" 2> "$out/verify.err"
}

for run in 1 2 3; do
	make_disk || exit 1
	if ! killed_run $((3 + $(choose "$run" 40))) "$(choose "1$run" 60)" "$seed$run" "$@"; then
		fail "kill_$run" "$out/killed.log"
		continue
	fi
	synced=$(last_synced "$out/killed.log")
	if ! "$HOST/fsck" -r -v "$out/disk.img" > "$out/fsck.log"; then
		fail "kill_$run.fsck_after_kill" "$out/fsck.log"
	elif ! verifying_run "$seed$run" "$synced" "$@"; then
		fail "kill_$run.verify_$synced" "$out/verify.log"
	elif ! "$HOST/fsck" "$out/disk.img" > "$out/fsck.log"; then
		fail "kill_$run.fsck_after_boot" "$out/fsck.log"
	else
		echo "ok $name.kill_$run"
		echo "# killed with $synced steps synced; $(grep -a verified "$out/verify.log" | tr -d '\r')"
	fi
done

# ---- A disk that fails ------------------------------------------------------------------------------------------

failing_run() {
	"$HOST/qrun" -t 60 -o "$out/failing.log" -e 'sync: disk: input/output error' -e hello -- \
		"$@" -blockdev "driver=blkdebug,node-name=hd0,image.driver=file,image.filename=$out/disk.img,\
inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.errno=5" \
		-device virtio-blk-device,drive=hd0 -append '-- echo hello > /f; sync; cat /f; halt' \
		2> "$out/failing.err"
}

make_disk || exit 1
if ! failing_run "$@" || ! cmp "$out/disk.img" "$out/before.img"; then
	fail failing_disk "$out/failing.log"
else
	echo "ok $name.failing_disk"
fi
