#!/bin/bash
# SPDX-License-Identifier: MIT
# A program whose key is denied does not go on by itself: OpenSSL, whose keys kTLS may
# refuse, would encrypt in user space. Not one byte of its data arrives.

. lib.sh

PORT=4500
SECRET=the-secret-that-must-not-leave

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout key.pem -out cert.pem 2>/dev/null
}

# server OPTION...: one that prints what it is sent, with what it is given to send.
server() {
	echo "$SECRET from the server" >to-client
	# It sends what is there when the connection is, and stays.
	mkfifo stay
	sleep 1000 >stay &
	cat to-client stay 2>/dev/null |
		openssl s_server -accept "$PORT" -cert cert.pem -key key.pem -quiet "$@" >received 2>server.log &
	wait_port "$PORT"
}

server_stop() {
	pkill -x openssl
	pkill -x sleep
	wait
	rm -f stay
}

# client OPTION...: sends the secret, waits a moment for what comes, and ends.
client() {
	(echo "$SECRET from the client"; sleep $((2 + ${TLSBIND_SLOW:-1}))) |
		timeout "$((20 * ${TLSBIND_SLOW:-1}))" openssl s_client -connect "127.0.0.1:$PORT" \
			-quiet -no_ign_eof "$@" >sent-back 2>client.log
}

# in_kernel: so many keys kTLS has been given to send with.
in_kernel() { awk '$1 == "TlsTxSw" { print $2 }' /proc/net/tls_stat 2>/dev/null; }

# round: both ends talk; KEYS: what kTLS was given meanwhile.
round() {
	local before
	before=$(in_kernel)
	server "${SERVER[@]}" || bail "no server"
	client "${CLIENT[@]}"
	server_stop
	KEYS=$(($(in_kernel) - ${before:-0}))
}

came() { grep -q "$SECRET" "$1"; }

plan 17
load_ciphers
certificate || bail "no certificate"
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"

for version in tls1_2 tls1_3; do
	SERVER=("-$version") CLIENT=("-$version" -ktls)
	allow_none
	round
	ok "$version: what a client with kTLS sends arrives" came received
	not_ok "$version: and kTLS has its key" test "$KEYS" = 0
	rules only deny rport "$PORT"
	round
	not_ok "$version: denied, nothing of it arrives" came received
	is "$version: kTLS has no key" "$KEYS" 0

	SERVER=("-$version" -ktls) CLIENT=("-$version")
	allow_none
	round
	ok "$version: what a server with kTLS sends arrives" came sent-back
	rules only deny lport "$PORT"
	round
	not_ok "$version: denied, nothing of it arrives" came sent-back
	is "$version: kTLS has no key either" "$KEYS" 0
done

# What the abort is for: where kTLS only says no, OpenSSL sends all the same.
unload_module
rmmod tls
mkdir -p /run/modprobe.d
echo 'install tls /bin/false' >/run/modprobe.d/no-tls.conf
at_exit rm -f /run/modprobe.d/no-tls.conf
SERVER=(-tls1_3) CLIENT=(-tls1_3 -ktls)
round 2>/dev/null
ok "without kTLS the same client encrypts by itself" came received
rm -f /run/modprobe.d/no-tls.conf
# shellcheck disable=SC2119
{ load_module && rules only attest rport "$PORT"; } || bail "tlsbind does not load"
SERVER=(-tls1_2) CLIENT=(-tls1_2 -ktls)
round
not_ok "TLS 1.2 under attest: nothing of it arrives" came received
SERVER=(-tls1_3) CLIENT=(-tls1_3 -ktls)
round
ok "TLS 1.3 under attest: it arrives" came received
