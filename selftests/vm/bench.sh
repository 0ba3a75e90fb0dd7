#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh [SERIES]: what things cost, in instructions of the guest (default: 6.12). A table
# on the terminal, the same in build/bench.json. Tests nothing.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Virtual time is then the number of instructions, whatever this machine is busy with; of
# one processor, so that they are the program's and the kernel's on its behalf.
export TLSBIND_ACCEL=tcg TLSBIND_QEMU='-smp 1 -icount shift=0'

series=${1:-6.12} json=''
"$VM_DIR/guest.sh"
while IFS= read -r line; do
	case $line in
	'{'*) json=$line ;;
	*) printf '%s\n' "$line" ;;
	esac
done < <("$VM_DIR/run.sh" -k "$series" -l bench run bench-install)
wait $! || die "the guest has not come to its end"
[ -n "$json" ] || die "no result"
printf '%s\n' "$json" >"$BUILD/bench.json"
