#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes build/vm/qemu: QEMU from the guest's Debian, unpacked and not installed. It is started
# by that Debian's own loader with its libraries (qemu.sh), so that what emulates the guest is
# the same on every machine, and not older than the guest: QEMU 10.0 takes two thirds of the
# processor time of Debian 12's 7.2.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

# Runs in the guest's root directory, in which what it loads is gone afterwards.
# shellcheck disable=SC2016
UNPACK_IN_CHROOT='
set -eu
cd /src/build/vm/qemu.new
options="-qq -o Acquire::Retries=5 -o APT::Sandbox::User=root"
apt-get $options update
apt-get $options install -y --no-install-recommends --download-only qemu-system-x86
for package in /var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" .; done
rm -rf usr/share/doc usr/share/man usr/share/locale
test -x usr/bin/qemu-system-x86_64
'

unpack() {
	rm -rf "$CACHE/qemu.new"
	mkdir -p "$CACHE/qemu.new" "$LOGS"
	"$VM_DIR/chroot.sh" sh -c "$UNPACK_IN_CHROOT" >"$LOGS/emulator.log" 2>&1 || {
		tail -n 20 "$LOGS/emulator.log" >&2
		die "no QEMU from the guest's Debian (build/log/emulator.log)"
	}
	printf '%s\n' "$1" >"$CACHE/qemu.new/.key"
	rm -rf "$CACHE/qemu"
	mv "$CACHE/qemu.new" "$CACHE/qemu"
}

"$VM_DIR/rootfs.sh"
lock emulator
key=$(sha256sum <<<"$(cat "$ROOTFS/.key") $UNPACK_IN_CHROOT")
[ "$(cat "$CACHE/qemu/.key" 2>/dev/null)" = "$key" ] || unpack "$key"
