# is.sh topic name got wanted: compare two texts; print both if they differ.
if test "$3" = "$4"; then
	exit 0
fi
echo "# $1.$2: got '$3', wanted '$4'"
exit 1
