#!/bin/bash
# SPDX-License-Identifier: MIT
# Two guests on one wire, each with its own kernel and its own (mock) TEE: what one does
# to the other. TAP of both, the lines of each after its name.
#   pair.sh [KERNEL KERNEL]      (default: 6.12 7)
# Each runs the tests of selftests/pair that begin with its name: near or far.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

PAIR=$TOP/selftests/pair
WORK=$(mktemp -d)
GUESTS=()

# shellcheck disable=SC2317
end_guests() {
	[ "${#GUESTS[@]}" = 0 ] || kill "${GUESTS[@]}" 2>/dev/null || true
	rm -rf "$WORK"
}

# wire NAME OTHER: this end of the wire, for qemu.
wire() {
	printf -- '-netdev dgram,id=wire,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s ' \
		"$WORK/$1" "$WORK/$2"
	printf -- '-device virtio-net-pci,netdev=wire,mac=52:54:00:00:00:%02x,romfile=\n' "$3"
}

# start NAME OTHER NUMBER KERNEL
start() {
	printf '%s\t600\tall\n' "$1" >"$WORK/TESTS.$1"
	TLSBIND_TESTS=$WORK/TESTS.$1 TLSBIND_EXTRA_TESTS=$PAIR TLSBIND_QEMU=$(wire "$1" "$2" "$3") \
		"$VM_DIR/run.sh" -v -k "$4" -l "pair-$1" tests >"$WORK/$1.out" 2>&1 &
	GUESTS+=($!)
}

# What run.sh says of a guest, as TAP: a breach of its rules is a test that failed.
report() {
	local line n=0 bad=0
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			n=$((n + 1))
			[ "${line%% *}" = ok ] || bad=1
			line=${line#not } line=${line#ok }
			line=${line#"${line%%[!0-9]*}"} line=${line# }
			line=${line#- }
			[ "$bad" = 1 ] && printf 'not '
			printf 'ok %d - %s: %s\n' "$n" "$1" "$line"
			[ "$bad" = 0 ] || BAD=1
			bad=0 ;;
		1..*) ;;
		*) printf '# %s: %s\n' "$1" "$line" ;;
		esac
	done <"$WORK/$1.out"
	echo "1..$n"
	[ "$n" -gt 1 ] || BAD=1
}

main() {
	local near=${1:-6.12} far=${2:-7} pid
	trap end_guests EXIT
	trap 'exit 130' INT TERM
	BAD=0
	start near far 1 "$near"
	start far near 2 "$far"
	for pid in "${GUESTS[@]}"; do wait "$pid" || BAD=1; done
	GUESTS=()
	report near
	report far
	exit "$BAD"
}

main "$@"
