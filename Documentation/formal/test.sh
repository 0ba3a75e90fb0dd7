#!/bin/bash
# SPDX-License-Identifier: MIT
# Tests run.sh, with a program in the place of ProVerif that answers as it is told: whatever
# differs from models.txt must be a failure. Prints TAP.

set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")")
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
NUMBER=0 FAILED=0

cat >"$DIR/proverif" <<'EOF'
#!/bin/sh
cat "${0%/*}/answers"
. "${0%/*}/end"
EOF
chmod +x "$DIR/proverif"

# answers WORD...: what is said of each query of the model psk-ke: R, S0, S1, A0, A1.
answers() {
	local word
	for word in "$@"; do
		case $word in
		true | false) echo "RESULT query is $word." ;;
		even) echo "RESULT (even query is false.)" ;;
		*) echo "RESULT query cannot be proved." ;;
		esac
	done >"$DIR/answers"
	: >"$DIR/end"
}

# expect STATUS TEXT: run.sh ends so.
expect() {
	local status=0
	NUMBER=$((NUMBER + 1))
	PROVERIF=$DIR/proverif "$HERE/run.sh" -t 2 psk-ke >"$DIR/said" || status=$?
	if [ "$status" = "$1" ] && { [ "$1" = 0 ] || grep -q '^not ok 1 - psk-ke: ' "$DIR/said"; }; then
		echo "ok $NUMBER - $2"
	else
		echo "not ok $NUMBER - $2"
		sed 's/^/# /' "$DIR/said"
		FAILED=1
	fi
}

echo 1..9
answers false false true true true
expect 0 "the expected answers are accepted"
answers false false true even true true
expect 0 "what ProVerif says beside an answer is none"
answers false true true true true
expect 1 "an attack that is not found"
answers false false true false true
expect 1 "an attack where there should be none"
answers true false true true true
expect 1 "a model in which nothing is reached"
answers false unknown true true true
expect 1 "a query that is left open"
answers false false true true
expect 1 "an answer that is missing"
answers false false true true true
echo exit 3 >"$DIR/end"
expect 1 "a bad exit status"
answers false false true true true
echo exec sleep 60 >"$DIR/end"
expect 1 "a model that takes too long"
exit "$FAILED"
