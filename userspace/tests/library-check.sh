#!/bin/bash
# SPDX-License-Identifier: MIT
# library-check.sh DIR: headers, lists of exported functions, libraries and man page name
# the same functions.
set -euo pipefail

dir=$1
number=0 failed=0

# same NAME EXPECTED GOT
same() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		diff <(echo "$2") <(echo "$3") | sed 's/^/# /' || true
		echo "not ok $number - $1"
		failed=1
	fi
}

mapped() { sed -n 's/^\t\(tlsbind_[a-z0-9_]*\);$/\1/p' "$1"; }
# Prototypes, without comments.
declared() { sed 's|/\*.*\*/||; /\/\*/,/\*\//d' "$1" | grep -oE '\btlsbind_[a-z0-9_]+\(' | tr -d '(' | sort -u; }
exported() { nm -D --defined-only "$1" | sed -nE 's/.* [TDBR] (tlsbind_[a-z0-9_]+)(@.*)?$/\1/p' | sort; }
explained() { grep -oE 'F[no] "?tlsbind_[a-z0-9_]+' man/tlsbind.3 | grep -oE 'tlsbind_[a-z0-9_]+' | sort -u; }

map=lib/libtlsbind.map
same "the list of exported functions is in order" "$(mapped "$map" | LC_ALL=C sort)" "$(mapped "$map")"
same "the header declares what is exported" "$(mapped "$map" | sort)" "$(declared include/tlsbind.h)"
same "the library exports what is listed" "$(mapped "$map" | sort)" "$(exported "$dir/libtlsbind.so")"
all=$(mapped "$map")
if [ -e "$dir/libtlsbind-gnutls.so" ]; then
	map=gnutls/libtlsbind-gnutls.map
	same "the header for GnuTLS declares what is exported" "$(mapped "$map")" \
		"$(declared include/tlsbind-gnutls.h)"
	same "the library for GnuTLS exports what is listed" "$(mapped "$map")" \
		"$(exported "$dir/libtlsbind-gnutls.so")"
fi
all=$(sort <<<"$all"$'\n'"$(mapped gnutls/libtlsbind-gnutls.map)")
same "the man page names every function" "$all" "$(explained)"
echo "1..$number"
exit "$failed"
