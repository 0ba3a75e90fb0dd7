#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# judge-check.sh DIR: command line, --help, man page and exit codes of tlsbindd --judge.
set -euo pipefail

daemon=$1/tlsbindd
man=man/tlsbindd-judge.8
unit=$1/tlsbindd-judge.service
number=0 failed=0

# check NAME COMMAND...
check() {
	local name=$1
	number=$((number + 1))
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		failed=1
	fi
}

same() { [ "$1" = "$2" ] || { echo "$1" >&2; echo "$2" >&2; return 1; }; }
# ends CODE TEXT ARGUMENT...: tlsbindd --judge says TEXT and ends with CODE.
ends() {
	local code=$1 text=$2 said got=0
	shift 2
	said=$(timeout 60 "$daemon" --judge "$@" 2>&1 </dev/null) || got=$?
	[ "$got" = "$code" ] && grep -qF -- "$text" <<<"$said"
}

help_options() { "$daemon" --judge --help | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p' | sort -u; }
man_options() { grep -E '^\.It Fl' "$man" | grep -oE 'Fl Fl [a-z-]+' | sed 's/Fl Fl /--/' | sort -u; }
man_codes() { sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/s/^\.It \([0-9]*\)$/\1/p' "$man"; }
reasons() { sed -n 's/^	\[JUDGE_.*= "\(.*\)",$/\1/p' daemon/tally.c | grep -v admitted | sort; }
man_reasons() {
	sed -n '/^The reasons are/,/^\.El/s/^\.It Cm //p' "$man" | sed 's/ , /\n/g' | sort
}
# The default of an option: what --help says is what man page and code have.
default() {
	local option=$1 value=$2
	"$daemon" --judge --help | grep -qE -- "--$option .*default $value\\)" &&
		sed -n "/^\\.It Fl Fl $option /,/^\\.It/p" "$man" | grep -qx "The default is $value." &&
		grep -q "rules->${option//-/_} = $value;" daemon/judge_options.c
}

# Lines of the unit that harden it are below a reason.
reasoned() {
	awk '/^\[Service\]/ { on = 1 } /^\[Install\]/ { on = 0 }
		/^#/ { reason = 1; next } /^$/ { reason = 0; next }
		on && /^(Protect|Private|Restrict|System|Memory|No|Cap|Amb|Dyn|Lock|Proc|Limit)/ && !reason {
			print "no reason: " $0; bad = 1 }
		END { exit bad }' "$unit"
}
# The file that it names need not be there here.
unit_good() {
	sed "s|^ExecStart=[^ ]*|ExecStart=$(realpath "$daemon")|; s|^EnvironmentFile=|&-|
		/^Documentation=/d" "$unit" >"$work/tlsbindd-judge.service"
	[ -z "$(systemd-analyze verify "$work/tlsbindd-judge.service" 2>&1)" ]
}
hardened() { systemd-analyze security --offline=true --threshold=20 "$work/tlsbindd-judge.service"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '{}' >"$work/bad"
good=(--handshake full --policy "$work/bad")

check "man page and help name the same options" same "$(help_options)" "$(man_options)"
check "man page lists every exit code" same "$(man_codes)" "$(printf '%s\n' 0 1 7 8 9 10 11)"
check "man page lists every reason" same "$(reasons)" "$(man_reasons)"
check "default of --holds" default holds 4096
check "default of --questions" default questions 256
check "default of --peer-questions" default peer-questions 16
check "--help succeeds" ends 0 "Usage: tlsbindd --judge" --help
check "no policy is a usage error" ends 1 "--policy is required" --handshake full
check "nobody who vouches for handshakes is a usage error" \
	ends 1 "--handshake is required" --policy "$work/bad"
check "another word is one, too" ends 1 "neither full nor psk-dhe: none" --handshake none
check "an operand is a usage error" ends 1 "no operands are taken" "${good[@]}" operand
check "an unknown option is a usage error" ends 1 "See: tlsbindd --judge --help" --nonsense
check "a policy that is none is a usage error" ends 1 "$work/bad: " "${good[@]}"
check "so is one that is not there" ends 1 "/nonexistent: No such file" \
	--handshake full --policy /nonexistent
check "the same number twice is a usage error" ends 1 "was named already" \
	"${good[@]}" --policy 1=a --policy 1=b
check "no number is 0" ends 1 "without a number it is 0" "${good[@]}" --policy 0=a
check "a number above 65535 is a usage error" ends 1 "up to 65535" --policy 65536=a
check "a number without file is a usage error" ends 1 "up to 65535" --policy 1=
check "a URL that is none is a usage error" ends 1 "--responder: neither http://" \
	--responder 'ftp://{address}'
check "a responder for the same number twice, too" ends 1 "was named already" \
	--responder http://a --responder http://b
check "https and unix sockets are welcome" ends 1 "--policy is required" \
	--responder 'https://{address}:1/x' --responder 1=unix:/run/x --handshake full
check "no number is a usage error" ends 1 "--holds: not a number from 1" --holds 0
check "a file that is no list is a usage error" ends 1 "no revocation list" \
	"${good[@]}" --crl "$work/bad"
check "each hardening of the unit has a reason" reasoned
if command -v systemd-analyze >/dev/null; then
	check "systemd takes the unit" unit_good
	check "and finds little exposed" hardened
fi
echo "1..$number"
exit "$failed"
