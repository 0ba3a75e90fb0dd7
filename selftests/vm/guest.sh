#!/bin/bash
# SPDX-License-Identifier: MIT
# guest.sh: builds everything that runs in the guest, inside the guest's root
# directory, into build/guest:
#   lib-RELEASE/*.ko   modules, for each kernel     bin/       programs
#   selftests/         test programs                pki/       PKI of the mock TEE
#   userspace/         libtlsbind and its tests
# TLSBIND_KEEP_GOING=1: a part that does not build is left out with a message.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

BROKEN=()

# part NAME COMMAND...: runs one step of the build. (No "set -e" in there: chain with &&.)
part() {
	local name=$1 log
	shift
	log=$LOGS/build-$name.log
	"$@" >"$log" 2>&1 && return 0
	say "$name does not build:"
	grep -E -A3 'error:|warning:|undefined reference|ERROR|\*\*\*' "$log" >&2 || tail -n 30 "$log" >&2
	BROKEN+=("$name")
}

# hash FILE-OR-DIRECTORY...: of the names and contents of all files.
hash() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# module NAME RELEASE DIRECTORY SOURCE...: builds DIRECTORY's Kbuild out of tree, in a
# tree of symbolic links, because kbuild leaves its objects beside the sources.
module() {
	local name=$1 release=$2 dir=$3 tree=$BUILD/kmod-$2/$1 key source
	shift 3
	key=$(hash "${@/#/$dir/}" "$0" | tr -d '\n'; gcc -dumpfullversion)
	[ "$(cat "$tree/.key" 2>/dev/null)" != "$key" ] || return 0
	mkdir -p "$tree" "$GUEST/lib-$release"
	rm -f "$tree/.key" "$GUEST/lib-$release/$name.ko"
	find "$tree" -xtype l -delete
	for source in "$@"; do
		cp -rsf "$dir/$source" "$tree/"
	done
	make -C "/lib/modules/$release/build" M="$tree" W=1e -j2 modules &&
		cp "$tree/$name.ko" "$GUEST/lib-$release/" &&
		printf '%s\n' "$key" >"$tree/.key"
}

modules() {
	local release sources
	for release in $(releases); do
		[ ! -e "$TOP/Kbuild" ] ||
			part "tlsbind-$release" module tlsbind "$release" "$TOP" Kbuild kmod
		[ -e "$TOP/selftests/mock-tee/Kbuild" ] || continue
		mapfile -t sources < <(cd "$TOP/selftests/mock-tee" && find . -maxdepth 1 -name '*.[chS]' -printf '%P\n')
		part "mock-tee-$release" module tlsbind_mock_tee "$release" "$TOP/selftests/mock-tee" \
			Kbuild "${sources[@]}"
	done
}

programs() {
	[ ! -e "$TOP/userspace/Makefile" ] ||
		part userspace make -C "$TOP/userspace" -j2 O="$GUEST/userspace" all
	part selftests make -C "$TOP/selftests" -j2 -k O="$GUEST/selftests" USERSPACE="$GUEST/userspace" all
}

# collect: the programs, from wherever their makefiles put them, and their scripts.
collect() {
	local dir
	mkdir -p "$GUEST/bin"
	for dir in userspace userspace/tool userspace/examples selftests/mock-tee selftests/attacks selftests/demo; do
		[ -d "$GUEST/$dir" ] || continue
		find "$GUEST/$dir" -maxdepth 1 -type f -perm -u+x ! -name '*.so*' \
			-exec cp -u -t "$GUEST/bin" {} +
	done
}

# The PKI is made anew only if its generator is.
pki() {
	local maker=$GUEST/bin/mock-tee-pki key
	[ -x "$maker" ] || return 0
	key=$(sha256sum <"$maker")
	[ "$(cat "$GUEST/.pki-key" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$GUEST/pki"
	"$maker" "$GUEST/pki" && printf '%s\n' "$key" >"$GUEST/.pki-key"
}

inside() {
	mkdir -p "$GUEST" "$LOGS"
	modules
	programs
	collect
	part pki pki
	[ "${#BROKEN[@]}" = 0 ] && return
	say "not built: ${BROKEN[*]} (build/log/build-*.log)"
	[ "${TLSBIND_KEEP_GOING:-0}" = 1 ]
}

if [ "${1:-}" = inside ]; then
	# In there the root directory is the machine itself.
	ROOTFS=/
	inside
else
	need_root
	lock guest
	[ ! -x "$TOP/selftests/ktls-suite/fetch.sh" ] || "$TOP/selftests/ktls-suite/fetch.sh"
	"$VM_DIR/chroot.sh" env TLSBIND_KEEP_GOING="${TLSBIND_KEEP_GOING:-0}" \
		/src/selftests/vm/guest.sh inside
fi
