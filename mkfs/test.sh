#!/bin/sh
# The tests of the file system on the host.
#
#	test.sh HOST      HOST is the directory of the host programs
#
# Prints "ok name" and "not ok name".
set -u
host=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/flatland-fs.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

result() { # NAME CONDITION...
	case_name=$1
	shift
	if "$@" > "$work/log" 2>&1; then
		echo "ok mkfs.$case_name"
	else
		echo "not ok mkfs.$case_name"
		sed 's/^/# /' "$work/log"
	fi
}

fails_with() { # STATUS COMMAND...
	wanted=$1
	shift
	"$@"
	[ $? = "$wanted" ]
}

says() { # TEXT COMMAND...
	text=$1
	shift
	"$@" 2>&1 | grep "$text"
}

# ---- Images of trees --------------------------------------------------------------------------------------------

tree=$work/tree
mkdir -p "$tree/bin/with blank" "$tree/empty"
printf 'hello\n' > "$tree/bin/with blank/file"
awk 'BEGIN { for (i = 0; i < 400000; i++) print "line", i }' > "$tree/large"
printf '# comment\n\n/dev/null c 1 0\n/dev/deep/er/tty c 3 7\n' > "$tree/dev.tab"

image=$work/image
result makes_image "$host/mkfs" -s 64M "$image" "$tree"
result image_is_clean "$host/fsck" "$image"
result counts_what_it_copied says '2 files, 7 directories, 2 devices' "$host/fsck" -v "$image"
"$host/mkfs" -s 64M "$image.2" "$tree"
result same_tree_gives_same_bytes cmp "$image" "$image.2"
result image_has_holes test "$(du -k "$image" | awk '{ print $1 }')" -lt 16384
result makes_empty_image "$host/mkfs" -s 1M "$image.3"
result empty_image_is_clean "$host/fsck" "$image.3"
result tree_that_does_not_fit_is_refused says 'no space' "$host/mkfs" -s 2M "$image.4" "$tree"
result refused_image_does_not_exist fails_with 1 test -e "$image.4"
result tiny_image_is_refused says 'too small' "$host/mkfs" -s 100K "$image.4"
result missing_tree_is_refused fails_with 1 "$host/mkfs" "$image.4" "$work/missing"
result bad_size_is_refused fails_with 1 "$host/mkfs" -s 10X "$image.4"
printf '/dev/null b 1 0\n' > "$tree/dev.tab"
result bad_device_table_is_refused says 'not of the form' "$host/mkfs" "$image.4" "$tree"
rm "$tree/dev.tab"
: > "$tree/$(printf '%060d' 0)"
result long_name_is_refused says 'too long' "$host/mkfs" "$image.4" "$tree"

# ---- fsck's exit status -----------------------------------------------------------------------------------------

dd if=/dev/zero of="$image.2" bs=4096 seek=1 count=1 conv=notrunc 2> "$work/log"
result fsck_reports_faults fails_with 1 "$host/fsck" "$image.2"
result fsck_refuses_what_is_missing fails_with 2 "$host/fsck" "$work/missing"
: > "$work/nothing"
result fsck_refuses_empty_file fails_with 1 "$host/fsck" "$work/nothing"

# ---- The programs that test -------------------------------------------------------------------------------------

for test in names_test between_test faults_test damage_test threads_test "crash_test -s ${FS_SEEDS:-3}"; do
	"$host/fs/"$test 2> "$work/errors" || {
		status=$?
		[ $status = 1 ] || echo "not ok ${test%% *}.ended_with_status_$status"
		head -n 40 "$work/errors" | sed 's/^/# /'
	}
done
