#!/bin/bash
# SPDX-License-Identifier: MIT
# KeyUpdates of programs that know nothing of tlsbind: openssl s_server, s_client and gnutls-cli
# do them when their user types a letter or a word. First both ends are only attested; then the
# client is under a gate, with tlsbindd --judge, and tlsbindd answers for the server. What the
# libraries do in each case is tested by rekey-libraries, rekey-rules and rekey-gate.

. lib.sh

PORT=4800
SECRET=the-secret-that-must-not-leave
REBUILT=(env "LD_LIBRARY_PATH=$TLSBIND/gnutls" "GNUTLS_SYSTEM_PRIORITY_FILE=$PWD/gnutls.conf")

certificate() {
	printf '[global]\nktls = true\n' >gnutls.conf
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout key.pem -out cert.pem 2>/dev/null
}

# end PID: and wait for it.
end() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }

# Both programs read from pipes what their users type.
server_start() {
	mkfifo to-server
	exec {TO_SERVER}<>to-server
	openssl s_server -accept "127.0.0.1:$PORT" -cert cert.pem -key key.pem -tls1_3 -ktls \
		-num_tickets 0 <&"$TO_SERVER" >server.log 2>&1 &
	at_exit end $!
	wait_port "$PORT"
}

s_client() { exec openssl s_client -connect "127.0.0.1:$PORT" -tls1_3 -ktls; }
gnutls_cli() {
	exec "${REBUILT[@]}" gnutls-cli --insecure --inline-commands --port "$PORT" \
		--priority NORMAL:-VERS-ALL:+VERS-TLS1.3 127.0.0.1
}

# client_start PROGRAM: sets what its user types for a KeyUpdate, and for one of both ends.
client_start() {
	case $1 in
	s_client) UPDATE=k REQUEST=K ;;
	*) UPDATE=^rekey1^ REQUEST=^rekey^ ;;
	esac
	# What the one before has not read is not for this one.
	rm -f to-client
	mkfifo to-client
	exec {TO_CLIENT}<>to-client
	"$1" <&"$TO_CLIENT" >client.log 2>&1 &
	CLIENT=$!
	at_exit end "$CLIENT"
	wait_for 60 settled || { sed 's/^/# /' client.log; bail "no connection"; }
}

client_end() {
	end "$CLIENT"
	exec {TO_CLIENT}>&-
	wait_for 10 no_connection
}

server_types() { printf '%s\n' "$1" >&"$TO_SERVER"; }
client_types() { printf '%s\n' "$1" >&"$TO_CLIENT"; }

# at server|client: what the kernel says of the socket there.
at() {
	local end
	case $1 in server) end=local ;; *) end=remote ;; esac
	tlsbind -j sock | jq -c --argjson port "$PORT" ".[] | select(.$end.port == \$port)"
}

