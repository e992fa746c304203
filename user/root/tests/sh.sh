# Tests of the shell.  Prints a line for each failure; the exit status is 0 if there was none.
#
# `is name got wanted` compares; it is a script, because the shell has no functions.

dir=/tmp/sh-test
rm -rf $dir
mkdir -p $dir
cd $dir
failed=0
is='sh /tests/is.sh sh'

echo 'echo a \
b c\
d' > continued

# Words and quotes.
$is blanks_separate "$(echo a   b)" 'a b' || failed=1
$is quotes_keep_blanks "$(echo "a   b" 'c   d')" 'a   b c   d' || failed=1
$is single_quotes_keep_all "$(echo '$x "\')" '$x "\' || failed=1
$is backslash_quotes "$(echo a\;b \$x a\ \ b)" 'a;b $x a  b' || failed=1
$is backslash_joins_lines "$(echo a\
b)" ab || failed=1
$is backslash_continues_commands "$(sh continued)" "a b cd" || failed=1
$is comments_end_lines "$(echo a#b # c)" 'a#b' || failed=1
$is empty_arguments_count "$(sh -c 'echo $#' sh '' "" x)" 3 || failed=1

# Variables.
v='one  two'
$is unquoted_values_split "$(echo $v)" 'one two' || failed=1
$is quoted_values_do_not "$(echo "$v")" 'one  two' || failed=1
$is braces_end_names "$(v=1; echo ${v}x$v)" 1x1 || failed=1
$is unset_is_empty "[$none]" '[]' || failed=1
$is several_assignments "$(a=1 b=2; echo $a $b)" '1 2' || failed=1
$is arguments "$(sh -c 'echo $0 $1 $2 $#' zero one two)" 'zero one two 2' || failed=1
$is all_arguments "$(sh -c 'for a in "$@"; do echo "<$a>"; done' x 'a b' c)" '<a b>
<c>' || failed=1
$is shift_moves_arguments "$(sh -c 'shift; echo $1 $#' x a b)" 'b 1' || failed=1

# Exit statuses.
true; $is status_of_true $? 0 || failed=1
false; $is status_of_false $? 1 || failed=1
(exit 7); $is status_of_subshell $? 7 || failed=1
true | (exit 3); $is status_of_pipeline $? 3 || failed=1
! true; $is status_inverted $? 1 || failed=1
none-such 2> err; $is status_of_unknown_command $? 127 || failed=1
$is message_of_unknown_command "$(cat err)" 'sh: none-such: not found' || failed=1
/tmp 2> err; $is status_of_directory $? 126 || failed=1
sh -c 'echo )' 2> err; $is status_of_syntax_error $? 2 || failed=1
sh -c 'echo "x' 2> err; $is unfinished_quote_is_an_error $? 2 || failed=1
sh $dir/none 2> err; $is status_of_missing_script $? 127 || failed=1
x=$(exit 5); $is status_of_substitution $? 5 || failed=1

# Lists.
$is and_or "$(false && echo a || echo b; true || echo c; true && echo d)" 'b
d' || failed=1
$is newline_after_operator "$(true &&
echo x |
cat)" x || failed=1
$is background "$(sh -c '(sleep 0.05; echo late) & echo early; wait')" 'early
late' || failed=1
$is wait_for_one "$(sh -c '(exit 9) & wait $!; echo $?')" 9 || failed=1

# Pipes and redirections.
echo one > f; echo two >> f
$is append "$(cat f)" 'one
two' || failed=1
$is input "$(wc -l < f)" "$(cat f | wc -l)" || failed=1
$is long_pipeline "$(echo x | cat | cat | cat | cat | cat | cat)" x || failed=1
cat none > out 2>&1
$is stderr_to_file "$(cat out)" 'cat: none: no such file or directory' || failed=1
$is stderr_to_pipe "$(cat none 2>&1 | wc -l | grep -c 1)" 1 || failed=1
echo x 2> e1 >&2
$is order_matters "$(cat e1)" x || failed=1
{ echo a; echo b; } > f
$is group_redirected "$(cat f)" 'a
b' || failed=1
while read line; do echo "<$line>"; done < f > g
$is loop_redirected "$(cat g)" '<a>
<b>' || failed=1
cat 2> err < none; $is missing_input_fails $? 1 || failed=1
> made; $is redirection_alone_makes_file "$(test -f made && echo yes)" yes || failed=1

# Compound commands.
$is if_else "$(if false; then echo a; elif true; then echo b; else echo c; fi)" b || failed=1
$is for_loop "$(for i in 1 2 3; do echo -n $i; done)" 123 || failed=1
$is while_loop "$(n=x; while test $n != xxxx; do n=x$n; done; echo $n)" xxxx || failed=1
$is subshell_is_separate "$(v=1; (v=2; cd /); echo $v $(pwd))" "1 $dir" || failed=1
$is nested_substitution "$(echo $(echo a $(echo b)) "$(echo "c $(echo d)")")" 'a b c d' || failed=1
$is keywords_are_words_elsewhere "$(echo if then fi done)" 'if then fi done' || failed=1

# File names.
> a.c; > b.c; > c.h; > .hidden
$is star "$(echo *.c)" 'a.c b.c' || failed=1
$is question_mark "$(echo ?.h)" 'c.h' || failed=1
$is set "$(echo [ab].?)" 'a.c b.c' || failed=1
$is no_match_stays "$(echo *.none)" '*.none' || failed=1
$is quoted_star_stays "$(echo '*.c' "*.c" \*.c)" '*.c *.c *.c' || failed=1
$is star_in_directory "$(echo ../sh-t*/a.*)" '../sh-test/a.c' || failed=1

# Scripts.
echo 'echo script $1 $#; exit 4' > script
$is script_by_path "$(./script x y)" 'script x 2' || failed=1
./script > out; $is script_exit_status $? 4 || failed=1
$is script_from_input "$(echo 'echo $0 from input' | sh)" 'sh from input' || failed=1
$is brackets_test "$([ 1 -lt 2 ] && echo yes)" yes || failed=1

cd /
rm -r $dir
exit $failed
