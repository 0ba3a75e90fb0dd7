#!/bin/bash
# SPDX-License-Identifier: MIT
# The harness itself: tests of a known fate (harness/) must be reported as what they
# are, above all those that fail in ways of which they cannot tell. One boot. TAP.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

N=0 BAD=0
SERIES=${1:-6.12}

# expect NAME PATTERN: a line of the report matches.
expect() {
	N=$((N + 1))
	if grep -Eq -- "$2" "$OUT"; then
		echo "ok $N - $1"
	else
		echo "not ok $N - $1"
		BAD=$((BAD + 1))
	fi
}

breach() { expect "$1" "^not ok - \[[0-9.]+\] $2: $3"; }

OUT=$LOGS/harness.out
mkdir -p "$LOGS"
echo 1..13
status=0
TLSBIND_TESTS=$VM_DIR/harness/TESTS TLSBIND_EXTRA_TESTS=$VM_DIR/harness TLSBIND_PAYLOAD=none \
	"$VM_DIR/run.sh" -k "$SERIES" -l harness tests >"$OUT" 2>&1 || status=$?

expect "a good test is counted, its skip too" "harness-pass: 2 passed, 0 failed, 1 skipped"
expect "a failing test is counted" "harness-fail: 1 passed, 1 failed, 0 skipped"
breach "a test that hangs" harness-hang "not done after 2 s"
breach "a test without a plan" harness-no-plan "no plan"
breach "a test that ran less than planned" harness-short "planned 2 tests, ran 1"
breach "a test ended by a signal" harness-signal "ended by a signal"
breach "a bad exit status without a failure" harness-status "exit status 3 though nothing failed"
breach "a test that forges the end" harness-forged "planned 2 tests, ran 1"
breach "a warning of the kernel" harness-complain "the kernel complained"
expect "what a test leaves running is ended" "harness-after: 1 passed, 0 failed"
breach "a kernel that dies" harness-crash "the guest died"
expect "the total counts all of it" "^10 passed, 10 failed, 1 skipped$"
N=$((N + 1))
if [ "$status" = 1 ]; then
	echo "ok $N - the run as a whole fails"
else
	echo "not ok $N - the run as a whole fails"
	BAD=$((BAD + 1))
fi
[ "$BAD" = 0 ] || { sed 's/^/# | /' "$OUT"; exit 1; }
