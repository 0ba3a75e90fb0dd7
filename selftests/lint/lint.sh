#!/bin/bash
# SPDX-License-Identifier: MIT
# make lint: every check in checks/, in a root directory of its own that holds the
# tools (see rootfs.sh), so that the result does not depend on this machine.
#   lint.sh [CHECK...]     default: all; prints TAP, findings first
# Closes with "N passed, N failed[, N skipped]". Fails if anything failed.

# shellcheck source=selftests/lint/rootfs.sh
. "$(dirname "$0")/rootfs.sh"

RESULTS=$BUILD/log/lint

# The long ones first, so that none is left over at the end.
CHECKS=(clang-tidy module-clang module-sparse coccicheck programs-clang programs-gcc
	checkpatch semantic cppcheck shellcheck kernel-doc documents netlink python yamllint
	hygiene)

# run NAME: one check, its findings, status and seconds in files. In CI it has what is left.
run() {
	local status=0 start=$SECONDS
	timeout 2400 "$LINT_DIR/checks/$1" >"$RESULTS/$1" 2>&1 </dev/null || status=$?
	printf '%s %s\n' "$status" $((SECONDS - start)) >"$RESULTS/$1.status"
}

# show NAME: the findings and the verdict of a check that has ended.
show() {
	local status seconds what
	read -r status seconds <"$RESULTS/$1.status"
	mv "$RESULTS/$1.status" "$RESULTS/$1.shown"
	what="$((++SHOWN)) - $1: $(sed -n 's/^# lint: //p' "$LINT_DIR/checks/$1")"
	case $status in
	0)
		echo "ok $what # $seconds s"
		PASSED=$((PASSED + 1))
		;;
	77)
		echo "ok $what # SKIP $(tail -n 1 "$RESULTS/$1")"
		SKIPPED=$((SKIPPED + 1))
		;;
	*)
		sed 's/^/# /' "$RESULTS/$1"
		[ "$status" != 124 ] || echo "# took too long"
		echo "not ok $what # $seconds s"
		FAILED=$((FAILED + 1))
		;;
	esac
}

# ended: shows every check that has ended since.
ended() {
	local name
	for name in "$@"; do
		[ ! -e "$RESULTS/$name.status" ] || show "$name"
	done
}

# As many at once as there are processors.
all() {
	local name running=0 jobs
	jobs=$(nproc)
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS"
	SHOWN=0 PASSED=0 FAILED=0 SKIPPED=0
	echo "1..$#"
	for name in "$@"; do
		if [ "$running" -ge "$jobs" ]; then
			wait -n || true
			running=$((running - 1))
			ended "$@"
		fi
		run "$name" &
		running=$((running + 1))
	done
	wait
	ended "$@"
	echo "# $SECONDS s"
	echo "$PASSED passed, $FAILED failed$([ "$SKIPPED" = 0 ] || echo ", $SKIPPED skipped")"
	[ $((PASSED + SKIPPED)) = $# ]
}

main() {
	local name
	[ $# -gt 0 ] || set -- "${CHECKS[@]}"
	for name in "$@"; do
		[ -x "$LINT_DIR/checks/$name" ] || die "no check $name; there are: ${CHECKS[*]}"
	done
	if [ -n "${TLSBIND_LINT_INSIDE:-}" ]; then
		all "$@"
	else
		lint_rootfs
		inside env TLSBIND_LINT_INSIDE=1 selftests/lint/lint.sh "$@"
	fi
}

main "$@"
