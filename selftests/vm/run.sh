#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots the guest and runs something in it.
#
#   run.sh [-v] [-k SERIES] [-l LABEL] tests [NAME...]   tests of selftests/TESTS (all, if none is named)
#   run.sh ... tests -s I/N                              the I-th share of all, for N guests at once
#   run.sh [-k SERIES] run COMMAND...                    one command, its output live, its exit status
#   run.sh [-k SERIES] shell                             a shell on the console
#
# SERIES: 6.12, 7, 6.12-debug (see debug-kernel.sh), or 6.12-gcov, which is the latter with
# modules that count which of their lines run; the counts are left in LABEL/gcov.*.tar.
# The last line of "tests" is "N passed, N failed, N skipped". Logs: build/log/KERNEL/LABEL/.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/vm/qemu.sh
. "$VM_DIR/qemu.sh"
# shellcheck source=selftests/vm/verdict.sh
. "$VM_DIR/verdict.sh"
# shellcheck disable=SC2034


TLSBIND_SLOW=${TLSBIND_SLOW:-4}	# how many times slower a debug kernel may be
TESTS_A_SCAN=${TLSBIND_TESTS_A_SCAN:-5}	# for leaks, on a debug kernel
BOOT_SECONDS=120	# until the first sign of life
GRACE_SECONDS=90	# beyond a test's own limit: kill, unload, leak scan
MAX_BOOTS=20		# a test that takes the guest down costs one boot
MAX_DEAD_BOOTS=2	# in a row, before any test began: the emulation's fault, not ours

series=6.12 label='' verbose=0 QEMU='' SLOW=1

usage() { sed -n '4,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# log_dir LABEL: a directory of its own for this run; a second run at the same time gets another.
log_dir() {
	local dir=$LOGS/$series/$1 fd
	mkdir -p "$dir"
	exec {fd}>"$dir/.lock"
	if ! flock -n "$fd"; then
		dir=$dir.$$
		mkdir -p "$dir"
	fi
	find "$dir" -mindepth 1 ! -name .lock -delete
	DIR=$dir
}

# is_series SERIES: 6.12 and 7, whatever stands behind that.
is_series() { [ "${series%-*}" = "$1" ] || [ "${series%%.*}" = "$1" ]; }

# meant KERNELS: is a test with this in TESTS for the kernel of this run?
meant() {
	case $1 in
	all) ;;
	debug) [ "$SLOW" != 1 ] ;;
	release) [ "$SLOW" = 1 ] ;;
	release-*) [ "$SLOW" = 1 ] && is_series "${1#release-}" ;;
	*) is_series "$1" ;;
	esac
}

# listed: the lines of TESTS that are for this kernel, or those that were named.
# A debug kernel gets more time.
listed() {
	local file=${TLSBIND_TESTS:-$TOP/selftests/TESTS} name seconds kernels wanted
	while read -r name seconds kernels; do
		case $name in '' | '#'*) continue ;; esac
		if [ $# -gt 0 ]; then
			for wanted in "$@"; do
				[ "$wanted" != "$name" ] || printf '%s %s\n' "$name" $((seconds * SLOW))
			done
		elif meant "$kernels"; then
			printf '%s %s\n' "$name" $((seconds * SLOW))
		fi
	done <"$file"
}

# share I/N: those of the lines that the I-th of N guests runs. The next longest test goes to
# the guest that has least to do.
share() {
	sort -s -k2,2nr | awk -v i="${1%/*}" -v n="${1#*/}" '
		{ m = 1; for (j = 2; j <= n; j++) if (sum[j] + 0 < sum[m] + 0) m = j; sum[m] += $2; if (m == i) print }'
}

# start_guest N MODE...: boots with build/log/.../run as orders; sets QEMU and the descriptor FROM.
start_guest() {
	local n=$1 out=''
	CONSOLE=$DIR/console.$n
	if [ -n "${TLSBIND_VARIANT:-}" ]; then
		out=$DIR/gcov.$n.tar
		truncate -s 64M "$out"
	fi
	"$VM_DIR/payload.sh" "$RELEASE" "$DIR/payload" "$DIR/run"
	exec {FROM}< <(TLSBIND_OUT=$out qemu "$RELEASE" "$DIR/payload" \
		"-serial file:$CONSOLE -chardev stdio,id=verdict,signal=off,logfile=$DIR/verdict.$n -serial chardev:verdict" \
		</dev/null 2>"$DIR/qemu.$n")
	QEMU=$!
}

