# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the shell tests of this directory (in the guest: . lib.sh).
#
#	. lib.sh
#	plan 2
#	load_mock sev_guest
#	load_module && allow_all
#	ok "the server answers" curl -sk https://localhost/
#	not_ok "a stranger is refused" tlsbind connect ...

set -uo pipefail

TLSBIND=/opt/tlsbind
TAP_PLANNED=0 TAP_RUN=0 TAP_FAILED=0
TAP_CLEANUP=()

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# plan N: how many tests follow. Call it once, first.
plan() {
	TAP_PLANNED=$1
	printf '1..%d\n' "$1"
}

pass() { TAP_RUN=$((TAP_RUN + 1)); printf 'ok %d - %s\n' "$TAP_RUN" "$1"; }

fail() {
	TAP_RUN=$((TAP_RUN + 1)) TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s\n' "$TAP_RUN" "$1"
}

# skip NAME WHY: a test that cannot run here.
skip() { TAP_RUN=$((TAP_RUN + 1)); printf 'ok %d - %s # SKIP %s\n' "$TAP_RUN" "$1" "$2"; }

skip_all() { printf '1..0 # SKIP %s\n' "$1"; TAP_PLANNED=0; exit 0; }
bail() { printf 'Bail out! %s\n' "$*"; TAP_FAILED=$((TAP_FAILED + 1)); exit 1; }

# tap_output STATUS FILE: why a test failed.
tap_output() { diag "exit status $1"; sed 's/^/# | /' "$2"; }

# ok NAME COMMAND...: passes if the command succeeds; its output is shown if not.
ok() {
	local name=$1 status=0 out
	shift
	out=$(mktemp)
	"$@" >"$out" 2>&1 || status=$?
	if [ "$status" = 0 ]; then pass "$name"; else fail "$name"; tap_output "$status" "$out"; fi
	rm -f "$out"
	return "$status"
}

# not_ok NAME COMMAND...: passes if the command fails (but does not die of a signal).
not_ok() {
	local name=$1 status=0 out good=1
	shift
	out=$(mktemp)
	"$@" >"$out" 2>&1 || status=$?
	if [ "$status" -gt 0 ] && [ "$status" -lt 126 ]; then
		pass "$name"; good=0
	else
		fail "$name"; tap_output "$status" "$out"
	fi
	rm -f "$out"
	return "$good"
}

# status NAME WANT COMMAND...: passes if the command's exit status is WANT.
status() {
	local name=$1 want=$2 got=0 out
	shift 2
	out=$(mktemp)
	"$@" >"$out" 2>&1 || got=$?
	if [ "$got" = "$want" ]; then pass "$name"; else fail "$name"; tap_output "$got (not $want)" "$out"; fi
	rm -f "$out"
}

# is NAME GOT WANT: passes if both texts are equal.
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1"; diag "expected: $3"; diag "got:      $2"; fi
}

# at_exit COMMAND...: run when the test ends, however it ends; last one first.
at_exit() {
	local command
	printf -v command '%q ' "$@"
	TAP_CLEANUP=("$command" "${TAP_CLEANUP[@]+"${TAP_CLEANUP[@]}"}")
}

tap_exit() {
	local status=$? command
	for command in "${TAP_CLEANUP[@]+"${TAP_CLEANUP[@]}"}"; do
		eval "$command" || true
	done
	[ "$TAP_RUN" = "$TAP_PLANNED" ] || diag "planned $TAP_PLANNED tests, ran $TAP_RUN"
	[ "$TAP_FAILED" = 0 ] && [ "$TAP_RUN" = "$TAP_PLANNED" ] && exit 0
	exit $((status ? status : 1))
}
trap tap_exit EXIT

# wait_for SECONDS COMMAND...: until the command succeeds; fails when the time is over, or three
# times that: the guest may have few of its machine's processors, and who succeeds waits no longer.
# TLSBIND_SLOW is set on a debug kernel: so many times slower everything may be.
wait_for() {
	local end=$((SECONDS + $1 * 3 * ${TLSBIND_SLOW:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

listening() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

# wait_port PORT: until something listens there, 10 seconds at most.
wait_port() { wait_for 10 listening "$1"; }

is_loaded() { [ -d "/sys/module/$1" ]; }

# load_module [PARAMETER=VALUE...]: tlsbind and what it stands on.
load_module() {
	modprobe tls && insmod "$TLSBIND/modules/tlsbind.ko" "$@"
}

unload_module() { rmmod tlsbind; }

# allow_all: in this network namespace everything that can be attested is.
allow_all() { rules only attest tls12 tx-only nic loopback; }

# allow_none: nothing is.
allow_none() { rules flush; }

load_tsm() { modprobe tsm_report 2>/dev/null || modprobe tsm; }

# mock_served: whether a signer has the mock TEE's device open.
mock_served() { grep -q Y /sys/module/tlsbind_mock_tee/parameters/signer; }
mock_unserved() { ! mock_served; }

# load_mock sev_guest|tdx_guest [PARAMETER=VALUE...]: the mock TEE with its signer.
load_mock() {
	local provider=$1
	shift
	load_tsm || return 1
	insmod "$TLSBIND/modules/tlsbind_mock_tee.ko" "provider=$provider" "$@" || return 1
	wait_for 5 test -e /dev/tlsbind-mock-tee || return 1
	start_signer "$provider"
}

start_signer() {
	mock-tee-signer --pki "$TLSBIND/pki" --provider "$1" --background </dev/null >/tmp/signer.log 2>&1 || return 1
	wait_for 10 mock_served
}

stop_signer() {
	pkill -x mock-tee-signer || true
	wait_for 10 mock_unserved
}

unload_mock() {
	stop_signer
	rmmod tlsbind_mock_tee
}

# mock_set PARAMETER VALUE: a knob of the mock TEE.
mock_set() { printf '%s\n' "$2" >"/sys/module/tlsbind_mock_tee/parameters/$1"; }

# load_ciphers: every cipher that kTLS knows, so that none is found missing. SM4 and
# ARIA are not in Debian's cloud kernels: modules/ has them (ktls-suite/fetch.sh).
load_ciphers() {
	local name
	for name in gcm ccm ctr ghash_generic cmac aesni_intel chacha20poly1305; do
		modprobe -q "$name" || true
	done
	for name in sm4 sm4_generic aria_generic; do
		is_loaded "$name" || modprobe -q "$name" || insmod "$TLSBIND/modules/$name.ko" || return 1
	done
}
