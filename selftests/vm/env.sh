# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Paths and small functions that the scripts of the test guest share.
# Sourced, never run.

set -euo pipefail

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM_DIR/../.." && pwd)
BUILD=$TOP/build
CACHE=$BUILD/vm
ROOTFS=$CACHE/rootfs
# shellcheck disable=SC2034
GUEST=$BUILD/guest LOGS=$BUILD/log
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

need_root() {
	[ "$(id -u)" = 0 ] || die "this needs root (a Debian root directory is unpacked): use sudo make ..."
}

# need_host PACKAGE:FILE...: installs the packages whose file is not there.
need_host() (
	local pair missing=()
	for pair in "$@"; do
		[ -e "${pair#*:}" ] || missing+=("${pair%%:*}")
	done
	[ "${#missing[@]}" = 0 ] && return 0
	need_root
	command -v apt-get >/dev/null || die "missing: ${missing[*]}, and no apt-get to install them with"
	lock apt
	say "installing on this machine: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update >&2
	apt-get -qq install -y --no-install-recommends "${missing[@]}" </dev/null >"$CACHE/apt.log" 2>&1 || {
		tail -n 20 "$CACHE/apt.log" >&2
		die "apt-get could not install ${missing[*]}"
	}
)

# host_packages: what the scripts of the guest use and a small Debian does not have.
host_packages() {
	need_host mmdebstrap:/usr/bin/mmdebstrap e2fsprogs:/sbin/mke2fs kmod:/sbin/depmod xz-utils:/usr/bin/xz \
		debian-archive-keyring:/usr/share/keyrings/debian-archive-trixie-stable.gpg
}

# lock NAME: one holder at a time until this shell ends; several makes may run.
lock() {
	local fd
	mkdir -p "$CACHE"
	exec {fd}>"$CACHE/.lock-$1"
	flock "$fd"
}

# releases: the kernel releases in the guest, in one line, oldest first.
releases() { find "$ROOTFS/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | paste -sd' '; }

# debug_releases: those that debug-kernel.sh has built, in one line.
debug_releases() {
	[ ! -d "$CACHE/debug" ] || find "$CACHE/debug" -mindepth 1 -maxdepth 1 -name '*-debug' -printf '%f\n' |
		sort -V | paste -sd' '
}

# release SERIES: the kernel release in the guest, from "6.12", "7" or a full release;
# from "6.12-debug" or "6.12-gcov" the debug kernel's.
release() {
	local rel match='' series=${1%-*}
	case $1 in
	*-debug | *-gcov)
		for rel in $(debug_releases); do
			case $rel in "$series" | "$series".* | "$series"-*) match=$rel ;; esac
		done
		[ -n "$match" ] || die "no debug kernel $series; there is: $(debug_releases) (make debug-kernel)" ;;
	*)
		for rel in $(releases); do
			case $rel in "$1" | "$1".* | "$1"-*) match=$rel ;; esac
		done
		[ -n "$match" ] || die "no kernel $1 in the guest; there is: $(releases)" ;;
	esac
	printf '%s\n' "$match"
}

# modules_dir SERIES: where guest.sh puts the modules that are built for it.
modules_dir() {
	case $1 in
	*-gcov) printf '%s\n' "$GUEST/lib-$(release "$1")-gcov" ;;
	*) printf '%s\n' "$GUEST/lib-$(release "$1")" ;;
	esac
}
