#!/bin/bash
# SPDX-License-Identifier: MIT
# The module's own unit tests: loads tlsbind_kunit.ko, which runs them, and makes TAP of
# what KUnit says of each suite. A suite that is missing or cut short is a failure.
. lib.sh

SUITES=(tlsbind_binding tlsbind_key tlsbind_fingerprint tlsbind_request tlsbind_policy
	tlsbind_trait tlsbind_twin tlsbind_origin tlsbind_evidence)
RESULTS=/sys/kernel/debug/kunit
MODULE=$TLSBIND/modules/tlsbind_kunit.ko

[ -d "$RESULTS" ] || skip_all "this kernel has no KUnit"
[ -e "$MODULE" ] || bail "no $MODULE"
modprobe tls
insmod "$MODULE" || bail "tlsbind_kunit cannot be loaded"
at_exit rmmod tlsbind_kunit

# cases SUITE: every case and every parameter of it, as "ok - SUITE: sentence".
cases() {
	sed -nE "s/^ {4,}(not )?ok [0-9]+ (- )?(.*)/\1ok - $1: \3/p" "$RESULTS/$1/results"
}

# complete SUITE: as many cases ran as there are, at least one, and KUnit calls it good.
complete() {
	local planned ran
	[ -r "$RESULTS/$1/results" ] || return 1
	planned=$(sed -nE 's/^ {4}1\.\.([0-9]+).*/\1/p' "$RESULTS/$1/results" | head -n 1)
	ran=$(grep -cE '^ {4}(not )?ok [0-9]+ ' "$RESULTS/$1/results")
	echo "$1: planned ${planned:-nothing}, ran $ran"
	[ "${planned:-0}" -gt 0 ] && [ "$ran" = "$planned" ] &&
		grep -qE "^ok [0-9]+ (- )?$1( |$)" "$RESULTS/$1/results"
}

all=$(for suite in "${SUITES[@]}"; do [ ! -e "$RESULTS/$suite/results" ] || cases "$suite"; done)
plan $(($(grep -c . <<<"$all") + ${#SUITES[@]}))
while IFS= read -r line; do
	case $line in
	'ok - '*'# SKIP'*) skip "${line#ok - }" "see above" ;;
	'ok - '*) pass "${line#ok - }" ;;
	'not ok - '*) fail "${line#not ok - }" ;;
	esac
done <<<"$all"
for suite in "${SUITES[@]}"; do
	ok "$suite ran to its end and passed" complete "$suite" || diag "$(grep -vE '^ *ok ' "$RESULTS/$suite/results" | head -n 60)"
done
