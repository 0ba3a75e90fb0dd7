# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Where the attacks on the gate take place. Three network namespaces are three machines:
#
#	client (10.89.2.2) -------- (10.89.2.1) attacker (10.89.1.2) -------- server (10.89.1.1)
#
# The server is nginx, with tlsbindd beside it; neither the client (openssl s_client) nor
# nginx knows of tlsbind. A rule of the client's machine holds what goes to ports 4433 and
# 4434, tlsbindd --judge judges it. The client was led to the attacker's address:
#
#	port 4433	goes on to the server, byte by byte (wire.py)
#	port 4434	ends in a relay that has stolen the server's key (relay.c)
#	port 8634	is the attacker's responder (responder.py)
#
# Sourced, after lib.sh. The variables are for the caller.
# shellcheck disable=SC2034

SERVER=10.89.1.1 ATTACKER=10.89.2.1 CLIENT=10.89.2.2
PORT=4433 RELAY_PORT=4434
WORK=$(mktemp -d /tmp/tlsbind-gate.XXXXXX)
JUDGE=''
SCENE_PIDS=() CLIENTS=()

# on MACHINE COMMAND...: configfs stays where it is.
on() { nsenter "--net=/run/netns/gate-$1" "${@:2}"; }

# spawn MACHINE OUTPUT ERRORS COMMAND...: in the background. $! is the command's own, which it
# is not of "on ... &".
spawn() { nsenter "--net=/run/netns/gate-$1" "${@:4}" >>"$2" 2>>"$3" <&0 & }

listens() { [ -n "$(on "$1" ss -Hltn "sport = :$2")" ]; }

# start MACHINE PORT COMMAND...: in the background, until it listens there.
start() {
	spawn "$1" "$WORK/$1.log" "$WORK/$1.log" "${@:3}" </dev/null
	SCENE_PIDS+=($!)
	wait_for 30 listens "$1" "$2"
}

scene_network() {
	local machine
	for machine in server attacker client; do
		ip netns add "gate-$machine" && ip -n "gate-$machine" link set lo up || return 1
	done
	scene_link attacker "$ATTACKER" client "$CLIENT" &&
		scene_link server "$SERVER" attacker 10.89.1.2
}

scene_link() { # MACHINE ADDRESS MACHINE ADDRESS
	ip link add "to-$3" netns "gate-$1" type veth peer name "to-$1" netns "gate-$3" &&
		ip -n "gate-$1" address add "$2/24" dev "to-$3" &&
		ip -n "gate-$3" address add "$4/24" dev "to-$1" &&
		ip -n "gate-$1" link set "to-$3" up && ip -n "gate-$3" link set "to-$1" up
}

scene_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=server.example -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

# What it was asked is in $WORK/requests.
scene_nginx() {
	cat >"$WORK/nginx.conf" <<-END
		daemon off; master_process off; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
		events { worker_connections 4096; }
		http {
			log_format all '\$request'; access_log $WORK/requests all;
			client_header_timeout 600; keepalive_timeout 0;
			client_body_temp_path $WORK/body; proxy_temp_path $WORK/proxy;
			fastcgi_temp_path $WORK/fastcgi; uwsgi_temp_path $WORK/uwsgi; scgi_temp_path $WORK/scgi;
			server {
				listen $SERVER:$PORT ssl;
				ssl_certificate $WORK/cert.pem; ssl_certificate_key $WORK/key.pem;
				ssl_protocols TLSv1.3; ssl_conf_command Options KTLS;
				location / { return 200 "served\n"; }
			}
		}
	END
	start server "$PORT" nginx -c "$WORK/nginx.conf"
}

rules_on() { # MACHINE RULE: the only one
	on "$1" tlsbind rule flush >/dev/null && on "$1" tlsbind rule add "${@:2}" >/dev/null
}

# mode NAME: what the attacker's responder does from now on.
mode() {
	echo "$1" >"$WORK/mode.new"
	mv "$WORK/mode.new" "$WORK/mode"
	rm -f "$WORK/evidence" "$WORK/nonce" "$WORK/questions"
}

