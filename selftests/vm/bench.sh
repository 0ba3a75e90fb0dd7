#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh [SERIES]: what things cost (default: 6.12). Installing a key, in instructions of the
# guest: a table on the terminal. Verifying evidence, in time on this machine beside the
# signatures that it consists of. Both are in build/bench.json. Tests nothing.

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
verification=$("$VM_DIR/chroot.sh" make -s -C userspace O=/src/build/guest/userspace bench)
printf '%s\n' "$verification"
printf '{"installation":%s,"verification":%s}\n' "$json" "$verification" >"$BUILD/bench.json"
