#!/bin/bash
# SPDX-License-Identifier: MIT
# The harness itself: tests of a known fate (harness/) must be reported as what they
# are, above all those that fail in ways of which they cannot tell. Few boots. TAP.
#   test-harness.sh [6.12]         a release kernel: what a test can do
#   test-harness.sh 6.12-debug     a debug kernel: what a module can do (gate_test.c)

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

breach() { expect "$1" "^not ok - \[[-0-9.a-z]+\] $2: $3"; }

# complaint NAME TEST PATTERN: the kernel said so, and the test is reported as failed for it.
complaint() {
	breach "$1" "$2" "the kernel complained"
	expect "$1, and the report names it" "^# \| .*$3"
}

harness() {
	local status=0
	TLSBIND_TESTS_A_SCAN=2 TLSBIND_TESTS=$VM_DIR/harness/$1 TLSBIND_EXTRA_TESTS=$VM_DIR/harness TLSBIND_PAYLOAD=none \
		"$VM_DIR/run.sh" -k "$SERIES" -l harness tests >"$OUT" 2>&1 || status=$?
	N=1
	if [ "$status" = 1 ]; then
		echo "ok $N - the run as a whole fails"
	else
		echo "not ok $N - the run as a whole fails"
		BAD=1
	fi
}

of_a_test() {
	echo 1..13
	harness TESTS
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
}

of_a_module() {
	echo 1..15
	harness TESTS-debug
	expect "a module without a mistake passes" "gate-none: 1 passed, 0 failed"
	complaint "memory that nothing points to" "gate-none, gate-leak" "kmemleak: unreferenced object"
	complaint "sleeping in atomic context" gate-atomic "sleeping function called from invalid context"
	complaint "an RCU pointer read without the lock" gate-rcu "suspicious RCU usage"
	complaint "locks in two orders" gate-deadlock "possible circular locking dependency"
	complaint "a shift by more bits than there are" gate-undefined "UBSAN: shift-out-of-bounds"
	complaint "memory used after it was freed" gate-use-after-free "KASAN: slab-use-after-free"
	expect "the total counts all of it" "^[0-9]+ passed, [1-9][0-9]* failed"
}

OUT=$LOGS/harness.$SERIES.out
mkdir -p "$LOGS"
case $SERIES in
*-debug) of_a_module ;;
*) of_a_test ;;
esac
[ "$BAD" = 0 ] || { sed 's/^/# | /' "$OUT"; exit 1; }
