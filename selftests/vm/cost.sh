#!/bin/bash
# SPDX-License-Identifier: MIT
# cost.sh KERNEL...: that the installation of a key costs no more instructions than it did;
# see selftests/bench/count-keys.c. Prints TAP, a plan for each kernel.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Virtual time is then the number of instructions; of one processor, so that they are the
# program's and the kernel's on its behalf.
export TLSBIND_ACCEL=tcg TLSBIND_QEMU='-smp 1 -icount shift=0'

status=0
for kernel; do
	echo "# kernel $kernel"
	"$VM_DIR/run.sh" -k "$kernel" -l cost run count-keys || status=1
done
exit "$status"
