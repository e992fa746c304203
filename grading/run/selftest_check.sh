# What tests in shell have in common: one line a test.  Sourced by them:
#
#	suite=plug log=FILE
#	. grading/run/selftest_check.sh
#
# $suite stands before each name; of a failure, the end of $log is shown.

check() { # STATUS NAME
	if [ "$1" = 0 ]; then
		echo "ok $suite.$2"
	else
		echo "not ok $suite.$2"
		tail -n 40 "$log" | sed 's/^/# /'
	fi
}