# updates TX RX TX RX: so many has the client, and so many the server.
updates() {
	[ "$(tlsbind -j sock | jq -r --argjson port "$PORT" 'map(select(.id)) |
		sort_by(.local.port == $port) | map("\(.tx.generation) \(.rx.generation)") | join(" ")')" = "$*" ]
}
settled() { updates 0 0 0 0 && [ "$(tlsbind -j gate)" = "[]" ]; }
no_connection() { [ "$(tlsbind -j sock)" = "[]" ]; }
stale() { [ "$(at "$1" | jq .stale)" = true ]; }

heard() { grep -q "$2" "$1.log"; }
# client_says TEXT, server_says TEXT: and the other one hears it.
client_says() { client_types "$1"; wait_for 10 heard server "$1"; }
server_says() { server_types "$1"; wait_for 10 heard client "$1"; }

# attested_tests: rules that only attest; events; evidence, and a policy from it.
attested_tests() {
	tlsbind -j monitor >events &
	at_exit end $!
	client_start s_client
	ok "data before the first KeyUpdate" client_says first
	client_types k
	ok "the client's KeyUpdate reaches both ends" wait_for 10 updates 1 0 0 1
	ok "both are stale" eval 'stale client && stale server'
	ok "data after it" client_says second
	tlsbind evidence "$(at server | jq -r .id)" file evidence >/dev/null
	not_ok "with evidence the server is not" stale server
	server_types K
	ok "the server's KeyUpdate reaches both ends" wait_for 10 updates 1 1 1 1
	ok "the client answers with its next words" client_says third
	ok "by a KeyUpdate of its own" wait_for 10 updates 2 1 1 2
	is "each was told of, at both ends" "$(jq -r 'select(.event == "rekey") | .direction' events | sort | uniq -c | xargs)" \
		"3 rx 3 tx"
	client_end
}

policy() { tlsbind policy suggest evidence | jq '.tcb = "any" | .snp["minimum-tcb"] = "any" |
	.claims["key-age"] = "any" | .claims.uptime = "any" | .claims["rules-digest"] = "any" |
	.claims.generation = '"$1" >wanted; }

judge_start() {
	# In a session of its own: else all of us get SIGHUP when it is stopped.
	setsid tlsbindd --judge --handshake full --policy wanted --root "$TLSBIND/pki/ark.pem" 2>judge.log &
	JUDGE=$!
	at_exit end "$JUDGE"
	wait_for 60 grep -q "judge of this network namespace" judge.log
}

responder_start() {
	tlsbindd --listen http://127.0.0.1:8634 --rate 0 2>responder.log &
	at_exit end $!
	wait_port 8634
}

# admitted N: so many holds since the test began, and all of them were let go.
admitted() { [ "$(tlsbind -j stats | jq -r '"\(.held) \(.admitted)"')" = "$1 $1" ]; }
HOLDS=0
held_again() { HOLDS=$((HOLDS + $1)); wait_for 20 admitted "$HOLDS"; }

gated_tests() { # PROGRAM
	client_start "$1"
	ok "$1: admitted" held_again 1
	ok "$1: its first words arrive" client_says "$1-first"
	client_types "$UPDATE"
	ok "$1: its KeyUpdate is admitted" held_again 1
	ok "$1: its words arrive" client_says "$1-second"
	server_types K
	ok "$1: the server's KeyUpdate is admitted" held_again 1
	ok "$1: the server's words arrive" server_says "$1-hears"
	client_types "$1-third"
	ok "$1: so is its answer" held_again 1
	ok "$1: whose words arrive" wait_for 10 heard server "$1-third"
	ok "$1: both ends count the same" updates 2 1 1 2
	client_end
}

# policy_is GENERATION: the judge has read it.
policy_is() {
	policy "$1"
	: >judge.log
	kill -HUP "$JUDGE"
	wait_for 10 grep -q "policies were read anew" judge.log || bail "no policy"
}

# update NAME WORD: the client's user types it, and a secret, while the judge sleeps.
update() {
	kill -STOP "$JUDGE"
	client_types "$2"
	ok "$1: the server has read the KeyUpdate" wait_for 20 updates 1 0 0 1
	client_types "$SECRET"
}

# rejected NAME WHY: the client's connection is gone, for that reason, and the secret was not sent.
rejected() {
	kill -CONT "$JUDGE"
	ok "$1: the judge says why" wait_for 20 grep -qF -- "$2" judge.log || sed 's/^/# /' judge.log
	ok "$1: the client ends" wait_for 20 ended "$CLIENT"
	not_ok "$1: no word arrives" heard server "$SECRET"
	client_end
}
ended() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# rejected_tests PROGRAM: by a policy; and because both ends change their keys meanwhile.
rejected_tests() {
	policy_is 0
	client_start "$1"
	update "$1, policy without KeyUpdates" "$UPDATE"
	rejected "$1, policy without KeyUpdates" "appraisal.generation"

	policy_is '"any"'
	client_start "$1"
	update "$1 asks for a KeyUpdate" "$REQUEST"
	server_types "in between"
	ok "$1 asks for a KeyUpdate: the server answers" wait_for 20 updates 1 0 1 1
	rejected "$1 asks for a KeyUpdate" "claims.generation: expected tx 0 rx 1, got tx 1 rx 1"
}

printf '6.14\n%s\n' "$(uname -r)" | sort -VC || skip_all "kTLS cannot rekey"
[ -e "$TLSBIND/gnutls/libgnutls.so.30" ] || bail "no GnuTLS with kTLS (gnutls/build.sh)"
plan 36
load_ciphers
load_mock sev_guest || bail "no mock TEE"
load_module gate_timeout_ms=$((20000 * ${TLSBIND_SLOW:-1})) || bail "tlsbind does not load"
{ certificate && server_start && rules only attest loopback; } || bail "no server"
attested_tests
{ policy '"any"' && responder_start && judge_start; } || bail "no daemons"
printf 'gate rport %s\nattest loopback lport %s\n' "$PORT" "$PORT" >rules
tlsbind rule load rules >/dev/null || bail "no rules"
for program in s_client gnutls_cli; do
	gated_tests "$program"
done
# GnuTLS is rejected in rekey-gate.
rejected_tests s_client
