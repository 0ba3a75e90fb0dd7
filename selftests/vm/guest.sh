#!/bin/bash
# SPDX-License-Identifier: MIT
# guest.sh [SERIES...]: builds everything that runs in the guest, inside the guest's root
# directory, into build/guest; modules for Debian's kernels, and for those debug kernels
# (6.12-debug, 6.12-gcov) that are named:
#   lib-RELEASE/*.ko   modules, for each kernel     bin/       programs
#   selftests/         test programs                pki/       PKI of the mock TEE
#   userspace/         libtlsbind and its tests
#   lib-RELEASE-gcov/  tlsbind.ko that counts which of its lines run
# TLSBIND_KEEP_GOING=1: a part that does not build is left out with a message.
# TLSBIND_BENCH=1: with the modules that make bench needs.
# TLSBIND_LEAN=1: without programs of others that only tests need.

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

# kernel_dir RELEASE: what modules for it are built against.
kernel_dir() {
	case $1 in
	*-debug) printf '%s\n' "$CACHE/debug/$1/build/" ;;
	*) printf '%s\n' "/lib/modules/$1/build" ;;
	esac
}

# module NAME RELEASE DIRECTORY SOURCE...: builds DIRECTORY's Kbuild out of tree, in a
# tree of symbolic links, because kbuild leaves its objects beside the sources.
# With VARIANT=-gcov: one that counts.
module() {
	local name=$1 release=$2 dir=$3 tree=$BUILD/kmod-$2/$1${VARIANT:-} key source
	local lib=$GUEST/lib-$2${VARIANT:-} options=(W=1e)
	shift 3
	[ -z "${VARIANT:-}" ] || options+=(GCOV_PROFILE=y)
	[ "$name" != tlsbind_kunit ] || options+=(TLSBIND_KUNIT=1)
	[ "$name" != tlsbind_states ] || options+=(TLSBIND_STATES=1)
	key=$(hash "${@/#/$dir/}" "$0" | tr -d '\n'; gcc -dumpfullversion
		cat "$CACHE/debug/$release/.key" 2>/dev/null || true)
	[ "$(cat "$tree/.key" 2>/dev/null)" != "$key" ] || return 0
	mkdir -p "$tree" "$lib"
	rm -f "$tree/.key" "$lib/$name.ko"
	find "$tree" -xtype l -delete
	for source in "$@"; do
		cp -rsf "$dir/$source" "$tree/"
	done
	make -C "$(kernel_dir "$release")" M="$tree" "${options[@]}" -j2 modules &&
		cp "$tree/$name.ko" "$lib/" &&
		printf '%s\n' "$key" >"$tree/.key"
}

modules() {
	local release sources
	for release in $(releases) "${DEBUG[@]}"; do
		[ ! -e "$TOP/Kbuild" ] ||
			part "tlsbind-$release" module tlsbind "$release" "$TOP" Kbuild kmod
		[ -e "$TOP/selftests/mock-tee/Kbuild" ] || continue
		mapfile -t sources < <(cd "$TOP/selftests/mock-tee" && find . -maxdepth 1 -name '*.[chS]' -printf '%P\n')
		part "mock-tee-$release" module tlsbind_mock_tee "$release" "$TOP/selftests/mock-tee" \
			Kbuild "${sources[@]}"
		part "door-test-$release" module tlsbind_door_test "$release" "$TOP/selftests/doors" \
			Kbuild door_test.c
		[ -z "${TLSBIND_BENCH:-}" ] ||
			part "states-$release" module tlsbind_states "$release" "$TOP" Kbuild kmod selftests/bench/states
	done
	for release in "${DEBUG[@]}"; do
		part "gate-$release" module gate_test "$release" "$VM_DIR" Kbuild gate_test.c
		part "kunit-$release" module tlsbind_kunit "$release" "$TOP" Kbuild kmod selftests/vectors
	done
	for release in "${GCOV[@]}"; do
		VARIANT=-gcov part "tlsbind-$release-gcov" module tlsbind "$release" "$TOP" Kbuild kmod
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
	for dir in userspace userspace/tool userspace/examples selftests/mock-tee selftests/attacks selftests/bench selftests/demo; do
		[ -d "$GUEST/$dir" ] || continue
		find "$GUEST/$dir" -maxdepth 1 -type f -perm -u+x ! -name '*.so*' \
			-exec cp -u --remove-destination -t "$GUEST/bin" {} +
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

# debug_kernels SERIES...: sets DEBUG and GCOV to the releases that are meant.
debug_kernels() {
	local series release
	DEBUG=() GCOV=()
	for series in "$@"; do
		release=$(release "$series")
		case $series in *-gcov) GCOV+=("$release") ;; esac
		case " ${DEBUG[*]} " in *" $release "*) ;; *) DEBUG+=("$release") ;; esac
	done
}

if [ "${1:-}" = inside ]; then
	shift
	debug_kernels "$@"
	# In there the root directory is the machine itself.
	ROOTFS=/
	inside
else
	need_root
	lock guest
	for program in ktls-suite/fetch.sh gnutls/build.sh; do
		[ -n "${TLSBIND_LEAN:-}" ] || [ ! -x "$TOP/selftests/$program" ] || "$TOP/selftests/$program"
	done
	"$VM_DIR/chroot.sh" env TLSBIND_KEEP_GOING="${TLSBIND_KEEP_GOING:-0}" \
		TLSBIND_BENCH="${TLSBIND_BENCH:-}" /src/selftests/vm/guest.sh inside "$@"
fi
