#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbindd(8), the attester's side: it answers about connections of others by each transport,
# waits for keys, keeps to each of its limits, and ends as it should.
# shellcheck disable=SC2119

. lib.sh

WORK=$(mktemp -d)
UNIX=$WORK/http.sock
LOG=$WORK/log
NOBODY=$(printf '1%031d' 0)
NONCE=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA
URL=http://127.0.0.1:8634/.well-known/tlsbind
DAEMON=0
declare -A KEYS=() ID=()
at_exit rm -rf "$WORK"

# daemon OPTION...: until it is started; with every transport, and no limits for peers.
daemon() {
	quiet_daemon --listen http://127.0.0.1 --listen "unix:$UNIX" --rate 0 --peer-connections 0 "$@"
}

quiet_daemon() {
	: >"$LOG"
	tlsbindd "$@" >"$LOG" 2>&1 </dev/null &
	DAEMON=$!
	wait_for 10 grep -q started "$LOG" || { diag "$(cat "$LOG")"; return 1; }
	BASE=$(descriptors)
}

# ended: its exit status, when it has been ended.
ended() {
	local status=0
	wait "$DAEMON" || status=$?
	DAEMON=0
	return "$status"
}

stop_daemon() {
	[ "$DAEMON" != 0 ] || return 0
	kill "$DAEMON" 2>/dev/null
	ended || diag "tlsbindd ended with $?: $(cat "$LOG")"
}
at_exit stop_daemon

descriptors() { find "/proc/$DAEMON/fd" -mindepth 1 2>/dev/null | wc -l; }
# has_more N: descriptors than when it had nothing to do: connections, and what hears of keys.
has_more() { [ "$(descriptors)" = $((BASE + $1)) ]; }
# ticks: of the processor, 100 a second.
ticks() { awk '{print $14 + $15}' "/proc/$DAEMON/stat"; }

# keys NAME SEED [early|stalled]: a connection with such keys; its id in ID[NAME].
keys() {
	local name=$1
	shift
	rm -f "$WORK/keys.$name"{,.in}
	mkfifo "$WORK/keys.$name.in"
	${INSIDE:-} daemon-keys "$@" <>"$WORK/keys.$name.in" >"$WORK/keys.$name" 2>&1 &
	KEYS[$name]=$!
	wait_for 10 test -s "$WORK/keys.$name" || { diag "$(cat "$WORK/keys.$name")"; return 1; }
	ID[$name]=$(head -n 1 "$WORK/keys.$name")
}

# finish NAME: the key that was missing.
finish() {
	echo >"$WORK/keys.$1.in"
	wait_for 10 grep -q "done" "$WORK/keys.$1"
}

drop() {
	kill "${KEYS[$1]}"
	wait "${KEYS[$1]}" 2>/dev/null
	unset "KEYS[$1]"
}
drop_all() {
	local name
	for name in "${!KEYS[@]}"; do drop "$name"; done
}
at_exit drop_all

# body ID: a challenge.
body() { printf '{"nonce":"%s","connection":"%s"}' "$NONCE" "$1"; }

