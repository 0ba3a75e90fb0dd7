#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tools/testing/selftests/net/tls.c (see ktls-suite/fetch.sh) has
# the same outcome, test by test, with the module as without it.

. lib.sh

SUITE=net-tls-$(uname -r)
LEAST=${TLSBIND_KTLS_SUITE_LEAST:-700}	# so many tests must really pass

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

run_suite() {
	"$SUITE" >"$1.tap" 2>"$1.err"
	outcomes "$1.tap" >"$1"
	diag "$1 the module: $(numbers "$1"), $SECONDS s"
}

planned() { sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$1.tap"; }

complete() { [ "$(wc -l <"$1")" = "$(planned "$1")" ]; }

same() {
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

plan 9
command -v "$SUITE" >/dev/null || bail "no $SUITE (ktls-suite/fetch.sh)"
ok "every cipher that kTLS knows is there" load_ciphers
run_suite without
ok "without the module the suite ran to its end" complete without
not_ok "nobody saw its keys" attest-self
load_module unsafe_allow_all=1 || bail "the module cannot be loaded"
ok "with the module keys are seen" attest-self
run_suite with
ok "with the module the suite ran to its end" complete with
ok "keys are still seen" attest-self
ok "all three functions of kTLS are still redirected" hooked
ok "at least $LEAST tests passed: $(count with pass)" test "$(count with pass)" -ge "$LEAST"
ok "each test has the same outcome ($(numbers without); with the module $(numbers with))" same
