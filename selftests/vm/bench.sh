#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh [SERIES]: what things cost (default: 6.12). In the guest, in its instructions: installing
# a key, what gating adds to a connection, evidence for many at once, memory and lookup for many
# connections and states. On this machine, in time: the tree, and verification beside the signatures
# that it consists of. Tables on the terminal, all of it in build/bench.json, a chart in build/bench.svg.
# Tests nothing.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Virtual time is then the number of instructions, whatever this machine is busy with; of
# one processor, so that they are the program's and the kernel's on its behalf. While the guest
# waits for its clock, that goes on at once.
export TLSBIND_ACCEL=tcg TLSBIND_QEMU='-smp 1 -icount shift=0,sleep=off'

series=${1:-6.12}

# measure PROGRAM [ARGUMENT...]: in the guest; its table is shown, its line of JSON left in $JSON.
measure() {
	local line
	JSON=''
	while IFS= read -r line; do
		case $line in
		'{'*) JSON=$line ;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <("$VM_DIR/run.sh" -k "$series" -l bench run "$@")
	wait $! || die "$1: the guest has not come to its end"
	[ -n "$JSON" ] || die "$1: no result"
}

# here COMMAND...: the same on this machine, in the guest's root directory.
here() {
	local all
	all=$("$VM_DIR/chroot.sh" "$@") || die "$1: no result"
	grep -v '^[[{]' <<<"$all" || true
	JSON=$(grep '^[[{]' <<<"$all")
}

TLSBIND_BENCH=1 "$VM_DIR/guest.sh"
measure bench-install
installation=$JSON
measure bench-gate.sh
gate=$JSON
measure bench-evidence
evidence=$JSON
TLSBIND_MEMORY=4096 measure bench-scale
scale=$JSON
TLSBIND_MEMORY=4096 measure bench-states.sh
states=$JSON
here /src/build/guest/selftests/bench/bench-tree
tree=$JSON
verification=$("$VM_DIR/chroot.sh" make -s -C userspace O=/src/build/guest/userspace bench)
printf '%s\n' "$verification"
rm -f "$BUILD/bench.json"
printf '{"installation":%s,"gate":%s,"evidence":%s,"scale":%s,"states":%s,"tree":%s,"verification":%s}\n' \
	"$installation" "$gate" "$evidence" "$scale" "$states" "$tree" "$verification" >"$BUILD/bench.json"
"$VM_DIR/chroot.sh" python3 /src/selftests/bench/chart.py /src/build/bench.json /src/build/bench.svg
