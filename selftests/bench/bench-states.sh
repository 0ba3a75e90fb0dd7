#!/bin/bash
# SPDX-License-Identifier: MIT
# A million states that no socket has, in a table as the module's index by connection id: nanoseconds (in a
# guest with -icount: instructions) of a lookup, and the kernel's memory for each. Prints a table and,
# in one line, JSON.
#   bench-states.sh [STATES]

# shellcheck source=selftests/lib.sh
. /opt/tlsbind/tests/lib.sh
trap - EXIT

COUNT=${1:-1000000}

# used: what the kernel has allocated, in KiB.
used() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|VmallocUsed|Percpu):/ { sum += $2 } END { print sum }' /proc/meminfo
}

before=$(used)
insmod "$TLSBIND/modules/tlsbind_states.ko" count="$COUNT" || exit 1
bytes=$((($(used) - before) * 1024 / COUNT))
result=[$(cat /sys/module/tlsbind_states/parameters/result)]
rmmod tlsbind_states || exit 1
printf 'States in the index by connection id, nanoseconds of the guest for a lookup:\n'
printf '%12s %12s %12s\n' states found 'not there'
jq -r '.[] | "\(.states) \(.hit) \(.miss)"' <<<"$result" |
	while read -r states hit miss; do printf '%12d %12d %12d\n' "$states" "$hit" "$miss"; done
printf 'Memory: %d bytes for each, with the index and a pointer to it\n' "$bytes"
printf '{"states":%d,"bytes_each":%d,"lookups":%s}\n' "$COUNT" "$bytes" "$result"
