# vm-sees.sh MEMORY BITS OPTION...: Flatland inside Flatland in a machine with these options finds so many MiB of memory
# (a pattern) and believes addresses to have so many bits; and it can write most of its memory.

out=/tmp/vm-sees
memory=$1 bits=$2
shift; shift
vm run "$@" -m 32 -i /guest/ram.img -k '-- usertests mmap.most*' /guest/flatland < /dev/null > $out 2>&1
test "$? $(grep -c ": .* $memory MiB of .* $bits-bit" $out) $(grep -c "status 0" $out)" = "0 1 1" || {
	cat $out
	false
}
