#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbind(8) against the module: output compared with golden/*.json, and each exit
# code that needs the module. What needs none is in userspace/tests/options-check.sh.

. lib.sh

WORK=$(mktemp -d)
GOLDEN=$TLSBIND/golden
CGROUP=/sys/fs/cgroup
NOBODY=$(printf '%032d' 1)
NONCE=$(printf 'ab%.0s' {1..32})
at_exit rm -rf "$WORK"

# What differs from run to run becomes the name of its type.
NORMAL='walk(if type == "object" then
	with_entries(if (.key | IN("port", "installed", "cookie", "netns", "cgroup", "time", "size", "rule",
		"evidence", "hold", "timeout")) then .value |= type else . end)
	else . end) |
	if type == "object" and has("digest") then .generation |= type
	elif type == "array" then sort_by(.id) else . end'

# golden NAME COMMAND...: its JSON is what golden/NAME.json has.
golden() {
	local name=$1 got=0
	shift
	"$@" >"$WORK/$name.raw" 2>"$WORK/$name.err" || got=$?
	jq -S "$NORMAL" <"$WORK/$name.raw" >"$WORK/$name.json"
	if [ "$got" = 0 ] && diff -u "$GOLDEN/$name.json" "$WORK/$name.json" >"$WORK/diff"; then
		pass "the output is that of golden/$name.json"
	else
		fail "the output is that of golden/$name.json"
		tap_output "$got" "$WORK/diff"
		diag "$(cat "$WORK/$name.err")"
	fi
}

# refused NAME STATUS TEXT COMMAND...: it ends with STATUS and says TEXT.
refused() {
	local name=$1 want=$2 text=$3 got=0
	shift 3
	"$@" >"$WORK/out" 2>&1 || got=$?
	if [ "$got" = "$want" ] && grep -qF -- "$text" "$WORK/out"; then
		pass "$name"
	else
		fail "$name"
		tap_output "$got (not $want with \"$text\")" "$WORK/out"
	fi
}

# without_net_admin COMMAND...: as root, but without that capability.
without_net_admin() { setpriv --bounding-set -net_admin --inh-caps -net_admin "$@"; }

rule_json() { tlsbind -j rule | jq -r "$1"; }

write_rules() {
	cat >"$WORK/rules" <<-'END'
		# Rules of tlsbind, see tlsbind-rules(5).
		deny remote 192.0.2.0/24 rport 25
		pass local 2001:db8::/32 uid 1000-1999
		attest lport 4433-4434 exe fsverity:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff rekey abort
		attest uid 0 tls12 tx-only nic loopback no-export rekey keep rate 1000
		gate rport 5432 policy 258 lease 3600
	END
}

test_add() {
	is "a rule that is added has a handle" "$(tlsbind rule add attest lport 1 nic)" "handle 1"
	is "another goes before it" "$(tlsbind -j rule add deny lport 2 before 1 | jq .handle)" 2
	is "their order is the one asked for" "$(rule_json '[.rules[].handle] | join(" ")')" "2 1"
	refused "before a rule that is not there" 9 "no rule with this handle" tlsbind rule add pass before 77
	refused "deleting a rule that is not there" 9 "rule" tlsbind rule delete 77
	ok "deleting a rule" tlsbind rule delete 2
	is "it is gone" "$(rule_json '[.rules[].handle] | join(" ")')" 1
	ok "flushing" tlsbind rule flush
	is "nothing is left" "$(rule_json '.count, .digest')" "0
$(printf '%096d' 0)"
}

test_files() {
	local digest
	ok "loading a file" tlsbind rule load "$WORK/rules"
	golden rules tlsbind -j rule
	digest=$(tlsbind rule digest "$WORK/rules")
	is "kernel and file have the same digest" "$(tlsbind rule digest)" "$digest"
	ok "saving" tlsbind rule save "$WORK/saved"
	ok "what is saved is what was loaded" cmp "$WORK/rules" "$WORK/saved"
	tlsbind rule >"$WORK/shown"
	is "what is shown can be loaded" "$(tlsbind rule digest "$WORK/shown")" "$digest"

	printf 'pass lport 1\n\n# three\npass cgroup id:18446744073709551615\npass\n' >"$WORK/bad"
	refused "a rule that the kernel refuses is told with its line" 8 \
		"$WORK/bad:4: cgroup: there is none with this id" tlsbind rule load "$WORK/bad"
	printf 'pass\npass nonsense\n' >"$WORK/bad"
	refused "a line that is no rule is told" 1 "$WORK/bad:2: no such word" tlsbind rule load "$WORK/bad"
	is "nothing has changed then" "$(tlsbind rule digest)" "$digest"
}

