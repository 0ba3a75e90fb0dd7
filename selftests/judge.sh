#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbindd --judge: openssl s_client, which knows nothing of it, behind a gate; a server that
# knows nothing of tlsbind, with tlsbindd beside it. Two network namespaces are two machines.
# What must not go out does not: the TLS records that come over the wire are counted.

. lib.sh
# shellcheck source=selftests/judge-scene.sh
. judge-scene.sh

MEASURE=$(tr -d '\n' <"$TLSBIND/pki/measurement.hex")

# What comes to the server's port over the wire: types of TLS records, with how often.
wire_start() {
	rm -f "$WORK/wire"
	"${AT_SERVER[@]}" python3 - "$PORT" "$WORK/wire" <<-'END' &
	import collections, os, signal, socket, struct, sys
	port, file = int(sys.argv[1]), sys.argv[2]
	s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
	s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
	s.bind(("wire", 0))
	streams = collections.defaultdict(dict)

	def told(*_):
	    kinds = collections.Counter()
	    for pieces in streams.values():
	        data, at = b"", min(pieces)
	        for seq in sorted(pieces):
	            data += pieces[seq][max(0, at - seq):]
	            at = max(at, seq + len(pieces[seq]))
	        while len(data) >= 5:
	            kinds[data[0]] += 1
	            data = data[5 + struct.unpack(">H", data[3:5])[0]:]
	    with open(file + ".new", "w") as out:
	        print(*(f"{kind}:{kinds[kind]}" for kind in sorted(kinds)), file=out)
	    os.rename(file + ".new", file)
	    sys.exit(0)

	signal.signal(signal.SIGTERM, told)
	open(file + ".ready", "w").close()
	while True:
	    p = s.recv(1 << 17)[14:]
	    ip, total = (p[0] & 15) * 4, struct.unpack(">H", p[2:4])[0]
	    if p[9] != 6:
	        continue
	    tcp = p[ip:total]
	    source, to, seq = struct.unpack(">HHI", tcp[:8])
	    data = tcp[(tcp[12] >> 4) * 4:]
	    if to == port and data:
	        pieces = streams[source]
	        pieces[seq] = max(data, pieces.get(seq, b""), key=len)
	END
	WIRE=$!
	wait_for 60 test -e "$WORK/wire.ready"
}

wire_stop() {
	kill "$WIRE"
	wait "$WIRE" 2>/dev/null
	rm -f "$WORK/wire.ready"
}

# client: says the secret at once, and goes when its connection ends, or both ends have
# heard what the other says. Leaves $STATUS: 0 if the connection was still there.
client() {
	local pid
	STATUS=0
	"${AT_CLIENT[@]}" openssl s_client -connect "$SERVER:$PORT" -tls1_3 -ktls -quiet \
		< <(echo "$SECRET from the client"; cat "$WORK/stay" 2>/dev/null) \
		>"$WORK/sent-back" 2>"$WORK/client.log" &
	pid=$!
	wait_for 60 client_done "$pid"
	if kill "$pid" 2>/dev/null; then
		wait "$pid"
	else
		wait "$pid"
		STATUS=$?
	fi
	echo "$STATUS" >"$WORK/status"
}
ended() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }
client_done() { ended "$1" || { came received && came sent-back; }; }

scene_start() { { server_start && wire_start; } || bail "no server"; }

# meet: server, wire and client, from beginning to end.
meet() {
	scene_start
	client
	wire_stop
	server_stop
}

came() { grep -q "$SECRET" "$WORK/$1"; }
# records TYPE: how many of this type the client sent.
records() { tr ' ' '\n' <"$WORK/wire" | awk -F: -v t="$1" '$1 == t { n = $2 } END { print n + 0 }'; }

# nothing_went NAME: the client failed, and all that it sent in TLS 1.3 is its Finished.
nothing_went() {
	not_ok "$1: nothing that the client says arrives" came received
	is "$1: one protected record came over the wire: Finished" "$(records 23)" 1
	not_ok "$1: the client fails" test "$STATUS" = 0
}