scene_attacker() {
	mode honest
	start attacker "$PORT" /opt/tlsbind/attacks/wire.py "$WORK/wire" \
		"$ATTACKER:$PORT=$SERVER:$PORT" "$ATTACKER:$RELAY_PORT=127.0.0.1:$RELAY_PORT" &&
		start attacker "$RELAY_PORT" relay "127.0.0.1:$RELAY_PORT" "$SERVER:$PORT" \
			"$WORK/cert.pem" "$WORK/key.pem" "$WORK/relay-read" "$WORK/relay-keys" &&
		start attacker 8634 /opt/tlsbind/attacks/responder.py "$WORK" "$ATTACKER" \
			"$SERVER" "$SERVER:$PORT" && wait_for 20 test -s "$WORK/own"
}

# A policy from evidence about a connection that nothing is wrong with.
scene_policy() {
	wait_for 20 on server tlsbind evidence "$(cat "$WORK/own")" file "$WORK/good" &&
		tlsbind policy suggest "$WORK/good" >"$WORK/suggested" &&
		jq '.tcb = "any" | .snp["minimum-tcb"] = "any" | .claims["key-age"] = "any" |
			.claims.uptime = "any"' "$WORK/suggested" >"$WORK/policy"
}

# judge_start OPTION...: of the client's machine. What it says is in $WORK/judge.log.
judge_start() {
	: >"$WORK/judge.log"
	spawn client /dev/null "$WORK/judge.log" tlsbindd --judge --handshake full \
		--policy "$WORK/policy" --root "$TLSBIND/pki/ark.pem" "$@"
	JUDGE=$!
	wait_for 20 grep -q "judge of this network namespace" "$WORK/judge.log"
}

judge_end() { # SIGNAL
	kill -"$1" "$JUDGE" 2>/dev/null
	wait "$JUDGE" 2>/dev/null
}

scene_up() {
	scene_network && scene_certificate && rules_on server attest lport "$PORT" &&
		scene_nginx && start server 8634 tlsbindd --listen "http://$SERVER" --rate 0 \
			--peer-connections 0 --key-wait 1 &&
		scene_attacker && scene_policy && rules_on client gate rport "$PORT-$RELAY_PORT"
}

scene_down() {
	local pid machine
	for pid in "${SCENE_PIDS[@]}" $JUDGE; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for machine in server attacker client; do
		[ ! -e "/run/netns/gate-$machine" ] || ip netns del "gate-$machine"
	done
	rm -rf "$WORK"
}

# client_begin PORT: a client, who says a new secret as soon as he can, and waits for an answer.
client_begin() {
	SECRET=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	printf 'GET /%s HTTP/1.0\r\n\r\n' "$SECRET" >"$WORK/say"
	: >"$WORK/served"
	spawn client "$WORK/served" "$WORK/client.log" timeout $((90 * ${TLSBIND_SLOW:-1})) openssl s_client \
		-connect "$ATTACKER:$1" -tls1_3 -ktls -quiet <"$WORK/say"
	CLIENTS+=($!)
}

# clients_end: until all have ended. $STATUS is that of the last.
clients_end() {
	local pid
	for pid in "${CLIENTS[@]}"; do
		STATUS=0
		wait "$pid" || STATUS=$?
	done
	CLIENTS=()
}

# client PORT: one, from beginning to end.
client() {
	: >"$WORK/wire"
	client_begin "$1"
	clients_end
}

held() { [ "$(on client tlsbind -j gate | jq length)" = "$1" ]; }

# said PORT [COUNT]: how connections to there ended on the wire, and in which records.
said() {
	wait_for 10 ended "$1" "${2:-1}"
	sed -n "s/^$1 //p" "$WORK/wire"
}
ended() { [ "$(grep -c "^$1 " "$WORK/wire")" -ge "$2" ]; }

# arrived: the secret is anywhere that the attacker's or the server's machine knows of.
arrived() { grep -aqs "$SECRET" "$WORK/requests" "$WORK/relay-read"; }

# naive POLICY: would a relying party accept the last genuine evidence that only looks whether it is
# genuine, for its nonce, and of a guest that it likes?
naive() {
	tlsbind verify --policy "$1" --root "$TLSBIND/pki/ark.pem" --unbound \
		--nonce "$(cat "$WORK/nonce")" "$WORK/evidence"
}