# As many rules as there may be.
test_many() {
	local i
	for ((i = 0; i < 16384; i++)); do echo "pass lport $((i + 1)) uid $i"; done >"$WORK/many"
	ok "loading 16384 rules" tlsbind rule load "$WORK/many"
	ok "saving them" tlsbind rule save "$WORK/saved"
	is "all of them" "$(grep -v '^#' "$WORK/saved" | cmp - "$WORK/many" && echo same)" same
	refused "one more" 8 "16384 rules already" tlsbind rule add pass
	ok "flushing them" tlsbind rule flush
}

test_cgroups() {
	local id
	mkdir "$CGROUP/tool words" "$CGROUP/tool-gone"
	at_exit rmdir "$CGROUP/tool words"
	id=$(stat -c %i "$CGROUP/tool-gone")
	ok "a cgroup by its path" tlsbind rule add pass cgroup "/tool words"
	is "is shown by its path" "$(rule_json '.rules[0]["cgroup-path"]')" "/tool words"
	is "and has its id" "$(rule_json '.rules[0].cgroup')" "$(stat -c %i "$CGROUP/tool words")"
	ok "is saved" tlsbind rule save "$WORK/saved"
	ok "and loaded" tlsbind rule load "$WORK/saved"
	refused "a path that is none" 1 "No such file" tlsbind rule add pass cgroup /nonexistent
	rmdir "$CGROUP/tool-gone"
	refused "a cgroup that is gone" 8 "cgroup" tlsbind rule add pass cgroup "id:$id"
	ok "flushing again" tlsbind rule flush
}

# A rule whose cgroup goes stays, but what is saved of it cannot be loaded.
test_cgroup_that_goes() {
	local id digest
	mkdir "$CGROUP/tool-going"
	id=$(stat -c %i "$CGROUP/tool-going")
	tlsbind rule add pass lport 1 >"$WORK/out"
	tlsbind rule add pass cgroup /tool-going >"$WORK/out"
	rmdir "$CGROUP/tool-going"
	digest=$(tlsbind rule digest)
	is "saving names the line of a cgroup that is gone" "$(tlsbind rule save "$WORK/saved" 2>&1)" \
		"tlsbind: $WORK/saved:3: cgroup id:$id has no path; if it is gone, this file cannot be loaded"
	refused "which is what loading refuses" 8 "$WORK/saved:3: cgroup" tlsbind rule load "$WORK/saved"
	is "and all stays as it was" "$(tlsbind rule digest)" "$digest"
	tlsbind rule flush >"$WORK/out"
}

test_rights() {
	refused "rules are for administrators" 8 "CAP_NET_ADMIN" without_net_admin tlsbind rule
	refused "so are sockets" 8 "CAP_NET_ADMIN" without_net_admin tlsbind sock
	refused "evidence" 8 "CAP_NET_ADMIN" without_net_admin tlsbind evidence "$NOBODY"
	refused "events" 8 "no events: Operation not permitted" without_net_admin timeout 60 tlsbind monitor
	refused "and locking" 8 "CAP_NET_ADMIN" without_net_admin tlsbind lock
	ok "counters are for everybody" without_net_admin tlsbind stats
	tlsbind rule add pass >"$WORK/out"
	is "another network namespace has its own rules" "$(unshare -n tlsbind -j rule | jq .count)" 0
	refused "its owner cannot let anybody be attested" 8 "attest" \
		unshare -r -n tlsbind rule add attest
	ok "but he can deny" unshare -r -n tlsbind rule add deny
	tlsbind rule flush >"$WORK/out"
}

# hold: a connection that stays; ended by release.
hold() {
	coproc HOLD { hold-ktls; }
	read -r -t 30 _ <&"${HOLD[0]}"
}

release() {
	local pid=$HOLD_PID
	eval "exec ${HOLD[1]}>&-"
	wait "$pid"
}

