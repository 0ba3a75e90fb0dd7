#!/bin/bash
# SPDX-License-Identifier: MIT
# Attacks on the way from a gate to the responder that its judge asks: an attacker on the wire
# between a client, which knows nothing of tlsbind, and a server, which neither does. Each is
# mounted; of each the client must be cut off before it says a byte, and the judge say why.

. lib.sh
# shellcheck source=selftests/attacks/gate-scene.sh
. /opt/tlsbind/attacks/gate-scene.sh

LIMIT=15	# seconds that the kernel waits for a verdict, where nothing else is said

gate() { rules_on client gate rport "$1" >/dev/null; }

# limit SECONDS: of the kernel, for a verdict.
limit() { echo $((1000 * $1 * ${TLSBIND_SLOW:-1})) >/sys/module/tlsbind/parameters/gate_timeout_ms; }

# silent PORT: all that came over the wire is a handshake, and then the client's reset.
# shellcheck disable=SC2153
silent() {
	echo "client: $STATUS, wire: $(said "$1")"
	[ "$STATUS" != 0 ] && [ "$(said "$1")" = "reset 20:1 22:1 23:1" ] && ! arrived
}

# because REGEX: the judge's line about it, since the last time.
because() { wait_for 10 grep -qE "rejected .*: $1" "$WORK/judge.log" || ! cat "$WORK/judge.log"; }

asked() { grep -q "^$(cat "$WORK/mode") " "$WORK/questions"; }

# attack NAME MODE PORT REGEX: the client talks to PORT while the responder does as MODE says.
attack() {
	mode "$2"
	: >"$WORK/judge.log"
	client "$3"
	ok "$1: the responder is asked" asked
	ok "$1: the client is cut off before it says a byte" silent "$3"
	ok "$1: the judge says why" because "$4"
}

accepted() { ok "$1: genuine, and for the right nonce: by that alone it would be accepted" naive "${2:-$WORK/policy}"; }

CONTROL_TESTS=6
control_tests() {
	mode honest
	client "$PORT"
	ok "not attacked: the client is admitted" test "$STATUS" = 0
	ok "not attacked: it is served" grep -q served "$WORK/served"
	ok "not attacked: what it said arrived" arrived
	ok "not attacked: in more records than the handshake's" said_more
	on client tlsbind rule flush >/dev/null
	client "$RELAY_PORT"
	ok "no gate: the client is served by the relay" grep -q served "$WORK/served"
	ok "no gate: the relay reads what it says" grep -aq "$SECRET" "$WORK/relay-read" || diag "$(cat "$WORK/attacker.log" "$WORK/client.log")"
	gate "$PORT-$RELAY_PORT"
}

said_more() { said "$PORT" | grep -q '23:[2-9]'; }

# Evidence that is genuine, and about something else.
OTHER_TESTS=17
other_tests() {
	local only="binding: binding\.tx binding\.rx \("
	attack "evidence about another connection of the same server" own "$PORT" "$only"
	accepted "evidence about another connection of the same server"
	rm -f "$WORK/relay-keys"
	limit 5
	attack "relay with the stolen key, the question passed on" honest "$RELAY_PORT" \
		"no-answer: (status 404: no such connection|Operation timed out)"
	ok "relay with the stolen key, the question passed on: the server knows of no such connection" \
		grep -q 404 "$WORK/refusals"
	limit "$LIMIT"
	rm -f "$WORK/relay-keys"
	attack "relay with the stolen key, asking about its own connection" relayed "$RELAY_PORT" "$only"
	accepted "relay with the stolen key, asking about its own connection"
	is "relay with the stolen key, asking about its own connection: which is that for this client" \
		"$(tail -n 1 "$WORK/relayed")" "$(relay_id)"
	attack "an answer to an older question about the same connection" replay "$PORT" \
		"binding: claims\.nonce \("
	ok "an answer to an older question about the same connection: is what was given" test -s "$WORK/replayed"
}

relay_id() {
	PYTHONPATH=/opt/tlsbind/attacks python3 -c 'import keylog, sys
print(keylog.connection_id(*keylog.secrets(sys.argv[1])[-1]))' "$WORK/relay-keys"
}

