#!/bin/bash
# SPDX-License-Identifier: MIT
# Does the DKMS package build for both kernels of the guest, and is it skipped for
# a kernel that it is not for? Runs on the build machine, inside the guest's root
# directory, whose changes are thrown away. TAP.

set -euo pipefail
cd "$(dirname "$0")/.."

N=0 BAD=0

# ok NAME STATUS [LOG]: passes if STATUS is 0; shows the log's end if not.
ok() {
	N=$((N + 1))
	if [ "$2" = 0 ]; then
		echo "ok $N - $1"
	else
		echo "not ok $N - $1"
		BAD=$((BAD + 1))
		[ -z "${3:-}" ] || tail -n 20 "$3" | sed 's/^/# | /'
	fi
}

# setting NAME: its value in dkms.conf.
setting() { sed -n "s/^$1=\"\(.*\)\"$/\1/p" dkms.conf; }

# tree DIRECTORY: the package, from the commit's own files and nothing else.
tree() {
	mkdir -p "$1"
	cp -r Kbuild kmod dkms.conf "$1/"
	find "$1" \( -name '*.o' -o -name '*.cmd' \) -delete
}

build() { dkms build -m "$NAME" -v "$VERSION" -k "$1" >"$LOG" 2>&1; }

# build_without RELEASE OPTION: the same kernel, had it been configured otherwise.
build_without() {
	local config=/tmp/config status=0
	grep -v "^$2=" "/lib/modules/$1/build/.config" >"$config"
	dkms build -m "$NAME" -v "$VERSION" -k "$1" --config "$config" --force >"$LOG" 2>&1 || status=$?
	return "$status"
}

built() {
	local module
	module=$(find "/var/lib/dkms/$NAME/$VERSION/$1" -name 'tlsbind.ko*' | head -n 1)
	[ -n "$module" ] && [ "$(modinfo -F vermagic "$module" | cut -d' ' -f1)" = "$1" ]
}

inside() {
	local release status
	LOG=/tmp/dkms.log
	NAME=$(setting PACKAGE_NAME)
	VERSION=$(setting PACKAGE_VERSION)
	if ! command -v dkms >/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		(apt-get -qq update && apt-get -qq install -y --no-install-recommends dkms) \
			>"$LOG" 2>&1 || { echo "1..0 # SKIP dkms cannot be installed"; exit 0; }
	fi
	tree "/usr/src/$NAME-$VERSION"
	status=0
	dkms add -m "$NAME" -v "$VERSION" >"$LOG" 2>&1 || status=$?
	ok "dkms accepts the package" "$status" "$LOG"
	for release in $(basename -a /lib/modules/*); do
		status=0
		build_without "$release" CONFIG_TLS || status=$?
		ok "skipped for a $release without CONFIG_TLS" $((status != 77)) "$LOG"
		status=0
		build "$release" && built "$release" || status=$?
		ok "builds for $release" "$status" "$LOG"
	done
	echo "1..$N"
	[ "$BAD" = 0 ]
}

if [ "${1:-}" = inside ]; then
	inside
else
	exec selftests/vm/chroot.sh selftests/dkms-check.sh inside
fi
