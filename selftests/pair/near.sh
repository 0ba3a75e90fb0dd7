#!/bin/bash
# SPDX-License-Identifier: MIT
# The server of a pair of guests, each of which is attested and gates the other: Python's
# ssl, which knows nothing of it. The other guest orders what happens.

# shellcheck source=selftests/lib.sh
. lib.sh
# shellcheck source=selftests/pair/pair-lib.sh
. pair-lib.sh

# A server that notes what it is sent, and sends it back.
serve() {
	python3 -u - "$NEAR" "$PORT" "$WORK" <<-'END' &
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
	            data = tls.recv(1000)
	            print("received", data.decode(), flush=True)
	            tls.sendall(b"back: " + data)
	    except OSError as error:
	        print("failed", error, flush=True)
	END
}

# orders: what the other guest says, one line each, answered when it is done.
orders() {
	cat >"$WORK/order" <<-END
	read -r what
	case \$what in
	good) cp $WORK/policy $WORK/applied; kill -HUP $JUDGE ;;
	other) cp $WORK/other $WORK/applied; kill -HUP $JUDGE ;;
	mute) pkill -f "tlsbindd --listen" ;;
	done) touch $WORK/done ;;
	esac
	echo ok
	END
	socat "TCP-LISTEN:$ORDERS,bind=$NEAR,reuseaddr,fork" "SYSTEM:bash $WORK/order" &
}

plan 6
setup "$NEAR"
other_policy >"$WORK/other"
rules only gate lport "$PORT" mutual
serve >"$WORK/served" 2>&1
reachable "$NEAR" "$PORT" || bail "no server"
: >"$WORK/served"
orders
ok "the other guest is done" wait_for 400 test -e "$WORK/done"
sed 's/^/# served: /' "$WORK/served"
sed 's/^/# judge: /' "$WORK/judge.log"
ok "what came when both were admitted was received" grep -qx "received first" "$WORK/served"
not_ok "nothing of a client that rejects the server" grep -q second "$WORK/served"
not_ok "nothing of a client that the server rejects" grep -q third "$WORK/served"
not_ok "nothing of a client whose server is not heard" grep -q fourth "$WORK/served"
ok "the judge says whom it rejected and why" grep -q "appraisal.measurement" "$WORK/judge.log"
