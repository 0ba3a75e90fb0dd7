#!/bin/bash
# SPDX-License-Identifier: MIT
# chroot.sh COMMAND...: runs COMMAND in the guest's root directory, with this
# project at /src and /proc mounted (objtool wants it), as root, in /src.
# What it changes outside /src is gone afterwards. Without COMMAND: a shell.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

need_root
"$VM_DIR/rootfs.sh"
if [ -z "${TLSBIND_IN_CHROOT:-}" ]; then
	export TLSBIND_IN_CHROOT=1
	exec unshare --mount --propagation unchanged -- "$0" "$@"
fi

# In a chroot "/" is no mount point and cannot be made private.
mount --make-rprivate / 2>/dev/null || true

# The mounts below are seen by this process and its children only, and end with
# them. A writable layer in memory lies over the cached directory, which thus
# never changes; where overlayfs is missing, the directory itself, read-only.
layer=$CACHE/chroot
root=$layer/root
mkdir -p "$layer"
mount -t tmpfs -o mode=755 tlsbind-chroot "$layer"
mkdir "$layer"/{upper,work,root}
if mount -t overlay -o "lowerdir=$ROOTFS,upperdir=$layer/upper,workdir=$layer/work" \
	tlsbind-chroot "$root" 2>/dev/null; then
	cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
else
	mount --bind "$ROOTFS" "$root"
	mount -o remount,bind,ro "$root"
	for dir in tmp root run var/tmp; do
		mount -t tmpfs tmpfs "$root/$dir"
	done
fi
mount --bind "$TOP" "$root/src"
# Evidence of real machines that others have published, where it lies beside us.
if [ -d "$TOP/../shared/vectors" ] && mkdir -p "$root/shared/vectors" 2>/dev/null; then
	mount --bind "$TOP/../shared/vectors" "$root/shared/vectors"
fi
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"

[ $# -gt 0 ] || set -- bash
# shellcheck disable=SC2016
exec env -i HOME=/root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	chroot "$root" /bin/sh -c 'cd /src && exec "$@"' chroot "$@"
