#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs of Debian as they are: which of them hand their keys to the kernel, and which ends of
# their connections can be attested. Documentation/applications.rst tells why.
#
# Two network namespaces stand for two machines. "Attested" means: both keys are in the kernel,
# nothing is flagged, and a relying party that knows the connection's keys (from the key log of
# one end) accepts the evidence that was made for this end. So it is about this connection.
# "Gated" means: the client is held until its judge has accepted the server's evidence.

. lib.sh

# shellcheck disable=SC2034
SERVER=10.9.0.1 CLIENT=10.9.0.2
NONCE=$(openssl rand -hex 32)
SEEN=''			# connections that were looked at
HELD=0 ADMITTED=0	# by the gate until now

. applications-programs.sh

in_client() { nsenter --net=/run/netns/client "$@"; }
on() { if [ "$1" = client ]; then in_client "${@:2}"; else "${@:2}"; fi; }

network() {
	ip netns add client &&
		ip link add to-client type veth peer name to-server netns client &&
		ip address add "$SERVER/24" dev to-client &&
		ip link set to-client up &&
		ip -n client address add "$CLIENT/24" dev to-server &&
		ip -n client link set to-server up && ip -n client link set lo up
	# The end of the other namespace goes with it.
	at_exit ip netns delete client
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=server.example -addext "subjectAltName=DNS:server.example,IP:$SERVER" \
		-keyout key.pem -out cert.pem 2>openssl.log
	cat key.pem cert.pem >both.pem
}

# policy MEASUREMENT: whatever the guest is besides; nothing may be flagged.
policy() {
	cat <<-END
		{ "tlsbind-policy": 1,
		  "snp": { "measurement": ["$1"],
		    "host-data": "any", "id-key-digest": "any", "author-key-digest": "any",
		    "family-id": "any", "image-id": "any", "guest-svn": "any", "vmpl": [0],
		    "chip-id": "any", "minimum-tcb": "any" },
		  "claims": { "flags": {}, "generation": 0, "uid": "any", "executable": "any",
		    "rules-digest": "any", "key-age": "any", "uptime": "any", "app-data": "any" },
		  "tcb": "any" }
	END
}

# What came back: some servers send what they are sent, one sends it backwards.
answered() { grep -aqE 'held|dleh' got; }
answered_or_gone() { answered || ! kill -0 "$TALKING" 2>/dev/null; }

# talk NAME PORT: the client is in the middle of a connection then. Its keys are logged, if it can.
talk() {
	local COMMAND=()
	client "$1" "$2"
	: >keys
	rm -f ask
	mkfifo ask
	exec {ASK}<>ask
	printf 'GET /held HTTP/1.0\r\n\r\n' >ask
	SSLKEYLOGFILE=$PWD/keys nsenter --net=/run/netns/client "${COMMAND[@]}" <ask >got 2>client.log &
	TALKING=$!
	wait_for 60 answered_or_gone
	answered
}

hang_up() {
	kill "$TALKING" 2>/dev/null
	wait "$TALKING" 2>/dev/null
	exec {ASK}<&-
}

# look END PORT: sets ID, SUITE and KEYS of the socket there that was not there before. KEYS is
# "none" if no key of it is in the kernel, and "both" if both are and nothing is unusual.
look() {
	local line
	line=$(on "$1" tlsbind -j sock | jq -r --argjson port "$2" --arg seen "$SEEN" '.. | objects |
		select(.id? and (.local.port == $port or .remote.port == $port)) |
		select(.id as $id | $seen | contains($id) | not) |
		"\(.id) \(."cipher-suite") \(if (.tx.generation, .rx.generation) == 0 and .flags == [] and
			."tls-version" == "1.3" and (.error | not) then "both" else tojson end)"') ||
		line="- - unknown"
	read -r ID SUITE KEYS <<<"${line:-- - none}"
	SEEN+=" $ID"
}

# secret NAME: in the key log.
secret() { awk -v name="$1_TRAFFIC_SECRET_0" '$1 == name { print $3; exit }' keys; }

# connection_keys END: the connection, as a relying party knows it that has both secrets.
connection_keys() {
	local own=SERVER other=CLIENT
	[ "$1" = server ] || own=CLIENT other=SERVER
	cat <<-END
		{ "cipher-suite": "$SUITE", "dhe": true, "full-handshake": true, "no-early-data": true,
		  "tx": { "secret": "$(secret "$own")", "generation": 0 },
		  "rx": { "secret": "$(secret "$other")", "generation": 0 } }
	END
}

# attested END: whether evidence for it is to be had, and accepted. If not, says why.
attested() {
	rm -f evidence
	on "$1" tlsbind evidence "$ID" nonce "$NONCE" file evidence >made 2>&1 || { tail -n 1 made; return; }
	connection_keys "$1" >connection.json
	if tlsbind verify --policy policy.json --root "$TLSBIND/pki/ark.pem" --nonce "$NONCE" \
		--connection-keys connection.json evidence >verified 2>&1; then
		echo attested
	else
		grep -v ' pass' verified | tr '\n' ' '
	fi
}

# verdict END PORT WANT: evidence is made for the end only if that is what is wanted.
verdict() {
	local ID SUITE KEYS
	look "$1" "$2"
	if [ "$KEYS $3" = "both attested" ]; then VERDICT=$(attested "$1"); else VERDICT=$KEYS; fi
}

# verdicts NAME PORT SERVER'S-END CLIENT'S-END
verdicts() {
	local VERDICT server
	verdict server "$2" "$3"
	server=$VERDICT
	verdict client "$2" "$4"
	is "$1" "$server, $VERDICT" "$3, $4"
}

