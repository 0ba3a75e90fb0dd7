#!/bin/bash
# SPDX-License-Identifier: MIT
# build.sh: makes build/guest/gnutls/libgnutls.so.30, the guest's own GnuTLS with kTLS.
#
# Debian builds GnuTLS without it (debian/rules does not pass --enable-ktls, and configure's
# default is no): there "ktls = true" is read and has no effect. This is the library from
# Debian's source package of exactly the version in the guest, with Debian's patches and that
# option. Debian's gnutls-cli and gnutls-serv use it if LD_LIBRARY_PATH says so.
#
# Nothing of it is kept in this project. Two to three CPU minutes, cached under build/gnutls/.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/../vm/env.sh"

GNUTLS_CACHE=$BUILD/gnutls

# Runs in the guest's root directory, in which what it installs and unpacks is gone afterwards,
# with: SOURCE VERSION. apt compares what it loads with the signed index; upstream's signature
# is not asked for. Patches to configure.ac and the tests' makefiles are of no concern here: what
# is generated counts as newer, so that autotools are not needed.
# shellcheck disable=SC2016
BUILD_IN_CHROOT='
set -eu
source=$1 version=$2
retries="-o Acquire::Retries=5"
sed "s/^deb /deb-src /" /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
apt-get -qq $retries update
apt-get -qq $retries -o APT::Sandbox::User=root install -y --no-install-recommends \
	patch libunistring-dev
mkdir /tmp/gnutls
cd /tmp/gnutls
apt-get -qq --print-uris --download-only source "$source=$version" | grep -v "[.]asc " |
	while read -r uri file size hash; do
		uri=${uri#?}
		/usr/lib/apt/apt-helper $retries download-file "${uri%?}" "$file" "$hash"
	done
mkdir tree
tar -xf "$source"_*.orig.tar.xz -C tree --strip-components=1
cd tree
tar -xf ../"$source"_*.debian.tar.xz
grep -v "^#" debian/patches/series | while read -r name _; do
	[ -z "$name" ] || patch -s -p1 <"debian/patches/$name"
done
for generated in aclocal.m4 Makefile.in config.h.in configure; do
	sleep 1
	find . -name "$generated" -exec touch {} +
done
./configure --enable-ktls --disable-static --disable-doc --disable-tools --disable-tests \
	--disable-cxx --disable-libdane --disable-nls --disable-rpath --without-tpm --without-tpm2 \
	CFLAGS=-O1
grep -q "define ENABLE_KTLS 1" config.h
make -j2 -C gl
make -j2 -C lib
strip -o /src/build/gnutls/libgnutls.so.30 lib/.libs/libgnutls.so.30
'

# installed: name and version of the source package that the guest's library is from.
# shellcheck disable=SC2016
installed() {
	dpkg-query --admindir="$ROOTFS/var/lib/dpkg" -W -f='${source:Package} ${source:Version}\n' libgnutls30t64
}

main() {
	local source version key library=$GUEST/gnutls/libgnutls.so.30 start=$SECONDS
	[ -d "$ROOTFS" ] || "$VM_DIR/rootfs.sh"
	lock gnutls
	read -r source version < <(installed)
	key="$source $version $(sha256sum <<<"$BUILD_IN_CHROOT")"
	if [ "$(cat "$GNUTLS_CACHE/.key" 2>/dev/null)" != "$key" ]; then
		say "building GnuTLS with kTLS from $source $version (some minutes; log: build/log/gnutls.log)"
		rm -rf "$GNUTLS_CACHE"
		mkdir -p "$GNUTLS_CACHE" "$LOGS"
		"$VM_DIR/chroot.sh" sh -c "$BUILD_IN_CHROOT" build "$source" "$version" \
			>"$LOGS/gnutls.log" 2>&1 || {
			tail -n 20 "$LOGS/gnutls.log" >&2
			die "cannot build GnuTLS from $source $version (build/log/gnutls.log)"
		}
		printf '%s\n' "$key" >"$GNUTLS_CACHE/.key"
		say "GnuTLS ready after $((SECONDS - start)) s"
	fi
	mkdir -p "${library%/*}"
	cmp -s "$GNUTLS_CACHE/libgnutls.so.30" "$library" || cp "$GNUTLS_CACHE/libgnutls.so.30" "$library"
}

main "$@"
