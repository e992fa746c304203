# Tests of the programs in /bin.  Prints a line for each failure, at the end; the exit status is 0 if there was none.

dir=/tmp/utilities-test
rm -rf $dir
mkdir -p $dir
cd $dir
failed=

# echo, cat, head, tail, sort, wc, tee
echo 'banana 2
apple 10
cherry 1' > fruit
test "$(echo -n a; echo b)" = ab || failed="$failed echo_without_newline"
test "$(cat fruit fruit | wc -l)" = '      6 ' || failed="$failed cat_joins"
cat none fruit > out 2> err; test "$? $(cat out | wc -l)" = '1       3 ' || failed="$failed cat_goes_on_after_error"
test "$(head -n 1 fruit)" = 'banana 2' || failed="$failed head_lines"
test "$(tail -n 2 fruit)" = 'apple 10
cherry 1' || failed="$failed tail_lines"
test "$(sort fruit | head -n 1)" = 'apple 10' || failed="$failed sort_names"
test "$(sort -r fruit | head -n 1)" = 'cherry 1' || failed="$failed sort_reverse"
test "$(echo '10
9
100' | sort -n)" = '9
10
100' || failed="$failed sort_numbers"
test "$(cat fruit fruit | sort -u | wc -l)" = '      3 ' || failed="$failed sort_unique"
test "$(wc fruit)" = '      3       6      27 fruit' || failed="$failed wc_all"
test "$(wc -c fruit fruit | tail -n 1)" = '     54 total' || failed="$failed wc_total"
test "$(echo x | tee t1 t2) $(cat t1 t2)" = 'x x
x' || failed="$failed tee_copies"

# grep
test "$(grep an fruit)" = 'banana 2' || failed="$failed grep_finds"
test "$(grep -v an fruit | wc -l)" = '      2 ' || failed="$failed grep_inverted"
test "$(grep -c a fruit)" = 2 || failed="$failed grep_counts"
test "$(grep -n cherry fruit)" = '3:cherry 1' || failed="$failed grep_numbers"
test "$(grep -i APPLE fruit)" = 'apple 10' || failed="$failed grep_ignores_case"
test "$(grep ^a fruit)" = 'apple 10' || failed="$failed grep_start"
test "$(grep '0$' fruit)" = 'apple 10' || failed="$failed grep_end"
test "$(grep 'b.*2' fruit)" = 'banana 2' || failed="$failed grep_dot_star"
test "$(grep '[b-c].*[12]$' fruit | wc -l)" = '      2 ' || failed="$failed grep_set"
test "$(grep '^[^ab]' fruit)" = 'cherry 1' || failed="$failed grep_set_inverted"
test "$(echo 'a.b
axb' | grep 'a\.b')" = 'a.b' || failed="$failed grep_escaped"
test "$(echo ac | grep -c 'ab*c')" = 1 || failed="$failed grep_star_of_nothing"
test "$(grep apple fruit fruit | head -n 1)" = 'fruit:apple 10' || failed="$failed grep_names"
grep -q apple fruit; test $? = 0 || failed="$failed grep_found"
grep -q none fruit; test $? = 1 || failed="$failed grep_not_found"
grep x none 2> err; test $? = 2 || failed="$failed grep_trouble"

