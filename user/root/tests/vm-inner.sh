# Flatland inside Flatland: boots to its own shell, which runs the tests of system calls.  Prints what failed; the exit
# status is 0 if nothing did.

out=/tmp/vm-inner
vm run -m 96 -i /guest/ram.img -k '-- usertests -q' /guest/flatland < /dev/null > $out 2>&1 || exit 1
grep '^not ok' $out
grep '^# .* passed' $out
test "$(grep -c '^# .* passed, 0 failed' $out)" = 1
