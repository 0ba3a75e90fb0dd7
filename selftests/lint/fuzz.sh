#!/bin/bash
# SPDX-License-Identifier: MIT
# make fuzz: libFuzzer over the library's parsers, with the sanitizers for addresses and
# undefined behaviour, in the lint gate's root directory, for clang is there.
#   fuzz.sh SECONDS [HARNESS...]     so long for each; default: all harnesses
# What is learnt stays in build/fuzz/corpus and is where the next run begins. An input that
# breaks something is left in build/fuzz/crash-*. Fails if there is one.

# shellcheck source=selftests/lint/rootfs.sh
. "$(dirname "$0")/rootfs.sh"

FUZZ=$BUILD/fuzz

# run SECONDS HARNESS
run() {
	local seconds=$1 harness=$2
	mkdir -p "$FUZZ/corpus/$harness"
	if "$FUZZ/fuzz/$harness" -max_total_time="$seconds" -timeout=10 -max_len=65536 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$FUZZ/crash-$harness-" \
		"$FUZZ/corpus/$harness" "$FUZZ/seeds/$harness" >"$FUZZ/log-$harness" 2>&1; then
		echo "ok - $harness: $(sed -n 's/^stat::number_of_executed_units: *//p' "$FUZZ/log-$harness") inputs"
	else
		sed 's/^/# /' "$FUZZ/log-$harness"
		echo "not ok - $harness"
		return 1
	fi
}

# fuzz SECONDS [HARNESS...]
fuzz() {
	local seconds=$1 harness status=0
	shift
	make -s -j "$(nproc)" -C userspace CC=clang FUZZER=1 O="$FUZZ" fuzzers
	[ $# -gt 0 ] || mapfile -t < <(cd userspace/fuzz && grep -l LLVMFuzzerTestOneInput -- *.c |
		grep -v '^driver.c$' | sed 's/\.c$//')
	[ $# -gt 0 ] || set -- "${MAPFILE[@]}"
	(cd userspace && "$FUZZ/fuzz/seeds-make" "$FUZZ/seeds")
	for harness in "$@"; do run "$seconds" "$harness" || status=1; done
	return "$status"
}

if [ -n "${TLSBIND_LINT_INSIDE:-}" ]; then
	cd "$TOP"
	fuzz "$@"
else
	lint_rootfs
	inside env TLSBIND_LINT_INSIDE=1 selftests/lint/fuzz.sh "$@"
fi
