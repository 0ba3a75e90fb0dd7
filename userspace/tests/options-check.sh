#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# options-check.sh DIR: command line, --help, man page and exit codes say the same.
set -euo pipefail

tool=$1/tlsbind
man=man/tlsbind.8
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
help_options() { "$tool" help connect | grep -o -e '--[a-z-]*' | sort -u; }
man_options() { sed -n 's/^\.It Fl Fl \([a-z-]*\).*/--\1/p; s/^\.It Fl [a-z] , Fl Fl \([a-z-]*\).*/--\1/p' "$man" | sort -u; }
header_codes() { sed -n 's/.*TLSBIND_CLASS_[A-Z]* = \([0-9]\),/\1/p' include/tlsbind.h | sort -u; }
man_codes() { sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/s/^\.It \([0-9]\)$/\1/p' "$man" | sort -u; }

echo 1..20
check "man page and help name the same options" same "$(help_options)" "$(man_options)"
check "man page lists every exit code" same "$(man_codes)" \
	"$(printf '%s\n' 0 1 2 3 4 5 6)"
check "header and man page agree on the classes" same "$(header_codes)" \
	"$(printf '%s\n' 0 3 4 5 6)"
check "--help succeeds" status 0 "$tool" --help
check "--version names the version" grep -q "^tlsbind [0-9]" <("$tool" --version)
check "help of an unknown command is a usage error" status 1 "$tool" help nonsense
check "no command is a usage error" status 1 "$tool"
check "an unknown command is a usage error" status 1 "$tool" nonsense
check "an unknown option is a usage error" usage "unrecognized option" --nonsense localhost:1
check "no root is a usage error" usage "--root is required" --any-measurement localhost:1
check "an unreadable root is a usage error" usage "/nonexistent: No such file" \
	--root /nonexistent --any-measurement localhost:1
check "a file without a root is a usage error" usage "/dev/null: no certificate" \
	--root /dev/null --any-measurement localhost:1
check "a short measurement is a usage error" usage "a measurement is 96 hex digits" \
	--measurement 00ff localhost:1
check "a measurement of zeros is a usage error" usage "not all zero" \
	--measurement "$(printf '%096d' 0)" localhost:1
check "an unknown flag is a usage error" usage "no such flag: everything" \
	--allow-flag doors-open,everything localhost:1
root=$(mktemp)
trap 'rm -f "$root"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=root \
	-out "$root" 2>/dev/null
check "any measurement and a certain one is a usage error" usage "contradicts --measurement" \
	--root "$root" --any-measurement --measurement "$(printf '%096d' 1)" localhost:1
check "a VMPL above 3 is a usage error" usage "not a number from 0 to 3" --vmpl 4 localhost:1
check "a missing address is a usage error" usage "one HOST:PORT" --any-measurement
check "an address without port is a usage error" usage "not HOST:PORT" --any-measurement localhost
check "connect --help succeeds" status 0 "$tool" connect --help
exit "$failed"
