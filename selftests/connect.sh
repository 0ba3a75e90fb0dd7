#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbind connect against the example server: accepted if nothing is wrong, and
# each exit code with the checks that must have failed.

. lib.sh

WORK=$(mktemp -d)
PORT=4433
MEASUREMENT=$(tr -d '\n' <"$TLSBIND/pki/measurement.hex")
OTHER=${MEASUREMENT%?}$([ "${MEASUREMENT: -1}" = 0 ] && echo 1 || echo 0)
SERVERS=()
# Nobody signs collateral or revocation lists for the mock TEE.
TCB=(--any-tcb)

stop_servers() {
	local pid
	for pid in "${SERVERS[@]+"${SERVERS[@]}"}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	SERVERS=()
}
at_exit rm -rf "$WORK"
at_exit stop_servers

# certificate NAME: a CA and a server certificate for localhost.
certificates() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
	openssl req -x509 "${key[@]}" -subj /CN=CA -keyout "$WORK/ca.key" -out "$WORK/ca.pem"
	openssl req -x509 "${key[@]}" -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-addext basicConstraints=critical,CA:FALSE -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" \
		-keyout "$WORK/key.pem" -out "$WORK/cert.pem"
} 2>"$WORK/openssl.log"

# server PORT COMMAND...: in the background.
server() {
	"${@:2}" >"$WORK/server-$1.log" 2>&1 </dev/null &
	SERVERS+=($!)
	wait_port "$1"
}

# get CONNECTION: a request, and what to do with the connection after it.
get() { printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: %s\r\n\r\n' "$1"; }

root() { case $1 in sev_guest) echo ark.pem ;; tdx_guest) echo root.pem ;; esac; }

# client OPTION...: with its standard input. Leaves $STATUS, and the result in $WORK.
client() {
	STATUS=0
	tlsbind connect --json --cafile "$WORK/ca.pem" "${TCB[@]+"${TCB[@]}"}" "$@" \
		>"$WORK/out" 2>"$WORK/err" || STATUS=$?
}

# usual OPTION...: a client that accepts what the test guest is.
usual() {
	client --root "$TLSBIND/pki/$(root "$PROVIDER")" --measurement "$MEASUREMENT" \
		"$@" "localhost:$PORT" </dev/null
}

# failed: names of the checks that did not pass.
failed() {
	head -n 1 "$WORK/out" | python3 -c '
import json, sys
print(*(c["name"] for c in json.load(sys.stdin)["checks"] if c["verdict"] != "pass"))' ||
		cat "$WORK/err"
}

# outcome NAME STATUS CHECKS: what the client must have come to.
outcome() { is "$PROVIDER: $1" "$STATUS $(failed)" "$2 $3"; }

# refusal NAME STATUS TEXT: no result at all, a message, and nothing on standard output.
refusal() {
	is "$PROVIDER: $1" "$STATUS $(stat -c %s "$WORK/out") $(grep -o -m 1 -F -- "$3" "$WORK/err")" \
		"$2 0 $3"
}

accept_tests() {
	get close >"$WORK/request"
	client --root "$TLSBIND/pki/$(root "$PROVIDER")" --measurement "$MEASUREMENT" \
		"localhost:$PORT" <"$WORK/request"
	outcome "evidence is accepted" 0 ""
	is "$PROVIDER: then the request is answered" "$(tail -n 1 "$WORK/out")" "Hello from the guest."

	{ get keep-alive; get keep-alive; get close; } >"$WORK/request"
	client --root "$TLSBIND/pki/$(root "$PROVIDER")" --any-measurement \
		"localhost:$PORT" <"$WORK/request"
	is "$PROVIDER: several requests on the same connection" \
		"$STATUS $(grep -c "Hello from the guest." "$WORK/out")" "0 3"

	usual --check-only
	outcome "--check-only ends after the verdict" 0 ""
	is "$PROVIDER: it prints the result and nothing else" "$(wc -l <"$WORK/out")" 1
}

# A rejected client has not read its input: what it leaves can be read by another.
input_tests() {
	get close >"$WORK/request"
	{
		client --root "$TLSBIND/pki/$(root "$PROVIDER")" --measurement "$OTHER" \
			"localhost:$PORT"
		cat >"$WORK/rest"
	} <"$WORK/request"
	outcome "another measurement is rejected" 5 appraisal.measurement
	ok "$PROVIDER: nothing of standard input was taken then" cmp "$WORK/request" "$WORK/rest"
	is "$PROVIDER: and the server sent nothing" "$(wc -l <"$WORK/out")" 1
}