# mkdir, cp, mv, ln, rm, ls
mkdir -p a/b/c
test "$(ls a/b)" = c || failed="$failed mkdir_parents"
mkdir a 2> err; test "$? $(cat err)" = '1 mkdir: a: exists already' || failed="$failed mkdir_existing_fails"
mkdir -p a/b; test $? = 0 || failed="$failed mkdir_p_of_existing"
cp fruit a/b/c
test "$(cmp fruit a/b/c/fruit && echo same)" = same || failed="$failed cp_into_directory"
cp a copy 2> err; test $? = 1 || failed="$failed cp_of_directory_fails"
cp -r a copy
test "$(cmp fruit copy/b/c/fruit && echo same)" = same || failed="$failed cp_recursive"
cp fruit fruit 2> err; test $? = 1 || failed="$failed cp_onto_itself_fails"
test "$(wc -l < fruit)" = '      3 ' || failed="$failed cp_onto_itself_keeps"
mv copy moved; test "$(ls moved/b/c)" = fruit || failed="$failed mv_renames"
mv fruit moved/b; test "$(ls moved/b)" = 'c
fruit' || failed="$failed mv_into_directory"
mv moved/b/fruit .
mv none x 2> err; test "$? $(cat err)" = '1 mv: none: no such file or directory' || failed="$failed mv_of_nothing_fails"
ln fruit second; echo more >> second
test "$(wc -l < fruit)" = '      4 ' || failed="$failed ln_is_the_same_file"
rm second; test "$(ls second 2>&1)" = 'ls: second: no such file or directory' || failed="$failed rm_removes"
rm a 2> err; test "$? $(ls a)" = '1 b' || failed="$failed rm_of_directory_fails"
rm -r a moved; test "$(ls)" = 'err
fruit
out
t1
t2' || failed="$failed rm_recursive"
rm none 2> err; test $? = 1 || failed="$failed rm_of_nothing_fails"
rm -f none; test $? = 0 || failed="$failed rm_f_of_nothing"
touch .dot; test "$(ls | grep -c dot) $(ls -a | grep -c dot)" = '0 1' || failed="$failed ls_hides_dots"
test "$(ls -l fruit)" = '-   1         32 fruit' || failed="$failed ls_long"
ls none fruit > out 2> err; test $? = 1 || failed="$failed ls_error"
rm 2> err; test $? = 2 || failed="$failed usage_status"
rm -x 2> err; test "$? $(cat err)" = '2 usage: rm [-rf] path...' || failed="$failed unknown_flag_status"

# cmp, hexdump, test, pwd
cp fruit f2; echo x >> f2
cmp -s fruit f2; test $? = 1 || failed="$failed cmp_differs"
test "$(cmp fruit f2)" = 'fruit f2 differ: byte 33' || failed="$failed cmp_says_where"
hex='00000000  41 42 43 0a                                       |ABC.|'
test "$(echo ABC | hexdump -C | head -n 1)" = "$hex" || failed="$failed hexdump_shows"
test "$(head -n 0 fruit; hexdump -C -n 64 /dev/zero | wc -l)" = '      3 ' || failed="$failed hexdump_folds"
test "$(test 10 -gt 9 && test -1 -lt 0 && test 5 -eq 5 && echo yes)" = yes || failed="$failed test_numbers"
test "$(test -f fruit && test -d / && ! test -e none && test -s fruit && echo yes)" = yes || failed="$failed test_files"
test 1 -eq x 2> err; test $? = 2 || failed="$failed test_nonsense"
test "$(pwd)" = $dir || failed="$failed pwd_prints"

# ps, top, free, uptime, sleep, kill, time
test "$(ps | grep -c '^ *1 .*init$')" = 1 || failed="$failed ps_shows_init"
test "$(top -n 1 | grep -c CPUs)" = 1 || failed="$failed top_shows_cpus"
test "$(free | grep -c total)" = 1 || failed="$failed free_shows_total"
test "$(uptime | grep -c '^up ')" = 1 || failed="$failed uptime_shows"
sleep 0.01; test $? = 0 || failed="$failed sleep_fraction"
sleep x 2> err; test $? = 2 || failed="$failed sleep_nonsense"
sleep 100 & kill $!; wait $! 2> err; test $? = 137 || failed="$failed kill_kills"
kill 999999 2> err; test "$? $(cat err)" = '1 kill: 999999: no such process' || failed="$failed kill_of_nobody"
time false 2> err; test $? = 1 || failed="$failed time_keeps_status"

# A full output is an error, a reader that has enough is not.
cat /bin/usertests | head -n 1 > out 2> err; test "$(cat err)" = '' || failed="$failed broken_pipe_is_quiet"

cd /
rm -r $dir
for name in $failed; do
	echo "# utilities: wrong: $name"
done
test -z "$failed"
