# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# What the two guests of vm/pair.sh share: each attests its own end of a connection and
# judges the other. After lib.sh.

NEAR=10.79.0.1 FAR=10.79.0.2 PORT=4433 ORDERS=7000
WORK=$(mktemp -d)
at_exit rm -rf "$WORK"
at_exit pkill -f tlsbindd

# wire ADDRESS: this guest's end.
wire() {
	local device
	modprobe virtio_net && wait_for 10 compgen -G '/sys/class/net/e*' || return 1
	device=$(basename /sys/class/net/e*)
	ip address add "$1/24" dev "$device" && ip link set "$device" up
}

# reachable ADDRESS PORT: until somebody listens there.
answers() { timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2"; }
reachable() { wait_for 150 answers "$1" "$2"; }

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

# known_good: a policy for guests like this one, from evidence of a connection to itself,
# in $WORK/policy. Only gated connections will do.
known_good() {
	local id
	rules only attest loopback
	mkfifo "$WORK/stay"
	sleep 1000 >"$WORK/stay" &
	openssl s_server -accept 127.0.0.1:4400 -cert "$WORK/cert.pem" -key "$WORK/key.pem" \
		-tls1_3 -ktls -quiet <"$WORK/stay" >/dev/null 2>&1 &
	wait_port 4400
	sleep 1000 | openssl s_client -connect 127.0.0.1:4400 -tls1_3 -ktls -quiet >/dev/null 2>&1 &
	wait_for 20 own_id || return 1
	id=$(own_id)
	tlsbind evidence "$id" file "$WORK/evidence" >/dev/null
	pkill openssl
	pkill sleep
	tlsbind policy suggest "$WORK/evidence" >"$WORK/suggested" &&
		jq '.tcb = "any" | .snp["minimum-tcb"] = "any" | .claims["key-age"] = "any" |
			.claims.uptime = "any" | .claims["rules-digest"] = "any" |
			.claims.flags = {"gated": 1}' "$WORK/suggested" >"$WORK/policy"
}
own_id() { tlsbind -j sock | jq -re '[.[] | select(.id) | .id][0]'; }

# other_policy: one that this guest's like does not meet.
other_policy() { jq '.snp.measurement = ["'"$(printf '0%.0s' {1..95})1"'"]' "$WORK/policy"; }

# daemons ADDRESS: the two sides of tlsbindd.
daemons() {
	tlsbindd --listen "http://$1:8634" --rate 0 2>"$WORK/responder.log" &
	cp "$WORK/policy" "$WORK/applied"
	tlsbindd --judge --handshake full --policy "$WORK/applied" \
		--root "$TLSBIND/pki/ark.pem" 2>"$WORK/judge.log" &
	JUDGE=$!
	reachable "$1" 8634 && wait_for 20 grep -q "judge of this network namespace" "$WORK/judge.log"
}

# stats NAME: a counter of this guest.
stats() { tlsbind -j stats | jq -r ".[\"$1\"]"; }

# setup ADDRESS
setup() {
	wire "$1" || bail "no wire"
	{ load_mock sev_guest && load_module; } || bail "no module"
	{ certificate && known_good; } || bail "no policy"
	daemons "$1" || bail "no daemons"
}
