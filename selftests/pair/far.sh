#!/bin/bash
# SPDX-License-Identifier: MIT
# The client of a pair of guests, each of which is attested and gates the other: Python's
# ssl, which knows nothing of it.

# shellcheck source=selftests/lib.sh
. lib.sh
# shellcheck source=selftests/pair/pair-lib.sh
. pair-lib.sh

# order WHAT: have the other guest do it.
order() {
	local answer
	exec 3<>"/dev/tcp/$NEAR/$ORDERS" && echo "$1" >&3 && read -r -t 30 answer <&3
	exec 3>&-
	[ "$answer" = ok ]
}

# say WORD: and what comes back.
say() {
	python3 - "$NEAR" "$PORT" "$1" <<-'END' 2>"$WORK/client.log"
	import socket, ssl, sys
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
	context.options |= ssl.OP_ENABLE_KTLS
	context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
	plain = socket.create_connection((sys.argv[1], int(sys.argv[2])))
	with context.wrap_socket(plain) as tls:
	    tls.sendall(sys.argv[3].encode())
	    print(tls.recv(1000).decode())
	END
}

plan 10
setup "$FAR"
other_policy >"$WORK/other"
rules only gate rport "$PORT" mutual
reachable "$NEAR" "$ORDERS" || bail "nobody there"

is "both are admitted: data goes both ways" "$(say first)" "back: first"
is "the kernel has held one and let it go" "$(stats held) $(stats admitted)" "1 1"

cp "$WORK/other" "$WORK/applied" && kill -HUP "$JUDGE"
wait_for 10 grep -q "policies were read anew" "$WORK/judge.log"
is "the client rejects the server: nothing comes" "$(say second)" ""
ok "and its judge says why" grep -q "appraisal.measurement" "$WORK/judge.log"
cp "$WORK/policy" "$WORK/applied" && kill -HUP "$JUDGE"

ok "the server is told of another policy" order other
is "the server rejects the client: nothing comes" "$(say third)" ""
ok "the server is told of the right policy, and stops to answer questions" order good
ok "stopped" order mute
echo 3000 >/sys/module/tlsbind/parameters/gate_timeout_ms
is "the server does not answer questions: nothing comes" "$(say fourth)" ""
ok "end" order "done"
sed 's/^/# judge: /' "$WORK/judge.log"
