#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes build/vm/rootfs: a Debian 13 root directory with compiler, libraries and
# two kernels (trixie's, and the newest of trixie-backports) with their headers.
# Comes from the mirror that this machine's apt already uses.
# shellcheck disable=SC2016

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

SUITE=trixie

# The address that apt uses for the release of this machine.
# TLSBIND_MIRROR overrides it, for machines that are not Debian.
find_mirror() {
	local codename
	if [ -n "${TLSBIND_MIRROR:-}" ]; then
		printf '%s\n' "$TLSBIND_MIRROR"
		return
	fi
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk -v c="$codename" '$1 == c && !seen++ { print $2 }'
}

# Settings of the host's apt that decide whether a mirror is usable from here.
apt_options() {
	apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::[Pp]roxy|https?::Verify-Peer|Retries) ' || true
}

# The functions that make the directory are an input, their comments are not.
inputs() {
	grep -v '^#' "$VM_DIR/packages"
	declare -f build apt_options
	printf '%s\n' "$SUITE" "$MIRROR"
}

# build KEY
build() {
	local tmp=$CACHE/rootfs.new packages option opts=()

	host_packages
	packages=$(grep -v '^#' "$VM_DIR/packages" | paste -sd,)
	while read -r option; do
		[ -n "$option" ] && opts+=("--aptopt=$option")
	done < <(apt_options)

	# One that was replaced may have been in use then; it is removed at the next change.
	rm -rf --one-file-system "$tmp" "$CACHE"/rootfs.old.*
	say "making the Debian root directory for the guest (some minutes; log: build/log/rootfs.log)"
	mkdir -p "$LOGS"
	INITRD=No mmdebstrap --mode=root --variant=minbase --format=directory \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg "${opts[@]}" \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "5"' \
		--aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--include="$packages,linux-image-cloud-amd64,linux-headers-cloud-amd64" \
		--setup-hook='mkdir -p "$1/src" "$1/opt/tlsbind" "$1/etc"; printf "tlsbind-guest\n" > "$1/etc/hostname"' \
		--customize-hook='INITRD=No chroot "$1" apt-get -qq install -y --no-install-recommends -t trixie-backports linux-image-cloud-amd64 linux-headers-cloud-amd64' \
		--customize-hook='rm -f "$1"/boot/initrd.img-*' \
		"$SUITE" "$tmp" \
		"deb $MIRROR $SUITE main" \
		"deb $MIRROR $SUITE-updates main" \
		"deb $MIRROR $SUITE-backports main" \
		</dev/null >"$LOGS/rootfs.log" 2>&1 || {
		tail -n 30 "$LOGS/rootfs.log" >&2
		die "mmdebstrap failed (build/log/rootfs.log)"
	}
	[ "$(find "$tmp/lib/modules" -mindepth 1 -maxdepth 1 | wc -l)" -ge 2 ] ||
		die "expected two kernels in the root directory"
	printf '%s\n' "$1" >"$tmp/.key"
	[ ! -d "$ROOTFS" ] || mv "$ROOTFS" "$CACHE/rootfs.old.$$"
	mv "$tmp" "$ROOTFS"
}

main() {
	local want start
	MIRROR=$(find_mirror)
	[ -n "$MIRROR" ] || die "apt of this machine names no Debian mirror; set TLSBIND_MIRROR"
	want=$(inputs | sha256sum | cut -d' ' -f1)
	lock rootfs
	if [ -d "$ROOTFS" ] && [ "$(cat "$ROOTFS/.key" 2>/dev/null)" = "$want" ]; then
		return
	fi
	need_root
	start=$SECONDS
	build "$want"
	say "root directory ready after $((SECONDS - start)) s: kernels $(releases)"
}

main "$@"
