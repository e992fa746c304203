# Tests of the programs in /bin.  Prints a line for each failure; the exit status is 0 if there was none.

dir=/tmp/utilities-test
rm -rf $dir
mkdir -p $dir
cd $dir
failed=0
is='sh /tests/is.sh utilities'

# echo, cat, head, tail, sort, wc, tee
echo 'banana 2
apple 10
cherry 1' > fruit
$is echo_without_newline "$(echo -n a; echo b)" ab || failed=1
$is cat_joins "$(cat fruit fruit | wc -l)" '      6 ' || failed=1
cat none fruit > out 2> err; $is cat_goes_on_after_error "$? $(cat out | wc -l)" '1       3 ' || failed=1
$is head_lines "$(head -n 1 fruit)" 'banana 2' || failed=1
$is tail_lines "$(tail -n 2 fruit)" 'apple 10
cherry 1' || failed=1
$is sort_names "$(sort fruit | head -n 1)" 'apple 10' || failed=1
$is sort_reverse "$(sort -r fruit | head -n 1)" 'cherry 1' || failed=1
$is sort_numbers "$(echo '10
9
100' | sort -n)" '9
10
100' || failed=1
$is sort_unique "$(cat fruit fruit | sort -u | wc -l)" '      3 ' || failed=1
$is wc_all "$(wc fruit)" '      3       6      27 fruit' || failed=1
$is wc_total "$(wc -c fruit fruit | tail -n 1)" '     54 total' || failed=1
$is tee_copies "$(echo x | tee t1 t2) $(cat t1 t2)" 'x x
x' || failed=1

# grep
$is grep_finds "$(grep an fruit)" 'banana 2' || failed=1
$is grep_inverted "$(grep -v an fruit | wc -l)" '      2 ' || failed=1
$is grep_counts "$(grep -c a fruit)" 2 || failed=1
$is grep_numbers "$(grep -n cherry fruit)" '3:cherry 1' || failed=1
$is grep_ignores_case "$(grep -i APPLE fruit)" 'apple 10' || failed=1
$is grep_start "$(grep ^a fruit)" 'apple 10' || failed=1
$is grep_end "$(grep '0$' fruit)" 'apple 10' || failed=1
$is grep_dot_star "$(grep 'b.*2' fruit)" 'banana 2' || failed=1
$is grep_set "$(grep '[b-c].*[12]$' fruit | wc -l)" '      2 ' || failed=1
$is grep_set_inverted "$(grep '^[^ab]' fruit)" 'cherry 1' || failed=1
$is grep_escaped "$(echo 'a.b
axb' | grep 'a\.b')" 'a.b' || failed=1
$is grep_star_of_nothing "$(echo ac | grep -c 'ab*c')" 1 || failed=1
$is grep_names "$(grep apple fruit fruit | head -n 1)" 'fruit:apple 10' || failed=1
grep -q apple fruit; $is grep_found $? 0 || failed=1
grep -q none fruit; $is grep_not_found $? 1 || failed=1
grep x none 2> err; $is grep_trouble $? 2 || failed=1

# mkdir, cp, mv, ln, rm, ls
mkdir -p a/b/c
$is mkdir_parents "$(ls a/b)" c || failed=1
mkdir a 2> err; $is mkdir_existing_fails "$? $(cat err)" '1 mkdir: a: exists already' || failed=1
mkdir -p a/b; $is mkdir_p_of_existing $? 0 || failed=1
cp fruit a/b/c
$is cp_into_directory "$(cmp fruit a/b/c/fruit && echo same)" same || failed=1
cp a copy 2> err; $is cp_of_directory_fails $? 1 || failed=1
cp -r a copy
$is cp_recursive "$(cmp fruit copy/b/c/fruit && echo same)" same || failed=1
cp fruit fruit 2> err; $is cp_onto_itself_fails $? 1 || failed=1
$is cp_onto_itself_keeps "$(wc -l < fruit)" '      3 ' || failed=1
mv copy moved; $is mv_renames "$(ls moved/b/c)" fruit || failed=1
mv fruit moved/b; $is mv_into_directory "$(ls moved/b)" 'c
fruit' || failed=1
mv moved/b/fruit .
mv none x 2> err; $is mv_of_nothing_fails "$? $(cat err)" '1 mv: none: no such file or directory' || failed=1
ln fruit second; echo more >> second
$is ln_is_the_same_file "$(wc -l < fruit)" '      4 ' || failed=1
rm second; $is rm_removes "$(ls second 2>&1)" 'ls: second: no such file or directory' || failed=1
rm a 2> err; $is rm_of_directory_fails "$? $(ls a)" '1 b' || failed=1
rm -r a moved; $is rm_recursive "$(ls)" 'err
fruit
out
t1
t2' || failed=1
rm none 2> err; $is rm_of_nothing_fails $? 1 || failed=1
rm -f none; $is rm_f_of_nothing $? 0 || failed=1
touch .dot; $is ls_hides_dots "$(ls | grep -c dot) $(ls -a | grep -c dot)" '0 1' || failed=1
$is ls_long "$(ls -l fruit)" '-   1         32 fruit' || failed=1
ls none fruit > out 2> err; $is ls_error $? 1 || failed=1
rm 2> err; $is usage_status $? 2 || failed=1
rm -x 2> err; $is unknown_flag_status "$? $(cat err)" '2 usage: rm [-rf] path...' || failed=1

# cmp, hexdump, test, pwd
cp fruit f2; echo x >> f2
cmp -s fruit f2; $is cmp_differs $? 1 || failed=1
$is cmp_says_where "$(cmp fruit f2)" 'fruit f2 differ: byte 33' || failed=1
$is hexdump_shows "$(echo ABC | hexdump -C | head -n 1)" \
	'00000000  41 42 43 0a                                       |ABC.|' || failed=1
$is hexdump_folds "$(head -n 0 fruit; hexdump -C -n 64 /dev/zero | wc -l)" '      3 ' || failed=1
$is test_numbers "$(test 10 -gt 9 && test -1 -lt 0 && test 5 -eq 5 && echo yes)" yes || failed=1
$is test_files "$(test -f fruit && test -d / && ! test -e none && test -s fruit && echo yes)" yes || failed=1
test 1 -eq x 2> err; $is test_nonsense $? 2 || failed=1
$is pwd_prints "$(pwd)" $dir || failed=1

# ps, top, free, uptime, sleep, kill, time
$is ps_shows_init "$(ps | grep -c '^ *1 .*init$')" 1 || failed=1
$is top_shows_cpus "$(top -n 1 | grep -c CPUs)" 1 || failed=1
$is free_shows_total "$(free | grep -c total)" 1 || failed=1
$is uptime_shows "$(uptime | grep -c '^up ')" 1 || failed=1
sleep 0.01; $is sleep_fraction $? 0 || failed=1
sleep x 2> err; $is sleep_nonsense $? 2 || failed=1
sleep 100 & kill $!; wait $! 2> err; $is kill_kills $? 137 || failed=1
kill 999999 2> err; $is kill_of_nobody "$? $(cat err)" '1 kill: 999999: no such process' || failed=1
time false 2> err; $is time_keeps_status $? 1 || failed=1

# A full output is an error, a reader that has enough is not.
cat /bin/usertests | head -n 1 > out 2> err; $is broken_pipe_is_quiet "$(cat err)" '' || failed=1

cd /
rm -r $dir
exit $failed
