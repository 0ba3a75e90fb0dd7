#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# daemon-check.sh DIR: tlsbindd's command line, --help, man page, exit codes and units say the same.
set -euo pipefail

daemon=$1/tlsbindd
man=man/tlsbindd.8
judge=man/tlsbindd-judge.8
unit=$1/tlsbindd.service
number=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME COMMAND...
check() {
	local name=$1
	number=$((number + 1))
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number - $name"
	else
		sed 's/^/# /' "$work/out"
		echo "not ok $number - $name"
		failed=1
	fi
}

same() { [ "$1" = "$2" ] || { echo "$1" >&2; echo "$2" >&2; return 1; }; }
status() { local want=$1 got=0; shift; "$@" </dev/null || got=$?; [ "$got" = "$want" ]; }
# wrong TEXT ARGUMENT...: it says TEXT, and ends with 1.
wrong() {
	local text=$1 said got=0
	shift
	said=$(timeout 60 "$daemon" "$@" 2>&1 </dev/null) || got=$?
	echo "$said"
	[ "$got" = 1 ] && grep -qF -- "$text" <<<"$said"
}
# ends STATUS TEXT ARGUMENT...
ends() {
	local want=$1 text=$2 said got=0
	shift 2
	said=$(timeout 60 "$daemon" "$@" 2>&1 </dev/null) || got=$?
	echo "$got: $said"
	[ "$got" = "$want" ] && grep -qF -- "$text" <<<"$said"
}
help_options() { "$daemon" --help | sed -nE 's/^  (-[a-zA-Z],|   ) (--[a-z-]*).*/\2/p' | sort -u; }
man_options() { sed -n 's/^\.It Fl Fl \([a-z-]*\).*/--\1/p; s/^\.It Fl [a-zA-Z] , Fl Fl \([a-z-]*\).*/--\1/p' "$man" | sort -u; }
help_defaults() { "$daemon" --help | sed -n 's/.*--\([a-z-]*\) .*(default \([0-9]*\)).*/\1 \2/p' | sort; }
man_defaults() { sed -n 's/^\.It Fl Fl \([a-z-]*\).*/\1/p; s/^Default \([0-9]*\)[.:].*/\1/p' "$man" | paste -sd' ' | grep -oE '[a-z-]+ [0-9]+' | sort; }
daemon_codes() { sed -n '/^enum options_exit/,/^};/s/.*OPTIONS_[A-Z_]* = \([0-9]*\),.*/\1/p' daemon/options.h | sort -n; }
man_codes() { sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/s/^\.It \([0-9]*\)$/\1/p' "$man" "$judge" | sort -nu; }
code_statuses() { sed -n 's/.*{ \([45][0-9][0-9]\), .*/\1/p' daemon/status.c daemon/request.c daemon/exchange.c | sort -u; }
man_statuses() { sed -n '/^\.Ss Answers/,/^\.Ss Sig/s/^\.It //p' "$man" | tr -d ' ' | tr , '\n' | grep -v -e 200 -e 414 -e 431 | sort -u; }
# Each hardening line has a reason above it, and each of the lines below a reason is one.
reasoned() {
	awk '/^\[Service\]/ {on = 1} /^\[Install\]/ {on = 0}
		/^#/ {reason = 1; next} /^$/ {reason = 0; next}
		on && /^(Protect|Private|Restrict|System|Memory|No|Cap|Amb|Dyn|Lock|Key|Remove|Proc|UMask|Limit|Tasks)/ && !reason {
			print "no reason: " $0; bad = 1 }
		END {exit bad}' "$unit"
}
units_good() {
	sed "s|^ExecStart=.*|ExecStart=$(realpath "$daemon")|; /^Documentation=/d" "$unit" >"$work/tlsbindd.service"
	sed '/^Documentation=/d' systemd/tlsbindd.socket >"$work/tlsbindd.socket"
	systemd-analyze verify "$work/tlsbindd.service" "$work/tlsbindd.socket" && said_nothing
}
said_nothing() { [ ! -s "$work/out" ]; }
hardened() { systemd-analyze security --offline=true --threshold=20 "$work/tlsbindd.service"; }

check "man page and help name the same options" same "$(help_options)" "$(man_options)"
check "man page and help have the same defaults" same "$(help_defaults)" "$(man_defaults)"
check "the man pages list every exit code" same "$(daemon_codes)" "$(man_codes)"
check "man page lists every status" same "$(code_statuses)" "$(man_statuses)"
check "--help succeeds" status 0 "$daemon" --help
check "--version names the version" grep -q "^tlsbindd [0-9]" <("$daemon" --version)
check "nothing to do is a usage error" wrong "nothing to do"
check "an operand is a usage error" wrong "no operands" x
check "an unknown option is a usage error" wrong "unrecognized option" --nonsense
check "an address without a scheme is a usage error" wrong "neither http://" --listen 127.0.0.1
check "a name is none" wrong "not an address" --listen http://localhost
check "a port that is none is a usage error" wrong "not a port" --listen http://127.0.0.1:x
check "a relative path is a usage error" wrong "begins with /" --listen unix:x
many=()
for _ in {1..17}; do many+=(--listen unix:/nonexistent); done
check "17 addresses are a usage error" wrong "too many addresses" "${many[@]}"
check "https without a key is a usage error" wrong "https needs" --listen https://127.0.0.1
check "a key without a certificate is a usage error" wrong "go together" --key x --listen unix:/x
check "a mode that is none is a usage error" wrong "--unix-mode" --unix-mode 8
check "a mode that is too large is a usage error" wrong "--unix-mode" --unix-mode 1000
check "an owner that is none is a usage error" wrong "no such user" --unix-owner no-such-user
check "nor is an empty one" wrong "no such user" --unix-owner ""
check "a group that is none is a usage error" wrong "no such user or group" --unix-owner 0:no-such-group
for option in $(help_defaults | cut -d' ' -f1 | grep -v unix-mode); do
	check "--$option has a largest value" wrong "--$option: not a number" "--$option" 99999999999
	check "--$option is a number" wrong "--$option: not a number" "--$option" x
done
check "no questions at all are a usage error" wrong "from 1 to 1024" --requests 0
red=$'\033[31mred'
tame() { wrong "?[31mred" --listen "$red" && ! "$daemon" --listen "$red" 2>&1 | grep -q $'\033'; }
check "what is named cannot control the terminal" tame
check "where one cannot listen it ends with 2" ends 2 "cannot listen" --listen unix:/nonexistent/sock
check "an address of another machine, too" ends 2 "cannot listen" --listen http://192.0.2.1
if [ ! -d /sys/module/tlsbind ]; then
	check "without the module it ends with 7" ends 7 "modprobe tlsbind" --listen "unix:$work/sock"
	check "and leaves no socket" test ! -e "$work/sock"
fi
# shellcheck disable=SC2016
check "sockets that contradict their names are a usage error" \
	status 1 bash -c 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=http exec "$1"' bash "$daemon"
check "each hardening line of the unit has a reason" reasoned
if command -v systemd-analyze >/dev/null; then
	check "systemd takes the units" units_good
	check "and finds little exposed" hardened
fi
echo "1..$number"
exit "$failed"