stop_guest() {
	[ -n "$QEMU" ] || return 0
	kill "$QEMU" 2>/dev/null || true
	wait "$QEMU" 2>/dev/null || true
	QEMU=''
	exec {FROM}<&-
	rm -f "$DIR/payload"
}
trap stop_guest EXIT
trap 'exit 130' INT TERM

run_tests() {
	local boots=0 dead=0 left=()
	if [ "${1:-}" = -s ]; then
		mapfile -t left < <(listed | share "$2")
		shift 2
	else
		mapfile -t left < <(listed "$@")
	fi
	[ "${#left[@]}" -gt 0 ] || die "no such test for kernel $series in selftests/TESTS: ${*:-(any)}"
	[ $# = 0 ] || [ "${#left[@]}" -ge $# ] || die "not every one of these is in selftests/TESTS: $*"
	verdict_reset
	while [ "${#left[@]}" -gt 0 ] && [ "$boots" -lt "$MAX_BOOTS" ]; do
		boots=$((boots + 1))
		{ printf 'tests %s %s\n' "$TOKEN" "$TESTS_A_SCAN"; printf '%s\n' "${left[@]}"; } >"$DIR/run"
		start_guest "$boots"
		verdict_read "$FROM" "$QEMU"
		stop_guest
		if [ "$BOOTED" = 0 ] && [ "$dead" -lt "$MAX_DEAD_BOOTS" ]; then
			dead=$((dead + 1))
			show "# [$series] the guest did not come up (${CONSOLE#"$TOP"/}): once more"
			continue
		fi
		dead=0
		verdict_console "$CONSOLE"
		[ "$ENDED" -gt 0 ] || { verdict_dead_boot; break; }
		left=("${left[@]:$ENDED}")
	done
	[ "${#left[@]}" = 0 ] || verdict_not_run "${left[@]}"
	show "# [$series] $SECONDS s, CPU $(children "$$") s"
	verdict_total | tee "$DIR/total"
	[ "$FAILED" = 0 ]
}

run_command() {
	local status boot
	printf 'run %s %s\n' "$TOKEN" "$(printf '%q ' "$@")" >"$DIR/run"
	for ((boot = 0; boot <= MAX_DEAD_BOOTS; boot++)); do
		verdict_reset
		start_guest "$boot"
		status=0
		verdict_live "$FROM" "$QEMU" || status=$?
		stop_guest
		[ "$BOOTED" = 0 ] || break
	done
	[ "$BOOTED" = 1 ] || verdict_dead_boot
	verdict_console "$CONSOLE"
	[ "$FAILED" = 0 ] || status=1
	return "$status"
}

run_shell() {
	printf 'shell %s\n' "$TOKEN" >"$DIR/run"
	"$VM_DIR/payload.sh" "$RELEASE" "$DIR/payload" "$DIR/run"
	(qemu "$RELEASE" "$DIR/payload" "-serial mon:stdio -serial null")
	rm -f "$DIR/payload"
}

main() {
	local mode option
	while getopts vk:l: option; do
		case $option in
		v) verbose=1 ;;
		k) series=$OPTARG ;;
		l) label=$OPTARG ;;
		*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || usage
	mode=$1
	shift
	need_root
	host_packages
	"$VM_DIR/image.sh"
	emulator
	RELEASE=$(release "$series")
	case $series in
	*-debug | *-gcov)
		SLOW=$TLSBIND_SLOW
		BOOT_SECONDS=$((BOOT_SECONDS * SLOW)) GRACE_SECONDS=$((GRACE_SECONDS * SLOW))
		[ "${series##*-}" = debug ] || export TLSBIND_VARIANT=-gcov
		series=$(cut -d. -f1-2 <<<"$RELEASE")-${series##*-} ;;
	*) series=$(cut -d. -f1-2 <<<"$RELEASE") ;;
	esac
	TOKEN=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	log_dir "${label:-$mode${1:+-$(basename "$1")}}"
	case $mode in
	tests) run_tests "$@" ;;
	run) [ $# -gt 0 ] || usage; run_command "$@" ;;
	shell) run_shell ;;
	*) usage ;;
	esac
}

main "$@"
