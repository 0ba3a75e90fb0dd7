#!/bin/bash
# SPDX-License-Identifier: MIT
# Everything that can be tested without confidential hardware.
# Closes with "N passed, N failed[, N skipped]". Fails if anything failed.
#   check.sh [KERNEL...]         make check: the host's tests, and the guest's on these
#                                kernels (default: 6.12 7)
#   check.sh debug [KERNEL...]   make check-debug: the guest's tests on these debug kernels
#                                (default: 6.12), and that such a kernel sees mistakes
#   check.sh ci                  make ci: lint, all of the above

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/vm/verdict.sh
. "$VM_DIR/verdict.sh"
# shellcheck source=selftests/vm/summary.sh
. "$VM_DIR/summary.sh"

series=host verbose=${V:-0} GRACE_SECONDS=0
CHROOT=$VM_DIR/chroot.sh
REPORT=$LOGS/check
declare -A GUESTS=() BEGAN=()

# show LINE...: to the log, too, of which summary() tells the end.
show() {
	printf '%s\n' "$*"
	printf '%s\n' "$*" >>"$REPORT.log"
}

# timed NAME COMMAND...: what is no test.
timed() {
	local start=$SECONDS me=$BASHPID status=0 before
	before=$(children "$me")
	"${@:2}" || status=$?
	[ "$SECONDS" = "$start" ] || took "$start" "$SECONDS" $(($(children "$me") - before)) "$1"
	return "$status"
}