test_sockets() {
	local id
	tlsbind rule add attest loopback >"$WORK/out"
	hold || bail "no connection"
	golden sock tlsbind -j sock
	id=$(tlsbind -j sock | jq -r 'map(.id) | sort | last')
	is "one socket by its connection id" "$(tlsbind -j sock "$id" | jq -r .id)" "$id"
	refused "a connection that is not there" 9 "no such connection" tlsbind sock "$NOBODY"
	is "as text, each is one line and one for each key" "$(tlsbind sock | wc -l)" 6
	golden stats tlsbind -j stats
	tlsbind stats --prometheus >"$WORK/prom"
	is "metrics have the same numbers" "$(grep '^tlsbind_keys_total ' "$WORK/prom")" \
		"tlsbind_keys_total $(tlsbind -j stats | jq .keys)"
	release
	is "a socket that is closed is gone" "$(tlsbind -j sock 2>&1)" "[]"
	tlsbind rule flush >"$WORK/out"
}

test_evidence() {
	local id bytes
	hold || bail "no connection"
	id=$(tlsbind -j sock | jq -r 'map(.id) | sort | last')
	refused "no rule, no evidence" 8 "Permission denied" tlsbind evidence "$id"
	release
	tlsbind rule add attest loopback >"$WORK/out"
	hold || bail "no connection"
	golden evidence tlsbind -j evidence "$id" nonce "$NONCE" file "$WORK/evidence"
	bytes=$(od -An -v -tx1 "$WORK/evidence" | tr -d ' \n')
	is "the file has the same bytes" "${bytes:-none}" "$(jq -r .evidence "$WORK/evidence.raw")"
	refused "evidence for a connection that is not there" 9 "no such connection" tlsbind evidence "$NOBODY"
	release
	tlsbind rule flush >"$WORK/out"
}

# seen: an event of this kind has been printed.
seen() { jq -r .event <"$WORK/events" | grep -qx "$1"; }
poke() { tlsbind rule flush && seen rules; }

# heard_all [COMMAND...]: the last event of rules is of those that there are (where COMMAND runs).
heard_all() {
	[ "$(jq -s 'map(select(.event == "rules"))[-1].generation' "$WORK/events")" = "$("$@" tlsbind -j rule | jq .generation)" ]
}

# monitor: begins to listen; its process is $MONITOR. It is heard from, so it listens.
monitor() {
	tlsbind -j monitor >>"$WORK/events" 2>"$WORK/monitor.err" &
	MONITOR=$!
	wait_for 30 poke
	wait_for 30 heard_all
	: >"$WORK/events"
}

stopped() { grep -q '^State:.*stopped' "/proc/$1/status"; }
halt() { kill -STOP "$1" && wait_for 10 stopped "$1"; }
count_events() { jq -r .event <"$WORK/events" | grep -cx "$1"; }
has_events() { [ "$(count_events "$1")" -ge "$2" ]; }

# What a listener that is busy for a moment must not lose.
test_burst() {
	local i
	monitor
	halt "$MONITOR"
	for ((i = 0; i < 150; i++)); do rules flush; done >"$WORK/out"
	kill -CONT "$MONITOR"
	wait_for 30 has_events rules 150
	is "150 events wait for who does not listen just now" "$(count_events rules), $(count_events lost)" "150, 0"
	kill "$MONITOR"
	wait "$MONITOR"
	: >"$WORK/events"
}

# Who has no right to a large buffer, in a namespace of his own, gets one that net.core
# allows. There is no other way to fill one in reasonable time.
crowd() {
	local i max
	max=$(cat /proc/sys/net/core/rmem_max)
	echo 4096 >/proc/sys/net/core/rmem_max
	unshare -r -n tlsbind -j monitor >>"$WORK/events" 2>"$WORK/monitor.err" &
	MONITOR=$!
	wait_for 30 crowd_poke
	echo "$max" >/proc/sys/net/core/rmem_max
	halt "$MONITOR"
	for ((i = 0; i < 30; i++)); do crowd_in rules flush; done >"$WORK/out"
}

crowd_in() { nsenter -t "$MONITOR" -U -n --preserve-credentials "$@"; }
crowd_poke() { crowd_in tlsbind rule flush && heard_all crowd_in; }

