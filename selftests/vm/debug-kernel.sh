#!/bin/bash
# SPDX-License-Identifier: MIT
# debug-kernel.sh [SERIES...]: builds kernels that find bugs (KASAN, lockdep, kmemleak,
# fault injection ...; see debug.config), of the same version as the kernels in the guest's
# Debian (default: all of them), from Debian's linux-source package. Boot one with
# run.sh -k 6.12-debug. Cached by what it is made of:
#   build/vm/debug/RELEASE/{vmlinux,initrd}   what the guest boots
#   build/vm/debug/RELEASE/modules            its /lib/modules/RELEASE
#   build/vm/debug/RELEASE/build              what modules are built against

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

CONFIG=$VM_DIR/debug.config
NEEDED=(flex bison bc libelf-dev)

# In the guest's root directory from here on -------------------------------------------

# source_tree PACKAGE VERSION DIR: unpacks the kernel there, without other architectures.
source_tree() {
	local series=${1#linux-source-} deb
	[ "$(cat "$3/.version" 2>/dev/null)" != "$2" ] || return 0
	rm -rf "$3"
	mkdir -p "$3"
	deb=$(mktemp -d)
	(cd "$deb" && apt-get -qq -o Acquire::Retries=5 -o APT::Sandbox::User=root download "$1=$2")
	dpkg-deb --fsys-tarfile "$deb"/*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -C "$3" -xJ --strip-components=1 \
			--exclude="linux-source-$series/Documentation/*/*" \
			--exclude="linux-source-$series/arch/*/boot/dts/*" \
			--exclude="linux-source-$series/drivers/gpu/drm/amd/include/*" \
			--exclude="linux-source-$series/tools/testing/*"
	rm -rf "$deb"
	printf '%s\n' "$2" >"$3/.version"
}

# fragment SERIES: the lines of debug.config that are for that one.
fragment() {
	awk -v series="$1" '/# only / { if ($NF != series) next; sub(/[ \t]*# only .*/, "") } { print }' "$CONFIG"
}

# taken FRAGMENT: every line of it is in the .config of this directory.
taken() {
	local line name bad=0
	while read -r line; do
		case $line in CONFIG_*) name=${line%%=*} ;; *) continue ;; esac
		case $line in
		*=n) ! grep -q "^$name=" .config ;;
		*) grep -qxF "$line" .config ;;
		esac && continue
		echo "error: Kconfig does not take $line: $(grep -E "$name( |=)" .config || true)"
		bad=1
	done <"$1"
	return "$bad"
}

# configure SERIES
configure() {
	fragment "$1" >.fragment
	make -s tinyconfig
	scripts/kconfig/merge_config.sh -m -O . .config .fragment >/dev/null
	make -s olddefconfig
	taken .fragment
}

# inside PACKAGE VERSION DIR
inside() {
	apt-get -qq -o Acquire::Retries=5 update
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=5 install -y --no-install-recommends "${NEEDED[@]}"
	source_tree "$1" "$2" "$3"
	cd "$3"
	configure "${1#linux-source-}"
	make -s -j2 vmlinux modules
	rm -rf .installed
	make -s modules_install INSTALL_MOD_PATH="$PWD/.installed"
}

# On this machine ------------------------------------------------------------------------

# package DIR DESTINATION: what of a built tree the guest and its modules need.
package() {
	local dir=$1 to=$2.new release
	release=$(cat "$dir/include/config/kernel.release")
	rm -rf "$to"
	mkdir -p "$to/tree"/{bin,dev,proc,root,modules}
	strip -o "$to/vmlinux" "$dir/vmlinux"
	cp "$ROOTFS/usr/bin/busybox" "$to/tree/bin/busybox"
	install -m 755 "$VM_DIR/initramfs-init" "$to/tree/init"
	(cd "$to/tree" && find . | bin/busybox cpio -o -H newc -R 0:0 2>/dev/null) >"$to/initrd"
	rm -rf "$to/tree"
	mv "$dir/.installed/lib/modules/$release" "$to/modules"
	rm -f "$to/modules"/{build,source}
	ln -s "../../debug-src/${dir##*/}" "$to/build"
	rm -rf "$2"
	mv "$to" "$2"
}

version() { dpkg-query --admindir="$ROOTFS/var/lib/dpkg" -W -f='${Version}' "linux-image-$1"; }

build_one() {
	local base=$1 version series dir key release start=$SECONDS
	version=$(version "$base")
	series=$(cut -d. -f1,2 <<<"$base")
	dir=$CACHE/debug-src/$series
	release=$(cut -d+ -f1 <<<"$base")-debug
	key=$({ printf '%s\n' "$version" "${NEEDED[@]}"; grep -hv '^#' "$CONFIG" "$VM_DIR/initramfs-init"
		declare -f source_tree fragment configure inside package; } | sha256sum)
	[ "$(cat "$CACHE/debug/$release/.key" 2>/dev/null)" != "$key" ] || return 0
	need_root
	host_packages
	mkdir -p "$CACHE/debug" "$CACHE/debug-src" "$LOGS"
	say "building the debug kernel $release (13 CPU minutes; log: build/log/debug-kernel-$series.log)"
	"$VM_DIR/chroot.sh" /src/selftests/vm/debug-kernel.sh inside "linux-source-$series" "$version" \
		"/src/build/vm/debug-src/$series" >"$LOGS/debug-kernel-$series.log" 2>&1 || {
		grep -E -A5 'error:|\*\*\*' "$LOGS/debug-kernel-$series.log" >&2 ||
			tail -n 20 "$LOGS/debug-kernel-$series.log" >&2
		die "no debug kernel (build/log/debug-kernel-$series.log)"
	}
	package "$dir" "$CACHE/debug/$release"
	printf '%s\n' "$key" >"$CACHE/debug/$release/.key"
	say "debug kernel $release ready after $((SECONDS - start)) s"
}

if [ "${1:-}" = inside ]; then
	shift
	inside "$@"
	exit
fi
"$VM_DIR/rootfs.sh"
[ $# -gt 0 ] || mapfile -t -d ' ' all < <(releases | tr -d '\n')
for series in "${@:-${all[@]}}"; do
	lock "debug-${series%%+*}"
	build_one "$(release "${series%-debug}")"
done