# Answers that are not genuine.
LIE_TESTS=47
lie_tests() {
	attack "generation changed in the claims" flip_claims "$PORT" "binding: .*claims\.generation .*report\.data "
	attack "user changed in the claims" flip_uid "$PORT" "binding: appraisal\.uid report\.data \("
	attack "measurement changed in the report" flip_report "$PORT" "signature: report\.signature"
	attack "evidence cut off" cut "$PORT" "malformed: evidence\.format"
	attack "empty answer" empty "$PORT" "not-evidence: not evidence"
	attack "a page for people" text "$PORT" "not-evidence: not evidence"
	attack "an error with status 200" refusal "$PORT" "not-evidence: not evidence"
	attack "a verdict of the responder's" admit "$PORT" "not-evidence: not evidence"
	attack "an answer without end" endless "$PORT" "not-evidence: the answer is too large"
	limit 3
	attack "an answer byte by byte" drip "$PORT" "no-answer: "
	attack "a head byte by byte" drip_head "$PORT" "no-answer: "
	attack "no answer" mute "$PORT" "no-answer: "
	limit "$LIMIT"
	attack "come back in a hundred years" never "$PORT" "no-answer: status 503"
	attack "look elsewhere" redirect "$PORT" "(not-evidence|refused): status 307"
	attack "look at a file" redirect_file "$PORT" "(not-evidence|refused): status 302"
	not_ok "look elsewhere: nobody asked there" test -e "$WORK/elsewhere"
	ok "an answer without end: was not taken for long" test "$(cat "$WORK/endless")" -lt 8388608
}

# What the judge's own evidence is worth to him: that of the other end of his connection.
REFLECTION_TESTS=4
reflection_tests() {
	local name="evidence about the client's own end of the connection"
	start client 8634 tlsbindd --listen "http://$CLIENT" || bail "no responder at the client"
	rules_on client gate mutual rport "$PORT" policy 2
	mode reflect
	: >"$WORK/judge.log"
	: >"$WORK/wire"
	client_begin "$PORT"
	wait_for 20 held 1
	on client tlsbind -j sock | jq -r '.[] | select(.id) | .id' >"$WORK/client-id.new"
	mv "$WORK/client-id.new" "$WORK/client-id"
	clients_end
	ok "$name: the responder is asked" asked
	ok "$name: the client is cut off before it says a byte" silent "$PORT"
	ok "$name: the judge says why" because "binding: binding\.tx binding\.rx \("
	accepted "$name" "$WORK/policy-2"
	gate "$PORT-$RELAY_PORT"
}

# all_silent COUNT: of so many clients each said its handshake.
all_silent() {
	said "$PORT" "$1" | sort | uniq -c
	[ "$(said "$PORT" "$1" | grep -cx "reset 20:1 22:1 23:1")" = "$1" ] && ! arrived
}

# The judge is killed while clients wait for him.
KILL_TESTS=5
kill_tests() {
	mode mute
	: >"$WORK/wire"
	client_begin "$PORT"; client_begin "$PORT"; client_begin "$PORT"
	ok "the judge is killed: three clients wait for him" wait_for 20 held 3
	judge_end KILL
	ok "the judge is killed: it is noticed at once" wait_for $((LIMIT / 2)) held 0
	clients_end
	ok "the judge is killed: they are cut off before they say a byte" all_silent 3
	client "$PORT"
	ok "the judge is killed: and who comes later" silent "$PORT"
	ok "the judge is killed: another takes his place" judge_start --policy "2=$WORK/policy-2"
}

tally() { kill -USR1 "$JUDGE"; sleep 0.1; grep -q "$1" "$WORK/judge.log"; }

