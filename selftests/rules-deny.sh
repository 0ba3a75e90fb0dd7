#!/bin/bash
# SPDX-License-Identifier: MIT
# A program whose key is denied does not go on by itself: OpenSSL and GnuTLS, whose keys
# kTLS may refuse, would encrypt in user space. Not one byte of their data arrives.

. lib.sh

PORT=4500
SECRET=the-secret-that-must-not-leave

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout key.pem -out cert.pem 2>/dev/null
}

# openssl_server OPTION...: prints what it is sent, with what it is given to send.
openssl_server() {
	echo "$SECRET from the server" >to-client
	# It sends what is there when the connection is, and stays.
	mkfifo stay
	sleep 1000 >stay &
	cat to-client stay 2>/dev/null |
		openssl s_server -accept "$PORT" -cert cert.pem -key key.pem -quiet "$@" >received 2>server.log &
	wait_port "$PORT"
}

# gnutls PROGRAM OPTION...: Debian's program with the library that can do kTLS (gnutls/build.sh).
gnutls() {
	LD_LIBRARY_PATH=$TLSBIND/gnutls GNUTLS_SYSTEM_PRIORITY_FILE=gnutls.conf \
		timeout "$((60 * ${TLSBIND_SLOW:-1}))" "$@"
}

# gnutls_server VERSION: sends back what it is sent.
gnutls_server() {
	gnutls gnutls-serv --echo --port "$PORT" --x509certfile cert.pem --x509keyfile key.pem \
		--priority "NORMAL:-VERS-ALL:+VERS-$1" >server.log 2>&1 &
	wait_port "$PORT"
}

server_stop() {
	pkill -x 'openssl|gnutls-serv'
	pkill -x sleep
	wait
	rm -f stay
}

# say_secret: and leave a moment for what comes.
say_secret() { echo "$SECRET from the client"; sleep $((2 + ${TLSBIND_SLOW:-1})); }

# openssl_client OPTION...: sends the secret, waits a moment for what comes, and ends.
openssl_client() {
	say_secret | timeout "$((20 * ${TLSBIND_SLOW:-1}))" openssl s_client -connect "127.0.0.1:$PORT" \
		-quiet -no_ign_eof "$@" >sent-back 2>client.log
}

# gnutls_client VERSION COMMAND...: likewise, run by COMMAND; tells in sent-back how it fares.
gnutls_client() {
	local version=$1
	shift
	say_secret | gnutls "$@" gnutls-cli --insecure --port "$PORT" \
		--priority "NORMAL:-VERS-ALL:+VERS-$version" 127.0.0.1 >sent-back 2>client.log
}

# in_kernel: so many keys kTLS has been given to send with.
in_kernel() { awk '$1 == "TlsTxSw" { print $2 }' /proc/net/tls_stat 2>/dev/null; }

# round: both ends talk; KEYS: what kTLS was given meanwhile.
round() {
	local before
	before=$(in_kernel)
	"${SERVER[@]}" || bail "no server"
	"${CLIENT[@]}"
	server_stop
	KEYS=$(($(in_kernel) - ${before:-0}))
}

# went_on: GnuTLS has told its client that the handshake is over, and that without kTLS.
went_on() { grep -q 'Handshake was completed' sent-back && ! grep -q '^- KTLS' sent-back; }

came() { grep -q "$SECRET" "$1"; }

plan 39
[ -e "$TLSBIND/gnutls/libgnutls.so.30" ] || bail "no GnuTLS with kTLS (gnutls/build.sh)"
printf '[global]\nktls = true\n' >gnutls.conf
load_ciphers
certificate || bail "no certificate"
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"

for version in tls1_2 tls1_3; do
	SERVER=(openssl_server "-$version") CLIENT=(openssl_client "-$version" -ktls)
	allow_none
	round
	ok "$version: what a client with kTLS sends arrives" came received
	not_ok "$version: and kTLS has its key" test "$KEYS" = 0
	rules only deny rport "$PORT"
	round
	not_ok "$version: denied, nothing of it arrives" came received
	is "$version: kTLS has no key" "$KEYS" 0

	SERVER=(openssl_server "-$version" -ktls) CLIENT=(openssl_client "-$version")
	allow_none
	round
	ok "$version: what a server with kTLS sends arrives" came sent-back
	rules only deny lport "$PORT"
	round
	not_ok "$version: denied, nothing of it arrives" came sent-back
	is "$version: kTLS has no key either" "$KEYS" 0
done

# A debug kernel takes minutes for each; to the kernel they differ from OpenSSL in nothing.
gnutls_versions=(1.2 1.3)
if [ "${TLSBIND_SLOW:-1}" != 1 ]; then
	gnutls_versions=(1.3)
	for ((i = 0; i < 10; i++)); do skip "GnuTLS, TLS 1.2" "on release kernels only"; done
fi
for version in "${gnutls_versions[@]}"; do
	gnutls="GnuTLS, TLS $version" plain="-tls${version/./_}"
	SERVER=(openssl_server "$plain") CLIENT=(gnutls_client "TLS$version")
	allow_none
	round
	ok "$gnutls: what a client with kTLS sends arrives" came received
	not_ok "$gnutls: and kTLS has its key" test "$KEYS" = 0
	ok "$gnutls: it says so itself" grep '^- KTLS: send, recv' sent-back
	rules only deny rport "$PORT"
	round
	not_ok "$gnutls: denied, nothing of it arrives" came received
	is "$gnutls: kTLS has no key" "$KEYS" 0
	ok "$gnutls: the client would have gone on" went_on

	SERVER=(gnutls_server "TLS$version") CLIENT=(openssl_client "$plain")
	allow_none
	round
	ok "$gnutls: what a server with kTLS sends arrives" came sent-back
	not_ok "$gnutls: and kTLS has its key too" test "$KEYS" = 0
	rules only deny lport "$PORT"
	round
	not_ok "$gnutls: denied, nothing of it comes back" came sent-back
	is "$gnutls: kTLS has no key either" "$KEYS" 0
done

# What the abort is for: told EACCES and no more, GnuTLS sends all the same. The first
# setsockopt() is TCP_ULP.
allow_none
SERVER=(openssl_server -tls1_3)
CLIENT=(gnutls_client TLS1.3 strace -qq -o calls -e trace=setsockopt -e inject=setsockopt:error=EACCES:when=2+)
round
ok "GnuTLS whose key is refused without an abort encrypts by itself" came received
is "and kTLS has no key" "$KEYS" 0

# What the abort is for: where kTLS only says no, OpenSSL sends all the same.
unload_module
rmmod tls
mkdir -p /run/modprobe.d
echo 'install tls /bin/false' >/run/modprobe.d/no-tls.conf
at_exit rm -f /run/modprobe.d/no-tls.conf
SERVER=(openssl_server -tls1_3) CLIENT=(openssl_client -tls1_3 -ktls)
round 2>/dev/null
ok "without kTLS the same client encrypts by itself" came received
rm -f /run/modprobe.d/no-tls.conf
# shellcheck disable=SC2119
{ load_module && rules only attest rport "$PORT"; } || bail "tlsbind does not load"
SERVER=(openssl_server -tls1_2) CLIENT=(openssl_client -tls1_2 -ktls)
round
not_ok "TLS 1.2 under attest: nothing of it arrives" came received
SERVER=(openssl_server -tls1_3) CLIENT=(openssl_client -tls1_3 -ktls)
round
ok "TLS 1.3 under attest: it arrives" came received
