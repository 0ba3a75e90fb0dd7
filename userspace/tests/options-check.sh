#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# options-check.sh DIR: command line, --help, man page and exit codes say the same.
set -euo pipefail

tool=$1/tlsbind
man=man/tlsbind.8
pages=(man/tlsbind.8 man/tlsbind-connect.8 man/tlsbind-exec.8 man/tlsbind-verify.8)
rules=man/tlsbind-rules.5
completion=completion/tlsbind
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
status() { local want=$1 got=0; shift; "$@" </dev/null || got=$?; [ "$got" = "$want" ]; }
# usage TEXT ARGUMENT...: tlsbind connect says TEXT and exits with 1.
usage() {
	local text=$1 said got=0
	shift
	said=$("$tool" connect "$@" 2>&1 </dev/null) || got=$?
	[ "$got" = 1 ] && grep -qF -- "$text" <<<"$said"
}
commands() { "$tool" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | sort; }
man_commands() { sed -n 's/^\.Ss tlsbind //p' "$man" | sort; }
help_options() {
	local command
	for command in $(commands); do
		"$tool" help "$command" | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p'
	done | sort -u
}
# What "tlsbind help rule" has after "tlsbind rule".
verbs() { "$tool" help rule | sed -n 's/.* tlsbind rule \[*\([a-z]*\).*/\1/p' | sort; }
man_verbs() { sed -n '/^\.Sh SYNOPSIS/,/^\.Sh D/{s/^\.Cm rule //p;/^\.Cm rule$/{n;s/^\.Op Cm //p}}' "$man" | sort; }
# Words of the grammar that are not in capitals.
grammar() { "$tool" help rule | sed -n '/^RULE/,$p' | grep -oE '\b[a-z][a-z0-9-]*\b' | sort -u; }
man_grammar() { sed -n '/^ACTION /,/^\.Ed/p' "$rules" | grep -oE '\b[a-z][a-z0-9-]*\b' | sort -u; }
# Each word is explained: it begins an item.
explained() {
	local word
	for word in $(grammar); do
		grep -qE -- "^\.It Cm ([a-z]+ )?$word\b" "$rules" || { echo "$word is not explained"; return 1; }
	done
}
completed() {
	local word
	for word in $(commands) $(verbs) $(grammar); do
		grep -qw -- "$word" "$completion" || { echo "no completion of $word"; return 1; }
	done
}
# complete WORD...: what bash would offer for the last one.
complete_words() {
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tlsbind
		printf "%s\n" "${COMPREPLY[@]}"' bash "$completion" "$@" | paste -sd' '
}
# exec leaves 1 to the program.
wrong() {
	local text=$1 said got=0 want=1
	shift
	[ "$1" != exec ] || want=125
	said=$(timeout 60 "$tool" "$@" 2>&1 </dev/null) || got=$?
	[ "$got" = "$want" ] && grep -qF -- "$text" <<<"$said"
}
# unwritable ARGUMENT...: where nothing can be written, it fails and says so once.
unwritable() {
	local said got=0
	said=$("$tool" "$@" 2>&1 >/dev/full </dev/null) || got=$?
	[ "$got" = 1 ] && [ "$said" = "tlsbind: cannot write: No space left on device" ]
}
# absent COMMAND...: without the module this ends with 7, and says so.
absent() {
	local said got=0
	said=$("$tool" "$@" 2>&1 >/dev/null </dev/null) || got=$?
	[ "$got" = 7 ] && grep -qF "the kernel module is not there" <<<"$said"
}
# tame COMMAND...: fails, and sends nothing to the terminal that could control it.
tame() {
	local said got=0
	said=$("$tool" "$@" 2>&1 </dev/null) || got=$?
	[ "$got" = 1 ] && grep -qF -- "?[31mred" <<<"$said" && ! grep -q $'\033' <<<"$said"
}
tool_codes() { sed -n '/^enum tool_exit/,/^};/s/.*TOOL_[A-Z_]* = \([0-9]*\),.*/\1/p' tool/tool.h | sort -n; }
# Options of the kernel without which there is no module: DKMS skips such kernels, doctor says so.
dkms_configs() { sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"/\1/p' ../dkms.conf | tr ' ' '\n' | sort; }
doctor_configs() { sed -n 's/.*{ "\([A-Z0-9_]*\)", DOCTOR_MISSING,.*/CONFIG_\1/p' tool/doctor_kernel.c | sort; }
man_options() { sed -n 's/^\.It Fl Fl \([a-z-]*\).*/--\1/p; s/^\.It Fl [a-z] , Fl Fl \([a-z-]*\).*/--\1/p' "${pages[@]}" | sort -u; }
header_codes() { sed -n 's/.*TLSBIND_CLASS_[A-Z]* = \([0-9]*\),/\1/p' include/tlsbind.h | sort -nu; }
man_codes() { sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/s/^\.It \([0-9]*\)$/\1/p' "$man" | sort -n; }

check "man page and help name the same options" same "$(help_options)" "$(man_options)"
check "man page lists every exit code" same "$(man_codes)" \
	"$(printf '%s\n' 0 1 2 3 4 5 6 7 8 9 10 11 12 124 125 126 127)"
check "the tool has no other exit codes" same "$(printf '%s\n' 0 1 2 7 8 9 10 12 124 125 126 127)" "$(tool_codes)"
check "man page and help name the same commands" same "$(commands)" "$(man_commands)"
check "man page and help name the same commands of rule" same "$(verbs)" "$(man_verbs)"
check "man page and help have the same words of rules" same "$(grammar)" "$(man_grammar)"
check "each word of a rule is explained" explained
check "completion knows every word" completed
check "header and man page agree on the classes" same "$(header_codes)" \
	"$(printf '%s\n' 0 3 4 5 6 11)"
check "doctor and DKMS want the same of a kernel" same "$(dkms_configs)" "$(doctor_configs)"
check "--help succeeds" status 0 "$tool" --help
check "--version names the version" grep -q "^tlsbind [0-9]" <("$tool" --version)
check "help of an unknown command is a usage error" status 1 "$tool" help nonsense
check "no command is a usage error" status 1 "$tool"
check "an unknown command is a usage error" status 1 "$tool" nonsense
check "an unknown option is a usage error" usage "unrecognized option" --nonsense localhost:1
check "no measurement is a usage error" usage "--policy, --measurement or --any-measurement is required" \
	localhost:1
check "an unreadable root is a usage error" usage "/nonexistent: No such file" \
	--root /nonexistent --any-measurement localhost:1
check "a file without a root is a usage error" usage "/dev/null: no certificate" \
	--root /dev/null --any-measurement localhost:1
check "a file without a revocation list is a usage error" usage "/dev/null: no revocation list" \
	--crl /dev/null --any-measurement localhost:1
check "an unreadable revocation list is a usage error" usage "/nonexistent: No such file" \
	--crl /nonexistent --any-measurement localhost:1
check "a file without collateral is a usage error" usage "/dev/null: no TCB info" \
	--collateral /dev/null --any-measurement localhost:1
check "unreadable collateral is a usage error" usage "/nonexistent: No such file" \
	--collateral /nonexistent --any-measurement localhost:1
check "an unknown TCB status is a usage error" usage "not a TCB status that can be accepted: uptodate" \
	--tcb uptodate --any-measurement localhost:1
check "a revoked TCB cannot be accepted" usage "not a TCB status that can be accepted: Revoked" \
	--tcb Revoked --any-measurement localhost:1
check "an unknown TCB cannot be accepted" usage "not a TCB status that can be accepted: Unknown" \
	--tcb Unknown --any-measurement localhost:1
check "grace that is no number is a usage error" usage "not a number from 0 to 36500: -1" \
	--grace -1 --any-measurement localhost:1
check "any TCB and a certain one is a usage error" usage "--any-tcb contradicts" \
	--any-tcb --tcb OutOfDate --any-measurement localhost:1
check "any TCB and grace is a usage error" usage "--any-tcb contradicts" \
	--any-tcb --grace 1 --any-measurement localhost:1
check "a short measurement is a usage error" usage "a measurement is 96 hex digits" \
	--measurement 00ff localhost:1
check "a measurement of zeros is a usage error" usage "not all zero" \
	--measurement "$(printf '%096d' 0)" localhost:1
check "an unknown flag is a usage error" usage "no such flag: everything" \
	--allow-flag doors-open,everything localhost:1
root=$(mktemp)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=root \
	-out "$root" 2>/dev/null
check "two policies are a usage error" usage "--policy twice" --policy a --policy a localhost:1
check "a policy that is not there is a usage error" usage "/nonexistent: No such file" \
	--policy /nonexistent localhost:1
check "a policy that is none is a usage error" usage "$root: line 1: " --policy "$root" localhost:1
check "a policy and a measurement is a usage error" usage "besides the policy" \
	--policy "$root" --measurement "$(printf '%096d' 1)" localhost:1
check "a policy and any TCB is a usage error" usage "besides the policy" \
	--policy "$root" --any-tcb localhost:1
check "a policy and a VMPL is a usage error" usage "besides the policy" \
	--policy "$root" --vmpl 0 localhost:1
check "a policy and flags is a usage error" usage "besides the policy" \
	--policy "$root" --allow-flag locked localhost:1
check "any measurement and a certain one is a usage error" usage "contradicts --measurement" \
	--root "$root" --any-measurement --measurement "$(printf '%096d' 1)" localhost:1
check "a VMPL above 3 is a usage error" usage "not a number from 0 to 3" --vmpl 4 localhost:1
check "a missing address is a usage error" usage "one HOST:PORT" --any-measurement
check "an address without port is a usage error" usage "not HOST:PORT" --any-measurement localhost
check "a responder that is no URL is a usage error" usage "--responder: not an address" \
	--any-measurement --responder localhost localhost:1
check "a responder by another protocol is a usage error" usage "--responder: neither http://" \
	--any-measurement --responder ftp://localhost localhost:1
check "a forwarder that only checks is a usage error" usage "--check-only contradicts --listen" \
	--any-measurement --listen 0 --check-only localhost:1
check "no connections at all are a usage error" usage "not a number from 1 to 4096: 0" \
	--any-measurement --listen 0 --connections 0 localhost:1
check "connections without --listen are a usage error" usage "--connections needs --listen" \
	--any-measurement --connections 1 localhost:1
check "no lease at all is a usage error" usage "not a number from 1 to 604800: 0" \
	--any-measurement --responder http://localhost --lease 0 localhost:1
check "so is one that is too long" usage "not a number from 1 to 604800: 604801" \
	--any-measurement --responder http://localhost --lease 604801 localhost:1
check "a lease that nobody renews is a usage error" usage "--lease needs --responder" \
	--any-measurement --lease 60 localhost:1
check "a lease of what is only checked is a usage error" usage "--check-only contradicts --lease" \
	--any-measurement --responder http://localhost --lease 60 --check-only localhost:1
check "a port that is none is a usage error" usage "cannot listen on nonsense" \
	--any-measurement --listen nonsense localhost:1
check "an address that is not ours is a usage error" usage "cannot listen on 192.0.2.1:1" \
	--any-measurement --listen 192.0.2.1:1 localhost:1
check "connect --help succeeds" status 0 "$tool" connect --help

check "completion of commands" same "$(complete_words tlsbind m)" monitor
check "completion behind -j" same "$(complete_words tlsbind -j "do")" doctor
check "completion of gate" same "$(complete_words tlsbind gate l)" list
check "completion of a gate's rule" same "$(complete_words tlsbind rule add gate m)" mutual
check "completion of rule" same "$(complete_words tlsbind rule l)" load
check "completion of an action" same "$(complete_words tlsbind rule add a)" attest
check "completion within a rule" same "$(complete_words tlsbind rule add attest l)" "local lport loopback lease"
check "completion of a TCB status" same "$(complete_words tlsbind connect --tcb S)" SWHardeningNeeded
check "completion of a program" same "$(complete_words tlsbind exec openss)" openssl
check "completion of a responder" same "$(complete_words tlsbind connect --responder u)" unix:
check "completion of policy" same "$(complete_words tlsbind policy s)" suggest
check "completion of a provider" same "$(complete_words tlsbind verify --provider t)" tdx_guest
check "completion of a value" same "$(complete_words tlsbind rule add attest rekey k)" keep

work=$(mktemp -d)
trap 'rm -rf "$root" "$work"' EXIT
printf 'attest lport 443\n\nattest lport 2-1\n' >"$work/bad"
printf 'attest lport 443 # comment\n' >"$work/good"
for command in $(commands); do
	check "$command --help succeeds" status 0 "$tool" "$command" --help
	check "$command refuses an unknown option" wrong "unrecognized option" "$command" --nonsense
done
check "an unknown command of rule is a usage error" wrong "no such command: rule nonsense" rule nonsense
check "a rule without words is a usage error" wrong "too few operands" rule add
check "a rule that is none is a usage error" wrong "no such word: nonsense" rule add attest nonsense
check "before without a handle is a usage error" wrong "one handle" rule add attest before
check "a handle that is none is a usage error" wrong "one handle" rule delete 0
check "two files are a usage error" wrong "too many operands" rule load a b
check "a file that is not there is a usage error" wrong "/nonexistent: No such file" rule load /nonexistent
check "a wrong line is told with its number" wrong "$work/bad:3: lport: the range is inverted: 2-1" \
	rule load "$work/bad"
check "a file without end is a usage error" wrong "/dev/zero:1: longer than" rule check /dev/zero
red=$'\033[31mred'
check "a file's name cannot control the terminal" tame rule check "/nonexistent/$red"
check "nor can the name of a command" tame "$red"
check "nor can a flag that is none" tame connect --allow-flag "$red" localhost:1
check "a wrong connection id is a usage error" wrong "32 hex digits" sock 00
check "so is one of the right length" wrong "32 hex digits" sock "$(printf 'g%.0s' {1..32})"
check "a rule of a gate that the kernel refuses is a usage error" wrong "tls12 does not go with gate" \
	rule add gate tls12
check "an unknown command of gate is a usage error" wrong "no such command: gate judge" gate judge
check "so are two" wrong "too many operands" gate list list
check "rules to be saved as JSON are a usage error" wrong "saved as text" -j rule save
check "JSON behind the command is no better" wrong "saved as text" rule save --json
check "a wrong nonce is a usage error" wrong "64 hex digits" evidence "$(printf '%032d' 1)" nonce 00
check "metrics as JSON are a usage error" wrong "contradicts" stats --prometheus --json
check "a good file passes" status 0 "$tool" rule check "$work/good"
check "output that cannot be written is a failure" unwritable rule check "$work/good"
check "as JSON, too" unwritable -j rule check "$work/good"
check "of doctor, too" unwritable doctor
check "of the version, too" unwritable --version
check "of the help text, too" unwritable --help
check "of a command's, too" unwritable help rule
check "of its own, too" unwritable rule --help
check "of connect's, too" unwritable connect --help
digest=$("$tool" rule digest "$work/good")
check "check and digest agree, as JSON too" same "{\"count\":1,\"digest\":\"$digest\"}" \
	"$("$tool" -j rule check - <"$work/good")"

without=("rule" "rule add attest" "rule delete 1" "rule flush" "rule load $work/good" "rule save"
	"rule digest" "sock" "gate" "gate list" "evidence $(printf '%032d' 1)" "monitor" "stats" "lock")
# without_module NAME COMMAND...
without_module() {
	if [ ! -e /sys/module/tlsbind ]; then
		check "$@"
	else
		number=$((number + 1))
		echo "ok $number - $1 # SKIP it is loaded"
	fi
}
for command in "${without[@]}"; do
	# shellcheck disable=SC2086
	without_module "${command%% /*} without the module ends with 7" absent $command
done
without_module "doctor without the module ends with 10" status 10 "$tool" doctor
echo "1..$number"
exit "$failed"
