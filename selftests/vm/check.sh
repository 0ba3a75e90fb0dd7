#!/bin/bash
# SPDX-License-Identifier: MIT
# make check: everything that can be tested without confidential hardware.
# Closes with "N passed, N failed[, N skipped]". Fails if anything failed.
#   check.sh [KERNEL...]     kernels for the guest's tests; default: 6.12 7

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/vm/verdict.sh
. "$VM_DIR/verdict.sh"

series=host verbose=${V:-0} GRACE_SECONDS=0
CHROOT=$VM_DIR/chroot.sh
REPORT=$LOGS/check

# stage NAME COMMAND...: a command on this machine that prints TAP, however many plans.
stage() {
	local name=$1 status=0 line
	shift
	rm -f "$REPORT.status"
	test_start "$name" 0
	while IFS= read -r line; do
		test_line "$line"
	done < <("$@" 2>&1 </dev/null || status=$?; echo "$status" >"$REPORT.status")
	wait $! 2>/dev/null || true
	status=$(cat "$REPORT.status")
	test_end "$status"
}

# tap NAME COMMAND...: makes one TAP test of a command that knows nothing of TAP.
tap() {
	local status=0
	echo 1..1
	"${@:2}" || status=$?
	[ "$status" = 0 ] || printf 'not '
	echo "ok 1 - $1"
	return "$status"
}

# unit: the library's and the tool's own tests, against Debian 13's libraries.
unit() {
	"$CHROOT" env CMOCKA_MESSAGE_OUTPUT=TAP make -s -C userspace O=/src/build/guest/userspace check
}

host_stages() {
	stage vectors tap "the vectors are what an independent script computes" \
		"$CHROOT" python3 selftests/vectors/gen.py --check selftests/vectors/v1.json
	[ ! -e "$TOP/userspace/Makefile" ] || stage userspace unit
	stage mock-tee-evidence "$CHROOT" make -s -C selftests/mock-tee O=/src/build/guest/selftests/mock-tee check
	stage harness "$VM_DIR/test-harness.sh"
}

# guest KERNEL: the whole list of tests in the guest. Sets nothing; see add_guest.
guest() { exec "$VM_DIR/run.sh" -k "$1" -l check tests >"$REPORT.$1" 2>&1; }

# add_guest KERNEL: shows what the guest said and adds its last line to the count.
add_guest() {
	local total
	total=$(tail -n 1 "$REPORT.$1")
	sed '$d' "$REPORT.$1"
	if [[ $total =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1]))
		FAILED=$((FAILED + BASH_REMATCH[2]))
		SKIPPED=$((SKIPPED + ${BASH_REMATCH[4]:-0}))
	else
		show "$total"
		breach "kernel $1" "the run did not come to its end"
	fi
	show "# [$1] all: $total"
}

main() {
	local kernel kernels=("$@") pids=() i=0
	[ $# -gt 0 ] || kernels=(6.12 7)
	need_root
	host_packages
	"$VM_DIR/guest.sh"
	"$VM_DIR/image.sh"
	verdict_reset
	for kernel in "${kernels[@]}"; do
		guest "$kernel" &
		pids+=($!)
	done
	# shellcheck disable=SC2064
	trap "kill ${pids[*]} 2>/dev/null || true" EXIT
	trap 'exit 130' INT TERM
	host_stages
	for kernel in "${kernels[@]}"; do
		wait "${pids[i]}" || true
		add_guest "$kernel"
		i=$((i + 1))
	done
	show "# $SECONDS s"
	verdict_total
	[ "$FAILED" = 0 ]
}

mkdir -p "$LOGS"
main "$@"