# pair SERVER CLIENT SERVER'S-END CLIENT'S-END
pair() {
	local port=${PORTS[$1]}
	if talk "$2" "$port"; then
		verdicts "$1 and $2" "$port" "$3" "$4"
	else
		fail "$1 and $2"
		tap_output "no answer" client.log
	fi
	hang_up
}

# files: a file comes over NFS.
files() { wait_for 30 mount_nfs && grep -q held mount/held; }

# nfs: a file system between two kernels.
nfs() {
	: >keys
	if handshakes && files; then
		verdicts "NFS" "${PORTS[NFS]}" attested attested
	else
		fail "NFS"
		tap_output "no file" tlshd-client.log
		mount_nfs
	fi
	umount mount
}

# daemons: one answers beside the servers, one judges for the clients.
daemons() {
	tlsbindd --listen "http://$SERVER:8634" --rate 0 2>responder.log &
	policy "$(printf '0a%.0s' {1..48})" >other.json
	nsenter --net=/run/netns/client tlsbindd --judge --handshake full --root "$TLSBIND/pki/ark.pem" \
		--policy policy.json --policy 1=other.json 2>judge.log &
	wait_for 60 listening 8634 && wait_for 60 grep -q "judge of this network namespace" judge.log
}

# behind POLICY: what a client connects to from now on.
behind() {
	printf "gate rport %d policy $1\n" "${PORTS[nginx]}" "${PORTS[NFS]}" |
		in_client tlsbind rule load - >rules.log
}

# counted: what the gate did since the last time.
counted() {
	local held admitted
	read -r held admitted < <(in_client tlsbind -j stats | jq -r '"\(.held) \(.admitted)"')
	COUNTED="held $((held - HELD)), admitted $((admitted - ADMITTED))"
	HELD=$held ADMITTED=$admitted
}

# gated SERVER CLIENT WANT
gated() {
	local got=nothing
	! talk "$2" "${PORTS[$1]}" || got=answer
	hang_up
	counted
	is "gated: $1 and $2" "$got, $COUNTED" "$3" || sed 's/^/# judge: /' judge.log
}

gated_nfs() {
	local got=nothing
	! files || got=answer
	umount mount
	counted
	is "gated: NFS" "$got, $COUNTED" "answer, held 1, admitted 1" || sed 's/^/# judge: /' judge.log
}

local_listens() { [ -n "$(in_client ss -Hltn "sport = :$1")" ]; }

# For programs whose keys the kernel does not get: another one that attests for them.
forwarded() {
	nsenter --net=/run/netns/client tlsbind connect --policy policy.json --root "$TLSBIND/pki/ark.pem" \
		--cafile cert.pem --responder "http://$SERVER:8634" --listen 8080 "$SERVER:${PORTS[nginx]}" \
		2>connect.log &
	wait_for 60 local_listens 8080
	grep -q -m 1 held < <(in_client curl -sN --max-time 60 http://127.0.0.1:8080/held)
}

plan 30
load_ciphers
# shellcheck disable=SC2119
{ network && certificate && load_module && load_mock sev_guest; } || bail "no scene"
switches
policy "$(tr -d '\n' <"$TLSBIND/pki/measurement.hex")" >policy.json
rules only attest lport 2049-4411
in_client rules only attest rport 2049-4411
START=$SECONDS
{ servers && nfs_server; } || bail "no servers"
diag "servers after $((SECONDS - START)) s"

# What is attested at one end in one pair need not be again in every other.
pair "nginx" "s_client -ktls" attested attested
pair "nginx, OPENSSL_CONF" "s_client, OPENSSL_CONF" attested attested
pair "lighttpd" "s_client -ktls" attested both
pair "s_server -ktls" "s_client -ktls" attested both
pair "s_server, OPENSSL_CONF" "s_client -ktls" attested both
pair "Python, OP_ENABLE_KTLS" "s_client -ktls" attested both
pair "stunnel, ENABLE_KTLS" "s_client -ktls" attested both
pair "socat, OPENSSL_CONF" "s_client -ktls" attested both
pair "gnutls-serv of Debian" "s_client -ktls" none attested
pair "gnutls-serv, rebuilt" "s_client -ktls" attested both
pair "nginx" "Python, OP_ENABLE_KTLS" both attested
pair "nginx" "Python, OPENSSL_CONF" both attested
pair "s_server -ktls" "socat, OPENSSL_CONF" both attested
pair "nginx" "curl, OPENSSL_CONF" attested none
pair "nginx" "gnutls-cli of Debian" attested none
pair "nginx" "gnutls-cli, rebuilt" both attested
pair "gnutls-serv, rebuilt" "gnutls-cli, rebuilt" attested attested
pair "nginx" "wget of Debian" attested none
pair "s_server -ktls -num_tickets 0" "wget, rebuilt" both attested
pair "nginx" "wget2, rebuilt" both attested
nfs

daemons || bail "no daemons"
behind 0
gated "nginx" "s_client, OPENSSL_CONF" "answer, held 1, admitted 1"
gated "nginx" "Python, OPENSSL_CONF" "answer, held 1, admitted 1"
gated "nginx" "socat, OPENSSL_CONF" "answer, held 1, admitted 1"
gated "nginx" "gnutls-cli, rebuilt" "answer, held 1, admitted 1"
gated "nginx" "wget2, rebuilt" "answer, held 1, admitted 1"
gated_nfs
# Nothing holds what the kernel does not see.
gated "nginx" "curl, OPENSSL_CONF" "answer, held 0, admitted 0"
ok "curl by tlsbind connect --listen" forwarded || sed 's/^/# /' connect.log
# Nobody is what this policy wants.
behind 1
gated "nginx" "gnutls-cli, rebuilt" "nothing, held 1, admitted 0"
diag "after $((SECONDS - START)) s"
