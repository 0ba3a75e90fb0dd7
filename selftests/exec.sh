#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbind exec: real programs, which nothing but a configuration tells to use kernel TLS.

. lib.sh

WORK=$(mktemp -d)
PORT=4433
SERVERS=()
# What tlsbind itself is run by.
AS=()

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
chmod 755 "$WORK"

# server COMMAND...: on $PORT, in the background, without kernel TLS unless it is told.
server() {
	"$@" >"$WORK/server.log" 2>"$WORK/server.err" </dev/null &
	SERVERS+=($!)
	wait_for 60 listening "$PORT" || { sed 's/^/# /' "$WORK/server.err"; bail "no server"; }
}

plain_server() { server openssl s_server -accept "$PORT" -cert "$WORK/cert.pem" -key "$WORK/key.pem" -www -quiet; }

# run OPTIONS COMMAND...: in tlsbind exec. Leaves $STATUS, and what is told in $WORK/err.
run() {
	local options=$1
	shift
	STATUS=0
	# shellcheck disable=SC2086
	timeout 60 "${AS[@]+"${AS[@]}"}" tlsbind exec $options -- "$@" >"$WORK/out" 2>"$WORK/err" || STATUS=$?
}

request() { printf 'GET / HTTP/1.0\r\n\r\n'; }
s_client() { run "$1" openssl s_client -connect "127.0.0.1:$PORT" -quiet "${@:2}" < <(request); }

# told NAME TEXT: the report has this.
told() { ok "$1" says "$2"; }
says() { grep -F -- "$1" "$WORK/err" || { cat "$WORK/err"; return 1; }; }

# both NAME: exactly one connection, both keys, and the program succeeded.
both() {
	is "$1" "$STATUS $(grep -o 'connections: .*' "$WORK/err")" \
		"0 connections: 1, with both keys in the kernel: 1"
}

without_module() {
	plain_server
	s_client --strict
	is "root has the kernel load the module" "$STATUS" 0
	stop_servers
	if rmmod tls; then
		plain_server
		AS=(setpriv --reuid 65534 --clear-groups env HOME=/)
		s_client --strict
		AS=()
		is "nobody else has" "$STATUS" 124
		told "and that is told" "the kernel module tls is not there"
		stop_servers
	else
		skip "nobody else has" "tls cannot be unloaded"
		skip "and that is told" "tls cannot be unloaded"
	fi
	modprobe tls
}

openssl_tests() {
	plain_server
	s_client --strict
	both "s_client, TLS 1.3"
	ok "its answer came" grep -q '^HTTP/1.0 200' "$WORK/out"
	s_client --strict -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
	both "s_client, TLS 1.2"
	s_client "" -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256
	told "a cipher suite that the kernel cannot do" "its cipher suite is none of the kernel's"
	s_client --strict -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256
	is "which is not what strict wants" "$STATUS" 124
	run --strict python3 -c "
import ssl, urllib.request as r
c = ssl._create_unverified_context()
print(r.urlopen('https://127.0.0.1:$PORT/', context=c).status)"
	both "Python"
	AS=(setpriv --reuid 65534 --clear-groups env HOME=/)
	s_client --strict
	AS=()
	both "without privilege"
	run --strict curl -sk "https://127.0.0.1:$PORT/"
	is "curl has its own way" "$STATUS" 124
	told "which is told" "it was not given sockets"
	stop_servers
	server tlsbind exec -- openssl s_server -accept "$PORT" -cert "$WORK/cert.pem" \
		-key "$WORK/key.pem" -www -naccept 1
	curl -sk "https://127.0.0.1:$PORT/" >"$WORK/out"
	wait "${SERVERS[@]}"
	is "a server" "$(grep -o 'connections: .*' "$WORK/server.err")" \
		"connections: 1, with both keys in the kernel: 1"
	SERVERS=()
}

nginx_tests() {
	cat >"$WORK/nginx.conf" <<-END
		pid $WORK/nginx.pid;
		error_log $WORK/nginx.log;
		events { }
		http {
			access_log off;
			server {
				listen $PORT ssl;
				ssl_certificate $WORK/cert.pem;
				ssl_certificate_key $WORK/key.pem;
				location / { return 200 "hello\n"; }
			}
		}
	END
	server tlsbind exec nginx -c "$WORK/nginx.conf" -g 'daemon off;'
	is "nginx answers" "$(curl -sk "https://127.0.0.1:$PORT/")" hello
	curl -sk "https://127.0.0.1:$PORT/" >"$WORK/out"
	kill "${SERVERS[@]}"
	wait "${SERVERS[@]}"
	is "nginx ends when tlsbind is told to" "$?" 0
	is "both of its connections were in the kernel" "$(grep -o 'connections: .*' "$WORK/server.err")" \
		"connections: 2, with both keys in the kernel: 2"
	SERVERS=()
}

gnutls_tests() {
	plain_server
	run --strict gnutls-cli --insecure --port "$PORT" 127.0.0.1 < <(request)
	is "Debian's GnuTLS does not" "$STATUS" 124
	told "and why is told" "is built without kernel TLS"
	run --strict env LD_LIBRARY_PATH="$TLSBIND/gnutls" gnutls-cli --insecure --port "$PORT" 127.0.0.1 \
		< <(request)
	both "one that can do it does"
	stop_servers
}

rule_tests() {
	plain_server
	tlsbind rule add deny rport "$PORT" >"$WORK/out"
	s_client --strict
	is "a key that a rule refuses" "$STATUS" 124
	told "is told" "a rule of tlsbind refuses it"
	tlsbind rule flush >"$WORK/out"
	tlsbind rule add gate rport "$PORT" >"$WORK/out"
	s_client --strict
	is "no judge" "$STATUS" 124
	told "is told as well" "there is no judge"
	tlsbind rule flush >"$WORK/out"
	is "what the kernel has seen is as much" "$(tlsbind -j stats | jq '.denied > 1')" true
	stop_servers
}

plan 24
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>"$WORK/openssl.log" || bail "no certificate"
without_module
openssl_tests
nginx_tests
gnutls_tests
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"
rule_tests