# logged NAME TEXT: the judge said so, since the last time.
logged() {
	ok "$1: the judge says why" wait_for 10 grep -qF -- "$2" "$WORK/judge.log" ||
		sed 's/^/# judge: /' "$WORK/judge.log"
	: >"$WORK/judge.log"
}

# A responder that asks the real one about another connection: what it answers is genuine,
# and fresh.
liar_start() { # ID
	"${AT_SERVER[@]}" python3 - "$SERVER" "$1" <<-'END' &
	import http.server, json, sys, urllib.request
	class Liar(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
	        body["connection"] = sys.argv[2]
	        request = urllib.request.Request(f"http://{sys.argv[1]}:8634{self.path}",
	            json.dumps(body).encode(), {"Content-Type": "application/json"})
	        answer = urllib.request.urlopen(request).read()
	        self.send_response(200)
	        self.end_headers()
	        self.wfile.write(answer)
	http.server.HTTPServer((sys.argv[1], 8635), Liar).serve_forever()
	END
	LIAR=$!
	wait_for 60 listens 8635
}

# A responder that takes every question and says nothing.
mute_start() {
	"${AT_SERVER[@]}" python3 - "$SERVER" <<-'END' &
	import socket, sys
	s = socket.create_server((sys.argv[1], 8636), backlog=512)
	kept = []
	while True:
	    kept.append(s.accept())
	END
	MUTE=$!
	wait_for 60 listens 8636
}

memory() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$JUDGE/status"; }

admitted_tests() {
	{ responder_start && judge_start; } || bail "no daemons"
	meet
	ok "admitted: what the client says arrives" came received
	ok "admitted: what the server says arrives" came sent-back
	ok "admitted: in more than one protected record" test "$(records 23)" -gt 1
	is "admitted: the kernel held one and let it go" "$(stats held) $(stats admitted)" "1 1"
	kill -USR1 "$JUDGE"
	ok "statistics on SIGUSR1" wait_for 10 grep -q "holds 1 admitted 1 rejected 0 late 0" \
		"$WORK/judge.log"
	: >"$WORK/judge.log"
}

rejected_tests() {
	jq '.snp.measurement = ["'"${MEASURE%?}$([ "${MEASURE: -1}" = 0 ] && echo 1 || echo 0)"'"]' \
		"$WORK/good" >"$WORK/policy"
	kill -HUP "$JUDGE"
	logged "policies are read anew" "policies were read anew"
	meet
	nothing_went "another measurement"
	logged "another measurement" "appraisal: appraisal.measurement"
	echo '{}' >"$WORK/policy"
	kill -HUP "$JUDGE"
	logged "a file that is no policy" "the policies stay what they were"
	cp "$WORK/good" "$WORK/policy"
	kill -HUP "$JUDGE"
	logged "policies are read anew again" "policies were read anew"
	rules_on client gate rport "$PORT" policy 7
	meet
	nothing_went "a number without policy"
	logged "a number without policy" "policy 7 uid 0: no-policy"
	rules_on client gate rport "$PORT"
}

responder_tests() {
	local id
	end "$RESPONDER"
	meet
	nothing_went "no responder"
	logged "no responder" "no-answer: "
	rules_on server pass
	responder_start || bail "no responder"
	meet
	nothing_went "a server that may not be attested"
	logged "a server that may not be attested" "refused: "
	rules_on server attest lport 4600-4601

	# Another connection to the same guest, by the same program.
	"${AT_SERVER[@]}" openssl s_server -accept "$SERVER:4601" -cert "$WORK/cert.pem" -key "$WORK/key.pem" \
		-tls1_3 -ktls -quiet <"$WORK/stay" >/dev/null 2>&1 &
	OTHER=$!
	sleep 1000 >"$WORK/stay" &
	STAYS=$!
	wait_for 60 listens 4601
	"${AT_CLIENT[@]}" openssl s_client -connect "$SERVER:4601" -tls1_3 -ktls -quiet </dev/null \
		>/dev/null 2>&1 &
	SIBLING=$!
	wait_for 60 good_id || bail "no other connection"
	id=$(good_id)
	liar_start "$id" || bail "no liar"
	judge_end TERM
	judge_start --responder "http://{address}:8635" || bail "no judge"
	meet
	nothing_went "evidence about another connection"
	logged "evidence about another connection" "binding: binding.tx binding.rx ("
	end "$LIAR"
	end "$SIBLING"
	end "$OTHER"
	end "$STAYS"
}

# The client waits, and its judge dies; or is stopped, and the kernel does not wait.
judge_tests() {
	judge_end TERM
	{ mute_start && judge_start --responder "http://$SERVER:8636"; } || bail "no judge"
	status "another judge is refused" 10 on client tlsbindd --judge --handshake full \
		--policy "$WORK/good" --root "$TLSBIND/pki/ark.pem"
	scene_start
	client &
	ok "a connection is held" wait_for 60 held 1
	judge_end KILL
	ok "the judge is killed: the client is not held for longer" wait_for 10 held 0
	wait $!
	STATUS=$(cat "$WORK/status")
	wire_stop
	server_stop
	nothing_went "the judge is killed"

	meet
	nothing_went "no judge"

	judge_start --responder "http://$SERVER:8634" || bail "no judge"
	kill -STOP "$JUDGE"
	meet
	nothing_went "a judge that does not act"
	kill -CONT "$JUDGE"
	ok "its verdict comes too late" wait_for 10 late
	judge_end TERM
}
late() {
	kill -USR1 "$JUDGE"
	sleep 0.2
	grep -q "late 1" "$WORK/judge.log"
}

# A thousand at once, whose peers' responder does not answer.
many_tests() {
	echo 120000 >/sys/module/tlsbind/parameters/gate_timeout_ms
	"${AT_SERVER[@]}" python3 - "$SERVER" <<-'END' &
	import resource, socket, sys
	resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
	s = socket.create_server((sys.argv[1], 4700), backlog=4096)
	kept = []
	while True:
	    kept.append(s.accept())
	END
	MANY=$!
	wait_for 60 listens 4700
	judge_start --responder "http://$SERVER:8636" || bail "no judge"
	rules_on client gate rport 4700
	diag "judge alone: VmRSS $(memory VmRSS) KiB, VmHWM $(memory VmHWM) KiB"
	"${AT_CLIENT[@]}" hold-many 1000 "$SERVER" 4700 >"$WORK/many" 2>&1 &
	ok "a thousand connections are held at once" wait_for 90 held 1000
	diag "1000 waiting: VmRSS $(memory VmRSS) KiB, VmHWM $(memory VmHWM) KiB"
	ok "the judge has less than 64 MiB" test "$(memory VmHWM)" -lt 65536
	kill -USR1 "$JUDGE"
	logged "a thousand" "holds 1000 admitted 0 rejected 0 late 0"
	# The loss of the judge frees them all.
	judge_end KILL
	wait %% 2>/dev/null
	ok "none is held without judge" wait_for 60 held 0
	ok "all end" wait_for 60 test -s "$WORK/many"
	is "each was refused" "$(cat "$WORK/many")" "EHOSTDOWN 1000"
	end "$MANY"
	end "$MUTE"
}

module_tests() {
	rules_on client gate rport "$PORT"
	judge_start || bail "no judge"
	ok "the module is unloaded under the judge" unload_module
	ok "the judge ends" wait_for 60 ended "$JUDGE"
	wait "$JUDGE"
	is "and says that the module is gone" "$? $(grep -c "module is gone" "$WORK/judge.log")" "11 1"
	status "without the module there is no judge" 7 on client tlsbindd --judge \
		--handshake full --policy "$WORK/good"
}

plan 51
load_ciphers
load_mock sev_guest || bail "no mock TEE"
load_module gate_timeout_ms=$((8000 * ${TLSBIND_SLOW:-1})) || bail "tlsbind does not load"
network || bail "no network"
certificate || bail "no certificate"
rules_on server attest lport "$PORT" || bail "no rule"
known_good || bail "no evidence"
cp "$WORK/good" "$WORK/policy"
rules_on client gate rport "$PORT" || bail "no gate"
admitted_tests
rejected_tests
responder_tests
judge_tests
many_tests
module_tests