# policy_tests OTHER-ROOT CHECKS: CHECKS are those that judge the TCB.
policy_tests() {
	rules only attest loopback no-export
	usual --allow-flag key-shared
	outcome "a flag that was not allowed is rejected" 5 claims.flags
	usual --allow-flag no-export --check-only
	outcome "and accepted if it was" 0 ""
	allow_all
	client --root "$TLSBIND/pki/$1" --measurement "$MEASUREMENT" \
		"localhost:$PORT" </dev/null
	outcome "another vendor's root is rejected" 4 report.chain
	client --measurement "$MEASUREMENT" "localhost:$PORT" </dev/null
	outcome "and the mock's own is none of the vendors'" 4 report.chain
	TCB=()
	usual
	TCB=(--any-tcb)
	outcome "without lists and collateral the TCB is not accepted" 11 "$2"
	usual --time 1000000000
	outcome "certificates are not valid at every time" 4 report.chain
}

# The provider lies in one way or another.
fault_tests() {
	mock_set fault wrong-data
	usual
	outcome "a report about something else is rejected" 6 report.data
	mock_set fault truncate
	usual
	is "$PROVIDER: a truncated report is malformed" "$STATUS" 3
	mock_set fault garbage
	usual
	is "$PROVIDER: garbage is malformed" "$STATUS" 3
	mock_set fault empty
	usual
	refusal "an empty report is the server's trouble" 2 "gives no evidence: Input/output error"
	mock_set fault none
	mock_set error 110
	usual
	refusal "a provider that times out" 2 "gives no evidence: Connection timed out"
	mock_set error 0
	usual --check-only
	outcome "the provider is as good as before" 0 ""
}

# The same over IPv6.
ipv6_tests() {
	PROVIDER=tdx_guest
	server 4436 tlsbind-example-server ::1 4436 "$WORK/cert.pem" "$WORK/key.pem"
	client --root "$TLSBIND/pki/root.pem" --any-measurement \
		--servername localhost --check-only "[::1]:4436" </dev/null
	outcome "evidence over IPv6 is accepted" 0 ""
}

# What has nothing to do with evidence.
tls_tests() {
	PROVIDER=any
	server 4434 openssl s_server -accept 4434 -cert "$WORK/cert.pem" -key "$WORK/key.pem" -tls1_2 -www
	server 4435 openssl s_server -accept 4435 -cert "$WORK/cert.pem" -key "$WORK/key.pem" -www
	local options=(--root "$TLSBIND/pki/ark.pem" --any-measurement --timeout 5)
	client "${options[@]}" localhost:4434 </dev/null
	refusal "TLS 1.2 is no TLS 1.3" 2 "no TLS 1.3"
	client "${options[@]}" localhost:4435 </dev/null
	refusal "a server that knows nothing of tlsbind" 2 "no evidence"
	client "${options[@]}" localhost:4439 </dev/null
	refusal "nobody listens" 2 "cannot connect"
	client "${options[@]}" --servername other.example "localhost:$PORT" </dev/null
	refusal "a certificate for another name" 2 "certificate of other.example"
	client "${options[@]}" --cafile /etc/ssl/certs/ca-certificates.crt "localhost:$PORT" </dev/null
	refusal "a certificate of another CA" 2 "certificate of localhost"
	client --root "$TLSBIND/pki/ark.pem" "localhost:$PORT" </dev/null
	refusal "no measurement" 1 "--measurement or --any-measurement is required"
}

plan 51
certificates || bail "no certificates"
# shellcheck disable=SC2119
{ load_module && allow_all; } || bail "tlsbind does not load"
server "$PORT" tlsbind-example-server 127.0.0.1 "$PORT" "$WORK/cert.pem" "$WORK/key.pem" ||
	bail "no server"

PROVIDER=sev_guest
usual
refusal "no provider, no evidence" 2 "gives no evidence: Operation not supported"

for PROVIDER in sev_guest tdx_guest; do
	load_mock "$PROVIDER" || bail "no mock TEE"
	accept_tests
	input_tests
	policy_tests "$(root "$([ "$PROVIDER" = sev_guest ] && echo tdx_guest || echo sev_guest)")" \
		"tcb.revocation$([ "$PROVIDER" = sev_guest ] ||
			echo " tcb.collateral tcb.qe tcb.module tcb.status")"
	fault_tests
	allow_none
	usual
	refusal "rules that allow nobody" 2 "gives no evidence: Permission denied"
	allow_all
	[ "$PROVIDER" != tdx_guest ] || ipv6_tests
	unload_mock
done
usual
refusal "the provider is gone" 2 "gives no evidence: Operation not supported"
tls_tests
diag "server: $(cat "$WORK/server-$PORT.log")"
stop_servers
