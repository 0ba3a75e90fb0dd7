#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch.sh [SERIES...]: makes build/guest/bin/net-tls-RELEASE, the kernel's own
# tools/testing/selftests/net/tls.c, for each kernel of the guest (default: all).
# The source comes from Debian's linux-source package of exactly the version of
# that kernel, through apt in the guest's root directory; nothing of it is kept
# in this project. Cached under build/ktls-suite/.
#
# Two numbers of it are changed, because this runs under emulation: how many bytes
# each of the mutliproc tests sends (6 MB, now 300 kB), and after how many seconds
# a test is given up (30, now 120). What is tested, and how often, is as it was.
#
# Ciphers that kTLS knows and Debian's cloud kernels leave out (SM4, ARIA) are
# built from the same source as build/guest/lib-RELEASE/{sm4,sm4_generic,aria_generic}.ko.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/../vm/env.sh"

SUITE_CACHE=$BUILD/ktls-suite

CIPHERS=(sm4 sm4_generic aria_generic)

# Runs in the guest's root directory, with: PACKAGE VERSION RELEASE CIPHER...
# shellcheck disable=SC2016
FETCH_IN_CHROOT='
set -eu
package=$1 version=$2 rel=$3 series=${1#linux-source-}
shift 3
cd "/src/build/ktls-suite/$rel"
apt-get -qq -o Acquire::Retries=5 update
apt-get -qq -o Acquire::Retries=5 -o APT::Sandbox::User=root download "$package=$version"
selftests=linux-source-$series/tools/testing/selftests
dpkg-deb --fsys-tarfile "$package"_*.deb |
	tar -xO "./usr/src/linux-source-$series.tar.xz" |
	tar -xJ --strip-components=1 --wildcards \
		"$selftests/net/tls.c" "$selftests/kselftest*.h" \
		"linux-source-$series/include/uapi/linux/tls.h" \
		$(printf "linux-source-$series/crypto/%s.c " "$@")
rm "$package"_*.deb
mkdir -p include/linux
cp include/uapi/linux/tls.h include/linux/
change() {
	[ "$(grep -c "$2" "$1")" = 1 ]
	sed -i "s/$2/$3/" "$1"
}
change tools/testing/selftests/net/tls.c "data = 6 \* 1000 \* 1000;" "data = 300 * 1000;"
change tools/testing/selftests/kselftest_harness.h "define TEST_TIMEOUT_DEFAULT 30" \
	"define TEST_TIMEOUT_DEFAULT 120"
# At 6.12.117 the tests of rekeys came without the parameter that they use. They are not
# run there: that kernel cannot rekey.
shim=
if grep -A1 "^static void tls_crypto_info_init" tools/testing/selftests/net/tls.c | grep -q "tls12)\$"; then
	shim="-Dtls_crypto_info_init(v,c,k,...)=(tls_crypto_info_init)(v,c,k)"
fi
gcc -O2 -w -D_GNU_SOURCE= ${shim:+"$shim"} -Iinclude -Itools/testing/selftests \
	-o net-tls tools/testing/selftests/net/tls.c
printf "obj-m := %s\n" "$(printf "%s.o " "$@")" >crypto/Kbuild
make -s -C "/lib/modules/$rel/build" M="$PWD/crypto" modules
'

# image_version RELEASE: version of the package that holds this kernel.
image_version() {
	dpkg-query --admindir="$ROOTFS/var/lib/dpkg" -W -f='${Version}' "linux-image-$1"
}

# place FILE DESTINATION: keeps the time of what did not change.
place() {
	mkdir -p "${2%/*}"
	cmp -s "$1" "$2" || cp "$1" "$2"
}

build_one() {
	local rel=$1 version series package key cipher dir=$SUITE_CACHE/$1
	version=$(image_version "$rel")
	series=$(cut -d. -f1,2 <<<"$rel")
	package=linux-source-$series
	key="$package $version $(sha256sum <"$0")"
	if [ "$(cat "$dir/.key" 2>/dev/null)" != "$key" ]; then
		say "fetching tools/testing/selftests/net/tls.c from $package $version"
		rm -rf "$dir"
		mkdir -p "$dir" "$LOGS"
		"$VM_DIR/chroot.sh" sh -c "$FETCH_IN_CHROOT" fetch "$package" "$version" \
			"$rel" "${CIPHERS[@]}" >"$LOGS/ktls-suite-fetch.log" 2>&1 || {
			tail -n 20 "$LOGS/ktls-suite-fetch.log" >&2
			die "cannot make the kTLS suite of $package $version (build/log/ktls-suite-fetch.log)"
		}
		printf '%s\n' "$key" >"$dir/.key"
	fi
	place "$dir/net-tls" "$GUEST/bin/net-tls-$rel"
	for cipher in "${CIPHERS[@]}"; do
		place "$dir/crypto/$cipher.ko" "$GUEST/lib-$rel/$cipher.ko"
	done
}

main() {
	local series dir
	[ -d "$ROOTFS" ] || "$VM_DIR/rootfs.sh"
	lock ktls-suite
	if [ $# -gt 0 ]; then
		for series in "$@"; do build_one "$(release "$series")"; done
		return
	fi
	for dir in "$ROOTFS"/lib/modules/*; do build_one "${dir##*/}"; done
}

main "$@"
