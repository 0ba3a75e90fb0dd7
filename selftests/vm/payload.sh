#!/bin/bash
# SPDX-License-Identifier: MIT
# payload.sh RELEASE IMAGE RUNFILE: the small disk that becomes /opt/tlsbind in the
# guest: modules of that kernel, programs, tests, PKI, vectors, and what to do (RUNFILE).
# TLSBIND_VARIANT=-gcov: the modules that count which of their lines run.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

release=$1 image=$2 runfile=$3
stage=$image.dir

# put DIRECTORY FILE...: those of the files that exist.
put() {
	local dir=$stage/$1 file
	shift
	mkdir -p "$dir"
	for file in "$@"; do
		[ ! -f "$file" ] || cp -p "$file" "$dir/"
	done
}

# programs DIRECTORY: the executables right under it.
programs() { [ ! -d "$1" ] || find "$1" -maxdepth 1 -type f -perm -u+x ! -name '*.so*' -print; }

# everything: what the project built, and its scripts.
everything() {
	local built dir
	put modules "$GUEST/lib-$release"/*.ko "$GUEST/lib-$release${TLSBIND_VARIANT:-}"/*.ko
	put bin "$GUEST/bin"/* "$GUEST/userspace/libtlsbind-exec.so"
	put gnutls "$GUEST/gnutls"/*
	put vectors "$TOP/selftests/vectors"/*.json
	put golden "$TOP/selftests/golden"/*.json
	mapfile -t built < <(programs "$GUEST/selftests")
	put tests "${built[@]}" "$TOP/selftests"/*.sh "$TOP/selftests/pair/pair-lib.sh"
	put bin "$TOP/selftests/bench"/*.sh
	[ ! -d "$GUEST/pki" ] || cp -rp "$GUEST/pki" "$stage/"
	put demo "$TOP/selftests/demo"/*.sh "$TOP/selftests/demo"/*.py
	put attacks "$TOP/selftests/attacks"/*.sh "$TOP/selftests/attacks"/*.py
}

# debug_kernel: what the disk image does not have of a debug kernel: its modules, and
# the kernel's own suite, which is that of the same version.
debug_kernel() {
	local suite
	cp -rp "$CACHE/debug/$release/modules" "$stage/kernel"
	for suite in "$GUEST/bin/net-tls-${release%-debug}"[+-]*; do
		[ ! -e "$suite" ] || cp "$suite" "$stage/bin/net-tls-$release"
	done
	put modules "$GUEST/lib-$release/gate_test.ko"
}

rm -rf "$stage"
mkdir -p "$stage/bin"
put vm "$VM_DIR/guest-init"
cp "$runfile" "$stage/vm/run"
[ "${TLSBIND_PAYLOAD:-}" = none ] || everything
case $release in *-debug) debug_kernel ;; esac
[ -z "${TLSBIND_EXTRA_TESTS:-}" ] || put tests "$TLSBIND_EXTRA_TESTS"/*
[ ! -d "$stage/tests" ] || chmod -R a+rx "$stage/tests"

size=$(($(du -sm --apparent-size "$stage" | cut -f1) * 5 / 4 + 8))
rm -f "$image"
mke2fs -q -t ext4 -O ^has_journal,verity -m 0 -E root_owner=0:0,nodiscard -d "$stage" "$image" "${size}M" >/dev/null
rm -rf "$stage"
