#!/bin/sh
# Runs each program that is named, and prints "ok host.name" or "not ok host.name" by its exit status, with what it said
# when it failed.  A program that runs for five minutes has failed.  $QRUN is the qrun to start them with.

for program in "$@"; do
	name=host.$(basename "$program")
	if said=$("$QRUN" -t 300 -v -x 0 -- "$program" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		printf '%s\n' "$said" | tail -n 40 | sed 's/^/# /'
	fi
done
