#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes what the lint gate runs in and with, once:
#   build/lint/rootfs   a copy of the guest's root directory, with the tools in
#                       "packages": the guest's own image does not grow
#   build/lint/linux    checkpatch, kernel-doc, Coccinelle scripts and the like
#                       from Debian's linux-source of the guest's newest kernel
# Functions of these names are sourced by lint.sh.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/env.sh"

LINT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LINT=$BUILD/lint
LINT_ROOTFS=$LINT/rootfs

# Taken from linux-source, as patterns below its top directory.
LINT_SOURCES=(
	scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch
	scripts/checker-valid.sh scripts/coccicheck 'scripts/coccinelle/*'
	tools/docs/kernel-doc 'tools/lib/python/*'
	'tools/net/ynl/pyynl/*' 'Documentation/netlink/*.yaml'
)

# inside COMMAND...: runs it in the tools' root directory, with this project at /src.
inside() {
	local quoted
	printf -v quoted '%q ' "$@"
	# shellcheck disable=SC2016
	unshare --mount --propagation unchanged -- bash -euc '
		root=$1 top=$2 command=$3
		mount --make-rprivate / 2>/dev/null || true
		mount --bind "$root" "$root"
		cd "$root"
		mount --bind "$top" src
		mount --rbind /dev dev
		mount -t proc proc proc
		mount -t tmpfs tmpfs tmp
		exec env -i HOME=/tmp TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			chroot . /bin/bash -c "cd /src && $command"
	' inside "$LINT_ROOTFS" "$TOP" "$quoted"
}

# install_tools KEY
install_tools() {
	local packages
	mapfile -t packages < <(grep -v '^#' "$LINT_DIR/packages")
	say "installing the lint gate's tools (some minutes; log: build/log/lint-rootfs.log)"
	rm -rf --one-file-system "$LINT_ROOTFS"
	cp -a --reflink=auto "$ROOTFS" "$LINT_ROOTFS"
	rm -f "$LINT_ROOTFS/.key"
	cp -L /etc/resolv.conf "$LINT_ROOTFS/etc/resolv.conf" 2>/dev/null || true
	inside sh -ec 'apt-get -qq -o Acquire::Retries=5 update
		apt-get -qq -o Acquire::Retries=5 install -y --no-install-recommends "$@"
		apt-get clean' install "${packages[@]}" </dev/null >"$LOGS/lint-rootfs.log" 2>&1 || {
		tail -n 30 "$LOGS/lint-rootfs.log" >&2
		die "cannot install the lint gate's tools (build/log/lint-rootfs.log)"
	}
	printf '%s\n' "$1" >"$LINT_ROOTFS/.key"
}

# Runs in the tools' root directory, with: PACKAGE VERSION SERIES PATTERN...
# shellcheck disable=SC2016
FETCH_INSIDE='
set -euo pipefail
package=$1 version=$2 series=$3
shift 3
rm -rf build/lint/linux
mkdir -p build/lint/linux
cd build/lint/linux
apt-get -qq -o Acquire::Retries=5 update
apt-get -qq -o Acquire::Retries=5 -o APT::Sandbox::User=root download "$package=$version"
dpkg-deb --fsys-tarfile "$package"_*.deb |
	tar -xO "./usr/src/linux-source-$series.tar.xz" |
	tar -xJ --strip-components=1 --wildcards "${@/#/linux-source-$series/}"
rm "$package"_*.deb
'

# fetch_sources KEY RELEASE VERSION
fetch_sources() {
	local series
	series=$(cut -d. -f1,2 <<<"$2")
	say "fetching checkpatch and others from linux-source-$series $3"
	inside bash -c "$FETCH_INSIDE" fetch "linux-source-$series" "$3" "$series" "${LINT_SOURCES[@]}" \
		</dev/null >"$LOGS/lint-sources.log" 2>&1 || {
		tail -n 20 "$LOGS/lint-sources.log" >&2
		die "cannot fetch linux-source-$series (build/log/lint-sources.log)"
	}
	[ -e "$LINT/linux/scripts/checkpatch.pl" ] || die "linux-source-$series holds no checkpatch.pl"
	printf '%s\n' "$1" >"$LINT/linux/.key"
}

# lint_rootfs: makes what is not there, or not of these packages.
lint_rootfs() {
	local key newest version
	need_root
	"$VM_DIR/rootfs.sh"
	mkdir -p "$LINT" "$LOGS"
	lock lint
	key=$(cat "$ROOTFS/.key" <(grep -v '^#' "$LINT_DIR/packages") | sha256sum | cut -d' ' -f1)
	[ "$(cat "$LINT_ROOTFS/.key" 2>/dev/null)" = "$key" ] || install_tools "$key"

	newest=$(releases)
	newest=${newest##* }
	version=$(dpkg-query --admindir="$ROOTFS/var/lib/dpkg" -W -f='${Version}' "linux-image-$newest")
	key="$version ${LINT_SOURCES[*]}"
	[ "$(cat "$LINT/linux/.key" 2>/dev/null)" = "$key" ] || fetch_sources "$key" "$newest" "$version"
}
