# Machines of different widths, with and without (-W) the hint that the width is true.  Each has 32 MiB at the usual
# place, which the RAM disk half fills, and 16 MiB just below an address: a guest that trusts the width finds both.
# Flatland uses memory as far as its direct map reaches: up to 2^39 on x86, 2^37 on RISC-V.
#
# Prints what failed; the exit status is 0 if nothing did.

out=/tmp/vm-width
failed=
all='4[78]' low='3[12]'
high=0x1fff000000
vm run /guest/hello < /dev/null 2> $out | grep -q 'on x86' && high=0x7fff000000

for case in "$all 36 -a 36 -M 16M@0xfff000000" "$all 36 -W -a 36 -M 16M@0xfff000000" \
	"$all 39 -a 39 -M 16M@$high" "$low 36 -W -a 39 -M 16M@$high" \
	"$all 40 -a 40 -M 16M@$high" "$low 36 -W -a 40 -M 16M@$high" \
	"$low 40 -a 40 -M 16M@0xffff000000"; do
	sh /tests/vm-sees.sh $case || failed="$failed ($case)"
done

# A page more than there are addresses.
for case in '36 -M 16M@0xfff001000' '39 -M 16M@0x7fff001000' '40 -M 16M@0xffff001000'; do
	vm run -a $case /guest/hello < /dev/null 2> $out
	test "$? $(grep -c 'giving the guest its memory' $out)" = '1 1' || { failed="$failed ($case)"; cat $out; }
done

test "$failed" && echo "failed:$failed"
test ! "$failed"
