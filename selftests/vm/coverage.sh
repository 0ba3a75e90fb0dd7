#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh [SERIES [NAME...]]: how much of the module the tests in the guest (all, or
# those that are named) run: the lines that they do not, and a table by file. Uses the
# debug kernel of that series (default 6.12). Fails if a test does, or below the target.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

series=${1:-6.12}
series=${series%-*}
[ $# = 0 ] || shift
status=0
"$VM_DIR/debug-kernel.sh" "$series"
"$VM_DIR/guest.sh" "$series-gcov"
"$VM_DIR/run.sh" -k "$series-gcov" -l coverage tests "$@" || status=$?
release=$(release "$series-gcov")
dir=log/$(cut -d. -f1-2 <<<"$release")-gcov/coverage
mapfile -t counters < <(cd "$BUILD" && find "$dir" -name 'gcov.*.tar' -printf '/src/build/%p\n' | sort -V)
"$VM_DIR/chroot.sh" env COVERAGE_TARGET="${COVERAGE_TARGET:-90}" python3 selftests/vm/coverage.py \
	"/src/build/kmod-$release/tlsbind-gcov" "${counters[@]}" || status=$?
exit "$status"
