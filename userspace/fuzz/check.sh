#!/bin/bash
# SPDX-License-Identifier: MIT
# check.sh DIR RUNS HARNESS...: runs harnesses that were built in DIR, each with RUNS
# inputs that are the same every time; then the same ones with one line of the library
# made wrong, which each must notice. Prints TAP, and at last "N passed, N failed, N skipped".
set -euo pipefail

dir=$(cd "$1" && pwd)/fuzz
runs=$2
shift 2
number=0 passed=0 failed=0

# check NAME COMMAND...
check() {
	local name=$1 status=0
	number=$((number + 1))
	shift
	"$@" >"$dir/log" 2>&1 || status=$?
	if [ "$status" = 0 ]; then
		echo "ok $number - $name"
		passed=$((passed + 1))
	else
		sed 's/^/# /' "$dir/log"
		echo "not ok $number - $name"
		failed=$((failed + 1))
	fi
}

# notices HARNESS: it ends with what a sanitizer or the harness itself says.
notices() {
	local status=0
	"$dir/planted-$1" "$runs" "$dir/seeds/$1" >"$dir/log.planted" 2>&1 || status=$?
	cat "$dir/log.planted"
	grep -qE "AddressSanitizer: heap-buffer-overflow|runtime error: |does not hold" "$dir/log.planted" && [ "$status" != 0 ]
}

cd "$dir"
rm -rf seeds crash-*
TLSBIND_KNOWN_ANSWERS=${TLSBIND_KNOWN_ANSWERS:-$OLDPWD/../selftests/vectors/v1.json} ./seeds-make seeds
for harness in "$@"; do
	check "$harness: $runs inputs" "$dir/$harness" "$runs" "seeds/$harness"
done
for harness in "$@"; do
	check "$harness notices a line that is wrong" notices "$harness"
done
echo "1..$number"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
