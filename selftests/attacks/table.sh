#!/bin/bash
# SPDX-License-Identifier: MIT
# table.sh [KERNEL]: mounts every attack of ROWS and prints what became of it. make attacks.
# Fails if one succeeded, or was not mounted. All the tests are also part of make check.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/../vm/env.sh"

ROWS=$TOP/selftests/attacks/ROWS
KERNEL=${1:-7}
LOG=$LOGS/attacks
BAD=0

rows() { grep -v '^#' "$ROWS"; }
tests() { rows | cut -d'|' -f3 | grep -v -e '^-$' -e '^host:' | sort -u; }
host_tests() { rows | cut -d'|' -f3 | sed -n 's/^host://p' | sort -u; }

# TAP of unit tests, each after a line with its name as those of the guest have it.
host() {
	local name
	# shellcheck disable=SC2046
	"$VM_DIR/chroot.sh" make -s -C userspace O=/src/build/guest/userspace \
		$(host_tests | sed 's|^|/src/build/guest/userspace/tests/test-|') || return 1
	for name in $(host_tests); do
		echo "# [host] host:$name"
		"$VM_DIR/chroot.sh" env CMOCKA_MESSAGE_OUTPUT=TAP \
			sh -c "cd userspace && exec /src/build/guest/userspace/tests/test-$name" || true
	done
}

# outcome TEST LINE: what the log says: ok, not ok, skipped, or nothing.
outcome() {
	awk -v test="$1" -v line="$2" '
		/^# \[[^]]*\] [^ :]*(:[a-z]+)?$/ { on = $3 == test; next }
		!on || !match($0, /^(not )?ok [0-9]+ - /) { next }
		index(substr($0, RLENGTH + 1), line) == 1 {
			print /# SKIP/ ? "skipped" : /^not/ ? "FAILED" : "ok"; exit }' "$LOG"
}

row() { # ATTACK MOUNTED TEST LINE CHECK
	local result why=$5
	if [ "$3" = - ]; then
		result="not here" why=$4
	else
		result=$(outcome "$3" "$4")
		case $result in
		ok) result=$3 ;;
		skipped) why="(skipped on this kernel)" ;;
		*) result="${result:-NOT MOUNTED}: $3" BAD=$((BAD + 1)) ;;
		esac
	fi
	printf '%-50s %-58s %-18s %s\n' "$1" "$2" "$result" "$why"
}

need_root
mkdir -p "$LOGS"
mapfile -t guest < <(tests)
"$VM_DIR/guest.sh"
"$VM_DIR/run.sh" -v -k "$KERNEL" -l attacks tests "${guest[@]}" >"$LOG" 2>&1 || true
host >>"$LOG" 2>&1 || true
tail -n 1 "$LOGS/$(basename "$KERNEL")"*/attacks/total 2>/dev/null || true
printf '%-50s %-58s %-18s %s\n' ATTACK "MOUNTED BY" TEST "REFUSED BY"
while IFS='|' read -r attack mounted test line check; do
	row "$attack" "$mounted" "$test" "$line" "$check"
done < <(rows)
say "$(rows | wc -l) rows, $BAD of them wrong (build/log/attacks)"
[ "$BAD" = 0 ]
