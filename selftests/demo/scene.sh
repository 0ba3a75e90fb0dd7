# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The scene of the relay demonstration, as functions for the scripts that play
# it. Three network namespaces of one guest stand for three machines:
#
#	party (10.77.3.2) ------------------------------- attester (10.77.3.1)
#	party (10.77.2.2) --- (10.77.2.1) relay (10.77.1.2) --- attester (10.77.1.1)
#
# The attester runs two servers with the same TLS key and certificate: on port
# 4433 one with tlsbind, on port 4434 one with "level 1" evidence. The relay
# runs the same program against each of them, with that key stolen. The party
# always asks for the same name; who decides where it leads is the network.
#
# Sourced, never run. The variables are for the caller.
# shellcheck disable=SC2034

SCENE=$(mktemp -d /tmp/tlsbind-scene.XXXXXX)
SCENE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SCENE_PKI=${SCENE_PKI:-/opt/tlsbind/pki}
SCENE_NAME=attester.example
SCENE_PORT=4433
SCENE_LEVEL1_PORT=4434
SCENE_CA=$SCENE/ca.pem
SCENE_PIDS=()

# scene_in MACHINE COMMAND...: runs COMMAND on a machine. Only the network
# changes: "ip netns exec" would also replace /sys, and configfs with it.
scene_in() {
	nsenter "--net=/run/netns/tlsbind-$1" "${@:2}"
}

# scene_party COMMAND...: runs COMMAND at the relying party, where the name
# leads to where scene_resolve() said.
scene_party() {
	# shellcheck disable=SC2016
	scene_in party unshare --mount --propagation private -- \
		bash -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$SCENE/hosts" "$@"
}

# scene_resolve direct|relay: what the network tells the relying party.
scene_resolve() {
	case $1 in
	direct) echo "10.77.3.1 $SCENE_NAME" ;;
	relay) echo "10.77.2.1 $SCENE_NAME" ;;
	*) return 1 ;;
	esac >"$SCENE/hosts"
}

scene_link() { # MACHINE ADDRESS MACHINE ADDRESS
	ip link add "to-$3" netns "tlsbind-$1" type veth \
		peer name "to-$1" netns "tlsbind-$3"
	ip -n "tlsbind-$1" address add "$2/24" dev "to-$3"
	ip -n "tlsbind-$3" address add "$4/24" dev "to-$1"
	ip -n "tlsbind-$1" link set "to-$3" up
	ip -n "tlsbind-$3" link set "to-$1" up
}

scene_network() {
	local machine
	for machine in attester relay party; do
		ip netns add "tlsbind-$machine"
		ip -n "tlsbind-$machine" link set lo up
	done
	scene_link attester 10.77.1.1 relay 10.77.1.2
	scene_link relay 10.77.2.1 party 10.77.2.2
	scene_link attester 10.77.3.1 party 10.77.3.2
	scene_resolve direct
}

# An ordinary PKI: a CA that the relying party trusts, a server certificate.
scene_certificates() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
	(
		cd "$SCENE" || exit
		mkdir attester relay
		openssl req -x509 "${key[@]}" -subj "/CN=tlsbind demo CA" \
			-keyout ca.key -out ca.pem
		openssl req -x509 "${key[@]}" -subj "/CN=$SCENE_NAME" \
			-addext "subjectAltName=DNS:$SCENE_NAME" \
			-addext "basicConstraints=critical,CA:FALSE" \
			-CA ca.pem -CAkey ca.key \
			-keyout attester/server.key -out attester/server.pem
		# The theft.
		cp attester/server.key attester/server.pem relay/
	) 2>"$SCENE/openssl.log"
}

