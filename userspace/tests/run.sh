#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh DIR TEST...: runs unit tests that were built in DIR, from userspace/. Prints
# TAP, and at last a line "N passed, N failed, N skipped". A test that ends without
# having told all its results counts as one failure.
set -euo pipefail

dir=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0

count() {
	local name=$1 out=$2 status=$3 plan ok not
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$out" | head -n 1)
	ok=$(grep -c '^ok ' "$out" || true)
	not=$(grep -c '^not ok ' "$out" || true)
	local skip
	skip=$(grep -c '^ok .*# [Ss][Kk][Ii][Pp]' "$out" || true)
	passed=$((passed + ok - skip)) skipped=$((skipped + skip)) failed=$((failed + not))
	if [ "${plan:-0}" = 0 ] || [ "$((ok + not))" != "$plan" ] ||
		{ [ "$status" != 0 ] && [ "$not" = 0 ]; }; then
		echo "not ok - $name: status $status, ${plan:-no} planned, $((ok + not)) told"
		failed=$((failed + 1))
	fi
}

for test in "${@/#/$dir/tests/}" tests/*-check.sh; do
	out=$(mktemp)
	status=0
	echo "# $(basename "$test")"
	CMOCKA_MESSAGE_OUTPUT=TAP "$test" "$dir" >"$out" 2>"$out.err" || status=$?
	# cmocka before 1.1.6 says "not ok" of what it skips.
	sed -i 's/^not ok \([0-9]* # SKIP\)/ok \1/' "$out"
	cat "$out"
	sed 's/^/# /' "$out.err"
	count "$(basename "$test")" "$out" "$status"
	rm -f "$out" "$out.err"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
