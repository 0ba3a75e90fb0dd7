#!/bin/bash
# SPDX-License-Identifier: MIT
# netlink.sh: generates, from Documentation/netlink/specs/tlsbind.yaml and with the
# kernel's own ynl_gen_c.py, what is the same in kernel and user space.
# netlink.sh --check: fails, and shows how, if the files are not what would come out.

# shellcheck source=selftests/lint/rootfs.sh
. "$(dirname "$0")/rootfs.sh"

SPEC=Documentation/netlink/specs/tlsbind.yaml
OUT=$LINT/netlink

# generate FILE MODE KIND: to $OUT/FILE. The generator wants a tree of the kernel around
# itself, with the spec in it, and knows that by a file MAINTAINERS.
generate() {
	mkdir -p "$LINT/linux/Documentation/netlink/specs" "$OUT/${1%/*}"
	touch "$LINT/linux/MAINTAINERS"
	cp "$TOP/$SPEC" "$LINT/linux/$SPEC"
	(cd "$LINT/linux" && timeout 60 python3 -B tools/net/ynl/pyynl/ynl_gen_c.py --spec "$SPEC" \
		--mode "$2" "--$3" -o "$OUT/$1")
}

generate_all() {
	rm -rf "$OUT"
	generate kmod/uapi/linux/tlsbind_netlink.h uapi header
	generate kmod/netlink_gen.h kernel header
	generate kmod/netlink_gen.c kernel source
}

case ${1:-} in
--inside) generate_all; cp -r "$OUT/kmod" "$TOP/" ;;
--check) generate_all; (cd "$OUT" && find . -type f -exec diff -u "$TOP/{}" {} \;) | diff - /dev/null ;;
'') lint_rootfs; inside selftests/lint/netlink.sh --inside ;;
*) die "usage: netlink.sh [--check]" ;;
esac