# post BODY [OPTION...]: leaves the status in $STATUS, head and body of the answer in $WORK.
post() {
	: >"$WORK/head"
	: >"$WORK/body"
	STATUS=$(curl -s -m 60 -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' \
		-H "Content-Type: ${TYPE:-application/json}" -d "$1" "${@:2}") || STATUS=curl-$?
}

# ask ID [OPTION...]: by http, unless the options have another URL.
ask() {
	if [ $# = 1 ]; then post "$(body "$1")" "$URL"; else post "$(body "$1")" "${@:2}"; fi
}

# refused NAME STATUS TEXT: the last answer, whose body is JSON and says TEXT.
refused() {
	is "$1" "$STATUS $(jq -r .error "$WORK/body" 2>&1)" "$2 $3"
}

header() { tr -d '\r' <"$WORK/head" | sed -n "s/^$1: //Ip"; }

# many NAME WANT WHERE ID COUNT [SEED]: the statuses of many at once, without waiting.
many_begin() {
	rm -f "$WORK/many" "$WORK/sent"
	daemon-ask "$@" >"$WORK/many" 2>"$WORK/sent" </dev/null &
	MANY=$!
	wait_for 30 grep -q sent "$WORK/sent"
}
many_end() {
	local status=0
	wait "$MANY" || status=$?
	is "$1" "$status $(paste -sd, "$WORK/many")$(grep -v sent "$WORK/sent")" "0 $2"
}

hold() { wait_for 10 test ! -e /sys/kernel/config/tsm/report/tlsbind && mock_set hang 1; }
release() { mock_set hang 0; }

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

TRANSPORT_TESTS=9
transport_tests() {
	daemon --listen https://127.0.0.1:8635 --listen 'http://[::1]:8636' --unix-mode 0620 \
		--unix-owner nobody:daemon --certificate "$WORK/cert.pem" --key "$WORK/key.pem" --key-wait 1
	keys 1 1
	many_begin 8634 "${ID[1]}" 1 1
	many_end "evidence about the connection by HTTP" "200 1"
	many_begin "$UNIX" "${ID[1]}" 1 1
	many_end "and on a Unix socket" "200 1"
	is "which has the owner and mode that were asked for" \
		"$(stat -c '%U %G %a' "$UNIX")" "nobody daemon 620"
	ask "${ID[1]}" --cacert "$WORK/cert.pem" https://127.0.0.1:8635/.well-known/tlsbind
	is "and by HTTPS" "$STATUS $(header content-type)" "200 application/vnd.tlsbind.evidence+cmw"
	ask "${ID[1]}" 'http://[::1]:8636/.well-known/tlsbind'
	is "and by IPv6" "$STATUS $(jq -r '.[0]' "$WORK/body")" "200 application/vnd.tlsbind.evidence"
	ask "${ID[1]}" "$URL" -o /dev/null "$URL"
	is "several questions on one connection" "$STATUS" 200200
	ask "$NOBODY" --cacert "$WORK/cert.pem" --http1.1 https://127.0.0.1:8635/.well-known/tlsbind
	refused "an id that nobody has" 404 "no such connection"
	drop 1
	not_ok "what was asked is not in the log" grep -qE "$NONCE|$NOBODY|${ID[1]}" "$LOG"
	stop_daemon
	not_ok "the Unix socket is gone with the daemon" test -e "$UNIX"
}

WAIT_TESTS=9
wait_tests() {
	local before began
	daemon --key-wait 3
	began=$(date +%s%3N) before=$(ticks)
	ask "$NOBODY"
	refused "a guessed id" 404 "no such connection"
	ok "is answered when the wait is over" test $(($(date +%s%3N) - began)) -ge 3000
	ok "which costs no processor time" test $(($(ticks) - before)) -le 50
	wait_for 10 has_more 0
	is "and leaves nothing open" "$(descriptors)" "$BASE"
	stop_daemon

	daemon --key-wait 30
	keys 11 11 early
	many_begin 8634 "${ID[11]}" 1 11
	wait_for 10 has_more 2
	ok "a question that comes before the key waits" kill -0 "$MANY"
	finish 11
	many_end "and is answered when it is there" "200 1"
	many_begin 8634 "$NOBODY" 300
	keys 13 13 early
	many_begin_too 13
	finish 13
	wait "$TOO"
	is "also among 300 others that wait" "$(cat "$WORK/too")" "200 1"
	kill "$MANY"
	wait "$MANY" 2>/dev/null
	ok "who go away, and leave nothing behind" wait_for 10 has_more 0
	drop 11
	drop 13
	stalled_test
	stop_daemon
}

many_begin_too() {
	daemon-ask 8634 "${ID[$1]}" 1 "$1" >"$WORK/too" 2>"$WORK/too.err" </dev/null &
	TOO=$!
	wait_for 10 grep -q sent "$WORK/too.err"
}

# Kernels before 6.14 replace no keys.
stalled_test() {
	local name="a question while a key is being installed is answered when it is"
	if ! keys 15 15 stalled; then
		skip "$name" "no rekeys"
		return
	fi
	many_begin 8634 "${ID[15]}" 1 15
	wait_for 10 has_more 2
	finish 15
	many_end "$name" "200 1"
	drop 15
}

ERROR_TESTS=9
error_tests() {
	daemon --key-wait 0 --answer-time 2
	keys 21 21
	allow_none
	ask "${ID[21]}"
	refused "rules that let nobody be attested" 403 "the rules do not let this connection be attested"
	keys 23 23
	keys again 23
	ask "${ID[23]}"
	refused "keys that two sockets have" 409 "several sockets were given these keys"
	drop 23
	drop again
	rules only attest loopback rate 1
	many_begin 8634 "${ID[21]}" 4 21
	many_end "more than the rate of the rule" "200 1,429 3"
	allow_all
	mock_set error 5
	ask "${ID[21]}"
	refused "a provider that fails" 502 "the provider failed"
	mock_set error 0
	hold
	ask "${ID[21]}"
	refused "a provider that does not answer" 504 "no evidence in time"
	release
	ask "${ID[21]}"
	is "and does again" "$STATUS" 200
	unload_mock
	ask "${ID[21]}"
	refused "no provider" 503 "no provider of reports"
	load_mock sev_guest
	drop 21
	ask "${ID[21]}"
	refused "a connection that is closed" 404 "no such connection"
	ok "nothing is left open" wait_for 10 has_more 0
	stop_daemon
}

NAMESPACE_TESTS=3
namespace_tests() {
	ip netns add other && ip -n other link set lo up
	at_exit ip netns del other
	daemon --key-wait 0
	INSIDE="ip netns exec other" keys 31 31
	ask "${ID[31]}"
	refused "a connection of another network namespace" 404 "no such connection"
	stop_daemon
	: >"$LOG"
	ip netns exec other tlsbindd --listen "unix:$UNIX" --key-wait 0 >"$LOG" 2>&1 </dev/null &
	DAEMON=$!
	wait_for 10 grep -q started "$LOG"
	ask "${ID[31]}" --unix-socket "$UNIX" http://x/.well-known/tlsbind
	refused "is known to a daemon in that, and has rules of its own" 403 \
		"the rules do not let this connection be attested"
	ip netns exec other rules only attest loopback
	ask "${ID[31]}" --unix-socket "$UNIX" http://x/.well-known/tlsbind
	is "as which it is attested" "$STATUS" 200
	drop 31
	stop_daemon
}

# raw TEXT [SECONDS]: sent as it is; what is answered, "-" for nothing.
raw() { printf '%b' "$1" | timeout "${2:-20}" socat -t "${2:-20}" - TCP:127.0.0.1:8634 | head -n 1 | tr -d '\r' | grep . || echo -; }

REQUEST_TESTS=14
request_tests() {
	local long post="POST /.well-known/tlsbind HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	daemon --key-wait 0 --body-size 200
	post '{"nonce":1}' "$URL"
	refused "what is no challenge" 400 "malformed challenge"
	post "{\"nonce\":\"$NONCE\"}" "$URL"
	refused "a challenge without a connection" 400 "the challenge names no connection"
	ask "$NOBODY" http://127.0.0.1:8634/
	refused "another path" 404 "not found"
	ask "$NOBODY" -X PUT "$URL"
	refused "another method" 405 "only POST"
	is "is told which" "$(header allow)" POST
	TYPE=text/plain ask "$NOBODY"
	refused "another type" 415 "not application/json"
	TYPE='Application/JSON ; charset=utf-8' ask "$NOBODY"
	refused "the type with a parameter" 404 "no such connection"
	long=$(printf '%0200d' 0)
	post "$long" "$URL"
	refused "a body as large as it may be" 400 "malformed challenge"
	post "${long}1" "$URL"
	refused "one that is larger" 413 "body too large"
	post "${long}1" -H 'Transfer-Encoding: chunked' "$URL"
	refused "which does not say so before" 413 "body too large"
	ask "$NOBODY" -H "X: $(printf '%09000d' 0)" "$URL"
	is "a head that is too large" "$STATUS" 431
	is "a length that is none" "$(raw "${post}Content-Length: x\r\n\r\n")" "HTTP/1.1 400 Bad Request"
	is "no host" "$(raw "POST /.well-known/tlsbind HTTP/1.1\r\n\r\n")" "HTTP/1.1 400 Bad Request"
	is "no HTTP" "$(raw "\x16\x03\x01\x00\x05hello\r\n\r\n")" -
	stop_daemon
}

# A connection that does nothing but be there; close_idle closes it.
open_idle() { exec {IDLE}<>/dev/tcp/127.0.0.1/8634; }
close_idle() { exec {IDLE}>&-; }

# pipeline COUNT WHERE: so many questions in one go; the statuses, and the last answer's end.
pipeline() {
	local i body
	body=$(body "$NOBODY")
	for ((i = 0; i < $1; i++)); do
		printf 'POST /.well-known/tlsbind HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
		printf 'Content-Length: %d\r\n\r\n%s' "${#body}" "$body"
	done | timeout 5 socat STDIO,ignoreeof "$2" | tr -d '\r' >"$WORK/pipeline"
	grep -o 'HTTP/1.1 [0-9]*' "$WORK/pipeline" | cut -d' ' -f2 | uniq -c | awk '{print $2 "x" $1}' | paste -sd' '
}

PEER_TESTS=8
peer_tests() {
	quiet_daemon --listen http://127.0.0.1 --listen "unix:$UNIX" --key-wait 0 --rate 3
	is "more requests than the rate of a peer" "$(pipeline 8 TCP:127.0.0.1:8634)" "404x3 429x1"
	is "are refused" "$(tail -n 1 "$WORK/pipeline")" \
		'{"error":"too many requests"}'
	is "and told when to come back" "$(sed -n 's/^Retry-After: //Ip' "$WORK/pipeline")" 1
	ok "which is true" wait_for 5 asked_well
	is "on a Unix socket nobody is a peer" "$(pipeline 8 "UNIX-CONNECT:$UNIX")" 404x8
	stop_daemon

	quiet_daemon --listen http://127.0.0.1 --key-wait 0 --rate 0 --peer-connections 2
	open_idle
	local first=$IDLE
	open_idle
	wait_for 10 has_more 2
	ask "$NOBODY"
	is "more connections than a peer may have are closed" "${STATUS/56/52}" curl-52
	close_idle
	wait_for 10 has_more 1
	ask "$NOBODY"
	is "until there are fewer" "$STATUS" 404
	exec {first}>&-
	ok "and nothing is left open" wait_for 10 has_more 0
	stop_daemon
}

asked_well() { ask "$NOBODY"; [ "$STATUS" = 404 ]; }

LIMIT_TESTS=10
limit_tests() {
	daemon --key-wait 0 --requests 2
	keys 41 41
	hold
	many_begin 8634 "${ID[41]}" 2 41
	wait_for 10 has_more 2
	ask "${ID[41]}"
	refused "more questions than may wait" 503 "too many questions wait"
	is "are told when to come back" "$(header retry-after)" 1
	release
	many_end "those that wait are answered" "200 2"
	ask "${ID[41]}"
	is "and then there is room" "$STATUS" 200
	drop 41
	stop_daemon

	daemon --key-wait 0 --connections 2
	open_idle
	local first=$IDLE
	open_idle
	wait_for 10 has_more 2
	curl -s -m 60 -o /dev/null -w '%{http_code}' "$URL" >"$WORK/third" &
	wait_for 10 waits_in_backlog
	ok "more connections than there may be are not accepted" test ! -s "$WORK/third"
	close_idle
	wait $!
	is "before others are closed" "$(cat "$WORK/third")" 405
	exec {first}>&-
	stop_daemon

	daemon --key-wait 0 --request-time 1
	is "who sends nothing is not waited for" "$(raw '' 20)" -
	is "nor who sends half a head" "$(raw 'POST /.well-known/tls' 20)" -
	is "nor half a body" "$(raw "POST /.well-known/tlsbind HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{" 20)" -
	ok "and nothing is left open" wait_for 10 has_more 0
	stop_daemon
}

waits_in_backlog() { [ "$(ss -Hltn 'sport = :8634' | awk '{print $2}')" -gt 0 ]; }

MANY_TESTS=8
many_tests() {
	local before
	quiet_daemon --listen "unix:$UNIX"
	keys 51 51
	before=$(mock_reports)
	hold
	many_begin "$UNIX" "${ID[51]}" 300 51
	wait_for 30 has_more 300
	release
	many_end "300 questions at once, each answered for its own nonce" "200 300"
	ok "by few reports" test $(($(mock_reports) - before)) -le 5
	ok "nothing is left open" wait_for 10 has_more 0

	hold
	mkfifo "$WORK/leave"
	daemon-ask "$UNIX" "${ID[51]}" 300 leave <"$WORK/leave" 2>"$WORK/sent" &
	MANY=$!
	exec 7>"$WORK/leave"
	wait_for 30 has_more 300
	exec 7>&-
	wait "$MANY"
	ok "who does not wait for the answer is not waited for" wait_for 10 has_more 0
	many_begin "$UNIX" "${ID[51]}" 212 51
	wait_for 10 has_more 212
	ask "${ID[51]}" --unix-socket "$UNIX" http://x/.well-known/tlsbind
	refused "but his questions count while the kernel has them" 503 "too many questions wait"
	release
	many_end "others are answered" "200 212"
	stop_daemon

	quiet_daemon --listen "unix:$UNIX" --receive-buffer 1
	hold
	many_begin "$UNIX" "${ID[51]}" 64 51
	wait_for 10 has_more 64
	kill -STOP "$DAEMON"
	release
	wait_for 10 test ! -e /sys/kernel/config/tsm/report/tlsbind
	kill -CONT "$DAEMON"
	many_end "answers that were lost are asked for again" "200 64"
	ok "and said to be lost" grep -q "answers of the kernel were lost" "$LOG"
	drop 51
	stop_daemon
}

mock_reports() { cat /sys/module/tlsbind_mock_tee/parameters/reports; }

STOP_TESTS=8
stop_tests() {
	daemon
	keys 61 61
	hold
	many_begin 8634 "${ID[61]}" 20 61
	wait_for 10 has_more 20
	kill -TERM "$DAEMON"
	ok "SIGTERM: no connection is accepted any more" wait_for 10 not_listening 8634
	ok "but what waits goes on" kill -0 "$DAEMON"
	release
	many_end "and is answered" "200 20"
	status "then it ends" 0 ended

	daemon --stop-time 1
	hold
	many_begin 8634 "${ID[61]}" 20 61
	wait_for 10 has_more 20
	kill -TERM "$DAEMON"
	many_end "what waits too long is told so" "503 20"
	status "and it ends, too" 0 ended
	release

	daemon --stop-time 3600 --key-wait 60
	many_begin 8634 "$NOBODY" 20
	wait_for 10 has_more 21
	kill -TERM "$DAEMON"
	wait_for 10 not_listening 8634
	kill -TERM "$DAEMON"
	status "a second SIGTERM is not waited for" 0 ended
	many_end "nor by those who wait" "0 20"
	drop 61
}

not_listening() { ! listening "$1"; }

UNLOAD_TESTS=7
unload_tests() {
	local unloading
	daemon --key-wait 60
	keys 71 71
	hold
	many_begin 8634 "${ID[71]}" 10 71
	wait_for 10 has_more 10
	unload_module &
	unloading=$!
	many_end "the module is unloaded while questions wait for evidence" "503 10"
	release
	wait "$unloading"
	ok "it is gone" wait_for 10 gone
	ask "${ID[71]}"
	refused "later questions are told so" 503 "the kernel module is not there"
	drop 71
	{ load_module && allow_all; } || diag "the module does not load"
	keys 73 73
	ok "when it is back they are answered" wait_for 10 asked_73
	many_begin 8634 "$NOBODY" 10
	wait_for 10 has_more 11
	unload_module
	many_end "the module is unloaded while questions wait for a key" "503 10"
	drop 73
	ok "nothing is left open" wait_for 10 has_nothing
	is "there is a line in the log for each" "$(grep -c "the kernel module is" "$LOG")" 3
	stop_daemon
	{ load_module && allow_all; } || diag "the module does not load"
}

gone() { ! is_loaded tlsbind; }
asked_73() { ask "${ID[73]}"; [ "$STATUS" = 200 ]; }
# Without the module there are two sockets fewer.
has_nothing() { has_more -2; }

EXIT_TESTS=6
exit_tests() {
	status "without CAP_NET_ADMIN" 8 setpriv --bounding-set -net_admin --inh-caps -net_admin \
		tlsbindd --listen "unix:$UNIX"
	daemon
	status "where somebody else listens" 2 tlsbindd --listen http://127.0.0.1
	status "also on a Unix socket" 2 tlsbindd --listen "unix:$UNIX"
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	ok "but not where somebody did" daemon
	stop_daemon
	unload_module
	status "without the module" 7 tlsbindd --listen "unix:$UNIX"
	not_ok "nothing is left of that" test -e "$UNIX"
	load_module && allow_all
}

MANAGER_TESTS=6
manager_tests() {
	socat -u "UNIX-RECV:$WORK/notify" "OPEN:$WORK/notified,creat,append" &
	local notified=$!
	wait_for 10 test -S "$WORK/notify"
	NOTIFY_SOCKET=$WORK/notify daemon
	ok "the service manager is told of the start" wait_for 10 grep -q READY=1 "$WORK/notified"
	stop_daemon
	ok "and of the end" wait_for 10 grep -q STOPPING=1 "$WORK/notified"
	kill "$notified"

	keys 81 81
	: >"$LOG"
	systemd-socket-activate -l 8634 -l "$UNIX" --fdname=http:http tlsbindd >"$LOG" 2>&1 </dev/null &
	DAEMON=$!
	wait_port 8634
	ask "${ID[81]}"
	is "it answers on a socket that was passed" "$STATUS" 200
	ask "${ID[81]}" --unix-socket "$UNIX" http://x/.well-known/tlsbind
	is "and on a second" "$STATUS" 200
	stop_daemon
	ok "which it does not remove" test -S "$UNIX"
	rm -f "$UNIX"
	systemd-socket-activate -l 8634 --fdname=ssh tlsbindd >"$LOG" 2>&1 </dev/null &
	DAEMON=$!
	wait_port 8634
	curl -s -m 10 "$URL" >/dev/null
	status "a socket with another name is none of its" 1 ended
	drop 81
}

plan $((TRANSPORT_TESTS + WAIT_TESTS + ERROR_TESTS + NAMESPACE_TESTS + REQUEST_TESTS + PEER_TESTS + LIMIT_TESTS +
	MANY_TESTS + STOP_TESTS + UNLOAD_TESTS + EXIT_TESTS + MANAGER_TESTS))
certificate || bail "no certificate"
load_mock sev_guest || bail "no mock TEE"
{ load_module && allow_all; } || bail "tlsbind does not load"

transport_tests
wait_tests
error_tests
namespace_tests
request_tests
peer_tests
limit_tests
many_tests
stop_tests
unload_tests
exit_tests
manager_tests