# stage NAME COMMAND...: a command on this machine that prints TAP, however many plans.
stage() {
	local name=$1 status=0 line start=$SECONDS cpu
	shift
	rm -f "$REPORT.status"
	test_start "$name" 0
	while IFS= read -r line; do
		test_line "$line"
	done < <("$@" 2>&1 </dev/null || status=$?; echo "$status $(children "$BASHPID")" >"$REPORT.status")
	wait $! 2>/dev/null || true
	read -r status cpu <"$REPORT.status"
	test_end "$status"
	took "$start" "$SECONDS" "$cpu" "$name"
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

# fuzz: the parsers, with sanitizers and inputs that are always the same.
fuzz() {
	"$CHROOT" make -s -j "$(nproc)" -C userspace O=/src/build/guest/fuzz SANITIZE=1 fuzz-check
}

host_stages() {
	stage vectors tap "the vectors are what an independent script computes" \
		"$CHROOT" python3 selftests/vectors/gen.py --check selftests/vectors/v1.json
	[ ! -e "$TOP/userspace/Makefile" ] || stage userspace unit
	[ ! -e "$TOP/userspace/fuzz" ] || stage fuzz fuzz
	stage mock-tee-evidence "$CHROOT" make -s -C selftests/mock-tee O=/src/build/guest/selftests/mock-tee check
	stage harness "$VM_DIR/test-harness.sh"
	stage pair "$VM_DIR/pair.sh"
	stage formal-harness "$TOP/Documentation/formal/test.sh"
	stage formal "$TOP/Documentation/formal/run.sh" -q
	[ ! -x "$TOP/selftests/dkms-check.sh" ] || stage dkms "$TOP/selftests/dkms-check.sh"
}

# start_guest KERNEL [I/N]: tests in a guest, in the background; all that are listed, or one of
# N shares of them. See add_guest.
start_guest() {
	local label=check${2:+-${2%/*}}
	"$VM_DIR/run.sh" -k "$1" -l "$label" tests ${2:+-s "$2"} >"$REPORT.$1.$label" 2>&1 &
	GUESTS[$1.$label]=$!
	BEGAN[$1.$label]=$SECONDS
}

# add_guest KERNEL [I/N]: waits, shows what the guest said and adds its last line to the count.
add_guest() {
	local guest=$1.check${2:+-${2%/*}} total seconds cpu
	wait "${GUESTS[$guest]}" || true
	unset "GUESTS[$guest]"
	total=$(tail -n 1 "$REPORT.$guest")
	sed '$d' "$REPORT.$guest" | tee -a "$REPORT.log"
	read -r seconds cpu < <(sed -nE 's/^# \[[^]]*\] ([0-9]+) s, CPU ([0-9]+) s$/\1 \2/p' "$REPORT.$guest") || true
	took "${BEGAN[$guest]}" $((BEGAN[$guest] + ${seconds:-0})) "${cpu:--}" "guest $1${2:+, share $2}"
	if [[ $total =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1]))
		FAILED=$((FAILED + BASH_REMATCH[2]))
		SKIPPED=$((SKIPPED + ${BASH_REMATCH[4]:-0}))
	else
		show "$total"
		breach "kernel $1" "the run did not come to its end"
	fi
	show "# [$1]${2:+ share $2}: $total"
}

# start_check KERNEL...: the host's tests beside those of the guests.
start_check() {
	local kernel
	timed "what runs in the guests" "$VM_DIR/guest.sh"
	timed "the guests' disk" "$VM_DIR/image.sh"
	for kernel in "$@"; do start_guest "$kernel"; done
	host_stages
	stage cost "$VM_DIR/cost.sh" "$@"
}

check() {
	local kernel
	start_check "$@"
	for kernel in "$@"; do add_guest "$kernel"; done
}

# check_debug KERNEL...: the debug kernels, one after the other, each in two guests and
# beside its gate.
check_debug() {
	local kernel start
	timed "debug kernel" "$VM_DIR/debug-kernel.sh" "${@%-debug}"
	for kernel in "${@%-debug}"; do
		timed "what runs in the guests of $kernel-debug" "$VM_DIR/guest.sh" "$kernel-debug"
		start=$SECONDS
		start_guest "$kernel-debug" 1/2
		start_guest "$kernel-debug" 2/2
		stage "gate-$kernel" "$VM_DIR/test-harness.sh" "$kernel-debug"
		add_guest "$kernel-debug" 1/2
		add_guest "$kernel-debug" 2/2
		show "# [$kernel-debug] $((SECONDS - start)) s from boot to power-off"
	done
}

# ci_builds: what takes long to compile and is waited for. What it took is left in a file.
ci_builds() {
	TIMES=()
	timed "GnuTLS" "$TOP/selftests/gnutls/build.sh" || return 1
	timed "debug kernel" "$VM_DIR/debug-kernel.sh" 6.12 || return 1
	printf '%s\n' "${TIMES[@]}" >"$REPORT.builds"
}

# start_lint: the static checks in the background, with less right to the processors than the
# rest: they compute all the time, and so use what guests leave that wait.
start_lint() {
	LINT_BEGAN=$EPOCHREALTIME
	BEGAN[lint]=$SECONDS
	{
		status=0
		nice -n 10 "$TOP/selftests/lint/lint.sh" >"$REPORT.lint" 2>&1 </dev/null || status=$?
		echo "$status $SECONDS $(children "$BASHPID")" >"$REPORT.lint.status"
	} &
	GUESTS[lint]=$!
}

# add_lint: waits, and shows and counts what they found.
add_lint() {
	local status=1 end=$SECONDS cpu=- line
	wait "${GUESTS[lint]}" || true
	unset "GUESTS[lint]"
	read -r status end cpu <"$REPORT.lint.status" || true
	test_start lint 0
	STARTED=$LINT_BEGAN
	while IFS= read -r line; do test_line "$line"; done <"$REPORT.lint"
	test_end "$status"
	took "${BEGAN[lint]}" "$end" "$cpu" lint
}

# ci: nothing waits for the static checks, and the debug kernel, which takes long to compile,
# takes the place of the guest that is done first.
ci() {
	timed "root directory" "$VM_DIR/rootfs.sh"
	ci_builds >"$REPORT.debug-kernel" 2>&1 &
	GUESTS[build]=$!
	[ ! -e "$TOP/selftests/lint" ] || start_lint
	start_check 6.12 7
	add_guest 6.12
	wait "${GUESTS[build]}" || tee -a "$REPORT.log" <"$REPORT.debug-kernel"
	unset "GUESTS[build]"
	mapfile -t -O "${#TIMES[@]}" TIMES <"$REPORT.builds" || true
	check_debug 6.12
	add_guest 7
	[ ! -e "$TOP/selftests/lint" ] || add_lint
}

# end_guests: nothing of ours outlives us.
end_guests() { [ "${#GUESTS[@]}" = 0 ] || kill "${GUESTS[@]}" 2>/dev/null || true; }

main() {
	local mode=check
	case ${1:-} in debug | ci) mode=check_$1; shift ;; esac
	need_root
	host_packages
	trap end_guests EXIT
	trap 'exit 130' INT TERM
	verdict_reset
	rm -f "$REPORT".*
	case $mode in
	check) [ $# -gt 0 ] || set -- 6.12 7; check "$@" ;;
	check_debug) [ $# -gt 0 ] || set -- 6.12; check_debug "$@" ;;
	check_ci) ci ;;
	esac
	summary
	show "# $SECONDS s, CPU $(children "$$") s"
	verdict_total
	[ "$FAILED" = 0 ]
}

mkdir -p "$LOGS"
main "$@"
