#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tools/testing/selftests/net/tls.c (see ktls-suite/fetch.sh) has
# the same outcome, test by test, with the module as without it. A test can do no better than
# pass: if all of them pass with the module, they are not run without it.

. lib.sh

SUITE=net-tls-$(uname -r)
LEAST=700	# so many tests must really pass
OPTIONS=()

# On a debug kernel, where all of it takes an hour, only with the module, and what depends on
# the cipher with one of each version: it is the kernel's complaints that count there.
COMPARE=1
if [ -n "${TLSBIND_SLOW:-}" ]; then
	LEAST=100 COMPARE=0
	for variant in {12,13}_chacha 13_sm4_{gcm,ccm} {12,13}_aes_ccm {12,13}_aes_gcm_256 \
		12_aria_gcm 12_aria_gcm_256; do
		OPTIONS+=(-V "$variant")
	done
fi

# outcomes FILE: "name outcome" for each test, from the suite's TAP.
outcomes() {
	awk '/^(not )?ok [0-9]+/ {
		outcome = /^not/ ? "fail" : "pass"
		if (/# *(SKIP|XFAIL)/) outcome = "skip"
		sub(/^(not )?ok [0-9]+ */, ""); sub(/ *#.*/, "")
		print ($0 == "" ? "nameless-" NR : $0), outcome
	}' "$1" | sort
}

count() { grep -c " $2\$" "$1"; }

numbers() {
	printf '%d tests: %d passed, %d failed, %d skipped' "$(wc -l <"$1")" \
		"$(count "$1" pass)" "$(count "$1" fail)" "$(count "$1" skip)"
}

# without_rekeys: kTLS can replace a key from Linux 6.14. Some tests of that wait on an older
# kernel until their time is over; Debian's source of 6.12 has them all the same.
without_rekeys() {
	local name
	[ "$(printf '6.14\n%s\n' "$(uname -r)" | sort -V | head -n 1)" != 6.14 ] || return 0
	for name in $("$SUITE" -l 2>&1 | grep -oE '[a-z_]*rekey[a-z_]*' | sort -u); do
		OPTIONS+=(-T "$name")
	done
}

# run_suite with|without: its own exit status says less than its outcomes.
run_suite() {
	"$SUITE" "${OPTIONS[@]+"${OPTIONS[@]}"}" >"$1.tap" 2>"$1.err" || true
	outcomes "$1.tap" >"$1"
	diag "$1 the module: $(numbers "$1"), $SECONDS s"
}

planned() { sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$1.tap"; }

complete() { [ "$(wc -l <"$1")" = "$(planned "$1")" ]; }

all_pass() { [ "$(count with pass)" = "$(wc -l <with)" ]; }

# same: as without the module, whose tests are run for that if not all of them pass with it.
same() {
	! all_pass || return 0
	unload_module && run_suite without && complete without || return 1
	diff without with >changes && return 0
	cat changes
	return 1
}

hooked() {
	local name
	for name in tls_setsockopt tls_getsockopt tls_sk_proto_close; do
		grep -q "^$name " /sys/kernel/tracing/enabled_functions || return 1
	done
}

plan 8
command -v "$SUITE" >/dev/null || bail "no $SUITE (ktls-suite/fetch.sh)"
ok "every cipher that kTLS knows is there" load_ciphers
without_rekeys
not_ok "without the module nobody sees its keys" attest-self
# shellcheck disable=SC2119
load_module || bail "the module cannot be loaded"
ok "with the module keys are seen" attest-self
run_suite with
ok "with the module the suite ran to its end" complete with
ok "keys are still seen" attest-self
ok "all three functions of kTLS are still redirected" hooked
ok "at least $LEAST tests passed: $(count with pass)" test "$(count with pass)" -ge "$LEAST"
if [ "$COMPARE" = 1 ]; then
	ok "each test passes, or has the same outcome without the module ($(numbers with))" same
else
	skip "each test has the same outcome" "not compared on a debug kernel"
fi
