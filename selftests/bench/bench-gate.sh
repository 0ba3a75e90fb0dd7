#!/bin/bash
# SPDX-License-Identifier: MIT
# What gating adds to a connection: a client and a server, Python's ssl, in two network
# namespaces, each with its side of tlsbindd. Times of the client's handshake in the clock of
# the guest; that of a report, as the kernel measures it, is told beside. Prints a table and,
# in one line, JSON.
#   bench-gate.sh [CONNECTIONS]

# shellcheck source=selftests/lib.sh
. /opt/tlsbind/tests/lib.sh
# shellcheck source=selftests/pair/pair-lib.sh
. /opt/tlsbind/tests/pair-lib.sh
trap - EXIT

COUNT=${1:-21}
SERVER=10.90.0.1 CLIENT=10.90.0.2
TRACE=/sys/kernel/tracing

on_server() { nsenter --net=/run/netns/server "$@"; }

network() {
	ip netns add server && ip link add wire type veth peer name wire netns server &&
		ip -n server address add "$SERVER/24" dev wire && ip -n server link set wire up &&
		ip -n server link set lo up && ip address add "$CLIENT/24" dev wire && ip link set wire up
}

serve() {
	on_server python3 - "$SERVER" "$PORT" "$WORK" <<-'END' &
	import socket, ssl, sys
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.options |= ssl.OP_ENABLE_KTLS
	context.num_tickets = 0
	context.load_cert_chain(sys.argv[3] + "/cert.pem", sys.argv[3] + "/key.pem")
	listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
	while True:
	    plain, _ = listener.accept()
	    try:
	        with context.wrap_socket(plain, server_side=True) as tls:
	            tls.recv(100)
	    except OSError:	# who only looked whether we listen
	        pass
	END
}

# handshakes: the client's, in microseconds; the first ones are not counted.
handshakes() {
	python3 - "$SERVER" "$PORT" "$COUNT" <<-'END'
	import socket, ssl, statistics, sys, time
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
	context.options |= ssl.OP_ENABLE_KTLS
	context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
	times = []
	for i in range(int(sys.argv[3]) + 3):
	    plain = socket.create_connection((sys.argv[1], int(sys.argv[2])))
	    begun = time.monotonic_ns()
	    with context.wrap_socket(plain) as tls:
	        times.append((time.monotonic_ns() - begun) // 1000)
	        tls.send(b"x")
	    time.sleep(0.05)
	print(int(statistics.median(times[3:])))
	END
}

# reports: median of what the kernel measured for them, in microseconds.
reports() {
	sed -n 's/.*tlsbind_report:.* ns=\([0-9]*\).*/\1/p' "$TRACE/trace" | sort -n |
		awk '{ t[NR] = $1 } END { printf "%d\n", t[int((NR + 1) / 2)] / 1000 }'
}

# shellcheck disable=SC2119
{ load_mock sev_guest && load_module && certificate && known_good && network; } || exit 1
jq '.claims.flags = {}' "$WORK/policy" >"$WORK/applied"
on_server rules only attest
on_server tlsbindd --listen "http://$SERVER:8634" --rate 0 2>"$WORK/responder.log" &
tlsbindd --judge --handshake full --policy "$WORK/applied" --root "$TLSBIND/pki/ark.pem" \
	2>"$WORK/judge.log" &
serve
{ wait_for 20 answers "$SERVER" 8634 && wait_for 20 answers "$SERVER" "$PORT" &&
	wait_for 20 grep -q "judge of this network namespace" "$WORK/judge.log"; } || exit 1

rules flush
plain=$(handshakes)
echo 1 >"$TRACE/events/tlsbind/tlsbind_report/enable"
rules only gate rport "$PORT"
gated=$(handshakes)
report=$(reports)
pkill tlsbindd
pkill python3
if [ "$(tlsbind -j stats | jq '.held == .admitted and .held > 0')" != true ]; then
	cat "$WORK/judge.log" "$WORK/responder.log" >&2
	exit 1
fi
printf 'A connection, microseconds of the guest, median of %d:\n' "$COUNT"
printf '  handshake                      %8d\n' "$plain"
printf '  handshake, gated               %8d\n' "$gated"
printf '  of that the report             %8d\n' "$report"
printf '  added beyond the report        %8d\n' "$((gated - plain - report))"
printf '{"connections":%d,"handshake_us":%d,"gated_us":%d,"report_us":%d}\n' \
	"$COUNT" "$plain" "$gated" "$report"
