#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh [SERIES [PART...]]: what things cost (default: 6.12, all parts). In the guest, in its
# instructions: installing a key, moving data, what gating adds to a connection, evidence for many at
# once, memory and lookup for many connections and states. On this machine, in time: keys by two
# processors, the tree, and verification beside the signatures that it consists of. Tables on the
# terminal, the last one being of what is aimed at; all of it in build/bench.json, a chart in
# build/bench.svg, unless parts are named. Tests nothing.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Virtual time is then the number of instructions, whatever this machine is busy with; of
# one processor, so that they are the program's and the kernel's on its behalf. While the guest
# waits for its clock, that goes on at once.
export TLSBIND_ACCEL=tcg TLSBIND_QEMU='-smp 1 -icount shift=0,sleep=off'

series=${1:-6.12}
shift $(($# > 0))
declare -A RESULT
PARTS=(installation data gate evidence scale states processors tree verification)
[ $# = 0 ] || PARTS=("$@")

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

# part NAME: leaves its line of JSON.
part() {
	case $1 in
	installation) measure bench-install ;;
	data) measure bench-data ;;
	gate) measure bench-gate.sh ;;
	evidence) measure bench-evidence ;;
	scale) TLSBIND_MEMORY=4096 measure bench-scale ;;
	states) TLSBIND_MEMORY=4096 measure bench-states.sh ;;
	processors) TLSBIND_ACCEL=tcg-multi TLSBIND_QEMU='-smp 2' measure bench-threads ;;
	tree) here /src/build/guest/selftests/bench/bench-tree ;;
	verification)
		JSON=$("$VM_DIR/chroot.sh" make -s -C userspace O=/src/build/guest/userspace bench)
		printf '%s\n' "$JSON" ;;
	*) die "no such part: $1" ;;
	esac
}

TLSBIND_BENCH=1 "$VM_DIR/guest.sh"
for name in "${PARTS[@]}"; do
	part "$name"
	RESULT[$name]=$JSON
done
[ $# = 0 ] || exit 0
rm -f "$BUILD/bench.json"
for name in "${PARTS[@]}"; do
	printf '%s"%s":%s' "$([ "$name" = "${PARTS[0]}" ] && echo '{' || echo ',')" "$name" "${RESULT[$name]}"
done >"$BUILD/bench.json"
printf '}\n' >>"$BUILD/bench.json"
"$VM_DIR/chroot.sh" python3 /src/selftests/bench/targets.py /src/build/bench.json
"$VM_DIR/chroot.sh" python3 /src/selftests/bench/chart.py /src/build/bench.json /src/build/bench.svg
