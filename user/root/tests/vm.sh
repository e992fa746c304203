# Tests of virtual machines, from the outside.  Prints what failed, and its output; the exit status is 0 if nothing did.
#
# The guests say themselves whether they are content: `vm run` exits with 0 then.

dir=/tmp/vm-test
rm -rf $dir
mkdir -p $dir
cd $dir
failed=

# Small guests, one at a time.
for guest in hello toucher timer smc paging mmio smp; do
	vm run /guest/$guest < /dev/null > out 2>&1 || { failed="$failed $guest"; cat out; }
done
vm run /guest/hello < /dev/null > out 2> err
test "$(grep -c 'hello from a guest' out) $(grep -c 'vm: the guest has shut down' err)" = '1 1' ||
	failed="$failed words"
for count in 2 4 8; do
	vm run -c $count /guest/smp < /dev/null > out 2>&1 || { failed="$failed smp_$count"; cat out; }
done
for bits in 36 39 40; do
	vm run -a $bits /guest/toucher < /dev/null > out 2>&1 || { failed="$failed width_$bits"; cat out; }
done
for size in 8 33 64M 0x40; do
	vm run -m $size /guest/toucher < /dev/null > out 2>&1 || { failed="$failed size_$size"; cat out; }
done
vm run -m 24 -i /guest/ram.img /guest/toucher < /dev/null > out 2>&1 || { failed="$failed beside_a_ram_disk"; cat out; }

# What cannot work, and says so.
vm run /none < /dev/null 2> err
test "$? $(cat err)" = '1 vm: /none: no such file or directory' || failed="$failed no_file"
vm run /tests/vm.sh < /dev/null 2> err; test $? = 1 || failed="$failed no_program"
vm run /bin/sh < /dev/null 2> err; test $? = 1 || failed="$failed no_guest"
vm run -m 1 /guest/hello < /dev/null 2> err; test $? = 1 || failed="$failed too_small"
vm run -m 100000G /guest/hello < /dev/null 2> err; test $? = 1 || failed="$failed too_large"
vm run -c 9 /guest/hello < /dev/null 2> err; test $? = 2 || failed="$failed too_many"
vm run -a 99 /guest/hello < /dev/null 2> err; test $? = 1 || failed="$failed too_wide"
vm run -d /none /guest/hello < /dev/null 2> err; test $? = 1 || failed="$failed no_disk"
vm stat 4000000000 2> err; test $? = 1 || failed="$failed stat_of_nobody"
vm nothing 2> err; test $? = 2 || failed="$failed no_command"

# This system inside itself: from a RAM disk, from a disk, on several CPUs, fed through its console.
vm run -i /guest/ram.img -k '-- echo inner works' /guest/flatland < /dev/null > out 2> err
test "$(grep -c 'inner works' out)" = 1 ||
	{ failed="$failed flatland"; cat err; }
cp /guest/ram.img disk
vm run -c 8 -d disk -k '-- echo kept > /kept; sync' /guest/flatland < /dev/null > out 2> err
test "$(grep -c 'status 0' out)" = 1 ||
	{ failed="$failed flatland_writes"; cat err; }
test "$(vm run -c 2 -d disk -k '-- cat /kept' /guest/flatland < /dev/null 2> err | grep -c kept)" = 1 ||
	{ failed="$failed flatland_reads"; cat err; }
test "$(echo 'echo a"b"c; halt' | vm run -i /guest/ram.img /guest/flatland 2> err | grep -c abc)" = 1 ||
	{ failed="$failed flatland_listens"; cat err; }

# One that does what it should not, until it ends or its monitor is killed: the host does not care.
vm run /guest/hostile < /dev/null > out 2>&1 &
sleep 6
id= pid=
for word in $(vm list | grep hostile); do
	test "$pid" || { test "$id" && pid=$word; }
	test "$id" || id=$word
done
test "$pid" && kill $pid
wait
vm run /guest/hello < /dev/null > out 2>&1 || { failed="$failed after_a_hostile_guest"; cat out; }

# Looking at one that runs, and killing its monitor.
vm run -n looked-at -i /guest/ram.img -k '-- sleep 1000' /guest/flatland < /dev/null > out 2>&1 &
sleep 3
id= pid=
for word in $(vm list | grep looked-at); do
	test "$pid" || { test "$id" && pid=$word; }
	test "$id" || id=$word
done
test "$(vm stat $id | grep -c 'looked-at: id')" = 1 || failed="$failed stat"
test "$(vm why $id 0x3 | grep -c guest)" = 1 || failed="$failed why"
test "$(vm dump $id | grep -c leaf)" != 0 || failed="$failed dump"
kill $pid
wait
test "$(vm list | grep -c looked-at)" = 0 || failed="$failed killed_monitor_leaves_nothing"
missing="vm: no machine $id: vm list shows those that run"
for look in stat dump why; do
	vm $look $id 0x3 2> err
	test "$? $(cat err)" = "1 $missing" || failed="$failed no_machine_to_$look"
done

# Eight at once.
for i in 1 2 3 4 5 6 7 8; do
	vm run -m 24 -n vm$i -i /guest/ram.img -k "-- echo this is $i" /guest/flatland < /dev/null > out$i 2>&1 &
done
wait
for i in 1 2 3 4 5 6 7 8; do
	test "$(grep -c "this is $i" out$i)" = 1 || { failed="$failed one_of_eight"; cat out$i; }
done
test "$(vm list | wc -l)" = '      1 ' || failed="$failed all_gone"

cd /
rm -rf $dir
test "$failed" && echo "failed:$failed"
test ! "$failed"
