#!/bin/bash
# SPDX-License-Identifier: MIT
# A lease with real programs: openssl s_client, which knows nothing of it, sends a line five times
# a second, and has it back from s_server -rev; tlsbindd --judge renews the admission
# meanwhile, or does not.
# shellcheck disable=SC2119

. lib.sh
# shellcheck source=selftests/judge-scene.sh
. judge-scene.sh

# Seconds. The judge is asked when at least half of it is left: of the first that has to be
# enough for all that is done meanwhile, the second has to end.
LEASE=$((18 * ${TLSBIND_SLOW:-1})) SHORT=$((6 * ${TLSBIND_SLOW:-1}))

echo_start() {
	"${AT_SERVER[@]}" openssl s_server -accept "$SERVER:$PORT" -cert "$WORK/cert.pem" \
		-key "$WORK/key.pem" -tls1_3 -ktls -num_tickets 0 -quiet -rev \
		>/dev/null 2>"$WORK/server.log" </dev/null &
	wait_for 60 listens "$PORT"
}

client_start() {
	"${AT_CLIENT[@]}" openssl s_client -connect "$SERVER:$PORT" -tls1_3 -ktls -quiet \
		< <(while echo tick 2>/dev/null; do sleep 0.2; done) >"$WORK/back" 2>"$WORK/client.log" &
	TALKER=$!
	wait_for 30 more_than 0
}
client_gone() { [ ! -e "/proc/$TALKER" ] || grep -q '^State:.Z' "/proc/$TALKER/status"; }

more_than() { [ "$(grep -c kcit "$WORK/back")" -gt "$1" ]; }
# flows: lines come back that were not there before.
flows() { ! client_gone && wait_for 10 more_than "$(($(grep -c kcit "$WORK/back") + 2))"; }

# The kernel asks the judge again, or has done so once more than when it was $1.
renewing() { on client tlsbind -j gate | jq -e 'length == 1 and .[0].renewal' >/dev/null; }
renewed() { [ "$(stats renewed)" -gt "$1" ]; }
told() { grep -qE -- "$1" "$WORK/judge.log"; }
# lived MS: that much time has passed since $BEGUN, and it is told.
lived() { local ms=$(((${EPOCHREALTIME/[.,]/} - BEGUN) / 1000)); diag "after $ms ms"; [ "$ms" -ge "$1" ]; }

why() { sed 's/^/# judge: /' "$WORK/judge.log"; sed 's/^/# responder: /' "$WORK/responder.log"; }

good_tests() {
	client_start || bail "not admitted"
	ok "admitted for a time: its socket says how long" sh -c \
		"nsenter --net=/run/netns/judge-client tlsbind -j sock | jq -e 'any(.lease > 0 and .lease <= $LEASE * 1000)'"
	ok "the admission is renewed" wait_for $((2 * LEASE)) renewed 0
	ok "data flows" flows
	kill -USR1 "$JUDGE"
	ok "the judge has counted them" wait_for 10 told 'renewals [0-9]+ renewed [1-9][0-9]* not-renewed 0 '
}

# All that does not end it, one after the other.
patience_tests() {
	local before
	kill -STOP "$RESPONDER"
	ok "the responder hangs: the judge asks" wait_for "$LEASE" renewing
	before=$(stats renewed)
	ok "the responder hangs: data flows meanwhile" flows
	kill -CONT "$RESPONDER"
	ok "the responder goes on: renewed" wait_for "$LEASE" renewed "$before" || why

	judge_end TERM
	ok "the judge ends: the kernel asks, and nobody hears it" wait_for "$LEASE" renewing
	before=$(stats renewed)
	ok "the judge ends: data flows" flows
	judge_start || bail "no judge"
	ok "another judge takes it up" wait_for "$LEASE" renewed "$before"
	ok "another judge: the connection lives" flows
	is "all that was one admission" "$(stats held) $(stats admitted) $(stats lapsed)" "1 1 0"
	end "$TALKER"
}

# ended_by TEXT: the connection ends, and the judge has said TEXT.
ended_by() { wait_for $((3 * SHORT)) client_gone && wait_for 5 told "^.*not renewed $SERVER port $PORT id .*: $1"; }

end_tests() {
	rules_on client gate rport "$PORT" lease "$SHORT"
	client_start || bail "not admitted"
	jq '.claims.uid = [12345]' "$WORK/good" >"$WORK/policy"
	kill -HUP "$JUDGE"
	ok "evidence is not accepted any more: the connection ends" ended_by "appraisal: appraisal.uid "
	is "evidence is not accepted any more: it is counted" "$(stats lapsed)" 1
	cp "$WORK/good" "$WORK/policy"
	judge_end TERM
	judge_start || bail "no judge"

	client_start || bail "not admitted again"
	BEGUN=${EPOCHREALTIME/[.,]/}
	end "$RESPONDER"
	ok "the responder is gone: the connection ends" ended_by "no-answer: "
	ok "the responder is gone: at the end of the lease" lived $((400 * SHORT))
	ok "the responder is gone: the judge has said so before" told "not renewed yet $SERVER port $PORT id .*: no-answer: "

	responder_start || bail "no responder"
	client_start || bail "not admitted once more"
	BEGUN=${EPOCHREALTIME/[.,]/}
	judge_end KILL
	ok "the judge dies: the connection ends" wait_for $((3 * SHORT)) client_gone
	ok "the judge dies: at the end of the lease" lived $((400 * SHORT))
	is "all are counted" "$(stats lapsed)" 3
}

plan 21
load_ciphers
load_mock sev_guest || bail "no mock TEE"
load_module || bail "tlsbind does not load"
network || bail "no network"
certificate || bail "no certificate"
rules_on server attest lport "$PORT" || bail "no rule"
known_good || bail "no evidence"
cp "$WORK/good" "$WORK/policy"
rules_on client gate rport "$PORT" lease "$LEASE" || bail "no gate"
{ echo_start && responder_start && judge_start; } || bail "no daemons"
on client tlsbind -j monitor >"$WORK/events" &
good_tests
patience_tests
end_tests
ok "whoever watches is told" jq -es 'any(.event == "renewal" and .renewal and .sock.lease > 0)' "$WORK/events"
