# Tests of the shell.  Prints a line for each failure, at the end; the exit status is 0 if there was none.
#
# Each line compares what a command gives with what it should give, and notes the name of the check if they differ.

dir=/tmp/sh-test
rm -rf $dir
mkdir -p $dir
cd $dir
failed=

echo 'echo a \
b c\
d' > continued

# Words and quotes.
test "$(echo a   b)" = 'a b' || failed="$failed blanks_separate"
test "$(echo "a   b" 'c   d')" = 'a   b c   d' || failed="$failed quotes_keep_blanks"
test "$(echo '$x "\')" = '$x "\' || failed="$failed single_quotes_keep_all"
test "$(echo a\;b \$x a\ \ b)" = 'a;b $x a  b' || failed="$failed backslash_quotes"
test "$(echo a\
b)" = ab || failed="$failed backslash_joins_lines"
test "$(sh continued)" = "a b cd" || failed="$failed backslash_continues_commands"
test "$(echo a#b # c)" = 'a#b' || failed="$failed comments_end_lines"
test "$(sh -c 'echo $#' sh '' "" x)" = 3 || failed="$failed empty_arguments_count"

# Variables.
v='one  two'
test "$(echo $v)" = 'one two' || failed="$failed unquoted_values_split"
test "$(echo "$v")" = 'one  two' || failed="$failed quoted_values_do_not"
test "$(v=1; echo ${v}x$v)" = 1x1 || failed="$failed braces_end_names"
test "[$none]" = '[]' || failed="$failed unset_is_empty"
test "$(a=1 b=2; echo $a $b)" = '1 2' || failed="$failed several_assignments"
test "$(sh -c 'echo $0 $1 $2 $#' zero one two)" = 'zero one two 2' || failed="$failed arguments"
test "$(sh -c 'for a in "$@"; do echo "<$a>"; done' x 'a b' c)" = '<a b>
<c>' || failed="$failed all_arguments"
test "$(sh -c 'shift; echo $1 $#' x a b)" = 'b 1' || failed="$failed shift_moves_arguments"

# Exit statuses.
true; test $? = 0 || failed="$failed status_of_true"
false; test $? = 1 || failed="$failed status_of_false"
(exit 7); test $? = 7 || failed="$failed status_of_subshell"
true | (exit 3); test $? = 3 || failed="$failed status_of_pipeline"
! true; test $? = 1 || failed="$failed status_inverted"
none-such 2> err; test $? = 127 || failed="$failed status_of_unknown_command"
test "$(cat err)" = 'sh: none-such: not found' || failed="$failed message_of_unknown_command"
/tmp 2> err; test $? = 126 || failed="$failed status_of_directory"
sh -c 'echo )' 2> err; test $? = 2 || failed="$failed status_of_syntax_error"
sh -c 'echo "x' 2> err; test $? = 2 || failed="$failed unfinished_quote_is_an_error"
sh $dir/none 2> err; test $? = 127 || failed="$failed status_of_missing_script"
x=$(exit 5); test $? = 5 || failed="$failed status_of_substitution"

# Lists.
test "$(false && echo a || echo b; true || echo c; true && echo d)" = 'b
d' || failed="$failed and_or"
test "$(true &&
echo x |
cat)" = x || failed="$failed newline_after_operator"
test "$(sh -c '(while ! test -f go; do sleep 0.01; done; echo late) & echo early; > go; wait')" = 'early
late' || failed="$failed background"
test "$(sh -c '(exit 9) & wait $!; echo $?')" = 9 || failed="$failed wait_for_one"

# Pipes and redirections.
echo one > f; echo two >> f
test "$(cat f)" = 'one
two' || failed="$failed append"
test "$(wc -l < f)" = "$(cat f | wc -l)" || failed="$failed input"
test "$(echo x | cat | cat | cat | cat | cat | cat)" = x || failed="$failed long_pipeline"
cat none > out 2>&1
test "$(cat out)" = 'cat: none: no such file or directory' || failed="$failed stderr_to_file"
test "$(cat none 2>&1 | wc -l | grep -c 1)" = 1 || failed="$failed stderr_to_pipe"
echo x 2> e1 >&2
test "$(cat e1)" = x || failed="$failed order_matters"
{ echo a; echo b; } > f
test "$(cat f)" = 'a
b' || failed="$failed group_redirected"
while read line; do echo "<$line>"; done < f > g
test "$(cat g)" = '<a>
<b>' || failed="$failed loop_redirected"
cat 2> err < none; test $? = 1 || failed="$failed missing_input_fails"
> made; test "$(test -f made && echo yes)" = yes || failed="$failed redirection_alone_makes_file"

# Compound commands.
test "$(if false; then echo a; elif true; then echo b; else echo c; fi)" = b || failed="$failed if_else"
test "$(for i in 1 2 3; do echo -n $i; done)" = 123 || failed="$failed for_loop"
test "$(n=x; while test $n != xxxx; do n=x$n; done; echo $n)" = xxxx || failed="$failed while_loop"
test "$(v=1; (v=2; cd /); echo $v $(pwd))" = "1 $dir" || failed="$failed subshell_is_separate"
test "$(echo $(echo a $(echo b)) "$(echo "c $(echo d)")")" = 'a b c d' || failed="$failed nested_substitution"
test "$(echo if then fi done)" = 'if then fi done' || failed="$failed keywords_are_words_elsewhere"

# File names.
> a.c; > b.c; > c.h; > .hidden
test "$(echo *.c)" = 'a.c b.c' || failed="$failed star"
test "$(echo ?.h)" = 'c.h' || failed="$failed question_mark"
test "$(echo [ab].?)" = 'a.c b.c' || failed="$failed set"
test "$(echo *.none)" = '*.none' || failed="$failed no_match_stays"
test "$(echo '*.c' "*.c" \*.c)" = '*.c *.c *.c' || failed="$failed quoted_star_stays"
test "$(echo ../sh-t*/a.*)" = '../sh-test/a.c' || failed="$failed star_in_directory"

# Scripts.
echo 'echo script $1 $#; exit 4' > script
test "$(./script x y)" = 'script x 2' || failed="$failed script_by_path"
./script > out; test $? = 4 || failed="$failed script_exit_status"
test "$(echo 'echo $0 from input' | sh)" = 'sh from input' || failed="$failed script_from_input"
test "$([ 1 -lt 2 ] && echo yes)" = yes || failed="$failed brackets_test"

cd /
rm -r $dir
for name in $failed; do
	echo "# sh: wrong: $name"
done
test -z "$failed"
