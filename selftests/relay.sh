#!/bin/bash
# SPDX-License-Identifier: MIT
# A relay with the server's stolen TLS key: tlsbind finds it out by the binding
# and by nothing else; evidence bound to nonce and public key does not.

. lib.sh
. /opt/tlsbind/demo/scene.sh

RELAYED=()	# connections relayed, by port

# checks VERDICT...: names of the checks in the result that came out so, in their order.
checks() {
	python3 - "$SCENE/out" "$@" <<-'END' || echo "no result"
	import json, sys
	with open(sys.argv[1]) as out:
	    result = json.loads(out.readline())
	print(*(c["name"] for c in result["checks"] if c["verdict"] in sys.argv[2:]))
	END
}

# meet PARTY OPTION...: a relying party does its work. $STATUS, and what it printed.
meet() {
	STATUS=0
	scene_secret
	scene_meet "$1" "$PROVIDER" "${@:2}" >"$SCENE/out" 2>"$SCENE/err" || STATUS=$?
	[ "$STATUS" = 0 ] || sed 's/^/# /' "$SCENE/err"
}

# relayed PORT: until the relay has done with the connection just made.
relayed() {
	RELAYED[$1]=$((${RELAYED[$1]:-0} + 1))
	wait_for 20 scene_relayed "$1" "${RELAYED[$1]}"
}

# A client that wants no evidence shows that the relay relays, and reads.
careless_tests() {
	scene_resolve relay
	scene_secret
	scene_party openssl s_client -quiet -verify_return_error -CAfile "$SCENE_CA" \
		-connect "$SCENE_NAME:$SCENE_PORT" <"$SCENE/request" >"$SCENE/out" 2>&1
	relayed "$SCENE_PORT"
	is "the relay reads what a careless client sends" \
		"$(scene_read "$SCENE_PORT")" "$SCENE_SECRET"
}

tlsbind_tests() {
	local passed
	scene_resolve direct
	meet tlsbind --json
	passed=$(checks pass)
	is "$PROVIDER: evidence is accepted when nothing is attacked" "$STATUS" 0
	is "$PROVIDER: then no check fails" "$(checks fail not-reached)" ""

	scene_resolve relay
	meet tlsbind --json
	ok "$PROVIDER: the relay forwards a connection to its end" relayed "$SCENE_PORT"
	is "$PROVIDER: relayed evidence is rejected for the binding" "$STATUS" 6
	is "$PROVIDER: binding.tx and binding.rx fail" \
		"$(checks fail not-reached)" "binding.tx binding.rx"
	is "$PROVIDER: every other check passes as before" \
		"$(checks pass)" "${passed/binding.tx binding.rx /}"
	ok "$PROVIDER: the relay forwarded the challenge" \
		grep -aq '"nonce"' "$SCENE/relay/plaintext-$SCENE_PORT"
	is "$PROVIDER: and nothing of the secret" "$(scene_read "$SCENE_PORT")" ""
}

level1_tests() {
	scene_resolve direct
	meet level1
	is "$PROVIDER: level 1 is accepted when nothing is attacked" "$STATUS" 0

	scene_resolve relay
	meet level1
	relayed "$SCENE_LEVEL1_PORT"
	is "$PROVIDER: relayed level 1 evidence is accepted" "$STATUS" 0
	is "$PROVIDER: and the relay reads the secret" \
		"$(scene_read "$SCENE_LEVEL1_PORT")" "$SCENE_SECRET"
}

plan 23
at_exit scene_stop
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"
scene_up || bail "no scene"
careless_tests
for PROVIDER in sev_guest tdx_guest; do
	load_mock "$PROVIDER" || bail "no mock TEE"
	tlsbind_tests
	level1_tests
	unload_mock
done
