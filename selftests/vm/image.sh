#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes what the guest boots from, out of build/vm/rootfs:
#   build/vm/root.ext4               the root file system, without compiler and headers
#   build/vm/boot/RELEASE/{vmlinux,initrd}

# shellcheck source=selftests/vm/env.sh
. "$(dirname "$0")/env.sh"

IMAGE=$CACHE/root.ext4
LEFT_OUT=(./boot ./src/* ./usr/src ./usr/include ./usr/libexec/gcc ./usr/lib/gcc
	./usr/lib/x86_64-linux-gnu/*.a ./usr/bin/x86_64-linux-gnu-lto-dump*
	./var/cache/* ./var/lib/apt ./var/lib/dpkg/info ./usr/share/perl ./usr/lib/x86_64-linux-gnu/perl*)

# The modules are unpacked: xz under emulation costs more than anything in a boot.
make_root() {
	local stage=$CACHE/stage.$$ exclude=() path release

	for path in "${LEFT_OUT[@]}"; do exclude+=("--exclude=$path"); done
	rm -rf "$stage"
	mkdir "$stage"
	tar -C "$ROOTFS" "${exclude[@]}" -cf - . | tar -C "$stage" -xf -
	find "$stage/usr/lib/modules" -name '*.ko.xz' -print0 | xargs -0 -P 2 -n 100 xz -d
	for release in $(releases); do
		depmod -b "$stage" "$release"
	done
	rm -f "$IMAGE.new"
	mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -L tlsbind-root \
		-E lazy_itable_init=0,nodiscard -d "$stage" "$IMAGE.new" 1G >/dev/null
	rm -rf "$stage"
}

# number FORMAT OFFSET FILE: an integer of the bzImage's header (Documentation/arch/x86/boot.rst).
number() { od -An "-t$1" -j "$2" -N "${1#u}" "$3" | tr -d ' '; }

# unpack_kernel BZIMAGE: the ELF file inside, which QEMU starts directly by its PVH entry.
# Unpacking itself is what a kernel spends most of an emulated boot on.
unpack_kernel() {
	local setup_sects payload_offset payload_length
	setup_sects=$(number u1 $((0x1f1)) "$1")
	payload_offset=$(number u4 $((0x248)) "$1")
	payload_length=$(number u4 $((0x24c)) "$1")
	# The last four bytes are the length of the unpacked kernel.
	dd if="$1" iflag=skip_bytes,count_bytes status=none bs=64K \
		skip=$(((setup_sects + 1) * 512 + payload_offset)) count=$((payload_length - 4)) |
		chroot "$ROOTFS" zstd -dc
}

# make_boot RELEASE: the kernel, and a first file system with busybox and the disk driver.
make_boot() {
	local release=$1 dir=$CACHE/boot.new/$1 tree=$CACHE/boot.new/$1/tree n=0 path

	mkdir -p "$tree"/{bin,dev,proc,root,modules}
	unpack_kernel "$ROOTFS/boot/vmlinuz-$release" >"$dir/vmlinux"
	cp "$ROOTFS/usr/bin/busybox" "$tree/bin/busybox"
	install -m 755 "$VM_DIR/initramfs-init" "$tree/init"
	while read -r _ path; do
		n=$((n + 1))
		xz -dc "$ROOTFS$path" >"$tree/modules/$(printf '%02d' $n)-$(basename "${path%.xz}")"
	done < <(chroot "$ROOTFS" modprobe -S "$release" --show-depends virtio_blk | grep ^insmod)
	(cd "$tree" && find . | bin/busybox cpio -o -H newc -R 0:0 2>/dev/null) >"$dir/initrd"
	rm -rf "$tree"
}

main() {
	local want start=$SECONDS release
	"$VM_DIR/rootfs.sh"
	lock image
	want=$(cat "$ROOTFS/.key" "$VM_DIR/image.sh" "$VM_DIR/initramfs-init" | sha256sum | cut -d' ' -f1)
	[ -e "$IMAGE" ] && [ "$(cat "$CACHE/.image-key" 2>/dev/null)" = "$want" ] && return
	need_root
	host_packages
	say "making the guest's disk image"
	rm -f "$CACHE/.image-key"
	rm -rf "$CACHE/boot.new"
	for release in $(releases); do make_boot "$release"; done
	make_root
	rm -rf "${CACHE:?}/boot"
	mv "$CACHE/boot.new" "$CACHE/boot"
	mv "$IMAGE.new" "$IMAGE"
	printf '%s\n' "$want" >"$CACHE/.image-key"
	say "image ready after $((SECONDS - start)) s: $(du -h "$IMAGE" | cut -f1)"
}

main "$@"
