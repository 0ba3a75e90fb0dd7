# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Where tlsbindd --judge is tested. Two network namespaces are two machines: a client that
# knows nothing of tlsbind, behind a gate, with the judge; and a server that knows nothing of it
# either, with tlsbindd beside it.
#
# Sourced, after lib.sh. The variables are for the caller.
# shellcheck disable=SC2034

WORK=$(mktemp -d)
SERVER=10.88.0.1 CLIENT=10.88.0.2
PORT=4600 SECRET=the-secret-that-must-not-leave
JUDGE='' RESPONDER=''

at_exit rm -rf "$WORK"
at_exit pkill -f "$WORK"
at_exit ip netns del judge-client
at_exit ip netns del judge-server

# on server|client COMMAND...: on that machine; configfs stays where it is.
on() { nsenter "--net=/run/netns/judge-$1" "${@:2}"; }
# The same where the process is to be the command itself, to be sent signals.
AT_SERVER=(nsenter --net=/run/netns/judge-server)
AT_CLIENT=(nsenter --net=/run/netns/judge-client)

network() {
	ip netns add judge-server && ip netns add judge-client &&
		ip link add wire netns judge-server type veth peer name wire netns judge-client &&
		ip -n judge-server address add "$SERVER/24" dev wire &&
		ip -n judge-client address add "$CLIENT/24" dev wire &&
		ip -n judge-server link set lo up && ip -n judge-client link set lo up &&
		ip -n judge-server link set wire up && ip -n judge-client link set wire up
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

listens() { [ -n "$(on server ss -Hltn "sport = :$1")" ]; }

# The server sends its own secret when the connection is there, and prints what it is sent.
server_start() {
	[ -p "$WORK/stay" ] || mkfifo "$WORK/stay"
	sleep 1000 >"$WORK/stay" &
	STAY=$!
	"${AT_SERVER[@]}" openssl s_server -accept "$SERVER:$PORT" -cert "$WORK/cert.pem" \
		-key "$WORK/key.pem" -tls1_3 -ktls -num_tickets 0 -quiet \
		< <(echo "$SECRET from the server"; cat "$WORK/stay" 2>/dev/null) \
		>"$WORK/received" 2>"$WORK/server.log" &
	SERVING=$!
	wait_for 60 listens "$PORT"
}

server_stop() {
	kill "$SERVING" "$STAY" 2>/dev/null
	wait "$SERVING" "$STAY" 2>/dev/null
}

judge_start() { # OPTION...
	: >"$WORK/judge.log"
	# In a session of its own: else all of us get SIGHUP when it is stopped. Below, too.
	setsid "${AT_CLIENT[@]}" tlsbindd --judge --handshake full --policy "$WORK/policy" \
		--policy "2=$WORK/policy" --root "$TLSBIND/pki/ark.pem" "$@" 2>>"$WORK/judge.log" &
	JUDGE=$!
	wait_for 60 grep -q "judge of this network namespace" "$WORK/judge.log"
}

judge_end() { # SIGNAL
	kill -"$1" "$JUDGE" 2>/dev/null
	wait "$JUDGE" 2>/dev/null
}

responder_start() {
	setsid "${AT_SERVER[@]}" tlsbindd --listen "http://$SERVER:8634" --rate 0 2>>"$WORK/responder.log" &
	RESPONDER=$!
	wait_for 60 listens 8634
}

# end PID: and wait for it.
end() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }

rules_on() { # MACHINE RULE: the only one
	{ on "$1" tlsbind rule flush && on "$1" tlsbind rule add "${@:2}"; } >/dev/null
}

# known_good: a policy, from evidence of a connection that nothing is wrong with.
known_good() {
	local id
	server_start || return 1
	"${AT_CLIENT[@]}" openssl s_client -connect "$SERVER:$PORT" -tls1_3 -ktls -quiet \
		</dev/null >/dev/null 2>"$WORK/client.log" &
	wait_for 60 good_id || { sed 's/^/# /' "$WORK/client.log"; return 1; }
	id=$(good_id)
	on server tlsbind evidence "$id" file "$WORK/evidence" >/dev/null
	end $!
	server_stop
	[ -s "$WORK/evidence" ] || { sed 's/^/# /' "$WORK/server.log" "$WORK/client.log"; return 1; }
	tlsbind policy suggest "$WORK/evidence" >"$WORK/suggested" || return 1
	jq '.tcb = "any" | .snp["minimum-tcb"] = "any" | .claims["key-age"] = "any" |
		.claims.uptime = "any" | .claims["rules-digest"] = "any"' "$WORK/suggested" >"$WORK/good"
}
good_id() { on server tlsbind -j sock | jq -re '.[] | select(.id) | .id'; }

held() { [ "$(on client tlsbind -j gate | jq length)" = "$1" ]; }
# stats NAME: a counter of the client's machine.
stats() { on client tlsbind -j stats | jq -r ".[\"$1\"]"; }
