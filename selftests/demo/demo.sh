#!/bin/bash
# SPDX-License-Identifier: MIT
# The demonstration, for a reader who sees tlsbind for the first time: genuine
# evidence, a relay with a stolen TLS key, and the same relay against evidence
# that is bound to a nonce and a public key. Runs in the test guest: make demo.
# Exit status 0 only if everything came out as it must.

. /opt/tlsbind/tests/lib.sh
. "$(dirname "$0")/scene.sh"
set -e

BAD=0			# what came out differently
ROWS=()			# of the summary
RELAYED=()		# connections relayed, by port

introduction() {
	cat <<-'END'

	Is the machine at the other end of my TLS connection the confidential guest
	whose evidence I was shown, or does somebody sit in between?

	    relying party ---------------------------- attester        direct
	          \                                     /
	           `-------------- relay --------------'               relayed

	The relay holds the attester's STOLEN TLS KEY and certificate. It answers the
	relying party in the attester's name and forwards every byte to the genuine
	attester and back. So it has genuine evidence to show, made for the relying
	party's own nonce. The relying party sends its secret, a bearer token, only
	after it has accepted the evidence.

	What is staged: three network namespaces of one virtual machine play the three
	machines, and a MOCK TEE signs the evidence, in the real formats but under a
	test root. It proves nothing about this machine. TLS 1.3, kernel TLS, the module,
	the relay and all checks are real.

	At the attester one rule says who may be attested: whoever serves port 4433. No
	flag that a relying party refuses by default is needed.
	END
}

heading() { printf '\n%s\n%s\n\n' "$1" "${1//?/-}"; }

# must WHAT GOT WANT: one thing that has to come out like this.
must() {
	[ "$2" != "$3" ] || return 0
	printf '!! %s: %s: it must be "%s" and is "%s"\n' "$TITLE" "$1" "$3" "$2"
	BAD=$((BAD + 1))
}

# show_command: as the relying party would type it, without our paths.
show_command() {
	local text="$ ${SCENE_COMMAND[*]} <request"
	text=${text//"$SCENE/"/}
	text=${text//"$SCENE_PKI/"/}
	text=${text/"$SCENE_MEASUREMENT"/"${SCENE_MEASUREMENT:0:16}..."}
	text=${text/ --measurement/$' \\\n      --measurement'}
	printf '%s\n' "${text/ --allow-flag/$' \\\n      --allow-flag'}"
	echo
}

# show_output: what the relying party printed, fitted to a terminal: expected and
# got below each other, long values cut short, of an HTTP answer no header lines.
show_output() {
	sed -E 's/\r$//; /^HTTP\//,/^$/ { /^HTTP\//!d }
		s/^(.*) (expected .*) got (.*)$/\1 \2\n                             got      \3/' "$SCENE/out" |
		sed -E 's/^(.{77}).{4,}/\1.../'
	[ -z "$(tail -c 1 "$SCENE/out")" ] || echo
}

# The relay's own account of the connection that just ended.
relay_speaks() {
	RELAYED[$1]=$((${RELAYED[$1]:-0} + 1))
	if wait_for 20 scene_relayed "$1" "${RELAYED[$1]}"; then
		READ=$(scene_read "$1")
		READ=${READ:-nothing}
	else
		READ="unknown: still busy"
	fi
	echo
	tail -n 2 "$SCENE/relay-$1.log"
	echo "relay: of the secret I read: $READ"
}

# play NUMBER KIND WAY: a relying party of KIND (tlsbind, level1) wants to send a
# secret to the attester; WAY is direct or relay. What came out is in STATUS,
# VERDICT, SENT and READ.
play() {
	local port=$SCENE_PORT
	[ "$2" = tlsbind ] || port=$SCENE_LEVEL1_PORT
	STATUS=0 SENT=no READ="-"
	scene_resolve "$3"
	scene_secret
	scene_meet "$2" "$PROVIDER" >"$SCENE/out" 2>&1 || STATUS=$?
	show_command
	show_output
	VERDICT=$(sed -n 's/^evidence //p' "$SCENE/out")
	grep -q '^HTTP/1\.[01] ' "$SCENE/out" && SENT=yes
	[ "$3" = direct ] || relay_speaks "$port"
	ROWS+=("$(printf '%-28s %-32s %-4s %s' "$1. $TITLE" "${VERDICT:-none}" "$SENT" "$READ")")
}

tlsbind_direct() {
	TITLE="tlsbind, direct, $2"
	heading "$1. $TITLE"
	cat <<-'END'
	The relying party connects with TLS 1.3, sends a nonce on the connection itself,
	and compares the evidence with the keys of its own end of the connection.

	END
	play "$1" tlsbind direct
	must "exit status" "$STATUS" 0
	must "evidence" "$VERDICT" ACCEPTED
	must "secret sent" "$SENT" yes
}

tlsbind_relayed() {
	TITLE="tlsbind, relayed, $2"
	heading "$1. $TITLE"
	cat <<-'END'
	The same command, but now the name leads to the relay. The evidence is genuine
	and fresh, and it is about another connection: the relay's own.

	END
	play "$1" tlsbind relay
	must "exit status" "$STATUS" 6
	must "evidence" "$VERDICT" "REJECTED: binding.tx, binding.rx"
	must "secret sent" "$SENT" no
	must "read by the relay" "$READ" nothing
}

level1_direct() {
	TITLE="level 1, direct, $2"
	heading "$1. $TITLE"
	cat <<-'END'
	What systems do today: REPORT_DATA is a hash of the relying party's nonce and
	the public key that the server authenticated with. No module takes part.

	END
	play "$1" level1 direct
	must "exit status" "$STATUS" 0
	must "evidence" "$VERDICT" ACCEPTED
	must "secret sent" "$SENT" yes
}

level1_relayed() {
	TITLE="level 1, relayed, $2"
	heading "$1. $TITLE"
	cat <<-'END'
	The same relay with the same stolen key. Nonce and public key are what they
	must be, so every check passes, and the relay reads along.

	END
	play "$1" level1 relay
	must "exit status" "$STATUS" 0
	must "evidence" "$VERDICT" ACCEPTED
	must "secret sent" "$SENT" yes
	must "read by the relay" "$READ" "$SCENE_SECRET"
}

summary() {
	heading "Summary"
	printf '%-28s %-32s %-4s %s\n' "" evidence sent "the relay read"
	printf '%s\n' "${ROWS[@]}"
	echo
	if [ "$BAD" = 0 ]; then
		echo "Only the relying party with tlsbind noticed the relay, and kept its secret."
	else
		echo "$BAD results differ from what must happen."
	fi
}

demo_exit() {
	local status=$?
	[ "$status" = 0 ] || tail -n 5 "$SCENE"/*.log /tmp/signer.log
	scene_stop
	is_loaded tlsbind_mock_tee && unload_mock
	is_loaded tlsbind && unload_module
	exit "$status"
}

main() {
	trap demo_exit EXIT
	introduction
	# shellcheck disable=SC2119
	load_module
	scene_up

	PROVIDER=sev_guest
	load_mock "$PROVIDER"
	tlsbind_direct 1 SEV-SNP
	tlsbind_relayed 2 SEV-SNP
	level1_direct 3 SEV-SNP
	level1_relayed 4 SEV-SNP
	unload_mock

	PROVIDER=tdx_guest
	load_mock "$PROVIDER"
	tlsbind_direct 5 TDX
	summary
	[ "$BAD" = 0 ]
}

main
