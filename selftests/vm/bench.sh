#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh [SERIES]: what things cost (default: 6.12). Installing a key, and what gating adds to a
# connection, in instructions of the guest: tables on the terminal. Verifying evidence, in time on this machine beside the
# signatures that it consists of. Both are in build/bench.json. Tests nothing.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Virtual time is then the number of instructions, whatever this machine is busy with; of
# one processor, so that they are the program's and the kernel's on its behalf.
export TLSBIND_ACCEL=tcg TLSBIND_QEMU='-smp 1 -icount shift=0'

series=${1:-6.12}

# measure PROGRAM: in the guest; its table is shown, its line of JSON left in $JSON.
measure() {
	local line
	JSON=''
	while IFS= read -r line; do
		case $line in
		'{'*) JSON=$line ;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <("$VM_DIR/run.sh" -k "$series" -l bench run "$1")
	wait $! || die "$1: the guest has not come to its end"
	[ -n "$JSON" ] || die "$1: no result"
}

"$VM_DIR/guest.sh"
measure bench-install
installation=$JSON
measure bench-gate.sh
gate=$JSON
verification=$("$VM_DIR/chroot.sh" make -s -C userspace O=/src/build/guest/userspace bench)
printf '%s\n' "$verification"
printf '{"installation":%s,"gate":%s,"verification":%s}\n' "$installation" "$gate" "$verification" >"$BUILD/bench.json"
