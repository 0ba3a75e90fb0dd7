#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbind connect --lease: a server that knows nothing of tlsbind and its keys in the kernel, with
# tlsbindd beside it, is asked again and again while both ends talk, and after KeyUpdates.
# shellcheck disable=SC2119

. lib.sh

WORK=$(mktemp -d)
PORT=4433
MEASUREMENT=$(tr -d '\n' <"$TLSBIND/pki/measurement.hex")
DAEMON=0 SERVER=0 CLIENT=0
at_exit rm -rf "$WORK"

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

daemon_start() {
	: >"$WORK/daemon"
	tlsbindd --listen http://127.0.0.1 --rate 0 >"$WORK/daemon" 2>&1 </dev/null &
	DAEMON=$!
	wait_for 10 grep -q started "$WORK/daemon"
}
daemon_stop() {
	[ "$DAEMON" = 0 ] || { kill "$DAEMON"; wait "$DAEMON"; } 2>/dev/null
	DAEMON=0
}
at_exit daemon_stop

# With its commands: a line "k" is a KeyUpdate, "K" asks for one in return.
server_start() {
	mkfifo "$WORK/server.in"
	exec 4<>"$WORK/server.in"
	openssl s_server -accept "$PORT" -cert "$WORK/cert.pem" -key "$WORK/key.pem" -tls1_3 -ktls \
		-num_tickets 0 <&4 >"$WORK/server" 2>&1 &
	SERVER=$!
	wait_port "$PORT"
}
server_stop() { { kill "$SERVER"; wait "$SERVER"; } 2>/dev/null; }
at_exit server_stop

# client LEASE [OPTION...]: until it is attested.
client() {
	rm -f "$WORK/client.in"
	mkfifo "$WORK/client.in"
	exec 5<>"$WORK/client.in"
	tlsbind connect --cafile "$WORK/cert.pem" --root "$TLSBIND/pki/ark.pem" --any-tcb --timeout 60 \
		--measurement "$MEASUREMENT" --responder http://127.0.0.1:8634 --lease "$@" \
		"localhost:$PORT" <&5 >"$WORK/client" 2>"$WORK/client.err" &
	CLIENT=$!
	wait_for 60 grep -q ACCEPTED "$WORK/client.err" || diag "$(cat "$WORK/client.err")"
}
client_stop() { { kill "$CLIENT"; wait "$CLIENT"; } 2>/dev/null; }
at_exit client_stop

# ended NAME WANT: exit status of the client, which ends by itself, and the last line that it said.
ended() {
	local status=0
	wait_for 30 gone "$CLIENT" || kill "$CLIENT"
	wait "$CLIENT" || status=$?
	is "$1" "$status $(tail -n 1 "$WORK/client.err")" "$2"
}
gone() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; }

# says TEXT: both ends say it, and hear it of the other.
says() {
	echo "$1 to the server" >&5
	echo "$1 to the client" >&4
	wait_for 10 heard "$1"
}
heard() { grep -qx "$1 to the server" "$WORK/server" && grep -qx "$1 to the client" "$WORK/client"; }

reports() { cat /sys/module/tlsbind_mock_tee/parameters/reports; }
more_reports() { [ "$(reports)" -ge $(($1 + $2)) ]; }
idle() { [ ! -e /sys/kernel/config/tsm/report/tlsbind ]; }
hold() { wait_for 10 idle && mock_set hang 1; }

# One connection, with everything that must not end it, and what does.
LEASE_TESTS=9
lease_tests() {
	local before
	client 8
	before=$(reports)
	ok "a server that was attested is talked to" says one
	hold
	ok "it is attested again" wait_for 20 asked
	ok "and while its hardware takes time both ends go on" says two
	mock_set hang 0
	ok "also when it has answered" wait_for 20 more_reports "$before" 2
	daemon_stop
	wait_for 20 grep -q "asking again" "$WORK/client.err"
	daemon_start
	ok "a responder that comes back in time ends nothing" wait_for 20 more_reports "$before" 3
	allow_none
	ok "nor does one that refuses" wait_for 20 grep -q "not let this connection be attested; asking again" \
		"$WORK/client.err"
	allow_all
	ok "until it does not" wait_for 20 more_reports "$before" 4
	ok "and both ends go on" says three
	rules only attest loopback
	ended "but evidence that is rejected does" "5 evidence REJECTED: claims.flags"
	allow_all
}
asked() { ! idle; }

# OpenSSL's configuration may put the client's own keys into the kernel.
ktls_configuration() {
	printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' '[ssl]' 'system_default = tls' '[tls]' \
		'Options = KTLS' >"$WORK/ktls.cnf"
}
client_has_ktls() { ss -tieH "dport = :$PORT" | grep -q tcp-ulp-tls; }

LAPSE_TESTS=4
lapse_tests() {
	client 5
	ok "a server is talked to" says four
	daemon_stop
	ended "a responder that does not come back" "12 tlsbind: no fresh evidence in time"
	daemon_start
	ktls_configuration
	OPENSSL_CONF=$WORK/ktls.cnf client 5
	ok "the kernel may have the client's keys, too" client_has_ktls
	daemon_stop
	ended "and the connection is reset all the same" "12 tlsbind: no fresh evidence in time"
	daemon_start
}

REKEY_TESTS=7
rekey_tests() {
	local before
	client 600
	hold
	before=$(reports)
	echo k >&4
	wait_for 20 asked
	says five &
	sleep 1
	not_ok "a key that has no evidence holds what both ends say" heard_either five
	mock_set hang 0
	ok "until it has" wait_for 20 heard five
	ok "and then they go on" says six
	echo K >&4
	ok "also when both keys change" says seven
	ok "of each change there is a report, at least" more_reports "$before" 2
	client_stop
	client 5
	daemon_stop
	echo k >&4
	echo eight >&4
	ended "a key that gets no evidence ends it" "12 tlsbind: no fresh evidence in time"
	not_ok "and nothing that came under it is handed on" grep eight "$WORK/client"
}
heard_either() { grep -qx "$1 to the server" "$WORK/server" || grep -qx "$1 to the client" "$WORK/client"; }

plan $((LEASE_TESTS + LAPSE_TESTS + REKEY_TESTS))
certificate || bail "no certificate"
load_mock sev_guest || bail "no mock TEE"
{ load_module && allow_all; } || bail "tlsbind does not load"
{ daemon_start && server_start; } || bail "no server"

lease_tests
lapse_tests
rekey_tests
diag "server: $(tail -n 3 "$WORK/server")"