test_lost() {
	crowd
	: >"$WORK/events"
	kill -CONT "$MONITOR"
	wait_for 30 seen lost
	is "events that are lost are told to be" "$(count_events lost)" 1
	ok "and the next ones are told" wait_for 30 crowd_poke
	kill "$MONITOR"
	wait "$MONITOR"
	: >"$WORK/events"
}

# Must be the last: the module is unloaded.
test_unload() {
	local crowded
	crowd
	crowded=$MONITOR
	tlsbind monitor >"$WORK/out" 2>"$WORK/gone.err" &
	MONITOR=$!
	wait_for 30 flush_is_told
	ok "unloading while somebody listens" unload_module
	wait_for 30 not_running "$MONITOR" || kill "$MONITOR"
	status "who listens ends with 7" 7 wait "$MONITOR"
	is "and says why" "$(cat "$WORK/gone.err")" "tlsbind: the kernel module is gone"
	kill -CONT "$crowded"
	wait_for 30 not_running "$crowded" || kill "$crowded"
	status "so does who had no room left to be told" 7 wait "$crowded"
	is "and has said that events are lost" "$(count_events lost)" 1
}

flush_is_told() { tlsbind rule flush && grep -q rules "$WORK/out"; }
not_running() { ! kill -0 "$1" || grep -q '^State:.*zombie' "/proc/$1/status"; }

test_monitor() {
	local pid
	monitor
	pid=$MONITOR
	tlsbind rule add attest loopback >"$WORK/out"
	hold && release
	wait_for 30 seen close
	kill "$pid"
	wait "$pid"
	is "events are told as they happen" "$(jq -r '"\(.event) \(.direction)"' "$WORK/events" | sort | uniq -c |
		awk '{ print $1, $2, $3 }' | paste -sd,)" "2 close null,2 key rx,2 key tx,1 rules null"
	is "with the connection" "$(jq -s '[.[] | select(.event == "close") | .sock.id | length] | add' "$WORK/events")" 64
	tlsbind rule flush >"$WORK/out"
}

# A connection that waits for a verdict is seen everywhere.
test_gate() {
	local pid
	monitor
	pid=$MONITOR
	tlsbind rule add gate policy 258 >"$WORK/out"
	coproc HOLD { hold-gate; }
	read -r -t 30 _ <&"${HOLD[0]}" || bail "nothing is held"
	golden gate tlsbind -j gate
	is "as text it is four lines" "$(tlsbind gate list | wc -l)" 4
	is "its socket says so" "$(tlsbind -j sock | jq -c 'map(.hold)')" "$(tlsbind -j gate | jq -c 'map(.hold)')"
	is "it has been told" "$(wait_for 30 seen hold; jq -r 'select(.event == "hold") | "\(.policy) \(.peer.id)"' "$WORK/events")" \
		"258 $(tlsbind -j gate | jq -r '.[0].peer.id')"
	kill "$pid"
	wait "$pid"
	release
	is "nothing is held then" "$(tlsbind -j gate)" "[]"
	is "it was counted" "$(tlsbind -j stats | jq -r '"\(.held) \(.admitted)"')" "1 1"
	refused "who is held is for administrators" 8 "CAP_NET_ADMIN" without_net_admin tlsbind gate
	tlsbind rule flush >"$WORK/out"
}

missing() { jq -r '[.checks[] | select(.state == "missing") | .name] | join(" ")' <"$WORK/doctor"; }

test_doctor() {
	status "doctor misses a provider" 10 tlsbind doctor
	tlsbind -j doctor >"$WORK/doctor"
	is "and nothing else" "$(missing)" provider
	load_mock sev_guest || bail "no mock TEE"
	# The kernel looks for a provider once a second.
	wait_for 10 tlsbind doctor
	tlsbind -j doctor >"$WORK/doctor"
	is "then nothing is missing" "$? $(missing)" "0 "
	is "all hooks are armed" "$(jq -r '.checks[] | select(.name == "hooks") | .state' "$WORK/doctor")" ok
}

plan 76
modprobe tls
refused "without the module" 7 "the kernel module is not there" tlsbind stats
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"
write_rules
test_add
test_files
test_many
test_cgroups
test_cgroup_that_goes
test_rights
test_sockets
test_doctor
test_evidence
test_monitor
test_gate
test_burst
test_lost
test_unload