# scene_wait MACHINE PORT PID: until something listens there, or PID is gone.
scene_wait() {
	local tries
	for ((tries = 0; tries < 600; tries++)); do
		[ -z "$(scene_in "$1" ss -Hltn "sport = :$2")" ] || return 0
		kill -0 "$3" 2>/dev/null || break
		sleep 0.1
	done
	echo "nothing listens on port $2 of the $1" >&2
	cat "$SCENE"/*.log >&2
	return 1
}

# scene_start MACHINE PORT LOG COMMAND...: starts a server in the background.
scene_start() {
	nsenter "--net=/run/netns/tlsbind-$1" "${@:4}" >"$SCENE/$3.log" 2>&1 </dev/null &
	SCENE_PIDS+=($!)
	scene_wait "$1" "$2" $!
}

scene_servers() {
	local tls=("$SCENE/attester/server.pem" "$SCENE/attester/server.key")
	scene_in attester rules only attest lport "$SCENE_PORT" || return 1
	scene_start attester "$SCENE_PORT" server \
		tlsbind-example-server 0.0.0.0 "$SCENE_PORT" "${tls[@]}"
	scene_start attester "$SCENE_LEVEL1_PORT" level1 \
		"$SCENE_DIR/level1-attester.py" 0.0.0.0 "$SCENE_LEVEL1_PORT" "${tls[@]}"
}

# One relay for each server: the same program, the same stolen key.
scene_relays() {
	local port
	for port in "$SCENE_PORT" "$SCENE_LEVEL1_PORT"; do
		scene_start relay "$port" "relay-$port" relay "10.77.2.1:$port" \
			"10.77.1.1:$port" "$SCENE/relay/server.pem" \
			"$SCENE/relay/server.key" "$SCENE/relay/plaintext-$port"
	done
}

# scene_root PROVIDER: the mock vendor's root certificate.
scene_root() {
	case $1 in
	sev_guest) echo "$SCENE_PKI/ark.pem" ;;
	tdx_guest) echo "$SCENE_PKI/root.pem" ;;
	*) return 1 ;;
	esac
}

# scene_secret: a new secret, and the request that carries it to the server.
scene_secret() {
	SCENE_SECRET=$(openssl rand -hex 6)
	printf 'GET / HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n' \
		"$SCENE_NAME" "$SCENE_SECRET" >"$SCENE/request"
}

# scene_meet tlsbind|level1 PROVIDER [OPTION...]: a relying party, with tlsbind or as
# they are today, meets whoever answers to the name. It sends the secret if it
# accepts the evidence. The command is in SCENE_COMMAND.
scene_meet() {
	SCENE_MEASUREMENT=$(tr -d '\n' <"$SCENE_PKI/measurement.hex")
	case $1 in
	tlsbind)
		# shellcheck disable=SC2054
		SCENE_COMMAND=(tlsbind connect --cafile "$SCENE_CA" --root "$(scene_root "$2")"
			--any-tcb --measurement "$SCENE_MEASUREMENT"
			"${@:3}" "$SCENE_NAME:$SCENE_PORT")
		;;
	level1)
		SCENE_COMMAND=(level1-relying-party "$SCENE_CA" "$(scene_root "$2")"
			"$SCENE_MEASUREMENT" "$SCENE_NAME:$SCENE_LEVEL1_PORT")
		;;
	*) return 1 ;;
	esac
	scene_party timeout 120 "${SCENE_COMMAND[@]}" <"$SCENE/request"
}

# scene_read PORT: what the relay has read of the secret on its way, or nothing.
scene_read() {
	[ ! -e "$SCENE/relay/plaintext-$1" ] ||
		grep -ao "$SCENE_SECRET" "$SCENE/relay/plaintext-$1" || true
}

# scene_relayed PORT COUNT: has this relay forwarded COUNT connections to their end?
scene_relayed() {
	[ "$(grep -c '^relay: forwarded' "$SCENE/relay-$1.log")" -ge "$2" ]
}

scene_up() {
	scene_network && scene_certificates && scene_servers && scene_relays
}

scene_stop() {
	local pid machine
	for pid in "${SCENE_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	SCENE_PIDS=()
	for machine in attester relay party; do
		[ ! -e "/run/netns/tlsbind-$machine" ] || ip netns del "tlsbind-$machine"
	done
	rm -rf "$SCENE"
}