# A verdict is kept back until its connection is gone, and another waits.
LATE_TESTS=7
late_tests() {
	local first
	limit 60
	mode kept
	: >"$WORK/wire"
	client_begin "$PORT"
	ok "a late verdict: the genuine answer is kept back" wait_for 20 test -s "$WORK/kept"
	first=$(cat "$WORK/kept")
	kill "${CLIENTS[0]}"
	clients_end
	ok "a late verdict: the client is gone" wait_for 20 held 0
	mode kept_own
	: >"$WORK/judge.log"
	client_begin "$PORT"
	wait_for 20 held 1
	echo "$first" >"$WORK/go"
	ok "a late verdict: the answer is given then" wait_for 20 grep -q "$first" "$WORK/given"
	ok "a late verdict: it admits nobody" wait_for 20 tally "admitted 1 .*late 1 "
	ok "a late verdict: another client waits on" held 1
	touch "$WORK/go-on"
	clients_end
	ok "a late verdict: and is cut off" all_silent 2
	ok "a late verdict: for a reason of its own" because "binding: binding\.tx binding\.rx \("
	limit "$LIMIT"
}

probe_pairs() {
	on attacker /opt/tlsbind/attacks/probe.py "$SERVER:8635" "$(cat "$WORK/own")" 400 >"$WORK/probed"
}

# Connections that nobody told the attacker of.
GUESS_TESTS=2
guess_tests() {
	local probe=/opt/tlsbind/attacks/probe.py
	ok "guessed ids: one is answered as unknown" on attacker "$probe" "$SERVER:8634" none
	diag "guessed ids: $(on attacker "$probe" "$SERVER:8634" none)"
	start server 8635 tlsbindd --listen "http://$SERVER:8635" --rate 0 --key-wait 0 ||
		bail "no second responder"
	ok "guessed ids: one that is nearly right takes as long as any" probe_pairs
	diag "guessed ids: $(cat "$WORK/probed")"
	on server tlsbind rule flush >/dev/null
	diag "guessed ids: not to be attested: $(on attacker "$probe" "$SERVER:8635" "$(cat "$WORK/own")" 3)"
	rules_on server attest lport "$PORT"
}

memory() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$JUDGE/status"; }

# A thousand clients at once, whose responder does not answer.
CROWD_TESTS=5
crowd_tests() {
	local crowd
	limit 30
	mode mute
	: >"$WORK/judge.log"
	start attacker 4700 python3 -c "import socket, time
s = socket.create_server((\"$ATTACKER\", 4700), backlog=4096)
time.sleep(1000)"
	gate 4700
	diag "a thousand at once: before, the judge has $(memory VmRSS) KiB"
	spawn client "$WORK/crowd" "$WORK/crowd" hold-many 1000 "$ATTACKER" 4700
	crowd=$!
	ok "a thousand at once: all wait" wait_for 30 held 1000
	diag "a thousand at once: then $(memory VmRSS) KiB, at most $(memory VmHWM) KiB"
	wait "$crowd"
	diag "a thousand at once: $(paste -sd' ' "$WORK/crowd")"
	is "a thousand at once: each is cut off by the judge, in time" "$(paste -sd' ' "$WORK/crowd")" "EACCES 1000"
	ok "a thousand at once: the judge is there" kill -0 "$JUDGE"
	ok "a thousand at once: and has less than 64 MiB" test "$(memory VmHWM)" -lt 65536
	gate "$PORT-$RELAY_PORT"
	limit "$LIMIT"
	mode honest
	client "$PORT"
	ok "a thousand at once: a client that is not attacked is admitted after that" grep -q served "$WORK/served"
}

plan $((CONTROL_TESTS + OTHER_TESTS + LIE_TESTS + REFLECTION_TESTS + KILL_TESTS + LATE_TESTS + GUESS_TESTS +
	CROWD_TESTS))
at_exit scene_down
load_ciphers
load_mock sev_guest || bail "no mock TEE"
# shellcheck disable=SC2119
{ load_module && limit "$LIMIT"; } || bail "tlsbind does not load"
scene_up || { cat "$WORK"/*.log >&2; bail "no scene"; }
jq '.claims.flags.gated = "any" | .claims["rules-digest"] = "any"' "$WORK/policy" >"$WORK/policy-2"
judge_start --policy "2=$WORK/policy-2" || { cat "$WORK/judge.log" >&2; bail "no judge"; }

control_tests
other_tests
lie_tests
reflection_tests
kill_tests
late_tests
guess_tests
crowd_tests
